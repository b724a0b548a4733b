//! The listener's side: takes connections, and hands on those whose certificate is welcome.
//!
//! Strangers can reach it. They get a handshake each, a bounded number of them at once and for a bounded time, and not
//! one byte beyond. Must not know what is asked over a connection.

use super::guests::{GuestList, Guests};
use super::identity::Identity;
use super::{HANDSHAKE_WITHIN, Link, watch_over};
use crate::logging::Event;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

/// Callers at once whose certificate is not known yet. One more takes the place of the oldest: a peer needs
/// milliseconds, so what has been there longest is none.
const AT_THE_DOOR: usize = 32;
/// Connections in use at once.
const AT_ONCE: usize = 32;
/// Pause after the system refused a connection (no file descriptors left).
const PAUSE: Duration = Duration::from_secs(1);
const LOGGED_EVERY: Duration = Duration::from_secs(60);

pub(crate) struct Listener {
    listener: std::net::TcpListener,
    tls: TlsAcceptor,
}

impl Listener {
    /// Callers wait from now on until somebody serves them.
    pub(crate) fn bind(addr: SocketAddr, me: &Identity) -> io::Result<Self> {
        let tls = TlsAcceptor::from(Arc::new(me.server().map_err(io::Error::other)?));
        let listener = std::net::TcpListener::bind(addr)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, tls })
    }

    /// With the port the system gave, where port 0 was asked for.
    pub(crate) fn addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves peers for ever. Dropping the future disconnects them.
    pub(crate) async fn serve<L, F>(
        self,
        guests: Arc<Guests<L>>,
        attend: impl Fn(Link) -> F,
    ) -> io::Result<Infallible>
    where
        L: GuestList + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::from_std(self.listener)?;
        let mut knocking = JoinSet::new();
        let mut oldest: VecDeque<AbortHandle> = VecDeque::new();
        let mut inside = JoinSet::new();
        let mut refused = Refused::default();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        oldest.retain(|one| !one.is_finished());
                        if oldest.len() >= AT_THE_DOOR && let Some(one) = oldest.pop_front() {
                            one.abort();
                        }
                        oldest.push_back(knocking.spawn(admit(stream, self.tls.clone(), guests.clone())));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "STORE_PEER_ADDR could not take a connection");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Some(knocked) = knocking.join_next() => {
                    match knocked {
                        // With all places taken it is closed unanswered.
                        Ok(Some(link)) if inside.len() < AT_ONCE => drop(inside.spawn(attend(link))),
                        Ok(Some(_)) => {}
                        Ok(None) | Err(_) => refused.one_more(),
                    }
                }
                Some(_) = inside.join_next() => {}
            }
        }
    }
}

/// One caller, until it is known.
async fn admit<L: GuestList>(stream: TcpStream, tls: TlsAcceptor, guests: Arc<Guests<L>>) -> Option<Link> {
    let known = async {
        watch_over(&stream).ok()?;
        let link = Link::from(tls.accept(stream).await.ok()?);
        let shown = link.get_ref().1.peer_certificates()?.first()?;
        guests.welcome(shown).await.then_some(link)
    };
    timeout(HANDSHAKE_WITHIN, known).await.ok().flatten()
}

/// Callers that were refused. Strangers do not decide how much is logged.
#[derive(Default)]
struct Refused {
    logged: Option<Instant>,
    since: u64,
}

impl Refused {
    fn one_more(&mut self) {
        self.since += 1;
        if self.logged.is_none_or(|at| at.elapsed() >= LOGGED_EVERY) {
            tracing::warn!(
                event = %Event::PeerRefused,
                connections = self.since,
                "connections to STORE_PEER_ADDR were refused: they came from no daemon that shares this store"
            );
            *self = Self { logged: Some(Instant::now()), since: 0 };
        }
    }
}
