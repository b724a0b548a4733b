//! A restore that a person asked for: of a file of theirs, in the place of whatever is there.
//!
//! As safe as the restore of a damaged store: the file is checked and the new database made whole beside the old one before
//! that is touched; cut off anywhere, the next start finds the old or the new one, whole.

use super::{Exchange, Home, Restored, export_name, io_of, write_json};
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::export::{self, Source};
use crate::store::sled::{Keyed, Rebuilt, export_of, is_blank, make_private, rebuild};
use std::fs;
use std::io;
use std::path::PathBuf;

/// What a restored store says was wrong with the one before.
pub const BY_HAND: &str = "nothing: restored by command";
/// Begins the names of databases that a person has replaced.
pub(super) const REPLACED: &str = "replaced-";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    /// Done.
    Done(Box<Restored>),
    /// There is a store that holds something, and it was not said that it may go.
    NotEmpty,
}

impl Home {
    /// Restores `from`; a store that holds something is moved aside with `force`, and left alone without. Blocks.
    /// `tell` hears of each step.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while a daemon runs, [`StoreError::Export`] when the file is no good, [`StoreError::Io`] when the
    /// system refuses. Nothing has changed then.
    pub fn restore_by_hand(
        &self,
        from: &Source,
        force: bool,
        now: Timestamp,
        tell: &mut dyn FnMut(Exchange),
    ) -> Result<ByHand, StoreError> {
        // Before anything else, so that a wrong file does not even make a folder.
        from.read(&mut |_, _| Ok(()))?;
        make_private(&self.root).map_err(io_of("make its folder"))?;
        // Nobody opens the database while this is held; that nobody has it open shows by opening it.
        let _lock = self.lock()?;
        self.finish_interrupted()?;
        let there = self.store().exists();
        if there {
            match is_blank(&self.store(), self.key.as_ref()) {
                Ok(true) => {}
                // Nor can one say what is in a store that cannot be read.
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
        let rebuilt =
            rebuild(from, &self.making(), self.key.as_ref(), now, &mut filled).inspect_err(|_| {
                // Half a database is of no use; the next opening removes it where this fails.
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
        // Should the new database be damaged within a day, it is this one that is wanted back, not an export of the one
        // before. The restore itself is done, whatever comes of it.
        if self.keep(from, &rebuilt, now).is_ok() {
            tell(Exchange::Kept);
        }
        tell(Exchange::Done);
        Ok(ByHand::Done(Box::new(restored)))
    }

    /// Puts a checked file among the exports, as the newest. Of a plain one that became an encrypted store, an export of that
    /// store: nothing readable may lie beside it.
    fn keep(&self, from: &Source, rebuilt: &Rebuilt, now: Timestamp) -> Result<(), StoreError> {
        let failed = |error: io::Error| StoreError::Export(error.to_string());
        make_private(&self.exports()).map_err(failed)?;
        let path = self.exports().join(export_name(now));
        if rebuilt.sealed {
            let store = self.store();
            let of = Keyed { folder: &store, key: self.key.as_ref() };
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

    /// Not under the name of a damaged one: those are counted.
    fn free_place(&self, now: Timestamp) -> PathBuf {
        let stamp = super::stamp(now);
        let mut names = (1..).map(|n: u32| match n {
            1 => format!("{REPLACED}{stamp}"),
            _ => format!("{REPLACED}{stamp}-{n}"),
        });
        let free = names.find(|name| !self.root.join(name).exists());
        self.root.join(free.unwrap_or_else(|| format!("{REPLACED}{stamp}")))
    }
}
