//! `sessions`: its arguments and what it prints.

use super::Failure;
use super::commands::{Setup, finish_output, runtime};
use super::door;
use crate::admin::render;
use crate::admin::request::{Item, Request, SessionFilter, Wanted};
use clap::Subcommand;
use std::io::{self, BufWriter, Write};

/// What `sessions` does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// All sessions, learner by learner.
    List {
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// One session, or all of one learner.
    Show {
        /// A Telegram user id or a session id.
        id: String,
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub fn run(setup: Setup, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { json } => list(setup, SessionFilter::default(), json),
        Command::Show { id, json } => show(setup, id.parse().map_err(Failure::Config)?, json),
    }
}

fn list(setup: Setup, filter: SessionFilter, json: bool) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout());
    runtime()?.block_on(async {
        let mut begun = json;
        door::ask(setup, Request::Sessions(filter), |item| {
            if !std::mem::replace(&mut begun, true) {
                writeln!(out, "{}", render::session_heading())?;
            }
            let Item::Session(row) = item else { return Ok(()) };
            if json {
                writeln!(out, "{}", render::session_json(&row))
            } else {
                writeln!(out, "{}", render::session_line(&row))
            }
        })
        .await?;
        if !begun {
            finish_output(writeln!(io::stderr(), "no session"))?;
        }
        Ok::<(), Failure>(())
    })?;
    finish_output(out.flush())
}

fn show(setup: Setup, wanted: Wanted, json: bool) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout());
    let mut gap = "";
    runtime()?.block_on(door::ask(setup, Request::Session(wanted), |item| {
        let Item::Detail(detail) = item else { return Ok(()) };
        if json {
            return writeln!(out, "{}", render::detail_json(&detail));
        }
        write!(out, "{}{}", std::mem::replace(&mut gap, "\n"), render::detail_text(&detail))
    }))?;
    finish_output(out.flush())
}
