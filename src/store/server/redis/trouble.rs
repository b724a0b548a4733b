//! What an error of Redis means: the connection is of no use any more, or the server said no.
//!
//! No text contains an argument of a command: those are records and passwords. Must not know what was asked.

use crate::domain::printable;
use crate::store::server::RemoteError;
use redis::{ErrorKind, RedisError};

/// Codes of answers after which another connection, a moment later, may help.
const PASSING: &[&str] =
    &["LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "READONLY", "NOREPLICAS", "NOSCRIPT"];
/// What Redis before 7.0 hides in the text of a script's error.
const WITHIN_SCRIPTS: &[&str] = &["OOM", "MISCONF", "READONLY", "WRONGTYPE", "NOPERM"];

pub fn trouble(error: &RedisError) -> RemoteError {
    if error.is_timeout() {
        return RemoteError::Lost("no answer in time".to_owned());
    }
    if error.is_io_error() {
        let what = printable::line(&error.to_string()).into_owned();
        let distrusted = what.contains("invalid peer certificate");
        return if distrusted { RemoteError::Refused(what) } else { RemoteError::Lost(what) };
    }
    match (error.kind(), error.code()) {
        // Their text contains what was received.
        (ErrorKind::Parse | ErrorKind::UnexpectedReturnType, _) => {
            RemoteError::Lost("it does not answer as Redis does".to_owned())
        }
        (_, Some(code)) => answered(code, error.detail().unwrap_or_default()),
        (_, None) => RemoteError::Refused(printable::line(error.category()).into_owned()),
    }
}

/// An error that the server sent.
fn answered(code: &str, detail: &str) -> RemoteError {
    let within = WITHIN_SCRIPTS
        .iter()
        .find(|word| code == "ERR" && detail.contains("script") && detail.contains(**word));
    let code = within.copied().unwrap_or(code);
    // What follows are the arguments.
    let detail = detail.split(", with args").next().unwrap_or_default();
    let said = printable::line(&format!("{code} {detail}")).into_owned();
    if PASSING.contains(&code) || detail.starts_with("max number of clients") {
        return RemoteError::Lost(said);
    }
    let meaning = match code {
        "OOM" => "its memory is full (maxmemory), and it refuses to write",
        "MISCONF" => "it cannot save to its disk, and refuses to write",
        "WRONGPASS" | "NOAUTH" => "user or password of STORE_URL are not right",
        "NOPERM" => "its user lacks a right",
        "WRONGTYPE" => "something else uses the store's keys",
        _ => return RemoteError::Refused(format!("it answered: {said}")),
    };
    RemoteError::Refused(format!("{meaning}: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the crate makes them of what the server sends.
    fn sent(line: &str) -> RedisError {
        let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        value.extract_error().unwrap_err()
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for line in [
            "LOADING Redis is loading the dataset in memory",
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "CLUSTERDOWN The cluster is down",
            "READONLY You can't write against a read only replica.",
            "NOREPLICAS Not enough good replicas to write.",
            "ERR max number of clients reached",
            "ERR Error running script (call to f_12): @user_script:9: -READONLY You can't write against a read only replica.",
        ] {
            assert!(matches!(trouble(&sent(line)), RemoteError::Lost(_)), "{line}");
        }
        for (line, word) in [
            ("WRONGPASS invalid username-password pair or user is disabled.", "password"),
            ("NOAUTH Authentication required.", "password"),
            ("NOPERM this user has no permissions to run the 'info' command", "right"),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", "keys"),
            (
                "OOM command not allowed when used memory > 'maxmemory'. script: 12, on @user_script:3.",
                "maxmemory",
            ),
            (
                "ERR Error running script (call to f_12): @user_script:9: -OOM command not allowed",
                "maxmemory",
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist",
                "disk",
            ),
            ("MOVED 3999 127.0.0.1:6381", "MOVED"),
            ("ERR DB index is out of range", "out of range"),
        ] {
            let RemoteError::Refused(why) = trouble(&sent(line)) else { panic!("{line}") };
            assert!(why.contains(word), "{line}: {why}");
        }
    }

    #[test]
    fn broken_connections_are_lost_and_certificates_refused() {
        use std::io::{Error, ErrorKind};
        for kind in [
            ErrorKind::ConnectionRefused,
            ErrorKind::UnexpectedEof,
            ErrorKind::WouldBlock,
            ErrorKind::BrokenPipe,
        ] {
            assert!(matches!(trouble(&Error::from(kind).into()), RemoteError::Lost(_)), "{kind:?}");
        }
        let distrusted = Error::new(ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer");
        assert!(matches!(trouble(&distrusted.into()), RemoteError::Refused(_)));
    }

    #[test]
    fn no_text_repeats_what_was_sent_or_received() {
        let unknown = sent("ERR unknown command 'AUTH', with args beginning with: 'bot' 's3cret' ");
        assert!(!trouble(&unknown).to_string().contains("s3cret"));
        let value = redis::parse_redis_value(b"$6\r\ns3cret\r\n").unwrap();
        let garbled = redis::from_redis_value::<i64>(value).unwrap_err();
        assert!(!trouble(&garbled.into()).to_string().contains("s3cret"));
    }
}
