//! The service manager's side: READY, the watchdog, STOPPING.

use crate::world::{PATIENCE, World};
use std::os::unix::net::UnixDatagram;

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_told_ready_alive_and_stopping() {
    let mut world = World::new().await;
    let path = world.folder.path().join("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    world.set("NOTIFY_SOCKET", &path.display().to_string()).set("WATCHDOG_USEC", "400000").start();
    let hear = |words: &'static str| {
        let socket = socket.try_clone().unwrap();
        tokio::task::spawn_blocking(move || {
            let mut buffer = [0; 512];
            loop {
                let length = socket.recv(&mut buffer).unwrap_or_else(|_| panic!("never told {words}"));
                if String::from_utf8_lossy(&buffer[..length]).contains(words) {
                    return;
                }
            }
        })
    };
    hear("READY=1").await.unwrap();
    hear("STATUS=polling").await.unwrap();
    for _ in 0..3 {
        hear("WATCHDOG=1").await.unwrap();
    }
    world.signal("TERM");
    hear("STOPPING=1").await.unwrap();
    assert!(world.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_daemon_and_one_without_telegram_are_up_too() {
    for enabled in ["false", "true"] {
        let mut world = World::new().await;
        world.telegram.pause_listening().await;
        let path = world.folder.path().join("notify.sock");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        world.set("NOTIFY_SOCKET", &path.display().to_string()).set("WATCHDOG_USEC", "400000");
        world.set("TELEGRAM_BOT_ENABLED", enabled).start();
        let told = tokio::task::spawn_blocking(move || {
            let mut buffer = [0; 512];
            let mut hear = || {
                let length = socket.recv(&mut buffer).unwrap();
                String::from_utf8_lossy(&buffer[..length]).into_owned()
            };
            let first = hear();
            let mut alive = 0;
            while alive < 3 {
                alive += usize::from(hear().contains("WATCHDOG=1"));
            }
            first
        });
        assert!(told.await.unwrap().contains("READY=1"));
        assert!(world.stop().await.success(), "{}", world.log());
    }
}

/// Where systemd's own checker is installed, it checks the unit.
#[test]
fn the_unit_is_sound_and_exposes_little() {
    use std::process::Command;
    if !crate::skip::has("the_unit_is_sound_and_exposes_little", "systemd-analyze") {
        return;
    }
    let unit = include_str!("../../systemd/phonicflow-bot.service");
    let installed = "/usr/bin/phonicflow-bot";
    assert!(unit.contains(&format!("ExecStart={installed} run")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phonicflow-bot.service");
    std::fs::write(&path, unit.replace(installed, crate::world::BINARY)).unwrap();
    for arguments in [&["verify", "--man=no"][..], &["security", "--offline=true", "--threshold=15"]] {
        let checked = Command::new("systemd-analyze").args(arguments).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout) + String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{arguments:?}: {said}");
        assert!(arguments[0] != "verify" || said.trim().is_empty(), "{said}");
    }
}
