//! The model: a list of rows and what may be done with them next.
//!
//! Must not know the store.

use phonicflow_bot::domain::{Lane, Overtaking, Timestamp, WorkKind};
use phonicflow_bot::store::Lease;
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub seq: u64,
    pub user: i64,
    pub chat: i64,
    pub lane: Lane,
    pub kind: WorkKind,
    pub due: Timestamp,
    pub attempts: u32,
    pub submissions: u32,
    pub submitted: bool,
    pub told: bool,
    /// As what it may go before older ones that are stuck.
    pub overtakes: Option<Overtaking>,
    /// It was put off for the tutor or the model, and its learner told so.
    pub waits: bool,
    /// Something of its answer is out.
    pub begun: bool,
    /// What is left to send: (index, words).
    pub outbox: Vec<(u32, String)>,
    pub lease: Option<Lease>,
}

/// The two orders that rows keep: that of a chat's lane, and that of a learner's conversation.
const ORDERS: [fn(&Row, &Row) -> bool; 2] = [
    |a, b| (a.chat, a.lane) == (b.chat, b.lane),
    |a, b| (a.user, a.lane, b.lane) == (b.user, Lane::Conversation, Lane::Conversation),
];

#[derive(Default)]
pub struct Model {
    pub rows: Vec<Row>,
    pub dead: Vec<Row>,
    pub taken: Vec<i64>,
    pub moved: Vec<(i64, i64)>,
    /// Claimable rows in the order in which they became so; those of one group did so at once.
    pub order: Vec<BTreeSet<u64>>,
    pub clock: Timestamp,
    pub last_seq: u64,
}

impl Model {
    /// Sentence one: which rows are claimable at a moment.
    pub fn claimable(&self, now: Timestamp) -> BTreeSet<u64> {
        let goes = |row: &Row| {
            ORDERS.iter().all(|same| {
                let others = || self.rows.iter().filter(|other| other.seq != row.seq && same(other, row));
                let older = || others().filter(|other| other.seq < row.seq);
                let passes =
                    |other: &Row| other.waits && (other.told || row.overtakes == Some(Overtaking::Leaving));
                let first_of =
                    |kind| older().filter(|other| other.overtakes == Some(kind)).min_by_key(|o| o.seq);
                let overtakes = |oldest: &Row| {
                    row.overtakes.is_some_and(|own| first_of(own).is_none())
                        && passes(oldest)
                        && Overtaking::ALL.into_iter().filter_map(first_of).all(passes)
                };
                older().min_by_key(|other| other.seq).is_none_or(overtakes)
                    && others().all(|other| other.lease.is_none())
            })
        };
        let free = self.rows.iter().filter(|row| row.lease.is_none() && row.due <= now && goes(row));
        free.map(|row| row.seq).collect()
    }

    /// What a row has to say is to be delivered: beside the others, should it have overtaken any.
    pub fn answer(&mut self, lease: Lease, replies: &[String]) {
        let rows = self.rows.clone();
        let row = self.held(lease).unwrap();
        let before = |other: &Row| other.seq < row.seq && ORDERS.iter().any(|same| same(other, row));
        let overtook = row.overtakes.filter(|_| rows.iter().any(before));
        if overtook == Some(Overtaking::Leaving) {
            row.lane = Lane::Local;
        }
        deliver(row, replies);
        row.overtakes = overtook.filter(|kind| *kind != Overtaking::Leaving).map(|_| Overtaking::Answer);
    }

    /// Sentence two: who became claimable later comes later.
    pub fn reorder(&mut self) {
        let claimable = self.claimable(self.clock);
        for group in &mut self.order {
            group.retain(|seq| claimable.contains(seq));
        }
        let known: BTreeSet<u64> = self.order.iter().flatten().copied().collect();
        self.order.push(&claimable - &known);
        self.order.retain(|group| !group.is_empty());
    }

    /// Time goes on, stopping at every moment at which something falls due.
    pub fn advance(&mut self, now: Timestamp) {
        let moments: BTreeSet<Timestamp> =
            self.rows.iter().map(|row| row.due).filter(|due| *due > self.clock && *due < now).collect();
        for moment in moments.into_iter().chain([now]) {
            self.clock = moment;
            self.reorder();
        }
    }

    /// Sentence three: of those claimable, which may be handed out next; those of which something is out come last.
    pub fn next(&self, kind: WorkKind, begun: bool) -> Option<BTreeSet<u64>> {
        let fits =
            |seq: &u64| self.rows.iter().any(|row| row.seq == *seq && row.kind == kind && row.begun == begun);
        let mut groups = self.order.iter().map(|group| group.iter().copied().filter(fits).collect());
        groups.find(|group: &BTreeSet<u64>| !group.is_empty())
    }

    pub fn crash(&mut self) {
        for row in &mut self.rows {
            (row.lease, row.begun) = (None, false);
        }
        self.order.clear();
        self.clock = Timestamp::default();
        self.reorder();
    }

    pub fn chat(&self, chat: i64) -> i64 {
        let next = self.moved.iter().find(|(from, _)| *from == chat);
        next.map_or(chat, |(_, to)| self.chat(*to))
    }

    pub fn new_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    pub fn held(&mut self, lease: Lease) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.lease == Some(lease))
    }

    pub fn remove(&mut self, seq: u64) {
        self.rows.retain(|row| row.seq != seq);
    }
}

pub fn deliver(row: &mut Row, replies: &[String]) {
    row.due = Timestamp::default();
    row.attempts = 0;
    row.submitted = false;
    // The dead-letter notice for an answer that is partly out is no first answer.
    row.begun &= row.kind == WorkKind::Delivery;
    row.outbox = (0..).zip(replies.iter().cloned()).collect();
    row.lease = None;
    (row.overtakes, row.waits) = (None, false);
    row.kind = WorkKind::Delivery;
}
