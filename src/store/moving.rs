//! Moves the records of a store to another one, of whatever kind.
//!
//! ```text
//! copy to the destination's next records, each read back, all counted
//! mark the source as moved, not finished         from here on it opens no more
//! exchange at the destination                    from here on it opens
//! mark the source as moved
//! ```
//!
//! There are never two that open. Killed at any moment, a move has not begun, or has to be finished by running it again.
//! Leases live in memory only, so none is lost. Must not know which kinds of store these are, or how a person is told.

use super::rebuild::is_blank;
use super::reencrypted_copy::{Keyed, Progress, are_same, checked_copy};
use super::state::State;
use super::{Held, StoreError};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;

/// Follows the destination in the mark of a source whose destination may not be complete.
const UNFINISHED: &str = " (not finished)";

/// The step just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moving {
    Working(Progress),
    /// The source opens no more.
    Marked,
    /// The destination has the records.
    InPlace,
    Done,
}

/// Result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    Done {
        /// All of them; `None`: an earlier move had done it, and only its end was missing.
        records: Option<u64>,
        /// Where what the destination held is kept, for people.
        aside: Option<String>,
    },
    /// The destination holds something, and `force` was not given.
    NotEmpty,
    /// There are no records to move.
    Nothing,
}

/// Moves all records of `from`, which open with `key` as will those of `to`. A destination that holds something that was not
/// moved away from it is replaced with `force`, and left alone without. Both are held by the caller. Blocks for as long as
/// reading everything three times takes.
///
/// [`StoreError::Moved`] when the source was moved elsewhere, [`StoreError::Corrupt`] when it has lost records,
/// [`StoreError::Key`] when the key is not its own.
pub fn move_records(
    from: &dyn Held,
    to: &dyn Held,
    key: Option<&KeyMaterial>,
    force: bool,
    now: Timestamp,
    tell: &mut dyn FnMut(Moving),
) -> Result<Moved, StoreError> {
    let unfinished = format!("{}{UNFINISHED}", to.place());
    let begun = match from.moved()? {
        None => false,
        Some(elsewhere) if elsewhere == unfinished => true,
        Some(elsewhere) => {
            return Err(StoreError::Moved { place: from.place().to_owned(), to: elsewhere });
        }
    };
    if !from.is_there()? {
        return Ok(Moved::Nothing);
    }
    let (source, there) = (from.current(), to.current());
    let source = Keyed { records: source.as_ref(), key };
    let left_behind = to.moved()?.is_some();
    let holds = !left_behind && to.is_there()? && !looks_blank(to, key, now)?;
    if holds && begun && are_same(source, Keyed { records: there.as_ref(), key }).unwrap_or(false) {
        return finish(from, to, tell, None, None);
    }
    if holds && !force {
        return Ok(Moved::NotEmpty);
    }
    to.begin()?;
    let next = to.next();
    let copied = checked_copy(source, Keyed { records: next.as_ref(), key }, &mut |step| {
        tell(Moving::Working(step));
    })?;
    // A daemon must be able to open it.
    next.opened(|engine| State::open(engine, key, now).map(drop))?;
    if !begun {
        from.set_moved(&unfinished)?;
        tell(Moving::Marked);
    }
    let aside = to.exchange(holds)?;
    tell(Moving::InPlace);
    finish(from, to, tell, Some(copied), aside)
}

fn finish(
    from: &dyn Held,
    to: &dyn Held,
    tell: &mut dyn FnMut(Moving),
    records: Option<u64>,
    aside: Option<String>,
) -> Result<Moved, StoreError> {
    from.set_moved(to.place())?;
    tell(Moving::Done);
    Ok(Moved::Done { records, aside })
}

/// Whether it holds nothing of any learner. Of what cannot be read that is unknown.
pub(super) fn looks_blank(
    held: &dyn Held,
    key: Option<&KeyMaterial>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    match is_blank(held.current().as_ref(), key, now) {
        Err(StoreError::Corrupt { .. } | StoreError::Newer { .. } | StoreError::Key(_)) => Ok(false),
        looked => looked,
    }
}
