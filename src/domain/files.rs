//! Pictures and documents that a learner asks about. Must not know how they are downloaded or read.

use serde::{Deserialize, Serialize};

/// Most files of one album (Telegram has ten).
const MOST_FILES: usize = 10;

/// What was sent, with the question about it: one file, or an album.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// The album (Telegram's `media_group_id`), whose members arrive as separate messages.
    pub album: Option<String>,
    /// For an album, the captions of all members.
    pub caption: String,
    /// At least one, in the order they were sent.
    pub files: Vec<File>,
    /// In a group: this message is not addressed to the bot, but its album may be.
    pub unaddressed: bool,
}

/// A file as announced by Telegram; everything is checked again when it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub kind: FileKind,
    /// Id for `getFile`.
    pub file_id: String,
    /// Announced size, bytes.
    pub size: Option<u64>,
    /// Announced MIME type, in lower case.
    pub mime: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    Picture,
    /// Anything with text in it.
    Document,
}

impl Files {
    /// Adds a message of the same album if there is room; returns whether it did.
    pub(crate) fn join(&mut self, other: &Files) -> bool {
        let same = self.album.is_some() && self.album == other.album;
        if !same || self.files.len() + other.files.len() > MOST_FILES {
            return false;
        }
        self.files.extend(other.files.iter().cloned());
        if !other.caption.is_empty() {
            let gap = if self.caption.is_empty() { "" } else { "\n" };
            self.caption.push_str(gap);
            self.caption.push_str(&other.caption);
        }
        true
    }

    /// The kind of the first file.
    pub(crate) fn kind(&self) -> FileKind {
        self.files.first().map_or(FileKind::Document, |file| file.kind)
    }
}
