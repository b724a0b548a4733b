//! Root's commands on a store of somebody else: they work on it as its owner, so that what they make is the owner's, however
//! they end, and no link in the folder leads them elsewhere.

use super::Failure;
use crate::app::home_of;
use crate::config::Config;
use crate::domain::printable;
use crate::store::Home;
use crate::store::home::Acting;

/// The home of this configuration, for a store that no daemon holds. Until the second is dropped this thread acts as the
/// folder's owner: what is to be read or written elsewhere is opened before, or after.
///
/// # Errors
/// Why that cannot be.
pub(crate) fn home_as_owner(config: &Config) -> Result<(Home, Option<Acting>), Failure> {
    let home = home_of(config);
    home.give_strays();
    home.as_owner().map_err(|error| {
        let folder = printable::path(&config.session_storage_path);
        Failure::Failed(format!("the store's folder {folder}: {error}"))
    })
}
