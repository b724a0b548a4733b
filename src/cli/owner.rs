//! Root's commands on a store of somebody else: what they make there is given to the folder's owner, however they end.
//!
//! After SIGKILL alone something may be left; the next such command gives it, and `doctor` names it until then.

use super::Failure;
use crate::config::Config;
use crate::daemon::shutdown::Signals;
use crate::store::Home;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Once, mpsc};
use tokio::signal::unix::{SignalKind, signal};

/// Names the signal to the program that takes the place of one it ended, see [`ended`].
const ENDED_BY: &str = "PHONICFLOW_BOT_ENDED_BY";

/// At its end, what root has made in the store's folder belongs to the folder's owner: a daemon that is not root could not
/// open it. Outlives the open store. Only for a store that no daemon holds.
pub struct KeptOwner(Home);

impl KeptOwner {
    /// Of the store of this configuration. From now on SIGINT, SIGTERM and SIGHUP end the command no less soon, but only after
    /// the files were given.
    pub fn of(config: &Config) -> Self {
        static GUARD: Once = Once::new();
        let home = Home::at(&config.session_storage_path);
        if home.is_anothers() {
            let folder = config.session_storage_path.clone();
            GUARD.call_once(|| guard(home.clone(), folder));
        }
        Self(home)
    }

    /// Gives what there is by now.
    pub fn keep(&self) {
        self.0.keep_owner();
    }
}

impl Drop for KeptOwner {
    fn drop(&mut self) {
        self.keep();
    }
}

/// The end of a command that was ended by a signal: gives its files. `None`: this process is an ordinary one.
pub fn ended() -> Option<Failure> {
    let name = std::env::var(ENDED_BY).ok()?;
    let folder = std::env::args_os().nth(1)?;
    Home::at(Path::new(&folder)).keep_owner();
    Some(Failure::Failed(regret(&name)))
}

fn regret(name: &str) -> String {
    format!("ended by {name}; what was begun is undone or finished next time")
}

/// Listens on a thread of its own: most of these commands block.
fn guard(home: Home, folder: PathBuf) {
    let (listening, heard) = mpsc::channel();
    let spawned = std::thread::Builder::new().name("owner".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        let name = runtime.block_on(async {
            let (mut signals, mut hangup) = (Signals::listen()?, signal(SignalKind::hangup())?);
            let _ = listening.send(());
            Ok::<_, io::Error>(tokio::select! {
                name = signals.next() => name,
                _ = hangup.recv() => "SIGHUP",
            })
        });
        let Ok(name) = name else { return };
        // The other threads would make files up to the exit, and behind our back. A program in the place of this one has none.
        let _ = Command::new("/proc/self/exe").arg(folder).env(ENDED_BY, name).exec();
        // It could not begin.
        home.keep_owner();
        let _ = writeln!(io::stderr(), "phonicflow-bot: {}", regret(name));
        std::process::exit(1);
    });
    if spawned.is_ok() {
        // An error: nobody listens, and signals end us as ever.
        let _ = heard.recv();
    }
}
