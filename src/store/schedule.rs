//! Which row may be worked on next: lanes, leases, parked rows and the order of fairness, all in memory.
//!
//! Rebuilt from the inbox on opening; a row costs some hundred bytes here, its body stays on disk. Every change is
//! O(log n). Must not know records, disks or what a row is about.

mod place;

use super::{Counts, Lease};
use crate::domain::{ChatId, Job, Lane, Timestamp, Urgency, UserId, WorkKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the schedule knows of a row.
#[derive(Debug, Clone, Copy)]
struct Row {
    user: UserId,
    chat: ChatId,
    lane: Lane,
    kind: WorkKind,
    not_before: Timestamp,
    urgency: Urgency,
    /// The transaction that wrote it last, as numbered by the state.
    written: u64,
    standing: Standing,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// An older row goes first.
    Behind,
    /// At the head of all its queues but not due.
    Parked,
    /// Claimable, since this turn.
    Ready(Urgency, u64),
    /// Being worked on under this token.
    Leased(u64),
}

/// The claimable and the parked rows of one kind of work.
#[derive(Debug, Default)]
struct Pool {
    /// The most urgent first, then in the order of becoming claimable: (urgency, turn) to seq.
    ready: BTreeMap<(Urgency, u64), u64>,
    /// By due time.
    parked: BTreeSet<(Timestamp, u64)>,
    /// Under lease, in the order of being handed out: (token, seq).
    leased: BTreeMap<u64, u64>,
    /// Wake-ups owed.
    wakes: u32,
}

/// The order of work.
#[derive(Debug, Default)]
pub struct Schedule {
    rows: HashMap<u64, Row>,
    chats: HashMap<(ChatId, Lane), BTreeSet<u64>>,
    /// Rows of [`Lane::Conversation`] of each learner: one call of one session at a time.
    users: HashMap<UserId, BTreeSet<u64>>,
    tutor: Pool,
    local: Pool,
    delivery: Pool,
    turns: u64,
    tokens: u64,
    clock: Timestamp,
    /// How many rows of each learner there are, whatever their lane.
    owned: HashMap<UserId, usize>,
    leased: usize,
    delivering: usize,
    /// The number of the latest transaction; rows taken in or renewed are stamped with it.
    pub written: u64,
}

impl Schedule {
    /// An empty schedule that numbers its leases from `token` on: leases of an earlier opening must not fit.
    pub fn with_tokens_from(token: u64) -> Self {
        Self { tokens: token, ..Self::default() }
    }

    /// The present moment as last told.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// Tells the present moment: parked rows that are due become claimable, the longest due first.
    pub fn advance(&mut self, now: Timestamp) {
        self.clock = now;
        for kind in [WorkKind::Tutor, WorkKind::Local, WorkKind::Delivery] {
            while let Some(&(due, seq)) = self.pool(kind).parked.first() {
                if due > now {
                    break;
                }
                self.settle(seq);
            }
        }
    }

    /// Takes in a row.
    pub fn insert(&mut self, job: &Job) {
        let row = Row {
            user: job.user,
            chat: job.chat,
            lane: job.lane,
            kind: job.work(),
            not_before: job.not_before,
            urgency: job.urgency(),
            written: self.written,
            standing: Standing::Behind,
        };
        self.delivering += usize::from(row.kind == WorkKind::Delivery);
        self.chats.entry((row.chat, row.lane)).or_default().insert(job.seq);
        if row.lane == Lane::Conversation {
            self.users.entry(row.user).or_default().insert(job.seq);
        }
        if self.rows.insert(job.seq, row).is_none() {
            *self.owned.entry(job.user).or_default() += 1;
        }
        self.settle(job.seq);
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
        let mut heads = [None, None];
        let lane = (row.chat, row.lane);
        if let Some(queue) = self.chats.get_mut(&lane) {
            queue.remove(&seq);
            heads = [queue.first().copied(), None];
            if queue.is_empty() {
                self.chats.remove(&lane);
            }
        }
        if row.lane == Lane::Conversation
            && let Some(queue) = self.users.get_mut(&row.user)
        {
            queue.remove(&seq);
            heads = [heads.into_iter().flatten().next(), queue.first().copied()];
            if queue.is_empty() {
                self.users.remove(&row.user);
            }
        }
        // The older one became claimable "first": both did at once, and seq is the fairest tie-break.
        heads.sort_unstable();
        let written = self.written;
        for head in heads.into_iter().flatten() {
            if let Some(head) = self.rows.get_mut(&head) {
                // A crash that brings this row back must not find the next one of its chat under way already.
                head.written = head.written.max(written);
            }
            self.settle(head);
        }
    }

    /// Leases the most urgent row; of several the one that has been claimable longest.
    pub fn lease(&mut self, kind: WorkKind) -> Option<Lease> {
        let (_, &seq) = self.pool(kind).ready.first_key_value()?;
        self.tokens = self.tokens.wrapping_add(1);
        let lease = Lease { seq, token: self.tokens };
        self.stand(seq, Standing::Leased(lease.token));
        let pool = self.pool(kind);
        if !pool.ready.is_empty() {
            // Wake-ups do not add up while nobody waits: who takes one row calls the next worker.
            pool.wakes += 1;
        }
        Some(lease)
    }

    /// Whether this lease is still held.
    pub fn holds(&self, lease: Lease) -> bool {
        self.rows.get(&lease.seq).is_some_and(|row| row.standing == Standing::Leased(lease.token))
    }

    /// Whether a younger row is held back by this one.
    pub fn is_waited_for(&self, seq: u64) -> bool {
        let Some(row) = self.rows.get(&seq) else { return false };
        let follows =
            |queue: Option<&BTreeSet<u64>>| queue.and_then(BTreeSet::last).is_some_and(|last| *last > seq);
        follows(self.chats.get(&(row.chat, row.lane)))
            || row.lane == Lane::Conversation && follows(self.users.get(&row.user))
    }

    /// Whether a row is being worked on.
    pub fn is_leased(&self, seq: u64) -> bool {
        self.rows.get(&seq).is_some_and(|row| matches!(row.standing, Standing::Leased(_)))
    }

    /// Ends a lease; the row keeps its place and is claimable again once it is due.
    pub fn release(&mut self, lease: Lease) {
        if self.holds(lease) {
            self.stand(lease.seq, Standing::Behind);
            self.settle(lease.seq);
        }
    }

    /// The transaction that wrote a row last.
    pub fn written(&self, seq: u64) -> u64 {
        self.rows.get(&seq).map_or(0, |row| row.written)
    }

    /// The first message of a leased row is out: the rest of it is less urgent than somebody else's first one.
    pub fn begun(&mut self, seq: u64) {
        if let Some(row) = self.rows.get_mut(&seq) {
            row.urgency = row.urgency.max(Urgency::Rest);
        }
    }

    /// Ends a lease where a more urgent row of its kind could be worked on instead; whether it did.
    pub fn give_way(&mut self, lease: Lease) -> bool {
        let Some(row) = self.rows.get(&lease.seq).copied() else { return false };
        let first = self.pool_ref(row.kind).ready.first_key_value();
        let gives = first.is_some_and(|((urgency, _), _)| *urgency < row.urgency);
        if gives {
            self.release(lease);
        }
        gives
    }

    /// Ends a row's lease and notes what has changed about its work; it keeps its place.
    pub fn renew(&mut self, job: &Job) {
        self.stand(job.seq, Standing::Behind);
        let kind = job.work();
        if let Some(row) = self.rows.get_mut(&job.seq) {
            self.delivering -= usize::from(row.kind == WorkKind::Delivery);
            self.delivering += usize::from(kind == WorkKind::Delivery);
            if row.kind != kind {
                row.urgency = job.urgency();
            }
            row.kind = kind;
            row.not_before = job.not_before;
            row.written = self.written;
        }
        self.settle(job.seq);
    }

    /// Puts a leased row aside in memory only (its record cannot be read), so that the others go on.
    pub fn set_aside(&mut self, lease: Lease, until: Timestamp) {
        if self.holds(lease)
            && let Some(row) = self.rows.get_mut(&lease.seq)
        {
            row.not_before = until;
            self.release(lease);
        }
    }

    /// Puts all rows of a chat into the queues of another, by age.
    pub fn move_chat(&mut self, from: ChatId, to: ChatId) {
        for lane in [Lane::Conversation, Lane::Local] {
            let Some(moved) = self.chats.remove(&(from, lane)) else { continue };
            for seq in &moved {
                if let Some(row) = self.rows.get_mut(seq) {
                    row.chat = to;
                }
            }
            let queue = self.chats.entry((to, lane)).or_default();
            queue.extend(moved);
            for seq in queue.clone() {
                self.settle(seq);
            }
        }
    }

    /// The rows of a chat in order of acceptance.
    pub fn rows_of_chat(&self, chat: ChatId) -> BTreeSet<u64> {
        [Lane::Conversation, Lane::Local]
            .into_iter()
            .filter_map(|lane| self.chats.get(&(chat, lane)))
            .flatten()
            .copied()
            .collect()
    }

    /// The rows of a learner that are older than `before`.
    pub fn rows_of_user(&self, user: UserId, before: u64) -> BTreeSet<u64> {
        self.rows
            .iter()
            .filter(|(seq, row)| row.user == user && **seq < before)
            .map(|(seq, _)| *seq)
            .collect()
    }

    /// How many rows of a learner there are.
    pub fn rows_owned(&self, user: UserId) -> usize {
        self.owned.get(&user).copied().unwrap_or_default()
    }

    /// When the earliest parked row falls due.
    pub fn next_due(&self, kind: WorkKind) -> Option<Timestamp> {
        self.pool_ref(kind).parked.first().map(|(due, _)| *due)
    }

    /// Numbers of the moment, without the dead letters.
    pub fn counts(&self) -> Counts {
        Counts { inbox: self.rows.len(), delivering: self.delivering, leased: self.leased, dead: 0 }
    }

    /// The wake-ups owed since the last call.
    pub fn take_wakes(&mut self, kind: WorkKind) -> u32 {
        std::mem::take(&mut self.pool(kind).wakes)
    }

    /// Finds out where a row that is not leased stands.
    fn settle(&mut self, seq: u64) {
        let Some(row) = self.rows.get(&seq).copied() else { return };
        let first = |queue: Option<&BTreeSet<u64>>| queue.and_then(BTreeSet::first) == Some(&seq);
        let leads = first(self.chats.get(&(row.chat, row.lane)))
            && (row.lane != Lane::Conversation || first(self.users.get(&row.user)));
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

    /// Moves a row from one standing to another.
    fn stand(&mut self, seq: u64, standing: Standing) {
        let Some(row) = self.rows.get_mut(&seq) else { return };
        let (kind, due) = (row.kind, row.not_before);
        let old = std::mem::replace(&mut row.standing, standing);
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
            // Whoever sleeps until the next due time has to think again.
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
        }
    }

    fn pool_ref(&self, kind: WorkKind) -> &Pool {
        match kind {
            WorkKind::Tutor => &self.tutor,
            WorkKind::Local => &self.local,
            WorkKind::Delivery => &self.delivery,
        }
    }
}
