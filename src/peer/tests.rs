//! Peers over loopback: the right certificates on both sides connect, everybody else is refused without a word.

use super::*;
use async_trait::async_trait;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const WORDS: &[u8] = b"what only candidates are told";

/// The certificates in the database.
#[derive(Clone, Default)]
struct Database {
    certificates: Arc<Mutex<Option<Vec<Vec<u8>>>>>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl GuestList for Database {
    async fn certificates(&self) -> Option<Vec<Vec<u8>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.certificates.lock().unwrap().clone()
    }
}

impl Database {
    fn of(candidates: &[&Identity]) -> Self {
        let database = Self::default();
        database.set(candidates);
        database
    }

    fn set(&self, candidates: &[&Identity]) {
        let certificates = candidates.iter().map(|it| it.certificate().to_vec()).collect();
        *self.certificates.lock().unwrap() = Some(certificates);
    }
}

/// A listener that says [`WORDS`] to those who are welcome, and counts them.
struct House {
    addr: SocketAddr,
    owner: Identity,
    attended: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for House {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl House {
    async fn open(database: &Database) -> Self {
        let owner = Identity::make().unwrap();
        let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &owner).unwrap();
        let addr = listener.addr().unwrap();
        let attended = Arc::new(AtomicUsize::new(0));
        let (guests, count) = (Arc::new(Guests::new(database.clone())), attended.clone());
        let task = tokio::spawn(async move {
            let attend = move |mut link: Link| {
                let count = count.clone();
                async move {
                    count.fetch_add(1, Ordering::SeqCst);
                    let _ = link.write_all(WORDS).await;
                    let _ = link.shutdown().await;
                }
            };
            let _ = listener.serve(guests, attend).await;
        });
        Self { addr, owner, attended, task }
    }

    /// What a peer is told.
    async fn told(&self, me: &Identity) -> Result<Vec<u8>, DialError> {
        let mut link = dial(&self.addr.to_string(), self.owner.certificate(), me).await?;
        Ok(rest(&mut link).await)
    }

    async fn told_with(&self, config: ClientConfig) -> Vec<u8> {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let name = ServerName::try_from("peer").unwrap();
        match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
            Ok(mut link) => rest(&mut link).await,
            Err(_) => Vec::new(),
        }
    }

    fn attended(&self) -> usize {
        self.attended.load(Ordering::SeqCst)
    }
}

/// Everything that comes until the other side ends the connection, in whatever way.
async fn rest(from: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut told = Vec::new();
    timeout(Duration::from_secs(60), async {
        let mut piece = [0; 256];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            told.extend_from_slice(&piece[..length]);
        }
    })
    .await
    .expect("the connection is ended");
    told
}

/// A client without scruples about the server.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

fn reckless(
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
}

#[tokio::test]
async fn a_candidate_is_served_from_the_moment_it_is_in_the_database() {
    let (first, second) = (Identity::make().unwrap(), Identity::make().unwrap());
    let database = Database::of(&[&first]);
    let house = House::open(&database).await;
    assert_eq!(house.told(&first).await.unwrap(), WORDS);
    database.set(&[&first, &second]);
    assert_eq!(house.told(&second).await.unwrap(), WORDS, "the list is asked for again");
    assert_eq!(house.attended(), 2);
}

#[tokio::test]
async fn whoever_is_not_in_the_database_is_told_nothing() {
    let (former, latter, stranger) =
        (Identity::make().unwrap(), Identity::make().unwrap(), Identity::make().unwrap());
    let database = Database::of(&[&former]);
    let house = House::open(&database).await;
    assert_eq!(house.told(&former).await.unwrap(), WORDS);
    // The node was started again: what it showed before counts no more.
    database.set(&[&latter]);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for refused in [&former, &stranger, &house.owner] {
        assert_eq!(house.told(refused).await.unwrap_or_default(), b"");
    }
    *database.certificates.lock().unwrap() = None;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(house.told(&latter).await.unwrap_or_default(), b"", "the database does not answer");
    assert_eq!(house.attended(), 1);
}

#[tokio::test]
async fn no_certificate_and_another_ones_certificate_are_refused() {
    let (guest, thief) = (Identity::make().unwrap(), Identity::make().unwrap());
    let database = Database::of(&[&guest]);
    let house = House::open(&database).await;
    assert_eq!(house.told_with(reckless(&[&rustls::version::TLS13]).with_no_client_auth()).await, b"");
    // The certificate of a candidate, without its key.
    let stolen = thief.with_certificate_of(&guest);
    assert_eq!(house.told_with(stolen.client(Arc::new(Anybody)).unwrap()).await, b"");
    // Its certificate behind one's own, which is what counts.
    let chained = thief.followed_by(&guest);
    assert_eq!(house.told_with(chained.client(Arc::new(Anybody)).unwrap()).await, b"");
    assert_eq!(house.attended(), 0);
    assert_eq!(database.asked.load(Ordering::SeqCst), 0, "the database is not asked about those");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let guest = Identity::make().unwrap();
    let house = House::open(&Database::of(&[&guest])).await;
    let old = reckless(&[&rustls::version::TLS12]).with_client_cert_resolver(guest.resolver());
    assert_eq!(house.told_with(old).await, b"");
    assert_eq!(house.attended(), 0);
}

#[tokio::test]
async fn garbage_is_ended_at_once_and_silence_after_a_while() {
    let guest = Identity::make().unwrap();
    let house = House::open(&Database::of(&[&guest])).await;
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 4096], &[0xff; 70_000], b"\x16\x03\x01\xff\xff"] {
        let mut stream = TcpStream::connect(house.addr).await.unwrap();
        let _ = stream.write_all(garbage).await;
        let _ = stream.shutdown().await;
        let told = rest(&mut stream).await;
        assert!(told.is_empty() || told.starts_with(&[0x15]), "an alert of TLS at most: {told:?}");
    }
    let mut silent = TcpStream::connect(house.addr).await.unwrap();
    let mut slow = TcpStream::connect(house.addr).await.unwrap();
    // The beginning of a record, and then nothing.
    slow.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    assert_eq!(rest(&mut silent).await, b"");
    assert_eq!(rest(&mut slow).await, b"");
    assert_eq!(house.attended(), 0);
}

#[tokio::test]
async fn many_who_only_hold_the_door_keep_no_candidate_out() {
    let guest = Identity::make().unwrap();
    let house = House::open(&Database::of(&[&guest])).await;
    let mut held = Vec::new();
    for _ in 0..200 {
        held.push(TcpStream::connect(house.addr).await.unwrap());
    }
    assert_eq!(house.told(&guest).await.unwrap(), WORDS);
}

#[tokio::test]
async fn another_listener_than_the_owner_is_not_talked_to() {
    let me = Identity::make().unwrap();
    let house = House::open(&Database::of(&[&me])).await;
    let addr = house.addr.to_string();
    let other = Identity::make().unwrap();
    for expected in [other.certificate(), b"", &house.owner.certificate()[1..]] {
        let error = dial(&addr, expected, &me).await.unwrap_err();
        assert!(matches!(error, DialError::Stranger), "{error}");
    }
    let nobody = dial("127.0.0.1:1", house.owner.certificate(), &me).await.unwrap_err();
    assert!(matches!(nobody, DialError::Connect(_)), "{nobody}");
    assert_eq!(house.attended(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_database_is_asked_once_a_second_at_most() {
    let database = Database::of(&[]);
    let guests = Arc::new(Guests::new(database.clone()));
    for _ in 0..3 {
        let many: Vec<_> = (0..100)
            .map(|_| {
                let guests = guests.clone();
                tokio::spawn(async move { guests.welcome(b"a stranger").await })
            })
            .collect();
        for one in many {
            assert!(!one.await.unwrap());
        }
    }
    let asked = database.asked.load(Ordering::SeqCst);
    assert!(asked <= 3, "{asked}");
}
