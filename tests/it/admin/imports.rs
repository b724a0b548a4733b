//! `sessions import`: the old bot's learners keep their conversations, whether or not they have written to
//! this bot before.

use crate::world::{World, voice};
use phonicflow_bot::domain::{Level, Timestamp, UserId};
use phonicflow_bot::store::{Import, Imported, MemoryDisk, Merged};
use serde_json::Value;
use std::fs;

const DAY_MS: i64 = 86_400_000;

/// Writes an old file and returns its path.
fn old_file(world: &World, text: &str) -> String {
    let file = world.folder.path().join("telegram_sessions.json");
    fs::write(&file, text).unwrap();
    file.display().to_string()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

async fn shown(world: &World, id: &str) -> Vec<Value> {
    let text = world.ask(&["sessions", "show", id, "--json"]).await;
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_bots_learners_keep_their_conversations() {
    let mut world = World::started().await;
    let (rui, ana) = (world.brazilian(12), world.learner(11));
    rui.voice(voice(), 4);
    world.voice_notes(rui.chat(), 1).await;
    let (kept, other) = (uuid::Uuid::new_v4().to_string(), uuid::Uuid::new_v4());
    let now = now();
    let path = old_file(
        &world,
        &format!(
            r#"{{"11":{{"session_id":"{kept}","created_at":{now},"last_activity":{now},"conversation_turns":4,"english_level":"advanced"}},
            "12":{{"session_id":"{other}","created_at":{now},"last_activity":{now},"conversation_turns":9,"english_level":"beginner"}},
            "Rui Secret":{{"session_id":"{other}"}}}}"#
        ),
    );
    let dry = world.admin(&["sessions", "import", &path, "--dry-run"]).await;
    assert!(
        dry.out.starts_with("1 session(s) would be taken over, 1 would be merged")
            && dry.out.contains("0 known"),
        "{dry:?}"
    );
    assert!(dry.err.contains("a key that is no number") && !dry.err.contains("Secret"), "{dry:?}");
    let first = world.admin(&["sessions", "import", &path]).await;
    assert!(first.out.starts_with("1 session(s) taken over, 1 merged"), "{first:?}");
    let merged = "learner 12: merged: they go on with the conversation begun here; the old one is among those that ended \
                  (9 turn(s) counted, level beginner)";
    assert!(first.err.lines().any(|line| line == merged), "{first:?}");
    let listed = world.ask(&["sessions", "list", "--json"]).await;
    let again = world.ask(&["sessions", "import", &path]).await;
    assert!(
        again.starts_with("0 session(s) taken over, 0 merged") && again.contains("2 known already"),
        "{again}"
    );
    assert_eq!(world.ask(&["sessions", "list", "--json"]).await, listed);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns()[1].session, kept, "the conversation goes on");
    let ana = shown(&world, "11").await;
    assert_eq!(
        (&ana[0]["turns"], &ana[0]["level"], ana.len()),
        (&5.into(), &"advanced".into(), 1),
        "{ana:?}"
    );
    assert_eq!(ana[0]["history"][0]["number"], 1, "turns kept here are numbered without a gap");
    let rui = shown(&world, "12").await;
    let old = rui.iter().find(|session| session["session"] == other.to_string()).unwrap();
    assert_eq!(
        (&old["state"], &old["turns"], &old["level"]),
        (&"archived".into(), &9.into(), &"beginner".into())
    );
    assert_eq!(rui.iter().filter(|session| session["state"] == "active").count(), 1, "{rui:?}");
    let out = world.folder.path().join("out").display().to_string();
    world.ask(&["sessions", "export", "12", "--out", &out]).await;
    let export: Value = serde_json::from_slice(&fs::read(format!("{out}/learner-12.json")).unwrap()).unwrap();
    assert_eq!(export["learner"]["level"], "beginner");
    assert!(
        fs::read_to_string(format!("{out}/learner-12.md"))
            .unwrap()
            .contains("- level of your English: beginner")
    );
    world.stop().await;
    let third = world.ask(&["sessions", "import", &path]).await;
    assert!(third.starts_with("0 session(s) taken over") && third.contains("2 known already"), "{third}");
    fs::write(&path, "no json").unwrap();
    assert_eq!(world.admin(&["sessions", "import", &path]).await.code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn learners_can_be_taken_over_before_the_first_start() {
    let mut world = World::new().await;
    let ana = world.learner(11);
    let kept = uuid::Uuid::new_v4().to_string();
    let (now, long_ago) = (now(), now() - 90 * 86_400);
    let old = uuid::Uuid::new_v4();
    let path = old_file(
        &world,
        &format!(
            r#"{{"11":{{"session_id":"{kept}","created_at":{now}}},
            "12":{{"session_id":"{old}","created_at":{long_ago},"last_activity":{long_ago}}}}}"#
        ),
    );
    let before: Vec<_> =
        fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    // Neither a look nor a file that is none makes anything.
    let dry = world.admin(&["sessions", "import", &path, "--dry-run"]).await;
    assert!(dry.code == Some(0) && dry.out.starts_with("2 session(s) would be taken over"), "{dry:?}");
    assert!(dry.err.contains("1 of these conversations were last used more than 30 day(s) ago"), "{dry:?}");
    let none = world.admin(&["sessions", "import", "nowhere.json"]).await;
    assert_eq!(none.code, Some(1), "{none:?}");
    let after: Vec<_> =
        fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(before, after);
    let taken = world.ask(&["sessions", "import", &path]).await;
    assert!(taken.starts_with("2 session(s) taken over"), "{taken}");
    world.start();
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns()[0].session, kept, "the conversation goes on");
    // Their time counts from the import.
    let expired = world.ask(&["sessions", "expire", "--yes"]).await;
    assert!(expired.starts_with("0 idle session(s) ended, 0 ended one(s) removed"), "{expired}");
    assert_eq!(shown(&world, "12").await[0]["session"], old.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_in_which_nothing_was_said_makes_way_for_the_old_one() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.text("/new");
    world.answers(ana.chat(), 1).await;
    assert_eq!(shown(&world, "11").await.len(), 1);
    let kept = uuid::Uuid::new_v4().to_string();
    let now = now();
    let path = old_file(
        &world,
        &format!(r#"{{"11":{{"session_id":"{kept}","last_activity":{now},"conversation_turns":3}}}}"#),
    );
    let said = world.admin(&["sessions", "import", &path]).await;
    assert!(said.out.starts_with("0 session(s) taken over, 1 merged"), "{said:?}");
    assert!(said.err.contains("their conversation goes on here"), "{said:?}");
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns()[0].session, kept);
    assert_eq!(shown(&world, "11").await.len(), 1, "the empty one is gone");
}

#[tokio::test]
async fn retention_counts_from_the_import() {
    let store = MemoryDisk::default().open().unwrap();
    let (imported, old) = (Timestamp(1_800_000_000_000), Timestamp(1_700_000_000_000));
    let import = Import {
        user: UserId(11),
        session: uuid::Uuid::from_u128(7),
        created: old,
        last_activity: old,
        turns: 2,
        language: Some("pt".to_owned()),
        level: Some(Level::Beginner),
    };
    assert_eq!(store.import(vec![import.clone()], false, imported).await.unwrap(), [Imported::Taken]);
    // As the daemon does it: idle for a day, ended for thirty.
    let sweep = async |now: Timestamp| {
        let archived = store.archive_idle(now.plus_ms(-31 * DAY_MS), DAY_MS, None, now).await.unwrap();
        (archived.sessions, store.expire_archived(now.plus_ms(-30 * DAY_MS), 10, now).await.unwrap())
    };
    assert_eq!(sweep(imported.plus_ms(1_000)).await, (0, 0));
    assert_eq!(sweep(imported.plus_ms(31 * DAY_MS)).await, (0, 0));
    assert_eq!(sweep(imported.plus_ms(31 * DAY_MS + 1)).await, (1, 1));
    // The learner is here still, and the same import joins what there is.
    let merged = Imported::Merged(Merged { open: true, language: false, level: false });
    assert_eq!(store.import(vec![import], true, imported).await.unwrap(), [merged]);
}
