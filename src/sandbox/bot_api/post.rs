//! What a person puts into a chat, described before it is sent. Must not know the chat.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::message::EntryKind;

#[derive(Debug, Clone)]
pub struct Post {
    pub(super) kind: EntryKind,
    pub(super) text: String,
    pub(super) file: Option<PostFile>,
    pub(super) reply_to: Option<i64>,
    pub(super) thread: Option<i64>,
    pub(super) date: Option<i64>,
    pub(super) extra: Map<String, Value>,
}

#[derive(Debug, Clone)]
pub(super) struct PostFile {
    pub(super) bytes: Bytes,
    pub(super) name: Option<String>,
    pub(super) mime: Option<String>,
    pub(super) duration: u32,
    pub(super) size: Option<u64>,
}

impl Post {
    fn bare(kind: EntryKind) -> Self {
        Self {
            kind,
            text: String::new(),
            file: None,
            reply_to: None,
            thread: None,
            date: None,
            extra: Map::new(),
        }
    }

    fn with_file(
        kind: EntryKind,
        bytes: Bytes,
        name: Option<&str>,
        mime: Option<&str>,
        duration: u32,
    ) -> Self {
        let size = Some(bytes.len() as u64);
        let (name, mime) = (name.map(str::to_owned), mime.map(str::to_owned));
        Self { file: Some(PostFile { bytes, name, mime, duration, size }), ..Self::bare(kind) }
    }

    /// Commands and mentions in it become entities.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::bare(EntryKind::Text) }
    }

    /// `seconds`: the length that the client claims.
    pub fn voice(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::with_file(EntryKind::Voice, bytes.into(), None, Some("audio/ogg"), seconds)
    }

    pub fn audio(bytes: impl Into<Bytes>, seconds: u32, name: &str, mime: &str) -> Self {
        Self::with_file(EntryKind::Audio, bytes.into(), Some(name), Some(mime), seconds)
    }

    pub fn document(bytes: impl Into<Bytes>, name: &str, mime: &str) -> Self {
        Self::with_file(EntryKind::Document, bytes.into(), Some(name), Some(mime), 0)
    }

    pub fn video_note(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::with_file(EntryKind::VideoNote, bytes.into(), None, Some("video/mp4"), seconds)
    }

    pub fn sticker() -> Self {
        Self::with_file(EntryKind::Sticker, Bytes::from_static(b"RIFF"), None, None, 0)
    }

    /// `bytes`: its largest size; the small one beside it is made up.
    pub fn photo(bytes: impl Into<Bytes>) -> Self {
        Self::with_file(EntryKind::Photo, bytes.into(), None, Some("image/jpeg"), 0)
    }

    pub fn location(latitude: f64, longitude: f64) -> Self {
        let place = json!({ "latitude": latitude, "longitude": longitude });
        Self::service("location", place).of_kind(EntryKind::Location)
    }

    /// A service message with this one field (`pinned_message`, `new_chat_title`, …).
    pub(crate) fn service(field: &str, value: Value) -> Self {
        let mut post = Self::bare(EntryKind::Service);
        post.extra.insert(field.to_owned(), value);
        post
    }

    fn of_kind(mut self, kind: EntryKind) -> Self {
        self.kind = kind;
        self
    }

    #[must_use]
    pub fn caption(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// One of an album; its members are messages of their own.
    #[must_use]
    pub fn in_album(self, id: &str) -> Self {
        self.with("media_group_id", json!(id))
    }

    /// Answers this message.
    #[must_use]
    pub fn reply_to(mut self, message_id: i64) -> Self {
        self.reply_to = Some(message_id);
        self
    }

    /// Goes into this forum topic.
    #[must_use]
    pub fn in_topic(mut self, thread: i64) -> Self {
        self.thread = Some(thread);
        self
    }

    /// Unix seconds, instead of now.
    #[must_use]
    pub fn at(mut self, date: i64) -> Self {
        self.date = Some(date);
        self
    }

    /// Declares this file size (bytes), whatever the truth; `None` declares none.
    #[must_use]
    pub fn claims_size(mut self, size: Option<u64>) -> Self {
        if let Some(file) = &mut self.file {
            file.size = size;
        }
        self
    }

    /// Sets a field of the `Message` object as it is.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.extra.insert(field.to_owned(), value);
        self
    }
}
