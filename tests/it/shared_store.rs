//! A store on a real PostgreSQL that several daemons share: who owns it, and that nothing acknowledged is lost whatever breaks.
//!
//! Owns the candidates under test and the writers. Must not know the daemon.

use crate::databases::Postgres;
use crate::store_contract::{T0, block_on, message, policy};
use phonicflow_bot::domain::{Body, OtherKind};
use phonicflow_bot::store::server::{self, Candidate, SharedStore, Taken};
use phonicflow_bot::store::{Store, StoreError};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

#[path = "shared_store/breaking.rs"]
mod breaking;
#[path = "shared_store/handing_on.rs"]
mod handing_on;
#[path = "shared_store/refusing.rs"]
mod refusing;

/// A candidate on a machine of its own.
struct Machine {
    shared: SharedStore,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(node: &str, url: &str) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), node, url)
    }

    fn in_folder(folder: tempfile::TempDir, node: &str, url: &str) -> Self {
        let me = Candidate { node: node.to_owned(), addr: format!("{node}:1"), certificate: vec![1, 2, 3] };
        let server = server::of(url, None).unwrap();
        Self { shared: SharedStore::new(server, folder.path(), None, me).unwrap(), folder }
    }

    /// Takes the store over as soon as it can.
    fn take(&self) -> Taken {
        for _ in 0..1_000 {
            match self.shared.take_over(T0) {
                Ok(Some(taken)) => return taken,
                Ok(None) | Err(StoreError::Unavailable { .. }) => {}
                Err(error) => panic!("{error}"),
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("the store cannot be taken over")
    }
}

/// Ends whatever lease there is, as if its owner had been gone for long.
fn end_the_lease(postgres: &Postgres) {
    postgres.ask("UPDATE pfb_owner SET until = clock_timestamp() - interval '1 second'");
}

/// The update ids of the rows in a store.
fn there(store: &Store) -> BTreeSet<i64> {
    let (mut rows, mut last) = (Vec::new(), None);
    loop {
        let page = block_on(store.jobs(last, usize::MAX)).unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.seq);
        rows.extend(page);
    }
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.update_id()).collect();
    let set: BTreeSet<i64> = ids.iter().copied().collect();
    assert_eq!(set.len(), ids.len(), "a message is there twice");
    set
}

/// Eight writers at once; each goes on to the next message when the last one is acknowledged, until its store fails.
struct Writers {
    runtime: tokio::runtime::Runtime,
    acknowledged: Arc<Mutex<BTreeSet<i64>>>,
    next: Arc<AtomicI64>,
}

impl Writers {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { runtime, acknowledged: Arc::default(), next: Arc::new(AtomicI64::new(1)) }
    }

    /// They end when the store fails, or when `done` says so; with the error that each has ended with.
    fn start(
        &self,
        store: &Store,
        done: &Arc<AtomicBool>,
    ) -> Vec<tokio::task::JoinHandle<Option<StoreError>>> {
        let writer = |n: i64| {
            let (store, done) = (store.clone(), Arc::clone(done));
            let (acknowledged, next) = (Arc::clone(&self.acknowledged), Arc::clone(&self.next));
            self.runtime.spawn(async move {
                while !done.load(Ordering::Acquire) {
                    let id = next.fetch_add(1, Ordering::AcqRel);
                    let sent = message(id, n, n, Body::Other(OtherKind::Sticker));
                    match store.accept(vec![sent], policy(), T0).await {
                        Ok(_) => drop(acknowledged.lock().unwrap().insert(id)),
                        Err(error) => return Some(error),
                    }
                }
                None
            })
        };
        (1..=8).map(writer).collect()
    }

    fn ended(&self, writers: Vec<tokio::task::JoinHandle<Option<StoreError>>>) -> Vec<StoreError> {
        writers.into_iter().filter_map(|writer| self.runtime.block_on(writer).unwrap()).collect()
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until this many more are acknowledged.
    fn wait_for(&self, more: usize) {
        let goal = self.count() + more;
        for _ in 0..3_000 {
            if self.count() >= goal {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the writers do not get on: {} of {goal}", self.count());
    }

    fn assert_there(&self, store: &Store) {
        let there = there(store);
        let lost: Vec<i64> = self.acknowledged.lock().unwrap().difference(&there).copied().collect();
        assert!(
            lost.is_empty(),
            "{} of {} acknowledged messages are lost: {lost:?}",
            lost.len(),
            self.count()
        );
    }
}
