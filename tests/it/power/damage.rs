//! The real daemon on a store that was damaged on purpose: it moves it aside, restores, reports, and
//! continues.

use super::{Dice, copy, cut_in_half};
use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

const ANA: i64 = 11;

/// A world whose store has been stopped in good order: a turn in the history, and an export that holds it.
struct Scene {
    world: World,
    /// The store as it was, to begin from again.
    sound: PathBuf,
    restores: usize,
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::started().await;
        let ana = world.learner(ANA);
        world.tutor.push_answer(phonicflow_bot::sandbox::tutor_api::Answer::ok(
            json!({"user_transcript": "from before the damage", "conversational_response": "Hi."}),
        ));
        ana.voice(voice(), 4);
        world.answer_with(ANA, "Hi.").await;
        world.stop().await;
        fs::remove_dir_all(world.folder.path().join("store/exports")).unwrap();
        export(&mut world).await;
        let sound = world.folder.path().join("sound");
        copy(&world.folder.path().join("store"), &sound);
        Self { world, sound, restores: 0 }
    }

    fn root(&self) -> PathBuf {
        self.world.folder.path().join("store")
    }

    fn db(&self) -> PathBuf {
        self.root().join("store/db")
    }

    fn begin_again(&self) {
        fs::remove_dir_all(self.root()).unwrap();
        copy(&self.sound, &self.root());
    }

    fn aside(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.root()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("damaged-")).collect()
    }

    /// Starts on what is there; whether it restored. Either way history is kept and a new message is answered.
    async fn works_on(&mut self, what: &str) -> bool {
        self.world.start();
        let asked = self.said();
        let ana = self.world.learner(ANA);
        ana.text("/history");
        let history = self.world.answers(ANA, asked + 1).await.pop().unwrap();
        assert!(history.text.contains("from before the damage"), "{what}: {}", self.world.log());
        let notes = self.notes();
        ana.voice(voice(), 4);
        self.world.voice_notes(ANA, notes + 1).await;
        assert_eq!(self.world.stop().await.code(), Some(0), "{what}: {}", self.world.log());
        let restores = self.world.log().times(Event::StoreRestored);
        let restored = restores > self.restores;
        assert_eq!(restores, self.restores + usize::from(restored), "{what}");
        self.restores = restores;
        assert_eq!(self.root().join("restored.json").exists(), restored, "{what}");
        restored
    }

    fn said(&self) -> usize {
        self.world.telegram.read(|state| state.from_bot(ANA).count())
    }

    fn notes(&self) -> usize {
        use phonicflow_bot::sandbox::bot_api::EntryKind;
        self.world.telegram.read(|state| state.from_bot(ANA).filter(|e| e.kind == EntryKind::Voice).count())
    }
}

/// Something done to the database's folder, and what to call it.
type Damage = (&'static str, fn(&Path));

/// Starts the daemon and stops it once it has made the export that is due.
async fn export(world: &mut World) {
    let before = world.log().times(Event::StoreExported);
    world.start();
    world.logged_times(Event::StoreExported, before + 1).await;
    world.stop().await;
}

fn cut(path: &Path, length: u64) {
    fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_gone_or_cut_off_it_is_restored_and_the_daemon_works_on() {
    let mut scene = Scene::new().await;
    assert!(!scene.works_on("nothing is wrong").await);
    let damages: [Damage; 7] = [
        ("the database cut in half", |store| cut_in_half(&store.join("db"))),
        ("the database empty", |store| cut(&store.join("db"), 0)),
        ("the database gone", |store| fs::remove_file(store.join("db")).unwrap()),
        ("the database and its high-water mark gone", |store| {
            fs::remove_file(store.join("db")).unwrap();
            fs::remove_file(store.join("high-water")).unwrap();
        }),
        ("writes are missing", |store| {
            let height = 1_000_000_u64;
            let mark = [height.to_be_bytes(), (!height).to_be_bytes()].concat();
            fs::write(store.join("high-water"), mark).unwrap();
        }),
        ("a page of zeros at its head", |store| {
            let db = store.join("db");
            let mut bytes = fs::read(&db).unwrap();
            bytes[..4096].fill(0);
            fs::write(db, bytes).unwrap();
        }),
        ("the folder gone", |store| fs::remove_dir_all(store).unwrap()),
    ];
    for (what, damage) in damages {
        scene.begin_again();
        damage(&scene.root().join("store"));
        assert!(scene.works_on(what).await, "{what}: not noticed: {}", scene.world.log());
        assert_eq!(scene.aside().len(), usize::from(what != "the folder gone"), "{what}");
    }
    let log = scene.world.log();
    let mut told = log.lines(Event::StoreDamaged).chain(log.lines(Event::StoreRestored));
    assert!(told.all(|line| line.contains("ERROR")), "{log}");
    assert!(log.field(Event::StoreRestored, "export_of").is_some(), "{log}");
    let aside = |line: &str| line.contains("damaged-2");
    assert!(log.lines(Event::StoreDamaged).any(aside), "the log says where the damaged one is: {log}");
    // The next start still tells.
    let before = scene.world.log().times(Event::StoreRestoredLately);
    scene.world.start();
    scene.world.settled().await;
    assert_eq!(scene.world.log().times(Event::StoreRestoredLately), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn flipped_bits_anywhere_lose_nothing_without_a_word() {
    let mut scene = Scene::new().await;
    let mut restored = 0;
    for seed in 1..=8_u64 {
        println!("seed {seed}");
        scene.begin_again();
        let mut bytes = fs::read(scene.db()).unwrap();
        // The file is mostly padding: what is damaged is where something is written.
        let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        let mut dice = Dice(seed);
        for _ in 0..seed * 2 {
            bytes[written[dice.below(written.len())]] ^= 1 << dice.below(8);
        }
        fs::write(scene.db(), bytes).unwrap();
        restored += usize::from(scene.works_on(&format!("seed {seed}")).await);
    }
    println!("{restored} of 8 restored");
    assert!(restored >= 3, "only {restored} of 8 damages mattered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_can_give_is_no_damage() {
    let mut scene = Scene::new().await;
    let damages: [Damage; 3] = [
        ("a start killed while it wrote its snapshot", |store| {
            fs::write(store.join("snap.00000000000F0000.generating"), [7; 40]).unwrap()
        }),
        ("a damaged snapshot", |store| cut_in_half(&snapshot(store))),
        ("its configuration is rubbish", |store| {
            fs::write(store.join("conf"), "segment_size: banana\n").unwrap()
        }),
    ];
    for (what, damage) in damages {
        scene.begin_again();
        damage(&scene.root().join("store"));
        assert!(!scene.works_on(what).await, "{what}: set back: {}", scene.world.log());
    }
}

/// sled's snapshot.
fn snapshot(store: &Path) -> PathBuf {
    let mut entries = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    let found = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("snap.");
    entries.find(found).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_fail_it_moves_nothing_and_names_the_commands() {
    let mut scene = Scene::new().await;
    scene.world.set("STORE_ON_CORRUPTION", "fail");
    let db = scene.db();
    cut_in_half(&db);
    // However often it is started: systemd does so every two seconds, and sled itself tidies up what it finds.
    for _ in 0..3 {
        scene.world.start();
        assert_eq!(scene.world.ended().await.code(), Some(1));
    }
    let log = scene.world.log().last_words();
    for words in [
        "is damaged",
        "Nothing was moved or restored",
        "STORE_ON_CORRUPTION=restore phonicflow-bot run",
        "store_on_corruption = \"restore\"",
        "systemctl restart phonicflow-bot",
        "mv ",
        "The newest good export is",
    ] {
        assert!(log.contains(words), "{words:?} is missing: {log}");
    }
    assert!(scene.aside().is_empty());
    assert!(db.exists());
    // A look at the sessions does not restore it either, even where the daemon would.
    scene.world.set("STORE_ON_CORRUPTION", "restore");
    let listed = scene.world.command(&["sessions", "list"]).output().unwrap();
    assert_eq!(listed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&listed.stderr).contains("is damaged"));
    assert!(scene.aside().is_empty());
    // The advice works.
    assert!(scene.works_on("told to restore").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_export_is_passed_over_for_the_one_before_and_without_any_it_begins_empty() {
    let mut scene = Scene::new().await;
    let exports = scene.root().join("exports");
    let good = fs::read_dir(&exports).unwrap().next().unwrap().unwrap().path();
    // A newer one, with a flipped bit.
    let newer = exports.join("store-29990101T000000Z.export");
    let mut bytes = fs::read(&good).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newer, &bytes).unwrap();
    cut(&scene.db(), 100);
    assert!(scene.works_on("the newest export is damaged").await);
    assert!(scene.world.log().times(Event::ExportPassedOver) > 0, "{}", scene.world.log());
    assert!(newer.exists() && good.exists(), "no export is deleted for being damaged");

    for gone in [false, true] {
        scene.begin_again();
        cut(&scene.db(), 100);
        if gone {
            fs::remove_dir_all(&exports).unwrap();
        } else {
            cut(&good, 50);
        }
        let before = scene.world.log().times(Event::StoreBeginsEmpty);
        scene.world.start();
        let (asked, ana) = (scene.said(), scene.world.learner(ANA));
        ana.text("/history");
        let history = scene.world.answers(ANA, asked + 1).await.pop().unwrap();
        assert!(!history.text.contains("from before the damage"));
        let notes = scene.notes();
        ana.voice(voice(), 4);
        scene.world.voice_notes(ANA, notes + 1).await;
        scene.world.stop().await;
        assert_eq!(scene.world.log().times(Event::StoreBeginsEmpty), before + 1);
        assert_eq!(scene.aside().len(), 1);
    }
}
