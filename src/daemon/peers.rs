//! This daemon among those that share a store: how the others know it and reach it, and which of them it lets in.
//!
//! Must not know what they ask.

use super::shutdown::Stop;
use crate::admin::socket::{Desks, attend_peer};
use crate::app::Common;
use crate::app::shared::{server_of, shared_store};
use crate::logging::Event;
use crate::peer::{GuestList, Guests, Identity, Listener};
use crate::store::server::{Candidate, SharedStore};
use anyhow::Result;
use async_trait::async_trait;
use std::sync::Arc;

/// A candidate that has not shown itself for so long is gone: a daemon that stands by does so every second, and a command
/// before it asks.
const PRESENT_MS: i64 = 15_000;

/// What the others see of this daemon, and what it hears of them.
pub struct Peers {
    pub(super) me: Identity,
    /// None without `STORE_PEER_ADDR`, or when nothing can listen there.
    listener: Option<Listener>,
    store: Arc<SharedStore>,
}

impl Peers {
    /// The store that this daemon shares with others, and its way to them; `None`: it has one of its own. Listens from now
    /// on, connects to nothing yet. The error is in words for the person who starts the daemon.
    pub fn open(common: &Common) -> Result<Option<(Arc<SharedStore>, Self)>> {
        let config = &common.config;
        let Some(url) = &config.store_url else { return Ok(None) };
        let server = server_of(config, url)?;
        let me = Identity::make()?;
        let (mut listener, mut addr) = (None, String::new());
        if let Some(wanted) = config.store_peer_addr {
            let bound = Listener::bind(wanted, &me).and_then(|bound| Ok((bound.addr()?, bound)));
            match bound {
                Ok((at, bound)) => (listener, addr) = (Some(bound), at.to_string()),
                Err(error) => tracing::error!(
                    event = %Event::PeersFailed,
                    %error,
                    addr = %wanted,
                    "nothing can listen on STORE_PEER_ADDR: the admin's commands do not reach this daemon from the other machines"
                ),
            }
        }
        let candidate = Candidate { node: config.node(), addr, certificate: me.certificate().to_vec() };
        let store = Arc::new(shared_store(config, server, &config.session_storage_path, candidate)?);
        Ok(Some((store.clone(), Self { me, listener, store })))
    }

    /// Lets candidates in until the shutdown signal.
    pub(super) async fn run(self, desks: Desks, mut stop: Stop) {
        let Some(listener) = self.listener else { return };
        if let Ok(addr) = listener.addr() {
            tracing::info!(event = %Event::PeersReady, %addr, "ready for the other daemons of the shared store");
        }
        let guests = Arc::new(Guests::new(Candidates(self.store)));
        tokio::select! {
            ended = listener.serve(guests, |link| attend_peer(link, desks.clone())) => {
                tracing::error!(event = %Event::PeersFailed, error = ?ended.err(), "the other daemons cannot be served");
            }
            () = stop.raised() => {}
        }
    }
}

/// Those that are in the database now.
struct Candidates(Arc<SharedStore>);

#[async_trait]
impl GuestList for Candidates {
    async fn certificates(&self) -> Option<Vec<Vec<u8>>> {
        let store = self.0.clone();
        let seen = tokio::task::spawn_blocking(move || store.candidates()).await.ok()?.ok()?;
        let present = seen.into_iter().filter(|it| it.ago_ms <= PRESENT_MS);
        Some(present.map(|it| it.candidate.certificate).filter(|it| !it.is_empty()).collect())
    }
}
