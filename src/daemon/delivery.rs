//! outbox -> Telegram: each message sent at its pace, struck off when it is out, tried again when it surely is not,
//! repeated once when nobody can know.

use super::Crew;
use super::shutdown::Stop;
use super::vitals::Vitals;
use crate::audio::{self, Hint};
use crate::domain::backoff::backoff_ms;
use crate::domain::outcome::Keyboard;
use crate::domain::{Change, ChatId, Content, OutMessage, Reply, Rich, SpokenPart, WaitReason};
use crate::store::{Claim, Sent, StoreError};
use crate::telegram::{Action, Outgoing, Retry, TelegramError, outgoing};
use bytes::Bytes;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// A longer wait for a chat's turn gives the place to another chat.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Attempts at fetching the spoken answer before the words go out alone.
const VOICE_ATTEMPTS: u32 = 5;

/// What one attempt at a message came to.
enum Attempt {
    /// Struck off: sent, or pointless for good.
    Done,
    /// Again later.
    Put(Sent),
    /// The chat cannot be reached.
    Unreachable {
        /// The learner blocked the bot.
        blocked: bool,
    },
    /// The word to stop came.
    Stopped,
}

/// Sends what is left of a row's replies.
///
/// # Errors
/// The store's.
pub async fn deliver(crew: &Crew, claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    let (store, lease) = (&crew.app.store, claim.lease);
    if claim.learner.blocked && claim.job.chat.0 == claim.job.user.0 {
        crew.presence.end(lease.seq);
        tracing::info!(seq = lease.seq, "the learner has blocked the bot: nothing is sent");
        return store.drop_replies(lease, Vec::new()).await;
    }
    let last = claim.outbox.len().saturating_sub(1);
    for (place, message) in claim.outbox.iter().enumerate() {
        if stop.is_raised() {
            return store.release(lease).await;
        }
        let attempt = send(crew, lease.seq, message, &mut stop).await?;
        match attempt {
            Attempt::Done => {
                if place == last {
                    crew.presence.end(lease.seq);
                }
                store.delivered(lease, message.index, Sent::Done).await?;
                tracing::debug!(seq = lease.seq, index = message.index, "sent and struck off");
            }
            Attempt::Put(sent) => return store.delivered(lease, message.index, sent).await,
            Attempt::Unreachable { blocked } => {
                crew.presence.end(lease.seq);
                let changes = if blocked { vec![Change::Blocked(true)] } else { Vec::new() };
                return store.drop_replies(lease, changes).await;
            }
            Attempt::Stopped => return store.release(lease).await,
        }
    }
    Ok(())
}

async fn send(crew: &Crew, seq: u64, message: &OutMessage, stop: &mut Stop) -> Result<Attempt, StoreError> {
    let sendable = match &message.reply.content {
        Content::Spoken { session, part, caption } => {
            match spoken(crew, seq, message, *session, *part, caption).await {
                Ok(Some(sendable)) => sendable,
                Ok(None) => return Ok(Attempt::Done),
                Err(put) => return Ok(Attempt::Put(put)),
            }
        }
        _ => match outgoing(&message.reply) {
            Some(sendable) => sendable,
            None => return Ok(Attempt::Done),
        },
    };
    if let Some(chat) = sendable.chat() {
        match turn_of(crew, chat, stop).await {
            Turn::Now => {}
            Turn::Later(ms) => {
                return Ok(Attempt::Put(Sent::Later(crew.clock.now().plus_ms(ms), WaitReason::Paced)));
            }
            Turn::Never => return Ok(Attempt::Stopped),
        }
    }
    match crew.app.telegram.deliver(&sendable).await {
        Ok(_) => {
            Vitals::add(&crew.vitals.sent, 1);
            Ok(Attempt::Done)
        }
        Err(error) => failed(crew, seq, message, &error).await,
    }
}

async fn failed(
    crew: &Crew,
    seq: u64,
    message: &OutMessage,
    error: &TelegramError,
) -> Result<Attempt, StoreError> {
    let now = crew.clock.now();
    match error {
        TelegramError::Blocked { .. } => {
            tracing::info!(
                seq,
                "the learner has blocked the bot: nothing more is sent until they write again"
            );
            return Ok(Attempt::Unreachable { blocked: true });
        }
        TelegramError::ChatGone { .. } => {
            tracing::warn!(seq, %error, "the answer cannot be delivered");
            return Ok(Attempt::Unreachable { blocked: false });
        }
        TelegramError::Migrated { to } => {
            tracing::info!(seq, "the group became a supergroup: following it");
            crew.app.store.migrate_chat(message.reply.chat, *to).await?;
            return Ok(Attempt::Put(Sent::Later(now, WaitReason::Paced)));
        }
        TelegramError::VoiceForbidden => return Ok(words_instead(crew, seq, message).await),
        TelegramError::RetryAfter { secs } => {
            Vitals::add(&crew.vitals.slowed, 1);
            tracing::warn!(seq, secs, "Telegram asked to send more slowly");
            pacing(crew).refused(Some(message.reply.chat), *secs, crew.now_ms());
        }
        _ => {}
    }
    Ok(match error.retry() {
        Retry::After(secs) => {
            let ms = i64::try_from(secs).unwrap_or(60).saturating_mul(1000);
            Attempt::Put(Sent::Later(now.plus_ms(ms), WaitReason::Paced))
        }
        Retry::Yes => {
            let pause = backoff_ms(message.attempts, fastrand::f64());
            tracing::warn!(seq, %error, pause_ms = pause, "sending failed, trying again");
            Attempt::Put(Sent::Later(now.plus_ms(pause), WaitReason::TelegramDown))
        }
        Retry::Once if message.unsure == 0 => {
            Vitals::add(&crew.vitals.unsure, 1);
            tracing::warn!(seq, %error, "nobody can know whether this message went out: repeating it once");
            Attempt::Put(Sent::Unsure(now.plus_ms(1_000)))
        }
        Retry::Once => {
            Vitals::add(&crew.vitals.unsure, 1);
            tracing::warn!(seq, %error, "again no answer for this message: not repeated any more");
            Attempt::Done
        }
        Retry::No => {
            tracing::warn!(seq, %error, "Telegram does not take this message: left out");
            Attempt::Done
        }
    })
}

/// The voice note with its caption; without a voice the caption alone; `None` when there is neither.
async fn spoken(
    crew: &Crew,
    seq: u64,
    message: &OutMessage,
    session: Uuid,
    part: SpokenPart,
    caption: &Rich,
) -> Result<Option<Outgoing>, Sent> {
    let words = || text_of(&message.reply, caption);
    crew.presence.change(seq, Action::UploadVoice);
    let voice = match crew.app.tutor.spoken(session, part).await {
        Ok(Some(voice)) => voice,
        Ok(None) => return Ok(words()),
        Err(error) if message.attempts + 1 < VOICE_ATTEMPTS => {
            let pause = backoff_ms(message.attempts, fastrand::f64()).min(5_000);
            tracing::warn!(seq, %error, pause_ms = pause, "the spoken answer could not be fetched, trying again");
            return Err(Sent::Later(crew.clock.now().plus_ms(pause), WaitReason::TutorDown));
        }
        Err(error) => {
            tracing::warn!(seq, %error, "the spoken answer could not be fetched: the words go out alone");
            return Ok(words());
        }
    };
    let hint = Hint { extension: None, mime: voice.mime };
    let _permit = crew.app.desk.decoders.acquire().await;
    let encoded = tokio::task::spawn_blocking(move || audio::to_voice_note(voice.bytes, hint)).await;
    match encoded {
        Ok(Ok(note)) => Ok(Some(Outgoing::Voice {
            chat: message.reply.chat,
            thread: message.reply.thread,
            answers: message.reply.answers,
            caption: caption.clone(),
            bytes: Bytes::from(note.bytes),
            duration_secs: note.duration_secs,
        })),
        Ok(Err(error)) => {
            tracing::warn!(seq, %error, "the spoken answer cannot be read: the words go out alone");
            Ok(words())
        }
        Err(_) => Ok(words()),
    }
}

fn text_of(reply: &Reply, text: &Rich) -> Option<Outgoing> {
    if text.is_blank() {
        return None;
    }
    let content = Content::Text { text: text.clone(), keyboard: Keyboard::default() };
    outgoing(&Reply { content, ..reply.clone() })
}

/// The chat takes no voice messages: its words go out as text.
async fn words_instead(crew: &Crew, seq: u64, message: &OutMessage) -> Attempt {
    let Content::Spoken { caption, .. } = &message.reply.content else { return Attempt::Done };
    let Some(sendable) = text_of(&message.reply, caption) else { return Attempt::Done };
    second_form(crew, seq, message, &sendable).await
}

async fn second_form(crew: &Crew, seq: u64, message: &OutMessage, sendable: &Outgoing) -> Attempt {
    match crew.app.telegram.deliver(sendable).await {
        Ok(_) => Attempt::Done,
        Err(error) => {
            let now = crew.clock.now();
            tracing::warn!(seq, %error, "the message could not be sent in another form either");
            match error.retry() {
                Retry::No => Attempt::Done,
                Retry::After(secs) => {
                    let ms = i64::try_from(secs).unwrap_or(60).saturating_mul(1000);
                    Attempt::Put(Sent::Later(now.plus_ms(ms), WaitReason::Paced))
                }
                Retry::Once if message.unsure > 0 => Attempt::Done,
                Retry::Once => Attempt::Put(Sent::Unsure(now.plus_ms(1_000))),
                Retry::Yes => Attempt::Put(Sent::Later(
                    now.plus_ms(backoff_ms(message.attempts, fastrand::f64())),
                    WaitReason::TelegramDown,
                )),
            }
        }
    }
}

/// When a chat's next message may go out.
enum Turn {
    Now,
    /// After so many milliseconds; the place is better given to another chat until then.
    Later(i64),
    /// The word to stop came.
    Never,
}

/// Waits for the chat's turn. Only a hold (Telegram asked to wait) can be long; the reserved moments themselves are
/// close, as no more than a few dozen are given out at once.
async fn turn_of(crew: &Crew, chat: ChatId, stop: &mut Stop) -> Turn {
    let held = || pacing(crew).held_ms(chat, crew.now_ms());
    let long = |ms: u64| Turn::Later(i64::try_from(ms).unwrap_or(60_000));
    let before = held();
    if Duration::from_millis(before) > PATIENCE {
        return long(before);
    }
    loop {
        let wait = pacing(crew).reserve(chat, chat.0 < 0, crew.now_ms());
        if wait > 0 && !stop.sleep(Duration::from_millis(wait)).await {
            return Turn::Never;
        }
        // Somebody else may have been asked to wait meanwhile.
        match held() {
            0 => return Turn::Now,
            ms if Duration::from_millis(ms) > PATIENCE => return long(ms),
            _ => {}
        }
    }
}

fn pacing(crew: &Crew) -> MutexGuard<'_, crate::telegram::Pacing> {
    crew.pacing.lock().unwrap_or_else(PoisonError::into_inner)
}
