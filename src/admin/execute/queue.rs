//! `queue list|show|retry|drop`. Must not know how rows are shown.

use super::{Context, PAGE, Sink, Stopped};
use crate::admin::request::{Item, QueueChange, QueueFilter, QueueRow, Refusal};
use crate::domain::data_export::row_kind;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::{Admission, Body, DeadLetter, Job, Language, Reply, Stage, Task, Timestamp};
use crate::store::StoreError;

/// Everything that waits, then the dead letters.
pub(crate) async fn list(
    context: &Context,
    filter: &QueueFilter,
    sink: &mut dyn Sink,
) -> Result<(), Stopped> {
    let (store, now) = (&context.store, context.host.now());
    let wanted = |job: &Job| {
        filter.user.is_none_or(|user| job.user == user)
            && filter.number.is_none_or(|number| job.seq == number)
    };
    // A single number is looked up rather than searched for.
    let (first, page) = match filter.number {
        Some(number) => (number.checked_sub(1), 1),
        None => (None, PAGE),
    };
    let mut shown = 0_u64;
    let mut after = first;
    while filter.dead != Some(true) {
        let jobs = store.jobs(after, page).await?;
        after = jobs.last().map(|job| job.seq);
        for job in jobs.iter().filter(|job| wanted(job)) {
            shown += 1;
            sink.item(Item::Queued(waiting(job, now))).await?;
        }
        if after.is_none() || filter.number.is_some() {
            break;
        }
    }
    let mut after = first;
    while filter.dead != Some(false) {
        let letters = store.dead_letters(after, page).await?;
        after = letters.last().map(|letter| letter.job.seq);
        for letter in letters.iter().filter(|letter| wanted(&letter.job)) {
            shown += 1;
            sink.item(Item::Queued(given_up(letter))).await?;
        }
        if after.is_none() || filter.number.is_some() {
            break;
        }
    }
    match filter.number {
        Some(number) if shown == 0 => Err(nothing_waits(number).into()),
        _ => Ok(()),
    }
}

/// Changes the dead letter or the waiting row of this number.
pub(crate) async fn change(context: &Context, number: u64, change: QueueChange) -> Result<(), Stopped> {
    let (store, now) = (&context.store, context.host.now());
    let dead = match change {
        QueueChange::Retry => store.retry_dead(number, now).await,
        QueueChange::Drop => store.drop_dead(number).await,
    };
    let changed = match (dead, change) {
        (Err(StoreError::Gone), QueueChange::Retry) => store.hurry(number, now).await,
        (Err(StoreError::Gone), QueueChange::Drop) => {
            store.drop_job(number, drop_notice(context, number).await?).await
        }
        (done, _) => done,
    };
    match changed {
        Err(StoreError::Gone) if is_at_work(context, number).await? => {
            Err(Refusal::failed(format!("message {number} is being worked on right now")).into())
        }
        Err(StoreError::Gone) => Err(nothing_waits(number).into()),
        Err(error) => Err(error.into()),
        Ok(()) => {
            if change == QueueChange::Drop {
                context.host.dropped(number);
            }
            Ok(())
        }
    }
}

/// What the learner of a waiting row is told when it is dropped. (For a dead letter, he was told when it was
/// given up.)
async fn drop_notice(context: &Context, number: u64) -> Result<Vec<Reply>, StoreError> {
    let next = context.store.jobs(number.checked_sub(1), 1).await?;
    let Some(job) = next.first().filter(|job| job.seq == number) else { return Ok(Vec::new()) };
    let Task::Handle(incoming, Admission::Admitted) = &job.task else { return Ok(Vec::new()) };
    if matches!(
        incoming.body,
        Body::Callback { .. } | Body::Other(_) | Body::Blocked(_) | Body::Located { .. }
    ) {
        return Ok(Vec::new());
    }
    let client = || incoming.client_language.as_deref().and_then(Language::from_tag);
    let language = match context.store.learner(job.user).await? {
        Some(learner) => learner.speaks(context.default_language),
        None => context.default_language.or_else(client).unwrap_or(Language::En),
    };
    Ok(Reply::texts(incoming, Phrases(language).dropped(), Keyboard::default()))
}

/// A row that exists but cannot be changed is being worked on.
async fn is_at_work(context: &Context, number: u64) -> Result<bool, StoreError> {
    let next = context.store.jobs(number.checked_sub(1), 1).await?;
    Ok(next.first().is_some_and(|job| job.seq == number))
}

fn nothing_waits(number: u64) -> Refusal {
    Refusal::not_found(format!("no message of the queue has the number {number}; `queue list` shows all"))
}

fn waiting(job: &Job, now: Timestamp) -> QueueRow {
    let stage = match job.stage {
        Stage::Taken => "taken",
        Stage::Submitted { .. } => "at the tutor",
        Stage::Asked { .. } => "at the chat model",
        Stage::Heard { .. } => "heard",
        Stage::Answered => "answered, sending",
    };
    QueueRow {
        seq: job.seq,
        user: job.user,
        kind: row_kind(job).to_owned(),
        stage: stage.to_owned(),
        since: job.accepted_at,
        until: (job.not_before > now).then_some(job.not_before),
        attempts: job.failures(),
        waiting_for: job.waiting_for,
        given_up: None,
        detail: String::new(),
    }
}

fn given_up(letter: &DeadLetter) -> QueueRow {
    let (given_up, detail) = (Some(letter.reason), letter.detail.clone());
    QueueRow { given_up, detail, ..waiting(&letter.job, Timestamp(i64::MAX)) }
}
