//! Plain text, and content that cannot be listened to. Must not know how it is worded.

use super::Case;
use crate::bot::HandlerContext;
use crate::domain::{Body, Change, FileKind, OtherKind, Outcome};

/// Shortest time between two notices, ms.
const OTHER_NOTICE_EVERY_MS: i64 = 60_000;

/// Without a chat model: says that the bot listens to voice messages.
pub(crate) fn handle(case: &Case<'_>) -> Outcome {
    case.say(case.phrases.voice_only())
}

/// Without a chat model: nobody looks at pictures, nobody reads documents.
pub fn files(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let Body::Files(files) = &case.incoming.body else { return Outcome::default() };
    let kind = match files.kind() {
        FileKind::Picture => OtherKind::Picture,
        FileKind::Document => OtherKind::Document,
    };
    other(context, case, kind)
}

/// A friendly notice, at most once a minute.
pub(crate) fn other(context: &HandlerContext, case: &Case<'_>, kind: OtherKind) -> Outcome {
    let recently = case
        .learner
        .other_notice_at
        .is_some_and(|last| case.now.since_ms(last) < OTHER_NOTICE_EVERY_MS && last <= case.now);
    if recently {
        return Outcome::default();
    }
    let notice = case.phrases.other(kind, context.models.is_some());
    Outcome { changes: vec![Change::OtherNotice(case.now)], ..case.say(notice) }
}
