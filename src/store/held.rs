//! A store that a command holds: nobody has it open, and nobody can open it meanwhile.
//!
//! The seam between what is done with a store as a whole ([`refill`](super::refill), [`moving`](super::moving)) and the kinds
//! of store. Must not know what is done, or why.

use super::StoreError;
use super::engine::Opens;

/// A store and, beside it, the place where records are made that will replace its own. What holds it is let go when this is
/// dropped.
pub trait Held {
    /// For people: the folder, or host, port and database.
    fn place(&self) -> &str;

    /// Whether there are any records.
    fn is_there(&self) -> Result<bool, StoreError>;

    /// The records. Where there are none, to open them makes some.
    fn current(&self) -> Box<dyn Opens + '_>;

    /// Empties the place for those that will replace them.
    fn begin(&self) -> Result<(), StoreError>;

    /// Those that will replace them, after [`Self::begin`].
    fn next(&self) -> Box<dyn Opens + '_>;

    /// Puts the next records in place of the current ones, and removes the mark of a move. After an interruption at any point
    /// the old or the new ones are there, complete. With `keep` the old ones are kept, and where is told for people; otherwise
    /// they are removed.
    fn exchange(&self, keep: bool) -> Result<Option<String>, StoreError>;

    /// Where the records have been moved to: nobody opens them.
    fn moved(&self) -> Result<Option<String>, StoreError>;

    fn set_moved(&self, to: &str) -> Result<(), StoreError>;
}
