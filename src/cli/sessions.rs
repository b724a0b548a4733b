//! `sessions`: its arguments, and what looking at sessions prints.

mod change;
mod export;
mod import;

use super::Failure;
use super::commands::{Setup, finish_output, runtime};
use super::store_access;
use super::when::{When, span_ms};
use crate::admin::old_bot::Zone;
use crate::admin::render;
use crate::admin::request::{Item, Request, SessionFilter, SessionRow, Wanted};
use crate::admin::sort::{Key, Sorter};
use crate::daemon::clock::Clock;
use crate::domain::{SessionState, UserId};
use clap::{Args, Subcommand, ValueEnum};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::PathBuf;

/// What `sessions` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// All sessions, learner by learner: by user id, in an encrypted store by a hash of it.
    List(List),
    /// One session, or all of one learner.
    Show {
        /// A Telegram user id or a session id.
        id: String,
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// Everything held about a learner, as one JSON and one Markdown file.
    Export {
        /// A Telegram user id, or the id of one of the learner's sessions.
        id: String,
        /// The folder to write into.
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        out: PathBuf,
        /// Overwrite existing files.
        #[arg(long)]
        force: bool,
    },
    /// Remove everything held about a learner, here and at the tutor, as the learner's own /delete does.
    Delete {
        /// The Telegram user id.
        user: i64,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// End idle sessions and remove ended ones that are old enough, now.
    Expire {
        /// Remove sessions that ended at least so long ago, such as 30d [default: SESSION_RETENTION_DAYS].
        #[arg(long, value_name = "SPAN", value_parser = span_ms)]
        older_than: Option<i64>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Take over the sessions of the old Python bot, so that learners keep their conversations.
    Import {
        /// The old bot's telegram_sessions.json.
        file: PathBuf,
        /// Only say what would come of it.
        #[arg(long)]
        dry_run: bool,
        /// How far the old bot's clock was ahead of UTC, such as -03:00.
        #[arg(long, value_name = "OFFSET", default_value = "Z", allow_hyphen_values = true)]
        utc_offset: Zone,
    },
}

/// `sessions list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only in this state.
    #[arg(long)]
    state: Option<State>,
    /// Only of this learner (a Telegram user id).
    #[arg(long, value_name = "ID")]
    user: Option<i64>,
    /// Only last used since then: a day, a moment, or a span back such as 7d.
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Only last used before then.
    #[arg(long, value_name = "WHEN")]
    before: Option<When>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// In this order, smallest first; "user" is by user id in an encrypted store, too. Holds them in memory, about 80 bytes
    /// each [default: as they are kept].
    #[arg(long, value_name = "KEY")]
    sort: Option<SortKey>,
    /// The other way round; without --sort that of "user".
    #[arg(long)]
    reverse: bool,
    /// As JSON, one object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Active,
    Idle,
    Archived,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SortKey {
    User,
    Created,
    Activity,
    Turns,
}

pub(crate) fn run(setup: Setup, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(arguments) => list(setup, &arguments),
        Command::Show { id, json } => show(setup, wanted(&id)?, json),
        Command::Export { id, out, force } => export::run(setup, wanted(&id)?, &out, force),
        Command::Delete { user, yes } => change::delete(setup, UserId(user), yes),
        Command::Expire { older_than, yes } => change::expire(setup, older_than, yes),
        Command::Import { file, dry_run, utc_offset } => import::run(setup, &file, dry_run, utc_offset),
    }
}

fn wanted(id: &str) -> Result<Wanted, Failure> {
    id.parse().map_err(Failure::Config)
}

fn list(setup: Setup, arguments: &List) -> Result<(), Failure> {
    let now = Clock::start().now();
    let reverse = arguments.reverse;
    let as_kept = arguments.sort.is_none() && !reverse;
    let key = match arguments.sort {
        None | Some(SortKey::User) => Key::User,
        Some(SortKey::Created) => Key::Created,
        Some(SortKey::Activity) => Key::Activity,
        Some(SortKey::Turns) => Key::Turns,
    };
    let filter = SessionFilter {
        state: arguments.state.map(|state| match state {
            State::Active => SessionState::Active,
            State::Idle => SessionState::Idle,
            State::Archived => SessionState::Archived,
        }),
        user: arguments.user.map(UserId),
        since: arguments.since.map(|when| when.moment(now)),
        before: arguments.before.map(|when| when.moment(now)),
        limit: arguments.limit.filter(|_| as_kept),
    };
    let mut table = Table { json: arguments.json, begun: false, out: BufWriter::new(io::stdout()) };
    let mut sorter = Sorter::new(key, reverse, arguments.limit);
    runtime()?.block_on(store_access::ask(setup, Request::Sessions(filter), |item| {
        match item {
            Item::Session(row) if as_kept => table.row(&row)?,
            Item::Session(row) => sorter.add(row),
            _ => {}
        }
        Ok(())
    }))?;
    let rows = sorter.end();
    finish_output(rows.iter().try_for_each(|row| table.row(row)).and_then(|()| table.end()))
}

/// Prints the list as aligned columns.
struct Table {
    json: bool,
    begun: bool,
    out: BufWriter<Stdout>,
}

impl Table {
    fn row(&mut self, row: &SessionRow) -> io::Result<()> {
        if self.json {
            self.begun = true;
            return writeln!(self.out, "{}", render::session_json(row));
        }
        if !std::mem::replace(&mut self.begun, true) {
            writeln!(self.out, "{}", render::session_heading())?;
        }
        writeln!(self.out, "{}", render::session_line(row))
    }

    fn end(mut self) -> io::Result<()> {
        if !self.begun && !self.json {
            writeln!(io::stderr(), "no session")?;
        }
        self.out.flush()
    }
}

fn show(setup: Setup, wanted: Wanted, json: bool) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout());
    let mut gap = "";
    runtime()?.block_on(store_access::ask(setup, Request::Session(wanted), |item| {
        let Item::Detail(detail) = item else { return Ok(()) };
        if json {
            return writeln!(out, "{}", render::detail_json(&detail));
        }
        write!(out, "{}{}", std::mem::replace(&mut gap, "\n"), render::detail_text(&detail))
    }))?;
    finish_output(out.flush())
}
