//! Random interleavings of verbs and crashes, compared with a model simple enough to be checked by reading.
//!
//! The model is a list of rows and four rules: which rows are claimable, in what order they became so, what
//! each verb does to its row, and what a crash does. It shares no code with the store.

use crate::engines::Engine;
use crate::store_contract::{Bench, T0, at, block_on, command, policy, reply, text, voice, words};
use phonicflow_bot::domain::{
    Change, ChatId, DeadReason, Failed, Lane, Outcome, Overtaking, Stage, Timestamp, UserId, WaitReason,
    WorkKind,
};
use phonicflow_bot::store::{Burial, Claim, Claimed, Deferral, Lease, Sent, StoreError};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::HashSet;
use uuid::Uuid;

#[path = "store_model/checks.rs"]
mod checks;
#[path = "store_model/model.rs"]
mod model;
#[path = "store_model/ops.rs"]
mod ops;

use model::{Model, Row, deliver};
use ops::{Op, op};

const KINDS: [WorkKind; 4] = WorkKind::ALL;

/// The store and the model, side by side.
struct Run {
    bench: Bench,
    model: Model,
    leases: Vec<Claim>,
    now: Timestamp,
    texts: usize,
    updates: i64,
    sent: HashSet<String>,
}

impl Run {
    fn new(bench: Bench) -> Self {
        let (model, leases, sent) = (Model::default(), Vec::new(), HashSet::new());
        Self { bench, model, leases, now: T0, texts: 0, updates: 0, sent }
    }

    fn pick(&self, back: usize) -> Option<Claim> {
        self.leases.iter().rev().nth(back).cloned()
    }

    fn texts(&mut self, count: usize) -> Vec<String> {
        let first = self.texts;
        self.texts += count;
        (first..self.texts).map(|n| format!("text {n}")).collect()
    }

    /// Whether the verb did what the model expects of this lease.
    fn agree(&mut self, lease: Lease, result: Result<(), StoreError>) -> bool {
        match (self.model.held(lease).is_some(), result) {
            (true, Ok(())) => true,
            (false, Err(StoreError::Gone)) => false,
            (held, result) => panic!("lease {lease:?} held: {held}, but the store said {result:?}"),
        }
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Accept(batch, again) => self.accept(batch, again).await,
            Op::Claim(kind) => self.claim(KINDS[kind]).await,
            Op::Tick(ms) => self.now = self.now.plus_ms(ms),
            Op::Crash => {
                self.bench.crash();
                self.model.crash();
            }
            Op::Migrate(first) => {
                // Only onwards, as Telegram does: -1 to -2, -2 to -3.
                let (from, to) = if first { (-1, -2) } else { (-2, -3) };
                self.bench.migrate_chat(ChatId(from), ChatId(to)).await.unwrap();
                if !self.model.moved.contains(&(from, to)) {
                    self.model.moved.push((from, to));
                }
                for index in 0..self.model.rows.len() {
                    self.model.rows[index].chat = self.model.chat(self.model.rows[index].chat);
                }
            }
            Op::Retry(nth) => self.retry(nth).await,
            Op::Submit(n)
            | Op::Release(n)
            | Op::GiveWay(n)
            | Op::DropReplies(n)
            | Op::Commit(n, _)
            | Op::Forget(n)
            | Op::Defer(n, ..)
            | Op::Delivered(n, ..)
            | Op::Bury(n, _) => {
                if let Some(claim) = self.pick(n) {
                    self.work(op, claim).await;
                }
            }
        }
        self.model.reorder();
        self.compare().await;
    }

    async fn accept(&mut self, batch: Vec<(i64, i64, u8)>, again: bool) {
        self.model.advance(self.now);
        let mut messages = Vec::new();
        let repeats: Vec<i64> = self.model.taken.last().copied().filter(|_| again).into_iter().collect();
        messages.extend(repeats.iter().map(|id| voice(*id, 1, 1)));
        let mut expected = Vec::new();
        for (user, chat, what) in batch {
            self.updates += 1;
            let chat = if chat == 0 { user } else { chat };
            let message = match what {
                0 => voice(self.updates, user, chat),
                1 => command(self.updates, user, chat, "new"),
                2 => command(self.updates, user, chat, "feedback"),
                3 => text(self.updates, user, chat),
                _ => command(self.updates, user, chat, "help"),
            };
            let row = Row {
                seq: self.model.new_seq(),
                user,
                chat: self.model.chat(chat),
                lane: if what < 4 { Lane::Conversation } else { Lane::Local },
                kind: match what {
                    0 => WorkKind::Tutor,
                    3 => WorkKind::Model,
                    _ => WorkKind::Local,
                },
                due: Timestamp::default(),
                attempts: 0,
                submissions: 0,
                submitted: false,
                told: false,
                overtakes: match what {
                    0 => Some(Overtaking::Tutor),
                    1 => Some(Overtaking::Leaving),
                    3 => Some(Overtaking::Model),
                    _ => None,
                },
                waits: false,
                begun: false,
                outbox: Vec::new(),
                lease: None,
            };
            expected.push((self.updates, row.seq));
            self.model.taken.push(self.updates);
            self.model.rows.push(row);
            messages.push(message);
        }
        let accepted = self.bench.accept(messages, policy(), self.now).await.unwrap();
        assert_eq!((accepted.taken, accepted.repeats), (expected, repeats));
    }

    async fn claim(&mut self, kind: WorkKind) {
        self.model.advance(self.now);
        let next = self.model.next(kind, false).or_else(|| self.model.next(kind, true)).unwrap_or_default();
        let claim = match self.bench.claim(kind, self.now).await.unwrap() {
            Claimed::Row(claim) => *claim,
            Claimed::Nothing { due } => {
                assert!(next.is_empty(), "{next:?} should have been claimable");
                assert_eq!(due, self.next_due(kind), "next due of {kind:?}");
                return;
            }
        };
        assert!(next.contains(&claim.lease.seq), "{} was claimed, {next:?} came first", claim.lease.seq);
        let row = self.model.rows.iter_mut().find(|row| row.seq == claim.lease.seq).unwrap();
        row.lease = Some(claim.lease);
        let outbox: Vec<_> = claim.outbox.iter().map(|out| (out.index, words(&out.reply))).collect();
        assert_eq!(outbox, row.outbox);
        assert!(claim.outbox.iter().all(|out| out.reply.chat.0 == row.chat));
        self.leases.push(claim);
    }

    async fn work(&mut self, op: Op, claim: Claim) {
        let (lease, chat, now) = (claim.lease, claim.job.chat.0, self.now);
        let delivering = claim.job.work == WorkKind::Delivery;
        let to_replies = |texts: &[String]| texts.iter().map(|text| reply(chat, text)).collect::<Vec<_>>();
        match op {
            Op::Submit(_) if !delivering => {
                let stage = Stage::Submitted {
                    session: Uuid::max(),
                    baseline: 0,
                    at: now,
                    uncertain_since: None,
                    voice_ms: 0,
                };
                let result = self.bench.submit(lease, stage, vec![Change::VoiceReply(true)]).await;
                if self.agree(lease, result.map(drop)) {
                    let row = self.model.held(lease).unwrap();
                    (row.submitted, row.submissions) = (true, row.submissions + 1);
                }
            }
            Op::Commit(_, count) if !delivering => {
                self.model.advance(now);
                let texts = self.texts(count);
                let outcome = Outcome::reply(to_replies(&texts));
                let result = self.bench.commit(lease, outcome, now).await;
                if self.agree(lease, result) {
                    self.model.answer(lease, &texts);
                    if count == 0 {
                        self.model.remove(lease.seq);
                    }
                }
            }
            Op::Forget(_) if !delivering => {
                self.model.advance(now);
                let texts = self.texts(1);
                let outcome = Outcome { forget: true, ..Outcome::reply(to_replies(&texts)) };
                let result = self.bench.commit(lease, outcome, now).await;
                if self.agree(lease, result) {
                    self.model.answer(lease, &texts);
                    let user = claim.job.user.0;
                    self.model.rows.retain(|row| row.user != user || row.seq >= lease.seq);
                    self.model.dead.retain(|row| row.user != user);
                    assert_eq!(self.bench.learner(UserId(user)).await.unwrap(), None);
                }
            }
            Op::Defer(_, ms, notice) if !delivering => {
                self.model.advance(now);
                let until = now.plus_ms(ms);
                let texts = self.texts(usize::from(notice));
                let notice = to_replies(&texts).pop();
                let down = match claim.job.work {
                    WorkKind::Model => WaitReason::ModelDown,
                    _ => WaitReason::TutorDown,
                };
                let reason = if ms % 4 == 0 { WaitReason::Fault } else { down };
                let (stage, failed) = (Stage::Taken, Some(Failed::Tutor));
                let row_submitted = self.model.held(lease).is_some_and(|row| row.submitted);
                let result = self
                    .bench
                    .defer(
                        lease,
                        Deferral { until, reason, stage, failed, forgive: row_submitted, notice },
                        now,
                    )
                    .await;
                if self.agree(lease, result) {
                    let row = self.model.held(lease).unwrap();
                    // Back to taken: that submission had no effect; a retried letter counts from 0.
                    row.submissions = row.submissions.saturating_sub(u32::from(row.submitted));
                    (row.due, row.lease, row.submitted) = (until, None, false);
                    row.attempts += 1;
                    row.told |= !texts.is_empty();
                    row.waits = row.kind != WorkKind::Local && reason == down && row.told;
                    let mut beside = row.clone();
                    if !texts.is_empty() {
                        deliver(&mut beside, &texts);
                        (beside.seq, beside.lane, beside.submissions) =
                            (self.model.new_seq(), Lane::Local, 0);
                        self.model.rows.push(beside);
                    }
                }
            }
            Op::Delivered(_, fate, ms) if delivering => self.delivered(claim, fate, now.plus_ms(ms)).await,
            Op::DropReplies(_) if delivering => {
                let result = self.bench.drop_replies(lease, vec![Change::Blocked(true)]).await;
                if self.agree(lease, result) {
                    self.model.remove(lease.seq);
                }
            }
            Op::Bury(_, count) => {
                self.model.advance(now);
                let texts = self.texts(count);
                let (reason, replies) = (DeadReason::Other, to_replies(&texts));
                let burial = Burial { reason, detail: "because".to_owned(), replies, ..Burial::default() };
                let result = self.bench.bury(lease, burial, now).await;
                if self.agree(lease, result) {
                    let mut letter = self.model.held(lease).unwrap().clone();
                    letter.lease = None;
                    // A dead-letter notice that cannot be delivered has no notice of its own.
                    let of_notice = self.model.dead.iter().any(|dead| dead.seq == letter.seq);
                    if of_notice {
                        letter.seq = self.model.new_seq();
                    }
                    self.model.dead.push(letter);
                    self.model.answer(lease, &texts);
                    if count == 0 || of_notice {
                        self.model.remove(lease.seq);
                    }
                }
            }
            Op::GiveWay(_) if delivering => {
                let waits = self.model.next(WorkKind::Delivery, false).is_some();
                match (self.model.held(lease), self.bench.give_way(lease).await) {
                    (Some(row), Ok(gave)) => {
                        assert_eq!(gave, row.begun && waits);
                        row.lease = row.lease.filter(|_| !gave);
                    }
                    (None, Err(StoreError::Gone)) => {}
                    (held, result) => panic!("{held:?}, but the store said {result:?}"),
                }
            }
            Op::Release(_) => {
                let result = self.bench.release(lease).await;
                if self.agree(lease, result) {
                    self.model.held(lease).unwrap().lease = None;
                }
            }
            _ => {}
        }
    }

    async fn delivered(&mut self, claim: Claim, fate: u8, until: Timestamp) {
        let lease = claim.lease;
        let next = self.model.held(lease).and_then(|row| row.outbox.first().cloned());
        let index = next.as_ref().map_or(0, |(index, _)| *index);
        let sent = match fate {
            0..=2 => Sent::Done,
            3 => Sent::Later(until, WaitReason::TelegramDown),
            _ => Sent::Unsure(until),
        };
        let result = self.bench.delivered(lease, index, sent.clone()).await;
        if !self.agree(lease, result) {
            return;
        }
        let row = self.model.held(lease).unwrap();
        if sent == Sent::Done {
            row.outbox.remove(0);
            (row.attempts, row.begun) = (0, true);
            if row.outbox.is_empty() {
                self.model.remove(lease.seq);
            }
            let (_, text) = next.unwrap();
            assert!(self.sent.insert(text), "delivered twice");
        } else {
            (row.due, row.lease, row.attempts) = (until, None, row.attempts + 1);
        }
    }

    async fn retry(&mut self, nth: usize) {
        if nth >= self.model.dead.len() {
            return;
        }
        self.model.advance(self.now);
        let mut row = self.model.dead.remove(nth);
        self.bench.retry_dead(row.seq, self.now).await.unwrap();
        row.seq = self.model.new_seq();
        row.chat = self.model.chat(row.chat);
        (row.due, row.attempts, row.submissions, row.told) = (Timestamp::default(), 0, 0, false);
        (row.begun, row.waits) = (false, false);
        row.overtakes = row.overtakes.filter(|kind| *kind != Overtaking::Answer);
        self.model.rows.push(row);
    }
}

fn check(bench: Bench, ops: Vec<Op>) {
    block_on(async {
        let mut run = Run::new(bench);
        run.now = at(0);
        for op in ops {
            run.step(op).await;
        }
        run.drain().await;
    });
}

/// Each case on an empty store of this engine.
fn does_as_the_model(test: &str, engine: Engine, sealed: bool, cases: u32) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&prop::collection::vec(op(), 1..100), |ops| {
        if let Some(bench) = Bench::on(engine, sealed, test) {
            check(bench, ops);
        }
        Ok(())
    });
    if let Err(failed) = result {
        panic!("{failed}");
    }
}

macro_rules! engines {
    ($($name:ident: $engine:ident $sealed:literal, $cases:literal cases;)*) => { $(
        #[test]
        fn $name() {
            let test = concat!(module_path!(), "::", stringify!($name));
            // Without the engine, one word about it is enough.
            let cases = if Engine::$engine.lacks().is_some() { 1 } else { $cases };
            does_as_the_model(test, Engine::$engine, $sealed, cases);
        }
    )* };
}

engines! {
    memory_does_as_the_model: Memory false, 200 cases;
    sealed_memory_does_as_the_model: Memory true, 100 cases;
    sled_does_as_the_model: Sled false, 20 cases;
    sealed_sled_does_as_the_model: Sled true, 10 cases;
    postgres_does_as_the_model: Postgres false, 8 cases;
    sealed_postgres_does_as_the_model: Postgres true, 4 cases;
    redis_does_as_the_model: Redis false, 8 cases;
    sealed_redis_does_as_the_model: Redis true, 4 cases;
}
