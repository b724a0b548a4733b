//! The daily export of the store. A failed one is logged and tried again; it never disturbs the work. Must
//! not know what an export is.

use crate::domain::Timestamp;
use crate::logging::Event;
use crate::store::{Home, Store};
use std::path::Path;

/// Pause after a failure, ms.
const AGAIN_AFTER_MS: i64 = 3_600_000;

/// When the store was last exported and when it will be next.
pub(crate) struct Backup {
    home: Home,
    /// Where a shared store lies; `None`: the store lies in this folder.
    elsewhere: Option<String>,
    /// Unknown right after the start.
    next: Option<Timestamp>,
}

impl Backup {
    /// `root`: the store's folder on this machine; `elsewhere`: where a shared store lies.
    pub(crate) fn new(root: &Path, elsewhere: Option<String>) -> Self {
        Self { home: Home::at(root), elsewhere, next: None }
    }

    /// Exports if it is time.
    pub(crate) async fn round(&mut self, store: &Store, now: Timestamp) {
        let due = match self.next {
            Some(next) => next,
            None => self.home.next_export(now).unwrap_or(now),
        };
        self.next = Some(due);
        if now < due {
            return;
        }
        let noted = self.elsewhere.as_ref().map_or(Ok(()), |place| self.home.note_elsewhere(place, now));
        let exported = match noted {
            Ok(()) => self.home.export(store, now).await,
            Err(error) => Err(error),
        };
        let next = match exported {
            Ok((path, exported)) => {
                let (records, bytes) = (exported.records, exported.bytes);
                tracing::info!(event = %Event::StoreExported, ?path, records, bytes, "the store is exported");
                now.plus_ms(crate::store::home::EVERY_MS)
            }
            Err(error) => {
                tracing::error!(
                    event = %Event::ExportFailed,
                    %error,
                    "the store could not be exported; the next try is in an hour"
                );
                now.plus_ms(AGAIN_AFTER_MS)
            }
        };
        self.next = Some(next);
    }
}
