//! Telegram's sending limits as a plan: decides which message may be sent next and when, counting calls under
//! way.
//!
//! Pure: time is an argument (ms on any monotonic clock). Must not know what is sent.
//!
//! # The limits
//!
//! 30 messages a second in total (more with paid broadcasts or a self-hosted server), one a second to a chat
//! with short bursts allowed, 20 a minute to a group (Bot API FAQ). The plan stays slightly below each.
//!
//! # What is known of a message
//!
//! Telegram counts a message when it arrives, which is at some moment between the start and the end of its
//! call. Therefore:
//!
//! In total, a message counts from the start of its call until one second after its end, and a call starts
//! only while fewer than the limit count. Of all messages that arrive within one second, the one whose call
//! started last found all the others counted, whenever they arrived during their calls. Nothing needs to be
//! known about the latency.
//!
//! Per chat, one call runs at a time, so the next message arrives after the previous call has ended. The
//! chat's rate is computed (GCRA) from the ends of calls, the latest moments at which the messages can have
//! arrived. The chat stays reserved until the store has recorded its message as sent, so that after a crash
//! at most one message of each chat can be sent twice.
//!
//! # After a restart
//!
//! What the previous process sent is not known, only how long ago it can have sent anything. So its last second
//! counts as full, and the burst of every chat as used up: a process that is restarted again and again stays under
//! the limits.
//!
//! # Who goes first
//!
//! The most urgent ([`Urgency`]), then the one that asked first; a message whose chat may not send yet is
//! skipped. A chat action or a reaction is sent at once or not at all, and only while at least two thirds of
//! the second's budget are free, so that it takes no message's place. A growing answer is shown at once or not
//! at all as well, and leaves a third of the budget to what somebody waits for.

mod chats;

use crate::domain::{ChatId, Urgency};
use chats::Chats;
use std::collections::{BTreeMap, HashMap, VecDeque};

const SECOND_MS: u64 = 1000;
/// A message that a process had sent when it was killed arrives within this time.
const IN_FLIGHT_MS: u64 = 250;
/// Safety margin: one part in this many below each limit, and at least one message where the limit is above
/// one.
const MARGIN: usize = 50;
/// Chat actions and reactions may fill one part in this many of the budget; the rest is for messages.
const SIGNS: usize = 3;

/// A message or chat action from request to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// State of a ticket.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Waiting(Urgency),
    UnderWay,
    /// Its call has ended; its chat is still reserved.
    Ended,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    /// `None` for calls that go to no chat (the answer to a button): they count in total only.
    chat: Option<ChatId>,
    stage: Stage,
}

#[derive(Debug)]
pub(crate) struct Pacing {
    allowed: usize,
    tickets: HashMap<Ticket, Asked>,
    last_ticket: u64,
    waiting: BTreeMap<(Urgency, Ticket), Option<ChatId>>,
    /// Calls that have started and not ended.
    under_way: usize,
    /// When calls ended, in order; entries older than a second are dropped.
    ended: VecDeque<u64>,
    /// Until then nothing is sent: the previous process may have used up its last second.
    spent_until: u64,
    chats: Chats,
}

impl Pacing {
    /// For a bot that may send this many messages a second in total. Moment 0 is the start of this process;
    /// `quiet_ms` is how long before that the previous process last sent anything (`None`: there was none).
    pub(crate) fn new(per_second: usize, quiet_ms: Option<u64>) -> Self {
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

    /// Until this moment (ms) the second counts as used up by the process before.
    pub(crate) fn spent_until_ms(&self) -> u64 {
        self.spent_until
    }

    /// Queues a message.
    pub(crate) fn ask(&mut self, chat: Option<ChatId>, urgency: Urgency) -> Ticket {
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

    /// Takes the next message that may be sent now; its call counts as started.
    pub(crate) fn next(&mut self, now_ms: u64) -> Option<Ticket> {
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

    /// The earliest moment at which [`Self::next`] can return something, as far as time decides; `None` while
    /// nobody waits, or while all of them wait for a call to end.
    pub(crate) fn due(&mut self, now_ms: u64) -> Option<u64> {
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

    /// A chat action or reaction: now, or not at all.
    pub(crate) fn sign(&mut self, chat: ChatId, now_ms: u64) -> Option<Ticket> {
        let room = self.counted(now_ms) < self.allowed / SIGNS;
        if !room || self.chats.is_taken(chat) || self.chats.held_ms(chat, now_ms) > 0 {
            return None;
        }
        let ticket = self.ticket(None, Stage::UnderWay);
        self.start(ticket, None, now_ms);
        Some(ticket)
    }

    /// A message to a chat that nobody waits for: at once, or not at all.
    pub(crate) fn at_once(&mut self, chat: ChatId, now_ms: u64) -> Option<Ticket> {
        let room = self.counted(now_ms) < (self.allowed * 2).div_ceil(SIGNS);
        if !room || self.chats.all_held_ms(now_ms) > 0 || !self.chats.may_start(chat, now_ms) {
            return None;
        }
        // Whoever waits for this chat goes first.
        if self.waiting.values().any(|waiting| *waiting == Some(chat)) {
            return None;
        }
        let ticket = self.ticket(Some(chat), Stage::UnderWay);
        self.start(ticket, Some(chat), now_ms);
        Some(ticket)
    }

    /// Chat actions and reactions that fit into a second without messages.
    pub(crate) fn signs_per_second(&self) -> usize {
        self.allowed / SIGNS
    }

    /// A call has ended, successfully or not. Telegram may have counted its message only now. The chat stays
    /// reserved.
    pub(crate) fn ended(&mut self, ticket: Ticket, now_ms: u64) {
        let Some(asked) = self.tickets.get_mut(&ticket) else { return };
        if !matches!(asked.stage, Stage::UnderWay) {
            return;
        }
        asked.stage = Stage::Ended;
        let chat = asked.chat;
        self.under_way -= 1;
        // `now_ms` is rounded down; one more is never too early.
        let at = now_ms.saturating_add(1).max(self.ended.back().copied().unwrap_or(0));
        self.ended.push_back(at);
        if let Some(chat) = chat {
            self.chats.ended(chat, at);
        }
    }

    /// Ends a ticket in whatever state: it no longer waits, its call is over, its chat is free.
    pub(crate) fn leave(&mut self, ticket: Ticket, now_ms: u64) {
        self.ended(ticket, now_ms);
        match self.tickets.remove(&ticket) {
            Some(Asked { stage: Stage::Waiting(urgency), .. }) => {
                self.waiting.remove(&(urgency, ticket));
            }
            Some(Asked { chat: Some(chat), .. }) => self.chats.free(chat),
            _ => {}
        }
    }

    /// How long (ms) a message to this chat (`None`: to none) would have to wait because of the chat's limits
    /// or because Telegram told the whole bot to wait; queueing is not included.
    pub(crate) fn wait_ms(&self, chat: Option<ChatId>, now_ms: u64) -> u64 {
        match chat {
            Some(chat) => self.chats.wait_ms(chat, now_ms),
            None => self.chats.all_held_ms(now_ms),
        }
    }

    /// Removes from the queue, and returns with their waits, those that would have to wait longer than
    /// `patience_ms` because of their chat's limits.
    pub(crate) fn put_off(&mut self, patience_ms: u64, now_ms: u64) -> Vec<(Ticket, u64)> {
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

    /// Remaining wait (ms) of the chat that Telegram told to wait longest.
    pub(crate) fn longest_hold_ms(&self, now_ms: u64) -> u64 {
        self.chats.longest_hold_ms(now_ms)
    }

    /// Telegram answered a call for this chat (`None`: for none) with 429.
    pub(crate) fn refused(&mut self, chat: Option<ChatId>, retry_after_secs: u64, now_ms: u64) {
        self.chats.refused(chat, retry_after_secs, now_ms);
    }

    /// Messages that may still arrive in the same second as one that starts now.
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
