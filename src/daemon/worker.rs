//! claim -> handle -> commit: one dispatcher per kind of work hands claims to tasks, at most so many at once.
//!
//! Alone writes a message's progress. Must not know what a message means.

use super::Crew;
use super::contained::contained;
use super::journey::Journeys;
use super::shutdown::Stop;
use crate::bot::handlers::voice::{Step, VoiceTurn};
use crate::bot::{Verdict, access, handle_local, is_voice_turn};
use crate::domain::stats::{Count, Failure, Step as Stopwatch};
use crate::domain::{Content, SpokenPart, Stage, Task, Timestamp, UserId, WorkKind};
use crate::logging::UserTag;
use crate::store::{Burial, Claim, Claimed, Lease, StoreError};
use crate::telegram::Action;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

/// The place at the tutor is kept no longer for a spoken answer that does not come; it is delivery's then.
const FETCHED_WITHIN: Duration = Duration::from_secs(10);

/// Hands out claims of one kind until the word to stop, then waits for those under way.
///
/// # Errors
/// The store's.
pub async fn dispatch(
    crew: Arc<Crew>,
    kind: WorkKind,
    at_once: usize,
    mut stop: Stop,
) -> Result<(), StoreError> {
    let wakeup = crew.app.store.wakeup(kind);
    let room = Arc::new(Semaphore::new(at_once));
    let mut tasks: JoinSet<Result<(), StoreError>> = JoinSet::new();
    while !stop.is_raised() {
        let permit = tokio::select! {
            permit = room.clone().acquire_owned() => permit,
            () = stop.raised() => break,
        };
        let Ok(permit) = permit else { break };
        // Registered before the search: a row that becomes claimable in between wakes us.
        let woken = wakeup.notified();
        let claimed = match crew.app.store.claim(kind, crew.clock.now()).await {
            // That row is set aside; the others go on.
            Err(error @ (StoreError::Corrupt { .. } | StoreError::Newer { .. })) => {
                crew.vitals.failed(Failure::Store);
                tracing::error!(%error, "a message cannot be read: it is set aside");
                continue;
            }
            claimed => claimed?,
        };
        match claimed {
            Claimed::Row(claim) => {
                let (crew, stop) = (crew.clone(), stop.clone());
                tasks.spawn(async move {
                    let _permit = permit;
                    let span = Journeys::span(&claim);
                    contained(crew, kind, *claim, stop).instrument(span).await
                });
            }
            Claimed::Nothing { due } => {
                let until_due = async {
                    match due {
                        Some(at) => tokio::time::sleep_until(crew.clock.instant(at)).await,
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

/// The work on a claim.
pub(super) async fn work(crew: &Arc<Crew>, claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    if claim.job.work() == WorkKind::Delivery {
        return super::delivery::deliver(crew, claim, stop).await;
    }
    let checked = tokio::select! {
        checked = access::check(&crew.app.desk, &claim, crew.clock.now()) => checked?,
        () = stop.raised() => return crew.app.store.release(claim.lease).await,
    };
    if let Some(learned) = checked.learned {
        crew.app.store.note_membership(claim.lease, learned).await?;
    }
    if let Some(verdict) = checked.settled {
        return conclude(crew, &claim, verdict).await;
    }
    match claim.job.work() {
        WorkKind::Tutor if is_voice_turn(&crew.app.desk, &claim) => voice(crew, claim, stop).await,
        _ => {
            let outcome = handle_local(&crew.app.desk, &claim, crew.clock.now()).await?;
            conclude(crew, &claim, Verdict::Commit(outcome)).await
        }
    }
}

/// The voice turn, its stages recorded between the steps.
async fn voice(crew: &Arc<Crew>, mut claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    let desk = crew.app.desk.clone();
    if let Task::Handle(incoming, _) = &claim.job.task
        && !claim.job.told_late
    {
        let chat = incoming.chat;
        let (seq, user) = (claim.lease.seq, claim.job.user);
        crew.presence.begin(seq, user, chat.id, chat.thread, incoming.message, Action::Typing);
        crew.progress.take_up(&claim.job);
    }
    if claim.job.failures() == 0 && claim.job.stage == Stage::Taken {
        crew.vitals.took_ms(Stopwatch::Queue, crew.clock.now().since_ms(claim.job.accepted_at));
    }
    let Some(turn) = VoiceTurn::of(&desk, &claim) else {
        return conclude(crew, &claim, Verdict::Commit(Default::default())).await;
    };
    let looked = tokio::select! {
        looked = turn.look(|| crew.clock.now()) => looked?,
        () = stop.raised() => return crew.app.store.release(claim.lease).await,
    };
    if let Step::Settled(verdict) = looked {
        return conclude(crew, &claim, *verdict).await;
    }
    forget_left(crew, &claim).await?;
    let prepared = tokio::select! {
        prepared = turn.prepare(|| crew.clock.now()) => prepared,
        () = stop.raised() => return crew.app.store.release(claim.lease).await,
    };
    let mut submission = match prepared {
        Step::Go(submission) => submission,
        Step::Settled(verdict) => return conclude(crew, &claim, *verdict).await,
    };
    // From here on the voice may have reached the tutor; a crash finds this stage and looks before it sends again.
    let stage = submission.stage.clone();
    let learner = crew.app.store.submit(claim.lease, stage.clone(), submission.changes.clone()).await?;
    claim.learner = learner;
    claim.job.stage = stage;
    claim.job.submissions = claim.job.submissions.saturating_add(1);
    crew.presence.change(claim.lease.seq, Action::RecordVoice);
    tracing::info!(seq = claim.lease.seq, user = %UserTag(claim.job.user), "voice handed to the tutor");
    crew.progress.at_work(claim.lease.seq);
    let Some(turn) = VoiceTurn::of(&desk, &claim) else { return Ok(()) };
    let verdict = turn.ask(&mut submission, || crew.clock.now()).await?;
    let seq = claim.lease.seq;
    crew.progress.off_work(seq, matches!(&verdict, Verdict::Commit(outcome) if outcome.turn.is_some()));
    // Announced before the answer is on its way, fetched once it is safe.
    let spoken = speaks(&verdict).map(|(session, part)| (crew.spoken.expect(seq), session, part));
    conclude(crew, &claim, verdict).await?;
    if let Some((expected, session, part)) = spoken {
        let fetching = tokio::time::timeout(FETCHED_WITHIN, super::speech::fetch(crew, session, part));
        let fetched = tokio::select! {
            fetched = fetching => fetched.ok(),
            () = stop.raised() => None,
        };
        if let Some(fetched) = fetched {
            expected.came(fetched);
        }
    }
    // Only now may the next turn begin: while it runs the tutor answers nobody.
    drop(submission);
    Ok(())
}

/// The spoken answer that belongs to a verdict.
fn speaks(verdict: &Verdict) -> Option<(Uuid, SpokenPart)> {
    let Verdict::Commit(outcome) = verdict else { return None };
    outcome.replies.iter().find_map(|reply| match &reply.content {
        Content::Spoken { session, part, .. } => Some((*session, *part)),
        _ => None,
    })
}

/// Records a verdict.
async fn conclude(crew: &Arc<Crew>, claim: &Claim, verdict: Verdict) -> Result<(), StoreError> {
    let (store, lease, now) = (&crew.app.store, claim.lease, crew.clock.now());
    let seq = lease.seq;
    // Whoever is to be tried again without a word waits on; all others have waited long enough.
    let waits_on = matches!(&verdict, Verdict::Defer(deferral) if deferral.notice.is_none());
    let told = if waits_on { None } else { crew.progress.end(seq).await };
    let unanswered = match &verdict {
        Verdict::Commit(outcome) => outcome.replies.is_empty(),
        Verdict::Bury(burial) => burial.replies.is_empty(),
        Verdict::Defer(_) => false,
    };
    let done = match verdict {
        Verdict::Commit(outcome) => {
            let purges = !outcome.purge.is_empty() || outcome.forget;
            let (turn, replies) = (outcome.turn.is_some(), outcome.replies.len());
            let forget = outcome.forget;
            if forget {
                crew.note_forgotten().await;
            }
            if turn {
                // Before its replies can be on their way.
                crew.journeys.turned(seq);
            }
            let done = store.commit(lease, outcome, now).await;
            if done.is_ok() {
                tracing::info!(
                    seq,
                    replies,
                    turn,
                    took_ms = now.since_ms(claim.job.accepted_at),
                    "message answered"
                );
            }
            if turn && done.is_ok() {
                crew.vitals.count(Count::Turns);
            }
            if replies == 0 {
                crew.presence.end(seq);
                crew.journeys.ended(seq);
            }
            if forget && done.is_ok() {
                crew.presence.forget(claim.job.user, seq);
            }
            if purges {
                crew.purge.notify_one();
            }
            done
        }
        Verdict::Defer(deferral) => {
            let wait_ms = deferral.until.since_ms(now);
            crew.vitals.add(Count::TurnRetries, usize::from(deferral.failed.is_some()));
            // Why an attempt failed has been said, as a warning.
            tracing::info!(
                seq,
                reason = deferral.reason.as_str(),
                attempts = claim.job.failures() + 1,
                wait_ms,
                "message waits"
            );
            if deferral.notice.is_some() || claim.job.told_late {
                crew.presence.end(seq);
            }
            store.defer(lease, deferral, now).await
        }
        Verdict::Bury(burial) => {
            let why = burial.reason.with(&burial.detail);
            tracing::error!(seq, why, "message given up: it is kept as a dead letter");
            crew.presence.end(seq);
            bury(crew, lease, burial, now).await
        }
    };
    if let Some(message) = told
        && (unanswered || matches!(done, Err(StoreError::Gone)))
    {
        super::progress::take_away(crew, Some(claim.job.chat), message).await;
    }
    if let Err(StoreError::Gone) = done {
        crew.presence.end(seq);
        crew.journeys.ended(seq);
        forget_orphan(crew, claim.job.user, &claim.job.stage, now).await?;
        return Ok(());
    }
    done
}

/// Gives a message up, and has the admins told.
pub(super) async fn bury(
    crew: &Crew,
    lease: Lease,
    burial: Burial,
    now: Timestamp,
) -> Result<(), StoreError> {
    let buried = crew.app.store.bury(lease, burial, now).await;
    if buried.is_ok() {
        crew.vitals.count(Count::DeadLetters);
        crew.app.news.notify_one();
    }
    buried
}

/// The learner was deleted while the tutor was at work: what it recorded since then is to be forgotten as well.
async fn forget_orphan(crew: &Crew, user: UserId, stage: &Stage, now: Timestamp) -> Result<(), StoreError> {
    if let Stage::Submitted { session, .. } = stage
        && crew.app.store.learner(user).await?.is_none()
    {
        crew.app.store.add_purges(vec![*session], now).await?;
        crew.purge.notify_one();
    }
    Ok(())
}

/// The learner began anew while it was not known whether the tutor had recorded this voice: what it recorded in the
/// conversation that was left, perhaps after that was cleared, is cleared as well.
async fn forget_left(crew: &Crew, claim: &Claim) -> Result<(), StoreError> {
    let open = claim.learner.session.as_ref().map(|open| open.id);
    if let Stage::Submitted { session, .. } = claim.job.stage
        && open != Some(session)
    {
        crew.app.store.add_purges(vec![session], crew.clock.now()).await?;
        crew.purge.notify_one();
    }
    Ok(())
}

/// Longest the daemon takes to come to rest once it is told to stop.
pub const GRACE: Duration = Duration::from_secs(8);
