//! Makes deleted bytes disappear: rewrites the database's files without what was removed.
//!
//! sled appends, so the bytes of a removed record stay in its file until the space is reused. Before a
//! learner is deleted a note is written; the daemon, when it stops or starts, then copies the database into a
//! new one and puts that in place. After an interruption at any point the next start finds the old or the new
//! database, complete. What the disk itself keeps of a removed file is beyond our control.
//!
//! The note counts the starts in a row that were interrupted by this: a copy that takes too long, or more
//! memory than there is, must not keep the daemon from working for ever. Must not know who was deleted.

use super::{Exchange, Home, io_of};
use crate::store::rebuild::copy;
use crate::store::reencrypted_copy::Keyed;
use crate::store::sled::SledFolder;
use crate::store::{StoreError, export};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const NOTE: &str = "forgotten";
const ACTION: &str = "clear deleted bytes from the database";
/// Interrupted starts in a row after which it is left to a person.
const TRIES: u32 = 3;

/// Largest database that is copied while the daemon stops, bytes.
const AT_STOP: u64 = 16 << 20;

/// Bytes of deleted learners are still in the database's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncleared {
    /// The daemon's next start clears them.
    NextStart,
    /// It took too long at several starts, or ended them: somebody has to call [`Home::clean`].
    ByHand,
}

/// What was done about deleted bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    Nothing,
    Done,
    /// They are still there, see [`Uncleared`].
    Left,
}

impl Home {
    /// Notes that a learner is about to be deleted; durable when this returns. Blocks briefly. A note without
    /// a deletion does no harm.
    pub fn note_forgotten(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        // An existing note keeps its count.
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(self.root.join(NOTE))?;
        file.sync_all()?;
        export::sync_folder(&self.root)
    }

    pub fn uncleared(&self) -> Option<Uncleared> {
        let tries = self.cut_off()?;
        Some(if tries < TRIES { Uncleared::NextStart } else { Uncleared::ByHand })
    }

    /// Rewrites the database now if a learner was deleted since the last time; `true` when it did. Blocks for
    /// as long as it takes; the database must not be open. `tell` is called for each step. On an error the
    /// old database is in place.
    pub fn clean(&self, tell: &mut dyn FnMut(Exchange)) -> Result<bool, StoreError> {
        if self.cut_off().is_none() {
            return Ok(false);
        }
        let _lock = self.lock()?;
        self.finish_interrupted()?;
        if self.is_bare() { Ok(false) } else { self.rewrite(None, tell) }
    }

    /// As [`Self::clean`] at a start, spending at most `budget` on the copy. On an error the note stays and
    /// the next start tries again, so the daemon can start all the same.
    pub fn clean_at_start(&self, budget: Duration) -> Result<Cleared, StoreError> {
        let Some(tries) = self.cut_off() else { return Ok(Cleared::Nothing) };
        if tries >= TRIES {
            return Ok(Cleared::Left);
        }
        let _lock = self.lock()?;
        self.finish_interrupted()?;
        if self.is_bare() {
            return Ok(Cleared::Nothing);
        }
        // If the process ends from here on, that is counted.
        self.count(tries + 1).map_err(io_of(ACTION))?;
        match self.rewrite(Instant::now().checked_add(budget), &mut |_| ()) {
            Ok(true) => Ok(Cleared::Done),
            Ok(false) => {
                self.count(TRIES).map_err(io_of(ACTION))?;
                Ok(Cleared::Left)
            }
            Err(error) => {
                // An error is reported each time; it costs no time and ends no process.
                self.count(0).map_err(io_of(ACTION))?;
                Err(error)
            }
        }
    }

    /// As [`Self::clean`] when the daemon stops, spending at most `budget` on the copy. If that is too
    /// little, the next start does it.
    pub(crate) fn clean_at_stop(&self, budget: Duration) -> Result<Cleared, StoreError> {
        if self.uncleared() != Some(Uncleared::NextStart) {
            return Ok(Cleared::Nothing);
        }
        let database = fs::metadata(self.store().join("db"));
        if database.map_or(true, |database| database.len() > AT_STOP) {
            return Ok(Cleared::Left);
        }
        let _lock = self.lock()?;
        let done = self.rewrite(Instant::now().checked_add(budget), &mut |_| ())?;
        Ok(if done { Cleared::Done } else { Cleared::Left })
    }

    /// `false`: not finished by `until`.
    fn rewrite(&self, until: Option<Instant>, tell: &mut dyn FnMut(Exchange)) -> Result<bool, StoreError> {
        let failed = io_of(ACTION);
        self.remove_old()?;
        let store = self.store();
        // A store that cannot be opened is not copied.
        Keyed { records: &SledFolder(&store), key: self.key.as_ref() }.opens()?;
        let copied = copy(&SledFolder(&store), &SledFolder(&self.making()), self.key.as_ref(), until);
        if !matches!(copied, Ok(true)) && self.making().exists() {
            fs::remove_dir_all(self.making()).map_err(&failed)?;
        }
        if !copied? {
            return Ok(false);
        }
        self.made(tell)?;
        fs::rename(&store, self.old()).map_err(&failed)?;
        tell(Exchange::Aside);
        self.put_in_place(tell)?;
        self.remove_old()?;
        tell(Exchange::OldRemoved);
        fs::remove_file(self.root.join(NOTE)).map_err(&failed)?;
        export::sync_folder(&self.root).map_err(&failed)?;
        tell(Exchange::Done);
        Ok(true)
    }

    /// There is no database, and looking into it would create one.
    fn is_bare(&self) -> bool {
        !self.store().join("db").exists()
    }

    /// Interrupted starts in a row; `None`: there is nothing to clear.
    fn cut_off(&self) -> Option<u32> {
        match fs::read_to_string(self.root.join(NOTE)) {
            Ok(text) => Some(text.trim().parse().unwrap_or(0)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => Some(0),
        }
    }

    fn count(&self, tries: u32) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(self.root.join(NOTE))?;
        write!(file, "{tries}")?;
        file.sync_all()
    }

    /// The previous database, about to be removed.
    pub(super) fn old(&self) -> PathBuf {
        self.root.join("cleaned")
    }

    pub(super) fn remove_old(&self) -> Result<(), StoreError> {
        if self.store().exists() && self.old().exists() {
            fs::remove_dir_all(self.old()).map_err(io_of(ACTION))?;
        }
        Ok(())
    }
}
