//! `queue`: its arguments and what it prints.

use super::Failure;
use super::commands::{Setup, finish_output, runtime};
use super::confirm::confirmed;
use super::store_access;
use crate::admin::render;
use crate::admin::request::{Item, QueueChange, QueueFilter, Request};
use crate::domain::UserId;
use clap::Subcommand;
use std::io::{self, BufWriter, Write};

/// What `queue` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Everything that waits, then the dead letters. Never a word of a message.
    List {
        /// Only what was given up.
        #[arg(long, conflicts_with = "waiting")]
        dead: bool,
        /// Only what waits or is at work.
        #[arg(long)]
        waiting: bool,
        /// Only of this learner (a Telegram user id).
        #[arg(long, value_name = "ID")]
        user: Option<i64>,
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// One message of the queue.
    Show {
        /// Its number, as in `queue list`.
        number: u64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put a dead letter back into the queue, or make a waiting message due at once.
    Retry {
        /// Its number, as in `queue list`.
        number: u64,
    },
    /// Remove a dead letter or a waiting message for good: it will not be answered.
    ///
    /// Asks first. The learner of a waiting message is told; of a dead letter he was told when it was given up.
    Drop {
        /// Its number, as in `queue list`.
        number: u64,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn run(setup: Setup, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { dead, waiting, user, json } => {
            let wanted = if dead || waiting { Some(dead) } else { None };
            let filter = QueueFilter { dead: wanted, user: user.map(UserId), number: None };
            list(setup, filter, json)
        }
        Command::Show { number, json } => {
            list(setup, QueueFilter { number: Some(number), ..QueueFilter::default() }, json)
        }
        Command::Retry { number } => change(setup, number, QueueChange::Retry),
        Command::Drop { number, yes } => {
            confirmed(&format!("Message {number} will be removed for good, unanswered."), yes)?;
            change(setup, number, QueueChange::Drop)
        }
    }
}

fn list(setup: Setup, filter: QueueFilter, json: bool) -> Result<(), Failure> {
    let one = filter.number.is_some();
    let mut out = BufWriter::new(io::stdout());
    runtime()?.block_on(async {
        let mut begun = json || one;
        store_access::ask(setup, Request::Queue(filter), |item| {
            if !std::mem::replace(&mut begun, true) {
                writeln!(out, "{}", render::queue_heading())?;
            }
            let Item::Queued(row) = item else { return Ok(()) };
            match (json, one) {
                (true, _) => writeln!(out, "{}", render::queue_json(&row)),
                (false, false) => writeln!(out, "{}", render::queue_line(&row)),
                (false, true) => write!(out, "{}", render::queue_text(&row)),
            }
        })
        .await?;
        if !begun {
            finish_output(writeln!(io::stderr(), "nothing waits and nothing was given up"))?;
        }
        Ok::<(), Failure>(())
    })?;
    finish_output(out.flush())
}

fn change(setup: Setup, number: u64, change: QueueChange) -> Result<(), Failure> {
    let asked = store_access::ask(setup, Request::Change { number, change }, |_| Ok(()));
    runtime()?.block_on(asked)?;
    let done = if change == QueueChange::Retry { "due now" } else { "dropped" };
    finish_output(writeln!(io::stdout(), "{number}: {done}"))
}
