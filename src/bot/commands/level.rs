//! `/level`: how well the learner speaks English, by own account.

use super::settings::with_way_back;
use super::{Audience, Command, Needs};
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::{Body, Change, Level, Outcome, Placement, Reply, Rich};

pub static COMMAND: Command = Command {
    name: "level",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[&LEVEL],
    handler: |_, case| Box::pin(async move { Ok(level(case)) }),
};

static LEVEL: Button = Button {
    prefix: "lvl",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(choose(case, choice)) }),
};

const LEVELS: [(Choice, Level); 3] = [
    (Choice::Letter('b'), Level::Beginner),
    (Choice::Letter('i'), Level::Intermediate),
    (Choice::Letter('a'), Level::Advanced),
];

/// Asks, or takes the level that was typed along (`/level B1`).
fn level(case: &Case<'_>) -> Outcome {
    let typed = match &case.incoming.body {
        Body::Command { args, .. } => Level::from_word(args),
        _ => None,
    };
    let (text, keyboard) = menu(case, typed.or(case.learner.level));
    let changes = typed.map(|level| Change::Level(Some(level))).into_iter().collect();
    Outcome { changes, ..Outcome::reply(Reply::texts(case.incoming, text, keyboard)) }
}

fn choose(case: &Case<'_>, choice: Choice) -> Outcome {
    match LEVELS.iter().find(|(own, _)| *own == choice) {
        Some((_, level)) if case.learner.level == Some(*level) => case.chosen_already(),
        Some((_, level)) => case.chosen(Change::Level(Some(*level)), menu(case, Some(*level))),
        None => case.outdated(),
    }
}

pub(super) fn menu(case: &Case<'_>, chosen: Option<Level>) -> (Rich, Keyboard) {
    let button = |(choice, level): (Choice, Level)| {
        let label = case.phrases.marked(&case.phrases.level(level), chosen == Some(level));
        vec![LEVEL.labelled(label, choice, case.incoming.user)]
    };
    (case.phrases.level_menu(chosen), with_way_back(case, LEVELS.into_iter().map(button).collect()))
}
