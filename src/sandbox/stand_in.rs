//! A stand-in that is a state behind an HTTP server with faults: what every handle to one can do. Must not know what the state
//! is of, or which calls there are.

use super::{
    faults::Faults,
    http::{Handler, Server},
    watched::Watched,
};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::Arc,
    time::Duration,
};

/// What the server's calls share.
pub(super) struct Shared<S> {
    state: Watched<S>,
    pub faults: Faults,
}

impl<S> Deref for Shared<S> {
    type Target = Watched<S>;

    fn deref(&self) -> &Watched<S> {
        &self.state
    }
}

/// A running stand-in. Clones are handles to the same one; it stops when the last is dropped.
pub struct StandIn<S> {
    shared: Arc<Shared<S>>,
    server: Arc<Server>,
}

impl<S> Clone for StandIn<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), server: self.server.clone() }
    }
}

impl<S> StandIn<S> {
    /// Starts on a free port of 127.0.0.1.
    pub(super) async fn start(state: S) -> io::Result<Self>
    where
        Shared<S>: Handler,
    {
        let shared = Arc::new(Shared { state: Watched::new(state), faults: Faults::default() });
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Arc::new(Server::start(addr, shared.clone()).await?);
        Ok(Self { shared, server })
    }

    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.addr())
    }

    /// Down: connections are refused, open ones reset.
    pub async fn stop(&self) {
        self.server.pause().await;
    }

    /// Up again on the same port.
    pub async fn resume(&self) -> io::Result<()> {
        self.server.resume().await
    }

    /// The script of mishaps.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Changes the state.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        self.shared.with(change)
    }

    /// Looks at the state. Do not call the handle from inside.
    pub fn read<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        self.shared.read(look)
    }

    /// Waits until `found` sees what it looks for, asking again after each change; `None` when `within` has
    /// passed. Do not call the handle from inside `found`.
    pub async fn wait_until<T>(&self, within: Duration, found: impl FnMut(&S) -> Option<T>) -> Option<T> {
        self.shared.wait_until(within, found).await
    }
}
