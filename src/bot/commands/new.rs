//! `/new`: a new conversation.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::drill::DrillChange;
use crate::domain::{Change, Outcome, Placement, Session};
use crate::store::StoreError;
use uuid::Uuid;

pub(crate) static COMMAND: Command = Command {
    name: "new",
    placement: Placement::LEAVING,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| Box::pin(new(context, case)),
};

/// The old conversation is archived here and deleted at the tutor.
async fn new(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let chat = case.incoming.chat;
    let old = case.learner.session_in(chat);
    let session = Session::open(Uuid::new_v4(), case.incoming.user, case.now).held_in(chat);
    // A voice that still waits for the tutor was overtaken by this command.
    let waits = context.reader.place(case.incoming.user).await?.own > 0;
    Ok(Outcome {
        changes: vec![Change::SessionOpened(session), Change::Drill(DrillChange::Ended(case.row, case.now))],
        purge: old.map(|old| old.id).into_iter().collect(),
        ..case.say(case.phrases.fresh(old.map_or(0, |old| old.turns), waits))
    })
}
