//! What each command does, from its arguments to what it prints. Must not know how arguments are parsed.

use super::Failure;
use crate::app::{self, App, Common};
use crate::config::{self, Config, ConfigError, ConfigErrors, Inputs, Loaded};
use crate::daemon::{self, Peers, StoreSeat, shutdown};
use crate::domain::printable;
use crate::logging::Event;
use crate::logging::{self, LogOptions};
use crate::secret::Secret;
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait at the end for threads that still decode or wait for a disk.
pub(super) const LEFTOVERS: Duration = Duration::from_secs(1);

/// Latest moment after the shutdown signal at which the daemon may still be clearing deleted bytes from its
/// database: one second before it must have ended.
const CLEARED_BY: Duration = Duration::from_secs(9);
/// Most time spent on clearing them.
const CLEARED_WITHIN: Duration = Duration::from_secs(3);

/// Where the configuration comes from, according to the command line.
pub(crate) struct Setup {
    pub config_path: Option<PathBuf>,
    /// Flags given, by option name.
    pub flags: BTreeMap<String, String>,
}

impl Setup {
    /// Reads and checks the whole configuration.
    pub(crate) fn load(self, require_token: bool) -> Result<Loaded, Failure> {
        let (loaded, errors) = Config::inspect(self.inputs(require_token)?);
        // The daemon logs this warning itself.
        let not_read = loaded.not_read.iter().filter(|_| !require_token || !errors.is_empty());
        not_read.for_each(|warning| warn(warning));
        if errors.is_empty() { Ok(loaded) } else { Err(Failure::Config(ConfigErrors(errors).to_string())) }
    }

    /// As [`Self::load`], but faults do not stop it: returns what could be read, the faults, and the folder
    /// that relative names start at.
    pub(crate) fn inspect(self) -> Result<(Loaded, Vec<ConfigError>, PathBuf), Failure> {
        let inputs = self.inputs(false)?;
        let folder = inputs.working_dir.clone();
        let (loaded, faults) = Config::inspect(inputs);
        Ok((loaded, faults, folder))
    }

    fn inputs(self, require_token: bool) -> Result<Inputs, Failure> {
        let working_dir = std::env::current_dir().context("finding the working folder")?;
        let env = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Inputs { config_path: self.config_path, flags: self.flags, env, working_dir, require_token })
    }
}

/// A small runtime: the daemon waits far more than it computes.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("starting the async runtime")?;
    Ok(runtime)
}

pub(crate) fn run_daemon(setup: Setup) -> Result<(), Failure> {
    let loaded = setup.load(true)?;
    // Without scheme and credentials: the log holds no URL.
    let tutor = loaded.shown("BACKEND_URL").unwrap_or_default();
    let tutor = tutor.split_once("://").map_or(tutor, |(_, place)| place).to_owned();
    let config = loaded.config;
    let _guard = logging::init(&LogOptions {
        level: config.log_level.clone(),
        json: config.log_json(),
        file: config.bot_log_file.clone(),
        log_key: None,
    })
    // A restart does not create a missing folder or open a forbidden one.
    .map_err(|error| Failure::Config(format!("setting up the log: {error}")))?;
    tracing::info!(
        event = %Event::Starting,
        version = env!("CARGO_PKG_VERSION"),
        store = %app::store_place(&config),
        tutor,
        "starting; the tutor has not been asked yet"
    );
    for warning in &loaded.warnings {
        tracing::warn!(event = %Event::ConfigWarning, "{warning}");
    }
    if config.store_url.is_some() && app::home_of(&config).holds_a_store() {
        tracing::warn!(
            event = %Event::ConfigWarning,
            "SESSION_STORAGE_PATH holds a store of its own, which is not used as long as STORE_URL is set. To take it along, \
             stop all daemons, take STORE_URL out, and run `phonicflow-bot store move --to URL`"
        );
    }
    let token = match config.telegram_bot_token.clone() {
        Some(token) => token,
        // A disabled bot needs no token; this placeholder is never sent.
        None if !config.telegram_bot_enabled => Secret::new("0:none"),
        None => return Err(Failure::Config("TELEGRAM_BOT_TOKEN is not set".into())),
    };
    let runtime = runtime()?;
    let home = app::home_of(&config);
    let (node, engine) = (config.node(), app::engine_name(&config));
    let common = Common::new(config, token);
    let shared = Peers::open(&common)?;
    let ended = runtime.block_on(async {
        let Some((shared, peers)) = shared else {
            let app = Arc::new(App::build(common)?);
            logging::set_log_key(app.store.log_key().await.context("reading the store")?);
            let mut told = Instant::now();
            let shutdown = asked_to_stop()?;
            daemon::run(app, async {
                shutdown.await;
                told = Instant::now();
            })
            .await?;
            let left = CLEARED_BY.saturating_sub(told.elapsed()).min(CLEARED_WITHIN);
            // Signals are still handled, so a second one ends this too; then the next start does the clearing.
            let _ = tokio::task::spawn_blocking(move || app::clear_at_stop(&home, left)).await;
            return Ok(());
        };
        Ok(daemon::run_shared(common, StoreSeat::new(shared, node, engine), peers, asked_to_stop()?).await?)
    });
    // The store is closed. A thread that still decodes or waits for a disk must not keep the process alive.
    runtime.shutdown_timeout(LEFTOVERS);
    ended
}

/// Resolves with the first signal, which asks for a clean shutdown; the second ends the process at once.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let (asked, heard) = tokio::sync::oneshot::channel();
    let mut signals = shutdown::Signals::listen().context("listening for signals")?;
    tokio::spawn(async move {
        let signal = signals.next().await;
        tracing::info!(event = %Event::StopRequested, signal, "told to stop");
        let _ = asked.send(());
        signals.next().await;
        std::process::exit(1);
    });
    Ok(async {
        let _ = heard.await;
    })
}

/// Refuses to overwrite an existing file without `force`.
pub(crate) fn may_write(path: &Path, force: bool) -> Result<(), Failure> {
    if std::fs::symlink_metadata(path).is_ok() && !force {
        return Err(Failure::Failed(format!(
            "{} exists; add --force to overwrite it",
            printable::path(path)
        )));
    }
    Ok(())
}

fn warn(warning: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {}", printable::line(warning));
}

pub(crate) fn show_config(setup: Setup, json: bool) -> Result<(), Failure> {
    let loaded = setup.load(false)?;
    loaded
        .warnings
        .iter()
        .filter(|warning| Some(*warning) != loaded.not_read.as_ref())
        .for_each(|it| warn(it));
    print_line(config::render(&loaded, json).trim_end())
}

/// Prints bytes exactly as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    finish_output(std::io::stdout().lock().write_all(bytes))
}

pub(crate) fn print_line(line: &str) -> Result<(), Failure> {
    finish_output(writeln!(std::io::stdout().lock(), "{}", printable::text(line)))
}

/// A reader that has gone away (`| head`) is no failure.
pub(super) fn finish_output(written: std::io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("writing the output: {error}")))
        }
        _ => Ok(()),
    }
}
