//! PostgreSQL: how it is reached, and the tables it keeps the store in.
//!
//! The settings of a session are given while connecting, so that a connection pooler that would drop them is noticed.
//! [`session`] asks with a deadline, [`remote`] has the statements, [`told`] sorts errors. Must not know records or verbs.

mod remote;
mod session;
mod told;

use self::remote::Postgres;
use self::session::Session;
use super::{Remote, RemoteError, Server, tls};
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

/// For a connection that is ready, whatever number of hosts are tried.
const CONNECT: Duration = Duration::from_secs(4);
/// For each address of a host.
const CONNECT_EACH: Duration = Duration::from_secs(2);
/// How long the server's machine may be silent, and what was sent unacknowledged.
const SILENCE: Duration = Duration::from_secs(5);

/// Of this program's tables.
const LAYOUT: i32 = 1;

/// Settings of each session, which the URL's own `options` may overrule.
///
/// - `lock_timeout`: whoever waits for a lock has given up soon after; without it, sessions nobody listens to any more would
///   pile up behind one that waits for a dead standby. Shorter than our own patience, so that we hear of it.
/// - `synchronous_commit`: where the server, the database or the role only have `off`, the store still keeps its promise.
/// - `statement_timeout`: it would cut the wait for a synchronous standby short, not the commit.
/// - the planner's: every read goes by the primary key, also while the statistics still say that the table is empty.
const SETTINGS: &str = "-c lock_timeout=2500ms -c statement_timeout=0 -c synchronous_commit=on \
                        -c default_transaction_isolation=read\\ committed \
                        -c enable_seqscan=off -c enable_bitmapscan=off -c jit=off";
/// As the server shows it.
const LOCK_TIMEOUT: &str = "2500ms";

/// Two daemons may start at once on an empty database; the number is that of no other program.
const CREATE: &str = "
    SELECT pg_advisory_xact_lock(8097341156203345021);
    CREATE TABLE IF NOT EXISTS pfb_record (k bytea PRIMARY KEY, v bytea NOT NULL);
    CREATE TABLE IF NOT EXISTS pfb_record_next (k bytea PRIMARY KEY, v bytea NOT NULL);
    CREATE TABLE IF NOT EXISTS pfb_node (
        node text PRIMARY KEY, addr text NOT NULL, certificate bytea NOT NULL, seen timestamptz NOT NULL);
    CREATE TABLE IF NOT EXISTS pfb_owner (
        one bool PRIMARY KEY DEFAULT true CHECK (one), layout int NOT NULL, id uuid NOT NULL,
        epoch bigint NOT NULL, height bigint NOT NULL,
        node text NOT NULL, addr text NOT NULL, certificate bytea NOT NULL,
        until timestamptz NOT NULL, moved text);";

/// A server, or several of which one at a time takes writes.
pub struct PostgresServer {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    place: String,
}

impl PostgresServer {
    /// `url` is `postgres://…`; without `sslmode` it is encrypted unless it stays on this machine. Certificates are verified
    /// in any case. `authority`: in PEM, trusted instead of the system's.
    pub fn new(url: &str, authority: Option<&[u8]>) -> Result<Self, RemoteError> {
        let (_, rest) = url.split_once("://").ok_or_else(unreadable)?;
        // All that is asked for by name is verified; the crate knows only this one.
        let rest = rest.replace("sslmode=verify-full", "sslmode=require");
        let rest = rest.replace("sslmode=verify-ca", "sslmode=require");
        // The parser's error could repeat a part of the password.
        let mut config: Config = format!("postgres://{rest}").parse().map_err(|_| unreadable())?;
        let place = place(&config);
        let is_encrypted = match config.get_ssl_mode() {
            SslMode::Disable => false,
            SslMode::Prefer => !stays_here(&config),
            _ => true,
        };
        config.ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
        let tls = match is_encrypted {
            true => Some(MakeRustlsConnect::new(tls::client_config(authority)?)),
            false => None,
        };
        // Of several hosts the one that takes writes: a standby server would only answer.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let options = config.get_options().unwrap_or_default().to_owned();
        config.options(format!("{SETTINGS} {options}"));
        if config.get_application_name().is_none() {
            config.application_name("phonicflow-bot");
        }
        let each = config.get_connect_timeout().copied().unwrap_or(CONNECT_EACH);
        config.connect_timeout(each.min(CONNECT_EACH)).tcp_user_timeout(SILENCE);
        config.keepalives(true).keepalives_idle(SILENCE);
        config.keepalives_interval(Duration::from_secs(1)).keepalives_retries(3);
        Ok(Self { config, tls, place })
    }

    fn session(&self) -> Result<Session, RemoteError> {
        match &self.tls {
            Some(tls) => Session::connect(&self.config, tls.clone(), CONNECT),
            None => Session::connect(&self.config, NoTls, CONNECT),
        }
    }
}

impl Server for PostgresServer {
    fn connect(&self) -> Result<Box<dyn Remote>, RemoteError> {
        let mut session = self.session()?;
        let state = "SELECT current_setting('lock_timeout'), to_regclass('pfb_owner') IS NOT NULL";
        let row = session.one(session::ANSWER, state, &[])?;
        let (lock_timeout, is_made): (String, bool) = (session::value(&row, 0)?, session::value(&row, 1)?);
        if lock_timeout != LOCK_TIMEOUT {
            return Err(RemoteError::Refused(
                "it dropped the settings of the session, as a connection pooler does (PgBouncer): name the \
                 server itself, or a pool of whole sessions that passes the parameter \"options\" on"
                    .to_owned(),
            ));
        }
        if !is_made {
            let first = format!(
                "INSERT INTO pfb_owner VALUES (true, {LAYOUT}, '{}', 0, 0, '', '', '', clock_timestamp(), NULL)
                 ON CONFLICT DO NOTHING",
                Uuid::new_v4()
            );
            session.batch(session::BULK, &format!("{CREATE} {first}"))?;
        }
        let row = session.one(session::ANSWER, "SELECT layout FROM pfb_owner", &[])?;
        match session::value::<i32>(&row, 0)? {
            LAYOUT => Ok(Box::new(Postgres::new(session))),
            other => Err(RemoteError::Refused(format!(
                "its tables pfb_* have the layout {other}, and this program knows {LAYOUT}: a newer \
                 phonicflow-bot made them. Install that one again"
            ))),
        }
    }

    fn place(&self) -> &str {
        &self.place
    }
}

fn unreadable() -> RemoteError {
    RemoteError::Refused(
        "STORE_URL cannot be read: it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned(),
    )
}

/// Hosts with ports, and the database.
fn place(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(folder) => format!("{}:{port}", folder.display()),
        }
    });
    let mut hosts: Vec<String> = hosts.collect();
    if hosts.is_empty() {
        hosts = config.get_hostaddrs().iter().map(ToString::to_string).collect();
    }
    format!("{}/{}", hosts.join(","), config.get_dbname().or(config.get_user()).unwrap_or_default())
}

/// Whether nothing that is sent leaves this machine.
fn stays_here(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
    };
    let addresses = config.get_hostaddrs();
    match addresses.is_empty() {
        true => config.get_hosts().iter().all(here),
        false => addresses.iter().all(std::net::IpAddr::is_loopback),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> PostgresServer {
        PostgresServer::new(url, None).unwrap()
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_told_otherwise() {
        for (url, is_encrypted) in [
            ("postgres://bot@127.0.0.1/x", false),
            ("postgres://bot@[::1]:5433/x", false),
            ("postgres://bot@localhost/x?sslmode=verify-full", true),
            ("postgres:///x?user=bot&host=/run/postgresql", false),
            ("postgresql://bot@db.example/x", true),
            ("POSTGRES://bot@db.example/x?sslmode=disable", false),
            ("postgres://bot@db.example/x?sslmode=verify-ca", true),
            ("postgres://bot@127.0.0.1,db.example/x", true),
            ("postgres://bot@localhost/x?hostaddr=192.0.2.1", true),
        ] {
            assert_eq!(server(url).tls.is_some(), is_encrypted, "{url}");
        }
    }

    #[test]
    fn people_see_host_port_and_database_and_no_error_repeats_the_url() {
        for (url, place) in [
            ("postgres://bot:pw@one:1,two/x", "one:1,two:5432/x"),
            ("postgres://bot:pw@[::1]/x", "[::1]:5432/x"),
            ("postgres:///x?user=bot&host=/run/postgresql", "/run/postgresql:5432/x"),
        ] {
            assert_eq!(server(url).place(), place);
        }
        for url in ["postgres://bot:s3cret@one:port/x", "postgres://bot:s3cret@one/x?s3cret=1", "s3cret"] {
            let Err(error) = PostgresServer::new(url, None) else { panic!("{url}") };
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_said_at_once() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "no certificate", broken] {
            let refused = PostgresServer::new("postgres://bot@db.example/x", Some(pem.as_bytes()));
            assert!(matches!(refused, Err(RemoteError::Refused(text)) if text.contains("STORE_CA_FILE")));
        }
    }
}
