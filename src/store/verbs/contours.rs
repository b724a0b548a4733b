//! How the last few turns of a learner sounded.
//!
//! Must not know how contours are measured.

use crate::domain::{CONTOURS_KEPT, Contours, UserId};
use crate::store::engine::Range;
use crate::store::tx::Tx;
use crate::store::{Lease, Reader, Store, StoreError, keys};

impl Store {
    /// Keeps the contours of a turn of the row's learner; what is known of it already is completed, and the oldest turns
    /// beyond [`CONTOURS_KEPT`] are forgotten. `Gone` when the learner was deleted meanwhile.
    pub async fn keep_contours(&self, lease: Lease, contours: Contours) -> Result<(), StoreError> {
        self.change(move |state| {
            let user = state.leased(lease)?.user;
            let key = keys::contour(user, contours.turn);
            let known: Option<Contours> = state.get(&key)?;
            let (learner, reply) = known.map_or((None, None), |known| (known.learner, known.reply));
            let whole = Contours {
                turn: contours.turn,
                learner: contours.learner.or(learner),
                reply: contours.reply.or(reply),
            };
            let mut tx = Tx::default();
            let mut kept = state.list_keys(&Range::prefix(keys::contours_of(user)), usize::MAX)?;
            kept.push(key.clone());
            kept.sort();
            kept.dedup();
            tx.put(key, &whole)?;
            let surplus = kept.len().saturating_sub(CONTOURS_KEPT);
            for oldest in kept.into_iter().take(surplus) {
                tx.delete(oldest);
            }
            state.apply(tx)
        })
        .await
    }
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
