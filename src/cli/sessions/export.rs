//! `sessions export`: two files that only the person who asked may read. Must not know what is exported.

use crate::admin::request::{Item, Request, Wanted};
use crate::cli::Failure;
use crate::cli::commands::{Setup, finish_output, may_write, runtime};
use crate::cli::store_access;
use crate::daemon::clock::Clock;
use crate::domain::data_export::DataExport;
use crate::domain::printable;
use crate::secure_fs;
use anyhow::Context;
use std::io::{self, Write};
use std::path::Path;

pub(crate) fn run(setup: Setup, wanted: Wanted, folder: &Path, force: bool) -> Result<(), Failure> {
    let mut data_export = DataExport::default();
    runtime()?.block_on(store_access::ask(setup, Request::Export(wanted), |item| {
        if let Item::Held(held) = item {
            data_export.add(*held);
        }
        Ok(())
    }))?;
    let now = Clock::start().now();
    let name = match data_export.user() {
        Some(user) => format!("learner-{user}"),
        None => "learner".to_owned(),
    };
    let (json, markdown) = (folder.join(format!("{name}.json")), folder.join(format!("{name}.md")));
    for path in [&json, &markdown] {
        may_write(path, force)?;
    }
    secure_fs::make_folder(folder)
        .with_context(|| format!("making the folder {}", printable::path(folder)))?;
    secure_fs::write(&json, data_export.json(now).as_bytes()).context("writing the JSON file")?;
    secure_fs::write(&markdown, data_export.markdown(now).as_bytes()).context("writing the Markdown file")?;
    let (sessions, turns) = data_export.size();
    finish_output(writeln!(
        io::stdout(),
        "{sessions} session(s) with {turns} turn(s) written to\n{}\n{}",
        printable::path(&json),
        printable::path(&markdown)
    ))
}
