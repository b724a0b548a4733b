//! Every engine a store can be on, listed in one place: the suites of the store run on all of them.
//!
//! Owns a store's home, which can be opened again as after a crash. Benches take this file in with `#[path]`. Must not know
//! what is stored.

use crate::databases;
use phonicflow_bot::domain::Timestamp;
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::engine::Span;
use phonicflow_bot::store::server::{self, Area, Candidate, Pairs, Server, SharedStore, Taken};
use phonicflow_bot::store::{MemoryDisk, Store, StoreError};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// What stores the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Memory,
    Sled,
    Postgres,
    Redis,
}

impl Engine {
    /// What is missing on this machine, if it cannot run.
    pub fn lacks(self) -> Option<&'static str> {
        let (is_there, what) = match self {
            Self::Memory | Self::Sled => (true, ""),
            Self::Postgres => (databases::postgres::is_installed(), "PostgreSQL"),
            Self::Redis => (databases::redis::is_installed(), "redis-server"),
        };
        (!is_there).then_some(what)
    }
}

enum Place {
    Memory(MemoryDisk),
    Sled(TempDir),
    Shared { server: Arc<dyn Server>, root: TempDir },
}

/// Where one store is.
pub struct Home {
    place: Place,
    /// Of an encrypted store.
    pub key: Option<KeyMaterial>,
    taken: Option<Taken>,
}

impl Home {
    /// An empty one.
    pub fn new(engine: Engine, key: Option<KeyMaterial>) -> Self {
        match engine {
            Engine::Memory => Self { place: Place::Memory(MemoryDisk::default()), key, taken: None },
            Engine::Sled => Self { place: Place::Sled(tempfile::tempdir().unwrap()), key, taken: None },
            Engine::Postgres => Self::at(&databases::postgres::database(), key),
            Engine::Redis => Self::at(&databases::redis::database(), key),
        }
    }

    /// On the server of this URL.
    pub fn at(url: &str, key: Option<KeyMaterial>) -> Self {
        let (server, root) = (server::of(url, None).unwrap(), tempfile::tempdir().unwrap());
        Self { place: Place::Shared { server, root }, key, taken: None }
    }

    /// Opens it as after a crash of whoever has it open, whose handles must be dropped.
    pub fn open(&mut self) -> Result<Store, StoreError> {
        let key = self.key.clone();
        self.open_with(key.as_ref())
    }

    /// As [`Self::open`], with another key or none.
    pub fn open_with(&mut self, key: Option<&KeyMaterial>) -> Result<Store, StoreError> {
        self.crash();
        match &self.place {
            Place::Memory(disk) => disk.open_keyed(key),
            Place::Sled(folder) => Store::open_keyed(folder.path(), key),
            Place::Shared { server, root } => {
                let taken = blocking(|| take_over(server, root.path(), key))?;
                Ok(self.taken.insert(taken).store.clone())
            }
        }
    }

    fn crash(&mut self) {
        let taken = self.taken.take();
        blocking(|| drop(taken));
    }

    /// Everything a server or the memory holds; nothing of sled, which has files.
    pub fn records(&self) -> Pairs {
        match &self.place {
            Place::Memory(disk) => disk.records(),
            Place::Sled(_) => Pairs::new(),
            Place::Shared { server, .. } => blocking(|| {
                let all = Span { start: Vec::new(), end: vec![u8::MAX; 8] };
                server.connect().unwrap().page(Area::Current, &all, false, 1_000_000).unwrap()
            }),
        }
    }

    /// How many commits a server has seen.
    pub fn commits(&self) -> Option<u64> {
        let Place::Shared { server, .. } = &self.place else { return None };
        Some(blocking(|| server.connect().unwrap().standing().unwrap().height))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.crash();
    }
}

/// On a thread of its own, as what blocks must not run, or end, on a runtime's.
fn blocking<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

fn take_over(server: &Arc<dyn Server>, root: &Path, key: Option<&KeyMaterial>) -> Result<Taken, StoreError> {
    let me = Candidate { node: "test".to_owned(), ..Candidate::default() };
    let shared = SharedStore::new(Arc::clone(server), root, key.cloned(), me)?;
    loop {
        // Nobody waits for the lease of what crashed; a renewal of it may still be on its way.
        let mut remote = server.connect().unwrap();
        let epoch = remote.standing().unwrap().epoch;
        remote.renew(epoch, Duration::ZERO).unwrap();
        if let Some(taken) = shared.take_over(now())? {
            return Ok(taken);
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}
