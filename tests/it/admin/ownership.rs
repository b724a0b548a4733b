//! Root's commands on somebody else's store: what they make belongs to the folder's owner however they end, and nothing
//! outside is given away. Only root can be tested so.

use crate::world::{World, voice};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;
use std::process::Stdio;

const NOBODY: u32 = 65_534;

fn all_below(folder: &Path, found: &mut dyn FnMut(&Path)) {
    found(folder);
    if fs::symlink_metadata(folder).unwrap().is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            all_below(&entry.unwrap().path(), found);
        }
    }
}

fn owner(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().uid()
}

/// A stopped world whose store is nobody's; none where we are not root.
async fn nobodys() -> Option<World> {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.ask(&["backup", "a.backup"]).await;
    world.stop().await;
    if owner(&world.home()) != 0 {
        eprintln!("skipped: only root can give files away");
        return None;
    }
    give(&world.home());
    Some(world)
}

fn give(home: &Path) {
    all_below(home, &mut |path| chown(path, Some(NOBODY), Some(NOBODY)).unwrap());
}

fn check(world: &World, command: &str) {
    all_below(&world.home(), &mut |path| {
        assert_eq!(owner(path), NOBODY, "{} after {command}", path.display());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_root_makes_beside_the_daemon_belongs_to_the_folders_owner() {
    let Some(mut world) = nobodys().await else { return };
    let key = world.folder.path().join("store.key").display().to_string();
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    for command in [
        "restore a.backup --force",
        "sessions delete 11 --yes",
        "sessions expire --yes",
        "stats",
        "doctor",
        "store clean",
        "store encrypt",
        "store decrypt",
    ] {
        world.set("STORE_KEY_FILE", if command.starts_with("store ") { &key } else { "" });
        let words: Vec<&str> = command.split(' ').collect();
        let said = world.admin(&words).await;
        assert!(command == "doctor" || said.code == Some(0), "{command}: {said:?}");
        check(&world, command);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_ended_by_a_signal_gives_its_files_first() {
    let Some(mut world) = nobodys().await else { return };
    let key = world.folder.path().join("store.key");
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    world.set("STORE_KEY_FILE", &key.display().to_string());
    for signal in ["TERM", "INT", "HUP"] {
        for lines in 1..=4 {
            let mut command = world.command(&["store", "encrypt"]);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
            told.by_ref().take(lines).for_each(drop);
            let kill = format!("kill -{signal} {}", child.id());
            let _ = std::process::Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
            let rest: Vec<String> = told.map(Result::unwrap).collect();
            let ended = child.wait().unwrap();
            let by_signal = rest.iter().any(|line| line.contains(&format!("ended by SIG{signal}")));
            assert!(ended.code() == Some(if by_signal { 1 } else { 0 }), "{ended:?} {rest:?}");
            check(&world, &format!("{signal} after {lines} lines"));
            world.ask(&["store", "encrypt"]).await;
            world.ask(&["store", "decrypt"]).await;
            check(&world, "the way back");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_the_folder_is_given_away() {
    let Some(world) = nobodys().await else { return };
    let (outside, home) = (world.folder.path().join("outside"), world.home());
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "root's").unwrap();
    symlink(&outside, home.join("exports/link")).unwrap();
    symlink(outside.join("secret"), home.join("link")).unwrap();
    fs::hard_link(outside.join("secret"), home.join("second-name")).unwrap();
    fs::write(home.join("third"), "a third one's").unwrap();
    chown(home.join("third"), Some(1), Some(1)).unwrap();
    fs::write(home.join("made-by-root"), "").unwrap();
    world.ask(&["sessions", "list"]).await;
    assert_eq!(owner(&home.join("made-by-root")), NOBODY);
    for path in [outside.join("secret"), outside.clone(), home.join("link"), home.join("exports/link")] {
        assert_eq!(owner(&path), 0, "{}", path.display());
    }
    assert_eq!(owner(&home.join("third")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_running_daemon_nothing_changes_hands() {
    let Some(mut world) = nobodys().await else { return };
    world.start();
    world.listening().await;
    let stray = world.home().join("stray");
    fs::write(&stray, "").unwrap();
    let mut before = Vec::new();
    all_below(&world.home(), &mut |path| before.push((path.to_owned(), owner(path))));
    for command in [&["doctor"][..], &["sessions", "list"], &["sessions", "delete", "404", "--yes"]] {
        world.admin(command).await;
        assert_eq!(owner(&stray), 0, "{command:?}");
        for (path, uid) in &before {
            assert!(!path.exists() || owner(path) == *uid, "{} after {command:?}", path.display());
        }
    }
}
