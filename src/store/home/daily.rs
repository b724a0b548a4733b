//! The daily exports: when one is due, how it is made, which are kept. Must not know who asks for one.

use super::{BACKUP, EVERY_MS, Home, PREFIX, SUFFIX, export_name, file_name, make_private};
use crate::domain::Timestamp;
use crate::store::export::{self, Exported};
use crate::store::reencrypted_copy::{Keyed, export_of};
use crate::store::{Store, StoreError};
use std::fs;
use std::io;
use std::path::PathBuf;

/// Exports kept.
pub const KEPT: usize = 7;

impl Home {
    /// When the next export is due: now, or a day after the newest. One dated in the future (the clock was
    /// set back) does not count.
    pub fn next_export(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        let newest = self.listed()?.first().and_then(|path| moment(&file_name(path)));
        Ok(newest.filter(|at| *at <= now).map_or(now, |at| at.plus_ms(EVERY_MS)))
    }

    /// Makes an export and removes the oldest beyond [`KEPT`].
    pub async fn export(&self, store: &Store, now: Timestamp) -> Result<(PathBuf, Exported), StoreError> {
        let failed = |error: io::Error| StoreError::Export(error.to_string());
        make_private(&self.exports()).map_err(failed)?;
        let path = self.exports().join(export_name(now));
        let exported = store.export(path.clone(), now).await?;
        let others: Vec<_> = self.listed()?.into_iter().filter(|other| *other != path).collect();
        let partial = |name: &String| name.ends_with(".partial");
        let left = self.names(&self.exports(), PREFIX)?.into_iter().filter(partial);
        let left = left.map(|name| self.exports().join(name));
        for old in others.into_iter().skip(KEPT - 1).chain(left) {
            fs::remove_file(old).map_err(failed)?;
        }
        Ok((path, exported))
    }
}

impl Home {
    /// Makes an export of records that nobody has open; its path.
    pub(crate) fn export_closed(&self, of: Keyed<'_>, now: Timestamp) -> Result<PathBuf, StoreError> {
        make_private(&self.exports()).map_err(|error| StoreError::Export(error.to_string()))?;
        let path = self.exports().join(export_name(now));
        export_of(of, &path, now)?;
        Ok(path)
    }

    /// As [`Self::export_closed`], and removes all others, which are under another key or none.
    pub(crate) fn replace_exports(&self, of: Keyed<'_>, now: Timestamp) -> Result<(), StoreError> {
        let made = file_name(&self.export_closed(of, now)?);
        let failed = |error: io::Error| StoreError::Export(error.to_string());
        for prefix in [PREFIX, BACKUP] {
            for name in self.names(&self.exports(), prefix)?.into_iter().filter(|name| *name != made) {
                fs::remove_file(self.exports().join(name)).map_err(failed)?;
            }
        }
        export::sync_folder(&self.exports()).map_err(failed)
    }
}

/// Reads the time in an export's name.
fn moment(name: &str) -> Option<Timestamp> {
    let text = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(Timestamp::from_secs(civil.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second()))
}
