//! How much a learner wants to speak a day.

use super::with_way_back;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::{Change, Outcome, Placement, Rich};

pub(super) static GOAL: Button = Button {
    prefix: "goal",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(choose(case, choice)) }),
};

/// Minutes; 0 is no goal.
const GOALS: [u16; 8] = [2, 5, 10, 15, 20, 30, 60, 0];
const A_ROW: usize = 2;

fn choose(case: &Case<'_>, choice: Choice) -> Outcome {
    match GOALS.iter().find(|minutes| Choice::Number(u64::from(**minutes)) == choice) {
        Some(minutes) if case.learner.daily_goal == *minutes => case.chosen_already(),
        Some(minutes) => case.chosen(Change::DailyGoal(*minutes), menu(case, *minutes)),
        None => case.outdated(),
    }
}

pub(super) fn menu(case: &Case<'_>, chosen: u16) -> (Rich, Keyboard) {
    let button = |minutes: &u16| {
        let label = case.phrases.marked(&case.phrases.goal(*minutes), chosen == *minutes);
        GOAL.labelled(label, Choice::Number(u64::from(*minutes)), case.incoming.user)
    };
    let rows = GOALS.chunks(A_ROW).map(|row| row.iter().map(button).collect()).collect();
    (case.phrases.goal_menu(), with_way_back(case, rows))
}
