//! Some thousands of damaged recordings of every container, converted as the daemon does. `cargo bench
//! --bench hostile` runs many more.

use super::below;
use crate::audio::{all_in, mutate};
use crate::world::{BINARY, PATIENCE};
use phonicflow_bot::audio::{AudioFault, Limits};
use phonicflow_bot::audio_worker::{Death, JobError, Workers};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Files, or fewer where the machine is slow or busy: one that hangs is ended by its clock all the same.
const FILES: u64 = 3_000;
const FOR_SO_LONG: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn broken_recordings_are_refused_or_heard_and_no_worker_is_lost_to_them() {
    let workers = Arc::new(Workers::of(BINARY.into()));
    let whole = Arc::new(all_in("voice").into_iter().chain(all_in("kinds")).collect::<Vec<_>>());
    let began = Instant::now();
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let watching = tokio::spawn({
        let seen = seen.clone();
        async move {
            loop {
                let is_worker = |pid: u32| {
                    std::fs::read(format!("/proc/{pid}/cmdline"))
                        .is_ok_and(|line| String::from_utf8_lossy(&line).contains("audio-worker"))
                };
                let pids = below(std::process::id()).into_iter().map(|worker| worker.pid);
                seen.lock().unwrap().extend(pids.filter(|pid| is_worker(*pid)));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..4 {
        let (workers, whole) = (workers.clone(), whole.clone());
        tasks.spawn(async move {
            let (mut heard, mut refused) = (0, 0);
            for n in (lane..FILES).step_by(4).take_while(|_| began.elapsed() < FOR_SO_LONG) {
                let (name, bytes) = mutate::broken(n, &whole);
                let place = workers.place().await;
                match place.to_wav(bytes.into(), Limits { max_seconds: 300 }).await {
                    Ok(_) => heard += 1,
                    Err(JobError::Refused { fault, detail, .. }) => {
                        assert_ne!(fault, AudioFault::Internal, "{n}, of {name}: {detail}");
                        refused += 1;
                    }
                    // Its codebooks may have come to want it.
                    Err(JobError::Died(Death::Memory)) => refused += 1,
                    Err(error) => panic!("{n}, of {name}: {error}"),
                }
            }
            (heard, refused)
        });
    }
    let (mut heard, mut refused) = (0, 0);
    while let Some(counts) = tasks.join_next().await {
        let (more, others) = counts.unwrap();
        (heard, refused) = (heard + more, refused + others);
    }
    assert!(
        heard > refused / 20 && refused > heard / 20,
        "{heard} heard, {refused} refused: too coarse or too fine"
    );
    watching.abort();
    let seen = seen.lock().unwrap().clone();
    assert!(!seen.is_empty(), "no worker was seen at work");
    let dead = || {
        let zombies = below(std::process::id()).into_iter().filter(|worker| worker.state == 'Z');
        zombies.filter(|worker| seen.contains(&worker.pid)).count()
    };
    let deadline = Instant::now() + PATIENCE;
    while dead() > 0 {
        assert!(Instant::now() < deadline, "{} workers are not cleared away", dead());
        std::thread::sleep(Duration::from_millis(20));
    }
}
