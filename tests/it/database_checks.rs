//! That the databases and the broken links of other tests are what they say.

use crate::databases::{Pair, Postgres, Proxy, Redis, Way};
use crate::skip;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

#[test]
fn postgres_keeps_what_it_committed_and_leaves_nothing_behind() {
    if !skip::has_postgres("database_checks::postgres_keeps_what_it_committed_and_leaves_nothing_behind") {
        return;
    }
    let mut postgres = Postgres::started();
    postgres.ask("CREATE TABLE t (n int)");
    for n in 1..=3 {
        postgres.ask(&format!("INSERT INTO t VALUES ({n})"));
        postgres.kill_9();
        postgres.start();
        assert_eq!(postgres.ask("SELECT max(n) FROM t"), n.to_string());
    }
    postgres.stop();
    postgres.save("before");
    postgres.start();
    postgres.ask("INSERT INTO t VALUES (4)");
    postgres.stop();
    postgres.set_back("before");
    postgres.set("fsync", "off").start();
    assert_eq!(postgres.ask("SELECT max(n) FROM t"), "3");
    assert_eq!(postgres.ask("SHOW fsync"), "off");
    assert_ne!(postgres.database(), postgres.database());
    let (folder, addr) = (postgres.folder().to_owned(), postgres.addr());
    drop(postgres);
    assert!(!folder.exists() && TcpStream::connect(addr).is_err());
}

#[test]
fn a_promoted_standby_has_all_that_was_acknowledged() {
    if !skip::has_postgres("database_checks::a_promoted_standby_has_all_that_was_acknowledged") {
        return;
    }
    let mut pair = Pair::started();
    pair.primary.ask("CREATE TABLE t (n int)");
    pair.primary.ask("INSERT INTO t VALUES (1)");
    pair.link.refuse();
    pair.primary.kill_9();
    pair.promote();
    assert_eq!(pair.standby.ask("INSERT INTO t VALUES (2); SELECT count(*) FROM t"), "2");
}

#[test]
fn redis_keeps_what_it_acknowledged() {
    if !skip::has_redis("database_checks::redis_keeps_what_it_acknowledged") {
        return;
    }
    let mut redis = Redis::started();
    let tell = |redis: &Redis, line: &str| {
        let mut stream = TcpStream::connect(redis.addr()).unwrap();
        stream.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer
    };
    assert_eq!(tell(&redis, "INCR n\r\n"), ":1\r\n");
    redis.kill_9();
    redis.start();
    redis.stop();
    redis.save("before");
    redis.start();
    assert_eq!(tell(&redis, "INCR n\r\n"), ":2\r\n");
    redis.stop();
    redis.set_back("before");
    redis.start();
    assert_eq!(tell(&redis, "INCR n\r\n"), ":2\r\n");
}

/// A server that sends back what it gets.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    addr
}

#[test]
fn a_link_is_cut_refused_frozen_and_healed() {
    let proxy = Proxy::to(echo());
    let say = |stream: &mut TcpStream, words: &[u8]| -> std::io::Result<()> {
        stream.write_all(words)?;
        let mut back = vec![0; words.len()];
        stream.read_exact(&mut back)?;
        assert_eq!(back, words);
        Ok(())
    };
    let connect = || TcpStream::connect(proxy.addr());
    let mut stream = connect().unwrap();
    say(&mut stream, b"hello").unwrap();
    proxy.cut();
    assert!(say(&mut stream, b"hello").is_err());
    stream = connect().unwrap();
    say(&mut stream, b"hello").unwrap();
    proxy.refuse();
    assert!(say(&mut stream, b"hello").is_err() && connect().is_err());
    proxy.heal();
    stream = connect().unwrap();
    say(&mut stream, b"hello").unwrap();
    // What was sent into a frozen link arrives late, on old connections and on new ones.
    proxy.freeze();
    let before = proxy.passed(Way::There);
    let mut late = connect().unwrap();
    for stream in [&mut stream, &mut late] {
        stream.write_all(b"late").unwrap();
    }
    assert_eq!(proxy.passed(Way::There), before);
    proxy.heal();
    for stream in [&mut stream, &mut late] {
        let mut back = [0; 4];
        stream.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"late");
    }
    // Three bytes of the answer, and no more.
    proxy.cut_after(Way::Back, 3);
    stream.write_all(b"answer").unwrap();
    let mut come = Vec::new();
    let _ = stream.read_to_end(&mut come);
    assert_eq!((come.as_slice(), proxy.will_cut()), (&b"ans"[..], false));
}
