//! `convert`: the audio path alone, from a file or standard input to a file or standard output. Must not know
//! how audio is converted.

use super::Failure;
use super::commands::{self, may_write, print_line};
use crate::audio_worker::{Input, Workers};
use crate::domain::printable;
use crate::secure_fs::{self, NewFile};
use anyhow::Context;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Most bytes taken from standard input. They are held in memory, because decoding has to seek.
const STDIN_LIMIT: u64 = 256 << 20;

pub(crate) fn run(input: &Path, output: Option<PathBuf>, force: bool) -> Result<(), Failure> {
    let (from_stdin, standard) = (input == Path::new("-"), Path::new("-"));
    let extension = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let failed =
        |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", printable::path(input)));
    if from_stdin && io::stdin().is_terminal() {
        return Err(Failure::Config("standard input is a terminal: name a file, or pipe one in".to_owned()));
    }
    // Checked before reading, so that nobody waits for a refusal.
    let to_stdout = output.as_deref().map_or(from_stdin, |output| output == standard);
    if to_stdout && io::stdout().is_terminal() {
        return Err(Failure::Config(
            "standard output is a terminal, and audio is no text: name a file, or pipe it on".to_owned(),
        ));
    }
    let source =
        if from_stdin { Input::Memory(stdin()?.into()) } else { open(input).map_err(|e| failed(&e))? };
    let is_wav = extension(input).as_deref() == Some("wav") || is_wav(&source);
    let to_note = match output.as_deref().filter(|_| !to_stdout) {
        Some(output) => matches!(extension(output).as_deref(), Some("ogg" | "oga" | "opus")),
        None => is_wav,
    };
    if to_stdout {
        let mut made = unnamed().context("making a file for the result")?;
        let told = convert(source, to_note, &mut made).map_err(|error| failed(&error))?;
        made.rewind().context("reading the result back")?;
        commands::finish_output(io::copy(&mut made, &mut io::stdout().lock()).map(drop))?;
        let _ = writeln!(io::stderr(), "{told}");
        return Ok(());
    }
    let output = output.unwrap_or_else(|| input.with_extension(if to_note { "ogg" } else { "wav" }));
    may_write(&output, force)?;
    // Renamed into place when complete: a failure leaves neither half a file nor a broken old one.
    let mut target =
        NewFile::create(&output).with_context(|| format!("creating {}", printable::path(&output)))?;
    let told = convert(source, to_note, target.file()).map_err(|error| failed(&error))?;
    target.place().context("putting the result in place")?;
    print_line(&format!("{}: {told}", printable::path(&output)))
}

/// Judged by the first bytes: what comes through a pipe has no name.
fn is_wav(input: &Input) -> bool {
    matches!(input, Input::Memory(bytes) if bytes.starts_with(b"RIFF") || bytes.starts_with(b"RF64"))
}

/// Converts in a worker, as the daemon does, and says what came of it.
fn convert(input: Input, to_note: bool, target: &mut File) -> anyhow::Result<String> {
    let workers = Workers::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let place = workers.place().await;
        if to_note {
            let note = place.to_voice_note(input).await?;
            target.write_all(&note.bytes).context("writing the voice note")?;
            return Ok(format!("{} s, OGG/Opus mono, {} bytes", note.duration_secs, note.bytes.len()));
        }
        let report = place.into_wav_file(input, target.try_clone()?).await?;
        let secs = report.samples as f64 / 16_000.0;
        Ok(format!("{secs:.3} s, WAV 16 kHz mono 16 bit, {} samples", report.samples))
    })
}

fn open(path: &Path) -> io::Result<Input> {
    secure_fs::open(path)?.try_into()
}

fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(STDIN_LIMIT + 1).read_to_end(&mut bytes).context("reading standard input")?;
    if bytes.len() as u64 > STDIN_LIMIT {
        let limit = STDIN_LIMIT >> 20;
        return Err(Failure::Failed(format!(
            "standard input holds more than {limit} MB: name the file instead"
        )));
    }
    Ok(bytes)
}

/// A temporary file without a name: a WAV header is written last, and a pipe cannot seek back.
fn unnamed() -> io::Result<File> {
    let name = format!("phonicflow-bot-convert-{}-{:08x}", std::process::id(), fastrand::u32(..));
    let path = std::env::temp_dir().join(name);
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}
