//! What the store asks of a disk: an ordered map of bytes with atomic batches and an explicit flush.
//!
//! Owns the seam between the verbs and whatever keeps the bytes. Must not know records, rows or verbs.

use super::StoreError;
use std::collections::BTreeMap;

/// What a visitor of a scan answers: `true` to go on.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<bool, StoreError>;

/// An ordered map of bytes, used by one thread.
pub trait Engine: Send {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Walks the keys of `range` in order (or backwards) until the visitor answers `false`.
    fn scan(&self, range: &Range, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError>;

    /// Writes all of a batch or nothing of it. It is safe only after the next [`Engine::flush`], but seen at once.
    fn apply(&mut self, batch: Batch) -> Result<(), StoreError>;

    /// Returns once everything applied so far survives a crash.
    fn flush(&mut self) -> Result<(), StoreError>;
}

/// Keys from `start` up to, but not including, `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// First key.
    pub start: Vec<u8>,
    /// First key that is no longer part of it.
    pub end: Vec<u8>,
}

impl Range {
    /// All keys that begin with `prefix`, which must hold a byte below 0xff (every key here begins with a letter).
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        let end = successor(start.clone());
        Self { start, end }
    }

    /// This range without the keys up to and including `key`.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        // The least byte string greater than `key` is `key` with a zero byte behind it.
        let next: Vec<u8> = key.iter().copied().chain([0]).collect();
        self.start = self.start.max(next);
        self
    }

    /// Whether this key lies in it.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.start.as_slice() <= key && key < self.end.as_slice()
    }

    /// Whether no key can lie in it.
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// The least key greater than every key that begins with `prefix`.
fn successor(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            break;
        }
    }
    prefix
}

/// Writes and removals that happen together; of two for one key the later counts.
#[derive(Debug, Clone, Default)]
pub struct Batch(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Batch {
    /// Writes a value.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, Some(value));
    }

    /// Removes a key, present or not.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.0.insert(key, None);
    }

    /// Keys with what becomes of them: the value to write or `None` to remove.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// Whether it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Batch {
    type Item = (Vec<u8>, Option<Vec<u8>>);
    type IntoIter = std::collections::btree_map::IntoIter<Vec<u8>, Option<Vec<u8>>>;

    /// (key, value to write or `None` to remove).
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_range_ends_right_behind_its_last_key() {
        for (prefix, end) in
            [(&b"a"[..], &b"b"[..]), (&[b'a', 0xff], b"b"), (&[b'a', 1, 0xff, 0xff], &[b'a', 2])]
        {
            assert_eq!(Range::prefix(prefix).end, end);
        }
    }

    #[test]
    fn after_skips_the_key_itself_and_nothing_else() {
        let range = Range::prefix(*b"a").after(b"ab");
        assert!(range.start.as_slice() > &b"ab"[..] && range.start.as_slice() <= &b"ab\0"[..]);
        assert_eq!(Range::prefix(*b"b").after(b"a").start, b"b");
        assert!(Range::prefix(*b"a").after(b"b").is_empty());
    }
}
