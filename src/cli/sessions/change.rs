//! `sessions delete|expire|import`: what they ask, send and tell.

use crate::admin::old_bot::{self, Zone};
use crate::admin::request::{IMPORTS, Item, Request};
use crate::app::home_of;
use crate::cli::commands::{Setup, finish_output, runtime};
use crate::cli::confirm::confirmed;
use crate::cli::owner::KeptOwner;
use crate::cli::{Failure, door};
use crate::config::Config;
use crate::daemon::clock::Clock;
use crate::domain::UserId;
use crate::store::home::Uncleared;
use crate::store::{Home, Imported};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// `sessions delete`.
pub fn delete(setup: Setup, user: UserId, yes: bool) -> Result<(), Failure> {
    confirmed(&format!("Everything held about learner {user} will be removed, here and at the tutor."), yes)?;
    let config = setup.load(false)?.config;
    runtime()?.block_on(async {
        let mut door = door::open_with(&config).await?;
        let mut removed = None;
        let mut take = |item: Item| -> io::Result<()> {
            if let Item::Deleted(what) = item {
                removed = Some(what);
            }
            Ok(())
        };
        let asked = door.ask(Request::Delete(user), &mut take).await.map_err(door::failure);
        let running = door.is_daemon();
        asked.and(door.close().await.map_err(door::failure))?;
        let removed = removed.unwrap_or_default();
        let (later, bytes) = if running { ("", bytes_later(&config)) } else { (" once the daemon runs", clear(&config)) };
        finish_output(writeln!(
            io::stdout(),
            "removed learner {user}: {} session(s) with {} turn(s), {} message(s) of the queue, {} dead letter(s).\n\
             The tutor is asked to forget {} conversation(s){later}. {bytes}\n\
             What was put aside before still holds the learner: backups, databases moved to damaged-* or replaced-*, and the \
             daily exports, of which the last is gone in 7 days.",
            removed.sessions, removed.turns, removed.queued, removed.dead, removed.purges
        ))
    })
}

/// What becomes of the deleted bytes where a daemon holds the database.
fn bytes_later(config: &Config) -> String {
    let left = match Home::at(&config.session_storage_path).uncleared() {
        None => return "Its bytes are gone from the database's files.".to_owned(),
        Some(Uncleared::NextStart) => {
            "Its bytes leave the database's files when the daemon stops, or at its next start."
        }
        Some(Uncleared::ByHand) => {
            "Its bytes stay in the database's files until you stop the daemon and run `phonicflow-bot store clean`: its start \
             takes too long for that."
        }
    };
    left.to_owned()
}

/// Clears them at once. The learner is gone by now, whatever becomes of the bytes.
fn clear(config: &Config) -> String {
    let _owner = KeptOwner::of(config);
    match home_of(config).clean(&mut |_| ()) {
        Ok(_) => "Its bytes are gone from the database's files.".to_owned(),
        Err(why) => format!(
            "Its bytes are still in the database's files ({why}); `phonicflow-bot store clean` tries again, as does the \
             daemon's next start."
        ),
    }
}

/// `sessions expire`. The store is not held while the person thinks: a daemon may start meanwhile.
pub fn expire(setup: Setup, older_than_ms: Option<i64>, yes: bool) -> Result<(), Failure> {
    let config = setup.load(false)?.config;
    if !yes {
        let (archived, removed) = expired(&config, older_than_ms, true)?;
        if (archived, removed) == (0, 0) {
            return finish_output(writeln!(io::stdout(), "nothing to expire"));
        }
        confirmed(
            &format!(
                "{archived} idle session(s) will be ended, {removed} ended one(s) removed, here and at the tutor."
            ),
            false,
        )?;
    }
    let (archived, removed) = expired(&config, older_than_ms, false)?;
    finish_output(writeln!(io::stdout(), "{archived} idle session(s) ended, {removed} ended one(s) removed"))
}

fn expired(config: &Config, older_than_ms: Option<i64>, dry: bool) -> Result<(u64, u64), Failure> {
    let mut told = (0, 0);
    let mut take = |item: Item| -> io::Result<()> {
        if let Item::Expired { archived, removed } = item {
            told = (archived, removed);
        }
        Ok(())
    };
    runtime()?.block_on(async {
        let mut door = door::open_with(config).await?;
        let asked = door.ask(Request::Expire { older_than_ms, dry }, &mut take).await.map_err(door::failure);
        asked.and(door.close().await.map_err(door::failure))
    })?;
    Ok(told)
}

/// `sessions import`.
pub fn import(setup: Setup, path: &Path, dry: bool, zone: Zone) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", path.display()));
    let config = setup.load(false)?.config;
    let file = File::open(path).map_err(|error| failed(&error))?;
    let found = old_bot::read(file, zone, Clock::start().now()).map_err(|error| failed(&error))?;
    let outcomes = runtime()?.block_on(async {
        // Learners may be taken over before the first start.
        let mut door =
            if dry { door::open_with(&config).await? } else { door::open_or_make(&config).await? };
        let mut outcomes = Vec::new();
        let mut asked = Ok(());
        for sessions in found.sessions.chunks(IMPORTS) {
            let mut take = |item: Item| -> io::Result<()> {
                if let Item::Imported(outcome) = item {
                    outcomes.push(outcome);
                }
                Ok(())
            };
            asked = door.ask(Request::Import { sessions: sessions.to_vec(), dry }, &mut take).await;
            if asked.is_err() {
                break;
            }
        }
        asked.and(door.close().await).map_err(door::failure)?;
        Ok::<_, Failure>(outcomes)
    })?;
    let mut errors = io::stderr();
    for problem in &found.problems {
        let _ = writeln!(errors, "{}: {}", problem.place, problem.why);
    }
    for (session, _) in found.sessions.iter().zip(&outcomes).filter(|(_, what)| **what == Imported::Busy) {
        let _ = writeln!(errors, "learner {}: has an open session here already and keeps it", session.user);
    }
    let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    let taken = if dry { "would be taken over" } else { "taken over" };
    finish_output(writeln!(
        io::stdout(),
        "{} session(s) {taken}, {} known already, {} kept out by an open session here, {} row(s) not usable",
        count(Imported::Taken),
        count(Imported::Known),
        count(Imported::Busy),
        found.problems.len()
    ))
}
