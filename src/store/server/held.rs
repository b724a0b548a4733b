//! A shared store that a command holds: it is the owner, and opens the records only to copy them.
//!
//! Must not know what is done with them.

use super::engine::Reads;
use super::{Area, Ownership, SharedStore};
use crate::store::engine::{Batch, Engine, Flush, Opens, Span, Visit, Work};
use crate::store::{Held, StoreError, keys};
use std::cell::RefCell;
use std::time::Duration;

/// Pairs read at once.
const PAGE: usize = 256;
/// How often a lease that runs is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub struct HeldShared<'a> {
    shared: &'a SharedStore,
    ownership: Option<Ownership>,
}

impl SharedStore {
    /// Holds the store, whatever its records are. Where a lease runs that nobody renews any more, blocks until it has run out.
    ///
    /// [`StoreError::Owned`] while a daemon or another command is the owner, [`StoreError::Damaged`] with settings of the
    /// server under which nothing is certain.
    pub fn hold(&self) -> Result<HeldShared<'_>, StoreError> {
        let mut last_ms = i64::MAX;
        loop {
            if let Some(ownership) = self.own()? {
                return Ok(HeldShared { shared: self, ownership: Some(ownership) });
            }
            let standing = self.standing()?;
            if standing.lease_ms > last_ms {
                let owner = standing.owner;
                return Err(StoreError::Owned {
                    place: self.place().to_owned(),
                    node: owner.node,
                    addr: owner.addr,
                });
            }
            last_ms = standing.lease_ms;
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl HeldShared<'_> {
    fn ownership(&self) -> Result<&Ownership, StoreError> {
        self.ownership.as_ref().ok_or(StoreError::Closed)
    }
}

impl Drop for HeldShared<'_> {
    fn drop(&mut self) {
        if let Some(ownership) = self.ownership.take() {
            ownership.release();
        }
    }
}

impl Held for HeldShared<'_> {
    fn place(&self) -> &str {
        self.shared.place()
    }

    fn is_there(&self) -> Result<bool, StoreError> {
        let page = self
            .ownership()?
            .reads()
            .ask(|remote| remote.page(Area::Current, &keys::everything(), false, 1))?;
        Ok(!page.is_empty())
    }

    fn current(&self) -> Box<dyn Opens + '_> {
        Box::new(Current(self))
    }

    fn begin(&self) -> Result<(), StoreError> {
        self.ownership()?.reads().ask(|remote| remote.begin_next())
    }

    fn next(&self) -> Box<dyn Opens + '_> {
        Box::new(Next(self))
    }

    fn exchange(&self, keep: bool) -> Result<Option<String>, StoreError> {
        self.ownership()?.exchange(keep)?;
        // What is there now is what was asked for, whatever was seen before.
        self.shared.accept()?;
        Ok(keep.then(|| format!("the database at {}, among its replaced records", self.place())))
    }

    fn moved(&self) -> Result<Option<String>, StoreError> {
        Ok(self.ownership()?.standing().moved.clone())
    }

    fn set_moved(&self, to: &str) -> Result<(), StoreError> {
        self.ownership()?.set_moved(to)
    }
}

struct Current<'a>(&'a HeldShared<'a>);

impl Opens for Current<'_> {
    fn with(&self, work: Work<'_>) -> Result<(), StoreError> {
        work(Box::new(self.0.ownership()?.engine()?))
    }
}

struct Next<'a>(&'a HeldShared<'a>);

impl Opens for Next<'_> {
    fn with(&self, work: Work<'_>) -> Result<(), StoreError> {
        let reads = self.0.ownership()?.reads();
        work(Box::new(NextEngine { reads: RefCell::new(reads), batches: 0 }))
    }
}

/// The records that are made to replace the current ones. Every batch is written at once, and read back from the server.
struct NextEngine {
    reads: RefCell<Reads>,
    /// Written since the opening.
    batches: u64,
}

impl Engine for NextEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reads.borrow_mut().ask(|remote| remote.get(Area::Next, key))
    }

    fn scan(&self, span: &Span, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError> {
        let mut span = span.clone();
        while !span.is_empty() {
            let page =
                self.reads.borrow_mut().ask(|remote| remote.page(Area::Next, &span, backwards, PAGE))?;
            for (key, value) in &page {
                if !visit(key, value)? {
                    return Ok(());
                }
            }
            let Some((last, _)) = page.last().filter(|_| page.len() >= PAGE) else { return Ok(()) };
            match backwards {
                true => span.end.clone_from(last),
                // The next byte string after a key is the key with a zero byte appended.
                false => span.start = last.iter().copied().chain([0]).collect(),
            }
        }
        Ok(())
    }

    fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.reads.get_mut().ask(|remote| remote.fill_next(&batch))?;
        self.batches += 1;
        Ok(())
    }

    fn flusher(&self) -> Box<dyn Flush> {
        Box::new(Written)
    }

    fn height(&self) -> u64 {
        self.batches
    }
}

/// What was applied is written.
struct Written;

impl Flush for Written {
    fn flush(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}
