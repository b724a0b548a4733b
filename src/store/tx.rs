//! One transaction in preparation: records and their index entries.
//!
//! Must not know what a verb means.

use super::engine::Batch;
use super::records::{self, IndexEntry, Record};
use super::{StoreError, kinds};

/// Changes that are written all or not at all.
#[derive(Default)]
pub struct Tx {
    batch: Batch,
}

impl Tx {
    pub fn put<R: Record>(&mut self, key: Vec<u8>, record: &R) -> Result<(), StoreError> {
        self.batch.put(key, records::encode(record)?);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn put_bytes(&mut self, key: Vec<u8>, bytes: Vec<u8>) {
        self.batch.put(key, bytes);
    }

    /// As [`Self::put`] for a record with index entries, of which those of the record before are removed.
    pub(crate) fn replace<R: Record>(
        &mut self,
        key: Vec<u8>,
        before: Option<&R>,
        after: Option<&R>,
    ) -> Result<(), StoreError> {
        if let Some(before) = before {
            for entry in kinds::entries(&key, &records::encode(before)?)? {
                self.delete(entry);
            }
        }
        let Some(after) = after else {
            self.delete(key);
            return Ok(());
        };
        let bytes = records::encode(after)?;
        for entry in kinds::entries(&key, &bytes)? {
            self.put(entry, &IndexEntry)?;
        }
        self.batch.put(key, bytes);
        Ok(())
    }

    /// The key need not exist.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.batch.delete(key);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    pub(crate) fn into_batch(self) -> Batch {
        self.batch
    }
}
