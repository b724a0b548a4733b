//! "Corrections": those of a turn whose tutor lists none, drawn from its coaching by a chat model; each can be kept from there.
//!
//! They are drawn once the answer is out, so a press mostly finds them; one that does not asks itself.

use super::{Offer, Place, UnderAnswer, first_press, keyboard_at, pressed, pressed_already};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::draw::{self, Drawn};
use crate::bot::handlers::Case;
use crate::domain::{Outcome, Placement, Reply, TurnChange, TurnFact, lesson};
use crate::store::StoreError;

pub(super) static UNDER_ANSWER: UnderAnswer = UnderAnswer {
    button: &CORRECTIONS,
    place: Place::Corrections,
    offered: |offer| match offer.turn.to_draw {
        true => vec![(0, offer.phrases.corrections_button())],
        false => Vec::new(),
    },
};

static CORRECTIONS: Button = Button {
    prefix: "cor",
    placement: Placement::ASIDE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(show(context, case, choice)),
};

async fn show(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Some((mut turn, _)) = pressed(context, case, choice).await? else { return Ok(case.outdated()) };
    let (mut changes, mut turn_changes) = (Vec::new(), Vec::new());
    if turn.to_draw {
        let found = match draw::ask(context, case.learner, &turn, case.now).await {
            Ok(Drawn { corrections, spent }) => {
                changes.push(spent);
                corrections
            }
            Err(_) => None,
        };
        let Some(found) = found else {
            return Ok(Outcome { changes, ..case.pressed(&case.phrases.cannot_draw(), None) });
        };
        let fact = TurnFact::Corrected(found);
        turn.apply(fact.clone());
        turn_changes.push(TurnChange { seq: turn.seq, fact });
    }
    let mut outcome = if turn.corrections.is_empty() {
        case.pressed(&case.phrases.nothing_to_correct(), None)
    } else if let Some(press) = first_press(&CORRECTIONS, &turn, case.now) {
        turn_changes.push(press);
        let offer = Offer { context, learner: case.learner, phrases: case.phrases, turn: &turn };
        let keyboard = keyboard_at(Place::Corrections, &offer, case.incoming);
        let mut shown = case.pressed("", None);
        shown.replies.extend(Reply::texts(case.incoming, lesson::corrected(case.phrases, &turn), keyboard));
        shown
    } else {
        pressed_already(case)
    };
    outcome.changes.extend(changes);
    outcome.turn_changes.extend(turn_changes);
    Ok(outcome)
}
