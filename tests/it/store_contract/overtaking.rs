//! Messages that leave a conversation go before those that wait for the tutor in it.

use super::{Bench, T0, at, command, replies, reply, text, voice, words};
use phonicflow_bot::domain::{Failed, Lane, Stage, UserId, WaitReason, WorkKind};
use phonicflow_bot::store::{Claim, Deferral, Sent, Store};

const TUTOR: WorkKind = WorkKind::Tutor;
const LOCAL: WorkKind = WorkKind::Local;
const DELIVERY: WorkKind = WorkKind::Delivery;
const MODEL: WorkKind = WorkKind::Model;

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

/// Put off because what answers it is down; `tell`: its learner hears that the answer comes later.
async fn stuck(store: &Store, claim: &Claim, reason: WaitReason, tell: bool) {
    let deferral = Deferral {
        until: at(1000),
        reason,
        stage: Stage::Taken,
        failed: None,
        forgive: false,
        notice: tell.then(|| reply(claim.job.chat.0, "later")),
    };
    store.defer(claim.lease, deferral, T0).await.unwrap();
    if tell {
        let notice = store.claim(DELIVERY, T0).await.unwrap().row().unwrap();
        store.delivered(notice.lease, 0, Sent::Done).await.unwrap();
    }
}

/// Voices and texts go before one another while what answers the other kind is down and its learner knows.
pub async fn what_is_answered_elsewhere_goes_before_what_is_stuck(bench: &mut Bench) {
    for (user, down, up, reason) in
        [(1, TUTOR, MODEL, WaitReason::TutorDown), (2, MODEL, TUTOR, WaitReason::ModelDown)]
    {
        let of = |kind, id| if kind == TUTOR { voice(id, user, user) } else { text(id, user, user) };
        let id = 10 * user;
        let seqs = bench.take(vec![of(down, id), of(down, id + 1), of(up, id + 2), of(up, id + 3)]).await;
        let first = bench.get(down, T0).await;
        bench.none(up, T0).await;
        // Nobody was told yet: it may be over in a moment.
        stuck(bench, &first, reason, false).await;
        bench.none(up, T0).await;
        let first = bench.get(down, at(1000)).await;
        stuck(bench, &first, reason, true).await;
        // Its own kind keeps its order; the other one goes on in its own.
        bench.none(down, T0).await;
        let passing = bench.get(up, T0).await;
        assert_eq!(passing.lease.seq, seqs[2]);
        assert!(bench.begin_progress(passing.lease.seq).await.unwrap(), "a preview may be shown");
        bench.none(up, T0).await;
        // While it is at work, what is due again waits.
        bench.none(down, at(1000)).await;
        bench.commit(passing.lease, replies(user, 1), T0).await.unwrap();
        bench.crash();
        bench.none(up, T0).await;
        let sending = bench.get(DELIVERY, T0).await;
        assert_eq!((sending.lease.seq, sending.job.lane), (seqs[2], Lane::Conversation));
        bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
        let next = bench.get(up, T0).await;
        assert_eq!(next.lease.seq, seqs[3]);
        // Both are down: the way out is still there, and they are taken up in their order.
        let other = if down == TUTOR { WaitReason::ModelDown } else { WaitReason::TutorDown };
        stuck(bench, &next, other, true).await;
        let new = bench.take(vec![command(id + 4, user, user, "new")]).await[0];
        let leaving = bench.get(LOCAL, T0).await;
        assert_eq!(leaving.lease.seq, new);
        bench.commit(leaving.lease, replies(user, 0), T0).await.unwrap();
        assert_eq!(bench.get(down, at(1000)).await.lease.seq, seqs[0]);
        bench.forget(UserId(user), T0).await.unwrap();
    }
}
