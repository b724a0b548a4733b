//! Corrections drawn from a tutor's coaching by one question to a chat model, for tutors that list none. The answer is out by
//! then, and nobody waits: what fails a few times is given up without a word.
//!
//! Must not know who shows them.

use super::aside::{self, Unasked};
use super::{Disposition, HandlerContext};
use crate::domain::backoff::backoff_ms;
use crate::domain::{
    Change, Correction, Failed, Learner, Outcome, Stage, Task, Timestamp, Turn, TurnChange, TurnFact,
    WaitReason, judge,
};
use crate::model::Completed;
use crate::store::{Claim, Deferral, StoreError};

/// Questions before it is given up.
const TRIES: u32 = 4;
/// Pause before another look whether the answer is out, ms.
const LOOK_AGAIN_MS: i64 = 1_000;

/// What a model made of a turn's coaching.
pub(super) struct Drawn {
    /// `None`: it answered otherwise.
    pub corrections: Option<Vec<Correction>>,
    pub spent: Change,
}

/// Asks for the corrections of this turn.
pub(super) async fn ask(
    context: &HandlerContext,
    learner: &Learner,
    turn: &Turn,
    now: Timestamp,
) -> Result<Drawn, Unasked> {
    let (said, language) = (&turn.assessment, learner.speaks(context.rules.default_language));
    let prompt = judge::draw(&said.transcript, &said.coaching, language);
    let answer = aside::ask(context, learner, prompt, &judge::draw_schema(), now).await?;
    let corrections = match &answer.said {
        Completed::Object(object) => Some(judge::corrections(object, &said.transcript)),
        Completed::Words(_) => None,
    };
    Ok(Drawn { corrections, spent: answer.spent })
}

/// One attempt of the row that draws them.
pub async fn drawn(
    context: &HandlerContext,
    claim: &Claim,
    now: Timestamp,
) -> Result<Disposition, StoreError> {
    let (job, over) = (&claim.job, || Ok(Disposition::Commit(Outcome::default())));
    let Task::Draw { turn: seq } = job.task else { return over() };
    // Drawn by its button meanwhile, or deleted.
    let turn = context.reader.turn(job.user, seq).await?.filter(|turn| turn.to_draw);
    let Some(turn) = turn else { return over() };
    let next = context.reader.jobs(seq.checked_sub(1), 1).await?;
    if next.first().is_some_and(|row| row.seq == seq) {
        return Ok(later(LOOK_AGAIN_MS, WaitReason::Paced, None, now));
    }
    match ask(context, &claim.learner, &turn, now).await {
        // The tokens are not the learner's: nobody asked for it, and who only speaks must not be told to have written too much.
        Ok(Drawn { corrections: Some(found), .. }) => {
            let turn_changes = vec![TurnChange { seq, fact: TurnFact::Corrected(found) }];
            Ok(Disposition::Commit(Outcome { turn_changes, ..Outcome::default() }))
        }
        // What a model cannot do at the second attempt it will not do at the third.
        Ok(Drawn { corrections: None, .. }) => over(),
        Err(Unasked::Silent) if job.model_failures + 1 < TRIES => {
            let pause_ms = backoff_ms(job.model_failures, fastrand::f64());
            Ok(later(pause_ms, WaitReason::ModelDown, Some(Failed::Model), now))
        }
        Err(Unasked::Silent | Unasked::NoModel | Unasked::Spent) => over(),
    }
}

fn later(ms: i64, reason: WaitReason, failed: Option<Failed>, now: Timestamp) -> Disposition {
    let (until, stage) = (now.plus_ms(ms), Stage::Taken);
    Disposition::Defer(Deferral { until, reason, stage, failed, forgive: false, notice: None })
}
