//! Tags that music software writes before, after and between recordings: ID3 (both versions) and APE. They
//! are skipped by their length, unread. Must not know what they tag.

use std::io;

use super::input::Input;

/// Bytes needed to recognise a tag and its length.
pub(super) const HEAD: usize = 32;

/// Length in bytes of the tag at the beginning of `bytes`; `None` when there is none.
pub(super) fn length(bytes: &[u8]) -> Option<u64> {
    if bytes.starts_with(b"TAG") {
        return Some(128);
    }
    if let Some(rest) = bytes.strip_prefix(b"APETAGEX") {
        let &[_, _, _, _, s0, s1, s2, s3, _, _, _, _, _, _, _, flags] = rest.first_chunk::<16>()?;
        let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
        // The stated size counts the footer but not the header. At a footer, the tag itself has been passed
        // already.
        return Some(if flags & 0x20 != 0 { size + 32 } else { 32 });
    }
    let &[major, minor, flags, s0, s1, s2, s3] = bytes.strip_prefix(b"ID3")?.first_chunk::<7>()?;
    let sizes = [s0, s1, s2, s3];
    if major == 0xff || minor == 0xff || sizes.iter().any(|&n| n > 127) {
        return None;
    }
    let size = sizes.iter().fold(0u64, |size, &n| size << 7 | u64::from(n));
    Some(10 + size + if flags & 0x10 != 0 { 10 } else { 0 })
}

/// Skips the tags at the input's position. A length beyond the end of the input is ignored.
pub(super) fn skip(input: &mut Input) -> io::Result<()> {
    while let Some(length) = length(input.peek(HEAD)?) {
        if input.at().saturating_add(length) >= input.len() {
            break;
        }
        input.skip(length)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_what_the_headers_say() {
        assert_eq!(length(b"ID3\x03\0\0\0\0\x02\x01"), Some(10 + 257));
        assert_eq!(length(b"ID3\x04\0\x10\x7f\x7f\x7f\x7f"), Some(20 + (1 << 28) - 1));
        assert_eq!(length(b"ID3\x04\0\x10\x80\0\0\0"), None);
        assert_eq!(length(b"ID3\x04"), None);
        assert_eq!(length(b"TAGtitle"), Some(128));
        let ape = |flags: u8| {
            let mut bytes = b"APETAGEX\xd0\x07\0\0\x40\0\0\0\x01\0\0\0\0\0\0".to_vec();
            bytes.push(flags);
            length(&bytes)
        };
        assert_eq!((ape(0xa0), ape(0x80)), (Some(96), Some(32)));
        assert_eq!(length(b"\xff\xfb\x90\x44"), None);
    }
}
