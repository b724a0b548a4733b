//! A learner's conversations in one place, to be looked through.
//!
//! Must not know who looks.

use super::lookup::last_turn;
use crate::domain::{Chat, Session, UserId};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::{Reader, StoreError, keys, records};

/// Most conversations of one learner that are looked through: the latest.
const MOST: usize = 1_000;

/// A conversation, and how many of its turns are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub session: Session,
    pub turns: usize,
}

impl Reader {
    /// Those held in a group or topic (`None`: in the private chat), the oldest first; the open one comes last.
    pub async fn conversations(
        &self,
        user: UserId,
        place: Option<Chat>,
    ) -> Result<Vec<Conversation>, StoreError> {
        self.look(move |state| conversations(state, user, place)).await
    }
}

fn conversations(state: &State, user: UserId, place: Option<Chat>) -> Result<Vec<Conversation>, StoreError> {
    let mut sessions: Vec<Session> = Vec::new();
    state.scan(&Range::prefix(keys::archived_of(user)), true, &mut |_, bytes| {
        let mut session: Session = records::decode(bytes)?;
        if let Some(place) = &mut session.place {
            place.id = state.chat(place.id);
        }
        if session.place == place {
            sessions.push(session);
        }
        Ok(sessions.len() < MOST)
    })?;
    sessions.reverse();
    let learner = state.learner(user)?;
    sessions.extend(
        learner
            .iter()
            .flat_map(|learner| learner.open_sessions())
            .filter(|open| open.place == place)
            .cloned(),
    );
    let counted = sessions.into_iter().map(|session| {
        // Numbered from 1 without a gap.
        let turns = last_turn(state, user, session.id)?.map_or(0, |turn| turn.number as usize);
        Ok(Conversation { session, turns })
    });
    counted.collect()
}
