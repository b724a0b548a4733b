//! The sentences about recordings that cannot be answered. Must not know how a recording is read.

use super::Phrases;
use crate::domain::rich::Rich;

impl Phrases {
    /// Over `MAX_AUDIO_SIZE_MB`.
    pub(crate) fn too_large(self, limit_mb: u64) -> Rich {
        Rich::plain(phrase!(self, "too-large", megabytes = limit_mb))
    }

    /// Over `MAX_AUDIO_SECONDS`.
    pub(crate) fn too_long(self, limit_secs: u64) -> Rich {
        Rich::plain(phrase!(self, "too-long", length = self.length(limit_secs)))
    }

    /// Whole minutes as minutes, others in seconds.
    fn length(self, secs: u64) -> String {
        match (secs / 60, secs % 60) {
            (minutes @ 1.., 0) => phrase!(self, "length-minutes", minutes),
            _ => phrase!(self, "length-seconds", seconds = secs),
        }
    }

    pub(crate) fn no_audio(self) -> Rich {
        Rich::plain(phrase!(self, "no-audio"))
    }

    /// No audio, or too damaged to read.
    pub(crate) fn not_audio(self) -> Rich {
        Rich::plain(phrase!(self, "not-audio"))
    }

    /// The end of the file is missing, without which it cannot be read.
    pub(crate) fn cut_audio(self) -> Rich {
        Rich::plain(phrase!(self, "cut-audio"))
    }

    /// A format that is not decoded; `name` where it is known.
    pub(crate) fn unsupported(self, name: Option<&str>) -> Rich {
        let named = name.map(|name| format!(" ({name})")).unwrap_or_default();
        Rich::plain(phrase!(self, "unsupported", format = named))
    }

    /// A decompression bomb.
    pub(crate) fn costly_audio(self) -> Rich {
        Rich::plain(phrase!(self, "costly-audio"))
    }

    pub(crate) fn file_gone(self) -> Rich {
        Rich::plain(phrase!(self, "file-gone"))
    }

    /// The self-hosted Bot API server is misconfigured.
    pub(crate) fn files_out_of_reach(self) -> Rich {
        Rich::plain(phrase!(self, "files-out-of-reach"))
    }

    /// `/coach` that answers no recording.
    pub(crate) fn coach_what(self) -> Rich {
        Rich::plain(phrase!(self, "coach-what"))
    }

    /// The tutor's answer was empty.
    pub(crate) fn empty_answer(self) -> Rich {
        Rich::plain(phrase!(self, "empty-answer"))
    }
}
