//! What is particular to PostgreSQL: encrypted connections, passwords, and which of several servers takes the writes.

use super::{LONG, batch, candidate, owner};
use crate::databases::{Pair, Postgres};
use crate::skip::has_postgres;
use phonicflow_bot::store::server::postgres::PostgresServer;
use phonicflow_bot::store::server::{Committed, Remote, RemoteError, Server, Survives};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

fn connect(url: &str, authority: Option<&str>) -> Result<Box<dyn Remote>, RemoteError> {
    PostgresServer::new(url, authority.map(str::as_bytes))?.connect()
}

fn refused(result: Result<Box<dyn Remote>, RemoteError>) -> String {
    match result {
        Err(RemoteError::Refused(why)) => why,
        Err(other) => panic!("not refused: {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn authority() -> (String, Issuer<'static, KeyPair>) {
    let mut of = CertificateParams::new(Vec::new()).unwrap();
    of.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = of.self_signed(&key).unwrap();
    (certificate.pem(), Issuer::new(of, key))
}

#[test]
fn a_certificate_is_verified_and_a_password_is_never_told() {
    if !has_postgres("store_server::of_postgres::a_certificate_is_verified_and_a_password_is_never_told") {
        return;
    }
    let (trusted, issuer) = authority();
    let (other, _) = authority();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let mut postgres = Postgres::new();
    let shown = |path: std::path::PathBuf| path.display().to_string();
    let certificate = shown(postgres.file("server.crt", certificate.pem().as_bytes()));
    let key = shown(postgres.file("server.key", key.serialize_pem().as_bytes()));
    let ways = "local all bot trust\nhost all bot 127.0.0.1/32 trust\nhostssl all learned 127.0.0.1/32 scram-sha-256\n";
    let ways = shown(postgres.file("ways", ways.as_bytes()));
    postgres.set("ssl", "on").set("ssl_cert_file", &certificate).set("ssl_key_file", &key);
    postgres.set("hba_file", &ways).start();
    postgres.ask("CREATE ROLE learned LOGIN PASSWORD 's3cret/1'");
    postgres.ask("GRANT CREATE ON SCHEMA public TO learned");

    let port = postgres.addr().port();
    let way = |login: &str, host: &str, mode: &str| {
        format!("postgres://{login}@{host}:{port}/postgres?hostaddr=127.0.0.1&sslmode={mode}")
    };
    let good = "learned:s3cret%2F1";
    for mode in ["require", "verify-full", "verify-ca"] {
        let mut remote = connect(&way(good, "localhost", mode), Some(&trusted)).unwrap();
        assert!(remote.version().unwrap().starts_with("PostgreSQL "));
    }
    let encrypted =
        "SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'learned'";
    let kept = connect(&way(good, "localhost", "require"), Some(&trusted)).unwrap();
    assert_eq!(postgres.ask(encrypted), "t");
    drop(kept);
    for (url, authority) in [
        (way(good, "localhost", "require"), Some(&other)),
        (way(good, "localhost", "require"), None),
        (way(good, "db.example", "verify-full"), Some(&trusted)),
    ] {
        let why = refused(connect(&url, authority.map(String::as_str)));
        assert!(why.contains("certificate") && !why.contains("s3cret"), "{url}: {why}");
    }
    for (login, mode) in [("learned:s3cret%2F2", "require"), ("learned", "require"), (good, "disable")] {
        let why = refused(connect(&way(login, "localhost", mode), Some(&trusted)));
        assert!(!why.contains("s3cret"), "{why}");
    }
}

#[test]
fn of_two_servers_the_one_that_takes_writes_is_used_and_the_other_never() {
    if !has_postgres(
        "store_server::of_postgres::of_two_servers_the_one_that_takes_writes_is_used_and_the_other_never",
    ) {
        return;
    }
    let pair = Pair::started();
    let both = format!("postgres://bot@{},{}/postgres", pair.standby.addr(), pair.primary.addr());
    let server = PostgresServer::new(&both, None).unwrap();
    let (mut remote, epoch) = owner(&server);
    assert_eq!(remote.survives().unwrap(), Survives::TwoMachines);
    assert_eq!(remote.commit(epoch, 1, &batch(&[(b"a", Some(b"1"))])).unwrap(), Committed::Done);
    assert_eq!(pair.primary.ask("SELECT height FROM pfb_owner"), "1");
    // A standby server alone may lead one day, so asking again helps.
    let asked = connect(&format!("{}?target_session_attrs=any", pair.standby.url()), None);
    assert!(matches!(asked, Err(RemoteError::Lost(why)) if why.contains("does not allow writes")));

    // Nothing can be acknowledged without the standby, and that is said.
    pair.link.refuse();
    for _ in 0..500 {
        if pair.primary.ask("SELECT count(*) FROM pg_stat_replication") == "0" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let unanswered = remote.survives();
    assert!(matches!(unanswered, Err(RemoteError::Lost(why)) if why.contains("synchronous standby")));
    let mut remote = server.connect().unwrap();
    assert!(remote.present(&candidate("b")).is_ok(), "who stands by waits for no standby server");
    assert!(matches!(remote.renew(epoch, LONG), Err(RemoteError::Lost(_))));
}
