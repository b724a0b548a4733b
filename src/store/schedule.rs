//! Which row may be worked on next: lanes, leases, parked rows and fairness, all in memory.
//!
//! Rebuilt from the inbox on opening. A row costs some hundred bytes here; its content stays on disk. Every
//! change is O(log n). Must not know records, disks or what a row is about.

mod place;
mod queries;
mod queue;

use super::Lease;
use crate::domain::{ChatId, Job, Lane, Overtaking, Stuck, Timestamp, Urgency, UserId, WorkKind};
use queue::Queue;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the schedule knows about a row.
#[derive(Debug, Clone, Copy)]
struct Row {
    user: UserId,
    chat: ChatId,
    lane: Lane,
    kind: WorkKind,
    accepted_at: Timestamp,
    not_before: Timestamp,
    urgency: Urgency,
    /// It need not wait for older rows that wait for the tutor.
    overtakes: Option<Overtaking>,
    /// It was put off because what answers it is down, and its learner knows.
    stuck: Stuck,
    /// The transaction that last wrote it, as numbered by the state.
    written: u64,
    standing: Standing,
}

/// State of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Another row goes first.
    Behind,
    /// Nothing goes before it, but it is not due.
    Parked,
    /// Claimable, since this turn.
    Ready(Urgency, u64),
    /// In work, under this token.
    Leased(u64),
}

/// Claimable and parked rows of one kind of work.
#[derive(Debug, Default)]
struct Pool {
    /// Most urgent first, then in the order of becoming claimable: (urgency, turn) to row number.
    ready: BTreeMap<(Urgency, u64), u64>,
    /// By due time.
    parked: BTreeSet<(Timestamp, u64)>,
    /// Under lease, in order of the leases: token to row number.
    leased: BTreeMap<u64, u64>,
    /// Wake-ups to be given.
    wakes: u32,
}

#[derive(Debug, Default)]
pub struct Schedule {
    rows: HashMap<u64, Row>,
    chats: HashMap<(ChatId, Lane), Queue>,
    /// Rows of [`Lane::Conversation`] of each learner: one call of one session at a time.
    users: HashMap<UserId, Queue>,
    tutor: Pool,
    local: Pool,
    delivery: Pool,
    model: Pool,
    turns: u64,
    tokens: u64,
    clock: Timestamp,
    /// Number of rows of each learner, whatever their lane.
    owned: HashMap<UserId, usize>,
    leased: usize,
    delivering: usize,
    /// Number of the latest transaction; rows that are inserted or renewed get it.
    pub written: u64,
}

impl Schedule {
    /// An empty schedule that numbers its leases from `token` on, so that leases of an earlier opening are
    /// not accepted.
    pub fn with_tokens_from(token: u64) -> Self {
        Self { tokens: token, ..Self::default() }
    }

    /// Current time as last told.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// Tells the current time: due parked rows become claimable, the longest due first.
    pub fn advance(&mut self, now: Timestamp) {
        self.clock = now;
        for kind in WorkKind::ALL {
            while let Some(&(due, seq)) = self.pool(kind).parked.first() {
                if due > now {
                    break;
                }
                self.reindex(seq);
            }
        }
    }

    pub fn insert(&mut self, job: &Job) {
        let row = Row {
            user: job.user,
            chat: job.chat,
            lane: job.lane,
            kind: job.work,
            accepted_at: job.accepted_at,
            not_before: job.not_before,
            urgency: job.urgency(),
            overtakes: job.overtakes(),
            stuck: job.stuck(),
            written: self.written,
            standing: Standing::Behind,
        };
        self.delivering += usize::from(row.kind == WorkKind::Delivery);
        let lane = self.chats.entry((row.chat, row.lane)).or_default();
        let mut behind = Vec::new();
        if lane.insert(job.seq, row.overtakes) {
            behind.extend(lane.iter());
        }
        if row.lane == Lane::Conversation {
            self.users.entry(row.user).or_default().insert(job.seq, row.overtakes);
        }
        if self.rows.insert(job.seq, row).is_none() {
            *self.owned.entry(job.user).or_default() += 1;
        }
        self.reindex(job.seq);
        for seq in behind {
            self.reindex(seq);
        }
    }

    /// Removes a row, leased or not; the ones behind it move up.
    pub fn remove(&mut self, seq: u64) {
        self.stand(seq, Standing::Behind);
        let Some(row) = self.rows.remove(&seq) else { return };
        self.delivering -= usize::from(row.kind == WorkKind::Delivery);
        if let Some(owned) = self.owned.get_mut(&row.user) {
            *owned -= 1;
            if *owned == 0 {
                self.owned.remove(&row.user);
            }
        }
        let lane = (row.chat, row.lane);
        if self.chats.get_mut(&lane).is_some_and(|queue| queue.remove(seq)) {
            self.chats.remove(&lane);
        }
        if row.lane == Lane::Conversation
            && self.users.get_mut(&row.user).is_some_and(|queue| queue.remove(seq))
        {
            self.users.remove(&row.user);
        }
        for head in self.queues_of(&row).flat_map(Queue::candidates).collect::<Vec<_>>() {
            if let Some(head) = self.rows.get_mut(&head) {
                // A crash that brings this row back must not find the next one of its chat in work already.
                head.written = head.written.max(self.written);
            }
        }
        self.settle_around(&row);
    }

    /// Leases the most urgent row; of several the one that has been claimable longest.
    pub fn lease(&mut self, kind: WorkKind) -> Option<Lease> {
        let (_, &seq) = self.pool(kind).ready.first_key_value()?;
        self.tokens = self.tokens.wrapping_add(1);
        let lease = Lease { seq, token: self.tokens };
        self.stand(seq, Standing::Leased(lease.token));
        if let Some(row) = self.rows.get(&seq).copied() {
            self.settle_around(&row);
        }
        let pool = self.pool(kind);
        if !pool.ready.is_empty() {
            // Wake-ups are not counted while nobody waits: whoever takes one row wakes the next worker.
            pool.wakes += 1;
        }
        Some(lease)
    }

    pub fn holds(&self, lease: Lease) -> bool {
        self.rows.get(&lease.seq).is_some_and(|row| row.standing == Standing::Leased(lease.token))
    }

    /// Ends a lease; the row keeps its place and is claimable again once it is due.
    pub fn release(&mut self, lease: Lease) {
        if self.holds(lease)
            && let Some(row) = self.rows.get(&lease.seq).copied()
        {
            self.stand(lease.seq, Standing::Behind);
            self.settle_around(&row);
        }
    }

    /// The first message of a leased row was sent: the rest is less urgent than another row's first message.
    pub fn begun(&mut self, seq: u64) {
        if let Some(row) = self.rows.get_mut(&seq) {
            row.urgency = row.urgency.max(Urgency::Rest);
        }
    }

    /// Ends a lease if a more urgent row of its kind could be worked on instead; returns whether it did.
    pub fn give_way(&mut self, lease: Lease) -> bool {
        let Some(row) = self.rows.get(&lease.seq).copied() else { return false };
        let first = self.pool_ref(row.kind).ready.first_key_value();
        let gives = first.is_some_and(|((urgency, _), _)| *urgency < row.urgency);
        if gives {
            self.release(lease);
        }
        gives
    }

    /// Ends a row's lease and takes over what has changed about its work. It keeps its place, by age also in
    /// another lane.
    pub fn renew(&mut self, job: &Job) {
        if self.rows.get(&job.seq).is_some_and(|row| row.lane != job.lane) {
            self.remove(job.seq);
            return self.insert(job);
        }
        self.stand(job.seq, Standing::Behind);
        let kind = job.work;
        let Some(row) = self.rows.get_mut(&job.seq) else { return };
        self.delivering -= usize::from(row.kind == WorkKind::Delivery);
        self.delivering += usize::from(kind == WorkKind::Delivery);
        if row.kind != kind {
            row.urgency = job.urgency();
        }
        row.kind = kind;
        row.not_before = job.not_before;
        row.overtakes = job.overtakes();
        row.stuck = job.stuck();
        row.written = self.written;
        let row = *row;
        self.each_queue_of(&row, |queue| queue.note_overtaking(job.seq, row.overtakes));
        self.settle_around(&row);
    }

    /// Puts a leased row aside in memory only (its record cannot be read), so that the others continue.
    pub fn set_aside(&mut self, lease: Lease, until: Timestamp) {
        if self.holds(lease)
            && let Some(row) = self.rows.get_mut(&lease.seq)
        {
            row.not_before = until;
            self.release(lease);
        }
    }

    /// Moves all rows of a chat to another chat's queues, by age.
    pub fn move_chat(&mut self, from: ChatId, to: ChatId) {
        for lane in Lane::ALL {
            let Some(moved) = self.chats.remove(&(from, lane)) else { continue };
            for seq in moved.iter() {
                if let Some(row) = self.rows.get_mut(&seq) {
                    row.chat = to;
                }
            }
            let queue = self.chats.entry((to, lane)).or_default();
            queue.absorb(moved);
            for seq in queue.iter().collect::<Vec<_>>() {
                self.reindex(seq);
            }
        }
    }

    /// Wake-ups to be given since the last call.
    pub fn take_wakes(&mut self, kind: WorkKind) -> u32 {
        std::mem::take(&mut self.pool(kind).wakes)
    }

    /// The queues that a row belongs to.
    fn queues_of(&self, row: &Row) -> impl Iterator<Item = &Queue> {
        let talk = if row.lane == Lane::Conversation { self.users.get(&row.user) } else { None };
        self.chats.get(&(row.chat, row.lane)).into_iter().chain(talk)
    }

    fn each_queue_of(&mut self, row: &Row, change: impl Fn(&mut Queue)) {
        let talk = if row.lane == Lane::Conversation { self.users.get_mut(&row.user) } else { None };
        self.chats.get_mut(&(row.chat, row.lane)).into_iter().chain(talk).for_each(change);
    }

    /// Updates the state of all rows that a change of this row may affect, itself included.
    fn settle_around(&mut self, row: &Row) {
        // By age, so that rows that become claimable at the same time are handed out in that order.
        let candidates: BTreeSet<u64> = self.queues_of(row).flat_map(Queue::candidates).collect();
        for seq in candidates {
            self.reindex(seq);
        }
    }

    /// Updates the state of a row that is not leased.
    fn reindex(&mut self, seq: u64) {
        let Some(row) = self.rows.get(&seq).copied() else { return };
        let stuck = |seq: u64| self.rows.get(&seq).map_or(Stuck::No, |row| row.stuck);
        let leads = self.queues_of(&row).all(|queue| queue.lets(seq, row.overtakes, stuck));
        match (leads, row.standing) {
            (_, Standing::Leased(_)) | (true, Standing::Ready(..)) => {}
            (false, _) => self.stand(seq, Standing::Behind),
            (true, _) if row.not_before > self.clock => self.stand(seq, Standing::Parked),
            (true, _) => {
                self.turns += 1;
                let turn = self.turns;
                self.stand(seq, Standing::Ready(row.urgency, turn));
            }
        }
    }

    /// Moves a row from one state to another.
    fn stand(&mut self, seq: u64, standing: Standing) {
        let Some(row) = self.rows.get_mut(&seq) else { return };
        let (kind, due) = (row.kind, row.not_before);
        let old = std::mem::replace(&mut row.standing, standing);
        let row = *row;
        if let (Standing::Leased(_), _) | (_, Standing::Leased(_)) = (old, standing) {
            let leased = matches!(standing, Standing::Leased(_));
            self.each_queue_of(&row, |queue| queue.note_leased(seq, leased));
        }
        let pool = self.pool(kind);
        match old {
            Standing::Ready(urgency, turn) => {
                pool.ready.remove(&(urgency, turn));
            }
            Standing::Parked => {
                pool.parked.remove(&(due, seq));
            }
            Standing::Leased(token) => {
                pool.leased.remove(&token);
                self.leased -= 1;
            }
            Standing::Behind => {}
        }
        let pool = self.pool(kind);
        match standing {
            Standing::Ready(urgency, turn) => {
                pool.ready.insert((urgency, turn), seq);
                pool.wakes += 1;
            }
            // A worker that sleeps until the next due time has to reconsider.
            Standing::Parked => pool.wakes += u32::from(pool.parked.insert((due, seq)) && old != standing),
            Standing::Leased(token) => {
                pool.leased.insert(token, seq);
                self.leased += 1;
            }
            Standing::Behind => {}
        }
    }

    fn pool(&mut self, kind: WorkKind) -> &mut Pool {
        match kind {
            WorkKind::Tutor => &mut self.tutor,
            WorkKind::Local => &mut self.local,
            WorkKind::Delivery => &mut self.delivery,
            WorkKind::Model => &mut self.model,
        }
    }

    fn pool_ref(&self, kind: WorkKind) -> &Pool {
        match kind {
            WorkKind::Tutor => &self.tutor,
            WorkKind::Local => &self.local,
            WorkKind::Delivery => &self.delivery,
            WorkKind::Model => &self.model,
        }
    }
}
