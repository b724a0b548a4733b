//! outbox -> Telegram: each message sent at its pace, struck off when it is out, tried again when it surely is not,
//! repeated once when nobody can know.

use super::Crew;
use super::shutdown::Stop;
use super::vitals::Vitals;
use crate::audio::{self, Hint};
use crate::domain::backoff::backoff_ms;
use crate::domain::outcome::Keyboard;
use crate::domain::{Change, ChatId, Content, OutMessage, Reply, Rich, SpokenPart, UserId, WaitReason};
use crate::store::{Claim, Sent, StoreError};
use crate::telegram::{Action, Outgoing, Retry, TelegramError, outgoing};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// A longer wait for a chat's turn gives the place to another chat.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Telegram counts messages by the second.
const SECOND: Duration = Duration::from_secs(1);
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
        let attempt = send(crew, lease.seq, claim.job.user, message, &mut stop).await?;
        match attempt {
            Attempt::Done => {
                if place == last {
                    crew.presence.end(lease.seq);
                }
                store.delivered(lease, message.index, Sent::Done).await?;
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

async fn send(
    crew: &Crew,
    seq: u64,
    user: UserId,
    message: &OutMessage,
    stop: &mut Stop,
) -> Result<Attempt, StoreError> {
    let counts = !matches!(message.reply.content, Content::CallbackAnswer { .. });
    // Before anything is fetched or made for it: a chat that has to wait long gives its place to another.
    if let Some(ms) = long_wait(crew, counts.then_some(message.reply.chat)) {
        return Ok(Attempt::Put(Sent::Later(crew.clock.now().plus_ms(ms), WaitReason::Paced)));
    }
    let mut sendable = match &message.reply.content {
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
    loop {
        let place = match turn_of(crew, sendable.chat(), stop).await {
            Turn::Now(place) => place,
            Turn::Later(ms) => {
                return Ok(Attempt::Put(Sent::Later(crew.clock.now().plus_ms(ms), WaitReason::Paced)));
            }
            Turn::Never => return Ok(Attempt::Stopped),
        };
        let sent = crew.app.telegram.deliver(&sendable).await;
        if let Some(chat) = sendable.chat() {
            crew.pacing().arrived(chat, chat.0 < 0, crew.now_ms());
        }
        if let Some(place) = place {
            // Whenever Telegram booked it, it was not later than now: for a second more it counts.
            tokio::spawn(async move {
                tokio::time::sleep(SECOND).await;
                drop(place);
            });
        }
        match (sent, &message.reply.content) {
            (Ok(_), _) => {
                Vitals::add(&crew.vitals.sent, 1);
                return Ok(Attempt::Done);
            }
            // The chat takes no voice messages: its words go out as text.
            (Err(TelegramError::VoiceForbidden), Content::Spoken { caption, .. })
                if matches!(sendable, Outgoing::Voice { .. }) =>
            {
                match text_of(&message.reply, caption) {
                    Some(words) => sendable = words,
                    None => return Ok(Attempt::Done),
                }
            }
            (Err(error), _) => return failed(crew, seq, user, message, sendable.chat(), &error).await,
        }
    }
}

async fn failed(
    crew: &Crew,
    seq: u64,
    user: UserId,
    message: &OutMessage,
    chat: Option<ChatId>,
    error: &TelegramError,
) -> Result<Attempt, StoreError> {
    let now = crew.clock.now();
    match error {
        TelegramError::NotModified => return Ok(Attempt::Done),
        // A group that put the bot out says nothing about the learner's own chat.
        TelegramError::Blocked { .. } if message.reply.chat.0 != user.0 => {
            tracing::warn!(seq, %error, "the answer cannot be delivered");
            return Ok(Attempt::Unreachable { blocked: false });
        }
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
        TelegramError::RetryAfter { secs } => {
            Vitals::add(&crew.vitals.slowed, 1);
            tracing::warn!(seq, secs, "Telegram asked to send more slowly");
            // Our clock drops fractions of a millisecond: one more is never too early.
            crew.pacing().refused(chat, *secs, crew.now_ms() + 1);
        }
        _ => {}
    }
    Ok(match error.retry() {
        Retry::After(secs) => {
            let ms = i64::try_from(secs).unwrap_or(60).saturating_mul(1000);
            Attempt::Put(Sent::Later(now.plus_ms(ms + 1), WaitReason::Paced))
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

/// When a chat's next message may go out.
enum Turn {
    /// With its place in the second, where it counts towards one.
    Now(Option<OwnedSemaphorePermit>),
    /// After so many milliseconds; the place is better given to another chat until then.
    Later(i64),
    /// The word to stop came.
    Never,
}

/// How long a chat still has to wait, where that is too long to keep a place for it: Telegram asked to wait, or a
/// group has had its share of the minute. `None` for what counts towards no chat's limits (a pressed button's answer):
/// it obeys what Telegram asked of the whole bot.
fn long_wait(crew: &Crew, chat: Option<ChatId>) -> Option<i64> {
    let ms = match chat {
        Some(chat) => crew.pacing().wait_ms(chat, chat.0 < 0, crew.now_ms()),
        None => crew.held(None),
    };
    (Duration::from_millis(ms) > PATIENCE).then(|| i64::try_from(ms).unwrap_or(60_000))
}

/// Waits for the chat's turn, planned among all others'.
async fn turn_of(crew: &Crew, chat: Option<ChatId>, stop: &mut Stop) -> Turn {
    loop {
        if let Some(ms) = long_wait(crew, chat) {
            return Turn::Later(ms);
        }
        let wait = match chat {
            Some(chat) => crew.pacing().reserve(chat, chat.0 < 0, crew.now_ms()),
            None => crew.held(None),
        };
        if wait > 0 && !stop.sleep(Duration::from_millis(wait)).await {
            return Turn::Never;
        }
        let place = match chat {
            Some(_) => tokio::select! {
                place = crew.window.clone().acquire_owned() => place.ok(),
                () = stop.raised() => return Turn::Never,
            },
            None => None,
        };
        // Somebody else may have been asked to wait meanwhile.
        if crew.held(chat) == 0 {
            return Turn::Now(place);
        }
    }
}
