//! One worker process as the daemon sees it: start it, give it jobs, find out why it ended. Must not know how
//! many there are.

use super::error::{Death, JobError};
use super::wire::{self, Ending, Job, Kind, PIECE};
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// How long to wait for a worker to exit before it is killed.
const LAST_MOMENTS: Duration = Duration::from_secs(2);
/// Characters kept of an error text sent by a worker.
const MAX_WORDS: usize = 200;

/// Source of a job's input.
#[derive(Debug)]
pub enum Input {
    Memory(Bytes),
    /// A file, and its size in bytes.
    File(Arc<File>, u64),
}

impl From<Bytes> for Input {
    fn from(bytes: Bytes) -> Self {
        Self::Memory(bytes)
    }
}

impl TryFrom<File> for Input {
    type Error = io::Error;

    fn try_from(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self::File(Arc::new(file), size))
    }
}

impl Input {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, size) => *size,
        }
    }
}

/// Destination of a job's result.
pub(super) enum Output {
    /// In memory, up to this many bytes.
    Memory(Vec<u8>, usize),
    /// An empty file, and the bytes written so far.
    File(Arc<File>, u64),
}

/// Killed when dropped.
pub(super) struct Process {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    confined: bool,
    body: Vec<u8>,
}

enum Broken {
    /// The pipe broke (the worker is gone) or carried nonsense.
    Pipe(io::Error),
    Job(JobError),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Pipe(error)
    }
}

impl Process {
    /// Starts a worker without environment, open files, working folder or terminal signals of ours.
    pub(super) fn start(program: &Path) -> Result<Self, JobError> {
        let mut command = Command::new(program);
        command.arg0(env!("CARGO_PKG_NAME")).arg(super::ARGUMENT);
        command.env_clear().current_dir("/").process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let failed = |error: io::Error| JobError::Unavailable(format!("it cannot be started: {error}"));
        let mut child = command.spawn().map_err(failed)?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let from = BufReader::new(from);
        Ok(Self { child, to: Some(to), from, confined: false, body: Vec::new() })
    }

    /// Whether it is running. Reaps it when it is not.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Converts one recording; returns what the worker measured. After an error the worker must not be
    /// reused.
    pub(super) async fn run(
        &mut self,
        job: &Job,
        clock: Duration,
        input: &Input,
        output: &mut Output,
    ) -> Result<u64, JobError> {
        match timeout(clock, self.converse(job, input, output)).await {
            Ok(Ok(Ending::Done(measure))) => Ok(measure),
            Ok(Ok(Ending::NoText(fault))) => Err(JobError::NoText(fault)),
            Ok(Ok(Ending::Refused { fault, name, detail })) => {
                let name = name.as_deref().map(presentable);
                Err(JobError::Refused { fault, name, detail: presentable(&detail) })
            }
            Ok(Err(Broken::Job(error))) => Err(error),
            Ok(Err(Broken::Pipe(error))) => Err(self.cause(&error).await),
            Err(_) => Err(JobError::Died(Death::Clock)),
        }
    }

    async fn converse(&mut self, job: &Job, input: &Input, output: &mut Output) -> Result<Ending, Broken> {
        self.say(&wire::record(Kind::Job, job)?).await?;
        loop {
            let kind = wire::receive(&mut self.from, &mut self.body).await?;
            match kind {
                Kind::Ready => self.confined = true,
                Kind::Unconfined => {
                    let words = presentable(&String::from_utf8_lossy(&self.body));
                    let what =
                        format!("it cannot put itself under its limits ({words}), so it gets no recording");
                    return Err(Broken::Job(JobError::Unavailable(what)));
                }
                _ if !self.confined => return Err(wire::nonsense().into()),
                Kind::Want => {
                    let (at, _) = wire::position(&self.body)?;
                    let piece = input.piece(at).await.map_err(|error| Broken::Job(error.into()))?;
                    self.say(&wire::frame(Kind::Piece, &[&piece])).await?;
                }
                Kind::Output => {
                    let (at, piece) = wire::position(&self.body)?;
                    output.put(at, piece).await?;
                }
                Kind::End => return Ok(wire::read(&self.body)?),
                Kind::Job | Kind::Piece => return Err(wire::nonsense().into()),
            }
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            Some(to) => to.write_all(bytes).await,
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Why the worker ended.
    async fn cause(&mut self, error: &io::Error) -> JobError {
        if error.kind() == io::ErrorKind::InvalidData {
            return JobError::Died(Death::Crashed);
        }
        match timeout(LAST_MOMENTS, self.child.wait()).await {
            Ok(Ok(status)) => match Death::by(status) {
                None => JobError::Unavailable("it was told to stop".to_owned()),
                // A worker that had not yet started on the recording cannot have died of it.
                Some(death) if !self.confined => JobError::Unavailable(format!("it {death} at its start")),
                Some(death) => JobError::Died(death),
            },
            _ => JobError::Died(Death::Crashed),
        }
    }

    /// Lets an idle worker exit by itself.
    pub(super) async fn dismiss(mut self) {
        self.to = None;
        if timeout(LAST_MOMENTS, self.child.wait()).await.is_err() {
            self.end().await;
        }
    }

    /// Kills it and reaps it.
    pub(super) async fn end(mut self) {
        // Fails only if it has exited already.
        let _ = self.child.kill().await;
    }
}

impl Input {
    /// The input from offset `at`, at most [`wire::PIECE`] bytes; empty at the end.
    async fn piece(&self, at: u64) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(start..bytes.len().min(start.saturating_add(PIECE))))
            }
            Self::File(file, _) => {
                let file = file.clone();
                let read = move || {
                    let mut piece = vec![0; PIECE];
                    let length = file.read_at(&mut piece, at)?;
                    piece.truncate(length);
                    Ok(piece.into())
                };
                tokio::task::spawn_blocking(read).await?
            }
        }
    }
}

impl Output {
    /// Writes a piece of the result: appended, or over earlier bytes (a WAV header is completed at the end).
    async fn put(&mut self, at: u64, piece: &[u8]) -> Result<(), Broken> {
        let end = at.saturating_add(piece.len() as u64);
        match self {
            Self::Memory(bytes, most) => {
                let at = usize::try_from(at).map_err(|_| wire::nonsense())?;
                if at > bytes.len() || end > *most as u64 {
                    return Err(wire::nonsense().into());
                }
                let over = piece.len().min(bytes.len() - at);
                let (over, behind) = piece.split_at(over);
                if let Some(place) = bytes.get_mut(at..at + over.len()) {
                    place.copy_from_slice(over);
                }
                bytes.extend_from_slice(behind);
            }
            Self::File(file, size) => {
                if at > *size {
                    return Err(wire::nonsense().into());
                }
                let (file, piece) = (file.clone(), piece.to_vec());
                let written = tokio::task::spawn_blocking(move || file.write_all_at(&piece, at)).await;
                let written = written.map_err(io::Error::from).and_then(|written| written);
                written.map_err(|error| Broken::Job(error.into()))?;
                *size = end.max(*size);
            }
        }
        Ok(())
    }
}

/// A worker's error text, made safe to log: the worker may be under the control of a hostile recording.
fn presentable(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}
