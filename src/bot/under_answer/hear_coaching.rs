//! "Hear the tips": the coaching as a voice note, where the tutor speaks it.

use super::{Place, UnderAnswer, first_press, pressed, pressed_already};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::outcome::Content;
use crate::domain::{Made, Outcome, Placement, Reply};
use crate::store::StoreError;

pub(super) static UNDER_ANSWER: UnderAnswer = UnderAnswer {
    button: &HEAR,
    place: Place::Words,
    offered: |offer| match offer.turn.assessment.coaching_audio {
        true => vec![(0, offer.phrases.hear_coaching_button())],
        false => Vec::new(),
    },
};

static HEAR: Button = Button {
    prefix: "hear",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(hear(context, case, choice)),
};

async fn hear(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Some((turn, _)) = pressed(context, case, choice).await? else { return Ok(case.outdated()) };
    let Some(press) = first_press(&HEAR, &turn, case.now) else { return Ok(pressed_already(case)) };
    let mut outcome = case.pressed("", None);
    outcome.turn_changes.push(press);
    outcome.replies.push(Reply::to(case.incoming, Content::Made(Made::CoachingAudio { turn: turn.seq })));
    Ok(outcome)
}
