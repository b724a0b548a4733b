//! What each command does, from its arguments to what it prints.

use super::Failure;
use crate::admin::{execute, render};
use crate::app::{App, millis};
use crate::audio::{self, Hint};
use crate::config::{self, Config, ConfigError, Inputs, Loaded};
use crate::daemon::{self, clock::Clock, shutdown};
use crate::logging::{self, LogOptions};
use crate::sandbox::demo;
use crate::store::{Home, OnDamage, Store, StoreError};
use anyhow::Context;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the configuration comes from, as the command line says.
pub struct Setup {
    /// `--config`.
    pub config_path: Option<PathBuf>,
    /// Flags given, by key.
    pub flags: BTreeMap<String, String>,
}

impl Setup {
    fn load(self, require_token: bool) -> Result<Loaded, Failure> {
        Config::load(self.inputs(require_token)?).map_err(|errors| Failure::Config(errors.to_string()))
    }

    /// What is in force as far as it can be read, what is wrong with it, and where relative names start.
    pub fn inspect(self) -> Result<(Loaded, Vec<ConfigError>, PathBuf), Failure> {
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

/// A runtime as small as the work: the daemon waits far more than it computes.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("starting the async runtime")?;
    Ok(runtime)
}

/// `run`.
pub fn run_daemon(setup: Setup) -> Result<(), Failure> {
    let loaded = setup.load(true)?;
    let config = loaded.config;
    let _guard = logging::init(&LogOptions {
        level: config.log_level.clone(),
        json: config.log_json(),
        file: config.bot_log_file.clone(),
        log_key: None,
    })
    .context("setting up the log")?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let Some(token) = config.telegram_bot_token.clone() else {
        return Err(Failure::Config("TELEGRAM_BOT_TOKEN is not set".into()));
    };
    runtime()?.block_on(async {
        let app = Arc::new(App::build(config, token)?);
        logging::set_log_key(app.store.log_key().await.context("reading the store")?);
        // The first signal asks for rest, the second ends at once.
        let (asked, heard) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            match shutdown::terminated().await {
                Ok(signal) => tracing::info!(signal, "told to stop"),
                Err(error) => tracing::error!(%error, "cannot listen for signals: stopping"),
            }
            let _ = asked.send(());
            let _ = shutdown::terminated().await;
            std::process::exit(1);
        });
        let shutdown = async {
            let _ = heard.await;
        };
        daemon::run(app, shutdown).await.map_err(Failure::from)
    })
}

/// `demo`.
pub fn demo(interactive: bool) -> Result<(), Failure> {
    runtime()?.block_on(demo::run(interactive)).map_err(Failure::from)
}

/// `convert`.
pub fn convert(input: &Path, output: Option<PathBuf>, force: bool) -> Result<(), Failure> {
    let extension = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let output = output.unwrap_or_else(|| {
        let to_note = extension(input).as_deref() == Some("wav");
        input.with_extension(if to_note { "ogg" } else { "wav" })
    });
    let to_note = matches!(extension(&output).as_deref(), Some("ogg" | "oga" | "opus"));
    let hint = Hint { extension: extension(input), mime: None };
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", input.display()));
    if output.exists() && !force {
        return Err(Failure::Failed(format!("{} exists; add --force to overwrite it", output.display())));
    }
    let source = File::open(input).map_err(|error| failed(&error))?;
    // Written beside and renamed, so that a failure leaves neither half a file nor the old one broken.
    let partial = output.with_extension("partial");
    let done = if to_note {
        std::fs::read(input).map_err(|error| failed(&error)).and_then(|bytes| {
            let note = audio::to_voice_note(bytes.into(), hint).map_err(|error| failed(&error))?;
            std::fs::write(&partial, &note.bytes).context("writing the voice note")?;
            Ok(format!("{} s, OGG/Opus mono, {} bytes", note.duration_secs, note.bytes.len()))
        })
    } else {
        File::create(&partial).context("creating the WAV").map_err(Failure::from).and_then(|target| {
            let mut target = BufWriter::new(target);
            let report = audio::convert_to_wav(BufReader::new(source), hint, None, &mut target)
                .map_err(|error| failed(&error))?;
            target.flush().context("writing the WAV")?;
            let secs = report.samples as f64 / 16_000.0;
            Ok(format!("{secs:.3} s, WAV 16 kHz mono 16 bit, {} samples", report.samples))
        })
    };
    match done {
        Ok(told) => {
            std::fs::rename(&partial, &output).context("putting the result in place")?;
            print_line(&format!("{}: {told}", output.display()))
        }
        Err(failure) => {
            let _ = std::fs::remove_file(&partial);
            Err(failure)
        }
    }
}

/// `config`.
pub fn show_config(setup: Setup, json: bool) -> Result<(), Failure> {
    let loaded = setup.load(false)?;
    for warning in &loaded.warnings {
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
    print_line(config::render(&loaded, json).trim_end())
}

/// `sessions list`.
pub fn list_sessions(setup: Setup, json: bool) -> Result<(), Failure> {
    let loaded = setup.load(false)?;
    let timeout = millis(loaded.config.session_timeout);
    let store = open_store(&loaded.config)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let shown = runtime()?.block_on(async {
        if !json {
            let _ = writeln!(out, "{}", render::session_heading());
        }
        execute::each_session(store.as_ref(), Clock::start().now(), timeout, |row| {
            if json {
                writeln!(out, "{}", render::session_json(&row))
            } else {
                writeln!(out, "{}", render::session_line(&row))
            }
        })
        .await
    });
    finish_output(shown.context("reading the store")?.and_then(|()| out.flush()))
}

/// `sessions show`.
pub fn show_session(setup: Setup, id: &str, json: bool) -> Result<(), Failure> {
    let wanted: execute::Wanted = id.parse().map_err(Failure::Config)?;
    let loaded = setup.load(false)?;
    let timeout = millis(loaded.config.session_timeout);
    let store = open_store(&loaded.config)?;
    let found = runtime()?
        .block_on(execute::show_sessions(store.as_ref(), wanted, Clock::start().now(), timeout))
        .context("reading the store")?;
    if found.is_empty() {
        return Err(Failure::Failed(format!("no session matches {id}; `sessions list` shows all")));
    }
    let mut out = std::io::stdout().lock();
    let written = found.iter().enumerate().try_for_each(|(place, detail)| {
        if json {
            return writeln!(out, "{}", render::detail_json(detail));
        }
        let gap = if place > 0 { "\n" } else { "" };
        write!(out, "{gap}{}", render::detail_text(detail))
    });
    finish_output(written)
}

/// What `queue` is asked.
pub enum QueueAsk {
    /// `queue list`.
    List {
        /// `--json`.
        json: bool,
    },
    /// `queue show`.
    Show {
        /// Which.
        number: u64,
        /// `--json`.
        json: bool,
    },
    /// `queue retry`, `queue drop`.
    Change(u64, execute::QueueChange),
}

/// `queue`.
pub fn queue(setup: Setup, ask: QueueAsk) -> Result<(), Failure> {
    let store = open_store(&setup.load(false)?.config)?;
    let now = Clock::start().now();
    let runtime = runtime()?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (wanted, json) = match ask {
        QueueAsk::List { json } => (None, json),
        QueueAsk::Show { number, json } => (Some(number), json),
        QueueAsk::Change(number, change) => {
            let changed = async {
                execute::change_queued(store.as_ref(), number, change, now).await?;
                store.close().await
            };
            return match runtime.block_on(changed) {
                Ok(()) => {
                    let done = if change == execute::QueueChange::Retry { "due now" } else { "dropped" };
                    finish_output(writeln!(out, "{number}: {done}").and_then(|()| out.flush()))
                }
                Err(StoreError::Gone) => Err(nothing_waits(number)),
                Err(error) => Err(Failure::Failed(error.to_string())),
            };
        }
    };
    let mut shown = 0_u64;
    let written = runtime.block_on(async {
        if wanted.is_none() && !json {
            let _ = writeln!(out, "{}", render::queue_heading());
        }
        execute::each_queued(store.as_ref(), now, |row| {
            if wanted.is_some_and(|number| number != row.seq) {
                return Ok(());
            }
            shown += 1;
            match (json, wanted) {
                (true, _) => writeln!(out, "{}", render::queue_json(&row)),
                (false, None) => writeln!(out, "{}", render::queue_line(&row)),
                (false, Some(_)) => write!(out, "{}", render::queue_text(&row)),
            }
        })
        .await
    });
    finish_output(written.context("reading the store")?.and_then(|()| out.flush()))?;
    match wanted {
        Some(number) if shown == 0 => Err(nothing_waits(number)),
        _ => Ok(()),
    }
}

fn nothing_waits(number: u64) -> Failure {
    Failure::Failed(format!("no message of the queue has the number {number}; `queue list` shows all"))
}

/// Opens the store of a daemon that is not running.
fn open_store(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    let home = Home::at(&config.session_storage_path);
    let folder = &config.session_storage_path;
    if !home.store().exists() && home.listed().is_ok_and(|exports| exports.is_empty()) {
        return Err(Failure::Failed(format!(
            "there is no store in {} yet; check SESSION_STORAGE_PATH, or start the daemon once",
            folder.display()
        )));
    }
    // To restore a damaged store is the daemon's business: here it is only looked at.
    match home.open(OnDamage::Refuse, Clock::start().now()) {
        Ok(opened) => Ok(Arc::new(opened.store)),
        Err(error @ StoreError::Locked { .. }) => {
            Err(Failure::Unreachable(format!("{error}. Stop it first: systemctl stop phonicflow-bot")))
        }
        Err(error) => Err(Failure::Failed(error.to_string())),
    }
}

/// Prints what is not to be touched.
pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    finish_output(std::io::stdout().lock().write_all(bytes))
}

/// Prints a line, or several.
pub fn print_line(line: &str) -> Result<(), Failure> {
    finish_output(writeln!(std::io::stdout().lock(), "{line}"))
}

/// A reader that went away (`| head`) is no failure.
fn finish_output(written: std::io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("writing the output: {error}")))
        }
        _ => Ok(()),
    }
}
