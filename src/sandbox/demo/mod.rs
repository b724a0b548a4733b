//! `demo`: the real daemon between the stand-ins, with a learner's side of the conversation.
//!
//! The one part of the sandbox that knows the bot, and only its outermost parts: configuration, `App`,
//! `daemon::run`.

pub(crate) mod pictures;
mod practice;
mod scenes;
mod screen;
mod settings;
mod svg;
mod typed;
mod view;
mod wrap;

use super::bot_api::{BotApi, BotApiOptions, Learner, LearnerProfile};
use super::chat_api::{ChatAnswer, ChatApi, ChatOptions, Part};
use super::tutor_api::{Answer, Speech, TutorApi, TutorOptions};
use crate::app::App;
use crate::config::{Config, Inputs};
use crate::daemon;
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use scenes::{SCENES, STAND_IN, Scene, TEXT};
use screen::Screen;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use view::View;

/// How long the stand-in tutor takes for a turn; the real one takes 5 to 30 s.
const TUTOR_THINKS: Duration = Duration::from_millis(600);
/// Pause of the stand-in model after each word: slow enough that its answer is seen growing, as on a small machine.
const MODEL_WRITES: Duration = Duration::from_millis(110);
/// Time limit of each step of the demo.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Pause for reading. Without it, the times shown would consist only of the bot's own pacing (one message a
/// second to a chat).
const READING: Duration = Duration::from_millis(1_200);
/// How long the daemon may take to stop before its folder is deleted.
const REST_WITHIN: Duration = Duration::from_secs(10);

const TUTOR_REPLY: &[u8] = include_bytes!("../../../assets/voice/tutor-reply.wav");
const TUTOR_COACHING: &[u8] = include_bytes!("../../../assets/voice/tutor-coaching.wav");

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
    model: ChatApi,
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
        model.script(|_| ChatAnswer::words(STAND_IN));
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
        let app = Arc::new(App::build(config, token)?);
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
        Ok(Self { telegram, tutor, model, learner, screen, view, app, stop, daemon, _folder: folder })
    }

    /// The recorded conversation.
    async fn recorded(&mut self) -> Result<()> {
        self.command("/start", 1).await?;
        for (n, scene) in SCENES.iter().enumerate() {
            tokio::time::sleep(READING).await;
            self.scene(scene).await?;
            if n == 0 {
                self.command("/status", 1).await?;
            }
        }
        self.text().await?;
        self.command("/feedback", 2).await?;
        self.command("/intonation", 1).await?;
        self.command("/progress", 1).await?;
        self.command("/history", 1).await?;
        self.practice().await?;
        self.settings().await?;
        self.command("/hlep", 1).await?;
        self.screen.line("Now with your own words: phonicflow-bot demo --interactive");
        Ok(())
    }

    /// Posts a text and shows the answers.
    async fn command(&mut self, text: &str, answers: usize) -> Result<()> {
        tokio::time::sleep(READING).await;
        let start = Instant::now();
        self.learner.text(text);
        self.screen.learner(text);
        self.show_next(answers).await?;
        self.screen.steps(&[("answered after", start.elapsed())]);
        Ok(())
    }

    /// Posts a text and shows the model's answer as it grows; the last look of it has no Stop button any more.
    async fn text(&mut self) -> Result<()> {
        let (question, answer) = TEXT;
        let mut parts = Vec::new();
        for word in answer.split_inclusive(' ') {
            parts.extend([Part::Text(word.to_owned()), Part::Pause(MODEL_WRITES)]);
        }
        parts.extend([Part::Finish("stop".to_owned()), Part::Usage, Part::Done]);
        self.model.push_answer(ChatAnswer::parts(parts));
        tokio::time::sleep(READING).await;
        let start = Instant::now();
        self.learner.text(question);
        self.screen.learner(question);
        let (chat, screen, view) = (self.learner.chat(), &self.screen, &mut self.view);
        let mut first = None;
        let shown = self.telegram.wait_until(TIME_LIMIT, |state| {
            let mut whole = None;
            for entry in view.news(state, chat, usize::MAX) {
                screen.bot(&entry);
                first.get_or_insert_with(|| start.elapsed());
                whole = entry.keyboard.is_none().then_some(());
            }
            whole
        });
        shown.await.ok_or_else(|| anyhow!("the bot did not answer"))?;
        let first = first.unwrap_or_default();
        self.screen.steps(&[("first words shown after", first), ("the whole answer", start.elapsed())]);
        Ok(())
    }

    /// Posts a recorded voice and shows the answers, with the time each step took.
    async fn scene(&mut self, scene: &Scene) -> Result<()> {
        let [said, coaching, coaching_pt, reply, reply_pt] = scene.words;
        self.tutor.script(move |asked| {
            let (reply_voice, coaching_voice) =
                (Bytes::from_static(TUTOR_REPLY), Bytes::from_static(TUTOR_COACHING));
            let speech = Speech::Pair(reply_voice, coaching_voice, "audio/wav");
            Answer::ok(json!({
                "user_transcript": said,
                "coaching_feedback": coaching,
                "coaching_feedback_portuguese": coaching_pt,
                "conversational_response": reply,
                "conversational_response_portuguese": reply_pt,
                "coaching_audio_path": format!("/srv/tutor/{}_coaching.wav", asked.session),
                "conversational_audio_path": format!("/srv/tutor/{}_conversational.wav", asked.session),
            }))
            .speaking(speech)
        });
        let turns = self.tutor.turns().len();
        let start = Instant::now();
        self.learner.voice(Bytes::from_static(scene.voice), scene.seconds);
        self.screen.learner(&format!("🎙 voice message, {} s ({})", scene.seconds, scene.name));
        let failed = || anyhow!("the voice did not reach the tutor");
        self.tutor
            .wait_until(TIME_LIMIT, |t| (t.turns().len() > turns).then_some(()))
            .await
            .ok_or_else(failed)?;
        let heard = Instant::now();
        self.tutor
            .wait_until(TIME_LIMIT, |t| (t.finished() > turns).then_some(()))
            .await
            .ok_or_else(failed)?;
        let thought = Instant::now();
        self.show_next(1).await?;
        let read = Instant::now();
        self.show_next(1).await?;
        self.screen.steps(&[
            ("taken, fetched, decoded to WAV", heard - start),
            ("tutor (stand-in)", thought - heard),
            ("text out", read - thought),
            ("reply fetched, encoded to Opus, out", read.elapsed()),
        ]);
        Ok(())
    }

    /// Shows the next `answers` messages or edits.
    async fn show_next(&mut self, answers: usize) -> Result<()> {
        let (chat, screen, view) = (self.learner.chat(), &self.screen, &mut self.view);
        let mut left = answers;
        let shown = self.telegram.wait_until(TIME_LIMIT, |state| {
            for entry in view.news(state, chat, left) {
                screen.bot(&entry);
                left -= 1;
            }
            (left == 0).then_some(())
        });
        shown.await.ok_or_else(|| anyhow!("the bot did not answer"))
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
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
