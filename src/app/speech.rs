//! The speech servers, as they are configured. Must not know what they are used for.

use crate::config::{Config, SpeechServer};
use crate::domain::Gate;
use crate::speech::{Recogniser, ServerOptions, Synthesiser};
use anyhow::{Context, Result};

/// Connects to nothing yet. `None`: no `STT_URL`.
pub(crate) fn recogniser_of(config: &Config, gate: &Gate) -> Result<Option<Recogniser>> {
    let options = options(config, &config.speech.recogniser, gate)?;
    Ok(options.map(Recogniser::new).transpose()?)
}

/// Connects to nothing yet. `None`: no `TTS_URL`.
pub(crate) fn synthesiser_of(config: &Config, gate: &Gate) -> Result<Option<Synthesiser>> {
    let options = options(config, &config.speech.synthesiser, gate)?;
    Ok(options.map(|options| Synthesiser::new(options, config.speech.voice.clone())).transpose()?)
}

fn options(config: &Config, server: &SpeechServer, gate: &Gate) -> Result<Option<ServerOptions>> {
    let Some(url) = server.url.clone() else { return Ok(None) };
    let read = |path| std::fs::read(path).context("reading BACKEND_CA_FILE");
    Ok(Some(ServerOptions {
        url,
        model: server.model.clone(),
        key: server.key.clone(),
        timeout: config.backend_timeout,
        extra_ca_pem: config.backend_ca_file.as_ref().map(read).transpose()?,
        gate: gate.clone(),
    }))
}
