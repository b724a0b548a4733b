//! `sessions delete` and `sessions expire`: the question, the request, the report. Must not know how a
//! learner is deleted.

use crate::admin::request::{Item, Request};
use crate::app::home_of;
use crate::cli::commands::{Setup, finish_output, runtime};
use crate::cli::confirm::confirmed;
use crate::cli::store::shared::clearing;
use crate::cli::{Failure, store_access};
use crate::config::{Config, StoreUrl};
use crate::domain::UserId;
use crate::store::Home;
use crate::store::home::Uncleared;
use std::io::{self, Write};

pub(crate) fn delete(setup: Setup, user: UserId, yes: bool) -> Result<(), Failure> {
    confirmed(&format!("Everything held about learner {user} will be removed, here and at the tutor."), yes)?;
    let config = setup.load(false)?.config;
    runtime()?.block_on(async {
        let mut client = store_access::open_with(&config).await?;
        let mut removed = None;
        let mut take = |item: Item| -> io::Result<()> {
            if let Item::Deleted(what) = item {
                removed = Some(what);
            }
            Ok(())
        };
        let asked = client.ask(Request::Delete(user), &mut take).await.map_err(store_access::failure);
        let running = client.is_daemon();
        asked.and(client.close().await.map_err(store_access::failure))?;
        let removed = removed.unwrap_or_default();
        let later = if running { "" } else { " once the daemon runs" };
        let bytes = match &config.store_url {
            Some(url) => bytes_kept(url, config.store_key.is_some()),
            None if running => bytes_later(&config),
            None => clear(&config),
        };
        let (aside, whose) = match config.store_url {
            Some(_) => ("records in the database that were replaced with --force", " of each machine"),
            None => ("databases moved to damaged-* or replaced-*", ""),
        };
        finish_output(writeln!(
            io::stdout(),
            "removed learner {user}: {} session(s) with {} turn(s), {} card(s), {} message(s) of the queue, {} dead letter(s).\n\
             The tutor is asked to forget {} conversation(s){later}. {bytes}\n\
             What was put aside before still holds the learner: backups, {aside}, and the daily exports{whose}, of which the \
             last is gone in 7 days.",
            removed.sessions, removed.turns, removed.cards, removed.queued, removed.dead, removed.purges
        ))
    })
}

/// Says what a shared database still holds of the deleted bytes.
fn bytes_kept(url: &StoreUrl, is_sealed: bool) -> String {
    if is_sealed {
        return format!(
            "What the database at {url} keeps of it in its own log and backups can be read with the store's key only."
        );
    }
    format!(
        "The database at {url} may keep its bytes in its own log, replicas and backups, where only its administrator can clear \
         them: {}.",
        clearing(url)
    )
}

/// Says when the deleted bytes leave the database's files, if a running daemon holds them.
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

/// Clears the deleted bytes at once. A failure is only told: the learner's records are gone in any case.
fn clear(config: &Config) -> String {
    let home = home_of(config).as_owner().map_err(|error| error.to_string());
    match home.and_then(|(home, _acting)| home.clean(&mut |_| ()).map_err(|error| error.to_string())) {
        Ok(_) => "Its bytes are gone from the database's files.".to_owned(),
        Err(why) => format!(
            "Its bytes are still in the database's files ({why}); `phonicflow-bot store clean` tries again, as does the \
             daemon's next start."
        ),
    }
}

/// The store is not held open during the question: a daemon may start meanwhile.
pub(crate) fn expire(setup: Setup, older_than_ms: Option<i64>, yes: bool) -> Result<(), Failure> {
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
        let mut client = store_access::open_with(config).await?;
        let asked = client
            .ask(Request::Expire { older_than_ms, dry }, &mut take)
            .await
            .map_err(store_access::failure);
        asked.and(client.close().await.map_err(store_access::failure))
    })?;
    Ok(told)
}
