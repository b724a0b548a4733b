//! A strict stand-in for the PhonicFlow tutor: owns the handle that tests and `demo` use. Must not know the
//! bot it serves.

mod answer;
mod event_loop;
mod serve;
mod signature;
mod state;
#[cfg(test)]
mod tests;
mod wav;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::Arc,
    time::Duration,
};

#[cfg(test)]
use serde_json::Value;

use self::event_loop::{EventLoop, Seat};
use super::{faults::Faults, http::Server, watched::Watched};

pub use self::{
    answer::{Answer, Asked, Speech},
    state::{Model, Turn, TutorCall, TutorOptions, TutorState, Violation},
    wav::{check as check_wav, is_silent as wav_is_silent, tone, write as write_wav},
};

struct Shared {
    state: Watched<TutorState>,
    faults: Faults,
    event_loop: EventLoop,
}

impl Deref for Shared {
    type Target = Watched<TutorState>;

    fn deref(&self) -> &Watched<TutorState> {
        &self.state
    }
}

/// Keeps the tutor busy until dropped.
pub struct Occupied {
    _seats: Vec<Seat>,
}

/// A running stand-in. Clones are handles to the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct TutorApi {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

impl TutorApi {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(options: TutorOptions) -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), options).await
    }

    /// Starts on this address.
    pub async fn start_on(addr: SocketAddr, options: TutorOptions) -> io::Result<Self> {
        let event_loop = EventLoop::new(options.parallel.max(1));
        let state = Watched::new(TutorState::new(options));
        let shared = Arc::new(Shared { state, faults: Faults::default(), event_loop });
        let server = Arc::new(Server::start(addr, shared.clone()).await?);
        Ok(Self { shared, server })
    }

    /// `http://127.0.0.1:PORT` without a slash at the end, for `BACKEND_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.server.addr())
    }

    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Simulates a tutor that is down: connections are refused, open ones reset. Running turns continue; the
    /// state stays.
    pub async fn stop(&self) {
        self.server.pause().await;
    }

    /// Up again, on the same port.
    pub async fn resume(&self) -> io::Result<()> {
        self.server.resume().await
    }

    /// The faults to inject.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Changes its behaviour from now on (except `parallel`).
    pub fn configure(&self, change: impl FnOnce(&mut TutorOptions)) {
        self.shared.with(|state| change(&mut state.options));
    }

    /// Answers turns with this script, after queued answers are used up.
    pub fn script(&self, script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) {
        self.shared.with(|state| state.script = Some(Arc::new(script)));
    }

    /// Queues one answer for the next turn that has none.
    pub fn push_answer(&self, answer: Answer) {
        self.shared.with(|state| state.queue.push_back(answer));
    }

    /// Keeps the tutor busy, like a long turn of somebody else: turns are accepted but not worked on, and
    /// other calls wait, until the result is dropped.
    pub async fn occupy(&self) -> Occupied {
        let mut seats = Vec::new();
        for _ in 0..self.read(|state| state.options.parallel.max(1)) {
            seats.push(self.shared.event_loop.seat().await);
        }
        Occupied { _seats: seats }
    }

    /// Looks at the state. The handle must not be used inside `look`.
    pub fn read<T>(&self, look: impl FnOnce(&TutorState) -> T) -> T {
        self.shared.read(look)
    }

    /// Waits until `found` returns something, calling it after each change; `None` after `within`. The handle
    /// must not be used inside `found`.
    pub async fn wait_until<T>(
        &self,
        within: Duration,
        found: impl FnMut(&TutorState) -> Option<T>,
    ) -> Option<T> {
        self.shared.wait_until(within, found).await
    }

    /// Every turn handed in, in order.
    pub fn turns(&self) -> Vec<Turn> {
        self.read(|state| state.turns().to_vec())
    }

    #[cfg(test)]
    pub(crate) fn history(&self, session: &str) -> Vec<Value> {
        self.read(|state| state.history(session).to_vec())
    }

    /// Every call, in order.
    pub fn calls(&self) -> Vec<TutorCall> {
        self.read(|state| state.calls().to_vec())
    }

    /// How many calls of this name (`POST /process`, `GET /health`, …) came.
    pub fn count(&self, name: &str) -> usize {
        self.read(|state| state.count(name))
    }

    /// What the caller did wrong.
    pub fn violations(&self) -> Vec<Violation> {
        self.read(|state| state.violations().to_vec())
    }
}
