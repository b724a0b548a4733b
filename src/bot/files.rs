//! What a model is shown of a learner's pictures and documents: fetched when it is asked, kept nowhere.
//!
//! Must not know which model that is, or what a learner is told of a wait.

use super::HandlerContext;
use crate::audio_worker::JobError;
use crate::document::{self, DocumentFault};
use crate::domain::phrases::Phrases;
use crate::domain::{File, FileKind, Rich};
use crate::logging::Event;
use crate::telegram::TelegramError;
use bytes::Bytes;

/// Largest picture shown, bytes (SPEC 10).
const PICTURE_LIMIT: u64 = 10 << 20;

/// What a file is to a model.
#[derive(Debug)]
pub(crate) enum Content {
    /// A picture, and its MIME type by its bytes.
    Picture { mime: &'static str, bytes: Bytes },
    /// The text of a document.
    Text(String),
}

/// Why a file cannot be shown.
#[derive(Debug)]
pub(crate) enum Unseen {
    /// It never can be: its learner is told what works.
    Refused(FileRefusal),
    /// Telegram did not hand it out.
    Download(TelegramError),
    /// No worker could read it now.
    Worker(JobError),
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileRefusal {
    PictureTooLarge,
    /// No picture that models are shown.
    PictureUnknown,
    Document(DocumentFault),
}

impl FileRefusal {
    /// What its learner is told.
    pub(crate) fn sentence(self, phrases: Phrases) -> Rich {
        match self {
            Self::PictureTooLarge => phrases.picture_too_large(),
            Self::PictureUnknown => phrases.picture_unknown(),
            Self::Document(DocumentFault::TooLarge) => phrases.document_too_large(),
            Self::Document(DocumentFault::Unsupported) => phrases.document_unsupported(),
            Self::Document(DocumentFault::Empty) => phrases.document_empty(),
            Self::Document(DocumentFault::Locked) => phrases.document_locked(),
            Self::Document(DocumentFault::Broken) => phrases.document_broken(),
        }
    }
}

/// Fetches a file and reads it as far as a model needs.
pub(crate) async fn content(context: &HandlerContext, file: &File) -> Result<Content, Unseen> {
    let (limit, too_large) = match file.kind {
        FileKind::Picture => (PICTURE_LIMIT, FileRefusal::PictureTooLarge),
        FileKind::Document => (document::MAX_BYTES as u64, FileRefusal::Document(DocumentFault::TooLarge)),
    };
    if file.size.is_some_and(|size| size > limit) {
        return Err(Unseen::Refused(too_large));
    }
    let bytes = match context.telegram.download(&file.file_id, file.size).await {
        Ok(bytes) if bytes.len() as u64 > limit => return Err(Unseen::Refused(too_large)),
        Ok(bytes) => bytes,
        Err(TelegramError::TooLarge { .. }) => return Err(Unseen::Refused(too_large)),
        Err(error) => return Err(Unseen::Download(error)),
    };
    match file.kind {
        FileKind::Picture => match picture_mime(&bytes) {
            Some(mime) => Ok(Content::Picture { mime, bytes }),
            None => Err(Unseen::Refused(FileRefusal::PictureUnknown)),
        },
        FileKind::Document => read(context, bytes).await.map(Content::Text),
    }
}

/// The text of a document, read by a worker process.
async fn read(context: &HandlerContext, bytes: Bytes) -> Result<String, Unseen> {
    context.audio.place().await.document_text(bytes).await.map_err(|error| {
        if let Some(death) = error.death() {
            context.telemetry.count(death.count());
            tracing::warn!(event = %Event::AudioWorkerEnded, %error, "a document ended its worker");
        }
        match error.document_fault() {
            Some(fault) => Unseen::Refused(FileRefusal::Document(fault)),
            None => Unseen::Worker(error),
        }
    })
}

/// What models are shown, by its first bytes.
fn picture_mime(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = || bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        _ if is_webp() => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_its_bytes_say() {
        for (bytes, mime) in [
            (&b"\xff\xd8\xff\xe0"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n", Some("image/png")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBP", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"<svg", None),
            (b"", None),
        ] {
            assert_eq!(picture_mime(bytes), mime, "{bytes:?}");
        }
    }
}
