//! Accepting messages: repeats, rate limits, numbers.

use super::{Bench, T0, at, command, message, policy, sticker, voice};
use phonicflow_bot::domain::rate::PerMinute;
use phonicflow_bot::domain::{
    Admission, Body, Lane, Learner, Outcome, Task, Timestamp, UserId, WaitReason, WorkKind,
};
use phonicflow_bot::store::{AcceptPolicy, Accepted, WaitingEach};

pub async fn rows_survive_a_crash_in_order(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(50, 1, 1), voice(49, 2, 2), command(60, 1, 1, "help")]).await;
    assert!(seqs.is_sorted_by(|a, b| a < b));
    let before = bench.jobs(None, 10).await.unwrap();
    bench.crash();
    let after = bench.jobs(None, 10).await.unwrap();
    assert_eq!(before, after);
    assert_eq!(after.iter().map(|job| job.seq).collect::<Vec<_>>(), seqs);
    assert_eq!(bench.jobs(Some(seqs[0]), 1).await.unwrap()[0].seq, seqs[1]);
    assert_eq!(
        bench.get(WorkKind::Tutor, T0).await.job.task,
        Task::Handle(voice(50, 1, 1), Admission::Admitted)
    );
}

pub async fn repeats_are_told(bench: &mut Bench) {
    let accepted = bench.accept(vec![voice(5, 1, 1), voice(5, 1, 1)], policy(), T0).await.unwrap();
    assert_eq!((accepted.taken.len(), &accepted.repeats[..]), (1, &[5][..]));
    bench.crash();
    let accepted = bench.accept(vec![voice(4, 1, 1), voice(5, 1, 1)], policy(), T0).await.unwrap();
    assert_eq!((accepted.taken[0].0, &accepted.repeats[..]), (4, &[5][..]));
    assert_eq!(bench.counts().await.unwrap().inbox, 2);
}

pub async fn the_oldest_update_ids_are_forgotten(bench: &mut Bench) {
    let presence = |id: i64| message(id, 1, 1, Body::Blocked(true));
    for thousand in 0..9 {
        let batch = (0..1000).map(|n| presence(thousand * 1000 + n)).collect();
        bench.accept(batch, policy(), T0).await.unwrap();
    }
    bench.crash();
    // 8,192 of the 9,000 are kept: 808 is the oldest.
    let accepted = bench
        .accept(vec![voice(808, 1, 1), voice(8999, 1, 1), voice(807, 1, 1)], policy(), T0)
        .await
        .unwrap();
    assert_eq!(accepted.repeats, [808, 8999]);
    assert_eq!(accepted.taken[0].0, 807);
    let accepted = bench.accept(vec![voice(808, 1, 1)], policy(), T0).await.unwrap();
    assert_eq!(accepted.taken[0].0, 808, "taking 807 pushed out 808");
    bench.crash();
    let again = [807, 808, 8192, 8193, 8999];
    let batch = again.iter().map(|id| voice(*id, 1, 1)).collect();
    assert_eq!(bench.accept(batch, policy(), T0).await.unwrap().repeats, again);
}

pub async fn the_rate_is_judged_by_date_and_survives_a_restart(bench: &mut Bench) {
    let policy = AcceptPolicy { per_user: Some(PerMinute(2)), global: None, ..policy() };
    let dated = |id, date| phonicflow_bot::domain::Incoming { date, ..voice(id, 1, 1) };
    let batch =
        vec![dated(1, T0), dated(2, T0), dated(3, at(1)), dated(4, T0), dated(5, at(30_001)), voice(6, 2, 2)];
    let accepted = bench.accept(batch, policy, at(90_000)).await.unwrap();
    assert_eq!(accepted.taken.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2, 5, 6]);
    assert_eq!(accepted.limited, [3, 4]);
    let jobs = bench.jobs(None, 10).await.unwrap();
    assert_eq!(jobs.len(), 5, "one notice row for the two refused");
    let notice = jobs.iter().find(|job| job.work == WorkKind::Local).unwrap();
    assert_eq!(notice.task, Task::Handle(dated(3, at(1)), Admission::RateLimited { wait_secs: 30 }));
    assert_eq!(notice.lane, Lane::Local);
    let rate = bench.rate(UserId(1)).await.unwrap();
    assert_ne!(rate, bench.rate(UserId(9)).await.unwrap());
    bench.crash();
    assert_eq!(bench.rate(UserId(1)).await.unwrap(), rate);
    let accepted = bench.accept(vec![dated(7, at(30_002))], policy, at(90_000)).await.unwrap();
    assert_eq!(accepted, Accepted { limited: vec![7], ..Accepted::default() });
    assert_eq!(bench.counts().await.unwrap().inbox, 5, "the second notice within a minute is left out");
    assert_eq!(bench.accept(vec![dated(7, T0)], policy, T0).await.unwrap().repeats, [7]);
}

pub async fn buttons_do_not_use_up_the_rate(bench: &mut Bench) {
    let policy = AcceptPolicy { per_user: Some(PerMinute(1)), global: Some(PerMinute(1)), ..policy() };
    let press = |id: i64| message(id, 1, 1, Body::Callback { id: id.to_string(), data: "x".to_owned() });
    let accepted = bench.accept((1..20).map(press).collect(), policy, T0).await.unwrap();
    assert_eq!(accepted.taken.len(), 19);
    assert!(bench.jobs(None, 50).await.unwrap().iter().all(|job| job.not_before <= T0));
}

pub async fn beyond_the_limit_on_all_messages_wait(bench: &mut Bench) {
    let policy = AcceptPolicy { per_user: None, global: Some(PerMinute(60)), ..policy() };
    let batch = (1..=61).map(|id| voice(id, id, id)).collect();
    assert_eq!(bench.accept(batch, policy, T0).await.unwrap().taken.len(), 61);
    bench.crash();
    bench.accept(vec![voice(62, 62, 62)], policy, T0).await.unwrap();
    for _ in 0..60 {
        bench.get(WorkKind::Tutor, T0).await;
    }
    assert_eq!(bench.due(WorkKind::Tutor, T0).await, Some(at(1000)));
    bench.none(WorkKind::Tutor, at(999)).await;
    let late = bench.get(WorkKind::Tutor, at(1000)).await.job;
    assert_eq!((late.user, late.waiting_for), (UserId(61), Some(WaitReason::GlobalRate)));
    assert_eq!(bench.due(WorkKind::Tutor, at(1000)).await, Some(at(2000)), "the state survived the restart");
    bench.accept(vec![voice(63, 63, 63)], policy, at(1000)).await.unwrap();
    let last = &bench.jobs(Some(62), 1).await.unwrap()[0];
    assert_eq!((last.user, last.not_before), (UserId(63), at(3000)));
}

pub async fn presence_changes_only_the_learner(bench: &mut Bench) {
    let policy = super::policy();
    let presence = |id: i64, blocked| message(id, 1, 1, Body::Blocked(blocked));
    bench.accept(vec![presence(1, true)], policy, T0).await.unwrap();
    assert_eq!(bench.learner(UserId(1)).await.unwrap(), None, "nobody we know");
    let mut first = sticker(2, 1, 1);
    first.client_language = Some("pt-BR".to_owned());
    bench.take(vec![first]).await;
    let expected = Learner { client_language: Some("pt-BR".to_owned()), ..Learner::new(UserId(1), T0) };
    assert_eq!(bench.learner(UserId(1)).await.unwrap(), Some(expected.clone()));
    let accepted = bench.accept(vec![presence(3, true)], policy, T0).await.unwrap();
    assert_eq!(accepted, Accepted::default());
    bench.crash();
    assert!(bench.learner(UserId(1)).await.unwrap().unwrap().blocked);
    assert_eq!(bench.counts().await.unwrap().inbox, 1);
    bench.accept(vec![sticker(4, 1, 1)], policy, at(5)).await.unwrap();
    assert_eq!(bench.learner(UserId(1)).await.unwrap(), Some(expected), "unblocked, nothing else lost");
}

pub async fn a_number_is_never_given_twice(bench: &mut Bench) {
    let mut last = 0;
    for id in 1..5 {
        let seq = bench.take(vec![sticker(id, 1, 1)]).await[0];
        assert!(seq > last);
        last = seq;
        let claim = bench.get(WorkKind::Local, Timestamp(i64::MAX)).await;
        bench.commit(claim.lease, super::replies(1, 0), T0).await.unwrap();
        assert_eq!(bench.counts().await.unwrap().inbox, 0);
        bench.crash();
    }
}

pub async fn nobody_fills_the_inbox_alone(bench: &mut Bench) {
    let each = WaitingEach { messages: 3, commands_beside: 2 };
    let policy = AcceptPolicy { waiting_each: Some(each), ..policy() };
    let mut batch: Vec<_> = (1..=5).map(|id| voice(id, 1, 1)).collect();
    batch.push(voice(6, 2, 2));
    let accepted = bench.accept(batch, policy, T0).await.unwrap();
    let taken = |accepted: &Accepted| accepted.taken.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!((taken(&accepted), &accepted.crowded[..]), (vec![1, 2, 3, 6], &[4, 5][..]));
    let jobs = bench.jobs(None, 10).await.unwrap();
    let notices = jobs.iter().filter(|job| matches!(job.task, Task::Handle(_, Admission::Crowded)));
    let notices: Vec<_> = notices.map(|job| (job.update_id(), job.lane, job.work)).collect();
    assert_eq!(notices, [(Some(4), Lane::Local, WorkKind::Local)], "one notice, at once");
    bench.crash();
    // Its notice counts as well: one command is taken beside.
    let batch = vec![voice(7, 1, 1), command(8, 1, 1, "help"), command(9, 1, 1, "help")];
    let accepted = bench.accept(batch, policy, at(59_999)).await.unwrap();
    assert_eq!((taken(&accepted), &accepted.crowded[..]), (vec![8], &[7, 9][..]));
    assert_eq!(bench.jobs(None, 10).await.unwrap().len(), 6, "told within the minute");
    let claim = bench.get(WorkKind::Tutor, at(60_000)).await;
    bench.commit(claim.lease, Outcome::default(), at(60_000)).await.unwrap();
    for _ in 0..2 {
        let claim = bench.get(WorkKind::Local, at(60_000)).await;
        bench.commit(claim.lease, Outcome::default(), at(60_000)).await.unwrap();
    }
    let accepted = bench.accept(vec![voice(10, 1, 1), voice(11, 1, 1)], policy, at(60_000)).await.unwrap();
    assert_eq!((taken(&accepted), &accepted.crowded[..]), (vec![10], &[11][..]), "there is room again");
    assert!(bench.jobs(None, 10).await.unwrap().iter().any(|job| job.update_id() == Some(11)), "told anew");
}
