//! Lets root's commands work on a store that belongs to another user: they act as its owner, so that the
//! files they make belong to the owner even after a crash, and no symbolic link in the folder leads root
//! elsewhere. Must not know what the commands do.

use super::Failure;
use crate::app::home_of;
use crate::config::Config;
use crate::domain::printable;
use crate::store::Home;
use crate::store::home::Acting;

/// Opens the folder of a store that no daemon holds. Until the returned [`Acting`] is dropped, this thread
/// acts as the folder's owner, so anything outside the folder must be opened before or after.
pub(crate) fn home_as_owner(config: &Config) -> Result<(Home, Option<Acting>), Failure> {
    let home = home_of(config);
    home.give_strays();
    home.as_owner().map_err(|error| {
        let folder = printable::path(&config.session_storage_path);
        Failure::Failed(format!("the store's folder {folder}: {error}"))
    })
}
