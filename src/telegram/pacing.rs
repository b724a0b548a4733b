//! When a message may go, and which one: Telegram's sending limits as a plan that counts what is on its way.
//!
//! Pure: time is an argument (milliseconds on any steady clock). Must not know what is sent.
//!
//! # The limits
//!
//! So many messages a second in all (30; more with paid broadcasts or a server of one's own), one a second to a chat with
//! short bursts passing, 20 a minute to a group (Bot API FAQ). We stay a little under each.
//!
//! # What is known of a message
//!
//! Telegram counts a message when it arrives. We know when its call started and, later, when it ended; it arrived at some
//! moment between the two. So:
//!
//! - *In all*, a message counts from the start of its call until one second after its end, and a call starts only while
//!   fewer than the limit count. Of all messages that arrive within one second, the last one started found all the others
//!   counting, whenever within their calls they arrived. No other knowledge of the latency is needed, and none is assumed.
//! - *Per chat*, one call is under way at a time, so the next one arrives after the end of the last. The chat's rate is
//!   reckoned from the ends (GCRA), the latest moments at which its messages can have arrived. The chat stays taken until
//!   its message is struck off for good, so that after a kill at most one message of each chat can come twice.
//!
//! # What a start knows
//!
//! Nothing of what the daemon before has sent, but for how long it has not sent: so its last second counts as spent, and so
//! does the burst of every chat. A daemon that ends again and again stays under the limits all the same.
//!
//! # Who goes first
//!
//! The most urgent ([`Urgency`]), and of those the one that asked first; who may not go yet for its chat's sake is passed
//! over. A sign of life (a chat action, a reaction) goes at once or not at all, and only while two thirds of the second are
//! free: it takes a place that no message wants.

mod chats;

use crate::domain::{ChatId, Urgency};
use chats::Chats;
use std::collections::{BTreeMap, HashMap, VecDeque};

const SECOND_MS: u64 = 1000;
/// What a daemon that is killed has sent arrives no later than this.
const IN_FLIGHT_MS: u64 = 250;
/// A limit is kept by this much, and by one message at least where there is more than one.
const MARGIN: usize = 50;
/// The share of the second that signs of life leave to messages: all but one part of this many.
const SIGNS: usize = 3;

/// One message or sign that asks, goes and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Where a ticket stands.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Waiting(Urgency),
    UnderWay,
    /// Its call has ended; the chat is still taken.
    Ended,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    /// `None` for what goes to no chat (a pressed button's answer): it counts in all, and takes no chat.
    chat: Option<ChatId>,
    stage: Stage,
}

/// The plan.
#[derive(Debug)]
pub struct Pacing {
    allowed: usize,
    tickets: HashMap<Ticket, Asked>,
    last_ticket: u64,
    waiting: BTreeMap<(Urgency, Ticket), Option<ChatId>>,
    /// Calls that have started and not ended.
    under_way: usize,
    /// When calls ended, in order; those older than a second are dropped.
    ended: VecDeque<u64>,
    /// Until then nothing goes: a daemon before this one may have sent all that a second may take.
    spent_until: u64,
    chats: Chats,
}

impl Pacing {
    /// A plan, from moment 0 on, for a bot that may send so many messages a second in all. `quiet_ms`: for how long at least
    /// the daemon before has sent nothing; `None`: there was none.
    pub fn new(per_second: usize, quiet_ms: Option<u64>) -> Self {
        Self {
            allowed: per_second.saturating_sub(per_second.div_ceil(MARGIN)).max(1),
            tickets: HashMap::new(),
            last_ticket: 0,
            waiting: BTreeMap::new(),
            under_way: 0,
            ended: VecDeque::new(),
            spent_until: quiet_ms.map_or(0, |ms| (IN_FLIGHT_MS + SECOND_MS).saturating_sub(ms)),
            chats: Chats::after(quiet_ms),
        }
    }

    /// Queues a message.
    pub fn ask(&mut self, chat: Option<ChatId>, urgency: Urgency) -> Ticket {
        let ticket = self.ticket(chat, Stage::Waiting(urgency));
        self.waiting.insert((urgency, ticket), chat);
        ticket
    }

    fn ticket(&mut self, chat: Option<ChatId>, stage: Stage) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.tickets.insert(ticket, Asked { chat, stage });
        ticket
    }

    /// The next message that may go now; its call starts with this.
    pub fn next(&mut self, now_ms: u64) -> Option<Ticket> {
        if self.counted(now_ms) >= self.allowed || self.chats.all_held_ms(now_ms) > 0 {
            return None;
        }
        let (key, chat) = self
            .waiting
            .iter()
            .find(|(_, chat)| chat.is_none_or(|chat| self.chats.may_start(chat, now_ms)))
            .map(|(key, chat)| (*key, *chat))?;
        self.waiting.remove(&key);
        self.start(key.1, chat, now_ms);
        Some(key.1)
    }

    fn start(&mut self, ticket: Ticket, chat: Option<ChatId>, now_ms: u64) {
        if let Some(asked) = self.tickets.get_mut(&ticket) {
            asked.stage = Stage::UnderWay;
        }
        self.under_way += 1;
        if let Some(chat) = chat {
            self.chats.take(chat, now_ms);
        }
    }

    /// When [`Self::next`] can have something at the earliest as far as time alone decides; `None` while nobody waits, or
    /// while all that do wait for a call to end.
    pub fn due(&mut self, now_ms: u64) -> Option<u64> {
        let in_all = match self.counted(now_ms) {
            _ if now_ms < self.spent_until => self.spent_until,
            counted if counted < self.allowed => now_ms,
            _ => self.ended.front()?.saturating_add(SECOND_MS),
        };
        let of_chats = self.waiting.values().filter_map(|chat| match chat {
            Some(chat) => self.chats.may_start_at(*chat, now_ms),
            None => Some(now_ms),
        });
        let held_until = now_ms + self.chats.all_held_ms(now_ms);
        Some(of_chats.min()?.max(in_all).max(held_until))
    }

    /// A sign of life for a chat: at once, or not at all.
    pub fn sign(&mut self, chat: ChatId, now_ms: u64) -> Option<Ticket> {
        let room = self.counted(now_ms) < self.allowed / SIGNS;
        if !room || self.chats.is_taken(chat) || self.chats.held_ms(chat, now_ms) > 0 {
            return None;
        }
        let ticket = self.ticket(None, Stage::UnderWay);
        self.start(ticket, None, now_ms);
        Some(ticket)
    }

    /// How many signs of life a second there is room for while no message goes out.
    pub fn signs_per_second(&self) -> usize {
        self.allowed / SIGNS
    }

    /// A call has ended, however: Telegram may have counted its message only now. The chat stays taken.
    pub fn ended(&mut self, ticket: Ticket, now_ms: u64) {
        let Some(asked) = self.tickets.get_mut(&ticket) else { return };
        if !matches!(asked.stage, Stage::UnderWay) {
            return;
        }
        asked.stage = Stage::Ended;
        let chat = asked.chat;
        self.under_way -= 1;
        // Fractions of a millisecond were dropped from the moment: one more is never too early.
        let at = now_ms.saturating_add(1).max(self.ended.back().copied().unwrap_or(0));
        self.ended.push_back(at);
        if let Some(chat) = chat {
            self.chats.ended(chat, at);
        }
    }

    /// A ticket is done with, at whatever stage: it waits no longer, its call is over, its chat is free.
    pub fn leave(&mut self, ticket: Ticket, now_ms: u64) {
        self.ended(ticket, now_ms);
        match self.tickets.remove(&ticket) {
            Some(Asked { stage: Stage::Waiting(urgency), .. }) => {
                self.waiting.remove(&(urgency, ticket));
            }
            Some(Asked { chat: Some(chat), .. }) => self.chats.free(chat),
            _ => {}
        }
    }

    /// How long a message to the chat (`None`: to none) would have to wait for the chat's own sake or because the whole bot
    /// is held, milliseconds; not for its turn among others.
    pub fn wait_ms(&self, chat: Option<ChatId>, now_ms: u64) -> u64 {
        match chat {
            Some(chat) => self.chats.wait_ms(chat, now_ms),
            None => self.chats.all_held_ms(now_ms),
        }
    }

    /// Those who would wait longer than `patience_ms` for their chat's sake, no longer in the queue; with their waits.
    pub fn put_off(&mut self, patience_ms: u64, now_ms: u64) -> Vec<(Ticket, u64)> {
        let waits = |chat: &Option<ChatId>| match chat {
            Some(chat) => self.chats.wait_ms(*chat, now_ms),
            None => self.chats.all_held_ms(now_ms),
        };
        let long = |((_, ticket), chat): (&(Urgency, Ticket), &Option<ChatId>)| {
            Some((*ticket, waits(chat))).filter(|(_, ms)| *ms > patience_ms)
        };
        let found: Vec<_> = self.waiting.iter().filter_map(long).collect();
        for (ticket, _) in &found {
            self.leave(*ticket, now_ms);
        }
        found
    }

    /// How much longer the chat that is held longest is held for its own sake, milliseconds.
    pub fn longest_hold_ms(&self, now_ms: u64) -> u64 {
        self.chats.longest_hold_ms(now_ms)
    }

    /// Telegram answered 429 to a call for this chat (`None`: for none).
    pub fn refused(&mut self, chat: Option<ChatId>, retry_after_secs: u64, now_ms: u64) {
        self.chats.refused(chat, retry_after_secs, now_ms);
    }

    /// Messages that may still arrive within the same second as one that starts now.
    fn counted(&mut self, now_ms: u64) -> usize {
        while self.ended.front().is_some_and(|at| at.saturating_add(SECOND_MS) <= now_ms) {
            self.ended.pop_front();
        }
        if now_ms < self.spent_until { self.allowed } else { self.under_way + self.ended.len() }
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
