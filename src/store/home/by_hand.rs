//! A restore requested by a person, from a file of theirs, replacing whatever is there.
//!
//! As safe as the restore of a damaged store: the file is checked and the new database completed before the
//! old one is touched; after an interruption at any point the next start finds the old or the new one,
//! complete. Must not know which command asked.

use super::{Exchange, Home, Restored, export_name, io_of, make_private, write_json};
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::export::{self, Source};
use crate::store::rebuild::{Rebuilt, is_blank, rebuild};
use crate::store::reencrypted_copy::{Keyed, export_of};
use crate::store::sled::SledFolder;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Used as the damage in the note of such a restore.
pub const BY_HAND: &str = "nothing: restored by command";
/// Name prefix of databases that a person has replaced.
pub(super) const REPLACED: &str = "replaced-";

/// Result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    Done(Box<Restored>),
    /// The store holds something, and `force` was not given.
    NotEmpty,
}

impl Home {
    /// Restores `from`. A store that holds something is moved aside with `force`, and left alone without.
    /// Blocking; `tell` is called for each step.
    ///
    /// [`StoreError::Locked`] while a daemon runs, [`StoreError::Export`] when the file is not valid,
    /// [`StoreError::Io`] when the system refuses. Nothing has changed then.
    pub fn restore_by_hand(
        &self,
        from: &Source,
        force: bool,
        now: Timestamp,
        tell: &mut dyn FnMut(Exchange),
    ) -> Result<ByHand, StoreError> {
        // First of all, so that a wrong file does not even create a folder.
        from.read(&mut |_, _| Ok(()))?;
        make_private(&self.root).map_err(io_of("make its folder"))?;
        // While this is held nobody opens the database; opening it shows that nobody has it open.
        let _lock = self.lock()?;
        if !force {
            self.has_not_moved()?;
        }
        self.finish_interrupted()?;
        let there = self.store().exists();
        if there {
            match is_blank(&SledFolder(&self.store()), self.key.as_ref(), now) {
                Ok(true) => {}
                // If it cannot be read, it is unknown what it holds.
                Ok(false)
                | Err(StoreError::Corrupt { .. } | StoreError::Newer { .. } | StoreError::Key(_))
                    if force => {}
                Ok(false)
                | Err(StoreError::Corrupt { .. } | StoreError::Newer { .. } | StoreError::Key(_)) => {
                    return Ok(ByHand::NotEmpty);
                }
                Err(error) => return Err(error),
            }
        }
        let mut filled = |done, whole| tell(Exchange::Filled { done, whole });
        let rebuilt = rebuild(from, &SledFolder(&self.making()), self.key.as_ref(), now, &mut filled)
            .inspect_err(|_| {
                // Half a database is useless; if it cannot be removed, the next opening does it.
                let _ = fs::remove_dir_all(self.making());
            })?;
        self.made(tell)?;
        let restored = Restored {
            at_ms: now.0,
            damage: BY_HAND.to_owned(),
            moved_to: there.then(|| self.named(&self.free_place(now))),
            export: Some(from.path().to_owned()),
            taken_at_ms: Some(rebuilt.exported.taken_at.0),
            records: rebuilt.exported.records,
            set_aside: rebuilt.set_aside,
            passed_over: Vec::new(),
        };
        write_json(&self.note(), &restored).map_err(io_of("note the restore"))?;
        if let Some(aside) = &restored.moved_to {
            fs::rename(self.store(), self.reached(aside)).map_err(io_of("move the old database aside"))?;
            tell(Exchange::Aside);
        }
        self.put_in_place(tell)?;
        self.clear_moved().map_err(io_of("note that it is here again"))?;
        // Should the new database be damaged within a day, it has to be restored from this file and not from
        // an export of the previous database. The restore itself is done, even if this fails.
        if self.keep(from, &rebuilt, now).is_ok() {
            tell(Exchange::Kept);
        }
        tell(Exchange::Done);
        Ok(ByHand::Done(Box::new(restored)))
    }

    /// Adds a checked file to the exports as the newest one. If a plain file became an encrypted store, an
    /// export of that store instead: nothing readable may lie beside it.
    fn keep(&self, from: &Source, rebuilt: &Rebuilt, now: Timestamp) -> Result<(), StoreError> {
        let failed = |error: io::Error| StoreError::Export(error.to_string());
        make_private(&self.exports()).map_err(failed)?;
        let path = self.exports().join(export_name(now));
        if rebuilt.sealed {
            let store = self.store();
            let of = Keyed { records: &SledFolder(&store), key: self.key.as_ref() };
            return export_of(of, &path, rebuilt.exported.taken_at).map(drop);
        }
        let copied = || {
            let partial = export::partial(&path);
            let mut copy = export::create(&partial)?;
            io::copy(&mut from.reader()?, &mut copy)?;
            copy.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(partial, &path)?;
            export::sync_folder(&self.exports())
        };
        copied().map_err(failed)
    }

    /// Not under a name of damaged ones, because those are counted.
    pub(super) fn free_place(&self, now: Timestamp) -> PathBuf {
        let stamp = super::stamp(now);
        let mut names = (1..).map(|n: u32| match n {
            1 => format!("{REPLACED}{stamp}"),
            _ => format!("{REPLACED}{stamp}-{n}"),
        });
        let free = names.find(|name| !self.root.join(name).exists());
        self.root.join(free.unwrap_or_else(|| format!("{REPLACED}{stamp}")))
    }
}
