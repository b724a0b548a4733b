//! Tests of the layout of keys.

use super::*;
use crate::store::kinds::{Field, fields};

#[test]
fn keys_sort_as_their_numbers_do() {
    let ids = [i64::MIN, -5, -1, 0, 1, 7, 256, i64::MAX];
    assert!(ids.windows(2).all(|pair| learner(UserId(pair[0])) < learner(UserId(pair[1]))));
    assert!(ids.iter().all(|id| moved_from(&moved(ChatId(*id))) == Some(ChatId(*id))));
    assert!(inbox(255) < inbox(256) && outbox(1, u32::MAX) < outbox(2, 0));
}

#[test]
fn every_key_ends_with_one_of_its_fields() {
    let (user, id, now) = (UserId(5), Uuid::max(), Timestamp(9));
    for key in [
        learner(user),
        archived_of(user),
        archived(user, now, id),
        expiry(now, user, now, id),
        expiry_before(now),
        of_learner(TURN, user),
        turns(user, id),
        turn(user, id, 3),
        inbox(1),
        outbox_of(1),
        outbox(1, 2),
        dead(1),
        dead_outbox_of(1),
        dead_outbox(1, 2),
        rate(user),
        member(user),
        told_to(user),
        told(user, AlertKind::TutorDown),
        menu(user),
        hidden(),
        stats(),
        seen(1),
        purge(id),
        purge_due(now, id),
        purge_due_after(now),
        moved(ChatId(-1)),
        card(user, 1),
        cards_due_of(user, true),
        card_due(user, false, -1, 2),
        cards_due_after(user, false, 3),
        card_origin(user, (Some(7), "I go")),
        day(user, -3),
        contour(user, 9),
        reminder_due(now, user),
        reminders_due_after(now),
        next_seq(),
        global_rate(),
        ledger(),
        log_key(),
        seal(),
    ] {
        let mut ends = vec![1];
        for field in fields(key[0]).unwrap() {
            let (Field::Open(length) | Field::Hidden(length)) = field;
            ends.push(ends.last().unwrap() + length);
        }
        assert!(ends.contains(&key.len()), "{key:?}");
        assert!(seal() <= key);
    }
}

#[test]
fn archived_sessions_come_before_their_learner_and_after_the_learner_before() {
    let session = archived(UserId(5), Timestamp(i64::MAX), Uuid::max());
    assert!(learner(UserId(4)) < session && session < learner(UserId(5)));
    assert!(is_learner(&learner(UserId(5))) && !is_learner(&session));
    let index = expiry(Timestamp(9), UserId(5), Timestamp(i64::MAX), Uuid::max());
    assert_eq!(expiring(&index), session);
    assert!(expiry_before(Timestamp(9)) < index && index < expiry_before(Timestamp(10)));
}

#[test]
fn the_parts_of_a_key_can_be_read_back() {
    assert_eq!(seq(&outbox(77, 3)), Some(77));
    assert_eq!(seq(b"o"), None);
    let due = purge_due(Timestamp(50), Uuid::max());
    assert_eq!(purge_session(&due), Some(Uuid::max()));
    assert!(due < purge_due_after(Timestamp(50)) && due > purge_due_after(Timestamp(49)));
}

#[test]
fn cards_and_days_sort_as_their_days_do() {
    let user = UserId(5);
    assert!(card_due(user, false, -1, 9) < card_due(user, false, 0, 1));
    assert!(card_due(user, false, i32::MAX, 9) < card_due(user, true, i32::MIN, 1));
    assert!(day(user, -1) < day(user, 0) && day(user, 0) < day(user, 400));
    let due = card_due(user, false, 7, 3);
    assert!(due < cards_due_after(user, false, 7) && due > cards_due_after(user, false, 6));
    assert_eq!((due_card(&due), self::user(&due)), (Some(3), Some(user)));
    let reminder = reminder_due(Timestamp(50), UserId(-5));
    assert_eq!(reminded(&reminder), Some((Timestamp(50), UserId(-5))));
    assert!(reminder < reminders_due_after(Timestamp(50)) && reminder > reminders_due_after(Timestamp(49)));
}
