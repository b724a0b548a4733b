//! Real databases for tests: PostgreSQL and Redis, each in a temporary folder, on a free port of the loopback, as a normal
//! user. Owns their processes: nothing of them outlives the test's process, however that ends. Must not know the daemon.
//!
//! Benches take this file in with `#[path]`. Whether the programs are there is told by [`postgres::is_installed`] and
//! [`redis::is_installed`]; a test asks `skip::has_postgres` and `skip::has_redis`, which record that it was left out.

#[path = "databases/postgres.rs"]
pub mod postgres;
#[path = "databases/proxy.rs"]
pub mod proxy;
#[path = "databases/redis.rs"]
pub mod redis;

pub use postgres::{Pair, Postgres};
pub use proxy::{Proxy, Way};
pub use redis::Redis;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Longer than any of it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// `nobody`: whom the servers run as where we are root, which PostgreSQL refuses to be.
const NOBODY: u32 = 65_534;

/// A command that runs as a normal user.
fn as_user(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    command.arg(program);
    command
}

/// Runs a command to its end; its standard output.
fn done(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{errors}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Calls until there is a result; a panic with `what` when patience ends.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A free port below those the system hands out by itself, so that it is still free after a server was away for a while.
fn free_port() -> u16 {
    until("no free port", || {
        let port = fastrand::u16(20_000..32_000);
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| port)
    })
}

/// A folder of the user the servers run as.
fn own_folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("database-").tempdir().unwrap().keep();
    own(&folder);
    folder
}

fn own(path: &Path) {
    if geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// A process that outlives us by a moment: when our end of the pipe closes, however we end, it kills what it was told of and
/// removes the folder. (A static has no `Drop`, and SIGKILL runs none.)
struct Keeper {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Keeper {
    fn of(folder: &Path) -> Self {
        let script = r#"
            while read -r line; do pid=$line; done
            if [ -n "$pid" ]; then kill -9 "$pid"; fi
            for n in 1 2 3 4 5 6 7 8 9; do rm -rf "$1" && exit; sleep 0.2; done"#;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", script, "keeper"]).arg(folder).process_group(0);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = keeper.spawn().unwrap();
        let pipe = child.stdin.take();
        Self { child, pipe }
    }

    /// Whom to kill at the end; an empty line: nobody.
    fn note(&mut self, pid: &str) {
        if let Some(pipe) = &mut self.pipe {
            writeln!(pipe, "{pid}").unwrap();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.pipe = None;
        let _ = self.child.wait();
    }
}

/// One server: its folder, its port and, while it runs, its process.
pub struct Server {
    name: &'static str,
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
    keeper: Keeper,
}

impl Server {
    fn new(name: &'static str) -> Self {
        let folder = own_folder();
        let keeper = Keeper::of(&folder);
        Self { name, folder, port: free_port(), child: None, keeper }
    }

    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Gone when it is dropped.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Starts it and returns when it answers. A start that fails is tried again: what was killed may not be quite gone yet.
    fn start(&mut self, command: impl Fn(&Self) -> Command, is_ready: impl Fn(&Self) -> bool) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            if ended {
                let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
                let mut command = command(self);
                command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
                let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
                self.keeper.note(&child.id().to_string());
                self.child = Some(child);
            }
            if is_ready(self) {
                return;
            }
            assert!(Instant::now() < deadline, "{} does not start:\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGKILL to the server and every process of it, and waits until all are gone.
    pub fn kill_9(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let parts = children_of(child.id());
        let _ = child.kill();
        for part in &parts {
            let _ = kill_process(*part, Signal::KILL);
        }
        let _ = child.wait();
        self.keeper.note("");
        until("a killed server does not end", || parts.iter().all(|part| is_gone(*part)).then_some(()));
    }

    /// Ends it in order.
    fn stop(&mut self, signal: Signal) {
        let Some(mut child) = self.child.take() else { return };
        kill_process(Pid::from_child(&child), signal).unwrap();
        let what = format!("{} does not stop:\n{}", self.name, self.log());
        until(&what, || child.try_wait().unwrap());
        self.keeper.note("");
    }

    /// Keeps a copy of its data; it must not run.
    pub fn save(&self, name: &str) {
        assert!(self.child.is_none(), "{} runs", self.name);
        copy(&self.data(), &self.folder.join(name));
    }

    /// Puts a copy of its data back; it must not run.
    pub fn set_back(&self, name: &str) {
        assert!(self.child.is_none(), "{} runs", self.name);
        fs::remove_dir_all(self.data()).unwrap();
        copy(&self.folder.join(name), &self.data());
    }

    /// A file only the server may read.
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        own(&path);
        path
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill_9();
    }
}

fn copy(from: &Path, to: &Path) {
    done(Command::new("cp").arg("-a").arg(from).arg(to));
}

/// A name nobody has used yet in this process.
fn fresh_number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// A process's state and parent.
fn stat(pid: &str) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn children_of(parent: u32) -> Vec<Pid> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = all.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let children = names.filter(|pid| stat(pid).is_some_and(|(_, of)| of == parent));
    children.filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Whether a process has ended, even if nobody has taken note of its end yet.
fn is_gone(pid: Pid) -> bool {
    stat(&pid.as_raw_nonzero().to_string()).is_none_or(|(state, _)| matches!(state, 'Z' | 'X'))
}
