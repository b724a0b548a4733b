//! The text of a document that a learner sends: plain text, Markdown, PDF, Word.
//!
//! What a document is decide its bytes, not its name. Reads foreign bytes, so it is for the worker processes alone
//! (`audio_worker`). Must not know who sent a document or what its text is for.

mod docx;
mod pdf;
mod plain;

use serde::{Deserialize, Serialize};

/// Largest document read, bytes (SPEC 10).
pub(crate) const MAX_BYTES: usize = 1_000_000;
/// Longest text taken out of one, bytes; the rest of a longer one is left out.
pub(crate) const MAX_TEXT: usize = 1_000_000;
/// Bytes that one packed part of a document may unpack to.
const MAX_UNPACKED: usize = 16 << 20;

/// Why a document gives no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum DocumentFault {
    /// It is of a kind that is not read.
    #[error("it is no text, PDF or Word document")]
    Unsupported,
    /// Nothing in it is text: a scan, say.
    #[error("there is no text in it")]
    Empty,
    /// It asks for a password.
    #[error("it is locked by a password")]
    Locked,
    /// It is damaged, or its parser could not cope with it.
    #[error("it cannot be read")]
    Broken,
    /// It is larger than [`MAX_BYTES`].
    #[error("it is larger than {MAX_BYTES} bytes")]
    TooLarge,
}

/// The text in these bytes, at most [`MAX_TEXT`] bytes of it.
pub(crate) fn text_of(bytes: &[u8]) -> Result<String, DocumentFault> {
    if bytes.len() > MAX_BYTES {
        return Err(DocumentFault::TooLarge);
    }
    let begins_within = |sign: &[u8], within: usize| {
        bytes
            .get(..within.min(bytes.len()))
            .is_some_and(|head| head.windows(sign.len()).any(|part| part == sign))
    };
    // What a PDF begins with may have something before it (ISO 32000-1, implementation note 13).
    let text = if begins_within(b"%PDF-", 1024) {
        pdf::text(bytes)?
    } else if bytes.starts_with(b"PK\x03\x04") {
        docx::text(bytes)?
    } else {
        plain::text(bytes).ok_or(DocumentFault::Unsupported)?
    };
    let text = tidy(&text);
    if text.is_empty() { Err(DocumentFault::Empty) } else { Ok(text) }
}

/// With one kind of line end, no space at the end of a line, no run of empty lines, and no more than is taken.
fn tidy(text: &str) -> String {
    let (mut tidy, mut empty) = (String::new(), 0);
    for line in text.split(['\n', '\r', '\u{c}']) {
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !tidy.is_empty() {
            tidy.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        tidy.extend(line.chars().filter(|c| *c == '\t' || !c.is_control()));
        if tidy.len() >= MAX_TEXT {
            let cut = (0..=MAX_TEXT).rev().find(|at| tidy.is_char_boundary(*at)).unwrap_or(0);
            tidy.truncate(cut);
            break;
        }
    }
    tidy
}

#[cfg(test)]
mod tests;
