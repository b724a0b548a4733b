//! `top`: the running daemon, moment by moment.

use crate::world::{World, voice};

#[tokio::test(flavor = "multi_thread")]
async fn top_tells_what_the_daemon_does_and_that_there_is_none() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    world.listening().await;
    let told = world.ask(&["top", "--json", "--every", "0.1", "--count", "2"]).await;
    let looks: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(looks.len(), 2);
    let total = |name: &str| {
        let totals = looks[1]["totals"].as_array().unwrap();
        totals.iter().find(|one| one[0] == name).unwrap()[1].as_u64().unwrap()
    };
    // One message is of the start itself.
    assert_eq!((total("taken"), total("turns")), (2, 1));
    assert_eq!(looks[0]["queue"]["inbox"], 0);
    assert!(looks[0]["last_poll"].is_i64() && looks[0]["tutor"]["Answers"].is_i64(), "{told}");
    assert!(looks[1]["at"].as_i64() > looks[0]["at"].as_i64());
    let piped = world.admin(&["top"]).await;
    assert!(piped.code == Some(2) && piped.err.contains("--json"), "{piped:?}");
    world.stop().await;
    let nobody = world.admin(&["top", "--json"]).await;
    assert!(nobody.code == Some(3) && nobody.err.contains("no daemon runs"), "{nobody:?}");
}
