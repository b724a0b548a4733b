//! The admin socket with many sessions, many clients, and clients of other users.

use crate::skip;
use crate::world::{BINARY, PATIENCE, World};
use phonicflow_bot::domain::{Timestamp, UserId};
use phonicflow_bot::logging::Event;
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::{Home, Import, OnDamage};
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

/// Few enough for an unoptimised build; `cargo bench --bench store` takes a million.
const SESSIONS: i64 = 30_000;

/// Fills the store of a world before its first start.
async fn filled(world: &World, sessions: i64) {
    let home = Home::at(&world.home());
    let store = home.open(OnDamage::Refuse, Timestamp(0)).unwrap().store;
    for first in (0..sessions).step_by(1_000) {
        let imports = (first..first + 1_000).map(|n| Import {
            user: UserId(n + 1),
            session: uuid::Uuid::from_u128(n as u128 + 1),
            created: Timestamp(1_700_000_000_000 + (n * 7_919) % sessions),
            last_activity: Timestamp(1_700_000_100_000 + (n * 104_729) % sessions),
            turns: 0,
            language: None,
            level: None,
        });
        store.import(imports.collect(), false, Timestamp(1_800_000_000_000)).await.unwrap();
    }
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sessions_stream_in_bounded_memory_and_in_any_order() {
    let mut world = World::new().await;
    // Their sessions are old: nothing is to end or remove them meanwhile.
    world.set("SESSION_RETENTION_DAYS", "36500");
    filled(&world, SESSIONS).await;
    let stopped = world.ask(&["sessions", "list"]).await;
    assert_eq!(stopped.lines().count() as i64, SESSIONS + 1);
    world.start();
    world.listening().await;
    world.settled().await;
    let before = world.peak_kb();
    assert!(world.ask(&["sessions", "list"]).await == stopped, "the same list");
    let grown = world.peak_kb() - before;
    assert!(grown < 8 << 10, "the daemon grew by {grown} kB");
    // The client's own peak, read while its last line is still unread.
    let mut client = world.command(&["sessions", "list"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = client.stdout.take().unwrap();
    let mut got = 0;
    let mut buffer = vec![0; 64 << 10];
    while got < stopped.len() - (32 << 10) {
        got += out.read(&mut buffer[..32 << 10]).unwrap();
    }
    let peak = peak_kb(client.id()).unwrap();
    assert!(peak < 40 << 10, "the client took {peak} kB");
    // A reader that goes away is no failure.
    drop(out);
    assert!(client.wait().unwrap().success());

    let column = |text: &str, name: &str| -> Vec<String> {
        let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        rows.map(|row| row[name].to_string()).collect()
    };
    let newest =
        world.ask(&["sessions", "list", "--sort", "activity", "--reverse", "--limit", "5", "--json"]).await;
    let all = world.ask(&["sessions", "list", "--sort", "activity", "--json"]).await;
    let (mut all, newest) = (column(&all, "session"), column(&newest, "session"));
    all.reverse();
    assert_eq!(newest, all[..5]);
    let some = world.ask(&["sessions", "list", "--user", "77", "--json"]).await;
    assert_eq!(column(&some, "user"), ["77"]);
    assert_eq!(world.ask(&["sessions", "list", "--limit", "3"]).await.lines().count(), 4);
    assert_eq!(world.ask(&["sessions", "list", "--since", "1d"]).await, "");
    assert_eq!(world.ask(&["sessions", "list", "--before", "2000-01-01"]).await, "");
}

/// The most a process ever had in memory; `None`: it has ended.
fn peak_kb(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM"))?;
    peak.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_backup_is_restored_in_bounded_memory() {
    const MANY: i64 = 150_000;
    let world = World::new().await;
    filled(&world, MANY).await;
    let file = world.folder.path().join("b.backup").display().to_string();
    world.ask(&["backup", &file]).await;
    let mut restoring = world.command(&["restore", &file, "--force"]).stdout(Stdio::piped()).spawn().unwrap();
    let pid = restoring.id();
    let mut peak = 0;
    // Looked at until its end: what it takes it keeps.
    while restoring.try_wait().unwrap().is_none() {
        peak = peak.max(peak_kb(pid).unwrap_or(0));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let done = restoring.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    // A kilobyte a record, when nothing of what sled leaves behind is freed.
    assert!(peak > 0 && peak < 130 << 10, "it took {peak} kB");
    assert_eq!(world.ask(&["sessions", "list"]).await.lines().count() as i64, MANY + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_user_is_by_user_id_in_an_encrypted_store_too() {
    let mut listed = Vec::new();
    for with_key in [false, true] {
        let mut world = World::new().await;
        let key = world.folder.path().join("store.key");
        fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
        let material = KeyMaterial::new(fs::read(&key).unwrap());
        if with_key {
            world.set("STORE_KEY_FILE", &key.display().to_string());
        }
        let home = Home::at(&world.home()).keyed(with_key.then_some(material));
        let store = home.open(OnDamage::Refuse, Timestamp(0)).unwrap().store;
        let imports = (0..40).map(|n| Import {
            user: UserId(if n % 2 == 0 { n * 7_919 } else { -n }),
            session: uuid::Uuid::from_u128(n as u128 + 1),
            created: Timestamp(1_700_000_000_000),
            last_activity: Timestamp(1_700_000_100_000),
            turns: 0,
            language: None,
            level: None,
        });
        store.import(imports.collect(), false, Timestamp(1_800_000_000_000)).await.unwrap();
        store.close().await.unwrap();
        let mut users = Vec::new();
        for arguments in [&["--sort", "user"][..], &["--sort", "user", "--reverse"], &["--reverse"], &[]] {
            let text = world.ask(&[&["sessions", "list", "--json"], arguments].concat()).await;
            let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            users.push(rows.map(|row| row["user"].as_i64().unwrap()).collect::<Vec<i64>>());
        }
        let first = world.ask(&["sessions", "list", "--sort", "user", "--limit", "1", "--json"]).await;
        assert!(first.contains(r#""user":-39"#), "{first}");
        listed.push(users);
    }
    let [plain, sealed] = &listed[..] else { panic!("{listed:?}") };
    let mut ascending = plain[0].clone();
    ascending.sort_unstable();
    let descending: Vec<i64> = ascending.iter().rev().copied().collect();
    for users in [plain, sealed] {
        assert_eq!(users[..3], [ascending.clone(), descending.clone(), descending.clone()]);
    }
    assert_eq!(plain[3], ascending, "as it is kept");
    let mut kept = sealed[3].clone();
    assert_ne!(kept, ascending, "by hash");
    kept.sort_unstable();
    assert_eq!(kept, ascending);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_blocks_only_itself() {
    let mut world = World::new().await;
    world.set("SESSION_RETENTION_DAYS", "36500");
    filled(&world, SESSIONS).await;
    world.start();
    world.listening().await;
    let mut stalled = UnixStream::connect(world.home().join("admin.sock")).unwrap();
    let ask = br#"{"program":"test","protocol":2,"request":{"sessions":{}}}"#;
    stalled.write_all(&u32::try_from(ask.len()).unwrap().to_be_bytes()).unwrap();
    stalled.write_all(b"j").unwrap();
    stalled.write_all(ask).unwrap();
    let ana = world.learner(1);
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
    let (one, two) = tokio::join!(world.ask(&["sessions", "list"]), world.ask(&["sessions", "list"]));
    assert!(one == two && one.lines().count() as i64 == SESSIONS + 1);
    // Whoever reads on gets the rest.
    stalled.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    stalled.read_to_end(&mut bytes).unwrap();
    assert!(bytes.ends_with(&[0, 0, 0, 0, b'.']) && bytes.len() > 1 << 20);
    assert!(world.stop().await.success());
}

/// Root alone can be somebody else.
fn as_nobody(program: &str, arguments: &[&str]) -> Option<Command> {
    let test = "other_users_are_kept_out_by_the_mode_and_by_their_id";
    if !skip::is_root(test) || !skip::has(test, "setpriv") {
        return None;
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]).args(arguments);
    Some(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn other_users_are_kept_out_by_the_mode_and_by_their_id() {
    let mut world = World::new().await;
    let public = tempfile::tempdir().unwrap();
    let path = public.path().join("door.sock");
    world.set("ADMIN_SOCKET", &path.display().to_string()).start();
    world.listening().await;
    fs::set_permissions(public.path(), Permissions::from_mode(0o755)).unwrap();
    // The binary may lie where nobody else may look.
    let binary = public.path().join("bot");
    fs::copy(BINARY, &binary).unwrap();
    let (binary, socket) = (binary.display().to_string(), path.display().to_string());
    let store = public.path().join("store");
    fs::create_dir(&store).unwrap();
    let ask =
        ["queue", "list", "--admin-socket", &socket, "--session-storage-path", &store.display().to_string()];
    let Some(mut stranger) = as_nobody(&binary, &ask) else { return };
    let said = stranger.env_clear().current_dir(public.path()).output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(1), "{text}: without a store of its own there is nothing to look at");
    // As if somebody had opened the door wide: the id decides.
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    let said = as_nobody(&binary, &ask).unwrap().env_clear().current_dir(public.path()).output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(3), "{text}");
    assert!(text.contains("serves user 0 and root, and you are user 65534"), "{text}");
    world.logged(Event::AdminRefused).await;
}
