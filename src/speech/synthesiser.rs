//! Text to speech: `POST /audio/speech`.
//!
//! Asks for WAV, which loses nothing before it is encoded once more; whatever audio comes back is passed on.
//! Must not know what it is converted to.

use super::error::{Fault, Part, SpeechError};
use super::server::{Answer, Listed, Server, ServerOptions};
use bytes::Bytes;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest speech, bytes: over ten minutes of 24 kHz mono WAV.
const CAP: usize = 32 << 20;

pub struct Synthesiser {
    server: Server,
    voice: String,
    /// It refused WAV, and is left to choose its format.
    no_wav: AtomicBool,
}

impl Synthesiser {
    /// Connects to nothing yet.
    pub fn new(options: ServerOptions, voice: String) -> Result<Self, SpeechError> {
        let server = Server::new(Part::Synthesiser, options)?;
        Ok(Self { server, voice, no_wav: AtomicBool::new(false) })
    }

    /// The spoken text in any audio format. On [`Fault::TooLong`] ask for its [`pieces`](super::pieces).
    pub async fn speak(&self, text: &str) -> Result<Bytes, SpeechError> {
        self.server.within(self.ask(text)).await
    }

    async fn ask(&self, text: &str) -> Result<Bytes, Fault> {
        let mut wav = !self.no_wav.load(Ordering::Relaxed);
        loop {
            let mut body = json!({ "model": self.server.model, "voice": self.voice, "input": text });
            if let (true, Some(fields)) = (wav, body.as_object_mut()) {
                fields.insert("response_format".to_owned(), json!("wav"));
            }
            let request = self.server.post("/audio/speech").header("content-type", "application/json");
            match self.server.exchange(request.body(body.to_string()), CAP).await? {
                Ok(answer) => {
                    let audio = audio(answer)?;
                    self.no_wav.store(!wav, Ordering::Relaxed);
                    return Ok(audio);
                }
                Err(refusal) => {
                    let of_format = refusal.words.contains("format") || refusal.words.contains("wav");
                    if !(wav && of_format && matches!(refusal.status, 400 | 415 | 422 | 500 | 501)) {
                        return Err(refusal.fault);
                    }
                    wav = false;
                }
            }
        }
    }

    /// The models the server lists. Runs none.
    pub async fn listed(&self) -> Result<Listed, SpeechError> {
        self.server.listed().await
    }

    pub fn model(&self) -> &str {
        &self.server.model
    }
}

/// Checks that it can be audio. The declared type is believed only where the content agrees: some servers
/// declare audio as text or as nothing at all.
fn audio(answer: Answer) -> Result<Bytes, Fault> {
    let Answer { body, mime } = answer;
    if body.is_empty() {
        return Err(Fault::Unreadable("nothing"));
    }
    let begins = body.get(..body.len().min(512)).unwrap_or_default();
    // Every audio format has bytes that are no text near its start.
    let text = begins.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..));
    if text && std::str::from_utf8(begins).map_or_else(|cut| cut.error_len().is_none(), |_| true) {
        return Err(Fault::Unreadable("text instead of audio"));
    }
    if mime == "audio/pcm" || mime == "audio/l16" {
        // Without a header nothing tells its rate.
        return Err(Fault::Unreadable("samples without a header"));
    }
    Ok(body)
}
