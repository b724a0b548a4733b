//! When a message may go: Telegram's sending limits as a plan of moments.
//!
//! Pure: time is an argument (milliseconds on any steady clock). Must not know what is sent.
//! Limits (Bot API FAQ): about 30 messages a second in all, one a second to a chat with short bursts passing,
//! 20 a minute to a group. We stay a little under each.

use crate::domain::ChatId;
use std::collections::{HashMap, VecDeque};

/// Messages in any second, all chats together.
pub const PER_SECOND: usize = 28;
const SECOND_MS: u64 = 1000;
/// Messages a chat may get at once after a pause.
const BURST: u64 = 3;
/// One message in this time to a private chat, beyond the burst.
const PRIVATE_INTERVAL_MS: u64 = 1000;
/// The same for a group: 3 at once and 16 more in the rest of a minute.
const GROUP_INTERVAL_MS: u64 = 3700;
/// Chats remembered; beyond it the ones with nothing to remember are forgotten.
const CHAT_LIMIT: usize = 4096;
/// Moments planned ahead; beyond it everybody queues behind the last one.
const PLAN_LIMIT: usize = 8192;
/// A refusal says something about other refusals within this time.
const REFUSAL_WINDOW_MS: u64 = 10_000;
/// A chat that got nothing for this long cannot have had too much.
const QUIET_MS: u64 = 60_000;
/// So many chats refused in the window, and it is the bot that sends too much.
const CHATS_REFUSED: usize = 3;

/// The plan.
#[derive(Debug, Default)]
pub struct Pacing {
    /// Moments given out, in order; those older than a second are dropped.
    planned: VecDeque<u64>,
    chats: HashMap<ChatId, Chat>,
    held_until: u64,
    /// Refusals of late: when and to whom.
    refusals: VecDeque<(u64, ChatId)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Chat {
    /// When its whole burst is there again (GCRA's theoretical arrival time).
    full_at: u64,
    held_until: u64,
    /// The last two moments given out.
    last: Option<u64>,
    before_last: Option<u64>,
}

impl Chat {
    fn is_idle(&self, now_ms: u64) -> bool {
        self.full_at <= now_ms
            && self.held_until <= now_ms
            && self.last.is_none_or(|last| last.saturating_add(QUIET_MS) <= now_ms)
    }
}

impl Pacing {
    /// A plan with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans one message: returns how many milliseconds it has to wait. Each chat's messages get moments in the
    /// order they are asked for; a quiet chat takes the first free moment, however much another one has planned.
    pub fn reserve(&mut self, chat: ChatId, is_group: bool, now_ms: u64) -> u64 {
        self.forget_idle(now_ms);
        let interval = interval_ms(is_group);
        let mut state = self.chats.get(&chat).copied().unwrap_or_default();
        let at = self.plan(self.earliest(&state, is_group, now_ms), now_ms);
        state.full_at = state.full_at.max(at).saturating_add(interval);
        state.before_last = state.last.replace(at);
        self.chats.insert(chat, state);
        at.saturating_sub(now_ms)
    }

    /// A message has been answered: Telegram may have booked it only now, however early it set out.
    pub fn arrived(&mut self, chat: ChatId, is_group: bool, now_ms: u64) {
        if let Some(state) = self.chats.get_mut(&chat) {
            state.full_at = state.full_at.max(now_ms.saturating_add(interval_ms(is_group)));
        }
    }

    /// How long a message to the chat would have to wait for the chat's own sake, milliseconds; plans nothing.
    pub fn wait_ms(&self, chat: ChatId, is_group: bool, now_ms: u64) -> u64 {
        let state = self.chats.get(&chat).copied().unwrap_or_default();
        self.earliest(&state, is_group, now_ms).saturating_sub(now_ms)
    }

    fn earliest(&self, state: &Chat, is_group: bool, now_ms: u64) -> u64 {
        now_ms
            .max(self.held_until)
            .max(state.held_until)
            .max(state.full_at.saturating_sub(interval_ms(is_group) * (BURST - 1)))
            .max(state.last.unwrap_or(0))
    }

    /// How much longer the whole bot is held, milliseconds.
    pub fn all_held_ms(&self, now_ms: u64) -> u64 {
        self.held_until.saturating_sub(now_ms)
    }

    /// How much longer a chat is held, milliseconds: to be asked after the wait, since a refusal may have come
    /// meanwhile. When it is not 0, reserve again.
    pub fn held_ms(&self, chat: ChatId, now_ms: u64) -> u64 {
        let own = self.chats.get(&chat).map_or(0, |state| state.held_until);
        own.max(self.held_until).saturating_sub(now_ms)
    }

    /// How much longer the chat that is held longest is held for its own sake, milliseconds.
    pub fn longest_hold_ms(&self, now_ms: u64) -> u64 {
        self.chats.values().map(|state| state.held_until.saturating_sub(now_ms)).max().unwrap_or(0)
    }

    /// Nothing goes to the chat (`None`: to anybody) before `until_ms`. An earlier moment never shortens a hold.
    pub fn hold(&mut self, chat: Option<ChatId>, until_ms: u64) {
        // Room to count on from there.
        let until_ms = until_ms.min(u64::MAX / 2);
        match chat {
            None => self.held_until = self.held_until.max(until_ms),
            Some(chat) => {
                let state = self.chats.entry(chat).or_default();
                state.held_until = state.held_until.max(until_ms);
            }
        }
    }

    /// Telegram answered 429. It does not say whose limit was passed, so: a call that goes to no chat concerns the
    /// whole bot; one to a chat concerns that chat, unless several chats are refused within a few seconds (two are
    /// enough when this one had got nothing lately: its own limit cannot be meant).
    pub fn refused(&mut self, chat: Option<ChatId>, retry_after_secs: u64, now_ms: u64) {
        let until = now_ms.saturating_add(retry_after_secs.saturating_mul(1000));
        let Some(chat) = chat else { return self.hold(None, until) };
        self.hold(Some(chat), until);
        self.refusals.retain(|(at, other)| at.saturating_add(REFUSAL_WINDOW_MS) > now_ms && *other != chat);
        self.refusals.push_back((now_ms, chat));
        // The refused message itself is the last one planned; what counts is the one before.
        let before = self.chats.get(&chat).and_then(|state| state.before_last);
        let quiet = before.is_none_or(|before| before.saturating_add(QUIET_MS) <= now_ms);
        if self.refusals.len() >= if quiet { CHATS_REFUSED - 1 } else { CHATS_REFUSED } {
            self.hold(None, until);
        }
        while self.refusals.len() > CHATS_REFUSED {
            self.refusals.pop_front();
        }
    }

    /// The first moment from `earliest` on that keeps every second within the limit.
    fn plan(&mut self, earliest: u64, now_ms: u64) -> u64 {
        while self.planned.front().is_some_and(|at| at.saturating_add(SECOND_MS) <= now_ms) {
            self.planned.pop_front();
        }
        let mut at = earliest;
        if self.planned.len() >= PLAN_LIMIT {
            at = at.max(self.planned.back().copied().unwrap_or(at));
        }
        loop {
            let place = self.planned.partition_point(|planned| *planned <= at);
            match self.conflict(place, at) {
                Some(later) => at = later,
                None => {
                    self.planned.insert(place, at);
                    return at;
                }
            }
        }
    }

    /// Looks at every run of `PER_SECOND` planned moments that `at` would join; where the run would fit into one
    /// second, returns the next moment worth trying.
    fn conflict(&self, place: usize, at: u64) -> Option<u64> {
        (place.saturating_sub(PER_SECOND)..=place).find_map(|first| {
            // `at` stands between `place - 1` and `place`; the run is PER_SECOND others and `at`.
            let start = if first == place { at } else { *self.planned.get(first)? };
            let end_index = first + PER_SECOND;
            let end = if end_index == place { at } else { *self.planned.get(end_index - 1)? };
            (end - start < SECOND_MS).then(|| match self.planned.get(first) {
                Some(next) => next.saturating_add(SECOND_MS).max(at + 1),
                None => at + 1,
            })
        })
    }

    /// Keeps memory bounded: chats with nothing to remember go first, then those that are free soonest.
    fn forget_idle(&mut self, now_ms: u64) {
        if self.chats.len() < CHAT_LIMIT {
            return;
        }
        self.chats.retain(|_, state| !state.is_idle(now_ms));
        if self.chats.len() >= CHAT_LIMIT {
            let mut ends: Vec<u64> = self.chats.values().map(|s| s.full_at.max(s.held_until)).collect();
            let (_, middle, _) = ends.select_nth_unstable(CHAT_LIMIT / 2);
            let middle = *middle;
            self.chats.retain(|_, state| state.full_at.max(state.held_until) > middle);
        }
    }
}

fn interval_ms(is_group: bool) -> u64 {
    if is_group { GROUP_INTERVAL_MS } else { PRIVATE_INTERVAL_MS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_000_000;

    #[test]
    fn a_quiet_chat_waits_for_nobody_and_a_busy_one_for_itself() {
        let mut pacing = Pacing::new();
        let waits: Vec<u64> = (0..6).map(|_| pacing.reserve(ChatId(1), false, NOW)).collect();
        assert_eq!(waits, [0, 0, 0, 1000, 2000, 3000]);
        assert_eq!(pacing.reserve(ChatId(2), false, NOW), 0);
        assert_eq!(pacing.reserve(ChatId(1), false, NOW + 60_000), 0);
        let group: Vec<u64> = (0..5).map(|_| pacing.reserve(ChatId(-5), true, NOW)).collect();
        assert_eq!(group, [0, 0, 0, 3700, 7400]);
        pacing.arrived(ChatId(2), false, NOW + 900);
        let late: Vec<u64> = (0..3).map(|_| pacing.reserve(ChatId(2), false, NOW + 900)).collect();
        assert_eq!(late, [0, 0, 1000], "the first one was booked late");
        assert_eq!(pacing.wait_ms(ChatId(-5), true, NOW), 11_100, "a look plans nothing");
        assert_eq!(pacing.wait_ms(ChatId(-5), true, NOW), 11_100);
    }

    #[test]
    fn many_chats_share_the_second() {
        let mut pacing = Pacing::new();
        let waits: Vec<u64> = (1..=60).map(|chat| pacing.reserve(ChatId(chat), false, NOW)).collect();
        assert!(waits[..28].iter().all(|wait| *wait == 0));
        assert!(waits[28..56].iter().all(|wait| *wait == 1000), "{waits:?}");
        assert!(waits[56..].iter().all(|wait| *wait == 2000));
    }

    #[test]
    fn a_chat_far_ahead_leaves_the_present_to_others() {
        let mut pacing = Pacing::new();
        let last = (0..500).map(|_| pacing.reserve(ChatId(-1), true, NOW)).last();
        assert!(last > Some(1_000_000));
        for chat in 1..=20 {
            assert_eq!(pacing.reserve(ChatId(chat), false, NOW), 0);
        }
    }

    #[test]
    fn a_refusal_holds_the_chat_and_several_hold_the_bot() {
        let mut pacing = Pacing::new();
        for chat in 1..=3 {
            pacing.reserve(ChatId(chat), false, NOW);
            pacing.reserve(ChatId(chat), false, NOW);
        }
        pacing.refused(Some(ChatId(1)), 30, NOW);
        assert_eq!(pacing.held_ms(ChatId(1), NOW), 30_000);
        assert_eq!(pacing.held_ms(ChatId(2), NOW), 0);
        assert_eq!(pacing.reserve(ChatId(1), false, NOW), 30_000);
        pacing.refused(Some(ChatId(1)), 31, NOW + 1);
        pacing.refused(Some(ChatId(2)), 5, NOW + 10);
        assert_eq!(pacing.held_ms(ChatId(9), NOW + 10), 0);
        pacing.refused(Some(ChatId(3)), 7, NOW + 20);
        assert_eq!(pacing.held_ms(ChatId(9), NOW + 20), 7_000);
    }

    #[test]
    fn two_refusals_are_enough_when_the_second_chat_was_quiet() {
        let mut pacing = Pacing::new();
        for chat in [1, 2] {
            pacing.reserve(ChatId(chat), false, NOW);
            pacing.refused(Some(ChatId(chat)), 9, NOW);
        }
        assert_eq!(pacing.held_ms(ChatId(3), NOW), 9_000);
        let mut pacing = Pacing::new();
        pacing.refused(Some(ChatId(1)), 9, NOW);
        pacing.refused(Some(ChatId(2)), 9, NOW + 20_000);
        assert_eq!(pacing.held_ms(ChatId(3), NOW + 20_000), 0, "too far apart to say anything");
        pacing.refused(None, 4, NOW);
        assert_eq!(pacing.held_ms(ChatId(3), NOW), 4_000);
    }

    #[test]
    fn holds_only_grow_and_absurd_ones_do_not_overflow() {
        let mut pacing = Pacing::new();
        pacing.hold(Some(ChatId(1)), NOW + 500);
        pacing.hold(Some(ChatId(1)), NOW + 100);
        assert_eq!(pacing.held_ms(ChatId(1), NOW), 500);
        assert_eq!((pacing.longest_hold_ms(NOW), pacing.longest_hold_ms(NOW + 600)), (500, 0));
        pacing.refused(None, u64::MAX, NOW);
        assert!(pacing.reserve(ChatId(2), false, NOW) > 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut pacing = Pacing::new();
        for chat in 0..50_000_i64 {
            pacing.hold(Some(ChatId(chat)), NOW * 10);
            pacing.reserve(ChatId(chat), false, NOW + chat as u64 * 50);
            assert!(pacing.chats.len() <= CHAT_LIMIT + 1);
            assert!(pacing.planned.len() <= 50_000);
        }
    }

    proptest! {
        #[test]
        fn no_limit_is_ever_passed(
            asks in proptest::collection::vec((0u64..400, 0i64..12), 1..500),
            holds in proptest::collection::vec((0usize..500, 0i64..13, 0u64..20), 0..4),
        ) {
            let mut pacing = Pacing::new();
            let mut now = NOW;
            let (mut all, mut per_chat) = (Vec::new(), HashMap::<i64, Vec<u64>>::new());
            for (index, (gap, chat)) in asks.into_iter().enumerate() {
                // Half of the time several ask at the same moment.
                now += if gap < 200 { 0 } else { gap };
                for (_, held, secs) in holds.iter().filter(|(at, ..)| *at == index) {
                    pacing.refused((*held < 12).then_some(ChatId(*held)), *secs, now);
                }
                let held = pacing.held_ms(ChatId(chat), now);
                let quiet = per_chat.get(&chat).is_none_or(|sent| sent.iter().all(|at| at + 61_000 < now));
                let crowded = all.iter().filter(|at| **at + 1000 > now).count() >= PER_SECOND;
                let wait = pacing.reserve(ChatId(chat), chat >= 8, now);
                prop_assert!(wait >= held);
                prop_assert!(wait == 0 || held > 0 || !quiet || crowded);
                all.push(now + wait);
                per_chat.entry(chat).or_default().push(now + wait);
            }
            let most = |times: &[u64], window: u64| {
                let mut times = times.to_vec();
                times.sort_unstable();
                times.iter().map(|start| times.iter().filter(|at| **at >= *start && **at < start + window).count()).max()
            };
            prop_assert!(most(&all, 1000) <= Some(30));
            for (chat, times) in per_chat {
                prop_assert!(times.is_sorted(), "order within a chat");
                prop_assert!(most(&times, 1000) <= Some(BURST as usize + 1));
                if chat >= 8 { prop_assert!(most(&times, 60_000) <= Some(20)); }
            }
        }
    }
}
