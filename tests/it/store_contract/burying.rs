//! Rows that are given up, retried, hurried or dropped.

use super::working::{deferral, submitted};
use super::{Bench, T0, at, replies, reply, sticker, voice, words};
use phonicflow_bot::domain::{DeadReason, Stage, Task, WorkKind};
use phonicflow_bot::store::{Burial, Sent, StoreError};
use uuid::Uuid;

const TUTOR: WorkKind = WorkKind::Tutor;
const LOCAL: WorkKind = WorkKind::Local;
const DELIVERY: WorkKind = WorkKind::Delivery;

pub async fn a_buried_row_can_be_retried(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, 1), voice(2, 1, 1)]).await;
    let claim = bench.get(TUTOR, T0).await;
    bench.defer(claim.lease, deferral(T0), T0).await.unwrap();
    let claim = bench.get(TUTOR, T0).await;
    bench.submit(claim.lease, submitted(Uuid::max()), Vec::new()).await.unwrap();
    bench
        .bury(
            claim.lease,
            Burial {
                reason: DeadReason::Other,
                detail: "the tutor is away".to_owned(),
                stage: None,
                replies: Vec::new(),
            },
            at(9),
        )
        .await
        .unwrap();
    bench.crash();
    let letters = bench.dead_letters(None, 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].at, letters[0].job.seq), (1, at(9), seqs[0]));
    assert_eq!(bench.counts().await.unwrap().dead, 1);
    assert!(bench.dead_letters(Some(seqs[0]), 10).await.unwrap().is_empty());
    assert_eq!(bench.get(TUTOR, T0).await.lease.seq, seqs[1], "the chat goes on");
    bench.retry_dead(seqs[0], at(10)).await.unwrap();
    assert!(matches!(bench.retry_dead(seqs[0], at(10)).await, Err(StoreError::Gone)));
    assert!(matches!(bench.drop_dead(seqs[0]).await, Err(StoreError::Gone)));
    bench.crash();
    assert_eq!(bench.counts().await.unwrap().dead, 0);
    let jobs = bench.jobs(None, 10).await.unwrap();
    let job = &jobs[1];
    assert!(job.seq > seqs[1], "the youngest row");
    assert_eq!((job.failures(), job.told_late, &job.stage), (0, false, &submitted(Uuid::max())));
    assert_eq!(job.task, letters[0].job.task);
    let claim = bench.get(TUTOR, T0).await;
    let again =
        Burial { reason: DeadReason::Other, detail: "again".to_owned(), stage: None, replies: Vec::new() };
    bench.bury(claim.lease, again, at(9)).await.unwrap();
    bench.drop_dead(claim.lease.seq).await.unwrap();
    bench.crash();
    assert!(bench.dead_letters(None, 10).await.unwrap().is_empty());
    let claim = bench.get(TUTOR, at(10)).await;
    assert_eq!(claim.job.stage, submitted(Uuid::max()));
    let nil = Burial {
        reason: DeadReason::Other,
        detail: "never sent".to_owned(),
        stage: Some(Stage::Taken),
        replies: Vec::new(),
    };
    bench.bury(claim.lease, nil, at(10)).await.unwrap();
    bench.retry_dead(claim.lease.seq, at(11)).await.unwrap();
    let claim = bench.get(TUTOR, at(11)).await;
    assert_eq!(claim.job.stage, Stage::Taken, "what is known to have had no effect may be submitted at once");
}

pub async fn a_waiting_row_can_be_hurried_and_dropped(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, 1), voice(2, 1, 1)]).await;
    let claim = bench.get(TUTOR, T0).await;
    assert!(matches!(bench.hurry(seqs[0], T0).await, Err(StoreError::Gone)), "at work");
    bench.defer(claim.lease, deferral(at(60_000)), T0).await.unwrap();
    bench.none(TUTOR, at(1)).await;
    bench.hurry(seqs[0], at(1)).await.unwrap();
    let claim = bench.get(TUTOR, at(1)).await;
    assert_eq!((claim.lease.seq, claim.job.failures(), claim.job.waiting_since), (seqs[0], 0, None));
    assert!(matches!(bench.drop_job(seqs[0], Vec::new()).await, Err(StoreError::Gone)), "at work");
    bench.release(claim.lease).await.unwrap();
    bench.drop_job(seqs[0], Vec::new()).await.unwrap();
    assert!(matches!(bench.drop_job(seqs[0], Vec::new()).await, Err(StoreError::Gone)));
    assert!(matches!(bench.commit(claim.lease, replies(1, 1), at(1)).await, Err(StoreError::Gone)));
    assert_eq!(bench.get(TUTOR, at(1)).await.lease.seq, seqs[1], "the chat goes on");
    bench.crash();
    assert_eq!(bench.jobs(None, 10).await.unwrap().len(), 1);
}

pub async fn a_dropped_row_leaves_a_word_to_its_learner(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, 1), voice(2, 1, 1)]).await;
    let word = replies(1, 1).replies;
    bench.drop_job(seqs[0], word.clone()).await.unwrap();
    bench.crash();
    let claim = bench.get(DELIVERY, T0).await;
    assert_eq!((claim.lease.seq, claim.outbox.len()), (seqs[0], 1));
    assert_eq!(claim.outbox[0].reply, word[0]);
    bench.delivered(claim.lease, 0, Sent::Done).await.unwrap();
    assert_eq!(bench.get(TUTOR, T0).await.lease.seq, seqs[1], "the chat goes on");
}

pub async fn a_buried_delivery_keeps_its_replies(bench: &mut Bench) {
    bench.take(vec![sticker(1, 1, 1)]).await;
    let claim = bench.get(LOCAL, T0).await;
    bench.commit(claim.lease, replies(1, 3), T0).await.unwrap();
    let sending = bench.get(DELIVERY, T0).await;
    bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    bench
        .bury(
            sending.lease,
            Burial {
                reason: DeadReason::Other,
                detail: "telegram will not".to_owned(),
                stage: None,
                replies: Vec::new(),
            },
            T0,
        )
        .await
        .unwrap();
    assert_eq!(bench.counts().await.unwrap().inbox, 0);
    bench.none(DELIVERY, T0).await;
    bench.crash();
    bench.retry_dead(sending.lease.seq, T0).await.unwrap();
    let sending = bench.get(DELIVERY, T0).await;
    let left: Vec<_> = sending.outbox.iter().map(|message| words(&message.reply)).collect();
    assert_eq!(left, ["reply 1", "reply 2"]);
}

pub async fn a_row_can_be_buried_twice(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1)]).await;
    let claim = bench.get(TUTOR, T0).await;
    bench
        .bury(
            claim.lease,
            Burial {
                reason: DeadReason::Other,
                detail: "first".to_owned(),
                stage: None,
                replies: vec![reply(1, "sorry")],
            },
            T0,
        )
        .await
        .unwrap();
    let sending = bench.get(DELIVERY, T0).await;
    assert_eq!(
        (sending.lease.seq, &sending.job.task),
        (claim.lease.seq, &Task::Deliver { update_id: Some(1) })
    );
    bench
        .bury(
            sending.lease,
            Burial {
                reason: DeadReason::Other,
                detail: "second".to_owned(),
                stage: None,
                replies: Vec::new(),
            },
            T0,
        )
        .await
        .unwrap();
    let letters = bench.dead_letters(None, 10).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.detail.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    assert_ne!(letters[0].job.seq, letters[1].job.seq);
    bench.retry_dead(letters[1].job.seq, T0).await.unwrap();
    assert_eq!(words(&bench.get(DELIVERY, T0).await.outbox[0].reply), "sorry");
}
