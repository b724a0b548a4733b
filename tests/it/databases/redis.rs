//! Redis for tests, set as the store needs it: every write is on disk before it is acknowledged, nothing is evicted.

use super::{Server, as_user, fresh_number};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Databases of one server, told apart by number.
const DATABASES: u64 = 4_096;

/// Whether Redis is on this machine.
pub fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("redis-server").is_file())
}

pub struct Redis {
    server: Server,
    settings: BTreeMap<String, String>,
}

impl Deref for Redis {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Redis {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

impl Redis {
    /// A running one.
    pub fn started() -> Self {
        let mut redis = Self::new();
        redis.start();
        redis
    }

    /// One that does not run yet.
    pub fn new() -> Self {
        let server = Server::new("Redis");
        std::fs::create_dir(server.data()).unwrap();
        super::own(&server.data());
        let mut new = Self { server, settings: BTreeMap::new() };
        new.set("bind", "127.0.0.1").set("save", "").set("appendonly", "yes").set("appendfsync", "always");
        new.set("maxmemory-policy", "noeviction").set("databases", &DATABASES.to_string());
        new
    }

    /// A setting of `redis.conf`, for the next start.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Starts it; again, if it ran before. Returns when it has read its data and answers.
    pub fn start(&mut self) {
        let settings = self.settings.clone();
        let command = |server: &Server| -> Command {
            let mut redis = as_user(Path::new("redis-server"));
            redis.args(["--port", &server.port.to_string(), "--dir"]).arg(server.data());
            for (key, value) in &settings {
                redis.arg(format!("--{key}")).arg(value);
            }
            redis
        };
        self.server.start(command, |server| answers(server.addr()));
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        self.server.stop(Signal::TERM);
    }

    /// For `STORE_URL`: the database 0.
    pub fn url(&self) -> String {
        self.url_at(self.addr())
    }

    /// The same by another way, such as a [`super::Proxy`].
    pub fn url_at(&self, addr: SocketAddr) -> String {
        format!("redis://{addr}/0")
    }

    /// A new, empty database of this server; its address.
    pub fn database(&self) -> String {
        let number = fresh_number();
        assert!(number < DATABASES, "no more databases in one Redis");
        format!("redis://{}/{number}", self.addr())
    }
}

/// Whether a server answers a PING: while it still reads its data it says that it loads.
fn answers(addr: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ask().unwrap_or(false)
}

/// A new, empty database on a server that all tests of this process share; its address. For tests that do no harm to the
/// server itself.
pub fn database() -> String {
    static SHARED: OnceLock<Mutex<Redis>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| Mutex::new(Redis::started()));
    shared.lock().unwrap_or_else(PoisonError::into_inner).database()
}
