//! Plain text, and content nobody can listen to.

use super::Case;
use crate::domain::{Change, OtherKind, Outcome};

/// At most one kind line in this time, milliseconds (SPEC 4).
const OTHER_NOTICE_EVERY_MS: i64 = 60_000;

/// Without a chat model: kindly says that the bot listens to voice messages.
pub fn handle(case: &Case<'_>) -> Outcome {
    case.say(case.phrases.voice_only())
}

/// One kind line, no more than once a minute.
pub fn other(case: &Case<'_>, kind: OtherKind) -> Outcome {
    let recently = case
        .learner
        .other_notice_at
        .is_some_and(|last| case.now.since_ms(last) < OTHER_NOTICE_EVERY_MS && last <= case.now);
    if recently {
        return Outcome::default();
    }
    Outcome { changes: vec![Change::OtherNotice(case.now)], ..case.say(case.phrases.other(kind)) }
}
