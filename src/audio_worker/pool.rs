//! The pool of workers: started on demand, reused while there is work, ended when idle, never more than a
//! few.
//!
//! A worker that met anything but a valid recording is not used again: the bytes may have left it in a bad
//! state. Must not know what a worker does.

use super::error::{Death, JobError};
use super::limits::Budget;
use super::process::{Input, Output, Process};
use super::wire::{Job, Target};
use crate::audio::{Limits, MAX_NOTE_SECONDS, Report, VoiceNote, WAV_RATE, Wav};
use crate::document::{self, DocumentFault};
use crate::domain::Contour;
use crate::waiting::waiting;
use bytes::Bytes;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// Workers at once. More than most machines have cores, so that a few recordings that use up their time limit
/// (seconds) do not hold back recordings that need milliseconds; few enough for their memory (160 MB each, at
/// worst).
const AT_ONCE: usize = 4;
/// A worker ends after being idle for this long: longer than the tutor usually takes, whose answer is the
/// next job.
const IDLE: Duration = Duration::from_secs(20);
/// Bytes of a WAV header, with some reserve.
const WAV_HEADER: usize = 1_024;
/// Most bytes of a voice note per second: three times what the encoder makes.
const NOTE_BYTES_A_SECOND: usize = 24_000;
/// Most bytes of a contour: a pitch of seven characters and a loudness of four for each step, with some reserve.
const CONTOUR_BYTES: usize = Contour::STEPS * 16 + 256;

pub struct Workers {
    program: PathBuf,
    places: Semaphore,
    resting: Arc<Mutex<Resting>>,
}

/// Idle workers, the most recently used last, each with the moment at which it ends.
#[derive(Default)]
struct Resting {
    workers: Vec<(Process, Instant)>,
    /// A task that ends idle workers is running.
    watched: bool,
}

impl Default for Workers {
    /// Runs this very binary, under whatever name it was started, and also after an upgrade replaced the file
    /// on disk.
    fn default() -> Self {
        Self::of("/proc/self/exe".into())
    }
}

impl Workers {
    /// Workers that run the binary at `program`. None is started yet.
    pub fn of(program: PathBuf) -> Self {
        Self { program, places: Semaphore::new(AT_ONCE), resting: Arc::default() }
    }

    /// Waits until a worker may be used.
    pub async fn place(&self) -> Place<'_> {
        // `Err` only if the semaphore were closed, which never happens.
        Place { workers: self, _permit: waiting(self.places.acquire()).await.ok() }
    }

    fn lock(resting: &Mutex<Resting>) -> std::sync::MutexGuard<'_, Resting> {
        resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The most recently used idle worker, or a new one.
    fn take(&self) -> Result<Process, JobError> {
        while let Some((mut process, _)) = { Self::lock(&self.resting).workers.pop() } {
            if process.is_alive() {
                return Ok(process);
            }
        }
        Process::start(&self.program)
    }

    fn rest(&self, process: Process) {
        let mut resting = Self::lock(&self.resting);
        resting.workers.push((process, Instant::now() + IDLE));
        if !std::mem::replace(&mut resting.watched, true) {
            tokio::spawn(dismiss_idle(self.resting.clone()));
        }
    }
}

/// Ends workers that were idle long enough, until none is idle.
async fn dismiss_idle(resting: Arc<Mutex<Resting>>) {
    loop {
        let (over, next) = {
            let mut resting = Workers::lock(&resting);
            let now = Instant::now();
            let over = resting.workers.iter().take_while(|(_, until)| *until <= now).count();
            let over: Vec<_> = resting.workers.drain(..over).collect();
            let next = resting.workers.first().map(|(_, until)| *until);
            resting.watched = next.is_some() || !over.is_empty();
            (over, next)
        };
        if over.is_empty() && next.is_none() {
            return;
        }
        for (process, _) in over {
            process.dismiss().await;
        }
        if let Some(next) = next {
            sleep_until(next).await;
        }
    }
}

/// The right to use one worker.
pub struct Place<'a> {
    workers: &'a Workers,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Place<'_> {
    /// Converts any supported recording to the WAV that the tutor takes.
    pub async fn to_wav(self, input: Bytes, limits: Limits) -> Result<Wav, JobError> {
        // The limit includes half a second of tolerance.
        let most = (limits.max_seconds as usize).saturating_add(1).saturating_mul(2 * WAV_RATE as usize);
        let mut output = Output::Memory(Vec::new(), most.saturating_add(WAV_HEADER));
        let samples = self.run(Target::Wav, Input::Memory(input), Some(limits), &mut output).await?;
        Ok(Wav { bytes: output.into_bytes(), samples })
    }

    /// The text of a document: plain text, Markdown, PDF or Word.
    pub async fn document_text(self, input: Bytes) -> Result<String, JobError> {
        let mut output = Output::Memory(Vec::new(), document::MAX_TEXT);
        self.run(Target::Text, Input::Memory(input), None, &mut output).await?;
        String::from_utf8(output.into_bytes()).map_err(|_| JobError::NoText(DocumentFault::Broken))
    }

    /// Converts speech to a voice note.
    pub async fn to_voice_note(self, input: Input) -> Result<VoiceNote, JobError> {
        let sizes = vec![input.size()];
        self.note(Target::VoiceNote, input, sizes).await
    }

    /// Makes one voice note of recordings, each of any format and rate, to be heard one after the other.
    pub async fn join_into_voice_note(self, mut recordings: Vec<Bytes>) -> Result<VoiceNote, JobError> {
        let sizes = recordings.iter().map(|recording| recording.len() as u64).collect();
        let whole = match recordings.pop() {
            Some(only) if recordings.is_empty() => only,
            last => recordings.into_iter().chain(last).flatten().collect(),
        };
        self.note(Target::VoiceNote, Input::Memory(whole), sizes).await
    }

    /// As [`Self::to_voice_note`], at 0.8 of the speed and the same pitch.
    pub async fn to_slower_note(self, input: Input) -> Result<VoiceNote, JobError> {
        let sizes = vec![input.size()];
        self.note(Target::SlowerNote, input, sizes).await
    }

    /// The melody of a voice.
    pub async fn contour(self, input: Input) -> Result<Contour, JobError> {
        let mut output = Output::Memory(Vec::new(), CONTOUR_BYTES);
        self.run(Target::Contour, input, None, &mut output).await?;
        let contour: Option<Contour> = serde_json::from_slice(&output.into_bytes()).ok();
        let fits = |contour: &Contour| contour.pitch.len().max(contour.level.len()) <= Contour::STEPS;
        contour.filter(fits).ok_or(JobError::Died(Death::Crashed))
    }

    async fn note(self, target: Target, input: Input, sizes: Vec<u64>) -> Result<VoiceNote, JobError> {
        let mut output = Output::Memory(Vec::new(), MAX_NOTE_SECONDS as usize * NOTE_BYTES_A_SECOND);
        let secs = self.run_on(target, input, sizes, None, &mut output).await?;
        let duration_secs = u32::try_from(secs).unwrap_or(MAX_NOTE_SECONDS);
        Ok(VoiceNote { bytes: output.into_bytes(), duration_secs })
    }

    /// As [`Self::to_wav`], into an empty file and of any length. After an error the content of `output` is
    /// unfinished.
    pub(crate) async fn into_wav_file(self, input: Input, output: File) -> Result<Report, JobError> {
        let mut output = Output::File(Arc::new(output), 0);
        let samples = self.run(Target::Wav, input, None, &mut output).await?;
        Ok(Report { samples })
    }

    async fn run(
        &self,
        target: Target,
        input: Input,
        limits: Option<Limits>,
        output: &mut Output,
    ) -> Result<u64, JobError> {
        let sizes = vec![input.size()];
        self.run_on(target, input, sizes, limits, output).await
    }

    async fn run_on(
        &self,
        target: Target,
        input: Input,
        sizes: Vec<u64>,
        limits: Option<Limits>,
        output: &mut Output,
    ) -> Result<u64, JobError> {
        let Budget { cpu_secs, clock } = Budget::of(input.size());
        let max_seconds = limits.map(|limits| limits.max_seconds);
        let job = Job { target, max_seconds, sizes, cpu_secs };
        let mut process = self.workers.take()?;
        let done = process.run(&job, clock, &input, output).await;
        match &done {
            Ok(_) => self.workers.rest(process),
            Err(_) => process.end().await,
        }
        done
    }
}

impl Output {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Memory(bytes, _) => bytes,
            Self::File(..) => Vec::new(),
        }
    }
}
