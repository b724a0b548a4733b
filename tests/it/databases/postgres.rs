//! PostgreSQL for tests: one server, and a pair of which the second is a synchronous standby of the first.

use super::{Keeper, Proxy, Server, as_user, copy, done, fresh_number, own_folder, until};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The role and superuser of every server here.
const USER: &str = "bot";

/// The newest PostgreSQL of the machine: on the PATH, or where Debian puts it.
fn programs() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut debian: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
        debian.sort();
        let all = |folder: &PathBuf| {
            ["postgres", "initdb", "pg_basebackup", "pg_isready", "psql"]
                .iter()
                .all(|name| folder.join(name).is_file())
        };
        std::env::split_paths(&path).chain(debian.into_iter().rev()).find(all)
    };
    FOUND.get_or_init(find).as_deref()
}

/// Whether PostgreSQL is on this machine.
pub fn is_installed() -> bool {
    programs().is_some()
}

fn program(name: &str) -> PathBuf {
    programs().expect("no PostgreSQL on this machine").join(name)
}

/// What `initdb` writes, made once and copied for each server: it takes seconds.
fn template() -> &'static Path {
    static MADE: OnceLock<(PathBuf, Mutex<Keeper>)> = OnceLock::new();
    let (folder, _) = MADE.get_or_init(|| {
        let folder = own_folder();
        let keeper = Keeper::of(&folder);
        let mut initdb = as_user(&program("initdb"));
        initdb.args(["--no-sync", "--no-instructions", "--wal-segsize=1", "--encoding=UTF8", "--locale=C"]);
        done(initdb.args(["--auth=trust", "--username", USER, "--pgdata"]).arg(folder.join("data")));
        (folder, Mutex::new(keeper))
    });
    folder
}

/// A server that keeps what it has committed: `fsync` is on.
pub struct Postgres {
    server: Server,
    settings: BTreeMap<String, String>,
}

impl Deref for Postgres {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Postgres {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

impl Postgres {
    /// A running one.
    pub fn started() -> Self {
        let mut postgres = Self::new();
        postgres.start();
        postgres
    }

    /// One that does not run yet.
    pub fn new() -> Self {
        let new = Self::without_data();
        copy(&template().join("data"), &new.server.data());
        new
    }

    fn without_data() -> Self {
        let server = Server::new("PostgreSQL");
        let sockets = server.folder.display().to_string();
        let mut new = Self { server, settings: BTreeMap::new() };
        new.set("unix_socket_directories", &sockets).set("listen_addresses", "127.0.0.1");
        new.set("shared_buffers", "8MB").set("fsync", "on").set("full_page_writes", "on");
        new
    }

    /// A setting of `postgresql.conf`, for the next start.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Starts it; again, if it ran before. Returns when it takes connections.
    pub fn start(&mut self) {
        let settings: Vec<String> =
            self.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let command = |server: &Server| {
            let mut postgres = as_user(&program("postgres"));
            postgres.arg("-D").arg(server.data()).args(["-p", &server.port.to_string()]);
            for setting in &settings {
                postgres.args(["-c", setting]);
            }
            postgres
        };
        let is_ready = |server: &Server| {
            let mut ask = Command::new(program("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-p", &server.port.to_string()]).stdin(Stdio::null());
            ask.status().unwrap().success()
        };
        self.server.start(command, is_ready);
    }

    /// Ends it in order, breaking its connections.
    pub fn stop(&mut self) {
        self.server.stop(Signal::INT);
    }

    /// For `STORE_URL`.
    pub fn url(&self) -> String {
        self.url_at(self.addr())
    }

    /// The same by another way, such as a [`Proxy`].
    pub fn url_at(&self, addr: SocketAddr) -> String {
        format!("postgres://{USER}@{addr}/postgres")
    }

    /// A new, empty database of this server; its address.
    pub fn database(&self) -> String {
        let name = format!("store_{}", fresh_number());
        self.ask(&format!("CREATE DATABASE {name}"));
        format!("postgres://{USER}@{}/{name}", self.addr())
    }

    /// A new, empty schema of the database of [`Self::url`]; its address.
    pub fn schema(&self) -> String {
        let name = format!("store_{}", fresh_number());
        self.ask(&format!("CREATE SCHEMA {name}"));
        format!("{}?options=-csearch_path%3D{name}", self.url())
    }

    /// Runs a statement in the database of [`Self::url`]: rows in lines, columns apart by `|`.
    pub fn ask(&self, sql: &str) -> String {
        let mut psql = Command::new(program("psql"));
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", &self.server.port.to_string()]);
        done(psql.args(["-U", USER, "-d", "postgres", "-c", sql])).trim_end().to_owned()
    }
}

/// A new, empty schema on a server that all tests of this process share; its address. For tests that do no harm to the
/// server itself, and may not need a database of its own, which costs 8 MB and five times as long.
pub fn database() -> String {
    static SHARED: OnceLock<Mutex<Postgres>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| Mutex::new(Postgres::started()));
    shared.lock().unwrap_or_else(PoisonError::into_inner).schema()
}

/// A primary and its synchronous standby: a commit is acknowledged when both have it on disk.
pub struct Pair {
    pub primary: Postgres,
    pub standby: Postgres,
    /// What the standby follows the primary through.
    pub link: Proxy,
}

impl Pair {
    /// Both running and in step.
    pub fn started() -> Self {
        let primary = Postgres::started();
        let link = Proxy::to(primary.addr());
        let mut standby = Postgres::without_data();
        let (_, port) = (link.addr(), link.addr().port());
        let mut copying = as_user(&program("pg_basebackup"));
        copying
            .args(["--checkpoint=fast", "--no-sync", "--write-recovery-conf", "--pgdata"])
            .arg(standby.server.data());
        done(
            copying.args(["-d", &format!("host=127.0.0.1 port={port} user={USER} application_name=standby")]),
        );
        standby.start();
        // Only now: without a standby no commit would end.
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        primary.ask("SELECT pg_reload_conf()");
        let in_step = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        until("the standby is not in step", || (primary.ask(in_step) == "1").then_some(()));
        Self { primary, standby, link }
    }

    /// Makes the standby a primary; the old one is somebody else's affair.
    pub fn promote(&self) {
        self.standby.ask("SELECT pg_promote()");
        until("the standby is not promoted", || {
            (self.standby.ask("SELECT pg_is_in_recovery()") == "f").then_some(())
        });
    }
}
