//! Decides what follows from a failed call: again later, in another form, or never.
//!
//! Must not record anything but what Telegram said about chats and limits.

use super::DaemonContext;
use super::delivery::{Form, words_instead};
use super::unconfirmed;
use crate::domain::backoff::backoff_ms;
use crate::domain::stats::Count;
use crate::domain::{Content, Contour, DeadReason, OutMessage, TurnChange, WaitReason};
use crate::logging::Event;
use crate::store::{Claim, StoreError};
use crate::telegram::{Outgoing, Retry, TelegramError, outgoing};

/// Result of one attempt at a message.
pub enum AfterFailure {
    /// Finished: sent, or pointless for good.
    Done,
    /// Sent: a part of a turn was spoken, and the reply sounded so.
    Spoken(TurnChange, Option<Contour>),
    /// The text of a spoken answer is sent; its voice may follow.
    WordsOut,
    /// Again at once, in another form.
    Form(Box<Form>),
    /// Certainly not sent: again after this many ms.
    Later(i64, WaitReason),
    /// Perhaps sent: again after this many ms.
    Unsure(i64),
    /// The message becomes a dead letter; with the text of the error.
    GivenUp(DeadReason, String),
    /// The chat cannot be reached.
    Unreachable {
        /// The learner blocked the bot.
        blocked: bool,
    },
}

pub async fn judge(
    daemon: &DaemonContext,
    claim: &Claim,
    message: &OutMessage,
    form: &Form,
    error: &TelegramError,
) -> Result<AfterFailure, StoreError> {
    let seq = claim.lease.seq;
    if let Some(kind) = error.failure() {
        daemon.telemetry.failed(kind);
    }
    if let Some(manner) = form.manner.after(error, &form.out) {
        tracing::warn!(seq, %error, "Telegram refuses a message: once more without what it may mean");
        return Ok(AfterFailure::Form(Box::new(Form { manner, ..form.clone() })));
    }
    match error {
        TelegramError::NotModified => return Ok(AfterFailure::Done),
        // A group that removed the bot says nothing about the learner's private chat.
        TelegramError::Blocked { .. } if message.reply.chat.0 != claim.job.user.0 => {
            tracing::warn!(event = %Event::Undeliverable, seq, %error, "the answer cannot be delivered");
            return Ok(AfterFailure::Unreachable { blocked: false });
        }
        TelegramError::Blocked { .. } => {
            tracing::info!(
                event = %Event::LearnerGone,
                seq,
                "the learner has blocked the bot: nothing more is sent until they write again"
            );
            return Ok(AfterFailure::Unreachable { blocked: true });
        }
        TelegramError::ChatGone { .. } => {
            tracing::warn!(event = %Event::Undeliverable, seq, %error, "the answer cannot be delivered");
            return Ok(AfterFailure::Unreachable { blocked: false });
        }
        TelegramError::Migrated { to } => {
            tracing::info!(event = %Event::GroupMigrated, seq, "the group became a supergroup: following it");
            daemon.app.store.migrate_chat(message.reply.chat, *to).await?;
            return Ok(AfterFailure::Later(0, WaitReason::Paced));
        }
        TelegramError::RetryAfter { secs } => {
            daemon.telemetry.count(Count::SendThrottled);
            tracing::warn!(event = %Event::SendHeld, seq, secs, "Telegram asked to send more slowly");
            daemon.sending.refused(form.out.chat(), *secs);
        }
        _ => {}
    }
    Ok(match error.retry() {
        Retry::After(secs) => {
            let ms = i64::try_from(secs).unwrap_or(60).saturating_mul(1000);
            // Our clock drops fractions of a ms; one more is never too early.
            AfterFailure::Later(ms + 1, WaitReason::Paced)
        }
        Retry::Yes => {
            let pause = backoff_ms(message.attempts, fastrand::f64());
            daemon.telemetry.count(Count::SendRetries);
            tracing::warn!(
                event = %Event::SendFailed,
                seq,
                %error,
                pause_ms = pause,
                "sending failed, trying again"
            );
            AfterFailure::Later(pause, WaitReason::TelegramDown)
        }
        Retry::Unsure => in_doubt(daemon, seq, message, error),
        Retry::No => refused(daemon, claim, message, form, error),
    })
}

/// It may have arrived.
fn in_doubt(daemon: &DaemonContext, seq: u64, message: &OutMessage, error: &TelegramError) -> AfterFailure {
    daemon.telemetry.count(Count::Ambiguous);
    if message.unsure < unconfirmed::REPETITIONS {
        daemon.telemetry.count(Count::SendRetries);
        let pause_ms = unconfirmed::pause_ms(message.unsure);
        tracing::warn!(
            event = %Event::SendUnconfirmed,
            seq,
            %error,
            pause_ms,
            "nobody can know whether this message went out: repeating it once Telegram answers again"
        );
        return AfterFailure::Unsure(pause_ms);
    }
    tracing::error!(
        event = %Event::SendGivenUp,
        seq,
        %error,
        "sent again and again without an answer: not repeated any more"
    );
    given_up(message, DeadReason::SendUnknown, error)
}

/// The same message would be refused again.
fn refused(
    daemon: &DaemonContext,
    claim: &Claim,
    message: &OutMessage,
    form: &Form,
    error: &TelegramError,
) -> AfterFailure {
    let seq = claim.lease.seq;
    if matches!(form.out, Outgoing::File { .. }) {
        // If a file is refused, its text is sent instead.
        if let Some(words) = words_instead(daemon, claim, message, &form.out) {
            tracing::warn!(
                event = %Event::FileRefused,
                seq,
                %error,
                "Telegram does not take the file: its words go out"
            );
            return AfterFailure::Form(Box::new(words));
        }
        if *error == TelegramError::FileForbidden {
            return AfterFailure::Done;
        }
    }
    // The progress message is gone, so the answer is sent as a message of its own.
    if matches!(form.out, Outgoing::Edit { .. }) && !matches!(message.reply.content, Content::Edit { .. }) {
        let words = words_instead(daemon, claim, message, &form.out)
            .or_else(|| outgoing(&message.reply).map(Form::of));
        let again = words.map(|words| Form { voice_follows: form.voice_follows, ..words });
        return again.map_or(AfterFailure::Done, |again| AfterFailure::Form(Box::new(again)));
    }
    if *error == TelegramError::ReplyGone && matches!(message.reply.content, Content::Edit { .. }) {
        tracing::info!(seq, "the message to change is gone");
        return AfterFailure::Done;
    }
    tracing::error!(event = %Event::SendRefused, seq, %error, "Telegram does not take this message");
    given_up(message, DeadReason::SendRefused, error)
}

fn given_up(message: &OutMessage, reason: DeadReason, error: &TelegramError) -> AfterFailure {
    match message.reply.content {
        // The button's clock has stopped by now, so nobody misses the answer.
        Content::CallbackAnswer { .. } => AfterFailure::Done,
        _ => AfterFailure::GivenUp(reason, error.to_string()),
    }
}
