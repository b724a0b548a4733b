//! `stats`: counts, rates and latencies as text. Must not know how they are counted.

use super::Failure;
use super::commands::{Setup, finish_output, runtime};
use super::store_access::{self, failure};
use crate::admin::render;
use crate::admin::request::{Item, Request};
use std::io::{self, Write};

pub(crate) fn run(setup: Setup, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout();
    runtime()?.block_on(async {
        let mut client = store_access::open(setup).await?;
        let shared = client.shared();
        let mut receive = |item| {
            let Item::Stats(report) = item else { return Ok(()) };
            if json {
                return writeln!(out, "{}", render::stats_json(&report, shared.as_ref()));
            }
            write!(out, "{}", render::stats_text(&report, shared.as_ref()))
        };
        let answered = client.ask(Request::Stats, &mut receive).await.map_err(failure);
        answered.and(client.close().await.map_err(failure))
    })?;
    finish_output(out.flush())
}
