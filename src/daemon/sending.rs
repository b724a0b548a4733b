//! Who may send now: the one place between the daemon and Telegram's limits.
//!
//! Runs the plan ([`Pacing`]) on a clock: a sender asks here, waits for permission, and holds a [`Pass`]
//! while the call runs and until its message is recorded as sent. As many calls run at once as the plan
//! allows, never two to one chat. There is no other lock on the way out. Must not know what is sent.

use super::shutdown::Stop;
use crate::domain::{ChatId, Urgency};
use crate::telegram::Pacing;
use crate::telegram::pacing::Ticket;
use crate::waiting::waiting;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// If a chat's turn is further away than this (ms), another chat goes first.
const PATIENCE_MS: u64 = 1_500;

pub struct Sending {
    plan: Mutex<Plan>,
    /// The plan has changed, so the next call may be due at another moment.
    changed: Notify,
    started: Instant,
}

struct Plan {
    pacing: Pacing,
    waiters: HashMap<Ticket, oneshot::Sender<Word>>,
}

/// What a waiting sender is told.
enum Word {
    Go,
    Later(u64),
}

/// Answer to a request to send.
pub enum Turn {
    /// Now.
    Now(Pass),
    /// After this many ms; until then another chat should go first.
    Later(i64),
    /// The shutdown signal came.
    Never,
}

/// Permission for one call. The chat is reserved until this is dropped.
pub struct Pass {
    sending: Arc<Sending>,
    ticket: Ticket,
}

impl Pass {
    /// The call is over. Without this it counts as over when the pass is dropped.
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

    /// Waits until the first message may go out: a process that follows another one counts that one's last second as its own.
    pub async fn open(&self) {
        let opens = Duration::from_millis(self.plan().pacing.spent_until_ms());
        tokio::time::sleep_until(self.started + opens).await;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How long (ms) a message to the chat (`None`: to none) would have to wait, if that is too long to queue
    /// for it: Telegram asked for a pause, or a group has used up its minute.
    pub fn long_wait(&self, chat: Option<ChatId>) -> Option<i64> {
        let ms = self.plan().pacing.wait_ms(chat, self.now_ms());
        (ms > PATIENCE_MS).then(|| signed(ms))
    }

    /// Waits until a message to the chat may be sent.
    pub async fn turn(self: &Arc<Self>, chat: Option<ChatId>, urgency: Urgency, stop: &mut Stop) -> Turn {
        if let Some(ms) = self.long_wait(chat) {
            return Turn::Later(ms);
        }
        let (tell, told) = oneshot::channel();
        // From here on a cancelled request gives back what it was granted.
        let pass = {
            let mut plan = self.plan();
            let ticket = plan.pacing.ask(chat, urgency);
            plan.waiters.insert(ticket, tell);
            Pass { sending: Arc::clone(self), ticket }
        };
        self.start_due();
        tokio::select! {
            word = waiting(told) => match word {
                Ok(Word::Go) => Turn::Now(pass),
                Ok(Word::Later(ms)) => Turn::Later(signed(ms)),
                Err(_) => Turn::Never,
            },
            () = stop.raised() => Turn::Never,
        }
    }

    /// Permission for one chat action or reaction: now or not at all.
    pub fn sign(self: &Arc<Self>, chat: ChatId) -> Option<Pass> {
        let ticket = self.plan().pacing.sign(chat, self.now_ms())?;
        Some(Pass { sending: Arc::clone(self), ticket })
    }

    /// The right to one message that nobody waits for, at once or not at all.
    pub fn at_once(self: &Arc<Self>, chat: ChatId) -> Option<Pass> {
        let ticket = self.plan().pacing.at_once(chat, self.now_ms())?;
        Some(Pass { sending: Arc::clone(self), ticket })
    }

    /// Chat actions a second that there is room for.
    pub fn signs_per_second(&self) -> usize {
        self.plan().pacing.signs_per_second()
    }

    /// Telegram answered a call for this chat (`None`: for none) with 429. Those who would now wait too long
    /// are put off.
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

    /// Remaining pauses that Telegram asked for, ms: of the whole bot, and of the chat that has to wait
    /// longest.
    pub fn holds_ms(&self) -> (u64, u64) {
        let now_ms = self.now_ms();
        let plan = self.plan();
        (plan.pacing.wait_ms(None, now_ms), plan.pacing.longest_hold_ms(now_ms))
    }

    /// Tells all who may send now.
    fn start_due(&self) {
        let now_ms = self.now_ms();
        let mut plan = self.plan();
        while let Some(ticket) = plan.pacing.next(now_ms) {
            // If the sender has just been cancelled, dropping the pass gives the ticket back.
            if let Some(waiter) = plan.waiters.remove(&ticket) {
                let _ = waiter.send(Word::Go);
            }
        }
        drop(plan);
        self.changed.notify_one();
    }

    /// Starts calls as they become due, until the shutdown signal.
    pub async fn run(&self, mut stop: Stop) {
        loop {
            // Registered before looking, so that a change in between wakes us.
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
