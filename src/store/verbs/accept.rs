//! Accepting messages: repeats, rate limits, rows.
//!
//! Must not know what is done with a row afterwards.

use crate::domain::rate::{NOTICE_WINDOW_MS, RateState, RateVerdict};
use crate::domain::{
    Admission, Body, Incoming, Job, Learner, Placement, Stage, Task, Timestamp, UserId, WaitReason,
};
use crate::store::records::Seen;
use crate::store::state::{SEEN_KEPT, State};
use crate::store::tx::Tx;
use crate::store::{AcceptPolicy, Accepted, Store, StoreError, keys};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

impl Store {
    /// Accepts a batch: recognises repeats by recent update ids, applies the rate limit by each message's
    /// date, creates rows, and flushes. Only after this has returned may the offset be confirmed. A message
    /// that needs no row ([`Body::Blocked`](crate::domain::Body::Blocked)) only changes its learner. Any
    /// other message removes the learner's `blocked` mark and records the client's language; an unknown
    /// learner is created. The limit of all learners together uses `now`, because it protects the tutor from
    /// the rush after an outage. A row that need not wait has a `not_before` of 0.
    pub async fn accept(
        &self,
        batch: Vec<Incoming>,
        policy: AcceptPolicy,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        self.change(move |state| accept(state, batch, policy, now)).await
    }
}

/// How long an album waits for its next part, ms. Telegram hands out most albums in one piece.
const ALBUM_WAIT_MS: i64 = 1_000;
/// The latest rows of a chat, among which that of an album is looked for.
const ALBUM_SEARCH: usize = 8;

/// What a batch has changed so far, before any of it is on disk.
struct Intake {
    learners: HashMap<UserId, (Option<Learner>, bool)>,
    rates: HashMap<UserId, RateState>,
    global: RateState,
    seen: Vec<i64>,
    rows: Vec<Job>,
    /// Older rows that took in more of their album.
    joined: HashMap<u64, Job>,
}

fn accept(
    state: &mut State,
    batch: Vec<Incoming>,
    policy: AcceptPolicy,
    now: Timestamp,
) -> Result<Accepted, StoreError> {
    state.advance(now);
    let mut intake = Intake {
        learners: HashMap::new(),
        rates: HashMap::new(),
        global: state.global,
        seen: Vec::new(),
        rows: Vec::new(),
        joined: HashMap::new(),
    };
    let mut fresh = HashSet::new();
    let (mut tx, mut accepted) = (Tx::default(), Accepted::default());
    for mut incoming in batch {
        if state.seen.contains(incoming.update_id) || !fresh.insert(incoming.update_id) {
            accepted.repeats.push(incoming.update_id);
            continue;
        }
        intake.seen.push(incoming.update_id);
        incoming.chat.id = state.chat(incoming.chat.id);
        if let Some(seq) = intake.join_album(state, &incoming, now) {
            accepted.taken.push((incoming.update_id, seq));
            continue;
        }
        if matches!(&incoming.body, Body::Files(files) if files.unaddressed) {
            continue;
        }
        intake.note_learner(state, &incoming, now)?;
        if matches!(incoming.body, Body::Blocked(_)) {
            continue;
        }
        let update_id = incoming.update_id;
        match intake.judge(state, &incoming, policy, now)? {
            RateVerdict::Pass => {
                if intake.is_crowded(state, &incoming, policy) {
                    accepted.crowded.push(update_id);
                    if intake.tells_crowded(&incoming, now) {
                        let seq = state.new_seq(&mut tx)?;
                        intake.rows.push(row(seq, incoming, Admission::Crowded, Placement::AT_ONCE, now));
                    }
                    continue;
                }
                let seq = state.new_seq(&mut tx)?;
                let delay = intake.delay(&incoming, policy, now);
                let placement = (policy.placement)(&incoming);
                let mut job = row(seq, incoming, Admission::Admitted, placement, now);
                if delay > 0 {
                    job.not_before = now.plus_ms(delay);
                    job.waiting_for = Some(WaitReason::GlobalRate);
                }
                wait_for_album(&mut job, now);
                intake.rows.push(job);
                accepted.taken.push((update_id, seq));
            }
            RateVerdict::Wait { ms, notice } => {
                accepted.limited.push(update_id);
                if notice {
                    let wait_secs = u32::try_from(ms.max(1).saturating_add(999) / 1000).unwrap_or(u32::MAX);
                    let seq = state.new_seq(&mut tx)?;
                    let admission = Admission::RateLimited { wait_secs };
                    intake.rows.push(row(seq, incoming, admission, Placement::AT_ONCE, now));
                }
            }
        }
    }
    intake.write(state, &mut tx)?;
    state.apply(tx)?;
    state.global = intake.global;
    for update_id in intake.seen {
        state.seen.push(update_id);
    }
    for job in &intake.rows {
        state.schedule.insert(job);
    }
    for job in intake.joined.values() {
        state.schedule.renew(job);
    }
    Ok(accepted)
}

/// A new row. One that only says why its message was not taken needs no turn ([`Placement::AT_ONCE`]).
fn row(seq: u64, incoming: Incoming, admission: Admission, placement: Placement, now: Timestamp) -> Job {
    let (user, chat) = (incoming.user, incoming.chat.id);
    Job::new(seq, user, chat, placement, now, Task::Handle(incoming, admission))
}

/// Holds the row of an album back for what may still come of it.
fn wait_for_album(job: &mut Job, now: Timestamp) {
    let Task::Handle(incoming, _) = &job.task else { return };
    if matches!(&incoming.body, Body::Files(files) if files.album.is_some()) {
        job.not_before = job.not_before.max(now.plus_ms(ALBUM_WAIT_MS));
    }
}

/// Takes a message into the row of its album; whether it belongs there and there is room.
fn joins(job: &mut Job, incoming: &Incoming, now: Timestamp) -> bool {
    let Task::Handle(first, Admission::Admitted) = &mut job.task else { return false };
    let (Body::Files(album), Body::Files(files)) = (&mut first.body, &incoming.body) else { return false };
    let fits = job.stage == Stage::Taken && (first.user, first.chat.id) == (incoming.user, incoming.chat.id);
    let joined = fits && album.join(files);
    if joined {
        wait_for_album(job, now);
    }
    joined
}

impl Intake {
    /// The row of the album that a message belongs to, which took it in. An album is one question however Telegram hands
    /// it out: while its row is not at work yet, each further part of it joins it and has it wait for the next one. That is
    /// recorded with the row, so it holds over a restart.
    fn join_album(&mut self, state: &State, incoming: &Incoming, now: Timestamp) -> Option<u64> {
        if !matches!(&incoming.body, Body::Files(files) if files.album.is_some()) {
            return None;
        }
        let mut here = self.rows.iter_mut().chain(self.joined.values_mut());
        if let Some(job) = here.find_map(|job| joins(job, incoming, now).then_some(job.seq)) {
            return Some(job);
        }
        let rows = state.schedule.rows_of_chat(incoming.chat.id);
        let resting = rows.into_iter().rev().take(ALBUM_SEARCH).filter(|seq| !state.schedule.is_leased(*seq));
        // One that cannot be read is found out about when it is claimed.
        let mut resting =
            resting.filter(|seq| !self.joined.contains_key(seq)).filter_map(|seq| state.row(seq).ok());
        let job = resting.find_map(|mut job| joins(&mut job, incoming, now).then_some(job))?;
        let seq = job.seq;
        self.joined.insert(seq, job);
        Some(seq)
    }

    /// Updates the learner's record from the message.
    fn note_learner(&mut self, state: &State, incoming: &Incoming, now: Timestamp) -> Result<(), StoreError> {
        let (kept, changed) = match self.learners.entry(incoming.user) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert((state.learner(incoming.user)?, false)),
        };
        if let Body::Blocked(blocked) = incoming.body {
            if let Some(learner) = kept.as_mut().filter(|learner| learner.blocked != blocked) {
                learner.blocked = blocked;
                *changed = true;
            }
            return Ok(());
        }
        // A button press only answers the bot: somebody who presses another person's button, or an old one,
        // need not be remembered.
        if kept.is_none() && matches!(incoming.body, Body::Callback { .. }) {
            return Ok(());
        }
        *changed |= kept.is_none();
        let learner = kept.get_or_insert_with(|| Learner::new(incoming.user, now));
        *changed |= std::mem::take(&mut learner.blocked);
        if incoming.client_language.is_some() && learner.client_language != incoming.client_language {
            learner.client_language.clone_from(&incoming.client_language);
            *changed = true;
        }
        Ok(())
    }

    /// The learner's own limit, by the message's date.
    fn judge(
        &mut self,
        state: &State,
        incoming: &Incoming,
        policy: AcceptPolicy,
        now: Timestamp,
    ) -> Result<RateVerdict, StoreError> {
        let Some(limit) = policy.per_user.filter(|_| incoming.counts_for_rate()) else {
            return Ok(RateVerdict::Pass);
        };
        let rate = match self.rates.entry(incoming.user) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                unknown.insert(state.get(&keys::rate(incoming.user))?.unwrap_or_default())
            }
        };
        // A date in the future is wrong and counts as now.
        Ok(limit.judge(rate, incoming.date.min(now)))
    }

    /// Whether so many rows of the learner wait that this message is not accepted.
    fn is_crowded(&self, state: &State, incoming: &Incoming, policy: AcceptPolicy) -> bool {
        let Some(limit) = policy.waiting_each else { return false };
        let here = self.rows.iter().filter(|job| job.user == incoming.user).count();
        let commands = if incoming.is_command() { limit.commands_beside } else { 0 };
        state.schedule.rows_owned(incoming.user) + here >= limit.messages + commands
    }

    /// Whether to answer this message with the notice, which is sent once per window.
    fn tells_crowded(&mut self, incoming: &Incoming, now: Timestamp) -> bool {
        let Some((Some(learner), changed)) = self.learners.get_mut(&incoming.user) else { return false };
        let within = |last: Timestamp, at: Timestamp| (at.0 - last.0).abs() < NOTICE_WINDOW_MS;
        // Both notices, of the rate limit and of this, share one window.
        let rate = self.rates.get_mut(&incoming.user);
        let noticed = rate.as_ref().and_then(|rate| rate.noticed_at);
        let told = learner.crowded_notice_at.is_some_and(|last| within(last, now))
            || noticed.is_some_and(|last| within(last, incoming.date));
        if told {
            return false;
        }
        learner.crowded_notice_at = Some(now);
        *changed = true;
        if let Some(rate) = rate {
            rate.noticed_at = Some(incoming.date.min(now));
        }
        true
    }

    /// The limit of all learners together, by the current time: it protects the tutor from the rush after an
    /// outage, and nobody is refused because of it.
    fn delay(&mut self, incoming: &Incoming, policy: AcceptPolicy, now: Timestamp) -> i64 {
        match policy.global {
            Some(limit) if incoming.counts_for_rate() => limit.delay(&mut self.global, now),
            _ => 0,
        }
    }

    fn write(&self, state: &State, tx: &mut Tx) -> Result<(), StoreError> {
        for job in self.rows.iter().chain(self.joined.values()) {
            tx.put(keys::inbox(job.seq), job)?;
        }
        let changed = self.learners.values().filter(|(_, changed)| *changed);
        for learner in changed.filter_map(|(kept, _)| kept.as_ref()) {
            tx.put(keys::learner(learner.user), learner)?;
        }
        for (user, rate) in &self.rates {
            tx.put(keys::rate(*user), rate)?;
        }
        if self.global != state.global {
            tx.put(keys::global_rate(), &self.global)?;
        }
        let surplus = (state.seen.len() + self.seen.len()).saturating_sub(SEEN_KEPT) as u64;
        for (number, update_id) in (state.seen.next()..).zip(&self.seen) {
            tx.put(keys::seen(number), &Seen { update_id: *update_id })?;
        }
        for number in (state.seen.first()..).take(usize::try_from(surplus).unwrap_or(0)) {
            tx.delete(keys::seen(number));
        }
        Ok(())
    }
}
