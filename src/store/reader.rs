//! What handlers may see of the store: reads only, so that handlers cannot save is a matter of types.
//!
//! Must not know what is read: the verbs that change nothing are its methods, in `verbs`.

use super::StoreError;
use super::state::State;
use super::thread::Thread;

/// A read-only view of the store, cheap to clone. It waits for no flush: what it finds may not be durable
/// yet, so nothing that is sent may rest on it alone.
#[derive(Clone)]
pub struct Reader(pub(super) Thread);

impl Reader {
    /// Carries out a verb that changes nothing on disk, and answers at once.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.carry_out(verb, |_, _| 0).await
    }
}
