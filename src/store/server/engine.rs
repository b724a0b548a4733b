//! The engine of a shared store: what makes up the queue in memory, everything else read from the server, and what is not
//! there yet laid over it.
//!
//! Kinds that grow with the number of learners are cold: they are read through a [`Cache`]. The others are mirrored, read
//! once at the opening. Reads have a connection of their own, so they wait for no commit. The keys of an encrypted store begin
//! with their kind as well. Must not know which server it is.

use super::cache::Cache;
use super::commits::Commits;
use super::remote::{Area, Pairs};
use super::unwritten::Unwritten;
use super::{Remote, RemoteError, Server, Tenure};
use crate::store::engine::{Batch, Engine, Flush, Span, Visit};
use crate::store::{StoreError, keys, kinds};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most pairs of a page.
const PAGE: usize = 256;
/// Of the first page of a scan, which often ends early.
const FIRST_PAGE: usize = 16;
/// Between two attempts to read.
const PAUSE: Duration = Duration::from_millis(100);

pub struct ServerEngine {
    mirror: BTreeMap<Vec<u8>, Vec<u8>>,
    cache: RefCell<Cache>,
    unwritten: Arc<Mutex<Unwritten>>,
    reads: RefCell<Reads>,
    commits: Arc<Mutex<Commits>>,
    height: Arc<AtomicU64>,
}

/// Sends what gathers, one group at a time.
struct ServerFlush {
    unwritten: Arc<Mutex<Unwritten>>,
    commits: Arc<Mutex<Commits>>,
}

/// The connection for reading. A broken one is replaced as long as the owner may act.
pub struct Reads {
    server: Arc<dyn Server>,
    tenure: Arc<Tenure>,
    remote: Option<Box<dyn Remote>>,
}

impl Reads {
    pub fn new(server: Arc<dyn Server>, tenure: Arc<Tenure>) -> Self {
        Self { server, tenure, remote: None }
    }

    pub(super) fn ask<T>(
        &mut self,
        mut question: impl FnMut(&mut dyn Remote) -> Result<T, RemoteError>,
    ) -> Result<T, StoreError> {
        loop {
            let connected = match self.remote.take() {
                Some(remote) => Ok(remote),
                None => self.server.connect(),
            };
            let answer = connected.and_then(|mut remote| {
                let answer = question(remote.as_mut());
                // A connection that was lost is dropped.
                if !matches!(answer, Err(RemoteError::Lost(_))) {
                    self.remote = Some(remote);
                }
                answer
            });
            match answer {
                Ok(answer) => return Ok(answer),
                Err(RemoteError::Refused(text)) => {
                    let source = std::io::Error::other(text);
                    return Err(StoreError::Io { action: "read from the database", source });
                }
                Err(RemoteError::Lost(detail)) => {
                    let left = self.tenure.left();
                    if left.is_zero() {
                        return Err(StoreError::Unavailable {
                            place: self.server.place().to_owned(),
                            detail,
                        });
                    }
                    std::thread::sleep(PAUSE.min(left));
                }
            }
        }
    }
}

/// Of a kind that is read from the server when it is asked for.
fn is_cold(kind: u8) -> bool {
    kinds::declared(kind).is_some_and(|declared| declared.large)
}

/// A span in parts in order, each with whether its keys are cold.
fn parts(span: &Span) -> Vec<(Span, bool)> {
    let mut parts = Vec::new();
    let mut start = span.start.clone();
    let mut cold: Vec<u8> =
        kinds::ALL.iter().map(|kind| kind.kind.byte()).filter(|kind| is_cold(*kind)).collect();
    cold.sort_unstable();
    for kind in cold {
        let kind = Span::prefix([kind]);
        for (end, is_cold) in [(kind.start, false), (kind.end, true)] {
            let part = Span { start: start.clone(), end: end.min(span.end.clone()) };
            if !part.is_empty() {
                start.clone_from(&part.end);
                parts.push((part, is_cold));
            }
        }
    }
    let rest = Span { start, end: span.end.clone() };
    if !rest.is_empty() {
        parts.push((rest, false));
    }
    parts
}

/// The keys of `span` that a page of it tells about: all, or those up to the page's last one (backwards: from it).
fn told_of(span: &Span, page: &Pairs, backwards: bool, limit: usize) -> Span {
    match page.last() {
        Some((last, _)) if page.len() >= limit && backwards => {
            Span { start: last.clone(), end: span.end.clone() }
        }
        Some((last, _)) if page.len() >= limit => {
            // The next byte string after a key is the key with a zero byte appended.
            Span { start: span.start.clone(), end: last.iter().copied().chain([0]).collect() }
        }
        _ => span.clone(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ServerEngine {
    /// Reads what is mirrored.
    pub fn open(mut reads: Reads, commits: Arc<Mutex<Commits>>) -> Result<Self, StoreError> {
        let mut mirror = BTreeMap::new();
        for (mut part, _) in parts(&keys::everything()).into_iter().filter(|(_, is_cold)| !is_cold) {
            while !part.is_empty() {
                let page = reads.ask(|remote| remote.page(Area::Current, &part, false, PAGE))?;
                part.start = told_of(&part, &page, false, PAGE).end;
                mirror.extend(page);
            }
        }
        let height = locked(&commits).height();
        let (cache, unwritten) = (RefCell::default(), Arc::default());
        Ok(Self { mirror, cache, unwritten, reads: RefCell::new(reads), commits, height })
    }

    /// Returns whether the visitor wants more.
    fn scan_hot(&self, span: &Span, backwards: bool, visit: Visit<'_>) -> Result<bool, StoreError> {
        let mut found = self.mirror.range(span.start.clone()..span.end.clone());
        while let Some((key, value)) = if backwards { found.next_back() } else { found.next() } {
            if !visit(key, value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns whether the visitor wants more.
    fn scan_cold(&self, span: &Span, backwards: bool, visit: Visit<'_>) -> Result<bool, StoreError> {
        let (mut span, mut limit) = (span.clone(), FIRST_PAGE);
        while !span.is_empty() {
            // Copied before the page is read: a group that arrives in between is in both, and not in neither.
            let over = locked(&self.unwritten).over(&span);
            let read = |remote: &mut dyn Remote| remote.page(Area::Current, &span, backwards, limit);
            let page = self.reads.borrow_mut().ask(read)?;
            let part = told_of(&span, &page, backwards, limit);
            let mut all: BTreeMap<Vec<u8>, Vec<u8>> = page.into_iter().collect();
            for (key, value) in over.into_iter().filter(|(key, _)| part.contains(key)) {
                match value {
                    Some(value) => drop(all.insert(key, value)),
                    None => drop(all.remove(&key)),
                }
            }
            let mut found = all.iter();
            while let Some((key, value)) = if backwards { found.next_back() } else { found.next() } {
                if !visit(key, value)? {
                    return Ok(false);
                }
            }
            if backwards {
                span.end = part.start;
            } else {
                span.start = part.end;
            }
            limit = (limit * 4).min(PAGE);
        }
        Ok(true)
    }
}

impl Engine for ServerEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if !key.first().is_some_and(|kind| is_cold(*kind)) {
            return Ok(self.mirror.get(key).cloned());
        }
        // What was applied is the latest, and only this thread applies.
        let known = locked(&self.unwritten).get(key).or_else(|| self.cache.borrow_mut().get(key));
        if let Some(value) = known {
            return Ok(value);
        }
        let value = self.reads.borrow_mut().ask(|remote| remote.get(Area::Current, key))?;
        self.cache.borrow_mut().put(key.to_vec(), value.clone());
        Ok(value)
    }

    fn scan(&self, span: &Span, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError> {
        let mut parts = parts(span);
        if backwards {
            parts.reverse();
        }
        for (part, is_cold) in parts {
            let goes_on = match is_cold {
                true => self.scan_cold(&part, backwards, visit)?,
                false => self.scan_hot(&part, backwards, visit)?,
            };
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        let mut unwritten = locked(&self.unwritten);
        for (key, value) in batch {
            match &value {
                _ if key.first().is_some_and(|kind| is_cold(*kind)) => {
                    self.cache.get_mut().put(key.clone(), value.clone());
                }
                Some(value) => drop(self.mirror.insert(key.clone(), value.clone())),
                None => drop(self.mirror.remove(&key)),
            }
            unwritten.add(key, value);
        }
        Ok(())
    }

    fn flusher(&self) -> Box<dyn Flush> {
        Box::new(ServerFlush { unwritten: Arc::clone(&self.unwritten), commits: Arc::clone(&self.commits) })
    }

    fn height(&self) -> u64 {
        self.height.load(Ordering::Acquire)
    }
}

impl Flush for ServerFlush {
    fn flush(&mut self) -> Result<(), StoreError> {
        // Locked first, so that of two flushes the earlier group is sent first, and both wait for what was applied.
        let mut commits = locked(&self.commits);
        let Some(group) = locked(&self.unwritten).depart() else { return Ok(()) };
        commits.commit(&group)?;
        locked(&self.unwritten).arrived();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
