//! Speech to text: `POST /audio/transcriptions`.
//!
//! Asks for words with their times first, and for less where a server refuses that. Must not know what the
//! transcript is for.

use super::error::{Fault, Part, SpeechError};
use super::server::{Listed, Refusal, Server, ServerOptions};
use super::wire;
use crate::domain::Transcript;
use crate::http;
use bytes::Bytes;
use reqwest::multipart::Form;
use std::sync::atomic::{AtomicU8, Ordering};

/// Longest transcript with all its words, bytes: five minutes are some 200 KB.
const CAP: usize = 4 << 20;

/// How much is asked for, most first.
const DETAILS: [Detail; 3] = [Detail::Words, Detail::Segments, Detail::Text];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// `verbose_json` with word times.
    Words,
    /// `verbose_json` as the server makes it by itself.
    Segments,
    /// `json`: the text alone.
    Text,
}

pub struct Recogniser {
    server: Server,
    /// Place in [`DETAILS`] of what the server gave last.
    detail: AtomicU8,
}

impl Recogniser {
    /// Connects to nothing yet.
    pub fn new(options: ServerOptions) -> Result<Self, SpeechError> {
        Ok(Self { server: Server::new(Part::Recogniser, options)?, detail: AtomicU8::new(0) })
    }

    /// `wav`: PCM, 16 bit, mono, 16 kHz. `language`: ISO 639-1; without one the server guesses it.
    pub async fn transcribe(&self, wav: Bytes, language: Option<&str>) -> Result<Transcript, SpeechError> {
        self.server.within(self.ask(wav, language)).await
    }

    async fn ask(&self, wav: Bytes, language: Option<&str>) -> Result<Transcript, Fault> {
        let known = self.detail.load(Ordering::Relaxed);
        let mut refused = None;
        for (place, detail) in (0u8..).zip(DETAILS).skip(usize::from(known)) {
            let form = self.form(detail, wav.clone(), language)?;
            let request = self.server.post("/audio/transcriptions").multipart(form);
            match self.server.exchange(request, CAP).await? {
                Ok(answer) => {
                    let transcript = wire::transcript(&answer.body, &answer.mime)?;
                    self.detail.store(place, Ordering::Relaxed);
                    return Ok(transcript);
                }
                Err(refusal) if asks_too_much(&refusal) => {
                    refused.get_or_insert(refusal.fault);
                }
                Err(refusal) => return Err(refusal.fault),
            }
        }
        Err(refused.unwrap_or(Fault::Unreadable("nothing")))
    }

    fn form(&self, detail: Detail, wav: Bytes, language: Option<&str>) -> Result<Form, Fault> {
        let file = http::memory_part(wav, "audio.wav", "audio/wav")?;
        let mut form = Form::new().part("file", file).text("model", self.server.model.clone());
        if let Some(language) = language {
            form = form.text("language", language.to_owned());
        }
        Ok(match detail {
            Detail::Words => form
                .text("response_format", "verbose_json")
                .text("timestamp_granularities[]", "word")
                .text("timestamp_granularities[]", "segment"),
            Detail::Segments => form.text("response_format", "verbose_json"),
            Detail::Text => form.text("response_format", "json"),
        })
    }

    /// The models the server lists. Runs none.
    pub async fn listed(&self) -> Result<Listed, SpeechError> {
        self.server.listed().await
    }

    pub fn model(&self) -> &str {
        &self.server.model
    }
}

/// Whether asking for less may help. A server that gives no reason may not know the format either.
fn asks_too_much(refusal: &Refusal) -> bool {
    let named = ["response_format", "verbose_json", "granularit", "timestamp", "does not support the format"]
        .iter()
        .any(|word| refusal.words.contains(word));
    match refusal.fault {
        Fault::Refused { .. } => refusal.status != 415,
        Fault::Gone { .. } | Fault::TooLong { .. } | Fault::Failed { .. } => named,
        _ => false,
    }
}
