//! The outbox: sent, put off, dropped, migrated.

use super::{Bench, T0, at, message, policy, replies, reply, sticker, voice, words};
use phonicflow_bot::domain::{
    Admission, AlertKind, Announcement, Assessment, Body, Change, ChatId, DeadReason, Failed, MessageId,
    Outcome, SentNotes, Session, SpokenPart, Stage, Task, Turn, TurnChange, TurnFact, UserId, WaitReason,
    WorkKind,
};
use phonicflow_bot::store::{Burial, Counts, Deferral, Sent, StoreError};
use uuid::Uuid;

const DELIVERY: WorkKind = WorkKind::Delivery;

async fn committed(bench: &Bench, count: usize) -> u64 {
    bench.take(vec![message(1, 1, 1, Body::Text("my secret".to_owned()))]).await;
    let claim = bench.get(WorkKind::Model, T0).await;
    bench.commit(claim.lease, replies(1, count), T0).await.unwrap();
    claim.lease.seq
}

pub async fn replies_are_struck_off_one_by_one(bench: &mut Bench) {
    let seq = committed(bench, 3).await;
    let counts = bench.counts().await.unwrap();
    assert_eq!(counts, Counts { inbox: 1, delivering: 1, leased: 0, dead: 0 });
    for left in (1..=3).rev() {
        bench.crash();
        let job = &bench.jobs(None, 2).await.unwrap()[0];
        assert_eq!(
            (job.seq, &job.task, &job.stage),
            (seq, &Task::Deliver { update_id: Some(1) }, &Stage::Answered),
            "the number of the message is kept, and not its text"
        );
        let sending = bench.get(DELIVERY, T0).await;
        let indexes: Vec<u32> = sending.outbox.iter().map(|message| message.index).collect();
        assert_eq!(indexes, (3 - left..3).collect::<Vec<u32>>());
        assert_eq!(words(&sending.outbox[0].reply), format!("reply {}", indexes[0]));
        bench.delivered(sending.lease, indexes[0], Sent::Done).await.unwrap();
        // Struck off already: no harm, and the lease goes on while there is more.
        let twice = bench.delivered(sending.lease, indexes[0], Sent::Done).await;
        assert_eq!(twice.is_ok(), left > 1);
    }
    bench.crash();
    assert_eq!(bench.counts().await.unwrap(), Counts::default());
    bench.none(DELIVERY, T0).await;
}

pub async fn a_row_without_replies_is_gone(bench: &mut Bench) {
    committed(bench, 0).await;
    bench.crash();
    assert_eq!(bench.counts().await.unwrap(), Counts::default());
    assert!(bench.learner(UserId(1)).await.unwrap().is_some());
}

pub async fn what_a_sent_message_tells_of_a_turn_is_kept_as_it_is_struck_off(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1)]).await;
    let claim = bench.get(WorkKind::Tutor, T0).await;
    let seq = claim.lease.seq;
    let session = Session::open(Uuid::from_u128(1), UserId(1), T0);
    let turn = Turn::voice(session.id, T0, 900, Assessment::default());
    let changes = vec![Change::SessionOpened(session)];
    bench.commit(claim.lease, Outcome { changes, turn: Some(turn), ..replies(1, 2) }, T0).await.unwrap();
    let sending = bench.get(DELIVERY, T0).await;
    let told = |part, note: &str| {
        Sent::Spoken(TurnChange { seq, fact: TurnFact::Spoken(part, note.to_owned()) }, None)
    };
    bench.delivered(sending.lease, 0, told(SpokenPart::Conversational, "AwAC")).await.unwrap();
    bench.crash();
    let notes = bench.turn(UserId(1), seq).await.unwrap().unwrap().notes;
    assert_eq!(notes, SentNotes { reply: Some("AwAC".to_owned()), coaching: None });
    let sending = bench.get(DELIVERY, T0).await;
    assert_eq!(sending.outbox.len(), 1, "it is struck off with it");
    bench.delivered(sending.lease, 1, told(SpokenPart::Coaching, "AwAD")).await.unwrap();
    bench.crash();
    let notes = bench.turn(UserId(1), seq).await.unwrap().unwrap().notes;
    assert_eq!((notes.reply.as_deref(), notes.coaching.as_deref()), (Some("AwAC"), Some("AwAD")));
    assert_eq!(bench.counts().await.unwrap(), Counts::default());
}

pub async fn a_failed_send_is_tried_later(bench: &mut Bench) {
    committed(bench, 2).await;
    let sending = bench.get(DELIVERY, T0).await;
    bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    bench.delivered(sending.lease, 1, Sent::Later(at(400), WaitReason::Paced)).await.unwrap();
    let sending = bench.get(DELIVERY, at(400)).await;
    assert_eq!(sending.outbox[0].attempts, 0, "waiting for its turn is no failure");
    bench.delivered(sending.lease, 1, Sent::Later(at(500), WaitReason::TelegramDown)).await.unwrap();
    assert!(matches!(bench.delivered(sending.lease, 1, Sent::Done).await, Err(StoreError::Gone)));
    bench.crash();
    bench.none(DELIVERY, at(499)).await;
    let sending = bench.get(DELIVERY, at(500)).await;
    assert_eq!((sending.outbox.len(), sending.outbox[0].attempts, sending.outbox[0].unsure), (1, 1, 0));
    assert_eq!((sending.job.waiting_for, sending.job.send_failures), (Some(WaitReason::TelegramDown), 1));
    bench.delivered(sending.lease, 1, Sent::Unsure(at(900))).await.unwrap();
    bench.crash();
    bench.none(DELIVERY, at(899)).await;
    let sending = bench.get(DELIVERY, at(900)).await;
    assert_eq!((sending.outbox[0].index, sending.outbox[0].attempts, sending.outbox[0].unsure), (1, 1, 1));
    bench.delivered(sending.lease, 1, Sent::Done).await.unwrap();
    assert_eq!(bench.counts().await.unwrap().inbox, 0);
}

pub async fn what_has_been_shown_already_is_kept(bench: &mut Bench) {
    bench.take(vec![message(1, 1, 1, Body::Text("hello".to_owned()))]).await;
    let claim = bench.get(WorkKind::Model, T0).await;
    let seq = claim.lease.seq;
    assert!(bench.begin_progress(seq).await.unwrap());
    bench.crash();
    assert!(!bench.begin_progress(seq).await.unwrap(), "nobody knows what became of the first");
    assert!(bench.get(WorkKind::Model, T0).await.job.progress_begun);
    bench.note_progress(seq, None).await.unwrap();
    assert!(bench.begin_progress(seq).await.unwrap(), "it was surely not sent");
    bench.note_progress(seq, Some(MessageId(77))).await.unwrap();
    bench.take(vec![message(2, 1, 1, Body::Text("and?".to_owned()))]).await;
    assert!(!bench.begin_progress(seq + 1).await.unwrap(), "the older one is answered first");
    bench.crash();
    assert!(!bench.begin_progress(seq).await.unwrap(), "it stands in the chat");
    let claim = bench.get(WorkKind::Model, T0).await;
    assert_eq!(claim.job.progress, Some(MessageId(77)));
    bench.commit(claim.lease, replies(1, 2), T0).await.unwrap();
    assert!(matches!(bench.note_progress(4_711, None).await, Err(StoreError::Gone)));
    bench.note_progress(seq, None).await.unwrap();
    assert!(!bench.begin_progress(seq).await.unwrap(), "it is answered");
    bench.note_progress(seq, Some(MessageId(77))).await.unwrap();
    assert!(!bench.begin_progress(4_711).await.unwrap(), "there is no such row");
    bench.crash();
    let sending = bench.get(DELIVERY, T0).await;
    assert_eq!(sending.job.progress, Some(MessageId(77)), "the first reply takes its place");
    bench.note_progress(sending.lease.seq, None).await.unwrap();
    bench.delivered(sending.lease, 0, Sent::Words).await.unwrap();
    bench.none(DELIVERY, T0).await;
    bench.crash();
    let sending = bench.get(DELIVERY, T0).await;
    let words_sent: Vec<bool> = sending.outbox.iter().map(|message| message.words_sent).collect();
    assert_eq!((sending.job.progress, words_sent), (None, vec![true, false]));
}

pub async fn what_cannot_be_sent_is_dropped(bench: &mut Bench) {
    committed(bench, 2).await;
    let sending = bench.get(DELIVERY, T0).await;
    bench.drop_replies(sending.lease, vec![Change::Blocked(true)]).await.unwrap();
    assert!(matches!(bench.drop_replies(sending.lease, Vec::new()).await, Err(StoreError::Gone)));
    bench.crash();
    assert!(bench.learner(UserId(1)).await.unwrap().unwrap().blocked);
    assert_eq!(bench.counts().await.unwrap(), Counts::default());
    bench.none(DELIVERY, T0).await;
}

pub async fn a_moved_group_keeps_its_messages(bench: &mut Bench) {
    let (old, new) = (ChatId(-7), ChatId(-1007));
    bench.take(vec![sticker(1, 1, -7), voice(2, 1, -7), voice(3, 2, 2)]).await;
    let local = bench.get(WorkKind::Local, T0).await;
    bench.commit(local.lease, replies(-7, 2), T0).await.unwrap();
    let tutor = bench.get(WorkKind::Tutor, T0).await;
    bench.migrate_chat(old, new).await.unwrap();
    // Decided before the news: the replies of work in hand go to the new place as well.
    bench.commit(tutor.lease, replies(-7, 1), T0).await.unwrap();
    bench.crash();
    bench.take(vec![voice(4, 1, -7)]).await;
    for _ in 0..2 {
        let sending = bench.get(DELIVERY, T0).await;
        assert!(sending.outbox.iter().all(|message| message.reply.chat == new));
        for message in &sending.outbox {
            bench.delivered(sending.lease, message.index, Sent::Done).await.unwrap();
        }
    }
    let other = bench.get(WorkKind::Tutor, T0).await;
    assert_eq!(other.job.chat, ChatId(2));
    let moved = bench.get(WorkKind::Tutor, T0).await;
    assert_eq!(moved.job.chat, new);
    let Task::Handle(incoming, Admission::Admitted) = &moved.job.task else { panic!("{:?}", moved.job.task) };
    assert_eq!(incoming.chat.id, new);
    bench
        .bury(
            moved.lease,
            Burial {
                reason: DeadReason::Other,
                detail: "x".to_owned(),
                stage: None,
                replies: vec![reply(-7, "sorry")],
            },
            T0,
        )
        .await
        .unwrap();
    assert_eq!(bench.get(DELIVERY, T0).await.outbox[0].reply.chat, new);
    let late = Deferral {
        until: T0,
        reason: WaitReason::Fault,
        stage: Stage::Taken,
        failed: Some(Failed::Tutor),
        forgive: false,
        notice: Some(reply(-7, "later")),
    };
    bench.defer(other.lease, late, T0).await.unwrap();
    assert_eq!(bench.get(DELIVERY, T0).await.outbox[0].reply.chat, new);
}

pub async fn moved_rows_keep_their_age(bench: &mut Bench) {
    let seqs = bench.take(vec![voice(1, 1, -7), voice(2, 2, -8), voice(3, 3, -7), voice(4, 4, -8)]).await;
    bench.migrate_chat(ChatId(-7), ChatId(-8)).await.unwrap();
    for expected in &seqs[..2] {
        let claim = bench.get(WorkKind::Tutor, T0).await;
        assert_eq!(claim.lease.seq, *expected);
        bench.none(WorkKind::Tutor, T0).await;
        bench.commit(claim.lease, replies(-8, 0), T0).await.unwrap();
    }
    bench.crash();
    assert_eq!(bench.get(WorkKind::Tutor, T0).await.lease.seq, seqs[2]);
    bench.none(WorkKind::Tutor, T0).await;
}

pub async fn chats_may_move_on(bench: &mut Bench) {
    for (from, to) in [(-1, -2), (-2, -3), (-9, -1), (-5, -5)] {
        bench.migrate_chat(ChatId(from), ChatId(to)).await.unwrap();
    }
    bench.crash();
    bench.take(vec![voice(1, 1, -1), voice(2, 2, -9), voice(3, 3, -5)]).await;
    let chats =
        |jobs: Vec<phonicflow_bot::domain::Job>| jobs.iter().map(|job| job.chat.0).collect::<Vec<_>>();
    assert_eq!(chats(bench.jobs(None, 10).await.unwrap()), [-3, -3, -5]);
    // And back again, which Telegram never does: no circle.
    bench.migrate_chat(ChatId(-3), ChatId(-1)).await.unwrap();
    bench.crash();
    bench.accept(vec![voice(4, 1, -2), voice(5, 1, -1)], policy(), T0).await.unwrap();
    assert_eq!(chats(bench.jobs(None, 10).await.unwrap()), [-1, -1, -5, -1, -1]);
    let claim = bench.get(WorkKind::Tutor, T0).await;
    bench.commit(claim.lease, Outcome::reply(vec![reply(-9, "x")]), T0).await.unwrap();
    assert_eq!(bench.get(DELIVERY, T0).await.outbox[0].reply.chat, ChatId(-1));
}

pub async fn one_message_is_given_up_and_the_rest_stays(bench: &mut Bench) {
    let seq = committed(bench, 3).await;
    let sending = bench.get(DELIVERY, T0).await;
    bench.delivered(sending.lease, 0, Sent::Unsure(at(10))).await.unwrap();
    let sending = bench.get(DELIVERY, at(10)).await;
    assert_eq!(sending.outbox[0].unsure, 1);
    let bury = |lease, index, why: &str| {
        bench.bury_message(lease, index, DeadReason::SendUnknown, why.to_owned(), at(20))
    };
    bury(sending.lease, 0, "first").await.unwrap();
    // The lease goes on, as after a message that was delivered.
    bury(sending.lease, 1, "second").await.unwrap();
    bench.delivered(sending.lease, 2, Sent::Done).await.unwrap();
    assert!(matches!(bury(sending.lease, 2, "gone").await, Err(StoreError::Gone)));
    bench.crash();
    assert_eq!(bench.counts().await.unwrap(), Counts { dead: 2, ..Counts::default() });
    let letters = bench.dead_letters(None, 10).await.unwrap();
    let told: Vec<_> = letters.iter().map(|letter| (letter.reason, letter.detail.as_str())).collect();
    assert_eq!(told, [(DeadReason::SendUnknown, "first"), (DeadReason::SendUnknown, "second")]);
    assert_eq!(letters[0].job.seq, seq);
    // Put back, each is one message, and nothing is in doubt about it any more.
    for (letter, text) in letters.iter().zip(["reply 0", "reply 1"]) {
        bench.retry_dead(letter.job.seq, at(30)).await.unwrap();
        let again = bench.get(DELIVERY, at(30)).await;
        let left: Vec<_> = again.outbox.iter().map(|left| (words(&left.reply), left.unsure)).collect();
        assert_eq!(left, [(text.to_owned(), 0)]);
        bench.delivered(again.lease, again.outbox[0].index, Sent::Done).await.unwrap();
    }
    assert_eq!(bench.counts().await.unwrap(), Counts::default());
}

async fn answered(bench: &Bench, id: i64) -> u64 {
    let seq = bench.take(vec![sticker(id, id, id)]).await[0];
    let claim = bench.get(WorkKind::Local, T0).await;
    bench.commit(claim.lease, replies(id, 2), T0).await.unwrap();
    seq
}

pub async fn an_answer_not_begun_goes_first(bench: &mut Bench) {
    let letters = AlertKind::DeadLetters;
    let news = Announcement { to: UserId(9), kind: letters, of: at(1), replies: vec![reply(9, "news")] };
    bench.announce(news, T0).await.unwrap();
    let first = answered(bench, 1).await;
    let sending = bench.get(DELIVERY, T0).await;
    assert_eq!(sending.lease.seq, first, "the bot's own words wait");
    assert!(!bench.give_way(sending.lease).await.unwrap(), "there is nobody to give way to");
    bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    assert!(!bench.give_way(sending.lease).await.unwrap(), "not to the bot's own words");
    let second = answered(bench, 2).await;
    assert!(bench.give_way(sending.lease).await.unwrap());
    assert!(matches!(bench.give_way(sending.lease).await, Err(StoreError::Gone)));
    let next = bench.get(DELIVERY, T0).await;
    assert_eq!(next.lease.seq, second);
    let rest = bench.get(DELIVERY, T0).await;
    assert_eq!((rest.lease.seq, rest.outbox.len()), (first, 1));
    assert_eq!(words(&bench.get(DELIVERY, T0).await.outbox[0].reply), "news");
}
