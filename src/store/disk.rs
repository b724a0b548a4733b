//! The disk below the store's state: an engine, the ledger over it and, if the store is encrypted, the cipher
//! between plain and stored keys and values.
//!
//! Decides what happens when a store is opened with or without a key. Must not know verbs, or records other
//! than the ledger.

use super::engine::{Batch, Engine, Flush, Range, Visit};
use super::kinds::Kind;
use super::ledger::Ledger;
use super::records::LogKey;
use super::seal::{Header, KeyTrouble, Seal};
use super::{StoreError, keys, records};
use crate::secret::KeyMaterial;

pub struct Disk {
    engine: Box<dyn Engine>,
    seal: Option<Seal>,
    ledger: Ledger,
}

impl Disk {
    /// Checks what is there against key and ledger. With a key, an empty disk becomes an encrypted one.
    ///
    /// [`StoreError::Key`] when store and key do not fit, [`StoreError::Corrupt`] when records are missing.
    pub fn open(engine: Box<dyn Engine>, key: Option<&KeyMaterial>) -> Result<Self, StoreError> {
        let header = engine.get(&keys::seal())?;
        let encrypted = header.is_some();
        let seal = match &header {
            Some(header) => Some(Header::read(header)?.unlock(key)?),
            None => None,
        };
        let mut disk = Self { engine, seal, ledger: Ledger::default() };
        if let Some(key) = key
            && !encrypted
        {
            if disk.is_empty()? {
                disk.encrypt_from_now_on(key)?;
                disk.flush()?;
                return Ok(disk);
            }
            // An encrypted store without its header is damaged: its ledger cannot be read.
            disk.read_ledger()?;
            return Err(KeyTrouble::NotEncrypted.into());
        }
        disk.read_ledger()?;
        Ok(disk)
    }

    /// Prepares an empty disk to be filled by [`Self::write`]; encrypted when there is a key.
    pub fn create(engine: Box<dyn Engine>, key: Option<&KeyMaterial>) -> Result<Self, StoreError> {
        let mut disk = Self { engine, seal: None, ledger: Ledger::default() };
        if let Some(key) = key {
            disk.encrypt_from_now_on(key)?;
        }
        Ok(disk)
    }

    fn read_ledger(&mut self) -> Result<(), StoreError> {
        self.ledger = match self.get(&keys::ledger())? {
            // Whoever removed the ledger could roll back records unnoticed. A plain store may date from
            // before there was a ledger.
            None if self.seal.is_some() => {
                let detail = "it is missing, and an encrypted store always has one".to_owned();
                return Err(StoreError::Corrupt { kind: "ledger", detail });
            }
            None => self.take_stock()?,
            Some(bytes) => self.decode_ledger(&bytes)?,
        };
        self.ledger.check(self.engine.as_ref())
    }

    /// Without its header, an encrypted ledger looks like one of a newer version. The log key, whose format
    /// never changes, tells the two apart.
    fn decode_ledger(&self, bytes: &[u8]) -> Result<Ledger, StoreError> {
        match records::decode(bytes) {
            Err(error @ StoreError::Newer { .. }) => {
                let key = self.get(&keys::log_key())?.unwrap_or_default();
                let plain = records::decode::<LogKey>(&key).is_ok();
                let detail = "it is missing".to_owned();
                Err(if plain { error } else { StoreError::Corrupt { kind: "encryption header", detail } })
            }
            read => read,
        }
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        let mut empty = true;
        self.engine.scan(&keys::everything(), false, &mut |_, _| {
            empty = false;
            Ok(false)
        })?;
        Ok(empty)
    }

    fn encrypt_from_now_on(&mut self, key: &KeyMaterial) -> Result<(), StoreError> {
        let (header, seal) = Header::new(key)?;
        self.seal = Some(seal);
        let mut batch = Batch::default();
        batch.put(keys::seal(), header.write());
        self.put(batch)
    }

    /// Number of all records, its own included.
    pub(crate) fn records(&self) -> u64 {
        self.ledger.records()
    }

    /// Number of records of a kind.
    pub fn held(&self, kind: Kind) -> u64 {
        self.ledger.held(kind)
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(seal) = &self.seal else { return self.engine.get(key) };
        let at = seal.key(key)?;
        let Some(sealed) = self.engine.get(&at)? else { return Ok(None) };
        let (found, value) = seal.open(&at, &sealed)?;
        if found == key {
            return Ok(Some(value));
        }
        let detail = "two keys have one hash, which cannot be".to_owned();
        Err(StoreError::Corrupt { kind: "sealed", detail })
    }

    pub fn scan(&self, range: &Range, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError> {
        let Some(seal) = &self.seal else { return self.engine.scan(&range.span(), backwards, visit) };
        self.engine.scan(&seal.range(range)?.span(), backwards, &mut |at, sealed| {
            let (key, value) = seal.open(at, sealed)?;
            visit(&key, &value)
        })
    }

    /// Walks all pairs as stored, the header first.
    pub(crate) fn scan_raw(&self, visit: Visit<'_>) -> Result<(), StoreError> {
        self.engine.scan(&keys::everything(), false, visit)
    }

    /// Walks all records except the disk's own.
    pub(crate) fn scan_all(&self, visit: Visit<'_>) -> Result<(), StoreError> {
        let own = [keys::seal(), keys::ledger()];
        self.scan_raw(&mut |at, bytes| match &self.seal {
            _ if own.iter().any(|key| key == at) => Ok(true),
            None => visit(at, bytes),
            Some(seal) => {
                let (key, value) = seal.open(at, bytes)?;
                visit(&key, &value)
            }
        })
    }

    /// Writes a batch and updates the ledger; durable after the next flush.
    pub fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        let batch = match &self.seal {
            None => batch,
            Some(seal) => seal.batch(batch)?,
        };
        self.put(batch)
    }

    /// As [`Self::write`], for records whose keys were never written before.
    pub(crate) fn add(&mut self, batch: Batch) -> Result<(), StoreError> {
        let batch = match &self.seal {
            None => batch,
            Some(seal) => seal.batch(batch)?,
        };
        self.ledger.enter_new(&batch);
        self.put_entered(batch)
    }

    fn put(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.ledger.enter(self.engine.as_ref(), &batch)?;
        self.put_entered(batch)
    }

    fn put_entered(&mut self, mut batch: Batch) -> Result<(), StoreError> {
        let (key, ledger) = (keys::ledger(), records::encode(&self.ledger)?);
        let (key, ledger) = match &self.seal {
            None => (key, ledger),
            Some(seal) => seal.seal(&key, &ledger)?,
        };
        batch.put(key, ledger);
        self.engine.apply(batch)
    }

    /// Makes everything written so far durable.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.engine.flush()
    }

    /// Does the flushing on another thread.
    pub(crate) fn flusher(&self) -> Box<dyn Flush> {
        self.engine.flusher()
    }

    /// Counts everything that is there.
    pub(crate) fn take_stock(&self) -> Result<Ledger, StoreError> {
        Ledger::take_stock(self.engine.as_ref())
    }

    /// Whether these are the records that were written, according to the ledger.
    pub(crate) fn agrees(&self, stock: &Ledger) -> bool {
        *stock == self.ledger
    }
}
