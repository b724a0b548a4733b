//! `demo`: the real daemon between the stand-ins, with a learner's side of the conversation.
//!
//! The one part of the sandbox that knows the bot, and only its outermost parts: configuration, `App`,
//! `daemon::run`.

mod coach;
pub(crate) mod pictures;
mod practice;
mod recorded;
mod scenes;
mod screen;
mod settings;
mod stand_in_model;
mod svg;
mod typed;
mod view;
mod wrap;

use super::bot_api::{BotApi, BotApiOptions, Learner, LearnerProfile};
use super::chat_api::{ChatApi, ChatOptions};
use super::tutor_api::{TutorApi, TutorOptions};
use crate::app::{App, Common};
use crate::config::{Config, Inputs};
use crate::daemon;
use anyhow::{Context, Result, anyhow};
use screen::Screen;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use view::View;

/// How long the stand-in tutor takes for a turn; the real one takes 5 to 30 s.
const TUTOR_THINKS: Duration = Duration::from_millis(600);
/// Time limit of each step of the demo.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Pause for reading. Without it, the times shown would consist only of the bot's own pacing (one message a
/// second to a chat).
const READING: Duration = Duration::from_secs(1);
/// How long the daemon may take to stop before its folder is deleted.
const REST_WITHIN: Duration = Duration::from_secs(10);

/// How long its folder may refuse to be deleted, and the pause between two attempts.
const EMPTY_WITHIN: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How a demo ends unless it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything was shown, or the input ended.
    Played(Pictures),
    /// By this signal.
    Signal(i32),
}

/// The beginning of the chat as a phone shows it, as SVG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pictures {
    pub light: String,
    pub dark: String,
}

/// Runs the recorded conversation or an interactive one. Its folder is deleted however it ends.
pub(crate) async fn run(interactive: bool) -> Result<Ended> {
    let mut signals = Signals::listen()?;
    let mut demo = Demo::build(interactive).await?;
    let played = tokio::select! {
        played = async { if interactive { demo.typed().await } else { demo.recorded().await } } => {
            played.map(|()| Ended::Played(demo.pictures()))
        }
        number = signals.next() => Ok(Ended::Signal(number)),
    };
    let rest = tokio::time::timeout(REST_WITHIN, demo.tear_down()).await;
    match played {
        // A person who interrupts it should not wait for an orderly end.
        Ok(Ended::Signal(_)) | Err(_) => played,
        Ok(Ended::Played(_)) => rest.unwrap_or(Ok(())).and(played),
    }
}

/// The signals that end the demo, with their numbers.
struct Signals([(Signal, SignalKind); 3]);

impl Signals {
    fn listen() -> Result<Self> {
        let caught = |kind| signal(kind).map(|signal| (signal, kind)).context("listening for signals");
        Ok(Self([
            caught(SignalKind::interrupt())?,
            caught(SignalKind::terminate())?,
            caught(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) -> i32 {
        let [(interrupt, int), (terminate, term), (hangup, hup)] = &mut self.0;
        let kind = tokio::select! {
            _ = interrupt.recv() => int,
            _ = terminate.recv() => term,
            _ = hangup.recv() => hup,
        };
        kind.as_raw_value()
    }
}

/// Everything running, on loopback addresses and in a folder of its own.
struct Demo {
    telegram: BotApi,
    tutor: TutorApi,
    /// Runs as long as this handle is kept.
    _model: ChatApi,
    learner: Learner,
    screen: Screen,
    /// What of the chat was shown already.
    view: View,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    daemon: JoinHandle<Result<()>>,
    _folder: Folder,
}

impl Demo {
    async fn build(interactive: bool) -> Result<Self> {
        let telegram =
            BotApi::start(BotApiOptions::default()).await.context("starting the stand-in for Telegram")?;
        let options = TutorOptions { delay: TUTOR_THINKS, ..TutorOptions::default() };
        let tutor = TutorApi::start(options).await.context("starting the stand-in for the tutor")?;
        let model = ChatApi::start(ChatOptions::default())
            .await
            .context("starting the stand-in for the chat model")?;
        model.script(stand_in_model::answer);
        let folder = Folder::make()?;
        let env = [
            ("TELEGRAM_BOT_TOKEN", telegram.token()),
            ("TELEGRAM_API_URL", telegram.base_url()),
            ("BACKEND_URL", tutor.base_url()),
            ("SESSION_STORAGE_PATH", folder.0.join("store").display().to_string()),
        ];
        let mut env = env.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>();
        let own_model = if interactive { own_model() } else { BTreeMap::new() };
        let thinks = !own_model.is_empty();
        if !thinks {
            env.insert("AI_API_URL".to_owned(), model.base_url());
        }
        env.extend(own_model);
        let inputs = Inputs { env, working_dir: folder.0.clone(), require_token: true, ..Inputs::default() };
        let config = Config::load(inputs)?.config;
        let token = config.telegram_bot_token.clone().ok_or_else(|| anyhow!("the demo has no token"))?;
        let app = Arc::new(App::build(Common::new(config, token))?);
        let (stop, stopped) = oneshot::channel();
        let daemon = tokio::spawn(daemon::run(app.clone(), async move {
            let _ = stopped.await;
        }));
        let learner = telegram.learner(LearnerProfile::new(1001, "Ana", "en"));
        let screen = Screen::new(interactive);
        let stand_ins = if thinks {
            "Telegram and the tutor are stand-ins on this machine's loopback, and the tutor's words are prepared, as it \
             cannot listen; the chat model is your own (AI_API_URL).\n"
        } else {
            "Telegram, the tutor and the chat model are stand-ins on this machine's loopback: no token, no network, \
             and their words are prepared, as they can neither listen nor think.\n"
        };
        screen.line(&format!("This is the real daemon, its store and its audio path. {stand_ins}"));
        let view = View::default();
        Ok(Self { telegram, tutor, _model: model, learner, screen, view, app, stop, daemon, _folder: folder })
    }

    fn pictures(&self) -> Pictures {
        let entries = self.telegram.transcript(self.learner.chat());
        let draw = |theme| svg::draw("PhonicFlow", &entries, theme);
        Pictures { light: draw(svg::Theme::Light), dark: draw(svg::Theme::Dark) }
    }

    /// Stops the daemon as SIGTERM would.
    async fn tear_down(self) -> Result<()> {
        let _ = self.stop.send(());
        drop(self.app);
        self.daemon.await.context("the daemon failed")?
    }
}

/// The chat model that the environment names, with what is set for it; empty where it names none. Who types may so try
/// a model of his own without a bot in Telegram.
fn own_model() -> BTreeMap<String, String> {
    let ours = |key: &str| {
        key.starts_with("AI_")
            || ["DEFAULT_MODEL", "MODELS", "FALLBACK_MODEL", "PERSONAS_PATH"].contains(&key)
    };
    let set: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| ours(key))
        .collect();
    if set.contains_key("AI_API_URL") { set } else { BTreeMap::new() }
}

/// A folder that is deleted with the demo.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let name = format!("phonicflow-bot-demo-{}-{:08x}", std::process::id(), fastrand::u32(..));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).context("making a folder for the demo's store")?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    /// What runs on a thread of its own, as the daily copy of the store does, may put one more file there while it is emptied.
    fn drop(&mut self) {
        let until = std::time::Instant::now() + EMPTY_WITHIN;
        while std::fs::remove_dir_all(&self.0).is_err()
            && self.0.exists()
            && std::time::Instant::now() < until
        {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}
