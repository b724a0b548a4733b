//! A message of the queue as a learner is told of it: what kind, how it stands, its words and those it has left to send.
//!
//! The JSON holds the record as it is kept beside the readable part: what a later version keeps is told as well. Pure.

use super::{at_json, escaped, moment};
use crate::domain::ids::Timestamp;
use crate::domain::incoming::Body;
use crate::domain::job::{Job, OutMessage, Task};
use crate::domain::outcome::Content;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A message in the queue with its words: they are kept until it is answered, or a dead letter is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// What kind of message.
    pub kind: String,
    /// The row.
    pub job: Job,
    /// When and why it was given up; `None`: it waits or is at work.
    pub given_up: Option<(Timestamp, String)>,
    /// What it has left to send.
    pub replies: Vec<OutMessage>,
}

impl Pending {
    /// What the learner wrote, where it is words.
    fn words(&self) -> Option<String> {
        let Task::Handle(incoming, _) = &self.job.task else { return None };
        match &incoming.body {
            Body::Text(text) => Some(text.clone()),
            Body::Command { name, args } => Some(format!("/{name} {args}").trim_end().to_owned()),
            Body::Callback { data, .. } => Some(data.clone()),
            Body::Voice(_) | Body::Other(_) | Body::Blocked(_) => None,
        }
    }

    /// For machines. `record` is as it is kept: moments are milliseconds since the epoch there.
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

    /// For reading.
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

/// The words of a reply.
fn said(message: &OutMessage) -> String {
    match &message.reply.content {
        Content::Text { text, .. } | Content::Edit { text, .. } => text.to_plain(),
        Content::Spoken { caption, .. } => caption.to_plain(),
        Content::CallbackAnswer { text, .. } => text.clone(),
    }
}
