//! `/feedback`: the last coaching again, with its audio.

use super::history::earlier_turns;
use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::{Outcome, Placement, lesson};
use crate::store::StoreError;

pub(crate) static COMMAND: Command = Command {
    name: "feedback",
    // The last coaching is that of the voice sent before it.
    placement: Placement::IN_TURN,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| Box::pin(feedback(context, case)),
};

async fn feedback(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let last = match case.learner.session_in(case.incoming.chat) {
        Some(open) => match context.reader.last_voice_turn(case.incoming.user, open.id).await? {
            Some(last) => Some(last),
            None => earlier_turns(context, open, 0).await.pop(),
        },
        None => None,
    };
    Ok(match last {
        Some(turn) => Outcome::reply(lesson::compose_feedback(case.incoming, case.phrases, &turn)),
        None => case.say(case.phrases.nothing_yet()),
    })
}
