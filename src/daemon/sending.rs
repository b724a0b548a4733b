//! Who may send now: the one gate between the daemon and Telegram's limits.
//!
//! Puts the plan ([`Pacing`]) on the clock: whoever wants to send asks here, waits for the word, and holds a [`Pass`]
//! while the call runs and until its message is struck off. As many calls run at once as the plan lets start; two of one
//! chat never do. No other lock lies on the way out. Must not know what is sent.

use super::shutdown::Stop;
use crate::domain::{ChatId, Urgency};
use crate::telegram::Pacing;
use crate::telegram::pacing::Ticket;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// A chat whose turn is further away than this gives its place to another chat.
const PATIENCE_MS: u64 = 1_500;

/// The gate.
pub struct Sending {
    plan: Mutex<Plan>,
    /// The plan has changed: the moment of the next start may be another.
    changed: Notify,
    started: Instant,
}

struct Plan {
    pacing: Pacing,
    waiters: HashMap<Ticket, oneshot::Sender<Word>>,
}

/// What a waiter is told.
enum Word {
    Go,
    Later(u64),
}

/// What came of asking.
pub enum Turn {
    /// At once.
    Now(Pass),
    /// After so many milliseconds; the place is better given to another chat until then.
    Later(i64),
    /// The shutdown signal came.
    Never,
}

/// The right to one call. The chat is taken until this is dropped.
pub struct Pass {
    sending: Arc<Sending>,
    ticket: Ticket,
}

impl Pass {
    /// The call is over. Whoever does not say so is taken to have ended it when the pass is dropped.
    pub fn ended(&self) {
        let now_ms = self.sending.now_ms();
        self.sending.plan().pacing.ended(self.ticket, now_ms);
        self.sending.changed.notify_one();
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let now_ms = self.sending.now_ms();
        let mut plan = self.sending.plan();
        plan.waiters.remove(&self.ticket);
        plan.pacing.leave(self.ticket, now_ms);
        drop(plan);
        self.sending.start_due();
    }
}

impl Sending {
    /// A gate for so many messages a second, when the daemon before has sent nothing for `quiet_ms` (`None`: there was none).
    pub fn new(per_second: usize, quiet_ms: Option<u64>) -> Arc<Self> {
        let plan = Plan { pacing: Pacing::new(per_second, quiet_ms), waiters: HashMap::new() };
        Arc::new(Self { plan: Mutex::new(plan), changed: Notify::new(), started: Instant::now() })
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How long a message to the chat (`None`: to none) would have to wait, where that is too long to keep a place for it:
    /// Telegram asked to wait, or a group has had its share of the minute.
    pub fn long_wait(&self, chat: Option<ChatId>) -> Option<i64> {
        let ms = self.plan().pacing.wait_ms(chat, self.now_ms());
        (ms > PATIENCE_MS).then(|| signed(ms))
    }

    /// Waits for the turn of a message to the chat, among all others.
    pub async fn turn(self: &Arc<Self>, chat: Option<ChatId>, urgency: Urgency, stop: &mut Stop) -> Turn {
        if let Some(ms) = self.long_wait(chat) {
            return Turn::Later(ms);
        }
        let (tell, told) = oneshot::channel();
        // From here on whoever goes away gives back what was asked for.
        let pass = {
            let mut plan = self.plan();
            let ticket = plan.pacing.ask(chat, urgency);
            plan.waiters.insert(ticket, tell);
            Pass { sending: Arc::clone(self), ticket }
        };
        self.start_due();
        tokio::select! {
            word = told => match word {
                Ok(Word::Go) => Turn::Now(pass),
                Ok(Word::Later(ms)) => Turn::Later(signed(ms)),
                Err(_) => Turn::Never,
            },
            () = stop.raised() => Turn::Never,
        }
    }

    /// The right to one sign of life, at once or not at all.
    pub fn sign(self: &Arc<Self>, chat: ChatId) -> Option<Pass> {
        let ticket = self.plan().pacing.sign(chat, self.now_ms())?;
        Some(Pass { sending: Arc::clone(self), ticket })
    }

    /// The right to one message that nobody waits for, at once or not at all.
    pub fn at_once(self: &Arc<Self>, chat: ChatId) -> Option<Pass> {
        let ticket = self.plan().pacing.at_once(chat, self.now_ms())?;
        Some(Pass { sending: Arc::clone(self), ticket })
    }

    /// How many signs of life a second there is room for.
    pub fn signs_per_second(&self) -> usize {
        self.plan().pacing.signs_per_second()
    }

    /// Telegram answered 429 to a call for this chat (`None`: for none). Whoever waits and would now wait too long is put
    /// off.
    pub fn refused(&self, chat: Option<ChatId>, retry_after_secs: u64) {
        let now_ms = self.now_ms();
        let mut plan = self.plan();
        plan.pacing.refused(chat, retry_after_secs, now_ms);
        for (ticket, ms) in plan.pacing.put_off(PATIENCE_MS, now_ms) {
            if let Some(waiter) = plan.waiters.remove(&ticket) {
                let _ = waiter.send(Word::Later(ms));
            }
        }
    }

    /// How much longer Telegram wants nothing from the whole bot, and nothing for the chat that is held longest, milliseconds.
    pub fn holds_ms(&self) -> (u64, u64) {
        let now_ms = self.now_ms();
        let plan = self.plan();
        (plan.pacing.wait_ms(None, now_ms), plan.pacing.longest_hold_ms(now_ms))
    }

    /// Gives the word to all who may go now.
    fn start_due(&self) {
        let now_ms = self.now_ms();
        let mut plan = self.plan();
        while let Some(ticket) = plan.pacing.next(now_ms) {
            // One who has just gone away gives the ticket back as his pass is dropped.
            if let Some(waiter) = plan.waiters.remove(&ticket) {
                let _ = waiter.send(Word::Go);
            }
        }
        drop(plan);
        self.changed.notify_one();
    }

    /// Starts what time alone makes due, until the shutdown signal.
    pub async fn run(&self, mut stop: Stop) {
        loop {
            // Registered before the look: a change in between wakes us.
            let changed = self.changed.notified();
            let now_ms = self.now_ms();
            let due = self.plan().pacing.due(now_ms);
            let at_due = async {
                match due {
                    Some(at) => tokio::time::sleep_until(self.started + Duration::from_millis(at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed => {}
                () = at_due => self.start_due(),
                () = stop.raised() => return,
            }
        }
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
