//! What can go wrong in the audio path, as types. Must not know any sentence a learner reads: the bot maps
//! [`AudioFault`] to one.

use crate::domain::stats::Failure;
use serde::{Deserialize, Serialize};
use std::io;

/// Why a recording could not be converted. Only [`AudioError::Io`] may go away by trying again.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    #[error("the input is empty; send a file that holds audio")]
    Empty,
    #[error("the input is no known audio format; use ogg, mp3, m4a, flac or wav")]
    Unrecognised,
    /// An audio container without an audio track, or without a single sample in it.
    #[error("the input holds no audio")]
    NoAudio,
    /// Audio whose codec is known but not within our limits.
    #[error("unsupported audio: {what}")]
    Unsupported {
        /// For example a sample rate.
        what: String,
    },
    /// Audio in a format that is recognised but not decoded.
    #[error("this audio format is not supported: {name}")]
    Foreign {
        /// The format's usual name.
        name: String,
    },
    #[error("the audio is longer than {limit_secs} seconds")]
    TooLong {
        /// Seconds.
        limit_secs: u32,
    },
    /// The result does not fit its container (a WAV file ends at 4 GiB).
    #[error("the audio does not fit into one WAV file; split it")]
    TooLarge,
    /// The end of the file is missing, and with it the index that describes the sound.
    #[error("the file is cut off before what describes its sound; send it again, whole")]
    Cut,
    /// The container is known but nothing in it decodes.
    #[error("the audio is damaged: {detail}")]
    Corrupt {
        /// Fixed words, never content of the file.
        detail: &'static str,
    },
    /// The file costs more work than a recording of any length: a decompression bomb.
    #[error("the audio costs far more to read than it can hold: {detail}")]
    Costly {
        /// Fixed words.
        detail: &'static str,
    },
    /// The encoder refused: a bug of ours rather than of the input.
    #[error("the audio could not be encoded: {detail}")]
    Encode { detail: &'static str },
    #[error("reading or writing audio failed: {0}")]
    Io(#[from] io::Error),
}

/// The cases that a learner is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AudioFault {
    NotAudio,
    /// The end of the file is missing, and it cannot be read without it.
    Cut,
    NoAudio,
    TooLong,
    Unsupported,
    /// A decompression bomb.
    Costly,
    /// Our failure, not the input's.
    Internal,
}

impl AudioFault {
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::NotAudio | Self::Cut | Self::NoAudio | Self::Unsupported | Self::Costly => {
                Failure::AudioUnreadable
            }
            Self::TooLong => Failure::AudioTooLarge,
            Self::Internal => Failure::Fault,
        }
    }
}

impl AudioError {
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    pub(super) fn foreign(name: impl Into<String>) -> Self {
        Self::Foreign { name: name.into() }
    }

    /// The usual name of a format that is not decoded.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Foreign { name } => Some(name),
            _ => None,
        }
    }

    pub fn kind(&self) -> AudioFault {
        match self {
            Self::Unrecognised | Self::Corrupt { .. } => AudioFault::NotAudio,
            Self::Cut => AudioFault::Cut,
            Self::Empty | Self::NoAudio => AudioFault::NoAudio,
            Self::Unsupported { .. } | Self::Foreign { .. } => AudioFault::Unsupported,
            Self::TooLong { .. } | Self::TooLarge => AudioFault::TooLong,
            Self::Costly { .. } => AudioFault::Costly,
            Self::Encode { .. } | Self::Io(_) => AudioFault::Internal,
        }
    }

    /// Whether the same input may succeed another time.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Io(_))
    }
}
