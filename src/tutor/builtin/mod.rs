//! The built-in tutor, made of standard servers: a speech recogniser hears a voice, the chat model judges it and
//! answers, a speech synthesiser speaks.
//!
//! Its stage: heard (the transcript is stored, and the recogniser is not asked again). None of the servers keeps
//! anything, so asking again costs time alone, and conversations are remembered by our own store. Must not know
//! what a learner reads.

mod attempt;
mod judging;
mod part;

use super::clock::Clock;
use super::{
    Attempt, Part, Reach, Slots, SpeechRequest, Spoken, Surroundings, Tutor, TutorError, Utterance, overhear,
};
use crate::domain::dialogue::AiRules;
use crate::domain::markdown::unmarked;
use crate::domain::stats::Step as Stopwatch;
use crate::domain::{Language, Personas, RecordedTurn, Transcript};
use crate::model::Models;
use crate::speech::{Fault, Recogniser, SpeechError, Synthesiser, pieces};
use async_trait::async_trait;
use attempt::BuiltinAttempt;
use bytes::Bytes;
use part::{Server, Trouble};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Most questions to chat models in one turn: the learner's and a stand-in, each perhaps with less context as well, each
/// answer perhaps asked for once more.
const QUESTIONS: u32 = 8;
/// Pieces shorter than this (characters) are refused for another reason than their length.
const SHORTEST_PIECE: usize = 100;

pub(crate) struct BuiltinOptions {
    pub recogniser: Arc<Recogniser>,
    pub models: Arc<Models>,
    /// `None`: replies are not spoken.
    pub synthesiser: Option<Arc<Synthesiser>>,
    pub personas: Personas,
    pub ai: AiRules,
    /// `DEFAULT_LANGUAGE`; `None` is auto.
    pub default_language: Option<Language>,
    /// Turns in work at once.
    pub at_once: usize,
    /// Deadline of one call of a speech server.
    pub speech_timeout: Duration,
    /// Deadline of one answer of the chat model.
    pub model_timeout: Duration,
}

pub(crate) struct Builtin {
    options: BuiltinOptions,
    /// One permit per turn in flight, first come first served.
    slots: Arc<Semaphore>,
    /// Longest text (characters) that the synthesiser is known to speak at once.
    speaks_at_once: AtomicUsize,
    recogniser: Server,
    model: Server,
    synthesiser: Server,
    clock: Clock,
    surroundings: Surroundings,
}

impl Builtin {
    /// Connects to nothing yet.
    pub(super) fn new(options: BuiltinOptions, surroundings: Surroundings) -> Self {
        let server = |name| Server::new(name, surroundings.news.clone());
        Self {
            slots: Arc::new(Semaphore::new(options.at_once)),
            speaks_at_once: AtomicUsize::new(usize::MAX),
            recogniser: server("speech recogniser"),
            model: server("chat model"),
            synthesiser: server("speech synthesiser"),
            clock: Clock::start(),
            options,
            surroundings,
        }
    }

    /// Has a text spoken, in pieces where the server does not take it whole.
    async fn say(&self, words: &str) -> Result<Option<Spoken>, TutorError> {
        let Some(synthesiser) = &self.options.synthesiser else { return Ok(None) };
        let words = unmarked(words);
        if words.trim().is_empty() {
            return Ok(None);
        }
        let telemetry = &self.surroundings.telemetry;
        match telemetry.timed(Stopwatch::Speech, self.in_pieces(synthesiser, &words)).await {
            Ok(recordings) => {
                self.synthesiser.answered(self.clock.now());
                Ok(Some(Spoken { recordings }))
            }
            Err(error) => {
                telemetry.failed(error.failure());
                self.synthesiser.erred(trouble(&error), self.clock.now());
                Err(error.into())
            }
        }
    }

    async fn in_pieces(&self, synthesiser: &Synthesiser, words: &str) -> Result<Vec<Bytes>, SpeechError> {
        loop {
            let most = self.speaks_at_once.load(Ordering::Relaxed);
            let mut recordings = Vec::new();
            let mut refused = None;
            for piece in pieces(words, most) {
                match synthesiser.speak(piece).await {
                    Ok(recording) => recordings.push(recording),
                    Err(error) if matches!(error.fault, Fault::TooLong { .. }) => {
                        refused = Some((piece.chars().count(), error));
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            match refused {
                None => return Ok(recordings),
                Some((length, error)) if length / 2 < SHORTEST_PIECE => return Err(error),
                Some((length, _)) => self.speaks_at_once.store(length / 2, Ordering::Relaxed),
            }
        }
    }
}

#[async_trait]
impl Tutor for Builtin {
    fn attempt(&self) -> Box<dyn Attempt + '_> {
        Box::new(BuiltinAttempt::new(self))
    }

    async fn transcribe(
        &self,
        _row: u64,
        _session: Uuid,
        utterance: Utterance,
    ) -> Result<Transcript, TutorError> {
        match overhear(&self.options.recogniser, utterance, &self.surroundings).await {
            Ok(transcript) => {
                self.recogniser.answered(self.clock.now());
                Ok(transcript)
            }
            Err(error) => {
                self.recogniser.erred(trouble(&error), self.clock.now());
                Err(error.into())
            }
        }
    }

    async fn speak(&self, speech: &SpeechRequest) -> Result<Option<Spoken>, TutorError> {
        let _slot = self.slots.acquire().await;
        self.say(&speech.words).await
    }

    /// There is nothing to forget.
    async fn forget(&self, _: Uuid) -> Result<(), TutorError> {
        Ok(())
    }

    async fn history(&self, _: Uuid) -> Option<Vec<RecordedTurn>> {
        None
    }

    fn reach(&self) -> Reach {
        // Without a voice an answer is still an answer.
        self.recogniser.reach().worse(self.model.reach())
    }

    fn parts(&self) -> Vec<Part> {
        let speaks = self.options.synthesiser.is_some();
        let servers = [Some(&self.recogniser), Some(&self.model), Some(&self.synthesiser).filter(|_| speaks)];
        servers.into_iter().flatten().map(Server::part).collect()
    }

    async fn knock(&self) -> Result<(), TutorError> {
        let now = || self.clock.now();
        let lists = async {
            let listed = self.options.models.list().await;
            let there = listed.as_ref().err().is_none_or(|error| !error.fault.means_unreachable());
            self.model.knocked(there, now());
        };
        let speaks = async {
            let Some(synthesiser) = &self.options.synthesiser else { return };
            let listed = synthesiser.listed().await;
            self.synthesiser.knocked(listed.err().is_none_or(|error| !error.means_unreachable()), now());
        };
        let (listed, (), ()) = tokio::join!(self.options.recogniser.listed(), lists, speaks);
        let error = listed.err().filter(SpeechError::means_unreachable);
        self.recogniser.knocked(error.is_none(), now());
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    fn longest_turn(&self) -> Duration {
        self.options.speech_timeout * 2 + self.options.model_timeout * QUESTIONS
    }

    fn speaks_latest_only(&self) -> bool {
        false
    }

    fn remembers(&self) -> bool {
        false
    }

    fn slots(&self) -> Slots {
        let of = self.options.at_once;
        Slots { used: of.saturating_sub(self.slots.available_permits()), of }
    }

    async fn take_metrics(&self, _: Bytes) -> Result<bool, TutorError> {
        Ok(false)
    }
}

fn trouble(error: &SpeechError) -> Trouble {
    if error.means_unreachable() {
        Trouble::Away
    } else if error.is_of_the_server() {
        Trouble::Refuses
    } else {
        Trouble::None
    }
}
