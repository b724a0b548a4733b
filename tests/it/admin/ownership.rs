//! Root's commands on another user's store: files they make belong to the folder's owner even after a crash,
//! no link in the folder leads them elsewhere, and nothing outside changes its owner. Needs root.

use crate::skip;
use crate::world::{World, voice};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::ExitStatusExt;
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
    if !skip::is_root("admin::ownership: what root does on somebody else's store") {
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
async fn what_a_command_makes_is_the_owners_however_it_ends() {
    let Some(mut world) = nobodys().await else { return };
    let key = world.folder.path().join("store.key");
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    world.set("STORE_KEY_FILE", &key.display().to_string());
    for signal in ["TERM", "INT", "HUP", "KILL"] {
        for lines in 1..=4 {
            let mut command = world.command(&["store", "encrypt"]);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
            told.by_ref().take(lines).for_each(drop);
            let kill = format!("kill -{signal} {}", child.id());
            let _ = std::process::Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
            let rest: Vec<String> = told.map(Result::unwrap).collect();
            let ended = child.wait().unwrap();
            assert!(ended.signal().is_some() || ended.code() == Some(0), "{ended:?} {rest:?}");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_somebody_elses_folder_leads_root_nowhere() {
    let Some(mut world) = nobodys().await else { return };
    let key = world.folder.path().join("store.key");
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    let (outside, home) = (world.folder.path().join("outside"), world.home());
    fs::create_dir(&outside).unwrap();
    let victim = outside.join("victim");
    let before = "root's own words";
    fs::write(&victim, before).unwrap();
    // Each name that a command, or sled, makes or replaces, as a link to root's file, or to root's folder.
    let names = [
        "lock",
        "forgotten",
        "restored.json",
        "restored.partial",
        "admin-socket",
        "admin-socket.partial",
        "sealing.json",
        "sealing.partial",
        "sealing.export",
        "exports",
        "store",
        "store/db",
        "store/conf",
        "store/high-water",
        "restoring.part",
        "restoring",
        "sealing",
        "replaced",
        "cleaned",
    ];
    for name in names {
        let place = home.join(name);
        let kept = home.join("kept");
        let was = fs::rename(&place, &kept).is_ok();
        for target in [&victim, &outside] {
            symlink(target, &place).unwrap();
            for command in [
                "sessions list",
                "sessions delete 404 --yes",
                "restore a.backup --force",
                "store encrypt",
                "store clean",
                "backup b.backup --force",
                "doctor",
                "stats",
            ] {
                world.set(
                    "STORE_KEY_FILE",
                    if command.starts_with("store ") { key.to_str().unwrap() } else { "" },
                );
                let words: Vec<&str> = command.split(' ').collect();
                world.admin(&words).await;
                assert_eq!(fs::read_to_string(&victim).unwrap(), before, "{name}: {command}");
                assert_eq!(owner(&victim), 0, "{name}: {command}");
                let there: Vec<_> = fs::read_dir(&outside).unwrap().collect();
                assert_eq!(there.len(), 1, "{name}: {command} made {there:?}");
                all_below(&home, &mut |path| {
                    let link = fs::symlink_metadata(path).unwrap().is_symlink();
                    assert!(link || owner(path) == NOBODY, "{} after {command}", path.display());
                });
            }
            let _ = fs::remove_file(&place);
            let _ = fs::remove_dir_all(&place);
        }
        // As it was, for the next name.
        if was {
            fs::rename(&kept, &place).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn root_reads_and_writes_through_nobodys_links_nowhere() {
    let world = World::new().await;
    if !skip::is_root("admin::ownership: root's files in somebody else's folder") {
        return;
    }
    let theirs = world.folder.path().join("theirs");
    let victim = world.folder.path().join("victim.ogg");
    fs::create_dir(&theirs).unwrap();
    fs::write(&victim, voice()).unwrap();
    fs::create_dir(world.folder.path().join("private")).unwrap();
    chown(&theirs, Some(NOBODY), Some(NOBODY)).unwrap();
    symlink(&victim, theirs.join("in.ogg")).unwrap();
    symlink(&victim, theirs.join("out.wav.partial")).unwrap();
    symlink(&victim, theirs.join("out.wav")).unwrap();
    symlink("../private", theirs.join("way")).unwrap();
    for command in [
        "convert theirs/in.ogg out.wav",
        "convert victim.ogg theirs/way/out.wav",
        "restore theirs/in.ogg",
        "sessions import theirs/in.ogg",
    ] {
        let said = world.admin(&command.split(' ').collect::<Vec<_>>()).await;
        assert!(
            said.code == Some(1) && said.err.contains("link in a folder that another user may write to"),
            "{said:?}"
        );
    }
    world.ask(&["convert", "victim.ogg", "theirs/out.wav", "--force"]).await;
    assert_eq!(fs::read(&victim).unwrap(), voice());
    assert!(!fs::symlink_metadata(theirs.join("out.wav")).unwrap().is_symlink());
    assert_eq!(fs::read_dir(world.folder.path().join("private")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_file_of_somebody_else_is_not_read_and_named() {
    let mut world = World::new().await;
    let file = world.folder.path().join(".env.telegram");
    fs::write(&file, "BOT_TIMEOUT=7\n").unwrap();
    let in_force = async |world: &World| world.admin(&["config"]).await;
    fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = in_force(&world).await;
    assert!(said.out.contains(".env.telegram line 1") && said.err.is_empty(), "{said:?}");
    for mode in [0o666, 0o620] {
        fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let said = in_force(&world).await;
        assert!(said.code == Some(0) && !said.out.contains(".env.telegram"), "{said:?}");
        assert!(said.err.contains(".env.telegram is not read: others may write to it"), "{said:?}");
    }
    // Without it there may be no token: what is wrong and why are told together.
    world.set("TELEGRAM_BOT_TOKEN", "");
    let said = world.admin(&["run"]).await;
    assert!(said.code == Some(2) && said.err.contains(".env.telegram is not read"), "{said:?}");
    fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    if !skip::is_root("admin::ownership: the settings file of another user") {
        return;
    }
    chown(&file, Some(NOBODY), None).unwrap();
    let said = in_force(&world).await;
    assert!(said.err.contains(".env.telegram is not read: it belongs to user 65534"), "{said:?}");
    assert!(!said.out.contains(".env.telegram"), "{said:?}");
    let sessions = world.admin(&["sessions", "list"]).await;
    assert!(sessions.err.contains(".env.telegram is not read"), "{sessions:?}");
}
