//! The admin's commands: the same output from a running daemon and from a stopped daemon's store.

mod backups;
mod clearing;
mod crowd;
mod data_export;
mod doorway;
mod imports;
mod listings;
mod ownership;
mod session_changes;
mod stats;
mod watch;

use crate::world::World;
use phonicflow_bot::logging::Event;
use std::process::Output;

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl World {
    /// Runs a command beside the daemon, or without one.
    pub async fn admin(&self, arguments: &[&str]) -> Said {
        let mut command = self.command(arguments);
        command.stdin(std::process::Stdio::null());
        tokio::task::spawn_blocking(move || command.output().unwrap().into()).await.unwrap()
    }

    /// As [`Self::admin`] for what must go well; its output.
    pub async fn ask(&self, arguments: &[&str]) -> String {
        let said = self.admin(arguments).await;
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}\n{}", self.log());
        said.out
    }

    /// `SESSION_STORAGE_PATH`.
    pub fn home(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    /// Waits until the daemon listens.
    pub async fn listening(&self) {
        self.logged(Event::AdminSocketReady).await;
    }
}
