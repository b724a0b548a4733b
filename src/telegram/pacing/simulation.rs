//! The daemon in virtual time, and the count of a server that counts each message somewhere within its call.

use super::*;

/// When it begins.
pub(super) const NOW: u64 = 1_000_000;

/// A call in virtual time.
struct Call {
    ticket: Ticket,
    /// Its place among the arrivals.
    place: usize,
    chat: Option<i64>,
    end: u64,
    struck_off: u64,
}

pub(super) struct Sim {
    per_second: usize,
    pub(super) pacing: Pacing,
    pub(super) now: u64,
    /// When the present process was started.
    since: u64,
    /// For each call in turn, repeated: ms until it ends, until it arrives, and from its end until it is recorded as sent.
    delays: Vec<(u64, u64, u64)>,
    calls: Vec<Call>,
    pub(super) asked: HashMap<Ticket, Option<i64>>,
    /// In order of starts: when it arrived, and where.
    pub(super) arrivals: Vec<(u64, Option<i64>)>,
    pub(super) started: Vec<Ticket>,
}

impl Sim {
    pub(super) fn new(per_second: usize, delays: Vec<(u64, u64, u64)>) -> Self {
        Self {
            per_second,
            pacing: Pacing::new(per_second, None),
            now: NOW,
            since: 0,
            delays,
            calls: Vec::new(),
            asked: HashMap::new(),
            arrivals: Vec::new(),
            started: Vec::new(),
        }
    }

    /// Time since the start of the present process.
    pub(super) fn moment(&self) -> u64 {
        self.now - self.since
    }

    /// The process is killed, and another one continues with what was not sent. Calls under way still arrive.
    pub(super) fn kill(&mut self, down_ms: u64) {
        let moment = self.moment();
        let waiting: Vec<_> =
            self.pacing.waiting.iter().map(|((urgency, _), chat)| (*urgency, *chat)).collect();
        for call in self.calls.drain(..) {
            let (at, _) = &mut self.arrivals[call.place];
            *at = (*at).min(self.now + IN_FLIGHT_MS);
            self.pacing.leave(call.ticket, moment);
        }
        self.now += down_ms;
        self.since = self.now;
        self.pacing = Pacing::new(self.per_second, Some(0));
        self.asked.clear();
        self.started.clear();
        for (urgency, chat) in waiting {
            self.ask(chat.map(|chat| chat.0), urgency);
        }
    }

    pub(super) fn ask(&mut self, chat: Option<i64>, urgency: Urgency) {
        let ticket = self.pacing.ask(chat.map(ChatId), urgency);
        self.asked.insert(ticket, chat);
    }

    pub(super) fn begin(&mut self, ticket: Ticket, chat: Option<i64>) {
        let (takes, arrives, strikes) = self.delays[self.arrivals.len() % self.delays.len()];
        assert!(chat.is_none() || self.calls.iter().all(|call| call.chat != chat), "two calls of one chat");
        let place = self.arrivals.len();
        self.arrivals.push((self.now + arrives.min(takes), chat));
        let end = self.now + takes;
        self.calls.push(Call { ticket, place, chat, end, struck_off: end + strikes });
    }

    /// Advances to `until`, doing everything that falls due; ends early when nothing is left.
    pub(super) fn run(&mut self, until: u64) {
        loop {
            let moment = self.moment();
            for call in self.calls.iter().filter(|call| call.end <= self.now) {
                self.pacing.ended(call.ticket, moment);
            }
            for call in self.calls.extract_if(.., |call| call.struck_off <= self.now) {
                self.pacing.leave(call.ticket, moment);
            }
            while let Some(ticket) = self.pacing.next(moment) {
                self.started.push(ticket);
                let chat = self.asked[&ticket];
                self.begin(ticket, chat);
            }
            // A call that takes no time ends at this very moment and may let another one start.
            if self.calls.iter().any(|call| call.struck_off <= self.now) {
                continue;
            }
            let due = self.pacing.due(moment).map(|due| self.since + due);
            assert!(due.is_none_or(|due| due > self.now), "due now, and nobody may go");
            let events = self.calls.iter().flat_map(|call| [call.end, call.struck_off]);
            let next = events.filter(|at| *at > self.now).chain(due).min();
            match next.filter(|at| *at <= until) {
                Some(at) => self.now = at,
                None => {
                    self.now = self.now.max(until.min(next.unwrap_or(until)));
                    return;
                }
            }
        }
    }
}

/// The most arrivals in any interval shorter than `window`.
pub(super) fn most(times: impl Iterator<Item = u64>, window: u64) -> usize {
    let mut times: Vec<u64> = times.collect();
    times.sort_unstable();
    let within = |(place, start): (usize, &u64)| times[place..].partition_point(|at| *at < start + window);
    times.iter().enumerate().map(within).max().unwrap_or(0)
}
