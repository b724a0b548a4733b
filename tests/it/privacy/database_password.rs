//! The password in `STORE_URL`: in no log of any level, on no page and in no command's output, whether the database takes it,
//! refuses it or is not there, and where the URL cannot be read at all.

use crate::databases::{Postgres, Redis};
use crate::metrics::{get, served_at};
use crate::skip;
use crate::world::World;
use phonicflow_bot::logging::Event;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// As it is, and as a URL has it.
const PASSWORD: &str = "planted/word";
const ESCAPED: &str = "planted%2Fword";
const WRONG: &str = "planted%2Fother";

/// What becomes of a daemon with such a URL.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Works,
    Waits,
    Ends,
}

/// Runs the daemon and the commands that tell of its store; everything they said.
async fn told(url: &str, fate: Fate) -> String {
    let mut world = World::new().await;
    let file = world.folder.path().join("bot.log").display().to_string();
    world.set("STORE_URL", url).set("STORE_DELETED", "kept").set("METRICS_ADDR", "127.0.0.1:0");
    world.set("LOG_LEVEL", "trace,tokio_postgres=trace,redis=trace,rustls=trace,hyper=debug");
    world.set("BOT_LOG_FILE", &file).start();
    let mut said = String::new();
    match fate {
        Fate::Works => {
            let ana = world.learner(11);
            ana.text("/help");
            world.answer_with(ana.chat(), "/settings").await;
        }
        Fate::Waits => world.logged(Event::DatabaseLost).await,
        Fate::Ends => assert_eq!(world.ended().await.code(), Some(2), "{}", world.log()),
    }
    if fate != Fate::Ends {
        let addr = served_at(&world).await;
        for page in ["/health", "/ready", "/metrics"] {
            said += &get(addr, page).await.2;
        }
    }
    for command in [
        &["config"][..],
        &["config", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["stats"],
        &["queue", "list"],
        &["sessions", "list"],
        &["backup", "copy"],
    ] {
        let output = tokio::task::spawn_blocking({
            let mut command = world.command(command);
            move || command.output().unwrap()
        });
        let output = output.await.unwrap();
        said += &String::from_utf8_lossy(&output.stdout);
        said += &String::from_utf8_lossy(&output.stderr);
    }
    if fate != Fate::Ends {
        world.stop().await;
    }
    for word in [PASSWORD, ESCAPED, WRONG] {
        assert!(!super::holds(world.folder.path(), word.as_bytes()), "a file has the password: {fate:?}");
        assert!(!said.contains(word), "{fate:?}: {said}");
    }
    said
}

/// An address where nobody listens.
fn nowhere() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_tells_the_password_of_postgres() {
    if !skip::has_postgres("privacy::database_password::nothing_tells_the_password_of_postgres") {
        return;
    }
    let mut postgres = Postgres::new();
    let ways = b"local all bot trust\nhost all bot 127.0.0.1/32 trust\nhost all learned 127.0.0.1/32 scram-sha-256\n";
    let ways = postgres.file("ways", ways).display().to_string();
    postgres.set("hba_file", &ways).start();
    postgres.ask(&format!("CREATE ROLE learned LOGIN PASSWORD '{PASSWORD}'"));
    postgres.ask("GRANT CREATE ON SCHEMA public TO learned");
    let url = |password: &str, addr| format!("postgres://learned:{password}@{addr}/postgres");
    let (there, nowhere) = (postgres.addr(), nowhere());
    let said = told(&url(ESCAPED, there), Fate::Works).await;
    assert!(said.contains(&there.to_string()), "its place is told: {said}");
    told(&url(WRONG, there), Fate::Ends).await;
    let said = told(&url(ESCAPED, nowhere), Fate::Waits).await;
    assert!(said.contains(&nowhere.to_string()), "its place is told: {said}");
    // A slash that was not escaped.
    told(&url(PASSWORD, there), Fate::Ends).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_tells_the_password_of_redis() {
    if !skip::has_redis("privacy::database_password::nothing_tells_the_password_of_redis") {
        return;
    }
    let redis = Redis::started();
    let mut stream = TcpStream::connect(redis.addr()).unwrap();
    stream.write_all(format!("CONFIG SET requirepass {PASSWORD}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert_eq!(answer, "+OK\r\n");
    let url = |password: &str, addr| format!("redis://:{password}@{addr}/0");
    told(&url(ESCAPED, redis.addr()), Fate::Works).await;
    told(&url(WRONG, redis.addr()), Fate::Ends).await;
    told(&url(ESCAPED, nowhere()), Fate::Waits).await;
    told(&url(PASSWORD, redis.addr()), Fate::Ends).await;
}
