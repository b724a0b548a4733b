//! Messages that leave a conversation go before those that wait for the tutor in it.

use super::{Bench, T0, at, command, replies, voice, words};
use phonicflow_bot::domain::{Failed, Stage, WaitReason, WorkKind};
use phonicflow_bot::store::{Claim, Deferral, Sent, Store};

const TUTOR: WorkKind = WorkKind::Tutor;
const LOCAL: WorkKind = WorkKind::Local;
const DELIVERY: WorkKind = WorkKind::Delivery;

async fn put_off(store: &Store, claim: &Claim, reason: WaitReason) {
    let deferral = Deferral {
        until: at(1000),
        reason,
        stage: Stage::Taken,
        failed: Some(Failed::Tutor),
        forgive: true,
        notice: None,
    };
    store.defer(claim.lease, deferral, T0).await.unwrap();
}

pub async fn what_leaves_a_conversation_goes_before_what_waits_for_the_tutor(bench: &mut Bench) {
    let reasons = [WaitReason::TutorDown, WaitReason::TutorUncertain, WaitReason::TutorFailing];
    for (n, (reason, name)) in (1..).zip(reasons.into_iter().zip(["new", "reset", "delete"])) {
        // Also in another chat of the learner, and behind what waits behind the voice.
        let (user, elsewhere) = (n, -n);
        bench.take(vec![voice(10 * n, user, user), voice(10 * n + 1, user, user)]).await;
        let first = bench.get(TUTOR, T0).await;
        bench.take(vec![command(10 * n + 2, user, user, "feedback")]).await;
        let seqs =
            bench.take(vec![command(10 * n + 3, user, elsewhere, name), voice(10 * n + 4, user, user)]);
        let leaving = seqs.await[0];
        bench.none(LOCAL, T0).await;
        put_off(&**bench, &first, reason).await;
        let claim = bench.get(LOCAL, T0).await;
        assert_eq!(claim.lease.seq, leaving, "{name}");
        bench.commit(claim.lease, replies(elsewhere, 1), T0).await.unwrap();
        // Its answer goes out beside the others, after a crash as well.
        bench.crash();
        let sending = bench.get(DELIVERY, T0).await;
        assert_eq!((sending.lease.seq, words(&sending.outbox[0].reply)), (leaving, "reply 0".to_owned()));
        bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
        bench.none(LOCAL, T0).await;
        bench.none(TUTOR, T0).await;
    }
    assert_eq!(bench.due(TUTOR, T0).await, Some(at(1000)));
}

pub async fn it_waits_for_what_is_at_work_or_waits_for_anything_else(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1), command(2, 1, 1, "new"), command(3, 1, 1, "delete")]).await;
    bench.none(LOCAL, T0).await;
    let mut claim = bench.get(TUTOR, T0).await;
    for reason in [WaitReason::TelegramDown, WaitReason::Fault, WaitReason::GlobalRate] {
        put_off(&**bench, &claim, reason).await;
        bench.none(LOCAL, T0).await;
        claim = bench.get(TUTOR, at(1000)).await;
    }
    put_off(&**bench, &claim, WaitReason::TutorDown).await;
    // Due and not yet taken up it is stuck as before; at work it is waited for.
    claim = bench.get(TUTOR, at(1000)).await;
    bench.none(LOCAL, at(1000)).await;
    bench.release(claim.lease).await.unwrap();
    let new = bench.get(LOCAL, at(1000)).await;
    // Those of its kind keep their order.
    bench.none(LOCAL, at(1000)).await;
    bench.commit(new.lease, replies(1, 1), at(1000)).await.unwrap();
    bench.get(LOCAL, at(1000)).await;
}

pub async fn nothing_of_the_conversation_is_worked_on_beside_it(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1), command(2, 1, 1, "new")]).await;
    let claim = bench.get(TUTOR, T0).await;
    put_off(&**bench, &claim, WaitReason::TutorUncertain).await;
    let new = bench.get(LOCAL, T0).await;
    bench.none(TUTOR, at(1000)).await;
    bench.release(new.lease).await.unwrap();
    // The tutor's worker was quicker this time.
    let voice = bench.get(TUTOR, at(1000)).await;
    bench.none(LOCAL, at(1000)).await;
    bench.commit(voice.lease, replies(1, 1), at(1000)).await.unwrap();
    bench.none(LOCAL, at(1000)).await;
    let sending = bench.get(DELIVERY, at(1000)).await;
    bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    assert_eq!(bench.get(LOCAL, at(1000)).await.lease.seq, new.lease.seq);
}
