//! `top`: watches the running daemon, in the terminal or as a stream of JSON. Must not know how the screen is
//! drawn.

use super::Failure;
use super::commands::{Setup, finish_output, runtime};
use super::store_access::{self, failure};
use crate::admin::client::{AdminClient, ClientError};
use crate::admin::request::{Item, Request};
use crate::admin::shared::Shared;
use crate::admin::snapshot::Snapshot;
use crate::config::Config;
use crate::store::StoreError;
use crate::top::{self, News};
use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// Snapshots buffered for the screen.
const WAITING: usize = 8;
/// Pause before looking again for a daemon that went away.
const AGAIN: Duration = Duration::from_secs(1);

/// Its arguments.
#[derive(Debug, Args)]
pub(crate) struct Top {
    /// Seconds between two looks, 0.1 to 60.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    every: f64,
    /// One JSON object a look instead of a screen.
    #[arg(long)]
    json: bool,
    /// With --json: end after so many looks.
    #[arg(long, value_name = "N", requires = "json")]
    count: Option<u64>,
}

pub(crate) fn run(setup: Setup, arguments: &Top) -> Result<(), Failure> {
    if !(0.1..=60.0).contains(&arguments.every) {
        return Err(Failure::Config("--every takes 0.1 to 60 seconds".to_owned()));
    }
    let config = setup.load(false)?.config;
    let request = Request::Watch { pause_ms: (arguments.every * 1000.0) as u64 };
    if arguments.json {
        return runtime()?.block_on(stream(&config, request, arguments.count.unwrap_or(u64::MAX)));
    }
    if !io::stdout().is_terminal() {
        return Err(Failure::Config(
            "top draws on a terminal; into a file or a pipe goes top --json, or stats".to_owned(),
        ));
    }
    let runtime = runtime()?;
    // If the first request finds no daemon, there is nothing to draw.
    let client = runtime.block_on(daemon(&config)).map_err(failure)?;
    let (sender, receiver) = sync_channel(WAITING);
    runtime.spawn(follow(config, client, request, sender));
    let shown = top::show(&receiver).context("drawing on the terminal");
    // Requests still open end with us.
    runtime.shutdown_background();
    shown.map_err(Failure::from)
}

async fn daemon(config: &Config) -> Result<AdminClient, ClientError> {
    let nobody =
        || ClientError::Unreachable("no daemon runs on this store, so there is nothing to watch".to_owned());
    store_access::open_daemon(config).await.map_err(|error| match error {
        ClientError::Store(StoreError::Closed) => nobody(),
        other => other,
    })
}

/// A line of `--json`.
#[derive(Serialize)]
struct Look<'a> {
    #[serde(flatten)]
    snapshot: &'a Snapshot,
    /// What the daemon that was asked is to a shared store; without one it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_store: Option<&'a Shared>,
}

async fn stream(config: &Config, request: Request, count: u64) -> Result<(), Failure> {
    let mut client = daemon(config).await.map_err(failure)?;
    let (mut out, mut left, shared_store) = (io::stdout(), count, client.shared());
    let mut line = |item: Item| {
        let Item::Snapshot(snapshot) = item else { return Ok(()) };
        writeln!(
            out,
            "{}",
            serde_json::to_string(&Look { snapshot: &snapshot, shared_store: shared_store.as_ref() })?
        )?;
        out.flush()?;
        left = left.saturating_sub(1);
        // Returning an error is the only way to stop the stream.
        if left == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    };
    match client.ask(request, &mut line).await {
        Err(ClientError::Output(error)) => finish_output(Err(error)),
        other => other.map_err(failure),
    }
}

/// Sends snapshots to the screen, and waits for a daemon that goes away to come back.
async fn follow(config: Config, mut client: AdminClient, request: Request, screen: SyncSender<News>) {
    loop {
        if screen.send(News::From(client.shared())).is_err() {
            return;
        }
        let to = screen.clone();
        let mut show = move |item: Item| {
            let Item::Snapshot(snapshot) = item else { return Ok(()) };
            to.send(News::Snapshot(snapshot)).map_err(|_| io::ErrorKind::BrokenPipe.into())
        };
        let ended = client.ask(request.clone(), &mut show).await;
        if matches!(ended, Err(ClientError::Output(_))) {
            return;
        }
        loop {
            if screen.send(News::Silence("the daemon does not answer any more".to_owned())).is_err() {
                return;
            }
            tokio::time::sleep(AGAIN).await;
            if let Ok(found) = daemon(&config).await {
                client = found;
                break;
            }
        }
    }
}
