//! Who owns the store, and how it changes hands.

use super::{Machine, Writers, end_the_lease, there};
use crate::databases::{Postgres, postgres};
use crate::skip::has_postgres;
use crate::store_contract::{T0, block_on, policy, sticker};
use phonicflow_bot::store::StoreError;
use phonicflow_bot::store::server::{Ended, Survives};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[test]
fn one_owner_at_a_time_and_the_next_one_finds_everything() {
    if !has_postgres("shared_store::handing_on::one_owner_at_a_time_and_the_next_one_finds_everything") {
        return;
    }
    let url = postgres::database();
    let (a, b) = (Machine::new("a", &url), Machine::new("b", &url));
    let first = a.shared.present().unwrap();
    assert_eq!((first.epoch, first.owner.node.as_str()), (0, ""));
    let of_a = a.shared.take_over(T0).unwrap().unwrap();
    assert_eq!((of_a.quiet_ms, of_a.survives, of_a.standing.epoch), (None, Survives::Machine, 1));
    assert!(of_a.tenure.holds());
    block_on(of_a.store.accept(vec![sticker(1, 1, 1), sticker(2, 2, 2)], policy(), T0)).unwrap();

    let seen = b.shared.present().unwrap();
    assert_eq!((seen.owner.node.as_str(), seen.owner.addr.as_str()), ("a", "a:1"));
    assert!(seen.lease_ms > 0 && seen.lease_ms <= 6_000, "{seen:?}");
    assert!(b.shared.take_over(T0).unwrap().is_none(), "its lease runs");
    let candidates = b.shared.candidates().unwrap();
    let nodes: Vec<&str> = candidates.iter().map(|seen| seen.candidate.node.as_str()).collect();
    assert_eq!(nodes, ["b", "a"]);
    assert!(candidates.iter().all(|seen| seen.ago_ms >= 0 && seen.candidate.certificate == [1, 2, 3]));

    block_on(of_a.store.close()).unwrap();
    let tenure = Arc::clone(&of_a.tenure);
    of_a.release();
    assert_eq!(block_on(tenure.over()), Ended::Released);
    let of_b = b.shared.take_over(T0).unwrap().expect("the lease was given back");
    assert_eq!((of_b.former.node.as_str(), of_b.standing.epoch), ("a", 2));
    assert!(of_b.quiet_ms.is_some_and(|ms| ms < 60_000), "{:?}", of_b.quiet_ms);
    assert_eq!(there(&of_b.store).len(), 2);
    assert_eq!(a.shared.present().unwrap().owner.node, "b");
}

#[test]
fn of_many_that_start_at_once_on_an_empty_database_one_owns_it() {
    if !has_postgres("shared_store::handing_on::of_many_that_start_at_once_on_an_empty_database_one_owns_it")
    {
        return;
    }
    let url = postgres::database();
    let starts: Vec<_> = (0..6)
        .map(|n| {
            let url = url.clone();
            std::thread::spawn(move || {
                let machine = Machine::new(&format!("n{n}"), &url);
                machine.shared.present().unwrap();
                machine.shared.take_over(T0).unwrap()
            })
        })
        .collect();
    let taken: Vec<_> = starts.into_iter().filter_map(|start| start.join().unwrap()).collect();
    assert_eq!(taken.len(), 1);
}

#[test]
fn take_overs_under_writers_lose_nothing() {
    if !has_postgres("shared_store::handing_on::take_overs_under_writers_lose_nothing") {
        return;
    }
    let postgres = Postgres::started();
    let (a, b) = (Machine::new("a", &postgres.url()), Machine::new("b", &postgres.url()));
    let writers = Writers::new();
    let done = Arc::new(AtomicBool::new(false));
    let mut owner = a.take();
    for round in 0..10 {
        let at_work = writers.start(&owner.store, &done);
        writers.wait_for(40);
        end_the_lease(&postgres);
        // The former owner is not gone: it writes until it is refused.
        let next = if round % 2 == 0 { &b } else { &a }.take();
        let errors = writers.ended(at_work);
        assert_eq!(errors.len(), 8);
        for error in errors {
            assert!(matches!(error, StoreError::Fenced), "{error}");
        }
        assert_eq!(block_on(owner.tenure.over()), Ended::Fenced);
        assert!(matches!(block_on(owner.store.close()), Err(StoreError::Fenced)));
        writers.assert_there(&next.store);
        owner = next;
    }
}
