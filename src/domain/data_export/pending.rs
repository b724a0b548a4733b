//! A row of the queue in a learner's data export: its kind, its state, its text and the replies still to be
//! sent. The JSON also contains the raw record, so that fields added later are exported too. Pure; must not
//! know where rows come from.

use super::{at_json, escaped, moment};
use crate::domain::ids::Timestamp;
use crate::domain::incoming::Body;
use crate::domain::job::{Admission, Job, OutMessage, Task};
use crate::domain::outcome::Content;
use crate::domain::stage::Stage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A row of the queue with its texts, which are kept until it is answered or, as a dead letter, dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub kind: String,
    pub job: Job,
    /// When and why it became a dead letter; `None`: it did not.
    pub given_up: Option<(Timestamp, String)>,
    /// Replies still to be sent.
    pub replies: Vec<OutMessage>,
}

impl Pending {
    pub(crate) fn new(job: Job, given_up: Option<(Timestamp, String)>, replies: Vec<OutMessage>) -> Self {
        Self { kind: row_kind(&job).to_owned(), job, given_up, replies }
    }

    /// What the learner wrote, if it is text.
    fn words(&self) -> Option<String> {
        let Task::Handle(incoming, _) = &self.job.task else { return None };
        match &incoming.body {
            Body::Text(text) => Some(text.clone()),
            Body::Quoting { text, quoted } => Some(format!("{text}\n\n(about: {quoted})")),
            Body::Files(files) => Some(files.caption.clone()),
            Body::Command { name, args } => Some(format!("/{name} {args}").trim_end().to_owned()),
            Body::Callback { data, .. } => Some(data.clone()),
            Body::Located { zone } => Some(zone.clone()),
            Body::Voice(_) | Body::Coach { .. } => match &self.job.stage {
                Stage::Heard { transcript, .. } => Some(transcript.text.clone()),
                _ => None,
            },
            Body::Other(_) | Body::Blocked(_) => None,
        }
    }

    /// `record` is the stored form, with times in Unix ms.
    pub(super) fn json(&self) -> Value {
        let job = &self.job;
        let replies: Vec<Value> =
            self.replies.iter().map(|reply| json!({ "words": said(reply), "record": reply })).collect();
        json!({
            "number": job.seq,
            "kind": self.kind,
            "accepted": at_json(job.accepted_at),
            "attempts": job.failures(),
            "given_up": self.given_up.as_ref().map(|(_, why)| why),
            "given_up_at": self.given_up.as_ref().map(|(at, _)| at_json(*at)),
            "words": self.words(),
            "record": job,
            "not_yet_sent": replies,
        })
    }

    pub(super) fn markdown(&self, text: &mut String) {
        let state = match &self.given_up {
            Some((_, why)) => format!("given up: {}", escaped(why)),
            None => "waiting or at work".to_owned(),
        };
        let _ = writeln!(text, "- {} of {}, {state}", self.kind, moment(self.job.accepted_at));
        let mut quote = |heading: &str, words: &str| {
            if words.trim().is_empty() {
                return;
            }
            let _ = writeln!(text, "  {heading}:\n");
            for line in words.trim().lines() {
                let _ = writeln!(text, "  > {}", escaped(line));
            }
            text.push('\n');
        };
        quote("You wrote", &self.words().unwrap_or_default());
        for reply in &self.replies {
            quote("Not yet sent to you", &said(reply));
        }
    }
}

fn said(message: &OutMessage) -> String {
    match &message.reply.content {
        Content::Text { text, .. } | Content::Edit { text, .. } | Content::Keys { text, .. } => {
            text.to_plain()
        }
        Content::Spoken { caption, .. } => caption.to_plain(),
        Content::CallbackAnswer { text, .. } => text.clone(),
        Content::Made(made) => format!("({})", made.name()),
    }
}

/// The kind of message, in one word.
pub(crate) fn row_kind(job: &Job) -> &'static str {
    match &job.task {
        Task::Deliver { .. } => "answer",
        Task::Draw { .. } => "corrections to draw",
        Task::Handle(_, Admission::RateLimited { .. } | Admission::Crowded) => "rate notice",
        Task::Handle(incoming, _) => match incoming.body {
            Body::Voice(_) | Body::Coach { .. } => "voice",
            Body::Text(_) | Body::Quoting { .. } => "text",
            Body::Files(_) => "files",
            Body::Command { .. } => "command",
            Body::Callback { .. } => "button",
            Body::Other(_) | Body::Blocked(_) | Body::Located { .. } => "other",
        },
    }
}
