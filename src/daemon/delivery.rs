//! Outbox -> Telegram: sends a row's messages one by one, each recorded as sent before the chat is free for
//! the next.
//!
//! A message that was sent but not yet recorded when the process is killed is sent again after the next
//! start. A chat is reserved from the start of a call until its message is recorded (see [`super::sending`]),
//! for all rows and lanes, so this can double at most one message per chat; chats do not wait for each other.
//!
//! The result of a call decides what follows (see [`super::failed_send`]): recorded as sent, again later,
//! again in another form, or a dead letter. Nothing is dropped silently. If other answers wait of which
//! nothing was sent yet, they go before the rest of this row. Must not know what the messages mean.

use super::DaemonContext;
use super::failed_send::{AfterFailure, judge};
use super::made::{self, Verdict};
use super::progress::{in_place_of, take_away};
use super::sending::Turn;
use super::shutdown::Stop;
use super::spoken_answer::{self, Speech, text_of};
use crate::domain::backoff::backoff_ms;
use crate::domain::stats::{Count, Step};
use crate::domain::{
    Change, Content, Contour, Made, MessageId, OutMessage, SpokenPart, TurnChange, TurnFact, TurnKind,
    Urgency, WaitReason,
};
use crate::logging::Event;
use crate::store::{Claim, Sent, StoreError};
use crate::telegram::{Delivered, Outgoing, SendForm, outgoing};
use std::sync::Arc;

/// A message in the form in which it is to be sent.
#[derive(Debug, Clone)]
pub struct Form {
    /// The call.
    pub out: Outgoing,
    /// How to send it.
    pub manner: SendForm,
    /// The text of a spoken answer, whose voice follows.
    pub voice_follows: bool,
    /// How the reply that it speaks sounds.
    pub contour: Option<Contour>,
}

impl Form {
    /// In its full form.
    pub fn of(out: Outgoing) -> Self {
        Self { out, manner: SendForm::default(), voice_follows: false, contour: None }
    }
}

/// What is left to do for a row.
enum Next {
    /// Send its next message.
    Message,
    /// Send the same message in another form.
    Form(Box<Form>),
    /// Nothing now: the lease has ended.
    Nothing,
}

/// Sends what is left of a row's replies.
pub async fn deliver(daemon: &Arc<DaemonContext>, claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    let (store, lease) = (&daemon.app.store, claim.lease);
    if claim.learner.blocked && claim.job.chat.0 == claim.job.user.0 {
        daemon.row_ended(lease.seq);
        tracing::info!(
            event = %Event::LearnerGone,
            seq = lease.seq,
            "the learner has blocked the bot: nothing is sent"
        );
        return store.drop_replies(lease, Vec::new()).await;
    }
    let last = claim.outbox.len().saturating_sub(1);
    let mut begun = claim.outbox.first().is_some_and(|message| message.index > 0);
    for (place, message) in claim.outbox.iter().enumerate() {
        if stop.is_raised() {
            return store.release(lease).await;
        }
        // A learner who waits for the rest of an answer can wait longer than one who has nothing yet.
        if begun && place > 0 && store.give_way(lease).await? {
            return Ok(());
        }
        let urgency = claim.job.urgency().max(if begun { Urgency::Rest } else { Urgency::First });
        let out = Out { daemon, claim: &claim, message, urgency, is_last: place == last };
        if !out.send(&mut stop).await? {
            return Ok(());
        }
        begun |= out.counts();
    }
    Ok(())
}

/// One message on its way.
struct Out<'a> {
    daemon: &'a Arc<DaemonContext>,
    claim: &'a Claim,
    message: &'a OutMessage,
    urgency: Urgency,
    is_last: bool,
}

impl Out<'_> {
    /// The answer to a button press appears in no chat and counts towards no chat's limits.
    fn counts(&self) -> bool {
        !matches!(self.message.reply.content, Content::CallbackAnswer { .. })
    }

    /// Sends the message and records the result. `true`: continue with the row's next one.
    async fn send(&self, stop: &mut Stop) -> Result<bool, StoreError> {
        let (daemon, message) = (self.daemon, self.message);
        // Before anything is fetched or encoded: if the chat has to wait long, another chat goes first.
        if let Some(ms) = daemon.sending.long_wait(self.counts().then_some(message.reply.chat)) {
            return self.put_off(ms, WaitReason::Paced).await;
        }
        let seq = self.claim.lease.seq;
        if message.unsure > 0 && !daemon.unconfirmed.heard_since(seq, &*daemon.telegram).await {
            return self
                .put_off(backoff_ms(message.attempts, fastrand::f64()), WaitReason::TelegramDown)
                .await;
        }
        let mut form = match self.first_form().await {
            Ok(form) => Form { out: in_place_of(daemon, self.shown(), form.out).await, ..form },
            Err(verdict) => {
                // Nothing replaces the progress message, so it is removed.
                if let (AfterFailure::Done, Some(shown)) = (&verdict, self.shown()) {
                    take_away(daemon, Some(message.reply.chat), shown).await;
                }
                return self.record(verdict).await.map(|next| matches!(next, Next::Message));
            }
        };
        if let (Some(_), Some(chat)) = (self.shown(), form.out.chat()) {
            tokio::select! {
                () = tokio::time::sleep(daemon.edited.pause(chat)) => {}
                () = stop.raised() => return daemon.app.store.release(self.claim.lease).await.map(|()| false),
            }
        }
        loop {
            // Held until the message is recorded as sent: nothing else is sent to this chat before.
            let pass = match daemon.sending.turn(form.out.chat(), self.urgency, stop).await {
                Turn::Now(pass) => pass,
                Turn::Later(ms) => return self.put_off(ms, WaitReason::Paced).await,
                Turn::Never => return daemon.app.store.release(self.claim.lease).await.map(|()| false),
            };
            let call = daemon.telegram.deliver(&form.out, form.manner);
            let sent = daemon.telemetry.timed(Step::Send, call).await;
            pass.ended();
            let verdict = match sent {
                Ok(delivered) => self.sent(&form, delivered),
                Err(error) => judge(daemon, self.claim, message, &form, &error).await?,
            };
            match self.record(verdict).await? {
                Next::Message => return Ok(true),
                Next::Form(other) => {
                    // The edit of the progress message was refused, so the answer becomes a new message.
                    if let (Some(shown), false) = (self.shown(), matches!(other.out, Outgoing::Edit { .. })) {
                        take_away(daemon, form.out.chat(), shown).await;
                    }
                    form = *other;
                }
                Next::Nothing => return Ok(false),
            }
        }
    }

    /// The form to try first; if nothing can be sent, what follows from that.
    async fn first_form(&self) -> Result<Form, AfterFailure> {
        let (daemon, message) = (self.daemon, self.message);
        if let Content::Spoken { session, part, caption, .. } = &message.reply.content {
            return match spoken_answer::of(daemon, self.claim, message, *session, *part, caption).await {
                Speech::Note(note, contour) => Ok(Form { contour, ..Form::of(note) }),
                Speech::Words(words) => Ok(Form::of(words)),
                Speech::WordsFirst(words) => Ok(Form { voice_follows: true, ..Form::of(words) }),
                Speech::Later(ms) => Err(AfterFailure::Later(ms, WaitReason::TutorDown)),
                Speech::Nothing => Err(AfterFailure::Done),
            };
        }
        if let Content::Made(made) = message.reply.content {
            return match made::of(daemon, self.claim, message, made).await {
                Verdict::Send(out) => Ok(Form::of(out)),
                Verdict::Later(ms, reason) => Err(AfterFailure::Later(ms, reason)),
            };
        }
        outgoing(&message.reply).map(Form::of).ok_or(AfterFailure::Done)
    }

    /// The progress message in the chat, which only the very first message of the answer replaces.
    fn shown(&self) -> Option<MessageId> {
        self.claim.job.progress.filter(|_| self.message.index == 0 && !self.message.words_sent)
    }

    fn sent(&self, form: &Form, delivered: Delivered) -> AfterFailure {
        self.daemon.telemetry.add(Count::Sent, usize::from(form.out.chat().is_some()));
        if form.voice_follows {
            return AfterFailure::WordsOut;
        }
        // Which part of which turn it speaks; of no turn where its row brings none, as that of a command.
        let (seq, part) = match self.message.reply.content {
            Content::Spoken { part, .. } => (self.claim.lease.seq, part),
            Content::Made(Made::CoachingAudio { turn }) => (turn, SpokenPart::Coaching),
            _ => return AfterFailure::Done,
        };
        let spoken = |note| {
            let change = TurnChange { seq, fact: TurnFact::Spoken(part, note) };
            AfterFailure::Spoken(change, form.contour.clone())
        };
        delivered.voice.map_or(AfterFailure::Done, spoken)
    }

    async fn put_off(&self, ms: i64, reason: WaitReason) -> Result<bool, StoreError> {
        self.record(AfterFailure::Later(ms, reason)).await.map(|_| false)
    }

    /// Records the result.
    async fn record(&self, verdict: AfterFailure) -> Result<Next, StoreError> {
        let (store, lease, index) = (&self.daemon.app.store, self.claim.lease, self.message.index);
        let seq = lease.seq;
        let later = |ms: i64| self.daemon.clock.now().plus_ms(ms);
        let done = |verdict| match verdict {
            AfterFailure::Spoken(change, contour) => Sent::Spoken(change, contour),
            _ => Sent::Done,
        };
        match verdict {
            AfterFailure::Done | AfterFailure::Spoken(..) => {
                if self.is_last {
                    self.daemon.chat_actions.end(seq);
                    self.daemon.spoken.forget(seq);
                }
                self.daemon.unconfirmed.end(seq);
                store.delivered(lease, index, done(verdict)).await?;
                tracing::debug!(event = %Event::MessageSent, seq, index, "sent and struck off");
                self.ended();
                Ok(Next::Message)
            }
            AfterFailure::GivenUp(reason, detail) => {
                self.daemon.unconfirmed.end(seq);
                store.bury_message(lease, index, reason, detail, self.daemon.clock.now()).await?;
                self.daemon.dead_letter();
                self.ended();
                Ok(Next::Message)
            }
            AfterFailure::WordsOut => {
                store.delivered(lease, index, Sent::Words).await?;
                // The answer is complete: no chat action is needed any more.
                self.daemon.chat_actions.end(seq);
                let until = Sent::Later(later(spoken_answer::LATER_MS), WaitReason::TutorDown);
                store.delivered(lease, index, until).await.map(|()| Next::Nothing)
            }
            AfterFailure::Form(form) => Ok(Next::Form(form)),
            AfterFailure::Later(ms, reason) => {
                store.delivered(lease, index, Sent::Later(later(ms), reason)).await.map(|()| Next::Nothing)
            }
            AfterFailure::Unsure(ms) => {
                self.daemon.unconfirmed.begin(seq, &*self.daemon.telegram);
                store.delivered(lease, index, Sent::Unsure(later(ms))).await.map(|()| Next::Nothing)
            }
            AfterFailure::Unreachable { blocked } => {
                self.daemon.row_ended(seq);
                let changes = if blocked { vec![Change::Blocked(true)] } else { Vec::new() };
                store.drop_replies(lease, changes).await.map(|()| Next::Nothing)
            }
        }
    }

    /// The row's last message was sent.
    fn ended(&self) {
        if !self.is_last {
            return;
        }
        let seq = self.claim.lease.seq;
        self.daemon.chat_actions.end(seq);
        self.daemon.spoken.forget(seq);
        if let Some(kind) = self.daemon.turn_spans.ended(seq) {
            let took_ms = self.daemon.clock.now().since_ms(self.claim.job.accepted_at);
            let step = match kind {
                TurnKind::Voice => Step::Turn,
                TurnKind::Text => Step::TextTurn,
            };
            self.daemon.telemetry.took_ms(step, took_ms);
        }
        tracing::info!(event = %Event::AnswerDelivered, seq, "answer is out");
    }
}

/// The words instead of a file that was refused: those of a spoken reply, unless they were sent already; the caption of what
/// was made, or a sentence.
pub fn words_instead(
    daemon: &DaemonContext,
    claim: &Claim,
    message: &OutMessage,
    refused: &Outgoing,
) -> Option<Form> {
    match &message.reply.content {
        Content::Made(_) => {
            let words = match refused {
                Outgoing::File { caption, .. } if !caption.is_blank() => caption.clone(),
                Outgoing::Edit { text, .. } => text.clone(),
                _ => daemon.app.context.phrases(&claim.learner).not_taken(),
            };
            Some(Form::of(made::in_words(message, words)))
        }
        Content::Spoken { caption, .. } if !message.words_sent => {
            text_of(&message.reply, caption).map(Form::of)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
