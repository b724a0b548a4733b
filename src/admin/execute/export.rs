//! `sessions export`: everything held about a learner, piece by piece. Must not know what the files look
//! like.

use super::{Context, PAGE, Sink, Stopped, queue, sessions};
use crate::admin::request::{Item, Refusal, Wanted};
use crate::domain::data_export::{Held, Pending};
use crate::domain::rate::RateState;
use crate::domain::{AlertKind, Job, Session, Timestamp, UserId};
use uuid::Uuid;

pub(crate) async fn held(context: &Context, wanted: Wanted, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let user = match wanted {
        Wanted::User(user) => user,
        Wanted::Session(id) => {
            let found = sessions::find(context, id).await?;
            found
                .ok_or_else(|| Refusal::not_found(format!("no session {id}; `sessions list` shows all")))?
                .user
        }
    };
    let mut file = File { user, any: false, sink };
    let store = &context.store;
    if let Some(learner) = store.learner(user).await? {
        file.add(Held::Learner(learner)).await?;
    }
    let mut cursor = None;
    loop {
        let page = store.sessions_of(user, cursor, PAGE).await?;
        for session in page.sessions {
            conversation(context, session, &mut file).await?;
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    pending(context, &mut file).await?;
    let rate = store.rate(user).await?;
    if rate != RateState::default() {
        file.add(Held::Rate(rate)).await?;
    }
    if let Some(membership) = store.membership(user).await? {
        file.add(Held::Membership(membership)).await?;
    }
    for kind in AlertKind::ALL {
        if let Some(told) = store.told(user, kind).await? {
            file.add(Held::Alert(kind.name().to_owned(), told)).await?;
        }
    }
    if store.menus().await?.contains(&user) {
        file.add(Held::Menu).await?;
    }
    match file.any {
        true => Ok(()),
        false => Err(Refusal::not_found(format!("nothing is held about user {user}")).into()),
    }
}

/// Sends the pieces; the learner they belong to goes first.
struct File<'a> {
    user: UserId,
    any: bool,
    sink: &'a mut dyn Sink,
}

impl File<'_> {
    async fn add(&mut self, held: Held) -> Result<(), Stopped> {
        if !std::mem::replace(&mut self.any, true) {
            self.sink.item(Item::Held(Box::new(Held::User(self.user)))).await?;
        }
        Ok(self.sink.item(Item::Held(Box::new(held))).await?)
    }
}

/// A session with its turns, fetched one at a time: a page of turns may be large.
async fn conversation(context: &Context, session: Session, file: &mut File<'_>) -> Result<(), Stopped> {
    const TURNS: usize = 16;
    let (user, id) = (session.user, session.id);
    file.add(Held::Session(session)).await?;
    let mut skip = 0;
    loop {
        let (turns, _) = context.store.turns(user, id, skip, TURNS).await?;
        skip += turns.len();
        let last = turns.len() < TURNS;
        for turn in turns {
            file.add(Held::Turn(turn)).await?;
        }
        if last {
            break;
        }
    }
    purge(context, id, file).await
}

/// Whether the tutor still has to forget a conversation.
async fn purge(context: &Context, session: Uuid, file: &mut File<'_>) -> Result<(), Stopped> {
    match context.store.purge_of(session).await? {
        Some(_) => file.add(Held::Purge(session)).await,
        None => Ok(()),
    }
}

/// The learner's rows and dead letters.
async fn pending(context: &Context, file: &mut File<'_>) -> Result<(), Stopped> {
    let (store, user) = (&context.store, file.user);
    let mut after = None;
    loop {
        let jobs = store.jobs(after, PAGE).await?;
        after = jobs.last().map(|job| job.seq);
        for job in jobs.into_iter().filter(|job| job.user == user) {
            row(context, job, None, file).await?;
        }
        if after.is_none() {
            break;
        }
    }
    loop {
        let letters = store.dead_letters(after, PAGE).await?;
        after = letters.last().map(|letter| letter.job.seq);
        for letter in letters.into_iter().filter(|letter| letter.job.user == user) {
            row(context, letter.job, Some((letter.at, letter.reason.with(&letter.detail))), file).await?;
        }
        if after.is_none() {
            return Ok(());
        }
    }
}

/// A row or a dead letter, with the replies still to be sent.
async fn row(
    context: &Context,
    job: Job,
    given_up: Option<(Timestamp, String)>,
    file: &mut File<'_>,
) -> Result<(), Stopped> {
    let replies = context.store.left_to_send(job.seq, given_up.is_some()).await?;
    let kind = queue::kind(&job).to_owned();
    let session = job.stage.conversation();
    file.add(Held::Pending(Box::new(Pending { kind, job, given_up, replies }))).await?;
    match session {
        Some(session) => purge(context, session, file).await,
        None => Ok(()),
    }
}
