//! Pictures and documents that a learner asks about. Must not know how they are fetched or read.

use serde::{Deserialize, Serialize};

/// Most files of one album (Telegram has ten).
const MOST_FILES: usize = 10;

/// What was sent to be looked at, with the question about it: one file, or an album.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// The album it belongs to (Telegram's `media_group_id`); its members come as messages of their own.
    pub album: Option<String>,
    /// What the learner writes beneath; of an album the captions of all.
    pub caption: String,
    /// At least one, in the order they were sent.
    pub files: Vec<File>,
    /// In a group: nothing in this message is for the bot, but its album may be.
    pub unaddressed: bool,
}

/// A file as announced by Telegram; every figure is checked again when it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What it is to be read as.
    pub kind: FileKind,
    /// Telegram's handle for `getFile`.
    pub file_id: String,
    /// Announced size in bytes.
    pub size: Option<u64>,
    /// Announced MIME type, in lower case.
    pub mime: Option<String>,
}

/// What a file is to be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// A picture.
    Picture,
    /// Anything with text in it.
    Document,
}

impl Files {
    /// Takes in what is of the same album, should there be room; whether it did.
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

    /// The kind of the first one.
    pub(crate) fn kind(&self) -> FileKind {
        self.files.first().map_or(FileKind::Document, |file| file.kind)
    }
}
