//! How long a message waits for something that fails: with growing pauses, telling the learner once, and
//! giving up in the end. Must not know what fails.

use super::{Disposition, Rules};
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::{DeadReason, Incoming, Job, Reply, Setback, Stage, Timestamp, WaitReason};
use crate::logging::Event;
use crate::store::{Burial, Deferral};

/// A file that Telegram does not hand out for a day is given up, ms.
const TELEGRAM_PATIENCE_MS: i64 = 24 * 3_600_000;

/// Puts the job off, or gives it up once it has waited for `BACKEND_RETRY_MAX_AGE`.
pub(crate) fn wait_or_give_up(
    job: &Job,
    incoming: &Incoming,
    phrases: Phrases,
    rules: &Rules,
    setback: Setback,
    now: Timestamp,
) -> Disposition {
    let since = job.waiting_since(setback.reason, now);
    let patience_ms = match setback.reason {
        // A turn whose outcome is unknown is looked for until the end of its window, whatever its age.
        WaitReason::TutorUncertain => i64::MAX,
        // Telegram keeps the file; `BACKEND_RETRY_MAX_AGE` is meant for a tutor that is down.
        WaitReason::TelegramDown => rules.retry_max_age_ms.max(TELEGRAM_PATIENCE_MS),
        _ => rules.retry_max_age_ms,
    };
    if now.since_ms(since) >= patience_ms {
        let reason = DeadReason::waited_for(setback.reason);
        return give_up(incoming, phrases, setback.stage, reason, setback.what);
    }
    // Otherwise nobody would see the cause (a certificate, say) before the message is given up.
    tracing::warn!(
        event = %Event::AttemptFailed,
        seq = job.seq,
        reason = %setback.reason.name(),
        why = %setback.what,
        "an attempt failed"
    );
    let until = now.plus_ms(setback.pause_ms).min(since.plus_ms(patience_ms));
    let notice = (setback.tell && !job.told_late)
        .then(|| Reply::texts(incoming, phrases.later(), Keyboard::default()).pop())
        .flatten();
    let Setback { reason, failed, stage, forgive, .. } = setback;
    Disposition::Defer(Deferral { until, reason, stage, failed, forgive, notice })
}

/// Gives the job up and tells the learner. A retry by an admin continues from `stage`.
pub(crate) fn give_up(
    incoming: &Incoming,
    phrases: Phrases,
    stage: Stage,
    reason: DeadReason,
    detail: String,
) -> Disposition {
    give_up_with(Reply::texts(incoming, phrases.given_up(), Keyboard::default()), stage, reason, detail)
}

/// As [`give_up`], with another text for the learner.
pub(crate) fn give_up_with(
    replies: Vec<Reply>,
    stage: Stage,
    reason: DeadReason,
    detail: String,
) -> Disposition {
    Disposition::Bury(Burial { reason, detail, stage: Some(stage), replies })
}
