//! `sessions export`: all that is held about a learner, piece by piece.

use super::{Context, PAGE, Sink, Stopped, queue, sessions};
use crate::admin::request::{Item, Refusal, Wanted};
use crate::domain::dossier::{Held, Pending};
use crate::domain::rate::RateState;
use crate::domain::{Job, Session, UserId};

/// Streams it.
pub async fn held(context: &Context, wanted: Wanted, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let user = match wanted {
        Wanted::User(user) => user,
        Wanted::Session(id) => {
            let found = sessions::find(context, id).await?;
            found
                .ok_or_else(|| Refusal::not_found(format!("no session {id}; `sessions list` shows all")))?
                .user
        }
    };
    let store = &context.store;
    let mut any = false;
    if let Some(learner) = store.learner(user).await? {
        any = true;
        tell(sink, Held::Learner(learner)).await?;
    }
    let mut cursor = None;
    loop {
        let page = store.sessions_of(user, cursor, PAGE).await?;
        for session in page.sessions {
            any = true;
            conversation(context, session, sink).await?;
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    any |= pending(context, user, sink).await?;
    let rate = store.rate(user).await?;
    if rate != RateState::default() {
        any = true;
        tell(sink, Held::Rate(rate)).await?;
    }
    if any { Ok(()) } else { Err(Refusal::not_found(format!("nothing is held about user {user}")).into()) }
}

async fn tell(sink: &mut dyn Sink, held: Held) -> Result<(), Stopped> {
    Ok(sink.item(Item::Held(Box::new(held))).await?)
}

/// A session with its turns. A turn at a time would be a flush of the store's thread at a time; a page of them may be large.
async fn conversation(context: &Context, session: Session, sink: &mut dyn Sink) -> Result<(), Stopped> {
    const TURNS: usize = 16;
    let (user, id) = (session.user, session.id);
    tell(sink, Held::Session(session)).await?;
    let mut skip = 0;
    loop {
        let (turns, _) = context.store.turns(user, id, skip, TURNS).await?;
        skip += turns.len();
        let last = turns.len() < TURNS;
        for turn in turns {
            tell(sink, Held::Turn(turn)).await?;
        }
        if last {
            break;
        }
    }
    if context.store.purge_of(id).await?.is_some() {
        tell(sink, Held::Purge(id)).await?;
    }
    Ok(())
}

/// What of the learner's is in the queue.
async fn pending(context: &Context, user: UserId, sink: &mut dyn Sink) -> Result<bool, Stopped> {
    let piece = |job: &Job, given_up: Option<String>| {
        Held::Pending(Pending {
            number: job.seq,
            kind: queue::kind(job).to_owned(),
            accepted_at: job.accepted_at,
            attempts: job.attempts,
            given_up,
        })
    };
    let (mut any, mut after) = (false, None);
    loop {
        let jobs = context.store.jobs(after, PAGE).await?;
        after = jobs.last().map(|job| job.seq);
        for job in jobs.iter().filter(|job| job.user == user) {
            any = true;
            tell(sink, piece(job, None)).await?;
        }
        if after.is_none() {
            break;
        }
    }
    loop {
        let letters = context.store.dead_letters(after, PAGE).await?;
        after = letters.last().map(|letter| letter.job.seq);
        for letter in letters.iter().filter(|letter| letter.job.user == user) {
            any = true;
            tell(sink, piece(&letter.job, Some(letter.reason.clone()))).await?;
        }
        if after.is_none() {
            return Ok(any);
        }
    }
}
