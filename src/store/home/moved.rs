//! A store that was moved elsewhere, and a store's folder held by a command.
//!
//! `moved.json` says where the records went: what lies beside it is opened no more, and no export is restored in its place.
//! Must not know where to, or how a person is told.

use super::{Home, io_of, make_private, write_json};
use crate::domain::Timestamp;
use crate::store::engine::{Engine, Opens};
use crate::store::reencrypted_copy::Keyed;
use crate::store::sled::SledFolder;
use crate::store::{Held, StoreError, export};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;

const NOTE: &str = "moved.json";

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// In words.
    to: String,
    /// Unix time, ms.
    at_ms: i64,
}

impl Home {
    /// Where the records were moved to, in words.
    pub fn moved(&self) -> Result<Option<String>, StoreError> {
        match fs::read(self.root.join(NOTE)) {
            Ok(bytes) => {
                let note: Note = serde_json::from_slice(&bytes)
                    .map_err(|error| io_of("read where it was moved to")(error.into()))?;
                Ok(Some(note.to))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_of("read where it was moved to")(error)),
        }
    }

    /// Whether a store lies here that was not moved elsewhere.
    pub(crate) fn holds_a_store(&self) -> bool {
        self.store().exists() && matches!(self.moved(), Ok(None))
    }

    /// Notes that the store lies elsewhere, unless one lies here: exports that are kept here are of that one, and must not become
    /// a second store by themselves.
    pub(crate) fn note_elsewhere(&self, place: &str, now: Timestamp) -> Result<(), StoreError> {
        if self.store().exists() || self.moved()?.is_some() {
            return Ok(());
        }
        make_private(&self.root).map_err(io_of("make its folder"))?;
        self.note_moved(place, now)
    }

    fn note_moved(&self, to: &str, now: Timestamp) -> Result<(), StoreError> {
        let note = Note { to: to.to_owned(), at_ms: now.0 };
        write_json(&self.root.join(NOTE), &note).map_err(io_of("note where it was moved to"))
    }

    /// Refuses a store that was moved elsewhere.
    pub(super) fn has_not_moved(&self) -> Result<(), StoreError> {
        let place = self.name.display().to_string();
        self.moved()?.map_or(Ok(()), |to| Err(StoreError::Moved { place, to }))
    }

    pub(super) fn clear_moved(&self) -> io::Result<()> {
        match fs::remove_file(self.root.join(NOTE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| export::sync_folder(&self.root)),
        }
    }

    /// Holds the store; `place` names it for people. Makes the folder where there is none.
    ///
    /// [`StoreError::Locked`] while another command holds it. A daemon that runs is noticed when the records are opened.
    pub fn hold(&self, place: String, now: Timestamp) -> Result<HeldFolder, StoreError> {
        make_private(&self.root).map_err(io_of("make its folder"))?;
        let lock = self.lock()?;
        self.finish_interrupted()?;
        Ok(HeldFolder { home: self.clone(), place, now, _lock: lock })
    }
}

pub struct HeldFolder {
    home: Home,
    place: String,
    now: Timestamp,
    _lock: File,
}

impl Held for HeldFolder {
    fn place(&self) -> &str {
        &self.place
    }

    fn is_there(&self) -> Result<bool, StoreError> {
        Ok(self.home.store().join("db").exists())
    }

    fn current(&self) -> Box<dyn Opens + '_> {
        Box::new(SledFolder(self.home.store()))
    }

    fn begin(&self) -> Result<(), StoreError> {
        match fs::remove_dir_all(self.home.making()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_of("remove an unfinished database")(error))
            }
            _ => Ok(()),
        }
    }

    fn next(&self) -> Box<dyn Opens + '_> {
        Box::new(SledFolder(self.home.making()))
    }

    fn exchange(&self, keep: bool) -> Result<Option<String>, StoreError> {
        let home = &self.home;
        let action = io_of("put the new database in place");
        home.remove_old()?;
        home.made(&mut |_| ())?;
        let mut aside = None;
        if home.store().exists() {
            let to = if keep { home.free_place(self.now) } else { home.old() };
            fs::rename(home.store(), &to).map_err(&action)?;
            aside = keep.then(|| home.named(&to).display().to_string());
        }
        home.put_in_place(&mut |_| ())?;
        home.clear_moved().map_err(&action)?;
        home.remove_old()?;
        // Exports of the previous records are no replacement for these. The exchange itself is done, even if this fails.
        let store = SledFolder(home.store());
        let _ = home.export_closed(Keyed { records: &store, key: home.key.as_ref() }, self.now);
        Ok(aside)
    }

    fn moved(&self) -> Result<Option<String>, StoreError> {
        self.home.moved()
    }

    fn set_moved(&self, to: &str) -> Result<(), StoreError> {
        // Opening it shows that no daemon has it open.
        self.current().opened(|engine: Box<dyn Engine>| {
            drop(engine);
            self.home.note_moved(to, self.now)
        })
    }
}
