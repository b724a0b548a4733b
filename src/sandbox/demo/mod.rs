//! `demo`: the real daemon between the stand-ins, with a learner's side of the conversation.
//!
//! The one part of the sandbox that knows the house, and only its front door: configuration, `App`, `daemon::run`.

mod chat;

use super::bot_api::{BotApi, BotApiOptions, EntryKind, Learner, LearnerProfile, Post};
use super::tutor_api::{Answer, Speech, TutorApi, TutorOptions};
use crate::app::App;
use crate::config::{Config, Inputs};
use crate::daemon;
use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use chat::Screen;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long the stand-in tutor thinks; the real one takes 5 to 30 s.
const TUTOR_THINKS: Duration = Duration::from_millis(600);
/// A demo that takes longer than this at one step has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// People read before they go on; without this the bot's own pacing (one message a second to a chat) would be all there
/// is to see in the times.
const READING: Duration = Duration::from_millis(1_200);
/// In a typed conversation, silence of this length means that the bot has finished.
const SILENCE: Duration = Duration::from_millis(900);
/// Largest file taken from the keyboard side, bytes (Bot API "getFile").
const FILE_LIMIT: u64 = 20 << 20;

const TUTOR_REPLY: &[u8] = include_bytes!("../../../assets/voice/tutor-reply.wav");
const TUTOR_COACHING: &[u8] = include_bytes!("../../../assets/voice/tutor-coaching.wav");

/// A recorded voice and what the stand-in tutor, which cannot listen, says about it.
struct Scene {
    name: &'static str,
    seconds: u32,
    voice: &'static [u8],
    words: [&'static str; 5],
}

const SCENES: [Scene; 3] = [
    Scene {
        name: "01-market.ogg, Opus SILK 16 kbit/s",
        seconds: 4,
        voice: include_bytes!("../../../assets/voice/01-market.ogg"),
        words: [
            "Yesterday I go to the market and I buyed two apples.",
            "Yesterday asks for the past: \"I went to the market and I bought two apples.\" \"Bought\" rhymes with \"caught\".",
            "\"Yesterday\" pede o passado: \"I went to the market and I bought two apples.\" \"Bought\" rima com \"caught\".",
            "Good. I went to the market and I bought two apples. What will you make with them?",
            "Muito bem. O que você vai fazer com elas?",
        ],
    },
    Scene {
        name: "02-weather.ogg, Opus hybrid 32 kbit/s",
        seconds: 8,
        voice: include_bytes!("../../../assets/voice/02-weather.ogg"),
        words: [
            "The weather is more better today, so I am going walk in the park. My sister like very much the flowers.",
            "Say \"better\", not \"more better\", and \"I am going to walk\". With \"my sister\" it is \"likes\": \"My sister likes the flowers <very much> & so do I\" is a full sentence.",
            "Diga \"better\", não \"more better\", e \"I am going to walk\". Com \"my sister\" usa-se \"likes\".",
            "A walk sounds lovely! Which flowers does your sister like best?",
            "Que passeio gostoso! De quais flores sua irmã mais gosta?",
        ],
    },
    Scene {
        name: "03-travel.ogg, Opus CELT 64 kbit/s",
        seconds: 6,
        voice: include_bytes!("../../../assets/voice/03-travel.ogg"),
        words: [
            "I have visited London since two years. It was very beautiful city.",
            "For a finished time say \"I visited London two years ago\". And \"It was *a* very beautiful city\": do not drop the article.",
            "Para um tempo terminado: \"I visited London two years ago\". E não esqueça o artigo: \"*a* very beautiful city\".",
            "London is wonderful. What did you like most about it?",
            "Londres é maravilhosa. Do que você mais gostou?",
        ],
    },
];

/// Runs the demo: the recorded conversation, or a typed one.
///
/// # Errors
/// In words, when something does not work as it should.
pub async fn run(interactive: bool) -> Result<()> {
    let stage = Stage::build().await?;
    let played = if interactive { stage.typed().await } else { stage.recorded().await };
    let rested = stage.strike().await;
    played.and(rested)
}

/// Everything up and running, on loopback and in a folder of its own.
struct Stage {
    telegram: BotApi,
    tutor: TutorApi,
    learner: Learner,
    screen: Screen,
    stop: oneshot::Sender<()>,
    daemon: JoinHandle<Result<()>>,
    _folder: Folder,
}

impl Stage {
    async fn build() -> Result<Self> {
        let telegram =
            BotApi::start(BotApiOptions::default()).await.context("starting the stand-in for Telegram")?;
        let options = TutorOptions { delay: TUTOR_THINKS, ..TutorOptions::default() };
        let tutor = TutorApi::start(options).await.context("starting the stand-in for the tutor")?;
        let folder = Folder::make()?;
        let env = [
            ("TELEGRAM_BOT_TOKEN", telegram.token()),
            ("TELEGRAM_API_URL", telegram.base_url()),
            ("BACKEND_URL", tutor.base_url()),
            ("SESSION_STORAGE_PATH", folder.0.join("store").display().to_string()),
        ];
        let env = env.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>();
        let inputs = Inputs { env, working_dir: folder.0.clone(), require_token: true, ..Inputs::default() };
        let config = Config::load(inputs)?.config;
        let token = config.telegram_bot_token.clone().ok_or_else(|| anyhow!("the demo has no token"))?;
        let app = Arc::new(App::build(config, token)?);
        let (stop, stopped) = oneshot::channel();
        let daemon = tokio::spawn(daemon::run(app, async move {
            let _ = stopped.await;
        }));
        let learner = telegram.learner(LearnerProfile::new(1001, "Ana", "en"));
        let screen = Screen::new();
        screen.line(
            "This is the real daemon, its store and its audio path. Telegram and the tutor are stand-ins on this \
             machine's loopback: no token, no network, and the tutor's words are prepared, as it cannot listen.\n",
        );
        Ok(Self { telegram, tutor, learner, screen, stop, daemon, _folder: folder })
    }

    /// The conversation shipped with the program.
    async fn recorded(&self) -> Result<()> {
        self.command("/start", 1).await?;
        for (n, scene) in SCENES.iter().enumerate() {
            tokio::time::sleep(READING).await;
            self.scene(scene).await?;
            if n == 0 {
                self.command("/status", 1).await?;
            }
        }
        self.command("/feedback", 2).await?;
        self.command("/history", 1).await?;
        self.command("/hlep", 1).await?;
        self.screen.line("Now with your own words: phonicflow-bot demo --interactive");
        Ok(())
    }

    /// Posts a text and shows what comes back.
    async fn command(&self, text: &str, answers: usize) -> Result<()> {
        tokio::time::sleep(READING).await;
        let before = self.said();
        let start = Instant::now();
        self.learner.text(text);
        self.screen.learner(text);
        self.show_next(before, answers).await?;
        self.screen.steps(&[("answered after", start.elapsed())]);
        Ok(())
    }

    /// Posts a recorded voice and shows what comes back, with the time each step took.
    async fn scene(&self, scene: &Scene) -> Result<()> {
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
        let (before, turns) = (self.said(), self.tutor.turns().len());
        let start = Instant::now();
        self.learner.voice(Bytes::from_static(scene.voice), scene.seconds);
        self.screen.learner(&format!("🎙 voice message, {} s ({})", scene.seconds, scene.name));
        let failed = || anyhow!("the voice did not reach the tutor");
        self.tutor
            .wait_until(PATIENCE, |t| (t.turns().len() > turns).then_some(()))
            .await
            .ok_or_else(failed)?;
        let heard = Instant::now();
        self.tutor.wait_until(PATIENCE, |t| (t.finished() > turns).then_some(())).await.ok_or_else(failed)?;
        let thought = Instant::now();
        self.show_next(before, 1).await?;
        let read = Instant::now();
        self.show_next(before + 1, 1).await?;
        self.screen.steps(&[
            ("taken, fetched, decoded to WAV", heard - start),
            ("tutor (stand-in)", thought - heard),
            ("text out", read - thought),
            ("reply fetched, encoded to Opus, out", read.elapsed()),
        ]);
        Ok(())
    }

    /// Lines from the keyboard until they end.
    async fn typed(&self) -> Result<()> {
        self.screen.line(
            "Type a command such as /help, some text, or the path of a voice file (ogg, mp3, m4a, flac, wav); #1 presses \
             the first button of the last message. End with Ctrl-D.\n",
        );
        let (typed, mut lines) = mpsc::channel::<String>(1);
        // Reading a terminal blocks; a thread of its own may be left waiting when the demo ends.
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
                if typed.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        while let Some(line) = lines.recv().await {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let before = self.said();
            let posted = self.post(line);
            match posted {
                Ok(true) => self.show_until_silence(before).await?,
                Ok(false) => {}
                Err(error) => self.screen.line(&format!("{error:#}\n")),
            }
        }
        Ok(())
    }

    /// Posts what was typed; false when there is no answer to wait for.
    fn post(&self, line: &str) -> Result<bool> {
        if let Some(number) = line.strip_prefix('#').and_then(|number| number.parse::<usize>().ok()) {
            return self.press(number);
        }
        let path = Path::new(line);
        if path.is_file() {
            if path.metadata()?.len() > FILE_LIMIT {
                bail!("{line}: Telegram hands out files of at most 20 MB");
            }
            let bytes = std::fs::read(path).with_context(|| format!("reading {line}"))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let extension =
                path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            self.screen.learner(&format!("🎙 {name}, {} bytes", bytes.len()));
            match extension.as_str() {
                "ogg" | "oga" | "opus" => self.learner.voice(bytes, 1),
                _ => self.learner.post(Post::document(bytes, &name, "audio/octet-stream")),
            };
            return Ok(true);
        }
        let names_a_file = !line.starts_with('/') && !line.contains(' ') && path.extension().is_some();
        if names_a_file || line.starts_with('/') && line.matches('/').count() > 1 {
            bail!("{line}: no such file");
        }
        self.learner.text(line);
        self.screen.learner(line);
        Ok(true)
    }

    fn press(&self, number: usize) -> Result<bool> {
        let last = self.telegram.read(|state| {
            let with_buttons =
                state.from_bot(self.learner.chat()).filter(|entry| !entry.buttons().is_empty()).last();
            with_buttons.map(|entry| (entry.message_id, entry.buttons()))
        });
        let Some((message, buttons)) = last else { bail!("there is no message with buttons") };
        let Some(data) = number.checked_sub(1).and_then(|place| buttons.get(place)) else {
            bail!("the last message with buttons has {} of them", buttons.len());
        };
        self.learner.press(message, data);
        self.screen.learner(&format!("presses button {number}"));
        Ok(true)
    }

    /// Messages from the bot so far; an edit counts as one.
    fn said(&self) -> usize {
        self.telegram.read(|state| Self::shown(state, self.learner.chat()).len())
    }

    fn shown(state: &super::bot_api::State, chat: i64) -> Vec<super::bot_api::ChatEntry> {
        let mut shown: Vec<_> =
            state.from_bot(chat).filter(|entry| entry.kind != EntryKind::Service).cloned().collect();
        let edited: Vec<_> = shown.iter().filter(|entry| entry.edit_date.is_some()).cloned().collect();
        shown.extend(edited);
        shown
    }

    async fn show_next(&self, before: usize, answers: usize) -> Result<()> {
        let chat = self.learner.chat();
        let next = self.telegram.wait_until(PATIENCE, |state| {
            let shown = Self::shown(state, chat);
            (shown.len() >= before + answers)
                .then(|| shown.into_iter().skip(before).take(answers).collect::<Vec<_>>())
        });
        let next = next.await.ok_or_else(|| anyhow!("the bot did not answer"))?;
        next.iter().for_each(|entry| self.screen.bot(entry));
        Ok(())
    }

    async fn show_until_silence(&self, mut before: usize) -> Result<()> {
        let chat = self.learner.chat();
        let mut patience = PATIENCE;
        loop {
            let next = self
                .telegram
                .wait_until(patience, |state| Self::shown(state, chat).into_iter().nth(before))
                .await;
            match next {
                Some(entry) => self.screen.bot(&entry),
                None if patience == SILENCE => return Ok(()),
                None => bail!("the bot did not answer"),
            }
            before += 1;
            patience = SILENCE;
        }
    }

    /// Stops the daemon as SIGTERM would.
    async fn strike(self) -> Result<()> {
        let _ = self.stop.send(());
        self.daemon.await.context("the daemon failed")?
    }
}

/// A folder that goes with the demo.
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
