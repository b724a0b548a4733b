//! How the last few turns of a learner sounded.
//!
//! Must not know how contours are measured.

use crate::domain::{CONTOURS_KEPT, Contours, UserId};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Reader, StoreError, keys};

/// Keeps the contours of a turn; what is known of it already is completed, and the oldest turns beyond [`CONTOURS_KEPT`] are
/// forgotten.
pub(crate) fn keep(state: &State, tx: &mut Tx, user: UserId, contours: Contours) -> Result<(), StoreError> {
    let key = keys::contour(user, contours.turn);
    let known: Contours = state.get(&key)?.unwrap_or_default();
    let whole = Contours {
        turn: contours.turn,
        learner: contours.learner.or(known.learner),
        reply: contours.reply.or(known.reply),
    };
    let mut kept = state.list_keys(&Range::prefix(keys::contours_of(user)), usize::MAX)?;
    kept.push(key.clone());
    kept.sort();
    kept.dedup();
    tx.put(key, &whole)?;
    let surplus = kept.len().saturating_sub(CONTOURS_KEPT);
    for oldest in kept.into_iter().take(surplus) {
        tx.delete(oldest);
    }
    Ok(())
}

impl Reader {
    /// Of a turn, by the number of its row; `None` as the number: of the latest turn there is anything of.
    pub async fn contours(&self, user: UserId, turn: Option<u64>) -> Result<Option<Contours>, StoreError> {
        self.look(move |state| match turn {
            Some(turn) => state.get(&keys::contour(user, turn)),
            None => Ok(state
                .list(&Range::prefix(keys::contours_of(user)), CONTOURS_KEPT)?
                .pop()
                .map(|(_, last)| last)),
        })
        .await
    }
}
