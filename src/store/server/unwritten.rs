//! What was applied and has not reached the server yet: the group that is on its way, and what gathers for the next.
//!
//! Shared by the store's thread, which adds and reads, and the one that flushes, which takes a group. Must not know what the
//! server holds, or how a group gets there.

use crate::store::engine::{Batch, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Default)]
pub struct Unwritten {
    waiting: Batch,
    on_its_way: Option<Arc<Batch>>,
}

impl Unwritten {
    pub fn add(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        match value {
            Some(value) => self.waiting.put(key, value),
            None => self.waiting.delete(key),
        }
    }

    /// The next group, if there is one. It stays readable here until [`Self::arrived`].
    pub fn depart(&mut self) -> Option<Arc<Batch>> {
        if self.waiting.is_empty() {
            return None;
        }
        let group = Arc::new(std::mem::take(&mut self.waiting));
        self.on_its_way = Some(Arc::clone(&group));
        Some(group)
    }

    /// The server holds the group now.
    pub fn arrived(&mut self) {
        self.on_its_way = None;
    }

    /// The outer `None`: nothing is known of this key here.
    pub fn get(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let found = self.waiting.get(key).or_else(|| self.on_its_way.as_ref()?.get(key));
        found.map(|value| value.map(<[u8]>::to_vec))
    }

    /// All that is known of a span.
    pub fn over(&self, span: &Span) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        let earlier = self.on_its_way.iter().flat_map(|group| group.within(span));
        // Of two values for a key the later one stays.
        let all = earlier.chain(self.waiting.within(span));
        all.map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect()
    }
}
