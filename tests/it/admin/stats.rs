//! `stats`: the same with the daemon running and stopped, and the day's counts continue over a restart.

use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On};
use serde_json::Value;

async fn stats(world: &World) -> Value {
    serde_json::from_str(&world.ask(&["stats", "--json"]).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn stats_say_the_same_with_the_daemon_running_and_at_rest() {
    let mut world = World::new().await;
    world.tutor.faults().add(On::call("POST /process"), Act::detail(500, "no"));
    world.start();
    world.listening().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.logged(Event::AnswerDelivered).await;
    world.settled().await;
    let running = loop {
        // The very last words of the work may still be on their way.
        let stats = stats(&world).await;
        if stats["now"]["inbox"] == 0 && stats["since_start"]["counts"]["messages_sent"].as_u64() >= Some(4) {
            break stats;
        }
    };
    let table = world.ask(&["stats"]).await;
    assert!(world.stop().await.success());
    assert_eq!(stats(&world).await, running);
    assert_eq!(world.ask(&["stats"]).await, table);

    let since = &running["since_start"];
    for (value, expected) in [
        (&since["counts"]["turns"], 1),
        (&since["counts"]["dead_letters"], 0),
        (&since["failures"]["tutor_failed"], 1),
        (&since["latencies"]["turn"]["count"], 1),
        (&since["latencies"]["tutor"]["count"], 1),
        (&running["now"]["learners"], 2),
        (&running["now"]["turns_kept"], 1),
        (&running["now"]["inbox"], 0),
    ] {
        assert_eq!(value.as_u64(), Some(expected), "{running}");
    }
    assert!(table.contains("SINCE THE START") && table.contains("tutor_failed"), "{table}");
    assert!(!table.contains("Ana"), "{table}");

    world.start();
    ana.text("/help");
    world.answer_with(ana.chat(), "/history").await;
    assert!(world.stop().await.success());
    let later = stats(&world).await;
    assert_eq!(later["since_start"]["counts"]["turns"], 0, "{later}");
    if later["day"] == running["day"] {
        assert_eq!(later["today"]["counts"]["turns"], 1, "the day goes on: {later}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_while_nothing_happens() {
    let mut world = World::started().await;
    world.listening().await;
    world.settled().await;
    assert!(world.stop().await.success());
    let first = stats(&world).await;
    assert_eq!(first["since_start"]["counts"]["updates_taken"], 1);
    // Killed without a word: what was kept at the last stop is still there.
    world.start();
    world.listening().await;
    world.kill();
    assert_eq!(stats(&world).await, first);
}
