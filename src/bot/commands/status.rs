//! `/status`: the session, the place in the queue, the tutor, what is left of the rate.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::expectation::Wait;
use crate::domain::health::TutorState;
use crate::domain::phrases::StatusView;
use crate::domain::session::SessionState;
use crate::domain::{Outcome, Placement};
use crate::store::StoreError;

pub static COMMAND: Command = Command {
    name: "status",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| Box::pin(status(context, case)),
};

async fn status(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let user = case.incoming.user;
    let place = context.reader.place(user).await?;
    let rate_left = match context.rules.per_user {
        Some(limit) => Some((limit.left(&context.reader.rate(user).await?, case.now), limit.0)),
        None => None,
    };
    let open = case
        .learner
        .session_in(case.incoming.chat)
        .filter(|open| open.state(case.now, context.rules.session_timeout_ms) == SessionState::Active);
    let session = open
        .map(|open| (case.now.since_ms(open.created) / 1000, open.turns.max(open.tutor_turns.unwrap_or(0))));
    let tutor = open.map_or_else(|| context.tutor.reach(), |open| context.tutor.reach_in(open)).state();
    // Whoever fits into the tutor's slots is at work already.
    let ahead = (place.ahead + 1).saturating_sub(context.tutor.slots().of);
    // Since when they wait does not matter: what is left does.
    let wait = Wait {
        waited_ms: 0,
        at_work_ms: None,
        ahead: place.ahead,
        at_once: context.tutor.slots().of,
        typical_ms: context.telemetry.typical_turn_ms(),
    };
    let personas = context.models.is_some().then_some(&context.personas);
    let persona = personas.and_then(|all| all.of(case.learner.persona.as_deref()));
    let view = StatusView {
        level: case.learner.level,
        persona: persona.map(|persona| persona.name(case.phrases.0)),
        model: case.learner.model.as_deref().filter(|_| context.models.is_some()),
        session,
        own_waiting: place.own,
        ahead,
        about: wait.about().filter(|_| matches!(tutor, TutorState::Unknown | TutorState::Answers)),
        tutor,
        rate_left,
    };
    Ok(case.say(case.phrases.status(&view)))
}
