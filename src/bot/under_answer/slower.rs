//! "Slower": the spoken reply once more, at 0.8 of its speed.

use super::{Place, UnderAnswer, first_press, pressed, pressed_already};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::outcome::Content;
use crate::domain::{Made, Outcome, Placement, Reply};
use crate::store::StoreError;

pub(super) static UNDER_ANSWER: UnderAnswer = UnderAnswer {
    button: &SLOWER,
    place: Place::Voice,
    // Slower than slow, words fall apart.
    offered: |offer| match offer.learner.slower {
        true => Vec::new(),
        false => vec![(0, offer.phrases.slower_button())],
    },
};

static SLOWER: Button = Button {
    prefix: "slow",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(slower(context, case, choice)),
};

async fn slower(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Some((turn, _)) = pressed(context, case, choice).await? else { return Ok(case.outdated()) };
    let Some(press) = first_press(&SLOWER, &turn, case.now) else { return Ok(pressed_already(case)) };
    let mut outcome = case.pressed("", None);
    outcome.turn_changes.push(press);
    outcome.replies.push(Reply::to(case.incoming, Content::Made(Made::Slower { turn: turn.seq })));
    Ok(outcome)
}
