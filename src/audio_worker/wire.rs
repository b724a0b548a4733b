//! The protocol between daemon and worker: frames of one byte for the kind, four for the length, then the
//! body.
//!
//! The worker asks for its input piece by piece and sends its output as it comes, so neither side holds a
//! recording twice. Everything from a worker is checked against the bounds given here. Must not know what is
//! in a recording.

use crate::audio::AudioFault;
use crate::document::DocumentFault;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Most bytes of a recording in one frame.
pub(super) const PIECE: usize = 64 * 1024;
/// Most bytes of a frame's body: a piece and its offset, or an error text.
const MAX_FRAME: usize = PIECE + 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// To the worker: a [`Job`].
    Job = b'J',
    /// To the worker: the piece it asked for; empty at the end of the input.
    Piece = b'P',
    /// From the worker, first: its limits are in force.
    Ready = b'R',
    /// From the worker, first: its limits could not be set, and why.
    Unconfined = b'U',
    /// From the worker: asks for the piece at this offset.
    Want = b'W',
    /// From the worker: an offset and the output that belongs there.
    Output = b'O',
    /// From the worker: the end of the job, an [`Ending`].
    End = b'E',
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Job, Self::Piece, Self::Ready, Self::Unconfined, Self::Want, Self::Output, Self::End]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    Wav,
    VoiceNote,
    /// The text of a document, UTF-8.
    Text,
    SlowerNote,
    /// A [`Contour`](crate::domain::Contour), JSON.
    Contour,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) target: Target,
    /// Longest WAV, seconds.
    pub(super) max_seconds: Option<u32>,
    /// Bytes of the recordings that make up the input, one after the other; only a voice note is made of several.
    pub(super) sizes: Vec<u64>,
    /// CPU seconds.
    pub(super) cpu_secs: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Ending {
    /// Done: samples of the WAV, seconds of the voice note, or bytes of the text or of the contour.
    Done(u64),
    /// The document has no text to give.
    NoText(DocumentFault),
    Refused {
        fault: AudioFault,
        name: Option<String>,
        detail: String,
    },
}

/// Builds a frame whose body is `parts`, one after the other.
pub(super) fn frame(kind: Kind, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 5);
    bytes.push(kind as u8);
    bytes.extend_from_slice(&(length as u32).to_le_bytes());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// Builds a frame whose body is a serialised record.
pub(super) fn record(kind: Kind, record: &impl Serialize) -> io::Result<Vec<u8>> {
    Ok(frame(kind, &[&serde_json::to_vec(record)?]))
}

pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> io::Result<T> {
    Ok(serde_json::from_slice(body)?)
}

/// Splits a body into the offset at its beginning and the rest.
pub(super) fn position(body: &[u8]) -> io::Result<(u64, &[u8])> {
    let (at, rest) = body.split_first_chunk::<8>().ok_or_else(nonsense)?;
    Ok((u64::from_le_bytes(*at), rest))
}

pub(super) fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not the audio worker's protocol")
}

fn header(head: [u8; 5]) -> io::Result<(Kind, usize)> {
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length) as usize;
    match Kind::of(kind) {
        Some(kind) if length <= MAX_FRAME => Ok((kind, length)),
        _ => Err(nonsense()),
    }
}

/// The worker reads a frame; `None` when the daemon closed the pipe between two frames.
pub(super) fn take(from: &mut impl Read, body: &mut Vec<u8>) -> io::Result<Option<Kind>> {
    let mut head = [0; 5];
    let [first, rest @ ..] = &mut head;
    if from.read(std::slice::from_mut(first))? == 0 {
        return Ok(None);
    }
    from.read_exact(rest)?;
    let (kind, length) = header(head)?;
    body.resize(length, 0);
    from.read_exact(body)?;
    Ok(Some(kind))
}

/// The worker writes a frame.
pub(super) fn give(to: &mut impl Write, kind: Kind, parts: &[&[u8]]) -> io::Result<()> {
    to.write_all(&frame(kind, parts))
}

/// The daemon reads a frame.
pub(super) async fn receive(from: &mut (impl AsyncRead + Unpin), body: &mut Vec<u8>) -> io::Result<Kind> {
    let mut head = [0; 5];
    from.read_exact(&mut head).await?;
    let (kind, length) = header(head)?;
    body.resize(length, 0);
    from.read_exact(body).await?;
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_sides_read_what_the_other_wrote_and_nothing_else() {
        let mut bytes = frame(Kind::Output, &[&7u64.to_le_bytes(), b"sound"]);
        bytes.extend(frame(Kind::Ready, &[]));
        let mut body = Vec::new();
        let mut from = bytes.as_slice();
        assert_eq!(receive(&mut from, &mut body).await.unwrap(), Kind::Output);
        assert_eq!(position(&body).unwrap(), (7, &b"sound"[..]));
        assert_eq!(take(&mut from, &mut body).unwrap(), Some(Kind::Ready));
        assert_eq!(take(&mut from, &mut body).unwrap(), None);
        let mut huge = frame(Kind::Output, &[]);
        huge[1..].copy_from_slice(&u32::MAX.to_le_bytes());
        for mut odd in [huge.as_slice(), b"?\0\0\0\0", b"R\0"] {
            assert!(receive(&mut odd, &mut body).await.is_err(), "{odd:?}");
        }
    }
}
