//! A strict stand-in for servers of speech to text and text to speech that speak OpenAI's wire, both behind one address as
//! speaches has them: it owns the handle tests and `demo` hold. It must not know the house.

mod answer;
mod serve;
mod state;
#[cfg(test)]
mod tests;
mod validate;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::Arc,
    time::Duration,
};

use super::{faults::Faults, http::Server, watched::Watched};

pub use self::{
    answer::{Heard, HeardWord, Sound},
    state::{Like, Recording, Refused, SpeechOptions, SpeechState, Spoken},
};

struct Shared {
    state: Watched<SpeechState>,
    faults: Faults,
}

impl Deref for Shared {
    type Target = Watched<SpeechState>;

    fn deref(&self) -> &Watched<SpeechState> {
        &self.state
    }
}

/// A running stand-in. Clones are handles to the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct SpeechApi {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

impl SpeechApi {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(options: SpeechOptions) -> io::Result<Self> {
        let state = Watched::new(SpeechState::new(options));
        let shared = Arc::new(Shared { state, faults: Faults::default() });
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Arc::new(Server::start(addr, shared.clone()).await?);
        Ok(Self { shared, server })
    }

    /// `http://127.0.0.1:PORT/v1`: what goes into `STT_URL` and `TTS_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.server.addr())
    }

    /// Down: connections are refused, open ones reset.
    pub async fn stop(&self) {
        self.server.pause().await;
    }

    /// Up again on the same port.
    pub async fn resume(&self) -> io::Result<()> {
        self.server.resume().await
    }

    /// The script of mishaps; the calls are `POST /audio/transcriptions`, `POST /audio/speech` and `GET /models`.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Changes how it behaves from now on.
    pub fn configure(&self, change: impl FnOnce(&mut SpeechOptions)) {
        self.shared.with(|state| change(&mut state.options));
    }

    /// Queues what is heard in the next recording that has nothing queued.
    pub fn push_heard(&self, heard: Heard) {
        self.shared.with(|state| state.heard.push_back(heard));
    }

    /// What is heard, after those queued.
    pub fn hears(&self, script: impl Fn(&Recording) -> Heard + Send + Sync + 'static) {
        self.shared.with(|state| state.hears = Some(Arc::new(script)));
    }

    /// How the next text sounds, whatever format is asked for.
    pub fn push_sound(&self, sound: Sound) {
        self.shared.with(|state| state.sounds.push_back(sound));
    }

    /// How texts sound, after those queued.
    pub fn sounds(&self, script: impl Fn(&Spoken) -> Sound + Send + Sync + 'static) {
        self.shared.with(|state| state.sound = Some(Arc::new(script)));
    }

    /// Looks at the state. Do not call the handle from inside.
    pub fn read<T>(&self, look: impl FnOnce(&SpeechState) -> T) -> T {
        self.shared.read(look)
    }

    /// Every recording that passed the checks, in order.
    pub fn recordings(&self) -> Vec<Recording> {
        self.read(|state| state.recordings().to_vec())
    }

    /// Every text that passed the checks, in order.
    pub fn spoken(&self) -> Vec<Spoken> {
        self.read(|state| state.spoken().to_vec())
    }

    /// Waits until `found` sees what it looks for, asking again after each change; `None` when `within` has
    /// passed. Do not call the handle from inside `found`.
    pub async fn wait_until<T>(
        &self,
        within: Duration,
        found: impl FnMut(&SpeechState) -> Option<T>,
    ) -> Option<T> {
        self.shared.wait_until(within, found).await
    }
}
