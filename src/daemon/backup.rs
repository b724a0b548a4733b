//! The daily export of the store. A failed one is told and tried again; it never harms the work.

use crate::domain::Timestamp;
use crate::logging::Event;
use crate::store::{Home, Store};
use std::path::Path;

/// After a failure, milliseconds.
const AGAIN_AFTER_MS: i64 = 3_600_000;

/// When the store was exported and when it will be.
pub struct Backup {
    home: Home,
    /// Not yet known right after the start.
    next: Option<Timestamp>,
}

impl Backup {
    /// Of the store in this folder.
    pub fn new(root: &Path) -> Self {
        Self { home: Home::at(root), next: None }
    }

    /// Exports when it is time.
    pub async fn round(&mut self, store: &Store, now: Timestamp) {
        let due = match self.next {
            Some(next) => next,
            None => self.home.next_export(now).unwrap_or(now),
        };
        self.next = Some(due);
        if now < due {
            return;
        }
        let next = match self.home.export(store, now).await {
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
