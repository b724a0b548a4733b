//! `top`: snapshots of the running daemon.

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
    let counted = |look: &serde_json::Value, name: &str| {
        let counts = look["counts"].as_array().unwrap();
        let one = counts.iter().find(|one| one["name"] == name).unwrap();
        (one["total"].as_u64().unwrap(), one["last_minute"].as_u64().unwrap())
    };
    // One message is of the start itself. The first look knows the minute before it: the daemon has kept it.
    assert_eq!(
        (counted(&looks[0], "updates_taken"), counted(&looks[0], "turns")),
        ((2, 2), (1, 1)),
        "{told}"
    );
    let stages: Vec<&str> =
        looks[0]["latencies"].as_array().unwrap().iter().filter_map(|one| one["stage"].as_str()).collect();
    assert!(stages.contains(&"tutor") && stages.contains(&"turn"), "{told}");
    assert!(looks[0]["latencies"][0]["p95_ms"].is_f64(), "{told}");
    assert_eq!(looks[0]["queue"]["inbox"], 0);
    assert!(looks[0]["last_poll"].is_i64() && looks[0]["tutor"]["state"] == "answering", "{told}");
    assert!(looks[0]["tutor"]["since"].is_i64() && looks[0]["workers"][0]["name"] == "voices", "{told}");
    words_are_plain(&looks[0]);
    assert!(looks[1]["at"].as_i64() > looks[0]["at"].as_i64());
    let piped = world.admin(&["top"]).await;
    assert!(piped.code == Some(2) && piped.err.contains("--json"), "{piped:?}");
    world.stop().await;
    let nobody = world.admin(&["top", "--json"]).await;
    assert!(nobody.code == Some(3) && nobody.err.contains("no daemon runs"), "{nobody:?}");
}

/// Every name is a word as docs/operating.md documents it, none the program's own.
fn words_are_plain(value: &serde_json::Value) {
    let documented =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operating.md")).unwrap();
    let plain = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    match value {
        serde_json::Value::Object(fields) => {
            for (name, inner) in fields {
                assert!(plain(name) && documented.contains(&format!("`{name}`")), "{name} is not documented");
                words_are_plain(inner);
            }
        }
        serde_json::Value::Array(all) => {
            assert!(all.iter().all(|one| !one.is_array()), "{value}: a list within a list");
            all.iter().for_each(words_are_plain);
        }
        _ => {}
    }
}
