//! What each chat may receive: one call at a time, its rate, and the waits that Telegram asked for.
//!
//! Must not know the total rate or who waits.

use super::IN_FLIGHT_MS;
use crate::domain::ChatId;
use std::collections::{HashMap, VecDeque};

/// Messages that a chat may receive at once after a pause.
pub(crate) const BURST: u64 = 3;
/// Interval between messages to a private chat after the burst.
const PRIVATE_INTERVAL_MS: u64 = 1000;
/// The same for a group: 3 at once and 16 more in the rest of a minute.
const GROUP_INTERVAL_MS: u64 = 3700;
/// Chats remembered; beyond that, those without any state worth keeping are forgotten.
pub(crate) const CHAT_LIMIT: usize = 16_384;
/// Refusals (429) within this time are judged together.
const REFUSAL_WINDOW_MS: u64 = 10_000;
/// A chat that received nothing for this long cannot have exceeded its own limit.
const QUIET_MS: u64 = 60_000;
/// Chats refused within the window that mean that the bot as a whole sends too much.
const CHATS_REFUSED: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Chats {
    known: HashMap<ChatId, Chat>,
    held_until: u64,
    /// Recent refusals: when, and of which chat.
    refusals: VecDeque<(u64, ChatId)>,
    /// See [`Self::after`].
    quiet_ms: Option<u64>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Chat {
    /// A message is on its way, or sent but not yet recorded as sent in the store.
    taken: bool,
    /// When its full burst is available again, computed from the latest moments at which its messages can
    /// have arrived.
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
    /// `quiet_ms`: how long before moment 0 the previous process last sent anything (`None`: there was none). The
    /// burst of every chat counts as used up at that time.
    pub(crate) fn after(quiet_ms: Option<u64>) -> Self {
        Self { quiet_ms, ..Self::default() }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    fn of(&self, chat: ChatId) -> Chat {
        self.known.get(&chat).copied().unwrap_or_else(|| self.unknown(chat))
    }

    /// A chat that this process has sent nothing to.
    fn unknown(&self, chat: ChatId) -> Chat {
        let spent = IN_FLIGHT_MS + interval_ms(chat) * BURST;
        let spent = self.quiet_ms.map_or(0, |ms| spent.saturating_sub(ms));
        Chat { full_at: spent, ..Chat::default() }
    }

    fn of_mut(&mut self, chat: ChatId) -> &mut Chat {
        let unknown = self.unknown(chat);
        self.known.entry(chat).or_insert(unknown)
    }

    pub(crate) fn is_taken(&self, chat: ChatId) -> bool {
        self.of(chat).taken
    }

    pub(crate) fn may_start(&self, chat: ChatId, now_ms: u64) -> bool {
        self.may_start_at(chat, now_ms).is_some_and(|at| at <= now_ms)
    }

    /// When a call may start; `None` while one runs.
    pub(crate) fn may_start_at(&self, chat: ChatId, now_ms: u64) -> Option<u64> {
        (!self.is_taken(chat)).then(|| now_ms.saturating_add(self.wait_ms(chat, now_ms)))
    }

    /// Wait because of its rate or a refusal, ms.
    pub(crate) fn wait_ms(&self, chat: ChatId, now_ms: u64) -> u64 {
        let state = self.of(chat);
        let by_rate = state.full_at.saturating_sub(interval_ms(chat) * (BURST - 1));
        by_rate.max(state.held_until).max(self.held_until).saturating_sub(now_ms)
    }

    /// Remaining wait that Telegram asked for, ms.
    pub(crate) fn held_ms(&self, chat: ChatId, now_ms: u64) -> u64 {
        self.of(chat).held_until.max(self.held_until).saturating_sub(now_ms)
    }

    /// The same for the whole bot, ms.
    pub(crate) fn all_held_ms(&self, now_ms: u64) -> u64 {
        self.held_until.saturating_sub(now_ms)
    }

    /// The same for the chat that has to wait longest, ms.
    pub(crate) fn longest_hold_ms(&self, now_ms: u64) -> u64 {
        self.known.values().map(|state| state.held_until.saturating_sub(now_ms)).max().unwrap_or(0)
    }

    /// A call starts.
    pub(crate) fn take(&mut self, chat: ChatId, now_ms: u64) {
        self.forget_idle(now_ms);
        self.of_mut(chat).taken = true;
    }

    /// A call has ended: its message has arrived by now.
    pub(crate) fn ended(&mut self, chat: ChatId, at_ms: u64) {
        let state = self.of_mut(chat);
        state.full_at = state.full_at.max(at_ms).saturating_add(interval_ms(chat));
        state.before_last = state.last.replace(at_ms);
    }

    /// The next call may start.
    pub(crate) fn free(&mut self, chat: ChatId) {
        if let Some(state) = self.known.get_mut(&chat) {
            state.taken = false;
        }
    }

    /// Nothing is sent to this chat (`None`: to anybody) before `until_ms`. An earlier moment never shortens
    /// a wait.
    pub(crate) fn hold(&mut self, chat: Option<ChatId>, until_ms: u64) {
        // Leaves room for additions.
        let until_ms = until_ms.min(u64::MAX / 2);
        match chat {
            None => self.held_until = self.held_until.max(until_ms),
            Some(chat) => {
                let state = self.of_mut(chat);
                state.held_until = state.held_until.max(until_ms);
            }
        }
    }

    /// Telegram answered 429 without saying which limit was exceeded. A call that goes to no chat concerns
    /// the whole bot. A call to a chat concerns that chat, unless several chats are refused within a few
    /// seconds (two are enough if this one had received nothing lately, since its own limit cannot be meant).
    pub(crate) fn refused(&mut self, chat: Option<ChatId>, retry_after_secs: u64, now_ms: u64) {
        // `now_ms` is rounded down; one more is never too early.
        let until = now_ms.saturating_add(1).saturating_add(retry_after_secs.saturating_mul(1000));
        let Some(chat) = chat else { return self.hold(None, until) };
        self.hold(Some(chat), until);
        self.refusals.retain(|(at, other)| at.saturating_add(REFUSAL_WINDOW_MS) > now_ms && *other != chat);
        self.refusals.push_back((now_ms, chat));
        // The last call that ended is the refused one, so the one before it counts.
        let before = self.known.get(&chat).and_then(|state| state.before_last);
        let quiet = before.is_none_or(|before| before.saturating_add(QUIET_MS) <= now_ms);
        if self.refusals.len() >= if quiet { CHATS_REFUSED - 1 } else { CHATS_REFUSED } {
            self.hold(None, until);
        }
        while self.refusals.len() > CHATS_REFUSED {
            self.refusals.pop_front();
        }
    }

    /// Bounds memory: chats without any state go first, then those that are free soonest.
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
