//! What a worker may do: its limits are in force, it knows no secret, holds no open file, and ends when idle.

use super::{Worker, until};
use crate::world::{World, voice};
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_has_limits_no_secret_and_no_file_and_goes_when_idle() {
    let mut world = World::new().await;
    world.set("BACKEND_API_KEY", "a-key-that-no-worker-sees").start();
    world.learner(21).voice(voice(), 4);
    world.voice_notes(21, 1).await;
    let workers = until(&world, "one kept for the next", |workers| workers.len() == 1).await;
    let worker = workers[0];
    assert_eq!(worker.read("environ"), "", "the environment holds the token and the keys");
    assert_eq!(worker.read("cmdline"), "phonicflow-bot\0audio-worker\0");
    for (limit, most) in [
        ("Max address space", 160_000_000),
        ("Max cpu time", 11),
        ("Max core file size", 0),
        ("Max file size", 0),
        ("Max open files", 0),
        ("Max processes", 0),
    ] {
        assert!(soft_limit(worker, limit) <= most, "{limit}:\n{}", worker.read("limits"));
    }
    assert!(worker.read("status").contains("NoNewPrivs:\t1"));
    assert_eq!(fs::read_link(worker.path("cwd")).unwrap().to_str(), Some("/"), "it keeps a folder busy");
    let store = world.folder.path().to_str().unwrap();
    for entry in fs::read_dir(worker.path("fd")).unwrap().flatten() {
        let target = fs::read_link(entry.path()).unwrap().display().to_string();
        assert!(!target.contains("socket:") && !target.contains(store), "{target}");
    }
    until(&world, "gone when idle", |workers| workers.is_empty()).await;
    assert!(worker.is_gone());
    // The next voice starts another.
    world.learner(22).voice(voice(), 4);
    world.voice_notes(22, 1).await;
}

fn soft_limit(worker: Worker, name: &str) -> u64 {
    let limits = worker.read("limits");
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{limits}"));
    line.split_whitespace().next().unwrap().parse().unwrap_or(u64::MAX)
}

/// The limit of CPU time counts the whole life of a process: a worker that is used again has it renewed.
#[test]
fn each_job_has_cpu_time_of_its_own() {
    use phonicflow_bot::audio::Limits;
    use phonicflow_bot::audio_worker::Workers;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let workers = Workers::of(crate::world::BINARY.into());
        let sound = crate::audio::honest_wav(44_100, &crate::audio::hum(44_100 * 60, 44_100));
        let mut worker: Option<Worker> = None;
        // A second and more of a limit of ten is used up before the last job.
        let used = loop {
            let used = worker.map_or(0, Worker::cpu);
            let place = workers.place().await;
            place.to_wav(sound.clone().into(), Limits { max_seconds: 300 }).await.unwrap();
            let same = worker.unwrap_or_else(|| {
                let all = super::below(std::process::id());
                *all.iter().find(|it| it.read("cmdline").contains("audio-worker")).expect("a worker")
            });
            assert!(!same.is_gone(), "another worker: nothing was shown");
            worker = Some(same);
            if used > 110 {
                break used;
            }
        };
        let limit = soft_limit(worker.unwrap(), "Max cpu time");
        assert!((11..=11 + used / 100).contains(&limit), "{limit} s after {used} hundredths");
    });
}
