//! The sentences about pictures and documents that cannot be looked at, each with what works. Must not know how they
//! are read.

use super::Phrases;
use crate::domain::rich::Rich;

impl Phrases {
    /// Over 10 MB.
    pub(crate) fn picture_too_large(self) -> Rich {
        Rich::plain(phrase!(self, "picture-too-large"))
    }

    pub(crate) fn picture_unknown(self) -> Rich {
        Rich::plain(phrase!(self, "picture-unknown"))
    }

    /// Over 1 MB.
    pub(crate) fn document_too_large(self) -> Rich {
        Rich::plain(phrase!(self, "document-too-large"))
    }

    pub(crate) fn document_unsupported(self) -> Rich {
        Rich::plain(phrase!(self, "document-unsupported"))
    }

    pub(crate) fn document_empty(self) -> Rich {
        Rich::plain(phrase!(self, "document-empty"))
    }

    pub(crate) fn document_locked(self) -> Rich {
        Rich::plain(phrase!(self, "document-locked"))
    }

    pub(crate) fn document_broken(self) -> Rich {
        Rich::plain(phrase!(self, "document-broken"))
    }
}
