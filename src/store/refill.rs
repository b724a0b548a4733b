//! Replaces the records of a store that is held by others: those of a backup, the same under another key, or the same after
//! the world has gone on without them.
//!
//! The new ones are made beside the old ones and complete before they replace them. Must not know which kind of store it is,
//! or how a person is told.

use super::export::Source;
use super::moving::looks_blank;
use super::rebuild::{Rebuilt, copy, rebuild};
use super::reencrypted_copy::{Keyed, Progress, checked_copy};
use super::state::State;
use super::verbs::after_restore;
use super::{Held, KeyTrouble, StoreError};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;

/// Result of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refilled {
    Done {
        rebuilt: Rebuilt,
        /// Where the records that were there are kept, for people.
        aside: Option<String>,
    },
    /// The store holds something, or was moved elsewhere, and `force` was not given.
    NotEmpty,
}

/// Restores `from`. Records that are there are kept aside with `force`, and left alone without. `tell` is called now and then
/// with the records written and their total.
///
/// [`StoreError::Export`] when the file is not valid, [`StoreError::Key`] when the key does not fit.
pub fn restore(
    held: &dyn Held,
    from: &Source,
    key: Option<&KeyMaterial>,
    force: bool,
    now: Timestamp,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Refilled, StoreError> {
    from.read(&mut |_, _| Ok(()))?;
    let there = held.is_there()?;
    let free = held.moved()?.is_none() && (!there || looks_blank(held, key, now)?);
    if !free && !force {
        return Ok(Refilled::NotEmpty);
    }
    held.begin()?;
    let rebuilt = rebuild(from, held.next().as_ref(), key, now, tell)?;
    let aside = held.exchange(there)?;
    Ok(Refilled::Done { rebuilt, aside })
}

/// Puts the same records under another key; `None` for no key. Returns how many there are; `None`: they were under it already.
pub fn reencrypt(
    held: &dyn Held,
    key: Option<&KeyMaterial>,
    to: Option<&KeyMaterial>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Option<u64>, StoreError> {
    if let Some(elsewhere) = held.moved()? {
        return Err(StoreError::Moved { place: held.place().to_owned(), to: elsewhere });
    }
    let current = held.current();
    let old = Keyed { records: current.as_ref(), key };
    match (Keyed { key: to, ..old }).opens() {
        Ok(()) => return Ok(None),
        // It is encrypted already, with another key.
        Err(error @ StoreError::Key(KeyTrouble::Wrong)) if key.is_none() => return Err(error),
        Err(StoreError::Key(_)) => {}
        Err(error) => return Err(error),
    }
    held.begin()?;
    let records = checked_copy(old, Keyed { records: held.next().as_ref(), key: to }, tell)?;
    held.exchange(false)?;
    Ok(Some(records))
}

/// Takes the records that are there as those to go on with, although others have gone on with later ones: rows that are open
/// in them become dead letters. Returns how many.
pub fn accept(held: &dyn Held, key: Option<&KeyMaterial>, now: Timestamp) -> Result<u64, StoreError> {
    held.begin()?;
    let next = held.next();
    copy(held.current().as_ref(), next.as_ref(), key, None)?;
    let set_aside = next.opened(|engine| {
        let mut state = State::open(engine, key, now)?;
        let set_aside = after_restore::apply(&mut state, now)?;
        state.flush()?;
        Ok(set_aside)
    })?;
    held.exchange(false)?;
    Ok(set_aside)
}
