//! Runs the work on one claim in isolation: a handler that panics costs its message an attempt, and a row
//! that ends the process is found out.
//!
//! Must not know what the work is.

use super::DaemonContext;
use super::quarantine::Sentence;
use super::shutdown::Stop;
use super::worker::{bury, work};
use crate::bot::give_up_broken;
use crate::domain::backoff::backoff_ms;
use crate::domain::stats::{Count, Failure};
use crate::domain::{DeadReason, Failed, Timestamp, WaitReason, WorkKind};
use crate::logging::Event;
use crate::store::{Claim, Deferral, StoreError};
use crate::waiting::Work;
use std::sync::Arc;
use tracing::Instrument;

/// How often a handler may panic on a message before the message is given up.
const FAULTS_ALLOWED: u32 = 4;

/// Runs one claim in a task of its own, so that a panic costs its message an attempt and not the daemon.
pub async fn contained(
    daemon: Arc<DaemonContext>,
    kind: WorkKind,
    claim: Claim,
    stop: Stop,
) -> Result<(), StoreError> {
    let lease = claim.lease;
    let now = daemon.clock.now();
    let mut stopping = stop.clone();
    let sentence = tokio::select! {
        sentence = daemon.quarantine.sentence(kind, lease.seq, now) => sentence,
        () = stopping.raised() => return daemon.app.store.release(lease).await,
    };
    let _alone = match sentence {
        Sentence::Work(turn) => turn,
        Sentence::Wait(until) => return gone_is_fine(leave_alone(&daemon, &claim, until, now).await),
        Sentence::GiveUp => {
            tracing::error!(
                event = %Event::MessageEndedDaemon,
                seq = lease.seq,
                "the daemon ended twice with this message in hands: it is given up"
            );
            daemon.chat_actions.end(lease.seq);
            // Before the burial: from then on the row brings the dead-letter notice, and may be claimed at once.
            daemon.quarantine.end(lease.seq, None).await;
            let burial = give_up_broken(&daemon.app.context, &claim, DeadReason::EndedDaemon);
            return gone_is_fine(bury(&daemon, lease, burial, now).await);
        }
    };
    if kind == WorkKind::Delivery {
        // A row that waits for the first moment at which anything may be sent is not in work: were it noted, a daemon killed
        // twice before that moment would suspect it.
        tokio::select! {
            () = daemon.sending.open() => {}
            () = stopping.raised() => return daemon.app.store.release(lease).await,
        }
    }
    let note = daemon.quarantine.begin(lease.seq, kind, now).await;
    let ended = at_work(&daemon, kind, claim, daemon.quarantine.noted(note.as_ref()), stop).await;
    daemon.quarantine.end(lease.seq, note).await;
    ended
}

/// If the learner was deleted meanwhile there is nobody left to answer.
fn gone_is_fine(done: Result<(), StoreError>) -> Result<(), StoreError> {
    match done {
        Err(StoreError::Gone) => Ok(()),
        other => other,
    }
}

/// Puts off a row that is on trial, see [`crash_notes`](super::crash_notes).
async fn leave_alone(
    daemon: &DaemonContext,
    claim: &Claim,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let deferral = Deferral {
        until,
        reason: WaitReason::Fault,
        stage: claim.job.stage.clone(),
        failed: None,
        forgive: false,
        notice: None,
    };
    daemon.app.store.defer(claim.lease, deferral, now).await
}

async fn at_work(
    daemon: &Arc<DaemonContext>,
    kind: WorkKind,
    claim: Claim,
    noted: Work,
    stop: Stop,
) -> Result<(), StoreError> {
    let daemon = Arc::clone(daemon);
    let (lease, broken) = (claim.lease, claim.clone());
    let _working = daemon.busy.begin(kind, lease.seq);
    let worker = {
        let daemon = daemon.clone();
        async move { work(&daemon, claim, stop).await }
    };
    let mut task = tokio::spawn(noted.run(worker).in_current_span());
    let aborts_with_us = AbortOnDrop(task.abort_handle());
    let ended = (&mut task).await;
    drop(aborts_with_us);
    match ended {
        // The learner was deleted meanwhile: there is nobody left to answer.
        Ok(Err(StoreError::Gone)) => {
            daemon.chat_actions.end(lease.seq);
            daemon.turn_spans.ended(lease.seq);
            Ok(())
        }
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error),
        Err(error) if error.is_cancelled() => Ok(()),
        Err(_) => {
            daemon.telemetry.failed(Failure::Fault);
            tracing::error!(
                event = %Event::HandlerFailed,
                seq = lease.seq,
                faults = broken.job.faults,
                "a handler failed unexpectedly; please report it"
            );
            daemon.chat_actions.end(lease.seq);
            let now = daemon.clock.now();
            let recovered = if broken.job.faults >= FAULTS_ALLOWED {
                let burial = give_up_broken(&daemon.app.context, &broken, DeadReason::Fault);
                bury(&daemon, lease, burial, now).await
            } else {
                daemon.telemetry.count(Count::TurnRetries);
                let until = now.plus_ms(backoff_ms(broken.job.faults, fastrand::f64()));
                let stage = broken.job.stage;
                let deferral = Deferral {
                    until,
                    reason: WaitReason::Fault,
                    stage,
                    failed: Some(Failed::Fault),
                    forgive: false,
                    notice: None,
                };
                daemon.app.store.defer(lease, deferral, now).await
            };
            match recovered {
                Err(StoreError::Gone) => Ok(()),
                other => other,
            }
        }
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
