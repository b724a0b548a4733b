//! Cards, days, and how turns sounded.

use super::*;

#[test]
fn cards_days_and_contours_open() {
    let new = NewCard {
        front: "I goes".to_owned(),
        back: "I go".to_owned(),
        why: "third person".to_owned(),
        kind: Some(CorrectionKind::Fluency),
        source: Some(7),
    };
    let card = Card::new(3, new, 19_675);
    holds("card", &card);
    let memory = Memory { stability: 2.5, difficulty: 5.25, reviewed: Some(19_676) };
    let first_back = Some("I go".to_owned());
    let whole = Card { memory, due: 19_679, reps: 2, lapses: 1, suspended: true, first_back, ..card };
    holds("card-every-field", &whole);
    let corrections = CorrectionKind::ALL.into_iter().zip(1..).collect();
    let day = Day {
        voice_ms: 61_000,
        words: 120,
        corrections,
        turns: 3,
        texts: 2,
        drills: 5,
        reviewed: 4,
        introduced: 1,
        goal_met: true,
        ..Day::on(19_675)
    };
    holds("day", &day);
    let contour =
        |step_ms| Some(Contour { step_ms, pitch: vec![-120, i16::MIN, 300], level: vec![0, 9, 255] });
    holds("contours", &Contours { turn: 7, learner: contour(20), reply: contour(30) });
    let user = UserId(-17);
    let hex = |key: Vec<u8>| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    let lines: String = [
        keys::card(user, 3),
        keys::card_due(user, true, -1, 3),
        keys::card_origin(user, (Some(7), "I go")),
        keys::day(user, 19_675),
        keys::contour(user, 7),
        keys::reminder_due(T0, user),
    ]
    .map(hex)
    .concat();
    assert_eq!(lines.as_bytes(), fixture("keys-practice.txt", lines.as_bytes()));
}

#[test]
fn a_session_after_an_idle_one_opens() {
    holds("session-follows-idle", &Session { follows_idle: true, ..session(2, None) });
}

#[test]
fn a_learner_who_practises_opens() {
    let reminder = Reminder { minute: 1_170, on: true, last_day: Some(19_675), due: Some(at(12)) };
    let cards = CardBook { last_id: 9, cards: 7, learnt: 2 };
    holds("learner-who-practises", &Learner { reminder: Some(reminder), cards, ..learner() });
}
