//! Claims, leases, deferrals, order and fairness.

use super::{Bench, T0, at, command, policy, replies, reply, sticker, text, voice, words};
use futures_util::FutureExt;
use phonicflow_bot::domain::{
    Change, ChatId, DeadReason, Failed, Job, Lane, Session, Stage, Timestamp, UserId, WaitReason, WorkKind,
};
use phonicflow_bot::store::{Burial, Deferral, Place, Sent, StoreError};
use std::collections::BTreeMap;
use uuid::Uuid;

const TUTOR: WorkKind = WorkKind::Tutor;
const LOCAL: WorkKind = WorkKind::Local;
const DELIVERY: WorkKind = WorkKind::Delivery;

pub fn deferral(until: Timestamp) -> Deferral {
    Deferral {
        until,
        reason: WaitReason::TutorDown,
        stage: Stage::Taken,
        failed: Some(Failed::Tutor),
        forgive: true,
        notice: None,
    }
}

pub fn submitted(session: Uuid) -> Stage {
    Stage::Submitted { session, baseline: 3, at: T0, uncertain_since: None, voice_ms: 4200 }
}

pub async fn each_kind_has_its_rows_and_each_row_one_lease(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, 1), command(2, 2, 2, "help"), command(3, 3, 3, "new")]).await;
    assert_eq!(bench.get(TUTOR, T0).await.lease.seq, seqs[0]);
    bench.none(TUTOR, T0).await;
    let claim = bench.get(LOCAL, T0).await;
    assert_eq!((claim.lease.seq, claim.learner.user), (seqs[1], UserId(2)));
    assert_eq!(bench.get(LOCAL, T0).await.lease.seq, seqs[2]);
    bench.none(LOCAL, T0).await;
    assert_eq!(bench.counts().await.unwrap().leased, 3);
    bench.release(claim.lease).await.unwrap();
    assert!(matches!(bench.release(claim.lease).await, Err(StoreError::Gone)));
    let again = bench.get(LOCAL, T0).await;
    assert_eq!(again.lease.seq, claim.lease.seq);
    assert!(
        matches!(bench.commit(claim.lease, replies(2, 0), T0).await, Err(StoreError::Gone)),
        "an old lease"
    );
    bench.commit(again.lease, replies(2, 0), T0).await.unwrap();
}

pub async fn only_the_oldest_row_of_a_lane_is_worked_on(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, 1), voice(2, 1, 1)]).await;
    let first = bench.get(TUTOR, T0).await;
    bench.none(TUTOR, T0).await;
    bench.defer(first.lease, deferral(at(1000)), T0).await.unwrap();
    bench.none(TUTOR, at(999)).await;
    let first = bench.get(TUTOR, at(1000)).await;
    assert_eq!(first.lease.seq, seqs[0]);
    bench.release(first.lease).await.unwrap();
    let first = bench.get(TUTOR, at(1000)).await;
    assert_eq!(first.lease.seq, seqs[0]);
    bench.commit(first.lease, replies(1, 1), at(1000)).await.unwrap();
    bench.none(TUTOR, at(1000)).await;
    let sending = bench.get(DELIVERY, at(1000)).await;
    bench.none(TUTOR, at(1000)).await;
    bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    assert_eq!(bench.get(TUTOR, at(1000)).await.lease.seq, seqs[1]);
}

pub async fn lanes_do_not_wait_for_one_another(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1), command(2, 1, 1, "status"), command(3, 1, 1, "new")]).await;
    bench.get(TUTOR, T0).await;
    assert_eq!(bench.get(LOCAL, T0).await.job.lane, Lane::Local);
    bench.none(LOCAL, T0).await;
}

pub async fn a_learner_has_one_conversation_at_a_time(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, 1), voice(2, 1, -7), voice(3, 2, -7), sticker(4, 1, -7)]).await;
    let first = bench.get(TUTOR, T0).await;
    bench.none(TUTOR, T0).await;
    bench.get(LOCAL, T0).await;
    bench.crash();
    let again = bench.get(TUTOR, T0).await;
    assert_eq!(again.lease.seq, first.lease.seq);
    bench.none(TUTOR, T0).await;
    bench.commit(again.lease, replies(1, 0), T0).await.unwrap();
    assert_eq!(bench.get(TUTOR, T0).await.lease.seq, seqs[1]);
    bench.none(TUTOR, T0).await;
}

pub async fn a_group_is_answered_in_order(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, -7), voice(2, 2, -7), voice(3, 2, 2)]).await;
    for seq in seqs {
        let claim = bench.get(TUTOR, T0).await;
        assert_eq!(claim.lease.seq, seq, "learner 2's private voice waits for the older one in the group");
        bench.none(TUTOR, T0).await;
        bench.commit(claim.lease, replies(-7, 0), T0).await.unwrap();
    }
}

pub async fn a_newcomer_goes_before_the_second_message(bench: &mut Bench) {
    let many = bench.take((1..=10).map(|id| voice(id, 1, 1)).collect()).await;
    let second = bench.take(vec![voice(11, 2, 2)]).await[0];
    let first = bench.get(TUTOR, T0).await;
    assert_eq!(first.lease.seq, many[0]);
    let third = bench.take(vec![voice(12, 3, 3)]).await[0];
    bench.commit(first.lease, replies(1, 0), T0).await.unwrap();
    for expected in [second, third, many[1]] {
        assert_eq!(bench.get(TUTOR, T0).await.lease.seq, expected);
    }
    bench.none(TUTOR, T0).await;
}

pub async fn longest_due_goes_first(bench: &mut Bench) {
    let seqs = bench.take((1..=3).map(|id| voice(id, id, id)).collect()).await;
    for until in [at(300), at(100), at(200)] {
        let claim = bench.get(TUTOR, T0).await;
        bench.defer(claim.lease, deferral(until), T0).await.unwrap();
    }
    // Accepted at 250, after two of the three were due and before the third.
    let newcomer = bench.accept(vec![voice(4, 4, 4)], policy(), at(250)).await.unwrap().taken[0].1;
    for expected in [seqs[1], seqs[2], newcomer] {
        assert_eq!(bench.get(TUTOR, at(250)).await.lease.seq, expected);
    }
    assert_eq!(bench.due(TUTOR, at(250)).await, Some(at(300)));
    assert_eq!(bench.get(TUTOR, at(400)).await.lease.seq, seqs[0]);
    assert_eq!(bench.due(TUTOR, at(400)).await, None);
}

pub async fn bells_ring(bench: &mut Bench) {
    assert!(!bench.rang(TUTOR));
    bench.take(vec![voice(1, 1, 1), voice(2, 1, 1), voice(3, 2, 2)]).await;
    assert!(bench.rang(TUTOR) && !bench.rang(LOCAL) && !bench.rang(DELIVERY));
    let first = bench.get(TUTOR, T0).await;
    assert!(bench.rang(TUTOR), "who takes one of several rows calls the next worker");
    let other = bench.get(TUTOR, T0).await;
    assert!(!bench.rang(TUTOR), "nothing is left");
    bench.release(other.lease).await.unwrap();
    assert!(bench.rang(TUTOR), "released");
    let other = bench.get(TUTOR, T0).await;
    bench.defer(other.lease, deferral(at(50)), T0).await.unwrap();
    assert!(bench.rang(TUTOR), "whoever sleeps until the next due time has to think again");
    bench.commit(first.lease, replies(1, 1), T0).await.unwrap();
    assert!(bench.rang(DELIVERY) && !bench.rang(TUTOR));
    let sending = bench.get(DELIVERY, T0).await;
    bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    assert!(bench.rang(TUTOR), "the next of the lane has moved up");
    let second = bench.get(TUTOR, T0).await;
    bench
        .bury(
            second.lease,
            Burial {
                reason: DeadReason::Other,
                detail: "tired".to_owned(),
                stage: None,
                replies: vec![reply(1, "sorry")],
            },
            T0,
        )
        .await
        .unwrap();
    assert!(bench.rang(DELIVERY));
    bench.retry_dead(second.lease.seq, T0).await.unwrap();
    assert!(!bench.rang(TUTOR), "it waits for the dead-letter notice");
    let sending = bench.get(DELIVERY, T0).await;
    bench.drop_replies(sending.lease, Vec::new()).await.unwrap();
    assert!(bench.rang(TUTOR));
    bench.crash();
    let bell = bench.wakeup(TUTOR);
    let rung = tokio::time::timeout(std::time::Duration::from_secs(60), bell.notified()).await;
    rung.expect("what was there before the restart, before anybody asks");
}

pub async fn a_submission_is_remembered(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1)]).await;
    let claim = bench.get(TUTOR, T0).await;
    let session = Session::open(Uuid::from_u128(7), UserId(1), T0);
    let learner = bench
        .submit(claim.lease, submitted(session.id), vec![Change::SessionOpened(session.clone())])
        .await
        .unwrap();
    assert_eq!(learner.session.as_ref(), Some(&session));
    bench.crash();
    assert!(matches!(bench.commit(claim.lease, replies(1, 1), T0).await, Err(StoreError::Gone)));
    let claim = bench.get(TUTOR, T0).await;
    assert_eq!((claim.job.stage.clone(), claim.job.submissions), (submitted(session.id), 1));
    assert_eq!(claim.learner, learner);
    bench.submit(claim.lease, submitted(session.id), Vec::new()).await.unwrap();
    bench.release(claim.lease).await.unwrap();
    assert_eq!(bench.get(TUTOR, T0).await.job.submissions, 2);
}

pub async fn leases_end_with_a_crash(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1), sticker(2, 2, 2)]).await;
    let tutor = bench.get(TUTOR, T0).await;
    let local = bench.get(LOCAL, T0).await;
    bench.commit(local.lease, replies(2, 1), T0).await.unwrap();
    let sending = bench.get(DELIVERY, T0).await;
    bench.crash();
    assert_eq!(bench.counts().await.unwrap().leased, 0);
    for lease in [tutor.lease, sending.lease] {
        assert!(matches!(bench.release(lease).await, Err(StoreError::Gone)));
    }
    assert_eq!(bench.get(TUTOR, T0).await.lease.seq, tutor.lease.seq);
    assert!(
        matches!(bench.release(tutor.lease).await, Err(StoreError::Gone)),
        "an old lease fits no new one"
    );
    assert_eq!(bench.get(DELIVERY, T0).await.outbox, sending.outbox);
}

pub async fn a_deferred_row_waits(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1)]).await;
    let stage = submitted(Uuid::from_u128(3));
    let claim = bench.get(TUTOR, T0).await;
    let patient = Deferral { stage: stage.clone(), failed: None, ..deferral(at(10)) };
    bench.defer(claim.lease, patient, T0).await.unwrap();
    assert!(matches!(bench.defer(claim.lease, deferral(at(10)), T0).await, Err(StoreError::Gone)));
    let claim = bench.get(TUTOR, at(10)).await;
    assert_eq!((claim.job.failures(), claim.job.waiting_since, &claim.job.stage), (0, Some(T0), &stage));
    for attempt in 1..4 {
        let now = at(attempt * 100);
        let claim = if attempt == 1 { claim.clone() } else { bench.get(TUTOR, now).await };
        bench.defer(claim.lease, deferral(now.plus_ms(100)), now).await.unwrap();
        bench.crash();
        let job = &bench.jobs(None, 1).await.unwrap()[0];
        assert_eq!(i64::from(job.tutor_failures), attempt);
        assert_eq!((job.waiting_since, job.not_before), (Some(T0), now.plus_ms(100)));
        assert_eq!((job.waiting_for, &job.stage), (Some(WaitReason::TutorDown), &Stage::Taken));
        assert_eq!(bench.due(TUTOR, now).await, Some(now.plus_ms(100)));
    }
}

pub async fn each_failure_has_a_count_of_its_own(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1)]).await;
    let four = [Failed::Tutor, Failed::Download, Failed::Membership, Failed::Fault];
    for (failed, times) in four.into_iter().zip(1..) {
        for _ in 0..times {
            let claim = bench.get(TUTOR, at(500)).await;
            let until = Deferral { failed: Some(failed), ..deferral(at(500)) };
            bench.defer(claim.lease, until, at(500)).await.unwrap();
        }
    }
    let claim = bench.get(TUTOR, at(500)).await;
    let job = &claim.job;
    let counts = [job.tutor_failures, job.download_failures, job.membership_failures, job.faults];
    assert_eq!((counts, job.failures()), ([1, 2, 3, 4], 10));
    // What it waited for before has come: the patience with what it waits for now begins now.
    assert_eq!(job.waiting_since, Some(at(500)));
    let telegram = Deferral { reason: WaitReason::TelegramDown, ..deferral(at(900)) };
    bench.defer(claim.lease, telegram, at(800)).await.unwrap();
    let claim = bench.get(TUTOR, at(900)).await;
    assert_eq!(claim.job.waiting_since, Some(at(800)));
}

fn in_hands(seqs: &[u64]) -> BTreeMap<u64, WorkKind> {
    seqs.iter().map(|seq| (*seq, TUTOR)).collect()
}

pub async fn ends_of_the_daemon_are_counted_for_what_was_in_hands(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, 1), voice(2, 2, 2), voice(3, 3, 3)]).await;
    assert_eq!(
        bench.note_deaths(in_hands(&[seqs[0], seqs[1], 999])).await.unwrap(),
        [(seqs[0], 1), (seqs[1], 1)]
    );
    bench.crash();
    assert_eq!(bench.note_deaths(in_hands(&[seqs[0], seqs[2]])).await.unwrap(), [(seqs[0], 2), (seqs[2], 1)]);
    // Looking for a lost answer clears nobody; being done with does.
    let looking = Deferral { reason: WaitReason::TutorUncertain, ..deferral(T0) };
    let claim = bench.get(TUTOR, T0).await;
    bench.defer(claim.lease, looking, T0).await.unwrap();
    let deaths = |jobs: Vec<Job>| jobs.iter().map(|job| job.deaths).collect::<Vec<_>>();
    assert_eq!(deaths(bench.jobs(None, 9).await.unwrap()), [2, 0, 1]);
    for _ in 0..3 {
        let claim = bench.get(TUTOR, T0).await;
        bench.defer(claim.lease, deferral(at(9)), T0).await.unwrap();
    }
    assert_eq!(deaths(bench.jobs(None, 9).await.unwrap()), [0, 0, 0]);
    bench.note_deaths(in_hands(&seqs)).await.unwrap();
    let elsewhere = seqs.iter().map(|seq| (*seq, DELIVERY)).collect();
    assert_eq!(bench.note_deaths(elsewhere).await.unwrap(), [], "they were at other work");
    bench.note_deaths(in_hands(&seqs)).await.unwrap();
    assert_eq!(bench.note_deaths(in_hands(&[])).await.unwrap(), []);
    assert_eq!(deaths(bench.jobs(None, 9).await.unwrap()), [0, 0, 0], "the daemon ended without them");
}

pub async fn a_notice_goes_out_beside_the_row(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1)]).await;
    let claim = bench.get(TUTOR, T0).await;
    let told = Deferral { notice: Some(reply(1, "later")), ..deferral(at(1000)) };
    bench.defer(claim.lease, told, T0).await.unwrap();
    bench.crash();
    let sending = bench.get(DELIVERY, T0).await;
    assert_eq!(words(&sending.outbox[0].reply), "later");
    assert!(sending.job.seq > claim.job.seq && sending.job.lane == Lane::Local);
    bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    let claim = bench.get(TUTOR, at(1000)).await;
    assert!(claim.job.told_late);
    assert_eq!(bench.counts().await.unwrap().inbox, 1);
}

pub async fn a_claim_nobody_took_is_claimable_again(bench: &mut Bench) {
    let seq = bench.take(vec![voice(1, 1, 1)]).await[0];
    let mut asked = Box::pin(bench.claim(TUTOR, T0));
    while let Some(answered) = (&mut asked).now_or_never() {
        // The store's thread was quicker than we: once more.
        bench.release(answered.unwrap().row().unwrap().lease).await.unwrap();
        asked = Box::pin(bench.claim(TUTOR, T0));
    }
    // The claim is on its way; its caller is cancelled before it hears of it.
    bench.counts().await.unwrap();
    drop(asked);
    assert_eq!(bench.get(TUTOR, T0).await.lease.seq, seq);
}

pub async fn the_place_in_the_queue(bench: &mut Bench) {
    let place = |own, ahead| Place { own, ahead };
    let users = [(1, 1), (2, 2), (2, 2), (3, -7), (4, -7)];
    bench.take((10..).zip(users).map(|(id, (user, chat))| voice(id, user, chat)).collect()).await;
    bench.take(vec![sticker(1, 5, 5)]).await;
    for (user, expected) in
        [(1, place(1, 0)), (2, place(2, 1)), (3, place(1, 2)), (4, place(1, 3)), (5, place(0, 0))]
    {
        assert_eq!(bench.place(UserId(user)).await.unwrap(), expected, "learner {user}");
    }
    let first = bench.get(TUTOR, T0).await;
    assert_eq!(bench.place(UserId(1)).await.unwrap(), place(1, 0), "at work");
    assert_eq!(bench.place(UserId(2)).await.unwrap(), place(2, 1), "next, behind the one at work");
    bench.defer(first.lease, deferral(at(60)), T0).await.unwrap();
    assert_eq!(bench.place(UserId(1)).await.unwrap(), place(1, 2), "put off behind the others");
    bench.migrate_chat(ChatId(-7), ChatId(-8)).await.unwrap();
    assert_eq!(bench.place(UserId(3)).await.unwrap(), place(1, 1));
}

pub async fn the_oldest_row_says_since_when_its_kind_waits(bench: &mut Bench) {
    let kinds = [TUTOR, WorkKind::Model, LOCAL];
    assert_eq!(bench.oldest(kinds).await.unwrap(), [None; 3]);
    for (ms, sent) in [(0, voice(1, 1, 1)), (5, text(2, 2, 2)), (10, voice(3, 3, 3)), (20, voice(4, 1, 1))] {
        bench.accept(vec![sent], policy(), at(ms)).await.unwrap();
    }
    assert_eq!(bench.oldest(kinds).await.unwrap(), [Some(T0), Some(at(5)), None]);
    let first = bench.get(TUTOR, at(30)).await;
    bench.defer(first.lease, deferral(at(900)), at(40)).await.unwrap();
    let second = bench.get(TUTOR, at(50)).await;
    assert_eq!(bench.oldest([TUTOR]).await.unwrap(), [Some(T0)], "put off, it waits on");
    bench.commit(second.lease, replies(3, 1), at(60)).await.unwrap();
    bench.crash();
    assert_eq!(bench.oldest([TUTOR, DELIVERY]).await.unwrap(), [Some(T0), Some(at(10))]);
    let first = bench.get(TUTOR, at(900)).await;
    bench.commit(first.lease, replies(1, 0), at(900)).await.unwrap();
    assert_eq!(bench.oldest(kinds).await.unwrap(), [Some(at(20)), Some(at(5)), None]);
}
