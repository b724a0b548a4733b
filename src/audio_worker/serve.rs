//! The worker's side: puts itself under its limits, then converts one recording after another until the pipe
//! closes.
//!
//! Plain synchronous code without a runtime, a log or a configuration. Must not know the daemon beyond the
//! protocol in `wire`.

use super::limits;
use super::wire::{self, Ending, Job, Kind, PIECE, Target};
use crate::audio::{self, AudioError, Limits};
use crate::document;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

/// Runs the worker on standard input and output. Ends when the pipe breaks, the limits cannot be set, or the
/// daemon speaks another protocol.
pub(crate) fn serve() -> io::Result<()> {
    if io::stdin().is_terminal() {
        return Err(io::Error::other("the audio worker is started by the program itself, not by hand"));
    }
    let pipes = Arc::new(Pipes {
        from: io::stdin().as_fd().try_clone_to_owned()?.into(),
        to: io::stdout().as_fd().try_clone_to_owned()?.into(),
    });
    if let Err(error) = limits::confine() {
        pipes.give(Kind::Unconfined, &[error.to_string().as_bytes()])?;
        return Err(error);
    }
    pipes.give(Kind::Ready, &[])?;
    let mut body = Vec::new();
    while let Some(kind) = wire::take(&mut &pipes.from, &mut body)? {
        if kind != Kind::Job {
            return Err(wire::nonsense());
        }
        let job: Job = wire::read(&body)?;
        limits::renew_cpu(job.cpu_secs)?;
        let ending = match job.target {
            Target::Text => read_document(&pipes, &job)?,
            _ => convert(&pipes, job).map_or_else(refused, Ending::Done),
        };
        (&pipes.to).write_all(&wire::record(Kind::End, &ending)?)?;
    }
    Ok(())
}

fn refused(error: AudioError) -> Ending {
    let name = error.name().map(str::to_owned);
    Ending::Refused { fault: error.kind(), name, detail: error.to_string() }
}

fn read_document(pipes: &Arc<Pipes>, job: &Job) -> io::Result<Ending> {
    let mut document = Vec::new();
    Input::of(pipes, job).take(document::MAX_BYTES as u64 + 1).read_to_end(&mut document)?;
    match document::text_of(&document) {
        Err(fault) => Ok(Ending::NoText(fault)),
        Ok(text) => {
            let mut output = BufWriter::with_capacity(PIECE, Output { pipes, at: 0, size: 0 });
            output.write_all(text.as_bytes())?;
            output.flush()?;
            Ok(Ending::Done(text.len() as u64))
        }
    }
}

fn convert(pipes: &Arc<Pipes>, job: Job) -> Result<u64, AudioError> {
    let mut output = BufWriter::with_capacity(PIECE, Output { pipes, at: 0, size: 0 });
    let measure = match job.target {
        Target::Wav => {
            let limits = job.max_seconds.map(|max_seconds| Limits { max_seconds });
            audio::convert_to_wav(Input::of(pipes, &job), limits, &mut output)?.samples
        }
        Target::VoiceNote | Target::SlowerNote => {
            let note = match job.target {
                Target::SlowerNote => audio::convert_to_slower_note(Input::of(pipes, &job))?,
                _ => audio::convert_to_voice_note(Input::each(pipes, &job))?,
            };
            output.write_all(&note.bytes)?;
            u64::from(note.duration_secs)
        }
        Target::Contour => {
            let contour = serde_json::to_vec(&audio::convert_to_contour(Input::of(pipes, &job))?)
                .map_err(io::Error::from)?;
            output.write_all(&contour)?;
            contour.len() as u64
        }
        Target::Text => 0,
    };
    output.flush()?;
    Ok(measure)
}

/// The connection to the daemon. Duplicates of the standard streams, because those are buffered.
struct Pipes {
    from: File,
    to: File,
}

impl Pipes {
    fn give(&self, kind: Kind, parts: &[&[u8]]) -> io::Result<()> {
        wire::give(&mut &self.to, kind, parts)
    }
}

/// The recording, which stays in the daemon and is fetched piece by piece.
struct Input {
    pipes: Arc<Pipes>,
    /// Where it begins in what the daemon holds.
    start: u64,
    size: u64,
    at: u64,
    piece: Vec<u8>,
    piece_at: u64,
}

impl Input {
    /// All of it as one.
    fn of(pipes: &Arc<Pipes>, job: &Job) -> Self {
        Self::part(pipes, 0, job.sizes.iter().sum())
    }

    /// Its recordings.
    fn each(pipes: &Arc<Pipes>, job: &Job) -> impl Iterator<Item = Self> {
        job.sizes.iter().scan(0, |start, size| {
            let part = Self::part(pipes, *start, *size);
            *start += size;
            Some(part)
        })
    }

    fn part(pipes: &Arc<Pipes>, start: u64, size: u64) -> Self {
        Self { pipes: pipes.clone(), start, size, at: 0, piece: Vec::new(), piece_at: 0 }
    }

    /// Bytes that are buffered at the current position.
    fn ready(&self) -> &[u8] {
        let skip = self.at.checked_sub(self.piece_at).and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.piece.get(skip..)).unwrap_or_default()
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.at >= self.size {
            return Ok(0);
        }
        if self.ready().is_empty() {
            self.pipes.give(Kind::Want, &[&(self.start + self.at).to_le_bytes()])?;
            match wire::take(&mut &self.pipes.from, &mut self.piece)? {
                Some(Kind::Piece) => self.piece_at = self.at,
                _ => return Err(wire::nonsense()),
            }
        }
        // The piece may reach into the next recording.
        let left = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = self.ready().len().min(buf.len()).min(left);
        if let (Some(to), Some(from)) = (buf.get_mut(..count), self.ready().get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = sought(to, self.at, self.size)?;
        Ok(self.at)
    }
}

/// The result, sent to the daemon piece by piece.
struct Output<'a> {
    pipes: &'a Pipes,
    at: u64,
    size: u64,
}

impl Write for Output<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let piece = buf.get(..PIECE).unwrap_or(buf);
        self.pipes.give(Kind::Output, &[&self.at.to_le_bytes(), piece])?;
        self.at += piece.len() as u64;
        self.size = self.size.max(self.at);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Output<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = sought(to, self.at, self.size)?;
        Ok(self.at)
    }
}

fn sought(to: SeekFrom, at: u64, size: u64) -> io::Result<u64> {
    let (base, by) = match to {
        SeekFrom::Start(at) => (at, 0),
        SeekFrom::Current(by) => (at, by),
        SeekFrom::End(by) => (size, by),
    };
    base.checked_add_signed(by).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}
