//! Cards, days, how turns sounded, and reminders.

use super::{Bench, at, message, reply, text, voice};
use phonicflow_bot::domain::{
    Assessment, Body, Card, CardChange, Change, Contour, Contours, CorrectionKind, Day, Due, MOST_CARDS,
    Memory, NewCard, Outcome, Review, Session, SpokenPart, Timestamp, Turn, TurnChange, TurnFact, TurnKind,
    UserId, WorkKind,
};
use phonicflow_bot::store::{CardCounts, Sent};
use uuid::Uuid;

const ANA: UserId = UserId(1);
/// The day of `T0` in UTC.
const TODAY: i32 = 19_675;

/// Has the learner press a button, of which this comes.
async fn change(bench: &Bench, update_id: i64, cards: Vec<CardChange>, changes: Vec<Change>, now: Timestamp) {
    let callback = Body::Callback { id: "query".to_owned(), data: "page:2".to_owned() };
    bench.take(vec![message(update_id, 1, 1, callback)]).await;
    let claim = bench.get(WorkKind::Local, now).await;
    bench.commit(claim.lease, Outcome { cards, changes, ..Outcome::default() }, now).await.unwrap();
}

fn new(front: &str, back: &str, source: Option<u64>) -> NewCard {
    let kind = Some(CorrectionKind::Grammar);
    NewCard { front: front.to_owned(), back: back.to_owned(), why: String::new(), kind, source }
}

fn review(day: i32, due: i32, stability: f32) -> Review {
    let memory = Memory { stability, difficulty: 5.0, reviewed: Some(day) };
    Review { memory, due, reps: 1, lapses: 0 }
}

async fn due(bench: &Bench, new: bool, day: i32) -> Vec<Card> {
    bench.due_cards(ANA, new, day, 9).await.unwrap()
}

/// When those due are due, and when the next one is.
async fn reminders(bench: &Bench, now: Timestamp) -> (Vec<Timestamp>, Option<Timestamp>) {
    let (due, next) = bench.reminders(now, 9).await.unwrap();
    (due.into_iter().map(|due| due.due).collect(), next)
}

async fn remind(bench: &Bench, due: Timestamp, now: Timestamp) -> Due {
    bench.remind(ANA, due, vec![reply(1, "x")], now).await.unwrap()
}

fn backs(cards: &[Card]) -> Vec<&str> {
    cards.iter().map(|card| card.back.as_str()).collect()
}

pub async fn what_is_kept_twice_is_one_card(bench: &mut Bench) {
    let (goes, saw) = (new("I goes", "I go", Some(7)), new("I seen", "I saw", Some(7)));
    let both =
        vec![CardChange::Add(goes.clone()), CardChange::Add(saw.clone()), CardChange::Add(goes.clone())];
    change(bench, 1, both, vec![], at(1)).await;
    bench.crash();
    change(bench, 2, vec![CardChange::Add(goes.clone()), CardChange::Add(saw.clone())], vec![], at(2)).await;
    assert!(bench.is_card(ANA, &goes).await.unwrap());
    // Of another turn, or by hand, it is another one.
    change(bench, 3, vec![CardChange::Add(new("I goes", "I go", Some(9)))], vec![], at(3)).await;
    change(bench, 4, vec![CardChange::Add(new("", "I go", None))], vec![], at(3)).await;
    change(bench, 5, vec![CardChange::Add(new("", "I go", None))], vec![], at(3)).await;
    let cards = bench.cards(ANA, 0, 99).await.unwrap();
    assert_eq!(backs(&cards), ["I go", "I saw", "I go", "I go"]);
    assert_eq!(cards.iter().map(|card| card.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((cards[0].created, cards[0].due), (TODAY, TODAY));
    // What was kept and edited is not kept once more; what was removed is.
    let edit = CardChange::Edit { id: 1, front: String::new(), back: "I go there".to_owned() };
    change(bench, 6, vec![edit, CardChange::Remove(2)], vec![], at(4)).await;
    change(bench, 7, vec![CardChange::Add(goes), CardChange::Add(saw)], vec![], at(5)).await;
    bench.crash();
    assert_eq!(backs(&bench.cards(ANA, 0, 99).await.unwrap()), ["I go there", "I go", "I go", "I saw"]);
    assert_eq!(backs(&bench.cards(ANA, 1, 2).await.unwrap()), ["I go", "I go"]);
    assert_eq!(backs(&bench.latest_cards(ANA, 1, 2).await.unwrap()), ["I go", "I go"]);
    assert_eq!(bench.latest_cards(ANA, 4, 9).await.unwrap(), []);
    let latest = bench.latest_cards(ANA, 0, 1).await.unwrap();
    assert_eq!((latest[0].id, bench.card(ANA, 2).await.unwrap()), (5, None), "no number is given twice");
    assert!(bench.cards(UserId(2), 0, 9).await.unwrap().is_empty());
}

pub async fn cards_come_on_the_day_they_are_due(bench: &mut Bench) {
    let adds = ["a", "b", "c", "d"].map(|back| CardChange::Add(new("", back, None)));
    change(bench, 1, adds.into(), vec![], at(1)).await;
    let counts = |due, new, learnt| CardCounts { cards: 4, learnt, due, new };
    assert_eq!(bench.card_counts(ANA, TODAY - 1).await.unwrap(), counts(0, 0, 0));
    assert_eq!(bench.card_counts(ANA, TODAY).await.unwrap(), counts(0, 4, 0));
    let reviews = vec![
        CardChange::Reviewed(1, review(TODAY, TODAY + 30, 30.0)),
        CardChange::Reviewed(2, review(TODAY, TODAY + 2, 2.0)),
        CardChange::Reviewed(3, review(TODAY, TODAY + 1, 1.0)),
        CardChange::Reviewed(99, review(TODAY, TODAY, 1.0)),
        CardChange::Drilled(2_500),
    ];
    change(bench, 2, reviews, vec![], at(2)).await;
    bench.crash();
    assert_eq!(backs(&due(bench, true, TODAY).await), ["d"]);
    assert!(due(bench, false, TODAY).await.is_empty());
    assert_eq!(backs(&due(bench, false, TODAY + 2).await), ["c", "b"], "the longest due first");
    assert_eq!(backs(&bench.due_cards(ANA, false, TODAY + 30, 1).await.unwrap()), ["c"]);
    assert_eq!(bench.card_counts(ANA, TODAY + 2).await.unwrap(), counts(2, 1, 1));
    // Another grade is no other review.
    change(bench, 3, vec![CardChange::Regraded(1, review(TODAY, TODAY + 1, 0.5))], vec![], at(3)).await;
    change(bench, 4, vec![CardChange::Suspend(3, true), CardChange::Suspend(4, true)], vec![], at(4)).await;
    assert_eq!(bench.card_counts(ANA, TODAY + 2).await.unwrap(), counts(2, 0, 0));
    assert_eq!(backs(&due(bench, false, TODAY + 2).await), ["a", "b"]);
    change(bench, 5, vec![CardChange::Suspend(3, false), CardChange::Remove(2)], vec![], at(4)).await;
    assert_eq!(backs(&due(bench, false, TODAY + 2).await), ["a", "c"]);
    let day = Day { reviewed: 3, introduced: 3, drills: 1, voice_ms: 2_500, ..Day::on(TODAY) };
    assert_eq!(bench.day(ANA, TODAY).await.unwrap(), Some(day));
}

fn turn(session: u128, said: &str, voice_ms: u64) -> Turn {
    let assessment = Assessment { transcript: said.to_owned(), ..Assessment::default() };
    Turn::voice(Uuid::from_u128(session), at(1), voice_ms, assessment)
}

pub async fn days_are_the_learners_own_and_outlive_the_turns(bench: &mut Bench) {
    let open = Change::SessionOpened(Session::open(Uuid::from_u128(1), ANA, at(0)));
    let goal = vec![open, Change::DailyGoal(1)];
    let one = Outcome { changes: goal, turn: Some(turn(1, "I go to market", 40_000)), ..Outcome::default() };
    let written = Turn { kind: TurnKind::Text, ..turn(1, "and home", 0) };
    let two = Outcome { turn: Some(written), ..Outcome::default() };
    let three = Outcome { turn: Some(turn(1, "again", 20_000)), ..Outcome::default() };
    for (n, outcome) in (1..).zip([one, two, three]) {
        let (incoming, kind) =
            if n == 2 { (text(n, 1, 1), WorkKind::Model) } else { (voice(n, 1, 1), WorkKind::Tutor) };
        bench.take(vec![incoming]).await;
        let claim = bench.get(kind, at(n)).await;
        bench.commit(claim.lease, outcome, at(n)).await.unwrap();
    }
    // 22:13 UTC is the next day in Tokyo.
    change(bench, 4, vec![CardChange::Drilled(1_000)], vec![Change::Zone("Asia/Tokyo".to_owned())], at(4))
        .await;
    bench.crash();
    let first = Day { voice_ms: 60_000, words: 7, turns: 2, texts: 1, goal_met: true, ..Day::on(TODAY) };
    let second = Day { voice_ms: 1_000, drills: 1, ..Day::on(TODAY + 1) };
    assert_eq!(bench.days(ANA, TODAY).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(bench.days(ANA, TODAY + 1).await.unwrap(), std::slice::from_ref(&second));
    let days = |days: i64| at(days * 86_400_000);
    // The conversation goes, the days stay for a while.
    bench.archive_idle(days(30), 1, None, days(31)).await.unwrap();
    assert_eq!(bench.expire_archived(days(400), 9, days(31)).await.unwrap(), 1);
    bench.archive_idle(days(30), 1, None, days(399)).await.unwrap();
    assert_eq!(bench.days(ANA, 0).await.unwrap(), [first, second.clone()]);
    bench.archive_idle(days(30), 1, None, days(400)).await.unwrap();
    assert_eq!(bench.days(ANA, 0).await.unwrap(), [second]);
}

pub async fn a_reminder_is_sent_once_a_local_date(bench: &mut Bench) {
    // 19:13 in Sao Paulo.
    let zone = Change::Zone("America/Sao_Paulo".to_owned());
    change(bench, 1, vec![], vec![Change::Reminder(Some(19 * 60 + 30)), zone], at(0)).await;
    let half_past = at(0).plus_ms(1_000_000);
    assert_eq!(reminders(bench, at(0)).await, (vec![], Some(half_past)));
    assert_eq!(reminders(bench, half_past).await, (vec![half_past], None));
    let words = || vec![reply(1, "remember")];
    let sent = bench.remind(ANA, half_past, words(), half_past).await.unwrap();
    assert_eq!(sent, Due::Sent);
    bench.crash();
    let tomorrow = half_past.plus_ms(86_400_000);
    assert_eq!(reminders(bench, half_past).await, (vec![], Some(tomorrow)));
    assert_eq!(bench.remind(ANA, half_past, words(), half_past).await.unwrap(), Due::LeftOut, "once");
    let claim = bench.get(WorkKind::Delivery, half_past).await;
    assert_eq!((claim.job.chat.0, super::words(&claim.outbox[0].reply)), (1, "remember".to_owned()));
    bench.delivered(claim.lease, 0, Sent::Done).await.unwrap();
    // Another time of the same day: the day is over as far as reminders go, in whatever zone.
    change(bench, 2, vec![], vec![Change::Reminder(Some(23 * 60))], half_past).await;
    let (_, next) = reminders(bench, half_past).await;
    assert_eq!(next, Some(tomorrow.plus_ms(3_600_000 * 7 / 2)));
    change(bench, 3, vec![], vec![Change::Zone("Pacific/Honolulu".to_owned())], half_past).await;
    assert_eq!(reminders(bench, half_past).await.1.unwrap().0 - next.unwrap().0, 7 * 3_600_000);
    // Off, and gone with its learner.
    change(bench, 4, vec![], vec![Change::Reminder(None)], half_past).await;
    assert_eq!(reminders(bench, at(i64::from(i32::MAX) * 1_000)).await, (vec![], None));
    change(bench, 5, vec![], vec![Change::Reminder(Some(0))], half_past).await;
    assert!(reminders(bench, half_past).await.1.is_some());
    assert!(bench.forget(ANA, half_past).await.unwrap().learner);
    assert_eq!(reminders(bench, half_past).await, (vec![], None));
    let late = bench.remind(ANA, half_past, words(), half_past).await.unwrap();
    assert_eq!((late, bench.learner(ANA).await.unwrap()), (Due::LeftOut, None), "nobody is brought back");
}

pub async fn a_reminder_nobody_needs_is_left_out(bench: &mut Bench) {
    change(bench, 1, vec![], vec![Change::Reminder(Some(22 * 60 + 30)), Change::DailyGoal(1)], at(0)).await;
    let first = bench.reminders(at(0), 9).await.unwrap().1.unwrap();
    let day = 86_400_000;
    assert_eq!(remind(bench, first, first.plus_ms(7_200_001)).await, Due::LeftOut, "two hours too late");
    let second = first.plus_ms(day);
    assert_eq!(bench.reminders(first, 9).await.unwrap().1, Some(second));
    change(bench, 2, vec![CardChange::Drilled(60_000)], vec![], second.plus_ms(-1)).await;
    assert_eq!(remind(bench, second, second).await, Due::LeftOut, "the goal is met");
    change(bench, 3, vec![], vec![Change::Blocked(true)], second.plus_ms(1)).await;
    let third = second.plus_ms(day);
    assert_eq!(remind(bench, third, third).await, Due::LeftOut, "blocked");
    change(bench, 4, vec![], vec![Change::Blocked(false)], third).await;
    let fourth = third.plus_ms(day);
    assert_eq!(remind(bench, fourth, fourth.plus_ms(7_200_000)).await, Due::Sent);
    let claim = bench.get(WorkKind::Delivery, fourth).await;
    bench.delivered(claim.lease, 0, Sent::Done).await.unwrap();
    // Planned while the clock was years ahead: found, and planned anew.
    change(bench, 5, vec![], vec![Change::Reminder(Some(60))], at(1_000 * day)).await;
    let (found, _) = bench.reminders(fourth, 9).await.unwrap();
    assert_eq!(remind(bench, found[0].due, fourth).await, Due::LeftOut);
    let (found, next) = bench.reminders(fourth, 9).await.unwrap();
    assert!(
        found.is_empty() && next.is_some_and(|next| next < fourth.plus_ms(2 * day)),
        "{found:?} {next:?}"
    );
}

pub async fn the_last_few_turns_keep_how_they_sounded(bench: &mut Bench) {
    let contour = |pitch| Some(Contour { step_ms: 20, pitch: vec![pitch], level: vec![1] });
    let mut rows = Vec::new();
    for n in 1..=7 {
        bench.take(vec![voice(n, 1, 1)]).await;
        let claim = bench.get(WorkKind::Tutor, at(n)).await;
        let turn = Turn::voice(Uuid::from_u128(1), at(n), 900, Assessment::default());
        let outcome = Outcome { turn: Some(turn), contour: contour(n as i16), ..super::replies(1, 1) };
        bench.commit(claim.lease, outcome, at(n)).await.unwrap();
        let sending = bench.get(WorkKind::Delivery, at(n)).await;
        let spoken = |reply| {
            let fact = TurnFact::Spoken(SpokenPart::Conversational, "AwAC".to_owned());
            Sent::Spoken(TurnChange { seq: sending.lease.seq, fact }, reply)
        };
        // Of the last but one the reply could not be measured.
        let reply = if n == 6 { None } else { contour(10 * n as i16) };
        bench.delivered(sending.lease, 0, spoken(reply)).await.unwrap();
        rows.push(sending.lease.seq);
    }
    bench.crash();
    let whole = Contours { turn: rows[6], learner: contour(7), reply: contour(70) };
    assert_eq!(bench.contours(ANA, None).await.unwrap(), Some(whole));
    let half = Contours { turn: rows[5], learner: contour(6), reply: None };
    assert_eq!(bench.contours(ANA, Some(rows[5])).await.unwrap(), Some(half));
    assert!(bench.contours(ANA, Some(rows[2])).await.unwrap().is_some());
    assert_eq!(bench.contours(ANA, Some(rows[1])).await.unwrap(), None);
    assert_eq!(bench.contours(UserId(2), None).await.unwrap(), None);
}

#[test]
fn a_learner_has_no_more_cards_than_there_may_be() {
    super::block_on(async {
        let bench = Bench::memory();
        let adds = (0..=MOST_CARDS).map(|n| CardChange::Add(new("", &n.to_string(), None))).collect();
        change(&bench, 1, adds, vec![], at(1)).await;
        change(&bench, 2, vec![CardChange::Add(new("", "one more", None))], vec![], at(1)).await;
        let counts = bench.card_counts(ANA, TODAY).await.unwrap();
        assert_eq!((counts.cards, counts.new), (MOST_CARDS as usize, MOST_CARDS as usize));
        change(
            &bench,
            3,
            vec![CardChange::Remove(5), CardChange::Add(new("", "one more", None))],
            vec![],
            at(1),
        )
        .await;
        assert_eq!(bench.latest_cards(ANA, 0, 1).await.unwrap()[0].back, "one more");
    });
}
