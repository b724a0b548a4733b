//! The sign of life: a chat action the moment a voice is taken, refreshed every 4 s until the answer is out.
//!
//! A courtesy: its failures are ignored and it never delays a message. When more chats wait than can be refreshed,
//! the longest-unrefreshed go first, and newcomers get a reaction, which stays.

use super::Crew;
use super::shutdown::Stop;
use crate::domain::{ChatId, MessageId, UserId};
use crate::telegram::{Action, Retry};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A chat action lasts 5 s (Bot API "sendChatAction").
const REFRESH: Duration = Duration::from_secs(4);
/// Pause between two signs: at most 16 a second, well beside the messages.
const GAP: Duration = Duration::from_millis(60);
/// Chats that can be kept alive at that pace.
const CROWD: usize = 60;
/// Signs under way at once.
const IN_FLIGHT: usize = 8;
/// Chats watched at most; more are simply not shown.
const WATCHED: usize = 10_000;

struct Entry {
    user: UserId,
    chat: ChatId,
    thread: Option<i64>,
    action: Action,
    due: Instant,
    react_to: Option<MessageId>,
}

/// One sign to show.
struct Sign {
    chat: ChatId,
    thread: Option<i64>,
    action: Action,
    react_to: Option<MessageId>,
}

/// The chats that wait for an answer.
#[derive(Default)]
pub struct Presence {
    waiting: Mutex<HashMap<u64, Entry>>,
    wake: Notify,
}

impl Presence {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a sign for row `seq` from now on.
    pub fn begin(
        &self,
        seq: u64,
        user: UserId,
        chat: ChatId,
        thread: Option<i64>,
        message: Option<MessageId>,
        action: Action,
    ) {
        let mut waiting = self.waiting();
        if waiting.len() >= WATCHED {
            return;
        }
        let crowded = waiting.len() >= CROWD;
        let due = Instant::now();
        waiting.entry(seq).and_modify(|entry| entry.action = action).or_insert(Entry {
            user,
            chat,
            thread,
            action,
            due,
            react_to: message.filter(|_| crowded),
        });
        drop(waiting);
        self.wake.notify_one();
    }

    /// Another sign for the same row, at its next refresh.
    pub fn change(&self, seq: u64, action: Action) {
        if let Some(entry) = self.waiting().get_mut(&seq) {
            entry.action = action;
        }
    }

    /// The answer is out, or will take so long that a sign would be a lie.
    pub fn end(&self, seq: u64) {
        self.waiting().remove(&seq);
    }

    /// The learner and all older messages of theirs are gone from the store.
    pub fn forget(&self, user: UserId, before: u64) {
        self.waiting().retain(|seq, entry| entry.user != user || *seq >= before);
    }

    /// The next sign that is due, or when one will be.
    fn next(&self, now: Instant) -> Result<Sign, Option<Instant>> {
        let mut waiting = self.waiting();
        let Some(entry) = waiting.values_mut().min_by_key(|entry| entry.due) else { return Err(None) };
        if entry.due > now {
            return Err(Some(entry.due));
        }
        entry.due = now + REFRESH;
        Ok(Sign {
            chat: entry.chat,
            thread: entry.thread,
            action: entry.action,
            react_to: entry.react_to.take(),
        })
    }

    /// Shows signs until the word to stop.
    pub async fn run(&self, crew: &Crew, mut stop: Stop) {
        let mut under_way: JoinSet<u64> = JoinSet::new();
        loop {
            let next = self.next(Instant::now());
            let pause = match next {
                // Telegram asked not to be called for this chat: that goes for courtesies first of all.
                Ok(Sign { chat, .. }) if crew.held(Some(chat)) > 0 => GAP,
                Ok(Sign { chat, thread, action, react_to }) => {
                    let telegram = crew.app.telegram.clone();
                    under_way.spawn(async move {
                        let shown = match react_to {
                            Some(message) => telegram.react(chat, message, "👀").await,
                            None => telegram.chat_action(chat, thread, action).await,
                        };
                        match shown.map_err(|error| error.retry()) {
                            Err(Retry::After(secs)) => secs,
                            _ => 0,
                        }
                    });
                    let mut held = 0;
                    while under_way.len() >= IN_FLIGHT {
                        held = held.max(under_way.join_next().await.and_then(Result::ok).unwrap_or(0));
                    }
                    while let Some(done) = under_way.try_join_next() {
                        held = held.max(done.unwrap_or(0));
                    }
                    GAP.max(Duration::from_secs(held))
                }
                Err(Some(due)) => {
                    let woken = tokio::select! {
                        () = tokio::time::sleep_until(due) => true,
                        () = self.wake.notified() => true,
                        () = stop.raised() => false,
                    };
                    if !woken {
                        return;
                    }
                    continue;
                }
                Err(None) => {
                    let woken = tokio::select! {
                        () = self.wake.notified() => true,
                        () = stop.raised() => false,
                    };
                    if !woken {
                        return;
                    }
                    continue;
                }
            };
            if !stop.sleep(pause).await {
                return;
            }
        }
    }
}
