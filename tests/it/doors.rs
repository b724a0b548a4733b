//! Outgoing connections: the tutor behind TLS, a key and a signature; Telegram behind proxies.

use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::tutor_api::TutorOptions;
use std::fs;

#[path = "doors/proxies.rs"]
mod proxies;
#[path = "doors/tls.rs"]
mod tls;

use proxies::{HttpProxy, SocksProxy};
use tls::{Authority, TlsFront};

const KEY: &str = "tutor-key-planted";
const SEAL: &str = "signing-key-planted";
const PASSWORD: &str = "proxy-pass-planted";

/// Nothing that must stay secret is in what the daemon wrote.
fn kept_secret(world: &World) {
    for secret in [KEY, SEAL, PASSWORD, &world.telegram.token()] {
        assert!(!world.log().holds(secret), "{secret} in the log:\n{}", world.log());
    }
}

async fn one_turn(world: &World) {
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    kept_secret(world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tutor_behind_tls_with_key_and_signature() {
    let options = TutorOptions {
        api_key: Some(KEY.into()),
        signing_key: Some(SEAL.into()),
        keep_bodies: true,
        ..TutorOptions::default()
    };
    let mut world = World::with_tutor(options).await;
    let authority = Authority::new();
    let front = TlsFront::start(&authority, world.tutor.addr()).await;
    let ca = world.folder.path().join("ca.pem");
    fs::write(&ca, authority.pem()).unwrap();
    world.set("BACKEND_URL", &front.url()).set("BACKEND_API_KEY", KEY).set("BOT_PRIVATE_KEY", SEAL);
    world.set("BACKEND_CA_FILE", ca.to_str().unwrap()).start();
    one_turn(&world).await;
    let ana = world.learner(11);
    // Every kind of call is signed: the turn, its history, its audio, and the one that forgets.
    ana.text("/new");
    world.answer_with(ana.chat(), "fresh conversation").await;
    let forgotten = world
        .tutor
        .wait_until(crate::world::PATIENCE, |state| {
            let mut calls = state.calls().iter().filter(|call| call.name == "DELETE /conversation");
            calls.any(|call| call.status.is_some()).then_some(())
        })
        .await;
    assert!(forgotten.is_some(), "{}", world.log());
    let refused = world.tutor.calls().iter().filter(|call| call.status == Some(401)).count();
    assert_eq!(refused, 0);
    let calls = world.tutor.calls();
    for name in ["POST /process", "GET /audio", "DELETE /conversation"] {
        let call = calls.iter().find(|call| call.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(call.status, Some(200), "{name}");
        assert!(call.headers["x-bot-signature"].starts_with("v1="), "{name}");
    }
    kept_secret(&world);
}

/// Waits until the tutor has answered a batch of events so.
async fn events_answered(world: &World, status: u16) -> bool {
    let answered = world.tutor.wait_until(crate::world::PATIENCE, |state| {
        let mut calls = state.calls().iter().filter(|call| call.name == "POST /bot/metrics");
        calls.any(|call| call.status == Some(status)).then_some(())
    });
    answered.await.is_some()
}

/// The strict tutor refuses what is not signed, before it says whether it has such a thing.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_signed_and_where_nobody_wants_them_offered_once_a_start() {
    let options = TutorOptions { signing_key: Some(SEAL.into()), ..TutorOptions::default() };
    let mut world = World::with_tutor(options).await;
    world.set("BOT_PRIVATE_KEY", SEAL).start();
    one_turn(&world).await;
    let offered = |world: &World| -> Vec<Option<u16>> {
        let calls = world.tutor.calls().into_iter().filter(|call| call.name == "POST /bot/metrics");
        calls.map(|call| call.status).collect()
    };
    assert!(events_answered(&world, 404).await, "{}", world.log());
    let ana = world.learner(11);
    ana.text("/status");
    world.answer_with(ana.chat(), "Conversation").await;
    assert!(world.stop().await.success());
    assert_eq!(offered(&world), [Some(404)]);
    world.tutor.configure(|options| options.bot_routes = true);
    world.start();
    ana.text("/help");
    assert!(events_answered(&world, 200).await, "{:?}", offered(&world));
    assert!(world.tutor.calls().iter().all(|call| call.status != Some(401)));
    kept_secret(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_authority_the_tutor_is_not_trusted_and_the_message_waits() {
    let mut world = World::new().await;
    let authority = Authority::new();
    let front = TlsFront::start(&authority, world.tutor.addr()).await;
    world.set("BACKEND_URL", &front.url()).start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.logged(Event::AttemptFailed).await;
    assert!(world.log().holds("certificate"), "{}", world.log());
    assert!(world.tutor.turns().is_empty());
    assert_eq!(world.stop().await.code(), Some(0));
    let ca = world.folder.path().join("ca.pem");
    fs::write(&ca, authority.pem()).unwrap();
    world.set("BACKEND_CA_FILE", ca.to_str().unwrap()).start();
    world.voice_notes(ana.chat(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_or_signature_is_named_and_the_message_waits() {
    for (name, right, wrong) in [("BACKEND_API_KEY", KEY, "other"), ("BOT_PRIVATE_KEY", SEAL, "other")] {
        let options = TutorOptions {
            api_key: Some(KEY.into()),
            signing_key: Some(SEAL.into()),
            ..TutorOptions::default()
        };
        let mut world = World::with_tutor(options).await;
        world.set("BACKEND_API_KEY", KEY).set("BOT_PRIVATE_KEY", SEAL).set(name, wrong).start();
        let ana = world.learner(11);
        ana.voice(voice(), 4);
        world.answer_with(ana.chat(), "takes longer than usual").await;
        assert!(world.tutor.turns().is_empty());
        assert_eq!(world.stop().await.code(), Some(0));
        world.set(name, right).start();
        world.voice_notes(ana.chat(), 1).await;
        kept_secret(&world);
    }
}

/// Telegram by its https name, behind a TLS front that the daemon trusts as it trusts the system's authorities.
async fn telegram_by_https(world: &mut World, authority: &Authority) -> TlsFront {
    let front = TlsFront::start(authority, world.telegram.addr()).await;
    let ca = world.folder.path().join("system.pem");
    fs::write(&ca, authority.pem()).unwrap();
    world.set("SSL_CERT_FILE", ca.to_str().unwrap()).set("TELEGRAM_API_URL", &front.url());
    front
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_through_an_http_proxy_with_a_password() {
    let mut world = World::new().await;
    let authority = Authority::new();
    let front = telegram_by_https(&mut world, &authority).await;
    let proxy = HttpProxy::start("ana", PASSWORD).await;
    world.set("TELEGRAM_PROXY", &format!("http://ana:{PASSWORD}@{}", proxy.addr())).start();
    one_turn(&world).await;
    assert!(!proxy.asked_for().is_empty());
    assert!(proxy.asked_for().iter().all(|target| *target == front.authority()), "{:?}", proxy.asked_for());
    assert_eq!(front.connections(), proxy.asked_for().len(), "nothing goes around the proxy");
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_through_an_https_proxy() {
    let mut world = World::new().await;
    let authority = Authority::new();
    let front = telegram_by_https(&mut world, &authority).await;
    let proxy = HttpProxy::start("ana", PASSWORD).await;
    let door = TlsFront::start(&authority, proxy.addr()).await;
    world.set("TELEGRAM_PROXY", &format!("https://ana:{PASSWORD}@{}", door.authority())).start();
    one_turn(&world).await;
    assert_eq!(front.connections(), proxy.asked_for().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_through_a_socks5_proxy_with_a_password() {
    for scheme in ["socks5", "socks5h"] {
        let mut world = World::new().await;
        let authority = Authority::new();
        let front = telegram_by_https(&mut world, &authority).await;
        let proxy = SocksProxy::start("ana", PASSWORD).await;
        world.set("TELEGRAM_PROXY", &format!("{scheme}://ana:{PASSWORD}@{}", proxy.addr())).start();
        one_turn(&world).await;
        assert!(!proxy.asked_for().is_empty());
        assert_eq!(front.connections(), proxy.asked_for().len(), "nothing goes around the proxy");
        // Who resolves the name: we, or (h) the proxy.
        let by_name = proxy.asked_for().iter().all(|target| target.starts_with("localhost:"));
        assert_eq!(by_name, scheme == "socks5h", "{:?}", proxy.asked_for());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_the_password_is_said_without_it_and_waited_for() {
    let http = HttpProxy::start("ana", "another").await;
    let socks = SocksProxy::start("ana", "another").await;
    let authority = Authority::new();
    for url in [
        format!("http://ana:{PASSWORD}@{}", http.addr()),
        format!("socks5://ana:{PASSWORD}@{}", socks.addr()),
    ] {
        let mut world = World::new().await;
        let front = telegram_by_https(&mut world, &authority).await;
        world.set("TELEGRAM_PROXY", &url).start();
        world.logged(Event::ConnectFailed).await;
        kept_secret(&world);
        assert_eq!(world.stop().await.code(), Some(0), "{}", world.log());
        assert_eq!(front.connections(), 0);
    }
}
