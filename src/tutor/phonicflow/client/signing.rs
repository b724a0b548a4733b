//! The signature that proves to the tutor that a request is ours (`BOT_PRIVATE_KEY`).
//!
//! Pure: timestamp, method, path and body are arguments. Must not know HTTP clients.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// `v1=` and the hex HMAC-SHA256 over timestamp, method, path with query and hex SHA-256 of the body, joined
/// by newlines without a last one. `timestamp` is Unix time in seconds, `path` as in the request line. `None`
/// when the key cannot be used.
pub(crate) fn signature(key: &[u8], timestamp: i64, method: &str, path: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    let body_hash = hex(&Sha256::digest(body));
    mac.update(format!("{timestamp}\n{method}\n{path}\n{body_hash}").as_bytes());
    Some(format!("v1={}", hex(&mac.finalize().into_bytes())))
}

/// Lower case.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Reference values computed with openssl:
    //   printf '%s\n%s\n%s\n%s' 1700000000 POST '/process?session_id=x' $(printf hello | openssl sha256 -r | cut -d' ' -f1) \
    //     | openssl sha256 -hmac key
    #[test]
    fn agrees_with_openssl() {
        let got = signature(b"key", 1_700_000_000, "POST", "/process?session_id=x", b"hello");
        assert_eq!(
            got.as_deref(),
            Some("v1=c7f6a26de6459d3f12499f90969aae8fb85dd16a44b78defa4db07248e92c11a")
        );
        let got = signature(b"key", 1_700_000_000, "GET", "/tutor/conversation/x", b"");
        assert_eq!(
            got.as_deref(),
            Some("v1=8b748a118d15d1a7aa170c29cb62551316a6b13805b4bac9bfa6195f205930d3")
        );
    }

    #[test]
    fn each_part_counts() {
        let base = signature(b"k", 1, "GET", "/a", b"x");
        for other in [
            signature(b"l", 1, "GET", "/a", b"x"),
            signature(b"k", 2, "GET", "/a", b"x"),
            signature(b"k", 1, "PUT", "/a", b"x"),
            signature(b"k", 1, "GET", "/b", b"x"),
            signature(b"k", 1, "GET", "/a", b"y"),
        ] {
            assert_ne!(base, other);
        }
    }
}
