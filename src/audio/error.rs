//! What can go wrong in the audio path, as types. Must not know any sentence a learner reads: the bot maps
//! [`AudioFault`] to one.

use crate::domain::stats::Failure;
use serde::{Deserialize, Serialize};
use std::io;

/// Why a recording could not be converted. Only [`AudioError::Io`] may go away by trying again.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The input holds no bytes at all.
    #[error("the input is empty; send a file that holds audio")]
    Empty,
    /// No known container starts these bytes.
    #[error("the input is no known audio format; use ogg, mp3, m4a, flac or wav")]
    Unrecognised,
    /// A sound container without sound: no audio track, or not one sample in it.
    #[error("the input holds no audio")]
    NoAudio,
    /// Real audio of a kind this program does not decode.
    #[error("unsupported audio: {what}")]
    Unsupported {
        /// The property that is not supported, such as a sample rate.
        what: String,
    },
    /// Real audio of a kind that has a name and is not decoded.
    #[error("this audio format is not supported: {name}")]
    Foreign {
        /// What people call it.
        name: String,
    },
    /// Longer than the caller allows.
    #[error("the audio is longer than {limit_secs} seconds")]
    TooLong {
        /// The limit that was passed, in seconds.
        limit_secs: u32,
    },
    /// The result does not fit its container (a WAV file ends at 4 GiB).
    #[error("the audio does not fit into one WAV file; split it")]
    TooLarge,
    /// The end of the file is missing, and with it what describes the sound.
    #[error("the file is cut off before what describes its sound; send it again, whole")]
    Cut,
    /// The container is known but nothing in it decodes.
    #[error("the audio is damaged: {detail}")]
    Corrupt {
        /// What the decoder met; fixed words, never content.
        detail: &'static str,
    },
    /// More work than a recording of any length is: built to cost, not to be heard.
    #[error("the audio costs far more to read than it can hold: {detail}")]
    Costly {
        /// What there is too much of; fixed words.
        detail: &'static str,
    },
    /// The encoder refused; a bug rather than an input.
    #[error("the audio could not be encoded: {detail}")]
    Encode {
        /// What the encoder said.
        detail: &'static str,
    },
    /// Reading the input or writing the output failed.
    #[error("reading or writing audio failed: {0}")]
    Io(#[from] io::Error),
}

/// The few cases a person is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AudioFault {
    /// Not audio, or too damaged to be any.
    NotAudio,
    /// Audio whose end, without which it cannot be read, is missing.
    Cut,
    /// Audio without sound in it.
    NoAudio,
    /// More than is accepted.
    TooLong,
    /// Audio of a kind that is not decoded.
    Unsupported,
    /// More work than any recording is.
    Costly,
    /// Our own failure, not the input's.
    Internal,
}

impl AudioFault {
    /// The kind it is counted as.
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
    /// A property that is not supported.
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    /// Real audio that is not decoded, by its name.
    pub(super) fn foreign(name: impl Into<String>) -> Self {
        Self::Foreign { name: name.into() }
    }

    /// What people call the format that is not decoded.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Foreign { name } => Some(name),
            _ => None,
        }
    }

    /// The case to tell a person about.
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
