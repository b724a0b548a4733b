//! The line that says that a new conversation has begun because the one before was not used for a while.
//!
//! It goes out with the first answer of the new one, whoever gives it. Must not know when a conversation ends.

use super::HandlerContext;
use crate::domain::outcome::{Content, Keyboard};
use crate::domain::rich::TEXT_LIMIT;
use crate::domain::{Incoming, Outcome, Reply};
use crate::store::StoreError;

pub async fn announce(
    context: &HandlerContext,
    incoming: &Incoming,
    outcome: &mut Outcome,
) -> Result<(), StoreError> {
    let Some(turn) = &outcome.turn else { return Ok(()) };
    let Some(learner) = context.reader.learner(incoming.user).await? else { return Ok(()) };
    let session = learner.open_sessions().find(|open| open.id == turn.session);
    if !session.is_some_and(|session| session.follows_idle && session.turns == 0) {
        return Ok(());
    }
    let line = context.phrases(&learner).new_conversation();
    let above = line.clone().push(crate::domain::Style::Plain, "\n\n");
    match outcome.replies.first_mut().map(|first| &mut first.content) {
        Some(Content::Text { text, .. }) if text.utf16_len() + above.utf16_len() <= TEXT_LIMIT => {
            *text = above.append(std::mem::take(text));
        }
        _ => {
            let mut alone = Reply::texts(incoming, line, Keyboard::default());
            alone.append(&mut outcome.replies);
            outcome.replies = alone;
        }
    }
    Ok(())
}
