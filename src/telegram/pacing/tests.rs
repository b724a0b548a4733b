//! Tests of the plan in virtual time, against a server that may count each message at any moment of its call.

use super::chats::{BURST, CHAT_LIMIT};
use super::simulation::{NOW, Sim, most};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Sends one message with a call that takes no time; returns how long the plan made it wait.
fn send(pacing: &mut Pacing, chat: i64, now: u64) -> u64 {
    let ticket = pacing.ask(Some(ChatId(chat)), Urgency::First);
    let mut at = now;
    while pacing.next(at).is_none() {
        at = pacing.due(at).unwrap();
    }
    pacing.leave(ticket, at);
    at - now
}

#[test]
fn a_quiet_chat_waits_for_nobody_and_a_busy_one_for_itself() {
    let mut pacing = Pacing::new(1_000, None);
    let waits: Vec<u64> = (0..6).map(|_| send(&mut pacing, 1, NOW)).collect();
    // A call may end in the next millisecond.
    assert_eq!(waits, [0, 0, 1, 1001, 2001, 3001]);
    assert_eq!(send(&mut pacing, 2, NOW + 3_001), 0);
    assert_eq!(send(&mut pacing, 1, NOW + 60_000), 0);
    let group: Vec<u64> = (0..5).map(|_| send(&mut pacing, -5, NOW + 60_000)).collect();
    assert_eq!(group, [0, 0, 1, 3701, 7401]);
    assert_eq!(pacing.wait_ms(Some(ChatId(-5)), NOW + 67_401), 3_700, "a look plans nothing");
    assert_eq!(pacing.wait_ms(Some(ChatId(-5)), NOW + 67_401), 3_700);
}

#[test]
fn a_slow_call_counts_for_its_chat_from_its_end() {
    let mut pacing = Pacing::new(30, None);
    let slow = pacing.ask(Some(ChatId(1)), Urgency::First);
    assert_eq!(pacing.next(NOW), Some(slow));
    let second = pacing.ask(Some(ChatId(1)), Urgency::First);
    assert_eq!((pacing.next(NOW), pacing.due(NOW)), (None, None), "one call of a chat at a time");
    pacing.ended(slow, NOW + 900);
    assert_eq!((pacing.next(NOW + 900), pacing.due(NOW + 900)), (None, None), "not struck off yet");
    pacing.leave(slow, NOW + 950);
    assert_eq!(pacing.next(NOW + 950), Some(second));
    pacing.leave(second, NOW + 950);
    assert_eq!(send(&mut pacing, 1, NOW + 950), 0);
    assert!(send(&mut pacing, 1, NOW + 950) > 900, "the first one may have been booked late");
}

#[test]
fn what_is_on_its_way_counts_until_a_second_after_its_end() {
    let mut pacing = Pacing::new(30, None);
    let asked: Vec<_> = (1..=40).map(|chat| pacing.ask(Some(ChatId(chat)), Urgency::First)).collect();
    let started: Vec<_> = std::iter::from_fn(|| pacing.next(NOW)).collect();
    assert_eq!(started, asked[..29], "in the order of asking, one less than the limit");
    assert_eq!(pacing.due(NOW + 5_000), None, "all wait for a call to end, however long that takes");
    pacing.leave(started[3], NOW + 5_000);
    assert_eq!((pacing.next(NOW + 5_999), pacing.due(NOW + 5_999)), (None, Some(NOW + 6_001)));
    assert_eq!(pacing.next(NOW + 6_001), Some(asked[29]));
    assert_eq!(pacing.next(NOW + 6_001), None);
}

#[test]
fn the_urgent_go_first_and_nobody_is_held_up_by_a_chat_that_has_to_wait() {
    let mut pacing = Pacing::new(2, None);
    pacing.refused(Some(ChatId(-1)), 10, NOW);
    let now = NOW + 2_100;
    let own = pacing.ask(Some(ChatId(4)), Urgency::Own);
    let rest = pacing.ask(Some(ChatId(3)), Urgency::Rest);
    let group = pacing.ask(Some(ChatId(-1)), Urgency::First);
    let press = pacing.ask(None, Urgency::First);
    let mut order = Vec::new();
    let mut at = now;
    while order.len() < 4 {
        match pacing.next(at) {
            Some(ticket) => {
                pacing.leave(ticket, at);
                order.push(ticket);
            }
            None => at = pacing.due(at).unwrap(),
        }
    }
    assert_eq!(order, [press, rest, own, group]);
}

#[test]
fn who_gives_up_waiting_leaves_no_trace() {
    let mut pacing = Pacing::new(1, None);
    let first = pacing.ask(Some(ChatId(1)), Urgency::First);
    let (gone, second) =
        (pacing.ask(Some(ChatId(2)), Urgency::First), pacing.ask(Some(ChatId(1)), Urgency::First));
    assert_eq!(pacing.next(NOW), Some(first));
    pacing.leave(gone, NOW);
    pacing.leave(gone, NOW);
    pacing.leave(first, NOW);
    pacing.ended(first, NOW);
    assert_eq!(pacing.due(NOW), Some(NOW + 1_001));
    assert_eq!(pacing.next(NOW + 1_001), Some(second));
    pacing.leave(second, NOW + 1_001);
    assert!(pacing.tickets.is_empty() && pacing.waiting.is_empty() && pacing.under_way == 0);
}

#[test]
fn signs_of_life_take_only_what_messages_leave() {
    let mut pacing = Pacing::new(30, None);
    let signs: Vec<_> = (0..40).filter_map(|chat| pacing.sign(ChatId(chat), NOW)).collect();
    assert_eq!((signs.len(), pacing.signs_per_second()), (9, 9));
    // The rest of the budget is available to messages at once.
    for chat in 1..=20 {
        pacing.ask(Some(ChatId(chat)), Urgency::First);
    }
    assert_eq!(std::iter::from_fn(|| pacing.next(NOW)).count(), 20);
    for sign in signs {
        pacing.leave(sign, NOW);
    }
    assert_eq!(pacing.sign(ChatId(30), NOW + 1_001), None, "messages take more than a third of the second");
    let mut pacing = Pacing::new(30, None);
    pacing.ask(Some(ChatId(1)), Urgency::First);
    pacing.next(NOW).unwrap();
    assert_eq!(pacing.sign(ChatId(1), NOW), None, "its answer is on its way");
    pacing.refused(Some(ChatId(2)), 5, NOW);
    assert_eq!(pacing.sign(ChatId(2), NOW), None);
    assert!(pacing.sign(ChatId(3), NOW).is_some());
    assert_eq!(Pacing::new(1, None).sign(ChatId(1), NOW), None);
}

#[test]
fn a_refusal_holds_the_chat_and_several_hold_the_bot() {
    let mut pacing = Pacing::new(1_000, None);
    for chat in 1..=3 {
        send(&mut pacing, chat, NOW);
        send(&mut pacing, chat, NOW);
    }
    let waits = |pacing: &Pacing, chat: i64, at: u64| pacing.wait_ms(Some(ChatId(chat)), at);
    pacing.refused(Some(ChatId(1)), 30, NOW);
    assert_eq!((waits(&pacing, 1, NOW), waits(&pacing, 2, NOW + 1)), (30_001, 0));
    let (held, free) =
        (pacing.ask(Some(ChatId(1)), Urgency::First), pacing.ask(Some(ChatId(9)), Urgency::First));
    assert_eq!(pacing.put_off(1_500, NOW), [(held, 30_001)]);
    assert_eq!(pacing.next(NOW), Some(free));
    assert_eq!((pacing.longest_hold_ms(NOW), pacing.longest_hold_ms(NOW + 31_000)), (30_001, 0));
    pacing.refused(Some(ChatId(1)), 31, NOW + 1);
    pacing.refused(Some(ChatId(2)), 5, NOW + 10);
    assert_eq!(waits(&pacing, 8, NOW + 10), 0);
    pacing.refused(Some(ChatId(3)), 7, NOW + 20);
    assert_eq!(waits(&pacing, 8, NOW + 20), 7_001);
    assert_eq!(pacing.wait_ms(None, NOW + 20), 7_001, "what goes to no chat, too");
    pacing.ask(Some(ChatId(8)), Urgency::First);
    assert_eq!((pacing.next(NOW + 20), pacing.due(NOW + 20)), (None, Some(NOW + 7_021)));
}

#[test]
fn two_refusals_are_enough_when_the_second_chat_was_quiet() {
    let mut pacing = Pacing::new(1_000, None);
    for chat in [1, 2] {
        send(&mut pacing, chat, NOW);
        pacing.refused(Some(ChatId(chat)), 9, NOW);
    }
    assert_eq!(pacing.wait_ms(None, NOW), 9_001);
    let mut pacing = Pacing::new(1_000, None);
    pacing.refused(Some(ChatId(1)), 9, NOW);
    pacing.refused(Some(ChatId(2)), 9, NOW + 20_000);
    assert_eq!(pacing.wait_ms(None, NOW + 20_000), 0, "too far apart to say anything");
    pacing.refused(None, 4, NOW);
    assert_eq!(pacing.wait_ms(None, NOW), 4_001);
    pacing.refused(None, u64::MAX, NOW);
    assert!(pacing.wait_ms(None, NOW) > 1_000_000, "an absurd one does not overflow");
}

#[test]
fn memory_is_bounded() {
    let mut pacing = Pacing::new(1_000, None);
    for chat in 0..60_000_i64 {
        pacing.refused(Some(ChatId(chat)), 1_000, NOW + chat as u64 * 50);
        send(&mut pacing, chat + 100_000, NOW + chat as u64 * 50_000);
        assert!(pacing.chats.len() <= CHAT_LIMIT + 2);
    }
    assert!(pacing.tickets.is_empty() && pacing.ended.len() <= 1_000);
}

#[test]
fn after_a_restart_the_last_second_of_the_previous_process_counts_as_full() {
    let waits = |quiet_ms: Option<u64>, chat: i64| {
        let mut pacing = Pacing::new(30, quiet_ms);
        (0..3).map(|_| send(&mut pacing, chat, 0)).collect::<Vec<_>>()
    };
    assert_eq!(waits(None, 1), [0, 0, 1], "there was none");
    assert_eq!(waits(Some(60_000), 1), [0, 0, 1], "long ago");
    assert_eq!(waits(Some(0), 1), [1_250, 2_250, 3_250], "and so for the burst of each chat");
    assert_eq!(waits(Some(0), -1), [3_950, 7_650, 11_350]);
    assert_eq!(waits(Some(1_100), 1), [150, 1_150, 2_150]);
    assert_eq!(Pacing::new(30, Some(0)).sign(ChatId(1), 1_249), None);
    assert!(Pacing::new(30, Some(0)).sign(ChatId(1), 1_250).is_some());
    let mut pacing = Pacing::new(30, Some(0));
    for chat in 1..=40 {
        pacing.ask(Some(ChatId(chat)), Urgency::First);
    }
    assert_eq!((pacing.next(1_249), pacing.due(0)), (None, Some(1_250)));
    assert_eq!(std::iter::from_fn(|| pacing.next(1_250)).count(), 29, "then as ever");
}

#[test]
fn calls_that_take_no_time_hold_nobody_up() {
    let mut sim = Sim::new(1, vec![(0, 0, 0)]);
    for chat in 0..13 {
        sim.ask(Some(chat % 3), Urgency::First);
    }
    sim.run(u64::MAX / 4);
    assert!(sim.pacing.waiting.is_empty() && sim.started.len() == 13);
}

#[test]
fn at_the_distance_of_telegram_the_second_is_used() {
    for (per_second, least) in [(30, 25), (1_000, 850)] {
        let mut sim = Sim::new(per_second, vec![(80, 40, 3), (150, 75, 3)]);
        for chat in 0..50_000 {
            sim.ask(Some(chat), Urgency::First);
        }
        sim.run(NOW + 20_000);
        assert!(sim.started.len() >= 20 * least, "{} of {per_second} in 20 s", sim.started.len());
        assert!(most(sim.arrivals.iter().map(|(at, _)| *at), 1_000) <= per_second);
    }
}

proptest! {
    #[test]
    fn no_limit_is_ever_passed_wherever_within_its_call_a_message_arrives(
        per_second in prop_oneof![Just(1_usize), Just(2), 3_usize..12, Just(30)],
        asks in proptest::collection::vec((0_u64..400, 0_i64..12, 0_u8..6), 1..300),
        delays in proptest::collection::vec((0_u64..700, 0_u64..700, 0_u64..40), 1..40),
        refusals in proptest::collection::vec((0_usize..300, 0_i64..13, 0_u64..4), 0..3),
        kills in proptest::collection::vec((0_usize..300, 0_u64..400), 0..4),
    ) {
        let mut sim = Sim::new(per_second, delays);
        for (index, (gap, chat, what)) in asks.iter().enumerate() {
            // Half of the time several ask at the same moment.
            sim.run(sim.now + if *gap < 200 { 0 } else { *gap });
            for (_, held, secs) in refusals.iter().filter(|(at, ..)| *at == index) {
                let moment = sim.moment();
                sim.pacing.refused((*held < 12).then_some(ChatId(*held)), *secs, moment);
            }
            for (_, down_ms) in kills.iter().filter(|(at, _)| *at == index) {
                sim.kill(*down_ms);
            }
            // The last four are groups.
            let chat = if *chat >= 8 { -*chat } else { *chat };
            match what {
                0 => sim.ask(Some(chat), Urgency::Rest),
                1 => sim.ask(Some(chat), Urgency::Own),
                2 => sim.ask(None, Urgency::First),
                3 => {
                    let moment = sim.moment();
                    if let Some(ticket) = sim.pacing.sign(ChatId(chat), moment) {
                        sim.begin(ticket, None);
                    }
                }
                _ => sim.ask(Some(chat), Urgency::First),
            }
        }
        sim.run(u64::MAX / 4);
        prop_assert!(sim.pacing.waiting.is_empty(), "somebody waits for ever");
        prop_assert!(sim.pacing.tickets.is_empty());
        prop_assert_eq!(sim.started.len(), sim.asked.len());
        prop_assert!(most(sim.arrivals.iter().map(|(at, _)| *at), 1_000) <= per_second);
        let chats: BTreeSet<i64> = sim.arrivals.iter().filter_map(|(_, chat)| *chat).collect();
        for chat in chats {
            let times: Vec<u64> = sim.arrivals.iter().filter(|(_, of)| *of == Some(chat)).map(|(at, _)| *at).collect();
            prop_assert!(times.is_sorted(), "order within a chat");
            // The server's bucket: one a second after a burst.
            let mut due = 0;
            for at in &times {
                due = due.max(*at);
                prop_assert!(due - at <= (BURST - 1) * 1_000, "chat {chat}: {times:?}");
                due += 1_000;
            }
            if chat < 0 {
                prop_assert!(most(times.iter().copied(), 60_000) <= 20);
            }
        }
    }
}

#[test]
fn what_nobody_waits_for_goes_at_once_or_not_at_all_and_leaves_room() {
    let mut plan = Pacing::new(30, None);
    let shown: Vec<_> = (1..=100).filter_map(|chat| plan.at_once(ChatId(chat), NOW)).collect();
    assert!((15..25).contains(&shown.len()), "a third of the second is left: {}", shown.len());
    // What somebody waits for still goes.
    plan.ask(Some(ChatId(1_000)), Urgency::First);
    assert!(plan.next(NOW).is_some());
    for ticket in shown {
        plan.leave(ticket, NOW + 10);
    }
    // A chat that is taken, or that somebody waits for, has no place for it.
    let taken = plan.at_once(ChatId(200), NOW + 5_000).unwrap();
    assert!(plan.at_once(ChatId(200), NOW + 5_000).is_none());
    let waits = plan.ask(Some(ChatId(200)), Urgency::Rest);
    plan.ended(taken, NOW + 5_010);
    plan.leave(taken, NOW + 5_010);
    assert!(plan.at_once(ChatId(200), NOW + 9_000).is_none(), "whoever waits goes first");
    assert_eq!(plan.next(NOW + 9_000), Some(waits));
}
