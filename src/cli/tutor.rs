//! `tutor try`: one voice through the configured tutor, and the time of each part. Must not know which tutor it is.

use super::Failure;
use super::commands::{Setup, may_write, print_line, runtime};
use crate::app;
use crate::audio::{Limits, VoiceNote};
use crate::audio_worker::Workers;
use crate::config::Config;
use crate::domain::{Gate, Learner, UserId, printable};
use crate::secure_fs::{self, NewFile};
use crate::store::MemoryDisk;
use crate::telemetry::Telemetry;
use crate::tutor::trial::{Outcome, Trial, try_voice};
use crate::tutor::{Answered, Utterance};
use anyhow::Context;
use clap::{Subcommand, ValueHint};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Debug, Subcommand)]
pub(crate) enum TutorCommand {
    /// Run one voice through the tutor, and print what a learner would get and how long each part took.
    ///
    /// Telegram and the running daemon have no part in it, nothing is stored, and the tutor forgets it. Exit code 1: the
    /// voice would be given up; 3: it would wait, since a server does not answer.
    Try {
        /// A recording in any format that learners may send.
        #[arg(value_hint = ValueHint::FilePath)]
        voice: PathBuf,
        /// Write the spoken reply to this file, as the voice note that would be sent.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        save: Option<PathBuf>,
        /// Overwrite that file.
        #[arg(long, requires = "save")]
        force: bool,
        /// One JSON object, for machines.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(setup: Setup, command: TutorCommand) -> Result<(), Failure> {
    let TutorCommand::Try { voice, save, force, json } = command;
    let config = setup.load(false)?.config;
    if let Some(save) = &save {
        may_write(save, force)?;
    }
    let tried = runtime()?.block_on(tried(&config, &voice))?;
    if let (Some(save), Some(note)) = (&save, &tried.note) {
        let mut file =
            NewFile::create(save).with_context(|| format!("creating {}", printable::path(save)))?;
        file.file().write_all(&note.bytes).context("writing the voice note")?;
        file.place().context("putting the voice note in place")?;
    }
    print_line(if json { tried.json().to_string() } else { tried.text() }.trim_end())?;
    match tried.trial.outcome {
        Outcome::Answered { .. } | Outcome::NoSpeech => Ok(()),
        Outcome::Waits(why) => Err(Failure::Unreachable(format!("a learner's message would wait: {why}"))),
        Outcome::GivenUp(why) => {
            Err(Failure::Failed(format!("a learner's message would be given up: {why}")))
        }
    }
}

struct Tried {
    trial: Trial,
    /// Length of the voice, ms.
    voice_ms: u64,
    decode: Duration,
    /// The spoken reply, and how long it took to encode.
    note: Option<VoiceNote>,
    encode: Option<Duration>,
    /// The audio that came cannot be read.
    unreadable: Option<String>,
}

async fn tried(config: &Config, voice: &Path) -> anyhow::Result<Tried> {
    let shown = printable::path(voice);
    let mut bytes = Vec::new();
    let most = config.max_audio_bytes() as u64;
    let file = secure_fs::open(voice).with_context(|| format!("opening {shown}"))?;
    file.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("reading {shown}"))?;
    anyhow::ensure!(bytes.len() as u64 <= most, "{shown} is larger than MAX_AUDIO_SIZE_MB allows");
    let workers = Workers::default();
    let begun = Instant::now();
    let limits = Limits { max_seconds: config.max_audio_seconds };
    let wav = workers.place().await.to_wav(bytes.into(), limits).await.with_context(|| shown.clone())?;
    let decode = begun.elapsed();
    let store = MemoryDisk::default().open()?;
    let telemetry = Arc::new(Telemetry::default());
    let gate = Gate::default();
    let models = app::models_of(config, &gate)?.map(Arc::new);
    let tutor = app::tutor_of(config, models, &store, telemetry.clone(), Arc::default(), &gate)?;
    let voice_ms = wav.duration_ms();
    let utterance = Utterance { wav: wav.bytes.into(), voice_ms };
    let now = app::wall_clock();
    let learner = Learner::new(UserId(1), now);
    let trial = try_voice(&*tutor, &telemetry, learner, utterance, now).await?;
    let begun = Instant::now();
    let (mut note, mut encode, mut unreadable) = (None, None, None);
    if let Outcome::Answered { spoken: Ok(Some(spoken)), .. } = &trial.outcome {
        match workers.place().await.join_into_voice_note(spoken.recordings.clone()).await {
            Ok(made) => (note, encode) = (Some(made), Some(begun.elapsed())),
            Err(error) => unreadable = Some(error.to_string()),
        }
    }
    Ok(Tried { trial, voice_ms, decode, note, encode, unreadable })
}

impl Tried {
    /// Parts and how long they took, ms, in the order of a turn.
    fn times(&self) -> Vec<(&'static str, f64)> {
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        let encode = self.encode.map(|took| ("encode", ms(took)));
        let mut times = vec![("decode", ms(self.decode))];
        times.extend(&self.trial.times);
        times.extend(encode);
        times
    }

    fn total_ms(&self) -> f64 {
        (self.decode + self.trial.took + self.encode.unwrap_or_default()).as_secs_f64() * 1e3
    }

    fn json(&self) -> Value {
        let rounded = |ms: f64| (ms * 10.0).round() / 10.0;
        let times: serde_json::Map<_, _> =
            self.times().into_iter().map(|(part, ms)| (part.to_owned(), json!(rounded(ms)))).collect();
        let mut said =
            json!({ "voice_ms": self.voice_ms, "times_ms": times, "total_ms": rounded(self.total_ms()) });
        let more = match &self.trial.outcome {
            Outcome::Answered { answered, spoken } => {
                let turn = &answered.turn;
                json!({
                    "outcome": "answered",
                    "transcript": turn.assessment.transcript,
                    "words": answered.words,
                    "coaching": turn.assessment.coaching,
                    "coaching_translated": turn.assessment.coaching_translated,
                    "corrections": turn.corrections,
                    "reply": turn.assessment.reply,
                    "reply_translated": turn.assessment.reply_translated,
                    "fluency": turn.fluency,
                    "model": turn.model,
                    "tokens": { "input": turn.tokens.input, "output": turn.tokens.output },
                    "spoken_seconds": self.note.as_ref().map(|note| note.duration_secs),
                    "not_spoken": spoken.as_ref().err().map(ToString::to_string).or(self.unreadable.clone()),
                })
            }
            Outcome::NoSpeech => json!({ "outcome": "no_speech" }),
            Outcome::Waits(why) => json!({ "outcome": "waits", "why": why }),
            Outcome::GivenUp(why) => json!({ "outcome": "given_up", "why": why }),
        };
        if let (Some(said), Value::Object(more)) = (said.as_object_mut(), more) {
            said.extend(more);
        }
        said
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        match &self.trial.outcome {
            Outcome::Answered { answered, spoken } => {
                lines.extend(self.answer(answered));
                lines.push(match (spoken, &self.note, &self.unreadable) {
                    (Err(error), _, _) => format!("Spoken: no ({error})"),
                    (_, _, Some(error)) => format!("Spoken: no (the audio cannot be read: {error})"),
                    (_, Some(note), _) => {
                        format!(
                            "Spoken: a voice note of {} s, {} bytes",
                            note.duration_secs,
                            note.bytes.len()
                        )
                    }
                    _ => "Spoken: no".to_owned(),
                });
            }
            Outcome::NoSpeech => {
                lines.push("No speech was heard in it: the learner is asked to say it again.".to_owned());
            }
            Outcome::Waits(_) | Outcome::GivenUp(_) => {}
        }
        let times: Vec<String> =
            self.times().into_iter().map(|(part, ms)| format!("{part} {}", seconds(ms))).collect();
        let voice = seconds(self.voice_ms as f64);
        lines.push(format!(
            "Times for {voice} of voice: {}; in all {}",
            times.join(", "),
            seconds(self.total_ms())
        ));
        lines.join("\n")
    }

    fn answer(&self, answered: &Answered) -> Vec<String> {
        let turn = &answered.turn;
        let said = &turn.assessment;
        let mut lines = Vec::new();
        for (heading, words) in [
            ("Heard", &said.transcript),
            ("Coaching", &said.coaching),
            ("Coaching, translated", &said.coaching_translated),
            ("Reply", &said.reply),
            ("Reply, translated", &said.reply_translated),
        ] {
            if !words.trim().is_empty() {
                lines.push(format!("{heading}: {}", words.trim()));
            }
        }
        for correction in &turn.corrections {
            let why =
                if correction.why.is_empty() { String::new() } else { format!(" ({})", correction.why) };
            lines.push(format!("Correction: {} -> {}{why}", correction.said, correction.better));
        }
        if let Some(fluency) = turn.fluency {
            lines.push(format!(
                "Fluency, an indication: {} words a minute, {} % pauses, longest pause {}, {} fillers",
                fluency.words_per_minute,
                fluency.pauses_percent,
                seconds(f64::from(fluency.longest_pause_ms)),
                fluency.fillers
            ));
        }
        lines
    }
}

fn seconds(ms: f64) -> String {
    if ms < 1_000.0 { format!("{ms:.0} ms") } else { format!("{:.1} s", ms / 1e3) }
}
