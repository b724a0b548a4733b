//! The daemon with nothing to do: how soon it polls, how much memory and CPU it uses.

use crate::{cpu, mb, say};
use bytes::Bytes;
use std::time::{Duration, Instant};

/// From the start of the process to the first `getUpdates`, with an existing store.
pub async fn first_poll(speech: &Bytes) {
    let mut world = crate::world(speech).await;
    let mut times = Vec::new();
    for _ in 0..11 {
        let polls = world.telegram.read(|state| state.log().count("getUpdates"));
        let start = Instant::now();
        world.start();
        let came = world.telegram.wait_until(crate::world::PATIENCE, |state| {
            (state.log().count("getUpdates") > polls).then(Instant::now)
        });
        times.push(came.await.expect("a poll") - start);
        world.stop().await;
    }
    times.sort();
    say("process start to first getUpdates, median of 11", format!("{:.1} ms", times[5].as_secs_f64() * 1e3));
}

pub async fn at_rest(speech: &Bytes) {
    let mut world = crate::world(speech).await;
    world.start();
    world.settled().await;
    say("resident, at rest after one command", mb(world.memory_kb("VmRSS:")));
    say("  of it private memory", mb(world.memory_kb("RssAnon:")));
    let before = cpu(world.pid());
    tokio::time::sleep(Duration::from_secs(20)).await;
    say("CPU at rest, in 20 s", format!("{} ms", (cpu(world.pid()) - before).as_millis()));
}
