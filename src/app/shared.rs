//! The shared store that is configured, and one that a command names. Must not know what is done with it.

use crate::config::{Config, StoreUrl};
use crate::store::StoreError;
use crate::store::server::{self, Candidate, Server, SharedStore};
use std::path::Path;
use std::sync::Arc;

/// Connects to nothing yet. Reads `STORE_CA_FILE`.
pub(crate) fn server_of(config: &Config, url: &StoreUrl) -> Result<Arc<dyn Server>, StoreError> {
    let read =
        |path| std::fs::read(path).map_err(|source| StoreError::Io { action: "read STORE_CA_FILE", source });
    let authority = config.store_ca_file.as_ref().map(read).transpose()?;
    server::of(url.expose(), authority.as_deref())
}

/// `root`: the store's folder on this machine. `me`: how the others see who uses it.
pub(crate) fn shared_store(
    config: &Config,
    server: Arc<dyn Server>,
    root: &Path,
    me: Candidate,
) -> Result<SharedStore, StoreError> {
    SharedStore::new(server, root, config.store_key.clone(), me)
}
