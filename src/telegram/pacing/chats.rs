//! What each chat may get: one call at a time, its rate, and what Telegram's refusals hold.
//!
//! Must not know what is under way in all, or who waits.

use super::IN_FLIGHT_MS;
use crate::domain::ChatId;
use std::collections::{HashMap, VecDeque};

/// Messages a chat may get at once after a pause.
pub const BURST: u64 = 3;
/// One message in this time to a private chat, beyond the burst.
const PRIVATE_INTERVAL_MS: u64 = 1000;
/// The same for a group: 3 at once and 16 more in the rest of a minute.
const GROUP_INTERVAL_MS: u64 = 3700;
/// Chats remembered; beyond it the ones with nothing to remember are forgotten.
pub const CHAT_LIMIT: usize = 16_384;
/// A refusal says something about other refusals within this time.
const REFUSAL_WINDOW_MS: u64 = 10_000;
/// A chat that got nothing for this long cannot have had too much.
const QUIET_MS: u64 = 60_000;
/// So many chats refused in the window, and it is the bot that sends too much.
const CHATS_REFUSED: usize = 3;

/// All chats.
#[derive(Debug, Default)]
pub struct Chats {
    known: HashMap<ChatId, Chat>,
    held_until: u64,
    /// Refusals of late: when and to whom.
    refusals: VecDeque<(u64, ChatId)>,
    /// For how long the daemon before had sent nothing at moment 0; `None`: there was none.
    quiet_ms: Option<u64>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Chat {
    /// A message is on its way, or out and not yet struck off.
    taken: bool,
    /// When its whole burst is there again, by the latest moments at which its messages can have arrived.
    full_at: u64,
    held_until: u64,
    /// When its last two calls ended.
    last: Option<u64>,
    before_last: Option<u64>,
}

impl Chat {
    fn is_idle(&self, now_ms: u64) -> bool {
        !self.taken
            && self.full_at <= now_ms
            && self.held_until <= now_ms
            && self.last.is_none_or(|last| last.saturating_add(QUIET_MS) <= now_ms)
    }
}

impl Chats {
    /// All chats, each with its burst spent when the daemon before sent last.
    pub fn after(quiet_ms: Option<u64>) -> Self {
        Self { quiet_ms, ..Self::default() }
    }

    /// Number of chats remembered.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    fn of(&self, chat: ChatId) -> Chat {
        self.known.get(&chat).copied().unwrap_or_else(|| self.unknown(chat))
    }

    /// A chat nothing was sent to since the start.
    fn unknown(&self, chat: ChatId) -> Chat {
        let spent = IN_FLIGHT_MS + interval_ms(chat) * BURST;
        let spent = self.quiet_ms.map_or(0, |ms| spent.saturating_sub(ms));
        Chat { full_at: spent, ..Chat::default() }
    }

    fn of_mut(&mut self, chat: ChatId) -> &mut Chat {
        let unknown = self.unknown(chat);
        self.known.entry(chat).or_insert(unknown)
    }

    /// Whether a message of it is on its way.
    pub fn is_taken(&self, chat: ChatId) -> bool {
        self.of(chat).taken
    }

    /// Whether a call may start now.
    pub fn may_start(&self, chat: ChatId, now_ms: u64) -> bool {
        self.may_start_at(chat, now_ms).is_some_and(|at| at <= now_ms)
    }

    /// When a call may start; `None` while one is under way.
    pub fn may_start_at(&self, chat: ChatId, now_ms: u64) -> Option<u64> {
        (!self.is_taken(chat)).then(|| now_ms.saturating_add(self.wait_ms(chat, now_ms)))
    }

    /// How long its rate and what is held make a message wait, milliseconds.
    pub fn wait_ms(&self, chat: ChatId, now_ms: u64) -> u64 {
        let state = self.of(chat);
        let by_rate = state.full_at.saturating_sub(interval_ms(chat) * (BURST - 1));
        by_rate.max(state.held_until).max(self.held_until).saturating_sub(now_ms)
    }

    /// How much longer Telegram wants nothing for the chat, milliseconds.
    pub fn held_ms(&self, chat: ChatId, now_ms: u64) -> u64 {
        self.of(chat).held_until.max(self.held_until).saturating_sub(now_ms)
    }

    /// How much longer the whole bot is held, milliseconds.
    pub fn all_held_ms(&self, now_ms: u64) -> u64 {
        self.held_until.saturating_sub(now_ms)
    }

    /// How much longer the chat that is held longest is held for its own sake, milliseconds.
    pub fn longest_hold_ms(&self, now_ms: u64) -> u64 {
        self.known.values().map(|state| state.held_until.saturating_sub(now_ms)).max().unwrap_or(0)
    }

    /// A call starts.
    pub fn take(&mut self, chat: ChatId, now_ms: u64) {
        self.forget_idle(now_ms);
        self.of_mut(chat).taken = true;
    }

    /// A call has ended: its message arrived by now at the latest.
    pub fn ended(&mut self, chat: ChatId, at_ms: u64) {
        let state = self.of_mut(chat);
        state.full_at = state.full_at.max(at_ms).saturating_add(interval_ms(chat));
        state.before_last = state.last.replace(at_ms);
    }

    /// The next call may start.
    pub fn free(&mut self, chat: ChatId) {
        if let Some(state) = self.known.get_mut(&chat) {
            state.taken = false;
        }
    }

    /// Nothing goes to the chat (`None`: to anybody) before `until_ms`. An earlier moment never shortens a hold.
    pub fn hold(&mut self, chat: Option<ChatId>, until_ms: u64) {
        // Room to count on from there.
        let until_ms = until_ms.min(u64::MAX / 2);
        match chat {
            None => self.held_until = self.held_until.max(until_ms),
            Some(chat) => {
                let state = self.of_mut(chat);
                state.held_until = state.held_until.max(until_ms);
            }
        }
    }

    /// Telegram answered 429. It does not say whose limit was passed, so: a call that goes to no chat concerns the
    /// whole bot; one to a chat concerns that chat, unless several chats are refused within a few seconds (two are
    /// enough when this one had got nothing lately: its own limit cannot be meant).
    pub fn refused(&mut self, chat: Option<ChatId>, retry_after_secs: u64, now_ms: u64) {
        // The moment itself is without its fraction: one more is never too early.
        let until = now_ms.saturating_add(1).saturating_add(retry_after_secs.saturating_mul(1000));
        let Some(chat) = chat else { return self.hold(None, until) };
        self.hold(Some(chat), until);
        self.refusals.retain(|(at, other)| at.saturating_add(REFUSAL_WINDOW_MS) > now_ms && *other != chat);
        self.refusals.push_back((now_ms, chat));
        // The refused message itself is the last one that ended; what counts is the one before.
        let before = self.known.get(&chat).and_then(|state| state.before_last);
        let quiet = before.is_none_or(|before| before.saturating_add(QUIET_MS) <= now_ms);
        if self.refusals.len() >= if quiet { CHATS_REFUSED - 1 } else { CHATS_REFUSED } {
            self.hold(None, until);
        }
        while self.refusals.len() > CHATS_REFUSED {
            self.refusals.pop_front();
        }
    }

    /// Keeps memory bounded: chats with nothing to remember go first, then those that are free soonest.
    fn forget_idle(&mut self, now_ms: u64) {
        if self.known.len() < CHAT_LIMIT {
            return;
        }
        self.known.retain(|_, state| !state.is_idle(now_ms));
        if self.known.len() >= CHAT_LIMIT {
            let mut ends: Vec<u64> = self.known.values().map(|s| s.full_at.max(s.held_until)).collect();
            let (_, middle, _) = ends.select_nth_unstable(CHAT_LIMIT / 2);
            let middle = *middle;
            self.known.retain(|_, state| state.taken || state.full_at.max(state.held_until) > middle);
        }
    }
}

fn interval_ms(chat: ChatId) -> u64 {
    // Groups, supergroups and channels have negative ids.
    if chat.0 < 0 { GROUP_INTERVAL_MS } else { PRIVATE_INTERVAL_MS }
}
