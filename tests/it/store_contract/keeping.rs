//! Sessions, turns, deletion, purges, expiry.

use super::{Bench, T0, at, command, policy, replies, reply, sticker, voice};
use phonicflow_bot::domain::rate::{PerMinute, RateState};
use phonicflow_bot::domain::stats::{Holdings, Stats};
use phonicflow_bot::domain::{
    Assessment, Change, Chat, ChatId, ChatKind, Correction, CorrectionKind, DeadReason, Language, Learner,
    Outcome, Session, Stage, Timestamp, Turn, TurnChange, TurnFact, TurnKind, UserId, WorkKind,
};
use phonicflow_bot::store::{AcceptPolicy, Burial, Counts, Purge, StoreError};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn turn(session: Uuid, said: &str) -> Turn {
    let assessment = Assessment { transcript: said.to_owned(), ..Assessment::default() };
    Turn { number: 99, ..Turn::voice(session, at(1), 5000, assessment) }
}

/// Has learner `user` send something and commits the outcome as its answer.
async fn answer(bench: &Bench, update_id: i64, user: i64, outcome: Outcome, now: Timestamp) {
    bench.take(vec![voice(update_id, user, user)]).await;
    let claim = bench.get(WorkKind::Tutor, now).await;
    bench.commit(claim.lease, outcome, now).await.unwrap();
}

fn open(session: u128, user: i64, created: Timestamp) -> Change {
    Change::SessionOpened(Session::open(id(session), UserId(user), created))
}

fn says(session: u128, said: &str) -> Outcome {
    Outcome { turn: Some(turn(id(session), said)), ..Outcome::default() }
}

pub async fn turns_are_numbered_and_paged(bench: &mut Bench) {
    let first = Outcome { changes: vec![open(1, 1, T0)], ..says(1, "one") };
    answer(bench, 1, 1, first, at(10)).await;
    for (n, said) in ["two", "three", "four"].into_iter().enumerate() {
        bench.crash();
        answer(bench, 2 + n as i64, 1, says(1, said), at(20)).await;
    }
    let session = bench.learner(UserId(1)).await.unwrap().unwrap().session.unwrap();
    assert_eq!((session.turns, session.last_activity), (4, at(20)));
    let said = |turns: &[Turn]| -> Vec<(u32, String)> {
        turns.iter().map(|turn| (turn.number, turn.assessment.transcript.clone())).collect()
    };
    let (page, total) = bench.turns(UserId(1), id(1), 1, 2).await.unwrap();
    assert_eq!((said(&page), total), (vec![(2, "two".to_owned()), (3, "three".to_owned())], 4));
    let (all, _) = bench.turns(UserId(1), id(1), 0, 100).await.unwrap();
    assert_eq!(all.len(), 4);
    assert_eq!(bench.turns(UserId(1), id(1), 4, 9).await.unwrap(), (Vec::new(), 4));
    assert_eq!(bench.turns(UserId(2), id(1), 0, 9).await.unwrap(), (Vec::new(), 0), "another learner's");
    assert_eq!(bench.last_voice_turn(UserId(1), id(1)).await.unwrap(), Some(all[3].clone()));
    assert_eq!(bench.last_voice_turn(UserId(1), id(2)).await.unwrap(), None);
}

pub async fn what_becomes_known_of_a_turn_is_kept_with_it(bench: &mut Bench) {
    let (ada, bob) = (UserId(1), UserId(2));
    answer(bench, 1, 1, Outcome { changes: vec![open(1, 1, T0)], ..says(1, "one") }, at(10)).await;
    answer(bench, 2, 1, says(1, "two"), at(20)).await;
    answer(bench, 3, 2, Outcome { changes: vec![open(2, 2, T0)], ..says(2, "three") }, at(20)).await;
    let (turns, _) = bench.turns(ada, id(1), 0, 9).await.unwrap();
    let seq = turns[0].seq;
    assert!(seq > 0 && turns[1].seq > seq, "each names its row");
    let translated =
        |of: &str| TurnFact::Translated { into: Language::En, coaching: of.to_owned(), reply: String::new() };
    let corrected = vec![Correction {
        said: "one".to_owned(),
        better: "won".to_owned(),
        why: String::new(),
        kind: CorrectionKind::WordChoice,
    }];
    let change = |seq, fact| TurnChange { seq, fact };
    let known = vec![
        change(seq, translated("first")),
        change(seq, TurnFact::Corrected(corrected.clone())),
        change(seq, translated("last")),
        change(9_999, translated("of nothing")),
        // It had no row: no turn of an older version is meant by that.
        change(0, translated("of nothing")),
    ];
    bench.take(vec![command(4, 1, 1, "help"), command(5, 2, 2, "help")]).await;
    let claim = bench.get(WorkKind::Local, at(30)).await;
    bench
        .commit(claim.lease, Outcome { turn_changes: known.clone(), ..Outcome::default() }, at(30))
        .await
        .unwrap();
    // Nobody reaches the turns of another.
    let claim = bench.get(WorkKind::Local, at(30)).await;
    bench.commit(claim.lease, Outcome { turn_changes: known, ..Outcome::default() }, at(30)).await.unwrap();
    bench.crash();
    let found = bench.turn(ada, seq).await.unwrap().unwrap();
    assert_eq!((found.number, found.translated_into, &found.corrections), (1, Language::En, &corrected));
    assert_eq!(found.assessment.coaching_translated, "last");
    assert_eq!(bench.turns(ada, id(1), 1, 9).await.unwrap().0, turns[1..], "the other is as it was");
    assert_eq!(bench.turn(bob, seq).await.unwrap(), None);
    assert_eq!(bench.turn(ada, 0).await.unwrap(), None);
    let (others, _) = bench.turns(bob, id(2), 0, 9).await.unwrap();
    assert_eq!((others.len(), &others[0].corrections[..]), (1, &[][..]));
}

pub async fn what_was_said_in_one_chat_is_not_found_from_another(bench: &mut Bench) {
    let private = Chat { id: ChatId(1), kind: ChatKind::Private, thread: None };
    let group = |id, thread| Chat { id: ChatId(id), kind: ChatKind::Group, thread };
    let opened = Outcome { changes: vec![open(1, 1, T0)], ..says(1, "of old") };
    answer(bench, 1, 1, opened, at(10)).await;
    let chats = [private, group(-1, None), group(-1, Some(7)), private, group(-9, None)];
    for (n, chat) in (2..).zip(chats) {
        let kind = if n % 2 == 0 { TurnKind::Text } else { TurnKind::Voice };
        let said = Turn { chat: Some(chat), kind, ..turn(id(1), &format!("said {n}")) };
        answer(bench, n, 1, Outcome { turn: Some(said), ..Outcome::default() }, at(20)).await;
    }
    bench.migrate_chat(ChatId(-9), ChatId(-10)).await.unwrap();
    bench.crash();
    for (chat, limit, expected) in [
        (private, 9, &["of old", "said 2", "said 5"][..]),
        (private, 2, &["said 2", "said 5"]),
        (private, 0, &[]),
        (group(-1, None), 9, &["said 3"]),
        (group(-1, Some(7)), 9, &["said 4"]),
        (group(-1, Some(8)), 9, &[]),
        (group(-10, None), 9, &["said 6"]),
    ] {
        let found = bench.turns_in(UserId(1), id(1), chat, limit).await.unwrap();
        let said: Vec<_> = found.iter().map(|turn| turn.assessment.transcript.as_str()).collect();
        assert_eq!(said, expected, "{chat:?}");
        assert!(bench.turns_in(UserId(2), id(1), chat, limit).await.unwrap().is_empty());
    }
    let session = bench.learner(UserId(1)).await.unwrap().unwrap().session.unwrap();
    assert_eq!((session.turns, session.text_turns), (6, 3));
    let spoken = bench.last_voice_turn(UserId(1), id(1)).await.unwrap().unwrap();
    assert_eq!(spoken.assessment.transcript, "said 5");
}

pub async fn numbers_are_kept_and_holdings_counted(bench: &mut Bench) {
    assert_eq!((bench.stats().await.unwrap(), bench.holdings().await.unwrap()), (None, Holdings::default()));
    let first = Outcome { changes: vec![open(1, 1, T0)], ..says(1, "one") };
    answer(bench, 1, 1, first, at(10)).await;
    let renewed = Outcome { changes: vec![open(2, 1, at(20))], ..says(2, "two") };
    answer(bench, 2, 1, renewed, at(20)).await;
    bench.take(vec![voice(3, 2, 2)]).await;
    let holdings =
        Holdings { inbox: 1, learners: 2, archived_sessions: 1, turns_kept: 2, ..Holdings::default() };
    assert_eq!(bench.holdings().await.unwrap(), holdings);
    let stats = Stats { started: T0, day: 3, ..Stats::default() };
    bench.keep_stats(Stats::default()).await.unwrap();
    bench.keep_stats(stats.clone()).await.unwrap();
    bench.crash();
    assert_eq!(bench.stats().await.unwrap(), Some(stats));
    assert_eq!(bench.holdings().await.unwrap(), holdings, "numbers are no holdings");
}

pub async fn a_late_turn_is_counted_in_the_archive(bench: &mut Bench) {
    let first = Outcome { changes: vec![open(1, 1, T0)], ..says(1, "one") };
    answer(bench, 1, 1, first, at(10)).await;
    bench.take(vec![voice(2, 1, 1), sticker(3, 1, 1)]).await;
    let slow = bench.get(WorkKind::Tutor, at(20)).await;
    let new = bench.get(WorkKind::Local, at(20)).await;
    let renewed = Outcome { changes: vec![open(2, 1, at(20))], purge: vec![id(1)], ..Outcome::default() };
    bench.commit(new.lease, renewed, at(20)).await.unwrap();
    bench.commit(slow.lease, says(1, "two"), at(30)).await.unwrap();
    bench.crash();
    let page = bench.sessions(None, 10).await.unwrap();
    let rows: Vec<_> = page.sessions.iter().map(|s| (s.id, s.turns, s.archived_at)).collect();
    assert_eq!(rows, [(id(1), 2, Some(at(20))), (id(2), 0, None)]);
    assert_eq!(bench.turns(UserId(1), id(1), 0, 9).await.unwrap().1, 2);
    assert_eq!(bench.purges(at(20), 9).await.unwrap().len(), 1);
    // Opened, counted and closed in one outcome.
    let brief = Outcome {
        changes: vec![open(3, 1, at(40)), Change::SessionArchived(id(3), at(41))],
        ..says(3, "bye")
    };
    answer(bench, 4, 1, brief, at(41)).await;
    let page = bench.sessions(None, 10).await.unwrap();
    let rows: Vec<_> = page.sessions.iter().map(|s| (s.id, s.turns)).collect();
    assert_eq!(rows, [(id(1), 2), (id(2), 0), (id(3), 1)]);
    assert_eq!(bench.learner(UserId(1)).await.unwrap().unwrap().session, None);
}

pub async fn a_turn_without_a_session_gets_one(bench: &mut Bench) {
    answer(bench, 1, 1, says(8, "hello"), at(10)).await;
    let sessions = bench.sessions(None, 10).await.unwrap().sessions;
    assert_eq!((sessions[0].id, sessions[0].turns, sessions[0].archived_at), (id(8), 1, Some(at(10))));
    assert_eq!(bench.expire_archived(at(11), 10, at(11)).await.unwrap(), 1);
    assert_eq!(bench.turns(UserId(1), id(8), 0, 9).await.unwrap().1, 0);
}

pub async fn sessions_are_listed_in_pages(bench: &mut Bench) {
    let mut expected = Vec::new();
    for user in [-3, 1, 2, 300] {
        let ids: Vec<u128> = (1..=3).map(|n| (user + 10) as u128 * 100 + n).collect();
        let changes = ids.iter().map(|n| open(*n, user, at(*n as i64))).collect();
        answer(bench, 1000 + user, user, Outcome { changes, ..Outcome::default() }, at(5)).await;
        expected.extend(ids);
    }
    // Many who never opened one.
    for batch in 0..4 {
        let silent = |n: i64| sticker(10_000 + batch * 100 + n, 10_000 + batch * 100 + n, 5);
        bench.take((0..100).map(silent).collect()).await;
    }
    for limit in [1, 2, 5, 11, 12, 13, 500] {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = bench.sessions(cursor, limit).await.unwrap();
            assert!(page.sessions.len() <= limit);
            found.extend(page.sessions.iter().map(|session| session.id.as_u128()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        if bench.is_sealed() {
            // Learners come in the order of their hashes; each one's sessions stay together and in order.
            let mut learners: Vec<&[u128]> = found.chunks(3).collect();
            learners.sort_by_key(|ids| expected.iter().position(|id| id == &ids[0]));
            found = learners.concat();
        }
        assert_eq!(found, expected, "limit {limit}");
    }
}

pub async fn a_deleted_learner_leaves_nothing(bench: &mut Bench) {
    let policy = AcceptPolicy { per_user: Some(PerMinute(9)), global: None, ..policy() };
    answer(bench, 1, 1, Outcome { changes: vec![open(1, 1, T0), open(2, 1, at(1))], ..says(1, "one") }, T0)
        .await;
    answer(bench, 2, 2, Outcome { changes: vec![open(7, 2, T0)], ..says(7, "other") }, T0).await;
    bench.take(vec![voice(3, 1, 1)]).await;
    let dead = bench.get(WorkKind::Tutor, T0).await;
    let stage =
        |session| Stage::Submitted { session, baseline: 0, at: T0, uncertain_since: None, voice_ms: 1 };
    bench.submit(dead.lease, stage(id(3)), Vec::new()).await.unwrap();
    bench
        .bury(
            dead.lease,
            Burial { reason: DeadReason::Other, detail: "x".to_owned(), stage: None, replies: Vec::new() },
            T0,
        )
        .await
        .unwrap();
    bench.take(vec![voice(4, 1, 1), sticker(5, 1, 5), sticker(6, 1, 6), sticker(7, 2, 2)]).await;
    let leased = bench.get(WorkKind::Tutor, T0).await;
    bench.submit(leased.lease, stage(id(4)), Vec::new()).await.unwrap();
    let queued_reply = bench.get(WorkKind::Local, T0).await;
    bench.commit(queued_reply.lease, replies(5, 2), T0).await.unwrap();
    let delete = bench.accept(vec![command(8, 1, -1, "delete")], policy, T0).await.unwrap().taken[0].1;
    // Behind the deletion: stays.
    bench.take(vec![sticker(9, 1, 9)]).await;
    let mut others = Vec::new();
    let lease = loop {
        // The Conversation lane of this learner is taken by the leased voice, so the command cannot be claimed.
        match bench.claim(WorkKind::Local, T0).await.unwrap().row() {
            Some(claim) if claim.job.seq == delete => break claim.lease,
            Some(claim) => others.push(claim),
            None => {
                bench.release(leased.lease).await.unwrap();
                let voice = bench.get(WorkKind::Tutor, T0).await;
                bench.commit(voice.lease, replies(1, 0), T0).await.unwrap();
            }
        }
    };
    let younger = others.iter().find(|claim| claim.job.chat.0 == 9).unwrap();
    let older = others.iter().find(|claim| claim.job.chat.0 == 6).unwrap();
    let outcome = Outcome {
        changes: vec![Change::VoiceReply(false)],
        purge: vec![id(5)],
        forget: true,
        replies: vec![reply(-1, "gone")],
        ..Outcome::default()
    };
    bench.commit(lease, outcome, at(50)).await.unwrap();
    assert!(matches!(bench.commit(older.lease, replies(6, 1), T0).await, Err(StoreError::Gone)));
    bench.commit(younger.lease, replies(9, 0), T0).await.unwrap();
    bench.crash();
    assert_eq!(bench.learner(UserId(1)).await.unwrap(), None);
    assert_eq!(bench.rate(UserId(1)).await.unwrap(), RateState::default());
    assert_eq!(bench.turns(UserId(1), id(1), 0, 9).await.unwrap().1, 0);
    let sessions = bench.sessions(None, 9).await.unwrap().sessions;
    assert_eq!(sessions.iter().map(|session| session.id).collect::<Vec<_>>(), [id(7)]);
    assert_eq!(bench.turns(UserId(2), id(7), 0, 9).await.unwrap().1, 1);
    assert_eq!(bench.counts().await.unwrap(), Counts { inbox: 2, delivering: 1, leased: 0, dead: 0 });
    let mut purges: Vec<u128> =
        bench.purges(at(50), 99).await.unwrap().iter().map(|purge| purge.session.as_u128()).collect();
    purges.sort_unstable();
    assert_eq!(purges, [1, 2, 3, 4, 5], "session 4 was not the open one when its row was finished");
    let sending = bench.get(WorkKind::Delivery, T0).await;
    assert_eq!(sending.learner, Learner::new(UserId(1), sending.job.accepted_at));
    assert_eq!(sending.lease.seq, delete);
    bench.drop_replies(sending.lease, vec![Change::Blocked(true)]).await.unwrap();
    assert_eq!(bench.learner(UserId(1)).await.unwrap(), None, "not brought back by its own farewell");
    assert_eq!(bench.expire_archived(Timestamp(i64::MAX), 9, T0).await.unwrap(), 0, "no index entry is left");
}

pub async fn purges_are_asked_for_until_done(bench: &mut Bench) {
    bench.add_purges(vec![id(1), id(2), id(1)], at(10)).await.unwrap();
    assert_eq!(bench.purges(at(9), 9).await.unwrap(), []);
    assert_eq!(bench.purges(at(10), 1).await.unwrap().len(), 1);
    bench.purged(id(1), Some(at(100))).await.unwrap();
    bench.add_purges(vec![id(1)], at(10)).await.unwrap();
    bench.purged(id(2), None).await.unwrap();
    bench.purged(id(2), None).await.unwrap();
    bench.crash();
    assert_eq!(bench.purges(at(99), 9).await.unwrap(), []);
    let waiting = Purge { session: id(1), not_before: at(100), attempts: 1 };
    assert_eq!(bench.purges(at(100), 9).await.unwrap(), [waiting]);
    bench.purged(id(1), None).await.unwrap();
    assert_eq!(bench.purges(Timestamp(i64::MAX), 9).await.unwrap(), []);
}

pub async fn archived_sessions_expire(bench: &mut Bench) {
    for user in 1..=4 {
        let first = user as u128 * 10;
        let changes = vec![open(first, user, T0), open(first + 1, user, at(user))];
        answer(bench, user, user, Outcome { changes, ..says(first, "old") }, at(user)).await;
    }
    assert_eq!(bench.expire_archived(at(1), 9, at(99)).await.unwrap(), 0);
    assert_eq!(bench.expire_archived(at(4), 2, at(99)).await.unwrap(), 2);
    bench.crash();
    assert_eq!(bench.expire_archived(at(4), 2, at(99)).await.unwrap(), 1);
    let mut left: Vec<u128> =
        bench.sessions(None, 99).await.unwrap().sessions.iter().map(|session| session.id.as_u128()).collect();
    left.sort_unstable();
    assert_eq!(left, [11, 21, 31, 40, 41]);
    assert_eq!(bench.last_voice_turn(UserId(1), id(10)).await.unwrap(), None);
    assert!(bench.last_voice_turn(UserId(4), id(40)).await.unwrap().is_some());
    let mut purges: Vec<u128> =
        bench.purges(at(99), 9).await.unwrap().iter().map(|purge| purge.session.as_u128()).collect();
    purges.sort_unstable();
    assert_eq!(purges, [10, 20, 30]);
}

pub async fn the_log_key_stays(bench: &mut Bench) {
    let key = bench.log_key().await.unwrap();
    bench.crash();
    assert_eq!(bench.log_key().await.unwrap(), key);
    assert_ne!(Bench::memory().log_key().await.unwrap(), key);
}
