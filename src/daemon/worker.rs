//! claim -> handle -> commit: one dispatcher per kind of work starts tasks for claims, at most so many at
//! once.
//!
//! Alone records a message's progress. Must not know what a message means.

use super::DaemonContext;
use super::contained::contained;
use super::shutdown::Stop;
use super::turn_span::TurnSpans;
use crate::bot::handlers::voice::{Step, VoiceTurn};
use crate::bot::{
    Disposition, access, draw, handle_local, is_drill_answer, is_text_turn, is_voice_turn, new_conversation,
};
use crate::domain::stats::{Count, Failure, Step as Stopwatch};
use crate::domain::{Content, Stage, Task, Timestamp, Tokens, TurnKind, UserId, WorkKind};
use crate::logging::Event;
use crate::store::{Burial, Claim, Claimed, Lease, StoreError};
use crate::telegram::Action;
use crate::telemetry::Telemetry;
use crate::tutor::SpeechRequest;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

/// Hands out claims of one kind until the shutdown signal, then waits for running ones.
pub async fn dispatch(
    daemon: Arc<DaemonContext>,
    kind: WorkKind,
    at_once: usize,
    mut stop: Stop,
) -> Result<(), StoreError> {
    let wakeup = daemon.app.store.wakeup(kind);
    let room = Arc::new(Semaphore::new(at_once));
    let mut tasks: JoinSet<Result<(), StoreError>> = JoinSet::new();
    while !stop.is_raised() {
        let permit = tokio::select! {
            permit = room.clone().acquire_owned() => permit,
            () = stop.raised() => break,
        };
        let Ok(permit) = permit else { break };
        // Registered before searching, so that a row that becomes claimable in between wakes us.
        let woken = wakeup.notified();
        let claimed = match daemon.app.store.claim(kind, daemon.clock.now()).await {
            // That row is set aside; the others continue.
            Err(error @ (StoreError::Corrupt { .. } | StoreError::Newer { .. })) => {
                daemon.telemetry.failed(Failure::Store);
                tracing::error!(%error, "a message cannot be read: it is set aside");
                continue;
            }
            claimed => claimed?,
        };
        match claimed {
            Claimed::Row(claim) => {
                let (daemon, stop) = (daemon.clone(), stop.clone());
                tasks.spawn(async move {
                    let _permit = permit;
                    let span = TurnSpans::span(&claim);
                    contained(daemon, kind, *claim, stop).instrument(span).await
                });
            }
            Claimed::Nothing { due } => {
                let until_due = async {
                    match due {
                        Some(at) => tokio::time::sleep_until(daemon.clock.instant(at)).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = woken => {}
                    () = until_due => {}
                    () = stop.raised() => break,
                }
            }
        }
        while let Some(done) = tasks.try_join_next() {
            done.unwrap_or(Ok(()))?;
        }
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap_or(Ok(()))?;
    }
    Ok(())
}

pub(super) async fn work(
    daemon: &Arc<DaemonContext>,
    claim: Claim,
    mut stop: Stop,
) -> Result<(), StoreError> {
    if claim.job.work == WorkKind::Delivery {
        return super::delivery::deliver(daemon, claim, stop).await;
    }
    let checked = tokio::select! {
        checked = access::check(&daemon.app.context, &claim, daemon.clock.now()) => checked?,
        () = stop.raised() => return daemon.app.store.release(claim.lease).await,
    };
    if let Some(learned) = checked.learned {
        daemon.app.store.note_membership(claim.lease, learned).await?;
    }
    if let Some(verdict) = checked.settled {
        return conclude(daemon, &claim, verdict).await;
    }
    match claim.job.work {
        WorkKind::Tutor if is_drill_answer(&daemon.app.context, &claim) => {
            super::drill::answer(daemon, claim, stop).await
        }
        WorkKind::Tutor if is_voice_turn(&daemon.app.context, &claim) => voice(daemon, claim, stop).await,
        WorkKind::Model if matches!(claim.job.task, Task::Draw { .. }) => {
            let verdict = tokio::select! {
                verdict = draw::drawn(&daemon.app.context, &claim, daemon.clock.now()) => verdict?,
                () = stop.raised() => return daemon.app.store.release(claim.lease).await,
            };
            conclude(daemon, &claim, verdict).await
        }
        WorkKind::Model if is_text_turn(&daemon.app.context, &claim) => {
            super::text_turn::text(daemon, claim, stop).await
        }
        _ => {
            // A button may have a chat model asked.
            let outcome = tokio::select! {
                outcome = handle_local(&daemon.app.context, &claim, daemon.clock.now()) => outcome?,
                () = stop.raised(), if claim.job.work == WorkKind::Model => {
                    return daemon.app.store.release(claim.lease).await;
                }
            };
            conclude(daemon, &claim, Disposition::Commit(outcome)).await
        }
    }
}

/// The voice turn; its stages are recorded between the steps.
async fn voice(daemon: &Arc<DaemonContext>, mut claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    let context = daemon.app.context.clone();
    if let Task::Handle(incoming, _) = &claim.job.task
        && !claim.job.told_late
    {
        let chat = incoming.chat;
        let (seq, user) = (claim.lease.seq, claim.job.user);
        daemon.chat_actions.begin(seq, user, chat.id, chat.thread, incoming.message, Action::Typing);
        daemon.progress.take_up(&claim.job);
    }
    if claim.job.failures() == 0 && claim.job.stage == Stage::Taken {
        daemon.telemetry.took_ms(Stopwatch::Queue, daemon.clock.now().since_ms(claim.job.accepted_at));
    }
    // The store has the conversation that was left forgotten when nobody looks at it any more.
    let left = claim.job.stage.conversation().is_some_and(|session| claim.learner.has_left(session));
    let mut turn = VoiceTurn::begin(&context);
    let clock = || daemon.clock.now();
    let mut at_work = false;
    let verdict = loop {
        let step = turn.step(&claim, &clock);
        // What may have reached a server is waited for as long as a stop allows.
        let step = if at_work {
            step.await?
        } else {
            tokio::select! {
                step = step => step?,
                () = stop.raised() => return daemon.app.store.release(claim.lease).await,
            }
        };
        match step {
            Step::Record { stage, changes } => {
                claim.learner = daemon.app.store.submit(claim.lease, stage.clone(), changes).await?;
                claim.job.stage = stage;
                claim.job.submissions = claim.job.submissions.saturating_add(1);
                daemon.forget_soon(left);
            }
            Step::AtWork => {}
            Step::Settled(verdict) => break *verdict,
        }
        if !at_work {
            at_work = true;
            daemon.chat_actions.change(claim.lease.seq, Action::RecordVoice);
            daemon.progress.at_work(claim.lease.seq);
        }
    };
    let seq = claim.lease.seq;
    if at_work {
        let answered = matches!(&verdict, Disposition::Commit(outcome) if outcome.turn.is_some());
        if let Some(took) = daemon.progress.off_work(seq).filter(|_| answered) {
            // It improves the estimate for others.
            daemon.telemetry.turn_took(took);
        }
    }
    // Announced before the answer can be sent, fetched once the answer is stored.
    let spoken = speaks(&verdict, claim.job.user).map(|speech| (daemon.spoken.expect(seq), speech));
    conclude(daemon, &claim, verdict).await?;
    daemon.forget_soon(left);
    if let Some((expected, speech)) = spoken {
        let fetched = tokio::select! {
            fetched = turn.speak(&speech) => fetched,
            () = stop.raised() => None,
        };
        if let Some(fetched) = fetched {
            expected.came(fetched);
        }
    }
    // Only now may the next turn begin at the tutor.
    drop(turn);
    Ok(())
}

/// The spoken answer that belongs to a decision.
fn speaks(verdict: &Disposition, user: UserId) -> Option<SpeechRequest> {
    let Disposition::Commit(outcome) = verdict else { return None };
    let (session, part) = outcome.replies.iter().find_map(|reply| match &reply.content {
        Content::Spoken { session, part, .. } => Some((*session, *part)),
        _ => None,
    })?;
    let words = outcome.turn.as_ref().map(|turn| turn.assessment.words_of(part).to_owned());
    Some(SpeechRequest { session, user, part, words: words.unwrap_or_default() })
}

/// Records a decision.
pub(super) async fn conclude(
    daemon: &Arc<DaemonContext>,
    claim: &Claim,
    verdict: Disposition,
) -> Result<(), StoreError> {
    let (store, lease, now) = (&daemon.app.store, claim.lease, daemon.clock.now());
    let seq = lease.seq;
    // A row that is retried silently keeps waiting; all others have an answer.
    let waits_on = matches!(&verdict, Disposition::Defer(deferral) if deferral.notice.is_none());
    let told = if waits_on { None } else { daemon.progress.end(seq).await };
    let unanswered = match &verdict {
        Disposition::Commit(outcome) => outcome.replies.is_empty(),
        Disposition::Bury(burial) => burial.replies.is_empty(),
        Disposition::Defer(_) => false,
    };
    if let Some(message) = told.filter(|_| unanswered) {
        // Before the row is removed, because after a restart nobody would know of the message.
        super::progress::take_away(daemon, Some(claim.job.chat), message).await;
    }
    let in_passing = !claim.job.in_passing.is_empty();
    let done = match verdict {
        Disposition::Commit(mut outcome) => {
            if let Task::Handle(incoming, _) = &claim.job.task {
                new_conversation::announce(&daemon.app.context, incoming, &mut outcome).await?;
            }
            let purges = !outcome.purge.is_empty() || outcome.forget || in_passing;
            let turn = outcome.turn.as_ref().map(|turn| (turn.kind, turn.tokens));
            let replies = outcome.replies.len();
            let forget = outcome.forget;
            if forget {
                daemon.note_forgotten().await;
            }
            if let Some((kind, _)) = turn {
                // Before its replies can be sent.
                daemon.turn_spans.turned(seq, kind);
            }
            let done = store.commit(lease, outcome, now).await;
            if done.is_ok() {
                tracing::info!(
                    event = %Event::MessageAnswered,
                    seq,
                    replies,
                    turn = turn.is_some(),
                    took_ms = now.since_ms(claim.job.accepted_at),
                    "message answered"
                );
            }
            if let Some((kind, tokens)) = turn
                && done.is_ok()
            {
                count_turn(&daemon.telemetry, kind, tokens);
            }
            if replies == 0 {
                daemon.chat_actions.end(seq);
                daemon.turn_spans.ended(seq);
            }
            if forget && done.is_ok() {
                daemon.chat_actions.forget(claim.job.user, seq);
            }
            daemon.forget_soon(purges);
            done
        }
        Disposition::Defer(deferral) => {
            let wait_ms = deferral.until.since_ms(now);
            daemon.telemetry.add(Count::TurnRetries, usize::from(deferral.failed.is_some()));
            // The cause was already logged as a warning.
            tracing::info!(
                event = %Event::MessageWaits,
                seq,
                reason = %deferral.reason.name(),
                attempts = claim.job.failures() + 1,
                wait_ms,
                "message waits"
            );
            if deferral.notice.is_some() || claim.job.told_late {
                daemon.chat_actions.end(seq);
            }
            store.defer(lease, deferral, now).await
        }
        Disposition::Bury(burial) => {
            let why = burial.reason.with(&burial.detail);
            tracing::error!(
                event = %Event::DeadLetter,
                seq,
                why,
                "message given up: it is kept as a dead letter"
            );
            daemon.chat_actions.end(seq);
            let done = bury(daemon, lease, burial, now).await;
            daemon.forget_soon(in_passing);
            done
        }
    };
    if let Some(message) = told
        && !unanswered
        && matches!(done, Err(StoreError::Gone))
    {
        super::progress::take_away(daemon, Some(claim.job.chat), message).await;
    }
    if let Err(StoreError::Gone) = done {
        daemon.chat_actions.end(seq);
        daemon.turn_spans.ended(seq);
        forget_orphans(daemon, claim, now).await?;
        return Ok(());
    }
    done
}

fn count_turn(telemetry: &Telemetry, kind: TurnKind, tokens: Tokens) {
    let size = |tokens: u32| usize::try_from(tokens).unwrap_or(usize::MAX);
    match kind {
        TurnKind::Voice => telemetry.count(Count::Turns),
        TurnKind::Text => {
            telemetry.count(Count::TextTurns);
            telemetry.add(Count::TokensIn, size(tokens.input));
            telemetry.add(Count::TokensOut, size(tokens.output));
        }
    }
}

/// Gives a message up and alerts the admins.
pub(super) async fn bury(
    daemon: &DaemonContext,
    lease: Lease,
    burial: Burial,
    now: Timestamp,
) -> Result<(), StoreError> {
    let buried = daemon.app.store.bury(lease, burial, now).await;
    if buried.is_ok() {
        daemon.telemetry.count(Count::DeadLetters);
        daemon.app.news.notify_one();
    }
    buried
}

/// The learner was deleted while the tutor worked: what it recorded since has to be forgotten too.
async fn forget_orphans(daemon: &DaemonContext, claim: &Claim, now: Timestamp) -> Result<(), StoreError> {
    let deleted = daemon.app.store.learner(claim.job.user).await?.is_none();
    let in_passing = claim.job.in_passing.iter().copied();
    let orphans = in_passing.chain(claim.job.stage.conversation().filter(|_| deleted));
    let orphans: Vec<Uuid> = orphans.collect();
    if !orphans.is_empty() {
        daemon.app.store.add_purges(orphans, now).await?;
        daemon.forget_soon(true);
    }
    Ok(())
}

/// Longest time the daemon takes to stop.
pub const GRACE: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests;
