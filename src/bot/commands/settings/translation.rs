//! When what the tutor says is translated.

use super::with_way_back;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::{Change, Outcome, Placement, Rich, Translation};

pub(super) static TRANSLATION: Button = Button {
    prefix: "trn",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(choose(case, choice)) }),
};

const TIMES: [(Choice, Translation); 3] = [
    (Choice::Letter('a'), Translation::Always),
    (Choice::Letter('t'), Translation::OnTap),
    (Choice::Letter('n'), Translation::Never),
];

fn choose(case: &Case<'_>, choice: Choice) -> Outcome {
    match TIMES.iter().find(|(own, _)| *own == choice) {
        Some((_, when)) if case.learner.translation == *when => case.chosen_already(),
        Some((_, when)) => case.chosen(Change::Translation(*when), menu(case, *when)),
        None => case.outdated(),
    }
}

pub(super) fn menu(case: &Case<'_>, chosen: Translation) -> (Rich, Keyboard) {
    let button = |(choice, when): (Choice, Translation)| {
        let label = case.phrases.marked(&case.phrases.translation(when), chosen == when);
        vec![TRANSLATION.labelled(label, choice, case.incoming.user)]
    };
    let rows = TIMES.into_iter().map(button).collect();
    (case.phrases.translation_menu(), with_way_back(case, rows))
}
