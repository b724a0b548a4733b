//! `/intonation`: how the latest voice sounded, beside the reply to it.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::outcome::Content;
use crate::domain::{Made, Outcome, Placement, Reply};
use crate::store::StoreError;

pub(crate) static COMMAND: Command = Command {
    name: "intonation",
    // The latest voice is the one sent before it.
    placement: Placement::IN_TURN,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| Box::pin(intonation(context, case)),
};

async fn intonation(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    Ok(match context.reader.contours(case.incoming.user, None).await? {
        Some(contours) => {
            let content = Content::Made(Made::Intonation { turn: contours.turn });
            Outcome::reply(vec![Reply::to(case.incoming, content)])
        }
        None => case.say(case.phrases.no_contours()),
    })
}
