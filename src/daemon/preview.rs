//! An answer as its learner sees it grow: one message, edited while the model writes, which becomes the answer's first part.
//!
//! It is the row's progress message (see [`super::progress`]): the row knows of it before and after it is sent, so a restart
//! goes on in it, and delivery puts the answer in its place. Each call takes a place that no message wants, or waits for the
//! next look; between two there is a pause. Nothing is kept of the text but the last words shown. Must not know models.

use super::DaemonContext;
use super::sending::Pass;
use crate::bot::buttons::Choice;
use crate::bot::growing::STOP;
use crate::domain::markdown;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::{Phrases, STILL_WRITING};
use crate::domain::rich::TEXT_LIMIT;
use crate::domain::{Chat, ChatId, ChatKind, Incoming, MessageId, Rich, Style};
use crate::store::{Claim, StoreError};
use crate::telegram::{Outgoing, Retry, SendForm, TelegramError};
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What is there sooner is shown whole.
const FIRST_AFTER: Duration = Duration::from_secs(2);
/// Least pause between the end of one edit and the start of the next: half a second has earned other bots waits of minutes.
pub const PAUSE: Duration = Duration::from_millis(1_500);
/// A look at a chat that cannot be written to now is repeated after this.
const NO_PLACE: Duration = Duration::from_millis(250);
/// An edit that is not answered by then is in doubt.
const PATIENCE: Duration = Duration::from_secs(3);
/// So much of a text is enough to fill a message, bytes.
const ENOUGH: usize = 4 * TEXT_LIMIT;

/// The chats whose previews were edited a moment ago.
#[derive(Debug, Default)]
pub struct Edited(Mutex<HashMap<ChatId, Instant>>);

impl Edited {
    fn note(&self, chat: ChatId) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, at| at.elapsed() < PAUSE);
        all.insert(chat, Instant::now());
    }

    /// How long the next edit in this chat has to wait.
    pub fn pause(&self, chat: ChatId) -> Duration {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&chat).map_or(Duration::ZERO, |at| PAUSE.saturating_sub(at.elapsed()))
    }
}

/// What became of a call.
enum Called {
    /// It stands in the chat.
    Shown(MessageId),
    /// It may stand in the chat; the id is that of an edited one.
    Doubtful(Option<MessageId>),
    /// Not now.
    Later(Duration),
    /// It is gone, or may not be shown.
    Never,
}

/// One growing answer.
pub struct Preview {
    daemon: Arc<DaemonContext>,
    seq: u64,
    chat: Chat,
    answers: Option<MessageId>,
    keyboard: Keyboard,
    message: Option<MessageId>,
    /// Nothing is shown (any more).
    silent: bool,
    /// An edit is in doubt: it may still come, over whatever stands there.
    doubtful: bool,
    last: Option<Rich>,
    not_before: Instant,
    grown: bool,
    call: Option<BoxFuture<'static, Result<Called, StoreError>>>,
}

impl Preview {
    /// That of a claimed text. Only a private chat has one.
    pub fn of(daemon: &Arc<DaemonContext>, claim: &Claim, incoming: &Incoming, phrases: Phrases) -> Self {
        let stop = STOP.labelled(phrases.stop(), Choice::Number(claim.lease.seq), incoming.user);
        let told = claim.job.told_late || claim.job.progress_begun && claim.job.progress.is_none();
        Self {
            daemon: Arc::clone(daemon),
            seq: claim.lease.seq,
            chat: incoming.chat,
            answers: incoming.message,
            keyboard: Keyboard(vec![vec![stop]]),
            message: claim.job.progress,
            silent: incoming.chat.kind != ChatKind::Private || told,
            doubtful: false,
            last: None,
            not_before: Instant::now() + FIRST_AFTER,
            grown: false,
            call: None,
        }
    }

    /// The text has changed.
    pub fn grew(&mut self) {
        self.grown = true;
    }

    /// When to show it next; `None`: there is nothing new, or a call is under way.
    pub fn due(&self) -> Option<Instant> {
        (self.grown && !self.silent && self.call.is_none()).then_some(self.not_before)
    }

    /// Begins to show the text so far, if its chat may be written to now.
    pub fn show(&mut self, text: &str) {
        let Some(shown) = excerpt(text).filter(|shown| self.last.as_ref() != Some(shown)) else {
            self.grown = false;
            return;
        };
        let Some(pass) = self.daemon.sending.at_once(self.chat.id) else {
            self.not_before = Instant::now() + NO_PLACE;
            return;
        };
        (self.grown, self.last) = (false, Some(shown.clone()));
        let (daemon, seq, chat) = (Arc::clone(&self.daemon), self.seq, self.chat.id);
        let keyboard = self.keyboard.clone();
        self.call = Some(match self.message {
            Some(message) => {
                let out = Outgoing::Edit { chat, message, text: shown, keyboard };
                Box::pin(async move { Ok(edit(&daemon, &out, message, pass).await) })
            }
            None => {
                let (thread, answers) = (self.chat.thread, self.answers);
                let out = Outgoing::Text { chat, thread, answers, text: shown, keyboard };
                Box::pin(async move { begin(&daemon, seq, &out, pass).await })
            }
        });
    }

    /// Returns when the call under way has ended; never while there is none.
    ///
    /// # Errors
    /// The store's.
    pub async fn called(&mut self) -> Result<(), StoreError> {
        let Some(call) = &mut self.call else { return std::future::pending().await };
        let called = call.await;
        self.call = None;
        self.daemon.edited.note(self.chat.id);
        self.not_before = Instant::now() + PAUSE;
        match called? {
            Called::Shown(message) => self.message = Some(message),
            Called::Doubtful(message) => {
                (self.message, self.silent) = (message, true);
                self.doubtful = message.is_some();
            }
            Called::Later(pause) => {
                (self.grown, self.last) = (true, None);
                self.not_before += pause;
            }
            Called::Never => self.silent = true,
        }
        Ok(())
    }

    /// No more is shown: what is on its way is waited for. An edit that may still come must not come over the answer, so its
    /// message goes away and the answer is sent anew.
    ///
    /// # Errors
    /// The store's.
    pub async fn end(&mut self) -> Result<(), StoreError> {
        if self.call.is_some() {
            self.called().await?;
        }
        self.silent = true;
        if let Some(message) = self.message.filter(|_| self.doubtful)
            && self.daemon.telegram.remove(self.chat.id, message).await.is_ok()
        {
            self.daemon.progress.taken_away(&self.daemon, self.seq).await?;
        }
        Ok(())
    }
}

/// As much of the text as fits into one message, and a sign that more is to come; `None` of nothing.
fn excerpt(text: &str) -> Option<Rich> {
    let cut = (0..=ENOUGH.min(text.len())).rev().find(|at| text.is_char_boundary(*at))?;
    let words = markdown::preview(text.get(..cut)?);
    let mark = Rich::plain(STILL_WRITING);
    let room = TEXT_LIMIT.saturating_sub(mark.utf16_len());
    let first = words.split(room).into_iter().next().filter(|first| !first.is_blank())?;
    Some(first.push(Style::Plain, STILL_WRITING))
}

/// The first call: the row is to know of it before and after.
async fn begin(
    daemon: &Arc<DaemonContext>,
    seq: u64,
    out: &Outgoing,
    pass: Pass,
) -> Result<Called, StoreError> {
    use super::progress::State;
    Ok(match daemon.progress.show(daemon, seq, out, pass).await? {
        Some(State::Shown(message)) => Called::Shown(message),
        // Surely not sent.
        Some(State::Untold) => Called::Later(Duration::ZERO),
        Some(State::Asking | State::Sending | State::Silent) | None => Called::Never,
    })
}

/// A later one.
async fn edit(daemon: &DaemonContext, out: &Outgoing, message: MessageId, pass: Pass) -> Called {
    let deliver = daemon.telegram.deliver(out, SendForm::default());
    let Ok(edited) = tokio::time::timeout(PATIENCE, deliver).await else {
        return Called::Doubtful(Some(message));
    };
    pass.ended();
    match edited {
        Ok(_) | Err(TelegramError::NotModified) => Called::Shown(message),
        Err(error) => {
            if let TelegramError::RetryAfter { secs } = &error {
                daemon.sending.refused(out.chat(), *secs);
            }
            match error.retry() {
                Retry::Yes => Called::Later(Duration::ZERO),
                Retry::After(secs) => Called::Later(Duration::from_secs(secs)),
                Retry::Unsure => Called::Doubtful(Some(message)),
                Retry::No => Called::Never,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_fits_and_is_no_whole_answer() {
        assert_eq!(excerpt(" \n"), None);
        for text in ["Hello", "**bold", "é", &"word ".repeat(9_000), &"😀".repeat(9_000), &"é".repeat(20_000)]
        {
            let shown = excerpt(text).unwrap();
            assert!(shown.utf16_len() <= TEXT_LIMIT, "{}", shown.utf16_len());
            assert!(shown.to_plain().ends_with(STILL_WRITING));
        }
    }
}
