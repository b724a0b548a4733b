//! Carries out the answer to a question of a practice, with the sign of life that every voice gets. The conversation in which
//! a tutor may have to transcribe it is recorded before.
//!
//! Must not know what is asked or how it is graded.

use super::DaemonContext;
use super::shutdown::Stop;
use super::worker::conclude;
use crate::bot::handlers::drill::DrillAnswer;
use crate::domain::stats::Step as Stopwatch;
use crate::store::{Claim, StoreError};
use crate::telegram::Action;
use std::sync::Arc;
use uuid::Uuid;

/// `claim` must be such an answer.
pub async fn answer(daemon: &Arc<DaemonContext>, mut claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    let context = daemon.app.context.clone();
    let (store, lease) = (&daemon.app.store, claim.lease);
    let Some(answer) = DrillAnswer::of(&context, &claim) else { return store.release(lease).await };
    if !claim.job.told_late {
        let (user, chat, message) = (claim.job.user, answer.incoming.chat, answer.incoming.message);
        daemon.chat_actions.begin(lease.seq, user, chat.id, chat.thread, message, Action::Typing);
        daemon.progress.take_up(&claim.job);
    }
    if claim.job.failures() == 0 {
        daemon.telemetry.took_ms(Stopwatch::Queue, daemon.clock.now().since_ms(claim.job.accepted_at));
    }
    let clock = || daemon.clock.now();
    let fetched = tokio::select! {
        fetched = answer.fetch(&clock) => fetched,
        () = stop.raised() => return store.release(lease).await,
    };
    let verdict = match fetched {
        Err(verdict) => *verdict,
        Ok(utterance) => {
            let session = Uuid::new_v4();
            let begun = match context.tutor.transcribes_in_passing() {
                true => Some(store.begin_in_passing(lease, session).await?),
                false => None,
            };
            let verdict = tokio::select! {
                verdict = answer.grade(session, utterance, &clock) => verdict?,
                () = stop.raised() => return store.release(lease).await,
            };
            if let Some(job) = begun {
                claim.job = job;
            }
            verdict
        }
    };
    conclude(daemon, &claim, verdict).await
}
