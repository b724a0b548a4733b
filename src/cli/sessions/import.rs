//! `sessions import`: sends the old bot's sessions to the store and reports what became of them. Must not
//! know how they are merged.

use crate::admin::old_bot::{self, Zone};
use crate::admin::render;
use crate::admin::request::{IMPORTS, Item, Request};
use crate::app::millis;
use crate::cli::commands::{Setup, finish_output, runtime};
use crate::cli::{Failure, store_access};
use crate::config::Config;
use crate::daemon::clock::Clock;
use crate::domain::{Timestamp, printable};
use crate::secure_fs;
use crate::store::{Import, Imported, Merged};
use std::io::{self, Write};
use std::path::Path;

/// `dry`: only report what would happen.
pub(crate) fn run(setup: Setup, path: &Path, dry: bool, zone: Zone) -> Result<(), Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", printable::path(path)));
    let config = setup.load(false)?.config;
    let file = secure_fs::open(path).map_err(|error| failed(&error))?;
    let now = Clock::start().now();
    let found = old_bot::read(file, zone, now).map_err(|error| failed(&error))?;
    let outcomes = runtime()?.block_on(hand_over(&config, &found.sessions, dry))?;
    let mut errors = io::stderr();
    for problem in found.problems.iter().chain(&found.remarks) {
        let _ = writeln!(errors, "{}: {}", problem.place, problem.why);
    }
    let told: Vec<(&Import, Imported)> = found.sessions.iter().zip(outcomes).collect();
    for (import, outcome) in &told {
        if let Imported::Merged(merged) = outcome {
            let _ = writeln!(errors, "{}", joined(import, *merged, dry));
        }
    }
    for warning in warnings(&told, &config, now) {
        let _ = writeln!(errors, "warning: {warning}");
    }
    let count = |wanted: fn(&Imported) -> bool| told.iter().filter(|(_, outcome)| wanted(outcome)).count();
    let would = if dry { "would be " } else { "" };
    finish_output(writeln!(
        io::stdout(),
        "{} session(s) {would}taken over, {} {would}merged with what learners have here, {} known already, {} row(s) not usable",
        count(|outcome| *outcome == Imported::Taken),
        count(|outcome| matches!(outcome, Imported::Merged(_))),
        count(|outcome| *outcome == Imported::Known),
        found.problems.len()
    ))
}

/// What became of each session, in order.
async fn hand_over(config: &Config, sessions: &[Import], dry: bool) -> Result<Vec<Imported>, Failure> {
    // Sessions may be imported before the daemon's first start, which makes the store; a dry run must not.
    let mut client = if dry {
        store_access::open_or_imagine(config).await?
    } else {
        store_access::open_or_make(config).await?
    };
    let mut outcomes = Vec::new();
    let mut asked = Ok(());
    for some in sessions.chunks(IMPORTS) {
        let mut take = |item: Item| -> io::Result<()> {
            if let Item::Imported(outcome) = item {
                outcomes.push(outcome);
            }
            Ok(())
        };
        asked = client.ask(Request::Import { sessions: some.to_vec(), dry }, &mut take).await;
        if asked.is_err() {
            break;
        }
    }
    asked.and(client.close().await).map_err(store_access::failure)?;
    Ok(outcomes)
}

/// Reports on a learner who already exists here.
fn joined(import: &Import, merged: Merged, dry: bool) -> String {
    let (would, turns) = (if dry { "would be " } else { "" }, import.turns);
    let place = match merged.open {
        true => "their conversation goes on here, since none with a turn in it was begun",
        false => "they go on with the conversation begun here; the old one is among those that ended",
    };
    let mut text = format!("learner {}: {would}merged: {place} ({turns} turn(s) counted", import.user);
    if let Some(language) = import.language.as_deref().filter(|_| merged.language) {
        text.push_str(&format!(", language {language}"));
    }
    if let Some(level) = import.level.filter(|_| merged.level) {
        text.push_str(&format!(", level {}", level.as_str()));
    }
    text.push(')');
    text
}

/// What will not work for the imported conversations.
fn warnings(told: &[(&Import, Imported)], config: &Config, now: Timestamp) -> Vec<String> {
    let (idle, kept) = (millis(config.session_timeout), millis(config.session_retention));
    let fresh = told.iter().filter(|(_, outcome)| *outcome != Imported::Known);
    let ages: Vec<i64> = fresh.map(|(import, _)| now.since_ms(import.last_activity)).collect();
    let older = |than: i64| ages.iter().filter(|age| **age > than).count();
    let mut warnings = Vec::new();
    if older(idle) > 0 {
        warnings.push(format!(
            "{} of these conversations were last used more than {} hour(s) ago (SESSION_TIMEOUT_HOURS): the next voice message of \
             their learners begins a new one",
            older(idle),
            idle / 3_600_000
        ));
    }
    if older(kept) > 0 {
        warnings.push(format!(
            "{} of these conversations were last used more than {} day(s) ago (SESSION_RETENTION_DAYS). That time counts from the \
             import: unless their learners write before, they expire on {}, here and at the tutor",
            older(kept),
            kept / 86_400_000,
            render::moment(now.plus_ms(idle.saturating_add(kept)))
        ));
    }
    warnings
}
