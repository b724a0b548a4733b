//! The process's part of the daemon: admin socket, `/metrics` and its like, and the watchdog; there in every role.
//!
//! Must not know how a role is come by, or what the owner does.

use super::peers::Peers;
use super::role::Roles;
use super::shutdown::{self, StopSignal};
use super::{StartupError, admin_socket, desk, watch, watchdog};
use crate::app::Common;
use std::future::Future;
use tokio::task::JoinSet;

pub struct Process {
    parts: JoinSet<()>,
    roles: Roles,
    signal: StopSignal,
    stop: shutdown::Stop,
}

impl Process {
    /// `peers`: those of a shared store. Fails when `METRICS_ADDR` cannot be listened on.
    pub async fn start(common: &Common, roles: Roles, peers: Option<Peers>) -> Result<Self, StartupError> {
        let (signal, stop) = shutdown::channel();
        let mut parts = JoinSet::new();
        // First of all, because an admin wants to look in exactly when Telegram cannot be reached.
        let (desks, follow) = desk::desks(roles.clone());
        parts.spawn(follow);
        if let Some(peers) = peers {
            parts.spawn(peers.run(desks.clone(), stop.clone()));
        }
        parts.spawn(admin_socket::run(common.clone(), desks, stop.clone()));
        // Before Telegram is called: that it cannot be reached is what /health has to tell.
        if let Some(addr) = common.config.metrics_addr {
            match watch::open(addr).await {
                Ok(listener) => parts.spawn(watch::run(roles.clone(), listener, stop.clone())),
                Err(error) => {
                    parts.shutdown().await;
                    return Err(error);
                }
            };
        }
        Ok(Self { parts, roles, signal, stop })
    }

    /// Tells the service manager that the daemon has started, and from now on whether it is alive.
    pub fn ready(&mut self, status: &str) {
        watchdog::ready(status);
        self.parts.spawn(watchdog::run(self.roles.clone(), self.stop.clone()));
    }

    /// With the bot disabled, until `shutdown` resolves.
    pub async fn idle(&self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = watchdog::idle() => {}
            () = shutdown => {}
        }
    }

    /// The daemon begins to stop: nobody is answered any more.
    pub fn stopping(&self) {
        watchdog::stopping();
        self.signal.raise();
    }

    pub async fn stop(mut self) {
        self.stopping();
        self.parts.shutdown().await;
    }
}
