//! Foreign audio in processes of its own: what a recording made to waste resources costs, and whom.

mod bombs;
mod confined;
mod contained;
mod documents;
mod filtered;
mod mutated;
mod spoken;

use crate::world::World;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// What the learner is told about a recording that costs too much.
const TOLD: &str = "gave up on this file";

/// A process below the daemon: its id, and the letter of its state (`Z`: ended and not reaped).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Worker {
    pid: u32,
    state: char,
}

impl Worker {
    /// A file of its folder in `/proc`; empty once it is gone.
    fn read(self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path(name)).unwrap_or_default()).into_owned()
    }

    fn path(self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.pid).into()
    }

    /// CPU time so far, hundredths of a second.
    fn cpu(self) -> u64 {
        let stat = self.read("stat");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        fields.skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum()
    }

    /// In the middle of a recording: its start takes far less.
    fn is_busy(self) -> bool {
        self.cpu() >= 20
    }

    fn is_gone(self) -> bool {
        !self.path("").exists()
    }
}

/// The processes below `parent`.
fn below(parent: u32) -> Vec<Worker> {
    let folders = fs::read_dir("/proc").unwrap().flatten();
    let pids = folders.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let found = pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat.rsplit(')').next()?.split_whitespace();
        let state = fields.next()?.chars().next()?;
        (fields.next()?.parse() == Ok(parent)).then_some(Worker { pid, state })
    });
    found.collect()
}

/// Waits until the processes below the daemon fit.
async fn until(world: &World, what: &str, fits: impl Fn(&[Worker]) -> bool) -> Vec<Worker> {
    let deadline = tokio::time::Instant::now() + crate::world::PATIENCE;
    loop {
        let workers = below(world.pid());
        if fits(&workers) {
            return workers;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "never {what}, but {workers:?}; log:\n{}",
            world.log()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
