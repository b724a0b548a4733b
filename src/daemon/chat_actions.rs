//! The sign of life: a chat action the moment a voice is taken, refreshed every 4 s until the answer is out.
//!
//! A courtesy: its failures are ignored and it never delays a message: it takes only places that messages leave (see
//! [`super::sending`]). When more chats wait than can be refreshed, the longest-unrefreshed go first, and newcomers get a
//! reaction, which stays.

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
/// Pause between two signs: those of a crowd spread over the time between two refreshes.
const GAP: Duration = Duration::from_millis(4);
/// Pause before a sign is tried again that found no place.
const NO_PLACE: Duration = Duration::from_millis(60);
/// Signs under way at once.
const IN_FLIGHT: usize = 64;
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
pub struct ChatActions {
    waiting: Mutex<HashMap<u64, Entry>>,
    wake: Notify,
    /// Chats that can be kept alive.
    crowd: usize,
}

impl ChatActions {
    /// With room for so many signs a second.
    pub fn new(signs_per_second: usize) -> Self {
        let refresh = usize::try_from(REFRESH.as_secs()).unwrap_or(1);
        Self { waiting: Mutex::default(), wake: Notify::new(), crowd: signs_per_second * refresh }
    }

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

    /// The row and chat whose sign is due next, or when one will be.
    fn next(&self, now: Instant) -> Result<(u64, ChatId), Option<Instant>> {
        let waiting = self.waiting();
        let Some((seq, entry)) = waiting.iter().min_by_key(|(_, entry)| entry.due) else { return Err(None) };
        if entry.due > now { Err(Some(entry.due)) } else { Ok((*seq, entry.chat)) }
    }

    /// The sign of a row, which is shown now or left out this time.
    fn take(&self, seq: u64, now: Instant) -> Option<Sign> {
        let mut waiting = self.waiting();
        let entry = waiting.get_mut(&seq)?;
        entry.due = now + REFRESH;
        let Entry { chat, thread, action, .. } = *entry;
        Some(Sign { chat, thread, action, react_to: entry.react_to.take() })
    }

    /// Shows signs until the shutdown signal.
    pub async fn run(&self, daemon: &Arc<DaemonContext>, mut stop: Stop) {
        let mut under_way: JoinSet<()> = JoinSet::new();
        loop {
            let pause = match self.next(Instant::now()) {
                // Telegram asked not to be called for this chat: that goes for courtesies first of all.
                Ok((seq, chat)) if daemon.sending.long_wait(Some(chat)).is_some() => {
                    self.take(seq, Instant::now());
                    GAP
                }
                Ok((seq, chat)) => match daemon.sending.sign(chat) {
                    None => {
                        // Its answer may be on its way, or messages need the second: the next one's chance is as good.
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
