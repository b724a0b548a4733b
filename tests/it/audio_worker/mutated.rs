//! Some thousands of broken recordings of every container, by the daemon's way. `cargo bench --bench hostile` runs many more.

use super::below;
use crate::audio::{all_in, mutate};
use crate::world::BINARY;
use phonicflow_bot::audio::{AudioFault, Hint, Limits};
use phonicflow_bot::audio_worker::{Death, JobError, Workers};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Files, or fewer where the machine is slow or busy: one that hangs is ended by its clock all the same.
const FILES: u64 = 3_000;
const FOR_SO_LONG: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn broken_recordings_are_refused_or_heard_and_no_worker_is_lost_to_them() {
    let workers = Arc::new(Workers::of(BINARY.into()));
    let whole = Arc::new(all_in("voice").into_iter().chain(all_in("kinds")).collect::<Vec<_>>());
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..4 {
        let (workers, whole) = (workers.clone(), whole.clone());
        tasks.spawn(async move {
            let (mut heard, mut refused) = (0, 0);
            for n in (lane..FILES).step_by(4).take_while(|_| began.elapsed() < FOR_SO_LONG) {
                let (name, bytes) = mutate::broken(n, &whole);
                let place = workers.place().await;
                match place.to_wav(bytes.into(), Hint::default(), Limits { max_seconds: 300 }).await {
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
    assert!(
        below(std::process::id()).iter().all(|worker| worker.state != 'Z'),
        "a worker is not cleared away"
    );
}
