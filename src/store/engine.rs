//! What the store needs of a disk: an ordered map of bytes with atomic batches and an explicit flush.
//!
//! The seam between the verbs and whatever stores the bytes. Must not know records, rows or verbs.

use super::StoreError;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

/// Called for each pair; `true` continues the scan.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<bool, StoreError>;

/// An ordered map of bytes, used by one thread.
pub trait Engine: Send {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Walks the keys of `span` in order (or backwards) until the visitor returns `false`.
    fn scan(&self, span: &Span, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError>;

    /// Writes a whole batch or nothing. It is visible at once, and durable after the next [`Engine::flush`].
    fn apply(&mut self, batch: Batch) -> Result<(), StoreError>;

    /// Does the flushing on another thread.
    fn flusher(&self) -> Box<dyn Flush>;

    /// How much was written since the store was created: batches of an embedded store, commits of a shared one. It is kept
    /// with the records, so an opening that finds less than was durable once has lost writes.
    fn height(&self) -> u64;

    /// Returns once everything applied so far survives a crash.
    fn flush(&mut self) -> Result<(), StoreError> {
        self.flusher().flush()
    }
}

/// Makes a disk durable while the engine's own thread continues to read and write.
pub trait Flush: Send {
    /// Returns once everything applied before the call survives a crash; perhaps more does.
    fn flush(&mut self) -> Result<(), StoreError>;
}

/// What is done with an opened engine.
pub type Work<'a> = &'a mut dyn FnMut(Box<dyn Engine>) -> Result<(), StoreError>;

/// A set of records that can be opened again and again, by one at a time: a database in a folder, or records on a server.
pub trait Opens {
    /// Opens them, or makes them where there are none, and does something with the engine once. They are closed when this
    /// returns.
    fn with(&self, work: Work<'_>) -> Result<(), StoreError>;
}

impl dyn Opens + '_ {
    /// As [`Opens::with`], with a result.
    pub(crate) fn opened<T>(
        &self,
        work: impl FnOnce(Box<dyn Engine>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut work, mut done) = (Some(work), None);
        self.with(&mut |engine| {
            if let Some(work) = work.take() {
                done = Some(work(engine)?);
            }
            Ok(())
        })?;
        done.ok_or(StoreError::Closed)
    }
}

/// Stored keys from `start` up to, but not including, `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub start: Vec<u8>,
    /// Exclusive.
    pub end: Vec<u8>,
}

impl Span {
    /// All keys that begin with `prefix`, which must contain a byte below 0xff (every key here begins with a
    /// letter).
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        let end = successor(start.clone());
        Self { start, end }
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.start.as_slice() <= key && key < self.end.as_slice()
    }

    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// A range as the verbs ask for it: a prefix, and perhaps bounds within it. It keeps its parts, so that it
/// can be translated to encrypted keys (see `seal`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    prefix: Vec<u8>,
    after: Vec<u8>,
    before: Option<Vec<u8>>,
}

impl Range {
    /// All keys that begin with `prefix`, which must contain a byte below 0xff.
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        Self { prefix: prefix.into(), after: Vec::new(), before: None }
    }

    /// Leaves out the keys up to and including `key`; an empty key changes nothing.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        if key > self.after.as_slice() {
            self.after = key.to_vec();
        }
        self
    }

    /// Leaves out the keys from `bound` on, which may be the beginning of a key.
    #[must_use]
    pub fn before(mut self, bound: Vec<u8>) -> Self {
        self.before = Some(match self.before.take() {
            Some(earlier) => earlier.min(bound),
            None => bound,
        });
        self
    }

    /// The same range in other keys: `part` translates the prefix and the last key left out, `bound` the
    /// bound, given the prefix.
    pub(crate) fn translate<E>(
        &self,
        part: impl Fn(&[u8]) -> Result<Vec<u8>, E>,
        bound: impl Fn(&[u8], &[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let before = self.before.as_deref().map(|before| bound(&self.prefix, before)).transpose()?;
        Ok(Self { prefix: part(&self.prefix)?, after: part(&self.after)?, before })
    }

    pub fn span(&self) -> Span {
        let mut span = Span::prefix(self.prefix.as_slice());
        if !self.after.is_empty() {
            // The next byte string after a key is the key with a zero byte appended.
            let next: Vec<u8> = self.after.iter().copied().chain([0]).collect();
            span.start = span.start.max(next);
        }
        if let Some(before) = &self.before {
            span.end = span.end.min(before.clone());
        }
        span
    }
}

/// The smallest key greater than every key that begins with `prefix`.
fn successor(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            break;
        }
    }
    prefix
}

/// Writes and removals that happen together; the later of two for one key counts.
#[derive(Debug, Clone, Default)]
pub struct Batch(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Batch {
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, Some(value));
    }

    /// The key need not exist.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.0.insert(key, None);
    }

    /// Keys with the value to write, or `None` to remove.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// What happens to a key; the outer `None`: nothing.
    pub fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.0.get(key).map(Option::as_deref)
    }

    /// As [`Self::iter`], in a span.
    pub fn within<'a>(&'a self, span: &Span) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        // A map's range panics where it would begin after its end.
        let end = span.end.as_slice().max(&span.start);
        let found = self.0.range::<[u8], _>((Included(span.start.as_slice()), Excluded(end)));
        found.map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// Number of keys changed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

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
            assert_eq!(Span::prefix(prefix).end, end);
            assert_eq!(Range::prefix(prefix).span(), Span::prefix(prefix));
        }
    }

    #[test]
    fn after_skips_the_key_itself_and_nothing_else() {
        let span = Range::prefix(*b"a").after(b"ab").span();
        assert!(span.start.as_slice() > &b"ab"[..] && span.start.as_slice() <= &b"ab\0"[..]);
        assert_eq!(Range::prefix(*b"b").after(b"a").span().start, b"b");
        assert_eq!(Range::prefix(*b"b").after(b"").span(), Span::prefix(*b"b"));
        assert_eq!(Range::prefix(*b"a").after(b"ac").after(b"ab").span().start, b"ac\0");
        assert!(Range::prefix(*b"a").after(b"b").span().is_empty());
    }

    #[test]
    fn before_ends_in_front_of_the_bound() {
        let span = Range::prefix(*b"a").before(b"ac".to_vec()).before(b"ab".to_vec()).span();
        assert!(span.contains(b"aa\xff") && !span.contains(b"ab"));
        assert_eq!(Range::prefix(*b"a").before(b"x".to_vec()).span(), Span::prefix(*b"a"));
        assert!(Range::prefix(*b"b").before(b"a".to_vec()).span().is_empty());
    }
}
