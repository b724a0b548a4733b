//! Conversations that were left while a voice may still be answered in them: the tutor forgets them only once nobody looks
//! for that answer any more, or it would be asked a second time.
//!
//! Must not know how an answer is looked for.

use super::person::add_purge;
use crate::domain::{Job, Stage, UserId};
use crate::store::StoreError;
use crate::store::state::State;
use crate::store::tx::Tx;
use uuid::Uuid;

/// Whether a waiting row of the learner may have handed a voice over in this conversation.
pub(crate) fn is_looked_at(state: &State, user: UserId, session: Uuid) -> Result<bool, StoreError> {
    for seq in state.schedule.rows_of_user(user, u64::MAX) {
        if state.row(seq)?.stage.conversation() == Some(session) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A row's stage is `next` from now on (`None`: it is settled). Where that ends the look at a conversation which the
/// learner has left meanwhile, the tutor may forget it now.
pub(crate) fn look_away(
    state: &State,
    tx: &mut Tx,
    job: &Job,
    next: Option<&Stage>,
) -> Result<(), StoreError> {
    let Some(session) = job.stage.conversation() else { return Ok(()) };
    if next.and_then(Stage::conversation) == Some(session) {
        return Ok(());
    }
    let learner = state.learner(job.user)?;
    if learner.is_some_and(|learner| learner.is_open(session)) {
        Ok(())
    } else {
        add_purge(state, tx, session, state.schedule.clock())
    }
}
