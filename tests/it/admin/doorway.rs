//! The admin socket: file modes, stale and foreign files at its path, protocol versions, hostile and slow
//! clients.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

fn socket(world: &World) -> std::path::PathBuf {
    world.home().join("admin.sock")
}

/// One frame, by hand: the protocol's own code is what is under test.
fn frame(stream: &mut UnixStream) -> (u8, Vec<u8>) {
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let length = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).unwrap();
    (head[4], payload)
}

fn put(stream: &mut UnixStream, kind: u8, payload: &[u8]) {
    stream.write_all(&u32::try_from(payload.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(&[kind]).unwrap();
    stream.write_all(payload).unwrap();
}

fn greeted(path: &Path) -> (UnixStream, serde_json::Value) {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (kind, greeting) = frame(&mut stream);
    assert_eq!(kind, b'j');
    (stream, serde_json::from_slice(&greeting).unwrap())
}

fn ask(version: u32, request: &str) -> Vec<u8> {
    format!(r#"{{"program":"test","protocol":{version},"request":{request}}}"#).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_private_and_gone_after_a_clean_stop() {
    let mut world = World::started().await;
    world.listening().await;
    let placed = fs::symlink_metadata(socket(&world)).unwrap();
    assert!(placed.file_type().is_socket());
    assert_eq!(placed.permissions().mode() & 0o777, 0o600);
    let note = world.home().join("admin-socket");
    assert_eq!(fs::metadata(&note).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read(&note).unwrap(),
        fs::canonicalize(socket(&world)).unwrap().as_os_str().as_encoded_bytes()
    );
    let (_, greeting) = greeted(&socket(&world));
    assert!(greeting["program"].as_str().unwrap().starts_with("phonicflow-bot "), "{greeting}");
    world.stop().await;
    assert!(!socket(&world).exists() && !note.exists());
    let left: Vec<_> = fs::read_dir(world.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".admin")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_daemon_leaves_a_socket_that_confuses_nobody() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.kill();
    assert!(socket(&world).exists());
    let listed = world.ask(&["sessions", "list"]).await;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    world.start();
    world.settled().await;
    assert_eq!(world.ask(&["sessions", "list", "--json"]).await.lines().count(), 1);
    let (stream, _) = greeted(&socket(&world));
    drop(stream);
    assert!(world.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_socket_stays_and_the_daemon_goes_on_without_its_door() {
    for folder in [false, true] {
        let mut world = World::new().await;
        fs::create_dir(world.home()).unwrap();
        if folder {
            fs::create_dir(socket(&world)).unwrap();
        } else {
            fs::write(socket(&world), "dear diary").unwrap();
        }
        world.start();
        world.settled().await;
        world.logged(Event::AdminSocketFailed).await;
        let said = world.admin(&["sessions", "list"]).await;
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(said.err.contains("held by another process, but no daemon answers"), "{said:?}");
        assert!(said.err.contains("admin.sock") && said.out.is_empty(), "{said:?}");
        assert!(world.stop().await.success());
        assert!(if folder {
            socket(&world).is_dir()
        } else {
            fs::read(socket(&world)).unwrap() == b"dear diary"
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_of_any_length_work_and_names_that_do_not_fit_are_told() {
    let mut world = World::new().await;
    let deep = world.folder.path().join("d".repeat(100)).join("e".repeat(100));
    fs::create_dir_all(&deep).unwrap();
    world.set("ADMIN_SOCKET", &deep.join("door.sock").display().to_string()).start();
    world.settled().await;
    assert_eq!(world.ask(&["queue", "list"]).await, "");
    // A shell that knows nothing of the setting finds it by the daemon's note.
    world.set("ADMIN_SOCKET", "");
    assert_eq!(world.ask(&["queue", "list"]).await, "");
    world.stop().await;
    assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
    world.set("ADMIN_SOCKET", &deep.join("n".repeat(120)).display().to_string()).start();
    world.logged(Event::AdminSocketFailed).await;
    world.settled().await;
    assert_eq!(world.admin(&["queue", "list"]).await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_do_not_share_a_socket_and_a_client_knows_its_own() {
    let (mut first, mut second) = (World::new().await, World::new().await);
    let shared = first.folder.path().join("shared.sock").display().to_string();
    first.set("ADMIN_SOCKET", &shared).start();
    first.listening().await;
    second.set("ADMIN_SOCKET", &shared).start();
    second.logged(Event::AdminSocketFailed).await;
    second.settled().await;
    let ana = first.learner(11);
    ana.text("/start");
    first.answers(ana.chat(), 1).await;
    let said = second.admin(&["sessions", "list"]).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("another store"), "{said:?}");
    assert_eq!(first.admin(&["sessions", "list"]).await.code, Some(0));
    // At rest its store is opened, whoever answers on the configured path.
    second.stop().await;
    assert_eq!(second.admin(&["queue", "list"]).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_is_told_on_both_sides() {
    let mut world = World::started().await;
    world.listening().await;
    let (mut stream, greeting) = greeted(&socket(&world));
    assert_eq!(greeting["protocol"], phonicflow_bot::admin::protocol::VERSION);
    put(&mut stream, b'j', &ask(99, r#"{"dance":{}}"#));
    let (kind, refusal) = frame(&mut stream);
    let refusal = String::from_utf8_lossy(&refusal).into_owned();
    assert!(kind == b'!' && refusal.contains("version 99"), "{refusal}");
    // The other way round: a daemon of tomorrow, played by us.
    world.stop().await;
    let listener = UnixListener::bind(socket(&world)).unwrap();
    let played = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        put(&mut stream, b'j', br#"{"program":"phonicflow-bot 9.9.9","protocol":99,"moon":true}"#);
    });
    let said = world.admin(&["sessions", "list"]).await;
    played.join().unwrap();
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("phonicflow-bot 9.9.9 speaks version 99"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bytes_and_silent_clients_harm_nothing() {
    let mut world = World::started().await;
    world.listening().await;
    let path = socket(&world);
    let mut silent = Vec::new();
    for n in 0..40_u64 {
        let Ok(mut stream) = UnixStream::connect(&path) else { continue };
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut seed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_be_bytes()[0]
        })
        .take(3_000)
        .collect();
        let _ = match n % 5 {
            0 => stream.write_all(&noise),
            1 => stream.write_all(&[0xff; 4096]),
            2 => stream.write_all(&[0, 0, 0, 0, b'j']),
            3 => stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            _ => {
                let deep = "[".repeat(100_000);
                let length = u32::try_from(deep.len()).unwrap().to_be_bytes();
                stream
                    .write_all(&length)
                    .and_then(|()| stream.write_all(b"j"))
                    .and_then(|()| stream.write_all(deep.as_bytes()))
            }
        };
        if n % 7 == 0 {
            silent.push(stream);
        }
    }
    // Served once those who say nothing have had their time.
    let answered = async { while world.admin(&["queue", "list"]).await.code != Some(0) {} };
    tokio::time::timeout(PATIENCE, answered).await.unwrap();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    assert!(world.log().times(Event::Panicked) == 0, "{}", world.log());
    assert!(world.stop().await.success());
}
