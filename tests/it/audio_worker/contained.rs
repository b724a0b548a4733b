//! A recording that costs too much fails alone: nobody waits for it, and nothing of it stays.

use super::{TOLD, Worker, below, bombs, until};
use crate::metrics;
use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{LearnerProfile, Post};
use phonicflow_bot::sandbox::tutor_api::{Speech, TutorOptions};

fn bomb(bytes: &[u8]) -> Post {
    Post::audio(bytes.to_vec(), 4, "voice.flac", "audio/flac")
}

/// Workers lost so far, by what `/metrics` says.
async fn lost(world: &World, kind: &str) -> u64 {
    let (_, _, body) = metrics::get(metrics::served_at(world).await, "/metrics").await;
    let name = format!("phonicflow_audio_workers_lost_total{{kind=\"{kind}\"}} ");
    let line = body.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_else(|| panic!("{body}"));
    line.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bombs_delay_no_third_learner_and_each_is_answered() {
    let mut world = World::new().await;
    world.set("METRICS_ADDR", "127.0.0.1:0").start();
    let costly = bombs::odd_rate(290);
    for id in [21, 22] {
        world.learner(id).post(bomb(&costly));
    }
    let both = |workers: &[Worker]| workers.iter().filter(|it| it.is_busy()).count() == 2;
    // They stand still: nothing but the clock ends them.
    for worker in until(&world, "two at work", both).await {
        kill("STOP", worker.pid);
    }
    world.learner(23).voice(voice(), 4);
    world.voice_notes(23, 1).await;
    let given_up = |id| world.telegram.read(|state| state.from_bot(id).any(|said| said.text.contains(TOLD)));
    assert!(!given_up(21) && !given_up(22), "the third learner was answered after the bombs had ended");
    for id in [21, 22] {
        world.answer_with(id, TOLD).await;
        world.learner(id).voice(voice(), 4);
        world.voice_notes(id, 1).await;
    }
    assert_eq!(lost(&world, "clock").await, 2);
    assert_eq!(world.log().times(Event::AudioWorkerEnded), 2, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_place_is_lost_to_twenty_bombs_and_no_process_is_left() {
    let mut world = World::new().await;
    world.set("METRICS_ADDR", "127.0.0.1:0").start();
    let greedy = bombs::met("vorbis-codebooks.ogg");
    for id in 100..120 {
        world.learner(id).post(bomb(&greedy));
    }
    for id in 100..120 {
        world.answer_with(id, TOLD).await;
    }
    for id in 200..206 {
        world.learner(id).voice(voice(), 4);
    }
    for id in 200..206 {
        world.voice_notes(id, 1).await;
    }
    assert_eq!(lost(&world, "memory").await, 20);
    until(&world, "all cleared away", |workers| workers.is_empty()).await;
    assert_eq!(world.tutor.turns().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_the_middle_costs_one_message() {
    let mut world = World::new().await;
    world.set("METRICS_ADDR", "127.0.0.1:0").start();
    let ana = world.learner(21);
    ana.post(bomb(&bombs::odd_rate(290)));
    let worker = at_work(&world).await;
    kill("KILL", worker.pid);
    world.answer_with(21, TOLD).await;
    assert!(worker.is_gone(), "it is not cleared away");
    ana.voice(voice(), 4);
    world.voice_notes(21, 1).await;
    assert_eq!(lost(&world, "killed").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_stop_costs_no_message() {
    let world = World::started().await;
    world.learner(21).post(bomb(&bombs::odd_rate(290)));
    let worker = at_work(&world).await;
    kill("TERM", worker.pid);
    let next = until(&world, "another one", |workers| workers.iter().any(|it| it.pid != worker.pid)).await;
    assert!(!next.is_empty());
    assert!(world.log().times(Event::AudioWorkerEnded) == 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_takes_its_workers_along() {
    let mut world = World::started().await;
    world.learner(21).post(bomb(&bombs::odd_rate(290)));
    let worker = at_work(&world).await;
    world.kill();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(5);
    // Far sooner than its CPU time would end it.
    while !worker.is_gone() && worker.read("stat").contains(") R") {
        assert!(tokio::time::Instant::now() < deadline, "it goes on without its daemon");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tutor_says_is_foreign_too() {
    let speech = Some(Speech::Bytes(bombs::met("vorbis-codebooks.ogg").into(), "audio/ogg"));
    let mut world = World::with_tutor(TutorOptions { speech, ..TutorOptions::default() }).await;
    world.set("METRICS_ADDR", "127.0.0.1:0").start();
    let ana = world.telegram.learner(LearnerProfile::new(21, "Ana", "en"));
    ana.voice(voice(), 4);
    world.answers(21, 2).await;
    assert_eq!(lost(&world, "memory").await, 1);
}

/// By the way of `convert`, which is the daemon's: each ends with an error, and leaves no file.
#[test]
fn every_bomb_is_contained() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in bombs::all() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let mut command = std::process::Command::new(crate::world::BINARY);
        command.args(["convert", name, "out.wav"]).env_clear().current_dir(folder.path());
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        // What claims to hold nothing may be heard all the same: as speech of its length, not as a failure of ours.
        if ["trimmed.ogg", "zero-counts.mp4"].contains(&name) && done.status.success() {
            std::fs::remove_file(folder.path().join("out.wav")).unwrap();
            continue;
        }
        assert_eq!(done.status.code(), Some(1), "{name}: {said}");
        assert!(!said.contains("panicked") && said.lines().count() == 1, "{name}: {said}");
        assert!(!folder.path().join("out.wav").exists(), "{name}");
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    // Other tests of this process have children, too, that are waited for in a moment: only one that stays is left behind.
    let left: Vec<u32> =
        below(std::process::id()).iter().filter(|it| it.state == 'Z').map(|it| it.pid).collect();
    let deadline = std::time::Instant::now() + crate::world::PATIENCE;
    while below(std::process::id()).iter().any(|it| it.state == 'Z' && left.contains(&it.pid)) {
        assert!(std::time::Instant::now() < deadline, "nobody waits for {left:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

async fn at_work(world: &World) -> Worker {
    until(world, "one at work", |workers| workers.iter().any(|it| it.is_busy())).await[0]
}

fn kill(signal: &str, pid: u32) {
    let status =
        std::process::Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().unwrap();
    assert!(status.success());
}
