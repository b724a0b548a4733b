//! `stats`: counts, rates and latencies as text. Must not know how they are counted.

use super::Failure;
use super::commands::{Setup, finish_output, runtime};
use super::store_access;
use crate::admin::render;
use crate::admin::request::{Item, Request};
use std::io::{self, Write};

pub(crate) fn run(setup: Setup, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout();
    runtime()?.block_on(store_access::ask(setup, Request::Stats, |item| {
        let Item::Stats(report) = item else { return Ok(()) };
        if json {
            return writeln!(out, "{}", render::stats_json(&report));
        }
        write!(out, "{}", render::stats_text(&report))
    }))?;
    finish_output(out.flush())
}
