//! What is particular to Redis: its settings, its errors, and what a way in may be.

use super::{LONG, all, batch, candidate, owner};
use crate::databases::{Proxy, Redis, Way};
use crate::engines::Home;
use crate::skip::has_redis;
use crate::store_contract::{T0, policy, sticker};
use phonicflow_bot::store::StoreError;
use phonicflow_bot::store::server::redis::RedisServer;
use phonicflow_bot::store::server::{Area, Committed, Remote, RemoteError, Server, Survives};
use std::collections::BTreeSet;

fn connect(url: &str) -> Result<Box<dyn Remote>, RemoteError> {
    RedisServer::new(url, None)?.connect()
}

/// A command of a person at the server.
fn tell(url: &str, words: &[&str]) {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.exec(&mut connection).unwrap();
}

fn refused<T>(result: Result<T, RemoteError>) -> String {
    match result {
        Err(RemoteError::Refused(why)) => why,
        Err(other) => panic!("not refused: {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn is_lost<T>(result: Result<T, RemoteError>) -> bool {
    matches!(result, Err(RemoteError::Lost(_)))
}

#[test]
fn settings_that_lose_what_was_acknowledged_are_refused() {
    if !has_redis("store_server::of_redis::settings_that_lose_what_was_acknowledged_are_refused") {
        return;
    }
    let redis = Redis::started();
    let url = redis.url();
    let mut remote = connect(&url).unwrap();
    assert_eq!(remote.survives().unwrap(), Survives::Machine);
    assert!(remote.version().unwrap().contains("Redis "));
    let caution = RedisServer::new(&url, None).unwrap().caution().unwrap();
    assert!(caution.contains("failover") && caution.contains("acknowledged"));
    for (name, bad, good) in [
        ("appendfsync", "everysec", "always"),
        ("appendonly", "no", "yes"),
        ("no-appendfsync-on-rewrite", "yes", "no"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ] {
        tell(&url, &["CONFIG", "SET", name, bad]);
        for why in [refused(connect(&url)), refused(remote.survives())] {
            assert!(why.contains(name) && why.contains(bad) && why.contains(good), "{why}");
        }
        tell(&url, &["CONFIG", "SET", name, good]);
    }
    // One that leads nothing takes no writes.
    let replica = Redis::started();
    let mut connected = connect(&replica.url()).unwrap();
    tell(&replica.url(), &["REPLICAOF", "127.0.0.1", &redis.addr().port().to_string()]);
    assert!(is_lost(connected.take_over(&candidate("a"), LONG)), "it leads no more; another may");
    let why = refused(connect(&replica.url()));
    assert!(why.contains("replica") && why.contains(&redis.addr().to_string()), "{why}");
}

#[test]
fn a_user_needs_few_rights_and_no_error_has_its_password() {
    if !has_redis("store_server::of_redis::a_user_needs_few_rights_and_no_error_has_its_password") {
        return;
    }
    let redis = Redis::started();
    let addr = redis.addr();
    let rights = "+@read +@write +@scripting +@connection +time +info +config|get";
    let grant = |user: &str, rights: &str| {
        let words = ["ACL", "SETUSER", user, "on", ">s3cret/1", "~{phonicflow}:*"];
        let words: Vec<&str> = words.into_iter().chain(rights.split(' ')).collect();
        tell(&redis.url(), &words);
    };
    grant("bot", rights);
    let url = format!("redis://bot:s3cret%2F1@{addr}/1");
    let server = RedisServer::new(&url, None).unwrap();
    assert_eq!(server.place(), format!("{addr}/1"));
    let (mut remote, epoch) = owner(&server);
    assert_eq!(remote.commit(epoch, 1, &batch(&[(b"a", Some(b"1"))])).unwrap(), Committed::Done);
    remote.present(&candidate("a")).unwrap();
    assert_eq!(remote.candidates().unwrap().len(), 1);
    remote.begin_next().unwrap();
    remote.fill_next(&batch(&[(b"b", None)])).unwrap();
    assert_eq!(remote.exchange(epoch, 2, true).unwrap(), Committed::Done);
    assert_eq!(remote.set_moved(epoch, 3, "there").unwrap(), Committed::Done);
    assert_eq!(remote.page(Area::Current, &all(), true, 10).unwrap(), []);
    assert!(remote.renew(epoch, LONG).unwrap());
    remote.release(epoch).unwrap();

    grant("blind", &rights.replace(" +config|get", ""));
    let why = refused(connect(&format!("redis://blind:s3cret%2F1@{addr}")));
    assert!(why.contains("+config|get"), "{why}");
    tell(&redis.url(), &["CONFIG", "SET", "requirepass", "other"]);
    for login in ["bot:s3cret%2F2@", ":s3cret%2F1@", "nobody:s3cret%2F1@", ""] {
        let why = refused(connect(&format!("redis://{login}{addr}")));
        assert!(why.contains("password") && !why.contains("s3cret"), "{login}: {why}");
    }
    assert!(refused(connect(&format!("redis://:other@{addr}/65000"))).contains("DB index"));
}

#[test]
fn a_server_that_is_full_or_used_by_others_refuses_and_writes_nothing() {
    if !has_redis(
        "store_server::of_redis::a_server_that_is_full_or_used_by_others_refuses_and_writes_nothing",
    ) {
        return;
    }
    let redis = Redis::started();
    let server = RedisServer::new(&redis.url(), None).unwrap();
    let (mut remote, epoch) = owner(&server);
    tell(&redis.url(), &["CONFIG", "SET", "maxmemory", "1"]);
    let why = refused(remote.commit(epoch, 1, &batch(&[(b"a", Some(b"1")), (b"b", None)])));
    assert!(why.contains("maxmemory"), "{why}");
    assert!(refused(remote.renew(epoch, LONG)).contains("maxmemory"));
    tell(&redis.url(), &["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(remote.get(Area::Current, b"a").unwrap(), None);
    assert_eq!(remote.commit(epoch, 1, &batch(&[(b"a", Some(b"1"))])).unwrap(), Committed::Done);

    tell(&redis.url(), &["FLUSHALL"]);
    assert_eq!(remote.commit(epoch, 2, &batch(&[])).unwrap(), Committed::Refused);
    assert!(refused(remote.standing()).contains("emptied"));
    assert!(refused(remote.take_over(&candidate("a"), LONG)).contains("emptied"));
    tell(&redis.url(), &["SET", "{phonicflow}:owner", "something else"]);
    assert!(refused(connect(&redis.url())).contains("keys"));
    tell(&redis.url(), &["FLUSHALL"]);
    tell(&redis.url(), &["HSET", "{phonicflow}:owner", "layout", "2"]);
    assert!(refused(connect(&redis.url())).contains("newer phonicflow-bot"));
}

#[test]
fn a_broken_link_is_lost_whatever_became_of_the_write() {
    if !has_redis("store_server::of_redis::a_broken_link_is_lost_whatever_became_of_the_write") {
        return;
    }
    let mut redis = Redis::started();
    let link = Proxy::to(redis.addr());
    let server = RedisServer::new(&redis.url_at(link.addr()), None).unwrap();
    let (mut remote, epoch) = owner(&server);
    // The first also teaches the server the script.
    assert_eq!(remote.commit(epoch, 1, &batch(&[])).unwrap(), Committed::Done);
    // The write arrives, its answer does not.
    link.cut_after(Way::Back, 1);
    assert!(is_lost(remote.commit(epoch, 2, &batch(&[(b"a", Some(b"1"))]))));
    let mut remote = server.connect().unwrap();
    assert_eq!(remote.standing().unwrap().height, 2);
    // It does not arrive as a whole.
    link.cut_after(Way::There, 60);
    assert!(is_lost(remote.commit(epoch, 3, &batch(&[(b"a", Some(&[7; 10_000]))]))));
    let mut remote = server.connect().unwrap();
    assert_eq!(remote.standing().unwrap().height, 2);
    // Nothing is said any more.
    link.freeze();
    assert!(is_lost(remote.get(Area::Current, b"a")));
    assert!(is_lost(server.connect().map(drop)));
    link.heal();
    assert_eq!(server.connect().unwrap().commit(epoch, 3, &batch(&[])).unwrap(), Committed::Done);

    redis.kill_9();
    assert!(is_lost(server.connect().map(drop)));
    redis.start();
    let mut remote = server.connect().unwrap();
    assert_eq!(remote.standing().unwrap().height, 3);
    assert_eq!(remote.get(Area::Current, b"a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(remote.commit(epoch, 4, &batch(&[(b"a", None)])).unwrap(), Committed::Done);
}

#[test]
fn by_tls_a_server_is_trusted_by_its_certificate_alone() {
    if !has_redis("store_server::of_redis::by_tls_a_server_is_trusted_by_its_certificate_alone") {
        return;
    }
    let authority = || {
        let mut of = rcgen::CertificateParams::new(Vec::new()).unwrap();
        of.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = of.self_signed(&key).unwrap();
        (certificate.pem(), rcgen::Issuer::new(of, key))
    };
    let (ca, issuer) = authority();
    let (stranger, _) = authority();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let mut redis = Redis::new();
    let port = redis.addr().port() + 10_000;
    let files = [("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem()), ("ca.pem", ca.clone())];
    let [cert, key, authority] = files.map(|(name, text)| redis.file(name, text.as_bytes()));
    redis.set("tls-port", &port.to_string()).set("tls-auth-clients", "no");
    redis.set("tls-cert-file", &cert.display().to_string()).set("tls-key-file", &key.display().to_string());
    redis.set("tls-ca-cert-file", &authority.display().to_string());
    redis.start();
    let url = format!("rediss://localhost:{port}/0");
    let connect = |url: &str, ca: Option<&str>| RedisServer::new(url, ca.map(str::as_bytes))?.connect();
    let (taken, _) = connect(&url, Some(&ca)).unwrap().take_over(&candidate("a"), LONG).unwrap();
    assert!(taken);
    // Signed by nobody who is trusted, or for another name.
    for (url, ca) in [
        (url.as_str(), Some(stranger.as_str())),
        (url.as_str(), None),
        (&format!("rediss://127.0.0.1:{port}/0"), Some(ca.as_str())),
    ] {
        let why = refused(connect(url, ca));
        assert!(why.contains("certificate"), "{url}: {why}");
    }
    // The one port speaks TLS, the other does not.
    assert!(is_lost(connect(&format!("redis://localhost:{port}/0"), None)));
    assert!(is_lost(connect(&format!("rediss://localhost:{}/0", redis.addr().port()), Some(&ca))));
}

#[test]
fn over_kills_of_the_server_nothing_that_was_acknowledged_is_lost() {
    if !has_redis("store_server::of_redis::over_kills_of_the_server_nothing_that_was_acknowledged_is_lost") {
        return;
    }
    let mut redis = Redis::started();
    let link = Proxy::to(redis.addr());
    let mut home = Home::at(&redis.url_at(link.addr()), None);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let mut store = home.open().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..20 {
        let ids = round * 1_000..round * 1_000 + 400;
        let writers = ids.map(|id| {
            let store = store.clone();
            runtime.spawn(async move {
                store.accept(vec![sticker(id, id % 8, id % 8)], policy(), T0).await.map(|_| id)
            })
        });
        let writers: Vec<_> = writers.collect();
        // In the middle of a group, or of the answer to one; the server ends before anybody can ask again.
        let way = if round % 2 == 0 { Way::Back } else { Way::There };
        link.cut_after(way, if round % 2 == 0 { 1 } else { 3_000 });
        redis.kill_9();
        redis.start();
        for writer in writers {
            match runtime.block_on(writer).unwrap() {
                Ok(id) => drop(acknowledged.insert(id)),
                // Only when the server was away for longer than the owner may act.
                Err(error) => assert!(
                    matches!(error, StoreError::Unknown { .. } | StoreError::Unavailable { .. }),
                    "{error}"
                ),
            }
        }
        drop(store);
        store = home.open().unwrap();
        let mut last = None;
        let mut there = BTreeSet::new();
        loop {
            let page = runtime.block_on(store.jobs(last, 1_000)).unwrap();
            let Some(end) = page.last() else { break };
            last = Some(end.seq);
            there.extend(page.iter().filter_map(|row| row.update_id()));
        }
        let lost: Vec<_> = acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} lost", lost.len(), acknowledged.len());
    }
    assert!(acknowledged.len() > 1_000, "{}", acknowledged.len());
}
