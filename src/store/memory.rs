//! A store in memory, for tests and `demo`: loses what was not flushed when "crashed", and fails on demand.
//!
//! Must not know records or verbs.

use super::engine::{Batch, Engine, Flush, Span, Visit};
use super::{Store, StoreError};
use crate::secret::KeyMaterial;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// The durable part: survives the store that writes to it.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<DiskImage>>);

#[derive(Debug, Default)]
struct DiskImage {
    durable: Map,
    /// Batches in it.
    height: u64,
    /// Counts the openings; an engine of an earlier one can no longer write.
    opening: u64,
    failing: bool,
}

/// One opening of a [`MemoryDisk`].
#[derive(Debug)]
struct MemoryEngine {
    disk: MemoryDisk,
    opening: u64,
    live: Map,
    unflushed: Arc<Mutex<Vec<Batch>>>,
    height: u64,
}

/// Flushes one opening to its disk.
struct MemoryFlush {
    disk: MemoryDisk,
    opening: u64,
    unflushed: Arc<Mutex<Vec<Batch>>>,
}

impl MemoryDisk {
    /// A disk with these records.
    pub fn holding(records: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
        let disk = Self::default();
        disk.image().durable.extend(records);
        disk
    }

    /// Opens a store on what has been flushed. A store opened on it earlier can no longer write, as if its
    /// process had been killed.
    pub fn open(&self) -> Result<Store, StoreError> {
        self.open_keyed(None)
    }

    /// As [`Self::open`], with the key of an encrypted store, or of a new one that is to be encrypted.
    pub fn open_keyed(&self, key: Option<&KeyMaterial>) -> Result<Store, StoreError> {
        let (opening, live, height) = {
            let mut image = self.image();
            image.opening += 1;
            (image.opening, image.durable.clone(), image.height)
        };
        let engine = MemoryEngine { disk: self.clone(), opening, live, unflushed: Arc::default(), height };
        Store::start(Box::new(engine), key, super::wall_clock())
    }

    /// What has been flushed so far.
    pub fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.image().durable.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Makes every write and flush fail, or work again.
    pub fn set_failing(&self, failing: bool) {
        self.image().failing = failing;
    }

    fn image(&self) -> MutexGuard<'_, DiskImage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self, opening: u64, action: &'static str) -> Result<MutexGuard<'_, DiskImage>, StoreError> {
        let image = self.image();
        if image.failing || image.opening != opening {
            return Err(StoreError::Io {
                action,
                source: std::io::Error::other("the disk in memory was told to fail"),
            });
        }
        Ok(image)
    }
}

fn write(map: &mut Map, batch: Batch) {
    for (key, value) in batch {
        match value {
            Some(value) => drop(map.insert(key, value)),
            None => drop(map.remove(&key)),
        }
    }
}

fn waiting(unflushed: &Mutex<Vec<Batch>>) -> MutexGuard<'_, Vec<Batch>> {
    unflushed.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine for MemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.live.get(key).cloned())
    }

    fn scan(&self, span: &Span, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError> {
        let mut found = self.live.range(span.start.clone()..span.end.clone());
        while let Some((key, value)) = if backwards { found.next_back() } else { found.next() } {
            if !visit(key, value)? {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        drop(self.disk.writable(self.opening, "write")?);
        waiting(&self.unflushed).push(batch.clone());
        write(&mut self.live, batch);
        self.height += 1;
        Ok(())
    }

    fn flusher(&self) -> Box<dyn Flush> {
        let (disk, opening, unflushed) = (self.disk.clone(), self.opening, Arc::clone(&self.unflushed));
        Box::new(MemoryFlush { disk, opening, unflushed })
    }

    fn height(&self) -> u64 {
        self.height
    }
}

impl Flush for MemoryFlush {
    fn flush(&mut self) -> Result<(), StoreError> {
        // Locks the disk first, so that of two concurrent flushes the earlier batches do not come last.
        let mut image = self.disk.writable(self.opening, "flush")?;
        for batch in waiting(&self.unflushed).drain(..) {
            write(&mut image.durable, batch);
            image.height += 1;
        }
        Ok(())
    }
}
