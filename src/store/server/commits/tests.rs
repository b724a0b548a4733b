//! The height rule: every sequence of faults of a length, against a server in memory.

use super::*;
use crate::store::server::Asked;
use crate::store::server::testkit::{FakeServer, Fault};

fn group(n: u8) -> Batch {
    let mut group = Batch::default();
    group.put(vec![n], vec![n]);
    group
}

struct World {
    server: FakeServer,
    tenure: Arc<Tenure>,
    commits: Commits,
}

/// One for all: it is written, and not read here.
fn mark() -> Arc<Mutex<Mark>> {
    Arc::new(Mutex::new(Mark::open(tempfile::tempdir().unwrap().path()).unwrap()))
}

fn world(mark: &Arc<Mutex<Mark>>) -> World {
    let tenure = Arc::new(Tenure::begin(Asked::now()));
    let server = FakeServer::owned(&tenure);
    let mark = Arc::clone(mark);
    let mut commits = Commits::new(Arc::new(server.clone()), Arc::clone(&tenure), mark, (Uuid::nil(), 1, 0));
    commits.pause = Duration::ZERO;
    World { server, tenure, commits }
}

/// Three groups under a script; then the invariants.
fn run(mark: &Arc<Mutex<Mark>>, script: &[Fault]) -> Vec<Result<(), StoreError>> {
    let mut world = world(mark);
    world.server.shared().script.extend(script);
    let mut results = Vec::new();
    for n in 1..=3 {
        let result = world.commits.commit(&group(n));
        let shared = world.server.shared();
        let is_done =
            |n: u8, in_state: &crate::store::server::testkit::State| in_state.records.contains_key(&[n][..]);
        match &result {
            // Whatever was answered so far is there, and a standby server that takes over now has it as well.
            Ok(()) => {
                for n in 1..=n {
                    assert!(is_done(n, &shared.visible), "{script:?}: group {n} is not there");
                    assert!(is_done(n, &shared.certain), "{script:?}: group {n} is not durable");
                }
                assert_eq!(
                    world.commits.height().load(Ordering::Acquire),
                    shared.visible.height,
                    "{script:?}"
                );
            }
            Err(StoreError::Fenced) => assert!(shared.visible.epoch > 1, "{script:?}"),
            Err(StoreError::Unknown { .. }) => assert!(!world.tenure.holds(), "{script:?}"),
            Err(StoreError::Damaged(_)) => assert!(script.contains(&Fault::SetBack), "{script:?}"),
            Err(error) => panic!("{script:?}: {error}"),
        }
        if let Some(Err(_)) = results.last() {
            assert!(result.is_err(), "{script:?}: it went on after a failure");
        }
        drop(shared);
        results.push(result);
    }
    let shared = world.server.shared();
    let mut written: Vec<_> = shared.visible.written.iter().flat_map(|group| group.keys().cloned()).collect();
    let all = written.len();
    written.sort();
    written.dedup();
    assert_eq!(written.len(), all, "{script:?}: a group was written twice");
    results
}

#[test]
fn whatever_happens_a_group_is_done_once_or_its_failure_is_told() {
    let (faults, mark) = (Fault::ALL, mark());
    let all_short = (0..faults.len().pow(4)).map(|number| {
        let digit = |place: u32| number / faults.len().pow(place) % faults.len();
        (0..4).map(|place| faults[digit(place)]).collect::<Vec<_>>()
    });
    let mut random = fastrand::Rng::with_seed(7);
    let some_long = (0..5_000).map(|_| (0..9).map(|_| *random.choice(&faults).unwrap()).collect());
    let mut counts = [0_usize; 2];
    for script in all_short.chain(some_long) {
        for result in run(&mark, &script) {
            counts[usize::from(result.is_ok())] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 1_000), "the scripts reach both ends: {counts:?}");
}

#[test]
fn each_fault_has_the_outcome_that_it_must_have() {
    use Fault::{FailedOver, Fenced, Late, LostAfter, LostBefore, None, SetBack, TimeUp, Warned};
    let outcome = |script: &[Fault]| {
        let told = |result: &Result<(), StoreError>| match result {
            Ok(()) => "done",
            Err(StoreError::Fenced) => "fenced",
            Err(StoreError::Unknown { .. }) => "unknown",
            Err(StoreError::Damaged(_)) => "damaged",
            Err(_) => "other",
        };
        run(&mark(), script).iter().map(told).collect::<Vec<_>>()
    };
    for (script, expected) in [
        (&[LostBefore][..], ["done", "done", "done"]),
        (&[LostAfter], ["done", "done", "done"]),
        (&[Warned, None, None], ["done", "done", "done"]),
        // Visible, but gone with the failover: sent again.
        (&[Warned, FailedOver], ["done", "done", "done"]),
        (&[Late, None, None], ["done", "done", "done"]),
        (&[Fenced], ["fenced", "fenced", "fenced"]),
        (&[None, LostAfter, Fenced], ["done", "fenced", "fenced"]),
        (&[None, LostAfter, TimeUp, LostBefore], ["done", "unknown", "unknown"]),
        (&[None, None, SetBack], ["done", "done", "damaged"]),
        (&[None, LostBefore, SetBack], ["done", "damaged", "damaged"]),
    ] {
        assert_eq!(outcome(script), expected, "{script:?}");
    }
}

#[test]
fn who_was_fenced_may_not_act_any_more() {
    let mut world = world(&mark());
    world.server.shared().script.push_back(Fault::Fenced);
    assert!(world.tenure.holds());
    assert!(matches!(world.commits.commit(&group(1)), Err(StoreError::Fenced)));
    assert!(!world.tenure.holds());
}
