//! The workers there are: started on demand, kept while there is work, gone when idle, never more than a few.
//!
//! A worker that met anything but a sound recording is not used again: whatever the bytes left in it goes with it.

use super::error::JobError;
use super::limits::Budget;
use super::process::{Input, Output, Process};
use super::wire::{Job, Target};
use crate::audio::{Hint, Limits, MAX_NOTE_SECONDS, Report, VoiceNote, WAV_RATE, Wav};
use bytes::Bytes;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// Workers at once. More than most machines have cores, so that a few recordings that use up their time (seconds) hold back
/// nobody whose recording needs milliseconds; few enough for their memory (160 MB each, at worst) to be had.
const AT_ONCE: usize = 4;
/// A worker without work ends after this. Longer than most turns of the tutor, whose answer is the next work.
const IDLE: Duration = Duration::from_secs(20);
/// Header of a WAV, bytes, and some room.
const WAV_HEADER: usize = 1_024;
/// Bytes of a voice note for each of its seconds, at most: thrice what its encoder makes.
const NOTE_BYTES_A_SECOND: usize = 24_000;

/// The workers of this process.
pub struct Workers {
    program: PathBuf,
    places: Semaphore,
    resting: Arc<Mutex<Resting>>,
}

/// Workers without work, the latest last, each with the moment it ends.
#[derive(Default)]
struct Resting {
    workers: Vec<(Process, Instant)>,
    /// Somebody waits to end them.
    watched: bool,
}

impl Default for Workers {
    /// Of this binary, under whatever name it was started, and also after an upgrade has replaced its file.
    fn default() -> Self {
        Self::of("/proc/self/exe".into())
    }
}

impl Workers {
    /// Of the binary at `program`. Starts none yet.
    pub fn of(program: PathBuf) -> Self {
        Self { program, places: Semaphore::new(AT_ONCE), resting: Arc::default() }
    }

    /// Waits for a place.
    pub async fn place(&self) -> Place<'_> {
        // Never closed.
        Place { workers: self, _permit: self.places.acquire().await.ok() }
    }

    fn lock(resting: &Mutex<Resting>) -> std::sync::MutexGuard<'_, Resting> {
        resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker that rested last, or a new one.
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

/// Ends each worker when it has rested long enough, until none rests.
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

/// The right to one worker.
pub struct Place<'a> {
    workers: &'a Workers,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Place<'_> {
    /// Any recording to the tutor's WAV.
    ///
    /// # Errors
    /// Any [`JobError`].
    pub async fn to_wav(self, input: Bytes, hint: Hint, limits: Limits) -> Result<Wav, JobError> {
        // Half a second of grace is the limit's own.
        let most = (limits.max_seconds as usize).saturating_add(1).saturating_mul(2 * WAV_RATE as usize);
        let mut output = Output::Memory(Vec::new(), most.saturating_add(WAV_HEADER));
        let samples = self.run(Target::Wav, Input::Memory(input), hint, Some(limits), &mut output).await?;
        Ok(Wav { bytes: output.into_bytes(), samples })
    }

    /// What the tutor said to a voice note.
    ///
    /// # Errors
    /// Any [`JobError`].
    pub async fn to_voice_note(self, input: Input, hint: Hint) -> Result<VoiceNote, JobError> {
        let mut output = Output::Memory(Vec::new(), MAX_NOTE_SECONDS as usize * NOTE_BYTES_A_SECOND);
        let secs = self.run(Target::VoiceNote, input, hint, None, &mut output).await?;
        let duration_secs = u32::try_from(secs).unwrap_or(MAX_NOTE_SECONDS);
        Ok(VoiceNote { bytes: output.into_bytes(), duration_secs })
    }

    /// As [`Self::to_wav`], into an empty file and of any length.
    ///
    /// # Errors
    /// Any [`JobError`]; after one the content of `output` is unfinished.
    pub(crate) async fn to_wav_file(
        self,
        input: Input,
        hint: Hint,
        output: File,
    ) -> Result<Report, JobError> {
        let mut output = Output::File(Arc::new(output), 0);
        let samples = self.run(Target::Wav, input, hint, None, &mut output).await?;
        Ok(Report { samples })
    }

    async fn run(
        &self,
        target: Target,
        input: Input,
        hint: Hint,
        limits: Option<Limits>,
        output: &mut Output,
    ) -> Result<u64, JobError> {
        let size = input.size();
        let Budget { cpu_secs, clock } = Budget::of(size);
        let max_seconds = limits.map(|limits| limits.max_seconds);
        let job = Job { target, extension: hint.extension, mime: hint.mime, max_seconds, size, cpu_secs };
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
