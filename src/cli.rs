//! The command line: arguments -> one command -> what it prints and how it exits.
//!
//! Alone knows clap. Exit codes: 0 fine, 1 failed, 2 usage or configuration, 3 daemon or tutor not reachable.

mod backup;
mod bar;
mod commands;
mod completions;
mod confirm;
mod convert;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod examples;
mod manual;
mod options;
mod owner;
mod queue;
mod sessions;
mod shared_store;
mod stats;
mod store;
mod store_access;
mod top;
mod tutor;
mod when;

use crate::audio_worker;
use crate::daemon;
use crate::domain::printable;
use crate::store::StoreError;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// The arguments.
#[derive(Debug, Parser)]
#[command(name = "phonicflow-bot", version, about, max_term_width = 110, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Global {
    /// TOML file to read [default: /etc/phonicflow-bot/config.toml where it exists].
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon until SIGTERM or SIGINT.
    ///
    /// A configuration that cannot work, or a token that Telegram refuses, ends it with exit code 2: no restart helps.
    Run,
    /// See the whole daemon at work against stand-ins for Telegram and the tutor, with recorded voices.
    #[cfg(feature = "demo")]
    Demo {
        /// Type commands, or the path of a voice file, and see the answers.
        #[arg(long)]
        interactive: bool,
        /// Afterwards, draw the beginning of the chat as a phone shows it into this SVG file, and in dark beside it.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        svg: Option<PathBuf>,
        /// Plays nothing, but draws every picture that the bot makes into this folder, in every language.
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with_all = ["interactive", "svg"])]
        pictures: Option<PathBuf>,
    },
    /// The audio path alone: any supported file to a 16 kHz mono WAV, or a WAV (or mp3) to a Telegram voice note.
    Convert {
        /// The file to read; - is standard input.
        #[arg(value_hint = ValueHint::FilePath)]
        input: PathBuf,
        /// The file to write; - is standard output. `.ogg` makes a voice note, anything else a WAV [default: the input's name
        /// with .wav, or with .ogg when the input is a WAV].
        #[arg(value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
        /// Overwrite an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Look at everything the bot depends on, and say what to do about what is found.
    ///
    /// Checks configuration, token, webhook, proxy, tutor, store, exports, disk, permissions and clock. Disturbs no running
    /// daemon. Exit codes: 0 no problem; 2 a problem of the configuration or the token; else 1 a problem on this machine;
    /// else 3 Telegram or the tutor cannot be reached. Warnings do not count.
    Doctor {
        /// As JSON, one object.
        #[arg(long)]
        json: bool,
    },
    /// Ask the running daemon whether it works, for container checks: 0 it does, 1 it does not, 3 no daemon answers.
    ///
    /// That the tutor is gone is told, but no failure: a restart of the daemon would not help. With --ready it is one.
    Health {
        /// Whether a voice sent now would be answered soon: Telegram and the tutor answer, too.
        #[arg(long)]
        ready: bool,
    },
    /// Print the configuration in force and where each value came from. Secrets are masked.
    Config {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Learners' sessions: look, export, delete, expire, import.
    Sessions {
        #[command(subcommand)]
        command: sessions::Command,
    },
    /// Look at what waits to be answered and at what was given up, and change it.
    Queue {
        #[command(subcommand)]
        command: queue::Command,
    },
    /// Counts, rates and latencies, today and since the start.
    Stats {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Encrypt the store, give it another key, clear deleted bytes from its files. The daemon must be stopped.
    Store {
        #[command(subcommand)]
        command: store::StoreCommand,
    },
    /// Watch the running daemon live: polling, queue, workers, tutor, rates, recent errors.
    Top(top::Top),
    /// Write a checked copy of the whole store into a file, also while the daemon runs.
    Backup(backup::Backup),
    /// Put a backup in the store's place. The daemon must be stopped.
    Restore(backup::Restore),
    /// Try the configured tutor without Telegram.
    Tutor {
        #[command(subcommand)]
        command: tutor::TutorCommand,
    },
    /// Print the completions for a shell, for packagers.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page in roff, for packagers.
    Man,
}

/// Why the program ends with an exit code other than 0 (or, for [`Failure::Quiet`], early with 0).
#[derive(Debug)]
pub enum Failure {
    /// Reported by clap: wrong usage, or the help text that was asked for.
    Usage(clap::Error),
    /// 2: the arguments or the configuration are wrong.
    Config(String),
    /// 1: the command failed.
    Failed(String),
    /// 3: the daemon or the tutor cannot be reached.
    Unreachable(String),
    /// This exit code, without a message: the output has said everything.
    Told(u8),
    /// 0: the reader of the output has closed the pipe (`| head`).
    Quiet,
}

impl Failure {
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(error) => u8::try_from(error.exit_code()).unwrap_or(2),
            Self::Config(_) => 2,
            Self::Failed(_) => 1,
            Self::Unreachable(_) => 3,
            Self::Told(code) => *code,
            Self::Quiet => 0,
        }
    }

    /// Prints the message for the person who typed the command.
    pub fn print(&self) {
        use std::io::Write;
        match self {
            Self::Quiet | Self::Told(_) => {}
            Self::Usage(error) => {
                let _ = error.print();
            }
            Self::Config(text) | Self::Failed(text) | Self::Unreachable(text) => {
                let _ = writeln!(std::io::stderr(), "phonicflow-bot: {}", printable::text(text.trim_end()));
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        if error.is::<daemon::StartupError>() {
            return Self::Config(format!("{error:#}"));
        }
        match error.downcast_ref::<StoreError>() {
            // The configuration and the store do not fit together, so restarting will not help.
            Some(StoreError::Key(_) | StoreError::Newer { .. } | StoreError::Moved { .. }) => {
                Self::Config(format!("{error:#}"))
            }
            _ => Self::Failed(format!("{error:#}")),
        }
    }
}

/// The commands as `--help` shows them: each with an example, the options under `run` and `config` only.
fn shown() -> clap::Command {
    let names: Vec<String> =
        Cli::command().get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    // Every one is touched, because clap moves a changed subcommand to the end.
    let with_options = names.into_iter().fold(Cli::command(), |command, name| {
        let shows = options::SHOWN_BY.contains(&name.as_str());
        command.mut_subcommand(name, |inner| if shows { options::shown(inner) } else { inner })
    });
    examples::added(with_options)
}

/// The commands as they are parsed: each takes every option except secrets, which would show in the process
/// list.
fn command() -> clap::Command {
    shown().args(options::hidden())
}

/// Parses `arguments` and runs the command they name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // A worker is no command: it appears in no help, completions or manual, and reads no configuration.
    if arguments.get(1).is_some_and(|first| first == audio_worker::ARGUMENT) {
        return audio_worker::serve().map_err(|error| Failure::Failed(error.to_string()));
    }
    let matches = command().try_get_matches_from(arguments).map_err(Failure::Usage)?;
    let flags = options::given(&matches);
    let cli = Cli::from_arg_matches(&matches).map_err(Failure::Usage)?;
    let setup = commands::Setup { config_path: cli.global.config, flags };
    match cli.command {
        Command::Run => commands::run_daemon(setup),
        #[cfg(feature = "demo")]
        Command::Demo { pictures: Some(folder), .. } => demo::draw(&folder),
        #[cfg(feature = "demo")]
        Command::Demo { interactive, svg, pictures: None } => demo::run(interactive, svg.as_deref()),
        Command::Convert { input, output, force } => convert::run(&input, output, force),
        Command::Doctor { json } => doctor::doctor(setup, json),
        Command::Health { ready } => doctor::health(setup, ready),
        Command::Config { json } => commands::show_config(setup, json),
        Command::Store { command } => store::run(setup, command),
        Command::Sessions { command } => sessions::run(setup, command),
        Command::Queue { command } => queue::run(setup, command),
        Command::Stats { json } => stats::run(setup, json),
        Command::Top(arguments) => top::run(setup, &arguments),
        Command::Tutor { command } => tutor::run(setup, command),
        Command::Backup(arguments) => backup::backup(setup, &arguments),
        Command::Restore(arguments) => backup::restore(setup, &arguments),
        Command::Completions { shell } => commands::print_bytes(&completions::script(shell, &mut shown())),
        Command::Man => {
            let mut command = shown();
            command.build();
            let page = manual::page(&command).map_err(|error| Failure::Failed(error.to_string()))?;
            commands::print_bytes(&page)
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
