//! outbox -> Telegram: each message sent at its pace, struck off when it is out, tried again when it surely is not,
//! repeated once when nobody can know.
//!
//! A message that is out but not yet struck off when the daemon is killed goes out again after the next start. So one
//! message goes through the door at a time, and the next one when it is struck off; only one that takes long is
//! overtaken, so that a slow upload to one chat holds up no other.

use super::Crew;
use super::progress::in_place_of;
use super::shutdown::Stop;
use super::speech::{spoken, text_of};
use crate::domain::backoff::backoff_ms;
use crate::domain::stats::{Count, Step};
use crate::domain::{Change, ChatId, Content, MessageId, OutMessage, Timestamp, UserId, WaitReason};
use crate::store::{Claim, Lease, Sent, StoreError};
use crate::telegram::{Delivered, Outgoing, Retry, TelegramError, outgoing};
use std::future::Future;
use std::time::Duration;
use tokio::sync::{MutexGuard, OwnedSemaphorePermit};

/// A longer wait for a chat's turn gives the place to another chat.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Telegram counts messages by the second.
const SECOND: Duration = Duration::from_secs(1);
/// A message that takes longer to send lets the next one start: what may come twice after a kill is what was sent in
/// this time. Less would send faster (10 a second are sure, up to 28 where Telegram answers quickly), and risk more.
const OVERTAKE: Duration = Duration::from_millis(100);

/// What one attempt at a message came to.
enum Attempt {
    /// Struck off: sent, or pointless for good.
    Done,
    /// Again later.
    Put(Sent),
    /// Again at once in another form.
    Instead(Outgoing),
    /// The chat cannot be reached.
    Unreachable {
        /// The learner blocked the bot.
        blocked: bool,
    },
}

/// What is left to do for a row.
enum Next {
    /// Its next message.
    Message,
    /// The same message in another form.
    Form(Outgoing),
    /// Nothing now: the lease has ended.
    Nothing,
}

/// Sends what is left of a row's replies.
///
/// # Errors
/// The store's.
pub async fn deliver(crew: &Crew, claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    let (store, lease) = (&crew.app.store, claim.lease);
    if claim.learner.blocked && claim.job.chat.0 == claim.job.user.0 {
        crew.presence.end(lease.seq);
        crew.journeys.ended(lease.seq);
        tracing::info!(seq = lease.seq, "the learner has blocked the bot: nothing is sent");
        return store.drop_replies(lease, Vec::new()).await;
    }
    let last = claim.outbox.len().saturating_sub(1);
    for (place, message) in claim.outbox.iter().enumerate() {
        if stop.is_raised() {
            return store.release(lease).await;
        }
        let (user, accepted_at) = (claim.job.user, claim.job.accepted_at);
        // Only the answer's very first words take the place of what was said of the wait.
        let shown = claim.job.progress.filter(|_| message.index == 0 && !message.words_sent);
        let out = Out { crew, lease, user, accepted_at, message, shown, is_last: place == last };
        if !out.send(&mut stop).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// One message on its way.
struct Out<'a> {
    crew: &'a Crew,
    lease: Lease,
    user: UserId,
    accepted_at: Timestamp,
    message: &'a OutMessage,
    /// What stands in the chat in its place.
    shown: Option<MessageId>,
    is_last: bool,
}

impl Out<'_> {
    /// Sends the message and records what became of it. True: on to the row's next one.
    async fn send(&self, stop: &mut Stop) -> Result<bool, StoreError> {
        let Self { crew, lease, message, .. } = *self;
        let store = &crew.app.store;
        let paced = |ms: i64| Sent::Later(crew.clock.now().plus_ms(ms), WaitReason::Paced);
        let counts = !matches!(message.reply.content, Content::CallbackAnswer { .. });
        // Before anything is fetched or made for it: a chat that has to wait long gives its place to another.
        if let Some(ms) = long_wait(crew, counts.then_some(message.reply.chat)) {
            return store.delivered(lease, message.index, paced(ms)).await.map(|()| false);
        }
        let mut sendable = match prepare(crew, lease.seq, message).await {
            Ok(Some(sendable)) => sendable,
            Ok(None) => return self.settle(Attempt::Done).await.map(|next| matches!(next, Next::Message)),
            Err(put) => return store.delivered(lease, message.index, put).await.map(|()| false),
        };
        sendable = in_place_of(crew, self.shown, sendable).await;
        loop {
            let pass = match turn_of(crew, sendable.chat(), stop).await {
                Turn::Now(pass) => pass,
                Turn::Later(ms) => {
                    return store.delivered(lease, message.index, paced(ms)).await.map(|()| false);
                }
                Turn::Never => return store.release(lease).await.map(|()| false),
            };
            let Pass { door, place } = pass;
            match alone(door, self.attempt(&sendable, place)).await? {
                Next::Message => return Ok(true),
                Next::Form(other) => sendable = other,
                Next::Nothing => return Ok(false),
            }
        }
    }

    /// Sends one form of the message and records what became of it.
    async fn attempt(
        &self,
        sendable: &Outgoing,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Next, StoreError> {
        let crew = self.crew;
        let sent = crew.vitals.timed(Step::Send, crew.app.telegram.deliver(sendable)).await;
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
        let attempt = match (sent, &self.message.reply.content) {
            (Ok(_), _) => {
                // What answers a press stands in no chat.
                crew.vitals.add(Count::Sent, usize::from(sendable.chat().is_some()));
                Attempt::Done
            }
            // The chat takes no voice messages: its words go out as text.
            (Err(TelegramError::VoiceForbidden), Content::Spoken { caption, .. })
                if matches!(sendable, Outgoing::Voice { .. }) =>
            {
                text_of(&self.message.reply, caption).map_or(Attempt::Done, Attempt::Instead)
            }
            // What was said of the wait is gone or cannot be changed: the answer is a message of its own.
            (Err(TelegramError::ReplyGone | TelegramError::Permanent { .. }), content)
                if self.shown.is_some() && matches!(sendable, Outgoing::Edit { .. }) =>
            {
                let words = match content {
                    Content::Spoken { caption, .. } => text_of(&self.message.reply, caption),
                    _ => outgoing(&self.message.reply),
                };
                words.map_or(Attempt::Done, Attempt::Instead)
            }
            (Err(error), _) => {
                failed(crew, self.lease.seq, self.user, self.message, sendable.chat(), &error).await?
            }
        };
        self.settle(attempt).await
    }

    /// Records what became of the message.
    async fn settle(&self, attempt: Attempt) -> Result<Next, StoreError> {
        let (store, seq, index) = (&self.crew.app.store, self.lease.seq, self.message.index);
        match attempt {
            Attempt::Done => {
                if self.is_last {
                    self.crew.presence.end(seq);
                    self.crew.spoken.forget(seq);
                }
                store.delivered(self.lease, index, Sent::Done).await?;
                tracing::debug!(seq, index, "sent and struck off");
                if self.is_last {
                    if self.crew.journeys.ended(seq) {
                        let took_ms = self.crew.clock.now().since_ms(self.accepted_at);
                        self.crew.vitals.took_ms(Step::Turn, took_ms);
                    }
                    tracing::info!(seq, "answer is out");
                }
                Ok(Next::Message)
            }
            Attempt::Instead(other) => Ok(Next::Form(other)),
            Attempt::Put(sent) => store.delivered(self.lease, index, sent).await.map(|()| Next::Nothing),
            Attempt::Unreachable { blocked } => {
                self.crew.presence.end(seq);
                self.crew.spoken.forget(seq);
                self.crew.journeys.ended(seq);
                let changes = if blocked { vec![Change::Blocked(true)] } else { Vec::new() };
                store.drop_replies(self.lease, changes).await.map(|()| Next::Nothing)
            }
        }
    }
}

/// Does the work with the door closed behind it, unless it takes long.
async fn alone<T>(door: MutexGuard<'_, ()>, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(OVERTAKE) => drop(door),
    }
    work.await
}

/// What is to be sent; `None` when there is nothing to say.
async fn prepare(crew: &Crew, seq: u64, message: &OutMessage) -> Result<Option<Outgoing>, Sent> {
    match &message.reply.content {
        Content::Spoken { session, part, caption } => {
            spoken(crew, seq, message, *session, *part, caption).await
        }
        _ => Ok(outgoing(&message.reply)),
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
    if let Some(kind) = error.failure() {
        crew.vitals.failed(kind);
    }
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
            crew.vitals.count(Count::SendThrottled);
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
            crew.vitals.count(Count::SendRetries);
            tracing::warn!(seq, %error, pause_ms = pause, "sending failed, trying again");
            Attempt::Put(Sent::Later(now.plus_ms(pause), WaitReason::TelegramDown))
        }
        Retry::Once if message.unsure == 0 => {
            crew.vitals.count(Count::Ambiguous);
            crew.vitals.count(Count::SendRetries);
            tracing::warn!(seq, %error, "nobody can know whether this message went out: repeating it once");
            Attempt::Put(Sent::Unsure(now.plus_ms(1_000)))
        }
        Retry::Once => {
            crew.vitals.count(Count::Ambiguous);
            tracing::warn!(seq, %error, "again no answer for this message: not repeated any more");
            Attempt::Done
        }
        Retry::No => {
            tracing::warn!(seq, %error, "Telegram does not take this message: left out");
            Attempt::Done
        }
    })
}

/// The right to send one message now.
struct Pass<'a> {
    /// Nobody else sends while this is held.
    door: MutexGuard<'a, ()>,
    /// Its place in the second, where it counts towards one.
    place: Option<OwnedSemaphorePermit>,
}

/// When a chat's next message may go out.
enum Turn<'a> {
    /// At once.
    Now(Pass<'a>),
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

/// Sends what nobody waits for, when its chat may be written to now. `None`: it may not.
pub async fn courtesy(
    crew: &Crew,
    out: &Outgoing,
    stop: &mut Stop,
) -> Option<Result<Delivered, TelegramError>> {
    let chat = out.chat();
    let Turn::Now(Pass { door, place }) = turn_of(crew, chat, stop).await else { return None };
    let sending = async {
        let sent = crew.app.telegram.deliver(out).await;
        if let Some(chat) = chat {
            crew.pacing().arrived(chat, chat.0 < 0, crew.now_ms());
        }
        if let Err(TelegramError::RetryAfter { secs }) = &sent {
            crew.pacing().refused(chat, *secs, crew.now_ms() + 1);
        }
        tokio::spawn(async move {
            tokio::time::sleep(SECOND).await;
            drop(place);
        });
        sent
    };
    Some(alone(door, sending).await)
}

/// Waits for the chat's turn, planned among all others'.
async fn turn_of<'a>(crew: &'a Crew, chat: Option<ChatId>, stop: &mut Stop) -> Turn<'a> {
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
        let door = tokio::select! {
            door = crew.door.lock() => door,
            () = stop.raised() => return Turn::Never,
        };
        // Somebody else may have been asked to wait meanwhile.
        if crew.held(chat) == 0 {
            return Turn::Now(Pass { door, place });
        }
    }
}
