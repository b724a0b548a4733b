//! A strict stand-in for servers of speech to text and text to speech that speak OpenAI's wire, both behind one address as
//! speaches has them: it owns the handle tests and `demo` hold. It must not know the house.

mod answer;
mod serve;
mod state;
#[cfg(test)]
mod tests;
mod validate;

use std::{io, ops::Deref, sync::Arc};

use super::stand_in::StandIn;

pub use self::{
    answer::{Heard, HeardWord, Sound},
    state::{Like, Recording, Refused, SpeechOptions, SpeechState, Spoken},
};

/// A running stand-in, whose `base_url` goes into `STT_URL` and `TTS_URL`; its calls are `POST /audio/transcriptions`, `POST /audio/speech` and `GET /models`.
#[derive(Clone)]
pub struct SpeechApi(StandIn<SpeechState>);

impl Deref for SpeechApi {
    type Target = StandIn<SpeechState>;

    fn deref(&self) -> &StandIn<SpeechState> {
        &self.0
    }
}

impl SpeechApi {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(options: SpeechOptions) -> io::Result<Self> {
        Ok(Self(StandIn::start(SpeechState::new(options)).await?))
    }

    /// Changes how it behaves from now on.
    pub fn configure(&self, change: impl FnOnce(&mut SpeechOptions)) {
        self.with(|state| change(&mut state.options));
    }

    /// Queues what is heard in the next recording that has nothing queued.
    pub fn push_heard(&self, heard: Heard) {
        self.with(|state| state.heard.push_back(heard));
    }

    /// What is heard, after those queued.
    pub fn hears(&self, script: impl Fn(&Recording) -> Heard + Send + Sync + 'static) {
        self.with(|state| state.hears = Some(Arc::new(script)));
    }

    /// How the next text sounds, whatever format is asked for.
    pub fn push_sound(&self, sound: Sound) {
        self.with(|state| state.sounds.push_back(sound));
    }

    /// How texts sound, after those queued.
    pub fn sounds(&self, script: impl Fn(&Spoken) -> Sound + Send + Sync + 'static) {
        self.with(|state| state.sound = Some(Arc::new(script)));
    }

    /// Every recording that passed the checks, in order.
    pub fn recordings(&self) -> Vec<Recording> {
        self.read(|state| state.recordings().to_vec())
    }

    /// Every text that passed the checks, in order.
    pub fn spoken(&self) -> Vec<Spoken> {
        self.read(|state| state.spoken().to_vec())
    }
}
