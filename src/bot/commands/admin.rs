//! `/admin`: the state of the bot in numbers. Never a text or a name.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::health::TutorState;
use crate::domain::phrases::AdminView;
use crate::domain::{ChatKind, DeadReason, Outcome, Placement, WaitReason};
use crate::store::StoreError;
use crate::tutor::Reach;
use std::collections::{BTreeMap, HashMap};

pub(crate) static COMMAND: Command = Command {
    name: "admin",
    placement: Placement::AT_ONCE,
    audience: Audience::Admins,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| Box::pin(show(context, case)),
};

const PAGE: usize = 500;
/// Most rows counted: the inbox holds no more, and for dead letters the total is enough.
const COUNTED: usize = 10_000;

/// Only in a private chat: the bot's state is not for a group.
async fn show(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    if case.incoming.chat.kind != ChatKind::Private {
        return Ok(case.say(case.phrases.admin_in_private()));
    }
    let now = case.now;
    let counts = context.reader.counts().await?;
    let tutor = match context.tutor.reach() {
        Reach::Unknown => None,
        Reach::Yes { since } => Some((TutorState::Answers, now.since_ms(since))),
        Reach::Failing { since, .. } => Some((TutorState::Failing, now.since_ms(since))),
        Reach::No { since, .. } => Some((TutorState::Silent, now.since_ms(since))),
    };
    let view = AdminView {
        version: env!("CARGO_PKG_VERSION"),
        uptime_ms: now.since_ms(context.started),
        last_poll_ms: context.telemetry.last_poll().map(|at| now.since_ms(at)),
        tutor,
        members_hidden: context.channel.as_ref().is_some_and(|channel| channel.is_hidden()),
        inbox: counts.inbox,
        delivering: counts.delivering,
        leased: counts.leased,
        waiting: waiting(context, case).await?,
        dead: dead(context).await?,
        turns: context.telemetry.tally().turns(),
    };
    Ok(case.say(case.phrases.admin(&view)))
}

/// Why rows wait: how many, and for how long the oldest has (ms); most frequent first.
async fn waiting(
    context: &HandlerContext,
    case: &Case<'_>,
) -> Result<Vec<(WaitReason, usize, i64)>, StoreError> {
    let mut found: HashMap<WaitReason, (usize, i64)> = HashMap::new();
    let (mut after, mut seen) = (None, 0);
    while seen < COUNTED {
        let page = context.reader.jobs(after, PAGE).await?;
        for job in &page {
            let Some(why) = job.waiting_for else { continue };
            let since = job.waiting_since.unwrap_or(job.accepted_at);
            let (count, oldest_ms) = found.entry(why).or_default();
            *count += 1;
            *oldest_ms = (*oldest_ms).max(case.now.since_ms(since));
        }
        seen += page.len();
        after = page.last().map(|job| job.seq);
        if page.len() < PAGE {
            break;
        }
    }
    let mut found: Vec<_> = found.into_iter().map(|(why, (count, oldest))| (why, count, oldest)).collect();
    found.sort_by_key(|(_, count, oldest_ms)| (std::cmp::Reverse(*count), std::cmp::Reverse(*oldest_ms)));
    Ok(found)
}

async fn dead(context: &HandlerContext) -> Result<Vec<(DeadReason, usize)>, StoreError> {
    let mut found: BTreeMap<DeadReason, usize> = BTreeMap::new();
    let (mut after, mut seen) = (None, 0);
    while seen < COUNTED {
        let page = context.reader.dead_letters(after, PAGE).await?;
        for letter in &page {
            *found.entry(letter.reason).or_default() += 1;
        }
        seen += page.len();
        after = page.last().map(|letter| letter.job.seq);
        if page.len() < PAGE {
            break;
        }
    }
    Ok(found.into_iter().collect())
}
