//! Checks a request's signature as a strict tutor does. Must not use the bot's own code: this is an
//! independent implementation of the contract.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::super::http::Request;

/// Largest difference between the signature's time and ours, seconds.
const SKEW_SECS: u64 = 300;

/// Why the signature is not valid; `None`: it is. `now` in Unix seconds.
pub(crate) fn objection(key: &str, request: &Request, now: u64) -> Option<&'static str> {
    let Some(stamp) = request.header("x-bot-timestamp") else { return Some("no X-Bot-Timestamp") };
    let Ok(at) = stamp.parse::<u64>() else { return Some("X-Bot-Timestamp is no number") };
    if at.abs_diff(now) > SKEW_SECS {
        return Some("X-Bot-Timestamp is out of date");
    }
    let Some(signature) = request.header("x-bot-signature") else { return Some("no X-Bot-Signature") };
    let Some(hex) = signature.strip_prefix("v1=") else {
        return Some("X-Bot-Signature is of no known version");
    };
    let Some(given) = unhex(hex) else { return Some("X-Bot-Signature is not lower-case hexadecimal") };
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let body = Sha256::digest(&request.body).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return Some("the key cannot be used");
    };
    mac.update([stamp, &request.method, &format!("{}{query}", request.path), &body].join("\n").as_bytes());
    mac.verify_slice(&given).err().map(|_| "X-Bot-Signature does not fit")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let plain = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    plain.then(|| (0..64).step_by(2).map(byte).collect())?
}
