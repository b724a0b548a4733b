//! Messages that leave a conversation go before those that wait for the tutor in it.

use super::{Bench, T0, at, command, replies, reply, text, voice, words};
use phonicflow_bot::domain::{
    Change, ChatId, DeadReason, Failed, Lane, Outcome, Session, Stage, UserId, WaitReason, WorkKind,
};
use phonicflow_bot::store::{Burial, Claim, Deferral, Sent};
use uuid::Uuid;

const TUTOR: WorkKind = WorkKind::Tutor;
const LOCAL: WorkKind = WorkKind::Local;
const DELIVERY: WorkKind = WorkKind::Delivery;
const MODEL: WorkKind = WorkKind::Model;

fn deferral(reason: WaitReason) -> Deferral {
    let (stage, failed) = (Stage::Taken, Some(Failed::Tutor));
    Deferral { until: at(1000), reason, stage, failed, forgive: true, notice: None }
}

/// Puts a row off; its learner is told and has read it.
async fn put_off(bench: &Bench, claim: &Claim, reason: WaitReason) {
    let ChatId(chat) = claim.job.chat;
    let notice = Some(reply(chat, "The answer comes later."));
    bench.defer(claim.lease, Deferral { notice, ..deferral(reason) }, T0).await.unwrap();
    let notice = bench.get(DELIVERY, T0).await;
    bench.delivered(notice.lease, 0, Sent::Done).await.unwrap();
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
        put_off(bench, &first, reason).await;
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
        put_off(bench, &claim, reason).await;
        bench.none(LOCAL, T0).await;
        claim = bench.get(TUTOR, at(1000)).await;
    }
    put_off(bench, &claim, WaitReason::TutorDown).await;
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
    put_off(bench, &claim, WaitReason::TutorUncertain).await;
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
        bench.defer(first.lease, deferral(reason), T0).await.unwrap();
        bench.none(up, T0).await;
        let first = bench.get(down, at(1000)).await;
        put_off(bench, &first, reason).await;
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
        put_off(bench, &next, other).await;
        let new = bench.take(vec![command(id + 4, user, user, "new")]).await[0];
        let leaving = bench.get(LOCAL, T0).await;
        assert_eq!(leaving.lease.seq, new);
        bench.commit(leaving.lease, replies(user, 0), T0).await.unwrap();
        assert_eq!(bench.get(down, at(1000)).await.lease.seq, seqs[0]);
        bench.forget(UserId(user), T0).await.unwrap();
    }
}

pub async fn it_waits_until_the_learner_knows_that_the_answer_comes_later(bench: &mut Bench) {
    for (n, reason) in [WaitReason::TutorDown, WaitReason::TutorUncertain].into_iter().enumerate() {
        let user = 1 + n as i64;
        let seqs = bench.take(vec![voice(10 * user, user, user), command(10 * user + 1, user, user, "new")]);
        let new = seqs.await[1];
        let claim = bench.get(TUTOR, T0).await;
        bench.defer(claim.lease, deferral(reason), T0).await.unwrap();
        bench.none(LOCAL, T0).await;
        bench.crash();
        bench.none(LOCAL, at(1000)).await;
        let claim = bench.get(TUTOR, at(1000)).await;
        put_off(bench, &claim, reason).await;
        let overtaking = bench.get(LOCAL, at(1000)).await;
        assert_eq!(overtaking.lease.seq, new, "{reason:?}");
        bench.commit(overtaking.lease, Outcome::default(), at(1000)).await.unwrap();
        let claim = bench.get(TUTOR, at(1000)).await;
        bench.commit(claim.lease, Outcome::default(), at(1000)).await.unwrap();
    }
}

/// How the look at a conversation ends.
const ENDS: [&str; 6] =
    ["answered", "taken again", "submitted in the new one", "given up", "dropped", "open"];

pub async fn a_conversation_that_was_left_is_forgotten_when_nobody_looks_at_it_any_more(bench: &mut Bench) {
    for (n, end) in (1..).zip(ENDS) {
        let session = |id: u128| Session::open(Uuid::from_u128(10 * n as u128 + id), UserId(n), T0);
        let (old, new) = (session(1), session(2));
        let submitted = |session: &Session| Stage::Submitted {
            session: session.id,
            baseline: 0,
            at: T0,
            uncertain_since: None,
            voice_ms: 1,
        };
        let purges = async |bench: &Bench| -> Vec<Uuid> {
            bench.purges(at(9_000), 9).await.unwrap().iter().map(|purge| purge.session).collect()
        };
        bench.take(vec![voice(10 * n, n, n), command(10 * n + 1, n, n, "new")]).await;
        let claim = bench.get(TUTOR, T0).await;
        let opened = vec![Change::SessionOpened(old.clone())];
        bench.submit(claim.lease, submitted(&old), opened).await.unwrap();
        let look = || Deferral { stage: submitted(&old), ..deferral(WaitReason::TutorUncertain) };
        let notice = Some(reply(n, "The answer comes later."));
        bench.defer(claim.lease, Deferral { notice, ..look() }, T0).await.unwrap();
        let told = bench.get(DELIVERY, T0).await;
        bench.delivered(told.lease, 0, Sent::Done).await.unwrap();
        if end != "open" {
            let leaving = bench.get(LOCAL, T0).await;
            let changes = vec![Change::SessionOpened(new.clone())];
            let outcome = Outcome { changes, purge: vec![old.id], ..Outcome::default() };
            bench.commit(leaving.lease, outcome, T0).await.unwrap();
        }
        bench.crash();
        let claim = bench.get(TUTOR, at(1000)).await;
        bench.defer(claim.lease, look(), T0).await.unwrap();
        assert!(purges(bench).await.is_empty(), "{end}: it is still looked at");
        if end == "dropped" {
            bench.drop_job(claim.lease.seq, Vec::new()).await.unwrap();
        } else {
            let lease = bench.get(TUTOR, at(1000)).await.lease;
            match end {
                "taken again" => bench.defer(lease, deferral(WaitReason::TutorDown), T0).await.unwrap(),
                "submitted in the new one" => {
                    bench.submit(lease, submitted(&new), Vec::new()).await.unwrap();
                }
                "given up" => {
                    let burial = Burial { reason: DeadReason::Other, ..Burial::default() };
                    bench.bury(lease, burial, T0).await.unwrap();
                }
                _ => bench.commit(lease, Outcome::default(), T0).await.unwrap(),
            }
        }
        let expected = if end == "open" { Vec::new() } else { vec![old.id] };
        assert_eq!(purges(bench).await, expected, "{end}");
        bench.purged(old.id, None).await.unwrap();
        bench.forget(UserId(n), at(2000)).await.unwrap();
        for session in purges(bench).await {
            bench.purged(session, None).await.unwrap();
        }
    }
}
