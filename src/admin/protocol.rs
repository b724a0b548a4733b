//! The words' way over a socket: frames, the greeting, the request.
//!
//! ```text
//! daemon -> client   greeting (JSON: program, protocol, store) or an error, and the end of the connection
//! client -> daemon   ask      (JSON: program, protocol, request)
//! daemon -> client   item (JSON) or bytes, any number; then end or an error
//! frame              length of what follows the kind (4, big-endian)  kind (1)  payload
//! ```
//!
//! `program` and `protocol` keep their names and types in every version, so that two that do not understand each other
//! can say so. Must not know who listens or what a request means.

use super::request::{Refusal, Request};
use super::shared::Shared;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Raise it with every change of a request or an item.
pub const VERSION: u32 = 2;
/// This program's name in greetings.
pub(crate) const PROGRAM: &str = concat!("phonicflow-bot ", env!("CARGO_PKG_VERSION"));
/// Largest request, bytes.
pub(crate) const ASK_LIMIT: u32 = 1 << 20;
/// Largest frame of an answer, bytes: the largest record as JSON with every character escaped.
pub(crate) const ANSWER_LIMIT: u32 = 64 << 20;
/// Largest greeting, bytes.
pub(crate) const GREETING_LIMIT: u32 = 64 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JSON: greeting, request or item.
    Json,
    /// Bytes of a file.
    Bytes,
    /// The answer is complete.
    End,
    /// JSON of a [`Refusal`]; nothing follows.
    Error,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Json => b'j',
            Self::Bytes => b'b',
            Self::End => b'.',
            Self::Error => b'!',
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Json, Self::Bytes, Self::End, Self::Error].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// Identifies a store by device and inode of its folder, which are the same whatever path leads there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreId {
    pub device: u64,
    pub inode: u64,
}

impl StoreId {
    /// Fails if the folder does not exist or may not be examined.
    pub(crate) fn of(root: &Path) -> io::Result<Self> {
        let folder = std::fs::metadata(root)?;
        Ok(Self { device: folder.dev(), inode: folder.ino() })
    }
}

/// First message of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// Program and version.
    pub program: String,
    /// [`VERSION`].
    pub protocol: u32,
    pub store: StoreId,
    /// Where the store is one that several daemons share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Shared>,
}

/// The client's only message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// Program and version.
    pub program: String,
    /// [`VERSION`].
    pub protocol: u32,
    pub request: Request,
}

/// The fields that greetings and requests of every version have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Introduction {
    program: String,
    protocol: u32,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Not this protocol.
    #[error("this is not the admin protocol: {0}")]
    Garbled(&'static str),
    /// Another version of this protocol.
    #[error("{program} speaks version {protocol} of the admin protocol, this program version {VERSION}")]
    Version { program: String, protocol: u32 },
}

pub(crate) async fn write(to: &mut (impl AsyncWrite + Unpin), kind: Kind, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).ok().filter(|length| *length <= ANSWER_LIMIT);
    let length = length.ok_or_else(|| io::Error::other("a piece of the answer is too large"))?;
    to.write_u32(length).await?;
    to.write_u8(kind.byte()).await?;
    to.write_all(payload).await
}

pub(crate) async fn write_json(
    to: &mut (impl AsyncWrite + Unpin),
    kind: Kind,
    value: &impl Serialize,
) -> io::Result<()> {
    write(to, kind, &serde_json::to_vec(value)?).await
}

/// Reads a frame of at most `limit` bytes. Memory grows with what arrives, not with what the length claims.
pub(crate) async fn read(
    from: &mut (impl AsyncRead + Unpin),
    limit: u32,
) -> Result<(Kind, Vec<u8>), FrameError> {
    let length = from.read_u32().await?;
    let kind = Kind::of(from.read_u8().await?).ok_or(FrameError::Garbled("a frame of no known kind"))?;
    if length > limit {
        return Err(FrameError::Garbled("a frame is too large"));
    }
    let mut payload = Vec::new();
    let read = from.take(u64::from(length)).read_to_end(&mut payload).await?;
    if read as u64 != u64::from(length) {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok((kind, payload))
}

/// Parses a greeting or a request; the version is checked before anything else is parsed.
pub(crate) fn understand<T: DeserializeOwned>(payload: &[u8]) -> Result<T, FrameError> {
    let value: Value = serde_json::from_slice(payload).map_err(|_| FrameError::Garbled("no JSON"))?;
    let introduction = Introduction::deserialize(&value);
    let Introduction { program, protocol } =
        introduction.map_err(|_| FrameError::Garbled("no introduction"))?;
    if protocol != VERSION {
        // It is printed on a terminal, and may contain anything.
        let program = program.chars().filter(|c| !c.is_control()).take(60).collect();
        return Err(FrameError::Version { program, protocol });
    }
    T::deserialize(value).map_err(|_| FrameError::Garbled("an unknown word"))
}

/// Parses the body of a [`Kind::Error`] frame.
pub(crate) fn refusal(payload: &[u8]) -> Refusal {
    serde_json::from_slice(payload).unwrap_or_else(|_| Refusal::failed("an error without words"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::request::QueueFilter;

    fn ask() -> Ask {
        let request = Request::Queue(QueueFilter::default());
        Ask { program: PROGRAM.to_owned(), protocol: VERSION, request }
    }

    #[tokio::test]
    async fn a_frame_reads_back_and_a_large_one_is_refused_unread() {
        let mut wire = Vec::new();
        write_json(&mut wire, Kind::Json, &ask()).await.unwrap();
        write(&mut wire, Kind::Bytes, &[0, 255]).await.unwrap();
        let mut from = wire.as_slice();
        let (kind, payload) = read(&mut from, ASK_LIMIT).await.unwrap();
        assert_eq!((kind, understand::<Ask>(&payload).unwrap()), (Kind::Json, ask()));
        assert_eq!(read(&mut from, ASK_LIMIT).await.unwrap(), (Kind::Bytes, vec![0, 255]));
        let mut huge = &[0xff, 0xff, 0xff, 0xff, b'j', 1][..];
        assert!(matches!(read(&mut huge, ANSWER_LIMIT).await, Err(FrameError::Garbled(_))));
        let mut short = &[0, 0, 0, 9, b'j', 1][..];
        assert!(matches!(read(&mut short, ASK_LIMIT).await, Err(FrameError::Io(_))));
        let mut unknown = &[0, 0, 0, 0, b'?'][..];
        assert!(matches!(read(&mut unknown, ASK_LIMIT).await, Err(FrameError::Garbled(_))));
    }

    #[test]
    fn another_version_is_told_from_garbage_whatever_else_it_says() {
        let newer = br#"{"program":"phonicflow-bot 9.0.0\u001b[31m","protocol":9,"request":{"dance":1}}"#;
        let error = understand::<Ask>(newer).unwrap_err().to_string();
        assert!(error.contains("phonicflow-bot 9.0.0") && error.contains("version 9"), "{error}");
        assert!(!error.contains('\u{1b}'));
        for garbage in
            [&b"\xff\xfe"[..], b"[1]", b"{}", br#"{"program":"x","protocol":2,"request":{"dance":1}}"#]
        {
            assert!(matches!(understand::<Ask>(garbage), Err(FrameError::Garbled(_))));
        }
    }
}
