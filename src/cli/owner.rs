//! Root's commands on a store of somebody else: what they make there is given to the folder's owner, however they end.
//!
//! After SIGKILL alone something may be left; the next such command gives it, and `doctor` names it until then.

use crate::config::Config;
use crate::daemon::shutdown::Signals;
use crate::store::Home;
use std::io::{self, Write};
use std::sync::{Once, mpsc};
use tokio::signal::unix::{SignalKind, signal};

/// Looks for what was made meanwhile at most so often: who makes files without end is not waited for.
const ROUNDS: u32 = 100;

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
            GUARD.call_once(|| guard(home.clone()));
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

/// Listens on a thread of its own: most of these commands block.
fn guard(home: Home) {
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
        // The work goes on until the exit, so: until nothing more turns up.
        for _ in 0..ROUNDS {
            if home.keep_owner() == 0 {
                break;
            }
        }
        let _ = writeln!(
            io::stderr(),
            "phonicflow-bot: ended by {name}; what was begun is undone or finished next time"
        );
        std::process::exit(1);
    });
    if spawned.is_ok() {
        // An error: nobody listens, and signals end us as ever.
        let _ = heard.recv();
    }
}
