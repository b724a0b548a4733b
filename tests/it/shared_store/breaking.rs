//! Servers that are killed, links that break, answers that do not come.

use super::{Machine, Writers, end_the_lease};
use crate::databases::{Pair, Postgres, Proxy, Way};
use crate::skip::has_postgres;
use crate::store_contract::{T0, block_on, policy, sticker};
use phonicflow_bot::store::StoreError;
use phonicflow_bot::store::server::{Survives, Tenure};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Nothing may take longer than the deadlines of a connection and some answers; far more means that it hangs.
const HANGS: Duration = Duration::from_secs(40);

/// Waits until the owner goes on or its tenure is over, and ends the writers: what they were not told of as done is not known.
fn gone_on_with_or_lost(
    writers: &Writers,
    tenure: &Tenure,
    done: &AtomicBool,
    at_work: Vec<tokio::task::JoinHandle<Option<StoreError>>>,
) {
    let before = writers.count();
    while writers.count() == before && tenure.holds() {
        std::thread::sleep(Duration::from_millis(5));
    }
    done.store(true, Ordering::Release);
    for error in writers.ended(at_work) {
        assert!(matches!(error, StoreError::Unknown { .. } | StoreError::Unavailable { .. }), "{error}");
    }
}

#[test]
fn a_killed_server_loses_nothing_that_was_acknowledged() {
    if !has_postgres("shared_store::breaking::a_killed_server_loses_nothing_that_was_acknowledged") {
        return;
    }
    let mut postgres = Postgres::started();
    let a = Machine::new("a", &postgres.url());
    let writers = Writers::new();
    let mut owner = a.take();
    for _ in 0..6 {
        let done = Arc::new(AtomicBool::new(false));
        let at_work = writers.start(&owner.store, &done);
        writers.wait_for(100);
        postgres.kill_9();
        postgres.start();
        // Back in time, the same owner goes on; otherwise it has to be taken over again.
        gone_on_with_or_lost(&writers, &owner.tenure, &done, at_work);
        drop(owner);
        end_the_lease(&postgres);
        owner = a.take();
        writers.assert_there(&owner.store);
    }
}

#[test]
fn a_link_that_is_cut_anywhere_loses_nothing_and_repeats_nothing() {
    if !has_postgres("shared_store::breaking::a_link_that_is_cut_anywhere_loses_nothing_and_repeats_nothing")
    {
        return;
    }
    let postgres = Postgres::started();
    let proxy = Proxy::to(postgres.addr());
    let a = Machine::new("a", &postgres.url_at(proxy.addr()));
    let owner = a.take();
    let writers = Writers::new();
    let done = Arc::new(AtomicBool::new(false));
    let at_work = writers.start(&owner.store, &done);
    for n in 0..60_u64 {
        writers.wait_for(5);
        // Between the commit and its answer, within either, and in what follows.
        let way = if n % 3 == 0 { Way::There } else { Way::Back };
        proxy.cut_after(way, n * 7);
        let deadline = Instant::now() + HANGS;
        while proxy.will_cut() {
            assert!(Instant::now() < deadline, "nothing passes");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    done.store(true, Ordering::Release);
    let errors = writers.ended(at_work);
    assert!(errors.is_empty(), "each time there was another connection: {errors:?}");
    block_on(owner.store.close()).unwrap();
    owner.release();
    let owner = a.shared.take_over(T0).unwrap().unwrap();
    writers.assert_there(&owner.store);
    assert_eq!(super::there(&owner.store).len(), writers.count(), "nobody was told of a failure");
}

#[test]
fn a_frozen_server_hangs_nobody() {
    if !has_postgres("shared_store::breaking::a_frozen_server_hangs_nobody") {
        return;
    }
    let postgres = Postgres::started();
    let proxy = Proxy::to(postgres.addr());
    let a = Machine::new("a", &postgres.url_at(proxy.addr()));
    let owner = a.take();
    let writers = Writers::new();
    let done = Arc::new(AtomicBool::new(false));
    let at_work = writers.start(&owner.store, &done);
    writers.wait_for(20);
    proxy.freeze();
    let begun = Instant::now();
    for error in writers.ended(at_work) {
        assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
    }
    assert!(!owner.tenure.holds());
    let error = block_on(owner.store.learner(phonicflow_bot::domain::UserId(99_999)));
    assert!(error.is_err(), "nothing is read from a server that is frozen");
    assert!(block_on(owner.store.close()).is_err());
    owner.release();
    assert!(matches!(a.shared.present(), Err(StoreError::Unavailable { .. })));
    assert!(matches!(a.shared.take_over(T0), Err(StoreError::Unavailable { .. })));
    assert!(begun.elapsed() < HANGS, "{:?}", begun.elapsed());
    // What was on its way arrives late, or not at all.
    proxy.heal();
    end_the_lease(&postgres);
    writers.assert_there(&a.take().store);
}

#[test]
fn with_a_synchronous_standby_the_loss_of_the_primary_loses_nothing() {
    if !has_postgres(
        "shared_store::breaking::with_a_synchronous_standby_the_loss_of_the_primary_loses_nothing",
    ) {
        return;
    }
    let mut pair = Pair::started();
    let url = format!("postgres://bot@{},{}/postgres", pair.primary.addr(), pair.standby.addr());
    let a = Machine::new("a", &url);
    let owner = a.take();
    assert_eq!(owner.survives, Survives::TwoMachines);
    let writers = Writers::new();
    let done = Arc::new(AtomicBool::new(false));
    let at_work = writers.start(&owner.store, &done);
    writers.wait_for(200);
    pair.link.refuse();
    // Commits that nobody acknowledges any more are visible once the wait for the standby is cancelled, and lost later.
    let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while pair.primary.ask(cancel) == "0" {
        std::thread::sleep(Duration::from_millis(5));
    }
    pair.primary.kill_9();
    pair.promote();
    pair.standby.ask("ALTER SYSTEM SET synchronous_standby_names = ''");
    pair.standby.ask("SELECT pg_reload_conf()");
    gone_on_with_or_lost(&writers, &owner.tenure, &done, at_work);
    drop(owner);
    end_the_lease(&pair.standby);
    writers.assert_there(&a.take().store);
}

#[test]
fn a_commit_whose_wait_for_the_standby_was_cancelled_is_not_acknowledged() {
    if !has_postgres(
        "shared_store::breaking::a_commit_whose_wait_for_the_standby_was_cancelled_is_not_acknowledged",
    ) {
        return;
    }
    let pair = Pair::started();
    let a = Machine::new("a", &pair.primary.url());
    let owner = a.take();
    pair.link.refuse();
    let store = owner.store.clone();
    let writer = std::thread::spawn(move || block_on(store.accept(vec![sticker(1, 1, 1)], policy(), T0)));
    let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while !writer.is_finished() {
        pair.primary.ask(cancel);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(matches!(writer.join().unwrap(), Err(StoreError::Unknown { .. })));
    let visible = pair.primary.ask("SELECT count(*) FROM pfb_record WHERE substr(k, 1, 1) = 'i'");
    assert_eq!(visible, "1", "it is there, only not at the standby");
}
