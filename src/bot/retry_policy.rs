//! How long a message waits for something that fails: put off with growing pauses, told once, given up in the end.

use super::{Disposition, Rules};
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::{DeadReason, Failed, Incoming, Job, Reply, Stage, Timestamp, WaitReason};
use crate::logging::Event;
use crate::store::{Burial, Deferral};

/// A file that Telegram cannot hand out for a day is given up.
const TELEGRAM_PATIENCE_MS: i64 = 24 * 3_600_000;

/// One failed attempt.
pub struct Setback {
    /// What it waits for.
    pub reason: WaitReason,
    /// What failed; `None`: nothing did, what is looked for is not there yet.
    pub failed: Option<Failed>,
    /// Stage to go on from.
    pub stage: Stage,
    /// Pause before the next attempt, milliseconds.
    pub pause_ms: i64,
    /// It is time to tell the learner, should that not have happened yet.
    pub tell: bool,
    /// The last submission does not count: it is known to have had no effect, or our own end cut it short.
    pub forgive: bool,
    /// In words, without message text, for the dead letter.
    pub what: String,
}

/// Puts the job off, or gives it up once it has waited for `BACKEND_RETRY_MAX_AGE`.
pub fn wait_or_give_up(
    job: &Job,
    incoming: &Incoming,
    phrases: Phrases,
    rules: &Rules,
    setback: Setback,
    now: Timestamp,
) -> Disposition {
    let since = job.waiting_since(setback.reason, now);
    let patience_ms = match setback.reason {
        // A turn whose outcome is open is looked for to the end of its window, whatever its age.
        WaitReason::TutorUncertain => i64::MAX,
        // Telegram keeps the file; the limit is for a tutor that is down.
        WaitReason::TelegramDown => rules.retry_max_age_ms.max(TELEGRAM_PATIENCE_MS),
        _ => rules.retry_max_age_ms,
    };
    if now.since_ms(since) >= patience_ms {
        let reason = DeadReason::waited_for(setback.reason);
        return give_up(incoming, phrases, setback.stage, reason, setback.what);
    }
    // Without this nobody would see what is wrong (a certificate, say) before the message is given up.
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

/// Gives the job up with a clear message. A retry goes on from `stage`.
pub fn give_up(
    incoming: &Incoming,
    phrases: Phrases,
    stage: Stage,
    reason: DeadReason,
    detail: String,
) -> Disposition {
    give_up_with(Reply::texts(incoming, phrases.given_up(), Keyboard::default()), stage, reason, detail)
}

/// As [`give_up`], in other words.
pub fn give_up_with(replies: Vec<Reply>, stage: Stage, reason: DeadReason, detail: String) -> Disposition {
    Disposition::Bury(Burial { reason, detail, stage: Some(stage), replies })
}
