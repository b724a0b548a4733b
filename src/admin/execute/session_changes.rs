//! `sessions delete|expire|import`. Must not know who asks.

use super::{Context, PAGE, Sink, Stopped};
use crate::admin::request::{IMPORTS, Item, Refusal};
use crate::domain::{SessionState, Timestamp, UserId};
use crate::store::{Home, Import, Removed};
use std::io;
use tokio::task::spawn_blocking;

pub(crate) async fn delete(context: &Context, user: UserId, sink: &mut dyn Sink) -> Result<(), Stopped> {
    note(context).await?;
    let removed = context.store.forget(user, context.host.now()).await?;
    if removed == Removed::default() {
        return Err(Refusal::not_found(format!("nothing is held about user {user}")).into());
    }
    context.host.forgotten(user);
    context.host.purges_added();
    sink.item(Item::Deleted(removed)).await?;
    Ok(())
}

/// Notes that deleted bytes have to be cleared from the database's files. Written before the deletion: a
/// crash between the two leaves a superfluous note rather than bytes that nobody clears.
async fn note(context: &Context) -> Result<(), Stopped> {
    if context.host.shared().is_some() {
        // No files of ours hold them.
        return Ok(());
    }
    let home = Home::at(&context.root);
    let noted = spawn_blocking(move || home.note_forgotten()).await;
    let noted = noted.unwrap_or_else(|_| Err(io::Error::other("it failed unexpectedly")));
    Ok(noted.map_err(|error| {
        Refusal::failed(format!(
            "nothing was deleted: that bytes are to be cleared could not be noted in {} ({error})",
            context.root.display()
        ))
    })?)
}

/// Ends idle sessions and removes ended ones that are old enough.
pub(crate) async fn expire(
    context: &Context,
    older_than_ms: Option<i64>,
    dry: bool,
    sink: &mut dyn Sink,
) -> Result<(), Stopped> {
    let now = context.host.now();
    let (idle, age) = (context.session_timeout_ms, older_than_ms.unwrap_or(context.session_retention_ms));
    let ended_before = now.plus_ms(-age.max(0));
    let (archived, removed) = if dry {
        count(context, now, ended_before).await?
    } else {
        let (mut archived, mut cursor) = (0, None);
        loop {
            let step = context.store.archive_idle(now.plus_ms(-idle), idle, cursor, now).await?;
            archived += step.sessions as u64;
            cursor = step.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut removed = 0;
        loop {
            let step = context.store.expire_archived(ended_before, PAGE, now).await? as u64;
            removed += step;
            if step == 0 {
                break;
            }
        }
        context.host.purges_added();
        (archived, removed)
    };
    sink.item(Item::Expired { archived, removed }).await?;
    Ok(())
}

/// Counts what [`expire`] would do.
async fn count(context: &Context, now: Timestamp, ended_before: Timestamp) -> Result<(u64, u64), Stopped> {
    let idle = context.session_timeout_ms;
    let (mut archived, mut removed, mut cursor) = (0, 0, None);
    loop {
        let page = context.store.sessions(cursor, PAGE).await?;
        for session in page.sessions {
            let ended = match session.state(now, idle) {
                SessionState::Active => continue,
                // A learner who is being answered is not idle.
                SessionState::Idle if context.store.place(session.user).await?.own > 0 => continue,
                SessionState::Idle => {
                    let learner = context.store.learner(session.user).await?;
                    let used = learner.map(|learner| learner.in_use_since(&session));
                    let ends = used.unwrap_or(session.last_activity).plus_ms(idle);
                    // An imported session may have been taken over only recently.
                    if ends > now {
                        continue;
                    }
                    archived += 1;
                    ends
                }
                SessionState::Archived => session.archived_at.unwrap_or(session.last_activity),
            };
            removed += u64::from(ended < ended_before);
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok((archived, removed)),
        }
    }
}

/// Takes over sessions of another bot.
pub(crate) async fn import(
    context: &Context,
    sessions: Vec<Import>,
    dry: bool,
    sink: &mut dyn Sink,
) -> Result<(), Stopped> {
    if sessions.len() > IMPORTS {
        return Err(Refusal::failed(format!("more than {IMPORTS} sessions in one go")).into());
    }
    for imported in context.store.import(sessions, dry, context.host.now()).await? {
        sink.item(Item::Imported(imported)).await?;
    }
    Ok(())
}
