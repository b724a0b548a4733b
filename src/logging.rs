//! The log: where it goes, what may be in it, and how a learner is named in it.
//!
//! Alone knows tracing-subscriber and tracing-appender. Must not know what is logged.

mod clean;
mod event;
mod recent;

pub use event::Event;
pub(crate) use recent::recent;

use crate::domain::UserId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::{self, Write};
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

/// Our own target; its submodules begin with `phonicflow_bot::`.
const OURS: &str = "phonicflow_bot";
/// Crates that print URLs below warn, and Telegram's URLs contain the token: kept at warn whatever the filter
/// says.
const TALKATIVE: &[&str] = &[
    "reqwest",
    "hyper",
    "hyper_util",
    "h2",
    "rustls",
    "tower",
    "tower_http",
    "http",
    "want",
    "mio",
    "frankenstein",
];
/// Daily files kept.
const FILES_KEPT: usize = 7;
/// Lines buffered for the disk. Beyond that lines are dropped, so that a slow disk does not hold up the
/// daemon.
const LINES_WAITING: usize = 8_192;

#[derive(Debug, Clone, Default)]
pub(crate) struct LogOptions {
    /// A level, or directives such as `info,phonicflow_bot::tutor=debug`.
    pub level: String,
    /// One JSON object a line.
    pub json: bool,
    /// A second copy in this file; the date is appended to its name.
    pub file: Option<PathBuf>,
    /// See [`set_log_key`]; may follow later.
    pub log_key: Option<[u8; 32]>,
}

/// Keeps the file writer alive; dropping it writes what is buffered.
#[must_use = "dropping it ends the log file"]
#[derive(Debug)]
pub(crate) struct LogGuard(#[allow(dead_code)] Option<WorkerGuard>);

#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("LOG_LEVEL {0}")]
    Filter(String),
    #[error("BOT_LOG_FILE cannot be written ({0}); check the folder and its permissions")]
    File(String),
    /// A log was started already.
    #[error("the log is set up already")]
    Twice,
}

type Sink = Box<dyn Layer<Registry> + Send + Sync>;

static KEY: OnceLock<[u8; 32]> = OnceLock::new();
static RAW_IDS: AtomicBool = AtomicBool::new(false);

/// Starts the log on stderr and optionally in a file, and logs panics by their location only.
pub(crate) fn init(options: &LogOptions) -> Result<LogGuard, LogError> {
    let filter = Filter::parse(&options.level).map_err(LogError::Filter)?;
    let plain = std::env::var_os("NO_COLOR").is_some_and(|word| !word.is_empty());
    // Span fields are formatted once for all outputs, so terminal colours would end up in the file too.
    let colour = std::io::stderr().is_terminal() && !plain && options.file.is_none();
    let stderr = sink(std::io::stderr, options.json, colour, !stderr_is_journal());
    let mut sinks = vec![stderr.with_filter(filter.targets()).boxed()];
    sinks.push(recent::Keeper.with_filter(filter.targets()).boxed());
    let mut guard = None;
    if let Some(path) = &options.file {
        let (writer, worker) = file_writer(path).map_err(LogError::File)?;
        sinks.push(sink(writer, options.json, false, true).with_filter(filter.targets()).boxed());
        guard = Some(worker);
    }
    tracing_subscriber::registry().with(sinks).try_init().map_err(|_| LogError::Twice)?;
    RAW_IDS.store(filter.own >= LevelFilter::DEBUG, Ordering::Relaxed);
    if let Some(key) = options.log_key {
        set_log_key(key);
    }
    log_panics();
    Ok(LogGuard(guard))
}

/// Sets the key under which user ids are hashed. It is kept in the store, which opens after the log.
pub(crate) fn set_log_key(key: [u8; 32]) {
    // Only the first key counts: a second one would come from a second store in the same process.
    let _ = KEY.set(key);
}

/// Accepts a level or directives; the error says what would be right.
pub(crate) fn check_filter(text: &str) -> Result<(), String> {
    Filter::parse(text).map(drop)
}

/// A learner's name in the log: the first 10 hex digits of an HMAC-SHA256 of the user id. A hash without a
/// key could be reversed by trying the few billion possible ids.
pub(crate) fn user_tag(key: &[u8; 32], user: UserId) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return UNNAMED.to_owned();
    };
    mac.update(user.0.to_string().as_bytes());
    mac.finalize().into_bytes().iter().take(5).fold(String::with_capacity(10), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Used until the key is set.
const UNNAMED: &str = "?";

/// Prints a user id for the log: plain at debug level, otherwise its tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UserTag(pub UserId);

impl fmt::Display for UserTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if RAW_IDS.load(Ordering::Relaxed) {
            return self.0.fmt(f);
        }
        match KEY.get() {
            Some(key) => f.write_str(&user_tag(key, self.0)),
            None => f.write_str(UNNAMED),
        }
    }
}

/// `LOG_LEVEL`, parsed.
#[derive(Debug, Clone)]
struct Filter {
    /// Level of our own crate as a whole.
    own: LevelFilter,
    /// Directives with a target, in order.
    named: Vec<(String, LevelFilter)>,
}

impl Filter {
    fn parse(text: &str) -> Result<Self, String> {
        let level = |word: &str| match word.trim().to_ascii_lowercase().as_str() {
            "off" => Ok(LevelFilter::OFF),
            "error" => Ok(LevelFilter::ERROR),
            "warn" | "warning" => Ok(LevelFilter::WARN),
            "info" => Ok(LevelFilter::INFO),
            "debug" => Ok(LevelFilter::DEBUG),
            "trace" => Ok(LevelFilter::TRACE),
            _ => Err("must be off, error, warn, info, debug or trace, or directives like \
                      info,phonicflow_bot::tutor=debug"
                .to_owned()),
        };
        let mut filter = Self { own: LevelFilter::INFO, named: Vec::new() };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None => filter.own = level(part)?,
                Some((target, word)) => {
                    let target = target.trim();
                    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':');
                    if target.is_empty() || !target.bytes().all(fits) {
                        return Err(
                            "must name each target by a module path, as in phonicflow_bot::tutor=debug"
                                .to_owned(),
                        );
                    }
                    filter.named.push((target.to_owned(), level(word)?));
                }
            }
        }
        if let Some((_, level)) = filter.named.iter().rev().find(|(target, _)| target == OURS) {
            filter.own = *level;
        }
        Ok(filter)
    }

    /// Other crates log from warn on unless named; those of [`TALKATIVE`] never below warn.
    fn targets(&self) -> Targets {
        let mut targets =
            Targets::new().with_default(self.own.min(LevelFilter::WARN)).with_target(OURS, self.own);
        for (target, level) in &self.named {
            // Targets match by prefix, so `hyper` covers `hyper::client` and `hyper_util`, and `h` would
            // cover both.
            let talkative =
                TALKATIVE.iter().any(|name| name.starts_with(target.as_str()) || target.starts_with(name));
            targets = targets.with_target(
                target.clone(),
                if talkative { (*level).min(LevelFilter::WARN) } else { *level },
            );
        }
        targets
    }
}

fn sink<W>(writer: W, json: bool, colour: bool, stamped: bool) -> Sink
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let writer = clean::Clean { inner: writer, colour };
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colour);
    match (json, stamped) {
        (true, true) => layer.json().flatten_event(true).with_span_list(false).boxed(),
        (true, false) => layer.json().flatten_event(true).with_span_list(false).without_time().boxed(),
        (false, true) => layer.boxed(),
        (false, false) => layer.without_time().boxed(),
    }
}

/// Whether stderr goes to systemd's journal, which adds the time itself. `JOURNAL_STREAM` alone is no proof:
/// child processes inherit it though their stderr may go elsewhere (systemd.exec(5)), so it is compared with
/// stderr.
fn stderr_is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    std::fs::metadata("/proc/self/fd/2")
        .is_ok_and(|stderr| stream == format!("{}:{}", stderr.dev(), stderr.ino()))
}

fn file_writer(path: &std::path::Path) -> Result<(NonBlocking, WorkerGuard), String> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| "no file name".to_owned())?;
    let folder = path.parent().unwrap_or_else(|| std::path::Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        // Old files are deleted by this prefix; with the whole name, no other file in the folder begins with
        // it.
        .filename_prefix(name)
        .max_log_files(FILES_KEPT)
        .build(folder)
        .map_err(|error| error.to_string())?;
    Ok(NonBlockingBuilder::default().buffered_lines_limit(LINES_WAITING).lossy(true).finish(appender))
}

/// Logs only a panic's location: its message may quote a learner.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        tracing::event!(
            target: OURS,
            Level::ERROR,
            event = %Event::Panicked,
            place,
            "panicked; this is a fault of the program, please report it"
        );
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_people_write() {
        for (text, own, named) in [
            ("info", LevelFilter::INFO, 0),
            ("DEBUG", LevelFilter::DEBUG, 0),
            ("warn,phonicflow_bot::tutor=trace", LevelFilter::WARN, 1),
            ("info, phonicflow_bot=debug ,", LevelFilter::DEBUG, 1),
            ("", LevelFilter::INFO, 0),
        ] {
            let filter = Filter::parse(text).unwrap();
            assert_eq!((filter.own, filter.named.len()), (own, named), "{text}");
        }
        for text in ["verbose", "info,tutor=loud", "=debug", "a b=info", "[span]=debug", "2"] {
            assert!(check_filter(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_network_crates_stay_quiet_whatever_is_asked() {
        for text in [
            "trace",
            "trace,hyper=trace,reqwest=debug,hyper_util::client=trace,h=trace,rustls::common=debug",
            "hyper=trace,trace",
        ] {
            let targets = Filter::parse(text).unwrap().targets();
            for target in [
                "hyper::proto",
                "reqwest::connect",
                "hyper_util::client::legacy",
                "h2::codec",
                "rustls::common::x",
                "mio",
            ] {
                assert!(!targets.would_enable(target, &Level::INFO), "{text} {target}");
                assert!(targets.would_enable(target, &Level::WARN), "{text} {target}");
            }
            assert!(targets.would_enable("phonicflow_bot::tutor", &Level::TRACE), "{text}");
        }
        let targets = Filter::parse("debug,sled=info,phonicflow_bot::tutor=error").unwrap().targets();
        assert!(targets.would_enable("sled::pagecache", &Level::INFO));
        assert!(!targets.would_enable("symphonia", &Level::INFO));
        assert!(targets.would_enable("phonicflow_bot::bot", &Level::DEBUG));
        assert!(!targets.would_enable("phonicflow_bot::tutor", &Level::WARN));
        assert!(!Filter::parse("off").unwrap().targets().would_enable("sled", &Level::ERROR));
    }

    #[test]
    fn tags_are_stable_short_and_keyed() {
        let tag = user_tag(&[7; 32], UserId(42));
        assert_eq!(tag, user_tag(&[7; 32], UserId(42)));
        assert_eq!(tag.len(), 10);
        assert!(tag.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(tag, user_tag(&[8; 32], UserId(42)));
        assert_ne!(tag, user_tag(&[7; 32], UserId(43)));
    }

    #[test]
    fn the_file_gets_the_lines_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=9 {
            std::fs::write(folder.path().join(format!("bot.log.2001-01-0{day}")), "old").unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let (writer, guard) = file_writer(&folder.path().join("bot.log")).unwrap();
        let subscriber = tracing_subscriber::registry().with(vec![sink(writer, true, false, true)]);
        tracing::subscriber::with_default(subscriber, || tracing::info!(user = %UserTag(UserId(5)), "hello"));
        drop(guard);
        let mut names: Vec<String> = folder
            .path()
            .read_dir()
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names.iter().filter(|name| name.starts_with("bot.log.")).count(), FILES_KEPT, "{names:?}");
        assert!(names.contains(&"notes.txt".to_owned()));
        let newest = names.iter().rfind(|name| name.starts_with("bot.log.")).unwrap();
        let text = std::fs::read_to_string(folder.path().join(newest)).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!((line["message"].as_str(), line["level"].as_str()), (Some("hello"), Some("INFO")));
        assert_ne!(line["user"], "5");
    }
}
