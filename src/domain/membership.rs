//! Whether a learner is in the required channel: what Telegram's answers mean, and how long they are valid.
//!
//! Must not know how Telegram is asked or where the answer is kept.

use super::ids::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a "yes" is valid, ms.
const YES_SERVES_MS: i64 = 600_000;
/// How long a "no" is valid, ms: short, so that somebody who has just joined need not wait.
const NO_SERVES_MS: i64 = 5_000;
/// The button "I have joined" asks Telegram again, but at most once in this time, ms.
const PRESSES_APART_MS: i64 = 3_000;

/// Telegram's last answer about one learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub member: bool,
    pub at: Timestamp,
}

/// A required channel whose members Telegram does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// As in `REQUIRED_CHANNEL`.
    pub channel: String,
    pub since: Timestamp,
}

impl Membership {
    /// Whether the answer is still valid for a message. One dated in the future was stored before the clock
    /// was set back, so it is not.
    pub(crate) fn serves(&self, now: Timestamp) -> bool {
        let long = if self.member { YES_SERVES_MS } else { NO_SERVES_MS };
        self.at <= now && now.since_ms(self.at) < long
    }

    /// Whether Telegram was asked too recently to ask again for a press of the button.
    pub(crate) fn just_asked(&self, now: Timestamp) -> bool {
        self.at <= now && now.since_ms(self.at) < PRESSES_APART_MS
    }
}

/// Whether a `ChatMember` of this status is in the chat; `None` for an unknown status. `still_in` is the
/// `is_member` of a restricted one.
pub(crate) fn is_in(status: &str, still_in: Option<bool>) -> Option<bool> {
    match status {
        "creator" | "administrator" | "member" => Some(true),
        "restricted" => Some(still_in.unwrap_or(false)),
        "left" | "kicked" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_verdict() {
        for (status, still_in, verdict) in [
            ("creator", None, Some(true)),
            ("administrator", None, Some(true)),
            ("member", None, Some(true)),
            ("restricted", Some(true), Some(true)),
            ("restricted", Some(false), Some(false)),
            ("restricted", None, Some(false)),
            ("left", None, Some(false)),
            ("left", Some(true), Some(false)),
            ("kicked", None, Some(false)),
            ("hologram", None, None),
            ("", None, None),
        ] {
            assert_eq!(is_in(status, still_in), verdict, "{status} {still_in:?}");
        }
    }

    #[test]
    fn a_yes_serves_ten_minutes_and_a_no_a_few_seconds() {
        let at = Timestamp(1_000_000);
        let said = |member| Membership { member, at };
        for (member, after_ms, serves) in [
            (true, 0, true),
            (true, 599_999, true),
            (true, 600_000, false),
            (false, 4_999, true),
            (false, 5_000, false),
            (true, -1, false),
            (false, -1, false),
        ] {
            assert_eq!(said(member).serves(at.plus_ms(after_ms)), serves, "{member} after {after_ms}");
        }
        assert!(said(false).just_asked(at.plus_ms(2_999)) && !said(false).just_asked(at.plus_ms(3_000)));
        assert!(!said(true).just_asked(at.plus_ms(-1)));
    }
}
