//! Chat actions ("typing ..."): shown as soon as a voice is accepted, repeated every 4 s until the answer is
//! sent.
//!
//! A courtesy: failures are ignored and messages are never delayed, because chat actions use only the part of
//! the sending limits that messages leave free (see [`super::sending`]). If more chats wait than can be
//! refreshed, the one refreshed longest ago goes first, and newcomers get a reaction, which stays. Must not
//! know what is being worked on.

use super::DaemonContext;
use super::sending::Pass;
use super::shutdown::Stop;
use crate::domain::{ChatId, MessageId, UserId};
use crate::telegram::{Action, TelegramError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A chat action lasts 5 s (Bot API "sendChatAction").
const REFRESH: Duration = Duration::from_secs(4);
/// Pause between two chat actions, so that those of many chats are spread over the refresh interval.
const GAP: Duration = Duration::from_millis(4);
/// Pause before retrying a chat action for which the limits left no room.
const NO_PLACE: Duration = Duration::from_millis(60);
/// Calls under way at once.
const IN_FLIGHT: usize = 64;
/// Most chats watched; others get no chat action.
const WATCHED: usize = 10_000;

struct Entry {
    user: UserId,
    chat: ChatId,
    thread: Option<i64>,
    action: Action,
    due: Instant,
    react_to: Option<MessageId>,
}

/// One chat action to show.
struct Sign {
    chat: ChatId,
    thread: Option<i64>,
    action: Action,
    react_to: Option<MessageId>,
}

/// The chats that wait for an answer.
pub(crate) struct ChatActions {
    waiting: Mutex<HashMap<u64, Entry>>,
    wake: Notify,
    /// Chats that can be refreshed in time.
    crowd: usize,
}

impl ChatActions {
    /// `signs_per_second`: chat actions that the sending limits leave room for.
    pub(crate) fn new(signs_per_second: usize) -> Self {
        let refresh = usize::try_from(REFRESH.as_secs()).unwrap_or(1);
        Self { waiting: Mutex::default(), wake: Notify::new(), crowd: signs_per_second * refresh }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a chat action for row `seq` from now on.
    pub(crate) fn begin(
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
        let crowded = waiting.len() >= self.crowd;
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

    /// Shows another action for the same row from its next refresh on.
    pub(crate) fn change(&self, seq: u64, action: Action) {
        if let Some(entry) = self.waiting().get_mut(&seq) {
            entry.action = action;
        }
    }

    /// The answer is sent, or will take so long that a chat action would mislead.
    pub(crate) fn end(&self, seq: u64) {
        self.waiting().remove(&seq);
    }

    /// The learner and all older rows of theirs were deleted.
    pub(crate) fn forget(&self, user: UserId, before: u64) {
        self.waiting().retain(|seq, entry| entry.user != user || *seq >= before);
    }

    /// The row and chat whose refresh is due, or when one will be.
    fn next(&self, now: Instant) -> Result<(u64, ChatId), Option<Instant>> {
        let waiting = self.waiting();
        let Some((seq, entry)) = waiting.iter().min_by_key(|(_, entry)| entry.due) else { return Err(None) };
        if entry.due > now { Err(Some(entry.due)) } else { Ok((*seq, entry.chat)) }
    }

    /// The chat action of a row, which is now shown or skipped.
    fn take(&self, seq: u64, now: Instant) -> Option<Sign> {
        let mut waiting = self.waiting();
        let entry = waiting.get_mut(&seq)?;
        entry.due = now + REFRESH;
        let Entry { chat, thread, action, .. } = *entry;
        Some(Sign { chat, thread, action, react_to: entry.react_to.take() })
    }

    /// Runs until the shutdown signal.
    pub(crate) async fn run(&self, daemon: &Arc<DaemonContext>, mut stop: Stop) {
        let mut under_way: JoinSet<()> = JoinSet::new();
        loop {
            let pause = match self.next(Instant::now()) {
                // Telegram asked not to be called for this chat, which applies to courtesies first of all.
                Ok((seq, chat)) if daemon.sending.long_wait(Some(chat)).is_some() => {
                    self.take(seq, Instant::now());
                    GAP
                }
                Ok((seq, chat)) => match daemon.sending.sign(chat) {
                    None => {
                        // Its answer may be under way, or messages need the budget: try the next chat.
                        self.postpone(seq, Instant::now() + NO_PLACE);
                        GAP
                    }
                    Some(pass) => {
                        if let Some(sign) = self.take(seq, Instant::now()) {
                            under_way.spawn(sign.show(daemon.clone(), pass));
                        }
                        while under_way.len() >= IN_FLIGHT {
                            under_way.join_next().await;
                        }
                        while under_way.try_join_next().is_some() {}
                        GAP
                    }
                },
                Err(due) => {
                    let until_due = async {
                        match due {
                            Some(due) => tokio::time::sleep_until(due).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = until_due => {}
                        () = self.wake.notified() => {}
                        () = stop.raised() => return,
                    }
                    continue;
                }
            };
            if !stop.sleep(pause).await {
                return;
            }
        }
    }

    fn postpone(&self, seq: u64, due: Instant) {
        if let Some(entry) = self.waiting().get_mut(&seq) {
            entry.due = due;
        }
    }
}

impl Sign {
    async fn show(self, daemon: Arc<DaemonContext>, pass: Pass) {
        let telegram = &daemon.telegram;
        let shown = match self.react_to {
            Some(message) => telegram.react(self.chat, message, "👀").await,
            None => telegram.chat_action(self.chat, self.thread, self.action).await,
        };
        if let Err(TelegramError::RetryAfter { secs }) = shown {
            daemon.sending.refused(Some(self.chat), secs);
        }
        drop(pass);
    }
}
