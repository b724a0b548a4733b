//! A database server in memory that dies on demand: whoever asks it after so many writes gets no answer any more, as a
//! command that was killed there would not.

use phonicflow_bot::store::engine::{Batch, Span};
use phonicflow_bot::store::server::{
    Area, Candidate, Committed, Pairs, Remote, RemoteError, Seen, Server, Standing, Survives,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use uuid::Uuid;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone)]
pub struct Double(Arc<Mutex<Inner>>);

#[derive(Clone)]
struct Inner {
    current: Map,
    next: Option<Map>,
    replaced: Option<Map>,
    standing: Standing,
    lease: Option<Instant>,
    /// Writes until it dies.
    left: Option<usize>,
    /// The last one is done all the same.
    is_done: bool,
    is_dead: bool,
}

/// What the database held at some time.
pub struct Snapshot(Inner);

impl Double {
    pub fn new() -> Self {
        let standing = Standing { id: Uuid::from_u128(77), ..Standing::default() };
        Self(Arc::new(Mutex::new(Inner {
            current: Map::new(),
            next: None,
            replaced: None,
            standing,
            lease: None,
            left: None,
            is_done: false,
            is_dead: false,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Dies at the write after so many, which is done or not.
    pub fn dies_after(&self, writes: usize, is_done: bool) {
        let mut inner = self.inner();
        (inner.left, inner.is_done) = (Some(writes), is_done);
    }

    /// Lives again, and the lease of whoever was killed has run out.
    pub fn revive(&self) {
        let mut inner = self.inner();
        (inner.left, inner.is_dead, inner.lease) = (None, false, None);
    }

    pub fn is_empty(&self) -> bool {
        self.inner().current.is_empty()
    }

    /// Records that were replaced and kept.
    pub fn kept(&self) -> Option<usize> {
        self.inner().replaced.as_ref().map(Map::len)
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.inner().clone())
    }

    pub fn set_back(&self, to: &Snapshot) {
        *self.inner() = to.0.clone();
    }

    fn alive(&self) -> Result<MutexGuard<'_, Inner>, RemoteError> {
        let inner = self.inner();
        if inner.is_dead { Err(RemoteError::Refused("it died".to_owned())) } else { Ok(inner) }
    }

    fn write<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> Result<T, RemoteError> {
        let mut inner = self.alive()?;
        match inner.left {
            Some(0) => {
                inner.is_dead = true;
                if inner.is_done {
                    work(&mut inner);
                }
                return Err(RemoteError::Refused("it dies".to_owned()));
            }
            Some(left) => inner.left = Some(left - 1),
            None => {}
        }
        Ok(work(&mut inner))
    }

    /// One fenced step.
    fn step(&self, epoch: u64, height: u64, work: impl FnOnce(&mut Inner)) -> Result<Committed, RemoteError> {
        self.write(|inner| {
            if inner.standing.epoch != epoch || inner.standing.height + 1 != height {
                return Committed::Refused;
            }
            inner.standing.height = height;
            work(inner);
            Committed::Done
        })
    }
}

impl Inner {
    fn area(&mut self, area: Area) -> &mut Map {
        match area {
            Area::Current => &mut self.current,
            Area::Next => self.next.as_mut().expect("begin_next comes first"),
        }
    }

    fn standing(&self) -> Standing {
        let left = self.lease.map_or(-1_000, |until| {
            i64::try_from(until.saturating_duration_since(Instant::now()).as_millis()).unwrap()
        });
        Standing { lease_ms: left, ..self.standing.clone() }
    }
}

fn write(map: &mut Map, batch: &Batch) {
    for (key, value) in batch.iter() {
        match value {
            Some(value) => drop(map.insert(key.to_vec(), value.to_vec())),
            None => drop(map.remove(key)),
        }
    }
}

impl Server for Double {
    fn connect(&self) -> Result<Box<dyn Remote>, RemoteError> {
        drop(self.alive()?);
        Ok(Box::new(self.clone()))
    }

    fn place(&self) -> &str {
        "memory:1/test"
    }
}

impl Remote for Double {
    fn get(&mut self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, RemoteError> {
        Ok(self.alive()?.area(area).get(key).cloned())
    }

    fn page(&mut self, area: Area, span: &Span, backwards: bool, limit: usize) -> Result<Pairs, RemoteError> {
        let mut inner = self.alive()?;
        let found = inner.area(area).range(span.start.clone()..span.end.clone());
        let found = found.map(|(key, value)| (key.clone(), value.clone()));
        Ok(if backwards { found.rev().take(limit).collect() } else { found.take(limit).collect() })
    }

    fn commit(&mut self, epoch: u64, height: u64, group: &Batch) -> Result<Committed, RemoteError> {
        self.step(epoch, height, |inner| write(&mut inner.current, group))
    }

    fn standing(&mut self) -> Result<Standing, RemoteError> {
        Ok(self.alive()?.standing())
    }

    fn present(&mut self, _me: &Candidate) -> Result<Standing, RemoteError> {
        Ok(self.alive()?.standing())
    }

    fn take_over(&mut self, me: &Candidate, lease: Duration) -> Result<(bool, Standing), RemoteError> {
        self.write(|inner| {
            let free = inner.standing().lease_ms <= 0;
            if free {
                inner.standing.epoch += 1;
                inner.standing.owner = me.clone();
                inner.lease = Some(Instant::now() + lease);
            }
            (free, inner.standing())
        })
    }

    fn renew(&mut self, epoch: u64, lease: Duration) -> Result<bool, RemoteError> {
        let mut inner = self.alive()?;
        let is_mine = inner.standing.epoch == epoch;
        if is_mine {
            inner.lease = Some(Instant::now() + lease);
        }
        Ok(is_mine)
    }

    fn release(&mut self, epoch: u64) -> Result<(), RemoteError> {
        let mut inner = self.alive()?;
        if inner.standing.epoch == epoch {
            inner.lease = None;
        }
        Ok(())
    }

    fn candidates(&mut self) -> Result<Vec<Seen>, RemoteError> {
        Ok(Vec::new())
    }

    fn begin_next(&mut self) -> Result<(), RemoteError> {
        self.write(|inner| inner.next = Some(Map::new()))
    }

    fn fill_next(&mut self, batch: &Batch) -> Result<(), RemoteError> {
        self.write(|inner| write(inner.area(Area::Next), batch))
    }

    fn exchange(&mut self, epoch: u64, height: u64, keep: bool) -> Result<Committed, RemoteError> {
        self.step(epoch, height, |inner| {
            let next = inner.next.take().expect("begin_next comes first");
            let old = std::mem::replace(&mut inner.current, next);
            inner.replaced = keep.then_some(old);
            inner.standing.moved = None;
        })
    }

    fn set_moved(&mut self, epoch: u64, height: u64, to: &str) -> Result<Committed, RemoteError> {
        self.step(epoch, height, |inner| inner.standing.moved = Some(to.to_owned()))
    }

    fn survives(&mut self) -> Result<Survives, RemoteError> {
        Ok(Survives::Machine)
    }

    fn version(&mut self) -> Result<String, RemoteError> {
        Ok("in memory".to_owned())
    }
}
