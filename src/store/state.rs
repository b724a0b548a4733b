//! What the store's thread holds: the disk, the schedule and a few small indexes, read from disk on opening
//! and kept up to date.
//!
//! Reads and writes records. Must not know threads, channels or what a verb means.

use super::disk::Disk;
use super::engine::{Engine, Flush, Range, Visit};
use super::kinds::{self, Kind};
use super::ledger::Ledger;
use super::progress::Progress;
use super::records::{self, LogKey, Moved, NextSeq, Record, Seen};
use super::schedule::Schedule;
use super::tx::Tx;
use super::{Lease, StoreError, keys};
use crate::domain::rate::RateState;
use crate::domain::{ChatId, DeadLetter, Job, Learner, OutMessage, Timestamp, UserId, WaitReason};
use crate::secret::KeyMaterial;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use uuid::Uuid;

/// How many of the latest update ids are remembered.
pub(crate) const SEEN_KEPT: usize = 8192;

/// Longest wait because of a rate limit that is accepted after a restart, ms.
const LONGEST_QUEUE_MS: i64 = 24 * 3_600_000;

pub struct State {
    disk: Disk,
    pub schedule: Schedule,
    /// Recently accepted update ids.
    pub seen: SeenRing,
    /// Migrated chats; never a chain.
    pub moved: HashMap<ChatId, ChatId>,
    /// The learners of the dead letters.
    pub dead: BTreeMap<u64, UserId>,
    /// Rate state of all learners together.
    pub global: RateState,
    /// The secret created with the store.
    pub log_key: LogKey,
    next_seq: u64,
    /// Transactions applied since the opening.
    written: u64,
    progress: Progress,
}

/// The latest update ids, numbered in order of acceptance.
#[derive(Debug, Default)]
pub struct SeenRing {
    order: VecDeque<i64>,
    ids: HashSet<i64>,
    /// Number of the oldest.
    first: u64,
}

impl SeenRing {
    pub fn contains(&self, update_id: i64) -> bool {
        self.ids.contains(&update_id)
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Number of the next one.
    pub fn next(&self) -> u64 {
        self.first + self.order.len() as u64
    }

    /// Number of the oldest.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Forgets the oldest beyond the limit.
    pub fn push(&mut self, update_id: i64) {
        self.order.push_back(update_id);
        self.ids.insert(update_id);
        while self.order.len() > SEEN_KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
            self.first += 1;
        }
    }
}

impl State {
    /// Reads what is on disk and builds the indexes; creates the log key on the first opening. `key`: that of
    /// an encrypted store, or of a new one that is to be encrypted. `now` shows whether the clock was set back
    /// since a row was written.
    pub fn open(
        engine: Box<dyn Engine>,
        key: Option<&KeyMaterial>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut state = Self {
            disk: Disk::open(engine, key)?,
            schedule: Schedule::with_tokens_from(Uuid::new_v4().as_u64_pair().0),
            seen: SeenRing::default(),
            moved: HashMap::new(),
            dead: BTreeMap::new(),
            global: RateState::default(),
            log_key: LogKey([0; 32]),
            next_seq: 1,
            written: 0,
            progress: Progress::default(),
        };
        state.next_seq = state.get::<NextSeq>(&keys::next_seq())?.map_or(1, |NextSeq(seq)| seq);
        let global: RateState = state.get(&keys::global_rate())?.unwrap_or_default();
        // Further ahead than rows may wait: the clock was set back, and every message would wait in vain.
        let sane = global.tat <= now.plus_ms(LONGEST_QUEUE_MS);
        state.global = if sane { global } else { RateState::default() };
        state.read_rows(now)?;
        state.read_seen()?;
        for (key, moved) in state.list::<Moved>(&Range::prefix(keys::kind(kinds::MOVED)), usize::MAX)? {
            if let Some(from) = keys::moved_from(&key) {
                state.moved.insert(from, moved.to);
            }
        }
        let dead = state.list::<DeadLetter>(&Range::prefix(keys::kind(kinds::DEAD)), usize::MAX)?;
        state.dead = dead.into_iter().map(|(_, letter)| (letter.job.seq, letter.job.user)).collect();
        match state.get(&keys::log_key())? {
            Some(key) => state.log_key = key,
            None => state.make_log_key()?,
        }
        Ok(state)
    }

    fn read_rows(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let Self { disk, schedule, next_seq, .. } = self;
        disk.scan(&Range::prefix(keys::kind(kinds::INBOX)), false, &mut |_, bytes| {
            let mut job: Job = records::decode(bytes)?;
            *next_seq = job.seq.saturating_add(1).max(*next_seq);
            if job.not_before > latest_sane(&job, now) {
                job.not_before = Timestamp::default();
            }
            schedule.insert(&job);
            Ok(true)
        })
    }

    fn read_seen(&mut self) -> Result<(), StoreError> {
        let Self { disk, seen, .. } = self;
        disk.scan(&Range::prefix(keys::kind(kinds::SEEN)), false, &mut |key, bytes| {
            let Seen { update_id } = records::decode(bytes)?;
            if seen.order.is_empty() {
                seen.first = keys::seq(key).unwrap_or_default();
            }
            seen.push(update_id);
            Ok(true)
        })
    }

    fn make_log_key(&mut self) -> Result<(), StoreError> {
        // Two random UUIDs contain 244 bits of the system's randomness.
        let random = Uuid::new_v4().into_bytes().into_iter().chain(Uuid::new_v4().into_bytes());
        for (byte, random) in self.log_key.0.iter_mut().zip(random) {
            *byte = random;
        }
        let mut tx = Tx::default();
        tx.put(keys::log_key(), &self.log_key)?;
        self.apply(tx)?;
        self.flush()
    }

    pub fn get<R: Record>(&self, key: &[u8]) -> Result<Option<R>, StoreError> {
        self.disk.get(key)?.map(|bytes| records::decode(&bytes)).transpose()
    }

    /// The visitor returns whether to continue.
    pub fn scan(&self, range: &Range, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError> {
        if range.span().is_empty() { Ok(()) } else { self.disk.scan(range, backwards, visit) }
    }

    /// Walks all pairs as stored, encrypted or not.
    pub(crate) fn scan_raw(&self, visit: Visit<'_>) -> Result<(), StoreError> {
        self.disk.scan_raw(visit)
    }

    /// In order, at most `limit`.
    pub fn list<R: Record>(&self, range: &Range, limit: usize) -> Result<Vec<(Vec<u8>, R)>, StoreError> {
        let mut found = Vec::new();
        if limit > 0 {
            self.scan(range, false, &mut |key, bytes| {
                found.push((key.to_vec(), records::decode(bytes)?));
                Ok(found.len() < limit)
            })?;
        }
        Ok(found)
    }

    /// In order, at most `limit`.
    pub(crate) fn list_keys(&self, range: &Range, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut found = Vec::new();
        if limit > 0 {
            self.scan(range, false, &mut |key, _| {
                found.push(key.to_vec());
                Ok(found.len() < limit)
            })?;
        }
        Ok(found)
    }

    /// Number of keys in a range.
    pub(crate) fn count(&self, range: &Range) -> Result<usize, StoreError> {
        let mut count = 0;
        self.scan(range, false, &mut |_, _| {
            count += 1;
            Ok(true)
        })?;
        Ok(count)
    }

    /// The row of a lease; `Gone` when the lease is no longer held.
    pub fn leased(&self, lease: Lease) -> Result<Job, StoreError> {
        if !self.schedule.holds(lease) {
            return Err(StoreError::Gone);
        }
        self.row(lease.seq)
    }

    /// A row that the schedule knows.
    pub fn row(&self, seq: u64) -> Result<Job, StoreError> {
        let missing = || StoreError::Corrupt { kind: Job::KIND, detail: format!("row {seq} is missing") };
        self.get(&keys::inbox(seq))?.ok_or_else(missing)
    }

    /// The dead letters of a learner.
    pub fn dead_of(&self, user: UserId) -> BTreeSet<u64> {
        self.dead.iter().filter(|(_, whose)| **whose == user).map(|(seq, _)| *seq).collect()
    }

    /// What a row has left to send.
    pub fn outbox(&self, seq: u64) -> Result<Vec<OutMessage>, StoreError> {
        let found = self.list(&Range::prefix(keys::outbox_of(seq)), usize::MAX)?;
        Ok(found.into_iter().map(|(_, message)| message).collect())
    }

    pub fn learner(&self, user: UserId) -> Result<Option<Learner>, StoreError> {
        let mut learner: Option<Learner> = self.get(&keys::learner(user))?;
        for open in learner.iter_mut().flat_map(|learner| &mut learner.elsewhere) {
            if let Some(place) = &mut open.place {
                place.id = self.chat(place.id);
            }
        }
        Ok(learner)
    }

    /// The current id of a chat, which may have been migrated.
    pub fn chat(&self, chat: ChatId) -> ChatId {
        self.moved.get(&chat).copied().unwrap_or(chat)
    }

    /// A number for a new row; never given twice, because it is written with the row.
    pub fn new_seq(&mut self, tx: &mut Tx) -> Result<u64, StoreError> {
        let seq = self.next_seq;
        self.next_seq = seq.saturating_add(1);
        tx.put(keys::next_seq(), &NextSeq(self.next_seq))?;
        Ok(seq)
    }

    /// Skips numbers that may have been given to rows this disk has lost.
    pub(crate) fn skip_seqs(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.next_seq = super::verbs::after_restore::number_after(self.next_seq);
        tx.put(keys::next_seq(), &NextSeq(self.next_seq))
    }

    /// Whether these are the records that were written, according to the ledger.
    pub(crate) fn agrees(&self, stock: &Ledger) -> bool {
        self.disk.agrees(stock)
    }

    /// Number of records of a kind.
    pub fn held(&self, kind: Kind) -> u64 {
        self.disk.held(kind)
    }

    /// Counts everything that is there.
    pub(crate) fn take_stock(&self) -> Result<Ledger, StoreError> {
        self.disk.take_stock()
    }

    /// Tells the schedule the current time.
    pub fn advance(&mut self, now: Timestamp) {
        self.schedule.advance(now);
    }

    /// Writes everything; durable after the next flush. The caller updates memory only after this.
    pub(crate) fn apply(&mut self, tx: Tx) -> Result<(), StoreError> {
        self.usable()?;
        if tx.is_empty() {
            return Ok(());
        }
        self.written += 1;
        self.schedule.written = self.written;
        let applied = self.disk.write(tx.into_batch());
        self.progress.note_write(applied)
    }

    /// Transactions applied since the opening; [`Self::progress`] tells how many are durable.
    pub fn written(&self) -> u64 {
        self.written
    }

    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Does the flushing on another thread.
    pub(crate) fn flusher(&self) -> Box<dyn Flush> {
        self.disk.flusher()
    }

    /// Makes everything written so far durable.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.usable()?;
        if self.written > self.progress.flushed() {
            let flushed = self.disk.flush();
            self.progress.note_write(flushed)?;
            self.progress.reached(self.written);
        }
        Ok(())
    }

    /// Fails if the disk has failed before.
    pub(crate) fn usable(&self) -> Result<(), StoreError> {
        self.progress.usable()
    }
}

/// Latest time a row may wait for: a later date means that the clock was set back, and the row would wait in
/// vain.
fn latest_sane(job: &Job, now: Timestamp) -> Timestamp {
    let longest_ms = match job.waiting_for {
        Some(WaitReason::GlobalRate | WaitReason::Paced) => LONGEST_QUEUE_MS,
        _ => 15 * 60_000,
    };
    now.plus_ms(longest_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Placement, Task};

    fn waiting(reason: Option<WaitReason>) -> Job {
        let (user, chat, task) = (UserId(1), ChatId(1), Task::Deliver { update_id: None });
        Job { waiting_for: reason, ..Job::new(1, user, chat, Placement::OWN_WORDS, Timestamp(0), task) }
    }

    #[test]
    fn no_row_is_believed_to_wait_longer_than_anything_makes_it_wait() {
        let now = Timestamp::from_secs(1_800_000_000);
        for (reason, hours) in [
            (Some(WaitReason::TutorDown), 0),
            (Some(WaitReason::TelegramDown), 0),
            (None, 0),
            (Some(WaitReason::GlobalRate), 23),
            (Some(WaitReason::Paced), 23),
        ] {
            let latest = latest_sane(&waiting(reason), now);
            // The longest legitimate pause (ten minutes, requested by the tutor) is accepted; next year is
            // not.
            assert!(latest >= now.plus_ms(600_000 + hours * 3_600_000), "{reason:?}");
            assert!(latest < now.plus_ms(2 * 24 * 3_600_000), "{reason:?}");
        }
    }
}
