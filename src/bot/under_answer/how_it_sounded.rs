//! "How it sounded": the melody of the voice and of the reply, as a picture.

use super::{Place, UnderAnswer, first_press, pressed, pressed_already};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::outcome::Content;
use crate::domain::{Made, Outcome, Placement, Reply};
use crate::store::StoreError;

pub(super) static UNDER_ANSWER: UnderAnswer = UnderAnswer {
    button: &SOUNDED,
    place: Place::Words,
    // Of somebody else's voice nothing is measured.
    offered: |offer| match offer.turn.of_another {
        true => Vec::new(),
        false => vec![(0, offer.phrases.intonation_button())],
    },
};

static SOUNDED: Button = Button {
    prefix: "tune",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(sounded(context, case, choice)),
};

async fn sounded(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Some((turn, _)) = pressed(context, case, choice).await? else { return Ok(case.outdated()) };
    let Some(press) = first_press(&SOUNDED, &turn, case.now) else { return Ok(pressed_already(case)) };
    let mut outcome = case.pressed("", None);
    outcome.turn_changes.push(press);
    outcome.replies.push(Reply::to(case.incoming, Content::Made(Made::Intonation { turn: turn.seq })));
    Ok(outcome)
}
