//! The progress message itself: what it says, and that its row knows of it before and after it is sent.
//!
//! Must not know who is to be told, or when.

use super::{PATIENCE, Progress, State};
use crate::daemon::DaemonContext;
use crate::daemon::sending::{Pass, Turn};
use crate::daemon::shutdown::Stop;
use crate::domain::{ChatId, MessageId, Task, Urgency};
use crate::logging::Event;
use crate::store::StoreError;
use crate::telegram::{Outgoing, Retry, SendForm, TelegramError};

impl Progress {
    /// Checks one row: tells the learner what to expect, or deletes a message that is no longer true.
    pub(super) async fn look(&self, daemon: &DaemonContext, seq: u64, stop: Stop) -> Result<(), StoreError> {
        let store = &daemon.app.store;
        let row = store.jobs(seq.checked_sub(1), 1).await?.into_iter().find(|job| job.seq == seq);
        let shown = self.waiting().get(&seq).map(|entry| entry.state);
        let handled = row.as_ref().is_some_and(|job| matches!(job.task, Task::Handle(..)));
        match (shown, row) {
            (Some(State::Untold), Some(job)) if handled && !job.told_late => {}
            (Some(State::Shown(_)), Some(_)) if handled => return Ok(()),
            (Some(State::Shown(message)), None) => {
                // Dropped or deleted: there will be no answer.
                let chat = self.remove(seq).map(|entry| entry.chat.id);
                take_away(daemon, chat, message).await;
                return Ok(());
            }
            _ => {
                self.remove(seq);
                return Ok(());
            }
        }
        let Some(out) = self.words(daemon, seq).await? else { return Ok(()) };
        if self.set(seq, State::Asking)
            && let Some(state) = self.say(daemon, seq, &out, stop).await?
        {
            self.set(seq, state);
        }
        Ok(())
    }

    /// Sends it once its chat may be written to. `None`: cancelled before that.
    async fn say(
        &self,
        daemon: &DaemonContext,
        seq: u64,
        out: &Outgoing,
        mut stop: Stop,
    ) -> Result<Option<State>, StoreError> {
        let turn = tokio::select! {
            turn = daemon.sending.turn(out.chat(), Urgency::Own, &mut stop) => turn,
            () = self.until(seq, |state| state.is_none()) => return Ok(None),
        };
        let Turn::Now(pass) = turn else { return Ok(Some(State::Untold)) };
        self.send(daemon, seq, out, pass).await
    }

    /// Sends it to a chat that may be written to now; returns the row's state afterwards. `None`: the row no
    /// longer waits.
    pub async fn show(
        &self,
        daemon: &DaemonContext,
        seq: u64,
        out: &Outgoing,
        pass: Pass,
    ) -> Result<Option<State>, StoreError> {
        let state = self.send(daemon, seq, out, pass).await?;
        if let Some(state) = state {
            self.set(seq, state);
        }
        Ok(state)
    }

    /// Its message was deleted: the answer will be a message of its own.
    pub async fn taken_away(&self, daemon: &DaemonContext, seq: u64) -> Result<(), StoreError> {
        self.set(seq, State::Silent);
        match daemon.app.store.note_progress(seq, None).await {
            Ok(()) | Err(StoreError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn send(
        &self,
        daemon: &DaemonContext,
        seq: u64,
        out: &Outgoing,
        pass: Pass,
    ) -> Result<Option<State>, StoreError> {
        // From here on the answer waits for us.
        if !self.set(seq, State::Sending) {
            return Ok(None);
        }
        let store = &daemon.app.store;
        let begun = store.begin_progress(seq).await;
        if !matches!(begun, Ok(true)) {
            return begun.map(|_| Some(State::Untold));
        }
        let deliver = daemon.telegram.deliver(out, SendForm::default());
        let sent = tokio::time::timeout(PATIENCE, deliver).await.unwrap_or_else(|_| {
            Err(TelegramError::Unknown {
                what: "a message that nobody waits for was not answered soon".into(),
            })
        });
        pass.ended();
        // The chat stays reserved until the row is updated.
        match sent.map(|delivered| delivered.message) {
            Ok(Some(message)) => self.keep(daemon, seq, out.chat(), message).await.map(Some),
            Ok(None) => Ok(Some(State::Silent)),
            Err(error) => {
                if let TelegramError::RetryAfter { secs } = &error {
                    daemon.sending.refused(out.chat(), *secs);
                }
                match error.retry() {
                    // Only repeated if it was certainly not sent.
                    Retry::Yes | Retry::After(_) => match store.note_progress(seq, None).await {
                        Ok(()) | Err(StoreError::Gone) => Ok(Some(State::Untold)),
                        Err(error) => Err(error),
                    },
                    Retry::Unsure | Retry::No => Ok(Some(State::Silent)),
                }
            }
        }
    }

    /// What to say; `None`: nothing (any more).
    async fn words(&self, daemon: &DaemonContext, seq: u64) -> Result<Option<Outgoing>, StoreError> {
        let Some((user, chat, answers)) =
            self.waiting().get(&seq).map(|entry| (entry.user, entry.chat, entry.answers))
        else {
            return Ok(None);
        };
        let Some(learner) = daemon.app.store.learner(user).await?.filter(|learner| !learner.blocked) else {
            return Ok(None);
        };
        let ahead = daemon.app.store.place(user).await?.ahead;
        let typical = daemon.telemetry.typical_turn_ms();
        let at_once = daemon.app.tutor.slots().of;
        let now = daemon.clock.now();
        let told = self.waiting().get(&seq).and_then(|entry| entry.wait(now, ahead, at_once, typical).tell());
        Ok(told.map(|expected| Outgoing::Text {
            chat: chat.id,
            thread: chat.thread,
            answers,
            text: daemon.app.context.phrases(&learner).expectation(expected),
            keyboard: Default::default(),
        }))
    }

    /// It was sent; records its id in the row.
    async fn keep(
        &self,
        daemon: &DaemonContext,
        seq: u64,
        chat: Option<ChatId>,
        message: MessageId,
    ) -> Result<State, StoreError> {
        // The answer did not wait for us and was sent as a message of its own, so this one is deleted.
        let late = !self.waiting().contains_key(&seq);
        let kept = if late {
            Err(StoreError::Gone)
        } else {
            daemon.app.store.note_progress(seq, Some(message)).await
        };
        match kept {
            Ok(()) => {
                if self.waiting().get(&seq).is_some_and(|entry| entry.for_tutor) {
                    tracing::info!(event = %Event::ExpectationTold, seq, "told what to expect");
                } else {
                    tracing::info!(event = %Event::PreviewShown, seq, "the answer is shown as it grows");
                }
                Ok(State::Shown(message))
            }
            Err(StoreError::Gone) => {
                take_away(daemon, chat, message).await;
                Ok(State::Silent)
            }
            Err(error) => Err(error),
        }
    }
}

/// Deletes a progress message. If that fails it stays; it is not worth more.
pub async fn take_away(daemon: &DaemonContext, chat: Option<ChatId>, message: MessageId) {
    let Some(chat) = chat else { return };
    if let Err(error) = daemon.telegram.remove(chat, message).await {
        tracing::debug!(%error, "what was said of the wait could not be taken away");
    }
}

/// Turns the answer's first part into an edit of the progress message, which may safely be repeated. What
/// cannot be an edit (a voice) is sent as it is, and the progress message is deleted.
pub async fn in_place_of(daemon: &DaemonContext, shown: Option<MessageId>, out: Outgoing) -> Outgoing {
    match (shown, out) {
        (Some(message), Outgoing::Text { chat, text, keyboard, .. }) => {
            Outgoing::Edit { chat, message, text, keyboard }
        }
        (Some(message), out) => {
            take_away(daemon, out.chat(), message).await;
            out
        }
        (None, out) => out,
    }
}
