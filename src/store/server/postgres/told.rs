//! What PostgreSQL's errors mean: whether asking again helps, and the words for it.
//!
//! Only the message of an error is repeated: its details may quote a row. Must not know what was asked.

use crate::store::server::RemoteError;
use std::error::Error as _;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity};

pub fn told(error: &Error) -> RemoteError {
    if let Some(refusal) = error.as_db_error() {
        let text = format!("{} (SQLSTATE {})", refusal.message(), refusal.code().code());
        return match passes(refusal.code().code()) {
            true => RemoteError::Lost(text),
            false => RemoteError::Refused(text),
        };
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    match is_for_good(error) {
        true => RemoteError::Refused(text),
        false => RemoteError::Lost(text),
    }
}

/// Whether an error of the server's passes by itself, or with another connection.
fn passes(state: &str) -> bool {
    // Transaction rolled back (a conflict); out of connections, memory, disk; stopped, starting or standing by; the
    // system's errors.
    let classes = ["40", "53", "57", "58"];
    match state {
        // A pooler that does not know the settings of a session.
        "08P01" => false,
        // A lock was not free in time; the server takes no writes now.
        "55P03" | "25006" => true,
        _ => state.starts_with("08") || classes.iter().any(|class| state.starts_with(class)),
    }
}

/// Whether an error of this side's is the same next time: the certificate, or no TLS at all.
fn is_for_good(error: &Error) -> bool {
    let Some(cause) = error.source() else { return false };
    let of_tls = cause.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
    let of_tls = of_tls.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(of_tls, Some(rustls::Error::InvalidCertificate(_)))
        || cause.to_string() == "server does not support TLS"
        || error.to_string() == "invalid configuration"
        || error.to_string() == "authentication error"
}

/// The text of a notice that takes something back.
pub fn warned(notice: &DbError) -> Option<String> {
    let is_warning =
        notice.parsed_severity() == Some(Severity::Warning) || notice.code().code().starts_with("01");
    is_warning.then(|| notice.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_apart_from_what_a_person_has_to_mend() {
        for state in ["08006", "40001", "53300", "53100", "55P03", "57P01", "57P03", "25006", "58030"] {
            assert!(passes(state), "{state}");
        }
        for state in ["08P01", "28P01", "3D000", "42501", "42P01", "XX001", "22021"] {
            assert!(!passes(state), "{state}");
        }
    }
}
