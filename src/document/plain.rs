//! Plain text in whatever encoding it came. Must not know names of files.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Of so many characters one may be a control character, or it is no text.
const TEXT_TO_NOISE: usize = 200;

/// The text; none when these bytes are something else.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => encoding.decode_without_bom_handling(bytes.get(length..)?).0,
        // What is no UTF-8 and has no mark is from an old Windows, whose encoding contains Latin-1.
        None => UTF_8
            .decode_without_bom_handling_and_without_replacement(bytes)
            .unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(bytes).0),
    };
    let noise = text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')).count();
    (!text.contains('\0') && noise * TEXT_TO_NOISE <= text.len()).then(|| text.into_owned())
}
