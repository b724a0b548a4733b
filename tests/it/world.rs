//! A world for one test: a Telegram, a tutor, a folder, and the real daemon as a child process.
//!
//! Tests wait for facts, with a time limit that only a broken daemon reaches; nothing asserts a time.

use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{
    BotApi, BotApiOptions, ChatEntry, EntryKind, Learner, LearnerProfile,
};
use phonicflow_bot::sandbox::chat_api::{ChatApi, ChatOptions};
use phonicflow_bot::sandbox::speech_api::{SpeechApi, SpeechOptions};
use phonicflow_bot::sandbox::tutor_api::{TutorApi, TutorOptions};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub const BINARY: &str = env!("CARGO_BIN_EXE_phonicflow-bot");

/// A short voice (speech, OGG/Opus), shipped for the demo.
pub fn voice() -> Vec<u8> {
    asset("voice/01-market.ogg")
}

/// Another one.
pub fn other_voice() -> Vec<u8> {
    asset("voice/02-weather.ogg")
}

pub fn asset(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)).unwrap()
}

pub struct World {
    pub telegram: BotApi,
    pub tutor: TutorApi,
    pub folder: TempDir,
    env: BTreeMap<String, String>,
    daemon: Option<Child>,
    starts: usize,
}

impl World {
    /// Both doubles up, the daemon not yet started.
    pub async fn new() -> Self {
        Self::with_tutor(TutorOptions::default()).await
    }

    pub async fn with_tutor(options: TutorOptions) -> Self {
        let telegram = BotApi::start(BotApiOptions::default()).await.unwrap();
        let tutor = TutorApi::start(options).await.unwrap();
        Self::between(telegram, tutor)
    }

    /// A folder and a daemon (not yet started) of its own, between a Telegram and a tutor that others may use, too.
    pub fn between(telegram: BotApi, tutor: TutorApi) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env = BTreeMap::from(
            [
                ("TELEGRAM_BOT_TOKEN", telegram.token()),
                ("TELEGRAM_API_URL", telegram.base_url()),
                ("BACKEND_URL", tutor.base_url()),
                ("SESSION_STORAGE_PATH", folder.path().join("store").display().to_string()),
                ("BOT_POLLING_TIMEOUT", "5".to_owned()),
                ("LOG_LEVEL", "info".to_owned()),
            ]
            .map(|(key, value)| (key.to_owned(), value)),
        );
        Self { telegram, tutor, folder, env, daemon: None, starts: 0 }
    }

    /// A setting for the next start.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        self.env.insert(key.to_owned(), value.to_owned());
        self
    }

    /// No such setting at the next start.
    pub fn unset(&mut self, key: &str) -> &mut Self {
        self.env.remove(key);
        self
    }

    /// A chat model's server, named in the settings for the next start. It lives as long as the handle.
    pub async fn chat(&mut self, options: ChatOptions) -> ChatApi {
        let chat = ChatApi::start(options).await.unwrap();
        self.set("AI_API_URL", &chat.base_url());
        chat
    }

    /// A server of speech to text and text to speech, named in the settings for the next start. It lives as long
    /// as the handle.
    pub async fn speech(&mut self, options: SpeechOptions) -> SpeechApi {
        let speech = SpeechApi::start(options).await.unwrap();
        self.set("STT_URL", &speech.base_url()).set("TTS_URL", &speech.base_url());
        speech
    }

    /// Both doubles and a running daemon.
    pub async fn started() -> Self {
        let mut world = Self::new().await;
        world.start();
        world
    }

    /// The binary with this world's environment and nothing else of ours.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear().envs(&self.env).current_dir(self.folder.path());
        command
    }

    pub fn start(&mut self) {
        self.start_as(self.command(&["run"]));
    }

    /// The daemon by a command that becomes it.
    pub fn start_as(&mut self, mut command: Command) {
        assert!(self.daemon.is_none(), "the daemon runs already");
        let log = File::create(self.log_path(self.starts)).unwrap();
        self.starts += 1;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.daemon = Some(child);
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(&mut self) {
        let mut child = self.daemon.take().expect("no daemon to kill");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.daemon.as_ref().expect("no daemon").id();
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the daemon to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.daemon.take().expect("no daemon");
        let waiting = tokio::task::spawn_blocking(move || {
            let status = child.wait();
            (child, status)
        });
        let (_, status) =
            tokio::time::timeout(PATIENCE, waiting).await.expect("the daemon does not end").unwrap();
        status.unwrap()
    }

    /// SIGTERM, and the exit it leads to.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().await
    }

    /// The running daemon's process id.
    pub fn pid(&self) -> u32 {
        self.daemon.as_ref().map_or(0, Child::id)
    }

    /// Highest resident memory of the running daemon, kilobytes, where the system tells.
    pub fn peak_kb(&self) -> u64 {
        self.memory_kb("VmHWM:")
    }

    /// A line of the running daemon's `/proc/PID/status`.
    pub fn memory_kb(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
    }

    /// The store's folder; open it only while no daemon runs.
    pub fn store_folder(&self) -> PathBuf {
        let database = phonicflow_bot::store::Home::at(&self.folder.path().join("store")).store();
        // Opening a folder that is not there would make an empty store, and prove nothing.
        assert!(database.is_dir(), "no store in {}", database.display());
        database
    }

    pub fn learner(&self, id: i64) -> Learner {
        self.telegram.learner(LearnerProfile::new(id, "Ana", "en"))
    }

    pub fn brazilian(&self, id: i64) -> Learner {
        self.telegram.learner(LearnerProfile::new(id, "Rui", "pt-br"))
    }

    /// Waits until the bot has said `n` things in this chat, and returns them.
    pub async fn answers(&self, chat: i64, n: usize) -> Vec<ChatEntry> {
        let found = self
            .telegram
            .wait_until(PATIENCE, |state| {
                let said: Vec<_> = state.from_bot(chat).cloned().collect();
                (said.len() >= n).then_some(said)
            })
            .await;
        found.unwrap_or_else(|| {
            let said = self.telegram.read(|state| state.from_bot(chat).count());
            panic!("{said} of {n} answers in chat {chat}; log:\n{}", self.log());
        })
    }

    /// Waits until the bot has said something in this chat that fits.
    pub async fn answer_with(&self, chat: i64, words: &str) -> ChatEntry {
        let found = self
            .telegram
            .wait_until(PATIENCE, |state| {
                state.from_bot(chat).find(|said| said.text.contains(words)).cloned()
            })
            .await;
        found.unwrap_or_else(|| {
            let said: Vec<String> =
                self.telegram.read(|state| state.from_bot(chat).map(|said| said.text.clone()).collect());
            panic!("no answer with {words:?} in chat {chat}, but {said:?}; log:\n{}", self.log());
        })
    }

    /// Waits for the daemon to have sent `n` voice notes to this chat.
    pub async fn voice_notes(&self, chat: i64, n: usize) -> Vec<ChatEntry> {
        let found = self
            .telegram
            .wait_until(PATIENCE, |state| {
                let notes: Vec<_> =
                    state.from_bot(chat).filter(|said| said.kind == EntryKind::Voice).cloned().collect();
                (notes.len() >= n).then_some(notes)
            })
            .await;
        found.unwrap_or_else(|| panic!("no {n} voice notes in chat {chat}; log:\n{}", self.log()))
    }

    /// Waits until every update is confirmed and nothing is queued any more, as far as Telegram can tell: a last
    /// command of a bystander is answered.
    pub async fn settled(&self) {
        let bystander = self.learner(999_999);
        let before = self.telegram.read(|state| state.from_bot(bystander.chat()).count());
        bystander.text("/help");
        self.answers(bystander.chat(), before + 1).await;
    }

    /// What all starts wrote to the log.
    pub fn log(&self) -> Log {
        Log((0..self.starts).map(|n| fs::read_to_string(self.log_path(n)).unwrap_or_default()).collect())
    }

    /// Waits for an event in the log.
    pub async fn logged(&self, event: Event) {
        self.logged_times(event, 1).await;
    }

    /// Waits for an event to have been logged so often.
    pub async fn logged_times(&self, event: Event, times: usize) {
        self.logged_times_with(event, "", times).await;
    }

    /// Waits for an event with these fields, `name=value` and in the order of the line.
    pub async fn logged_with(&self, event: Event, fields: &str) {
        self.logged_times_with(event, fields, 1).await;
    }

    pub async fn logged_times_with(&self, event: Event, fields: &str, times: usize) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.log().times_with(event, fields) < times {
            assert!(
                tokio::time::Instant::now() < deadline,
                "{event} {fields} not {times} times:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn log_path(&self, n: usize) -> PathBuf {
        self.folder.path().join(format!("daemon-{n}.log"))
    }
}

/// What a daemon wrote to standard error. Its wording is for people: a test asks for events and their fields.
pub struct Log(String);

impl Log {
    pub fn times(&self, event: Event) -> usize {
        self.times_with(event, "")
    }

    /// How often an event was logged with these fields.
    pub fn times_with(&self, event: Event, fields: &str) -> usize {
        let fields = format!(" {fields} ");
        self.lines(event)
            .filter(|line| fields.trim().is_empty() || format!("{line} ").contains(&fields))
            .count()
    }

    /// The lines of an event, in either format.
    pub fn lines(&self, event: Event) -> impl Iterator<Item = &str> {
        let (text, json) = (format!(" event={event} "), format!("\"event\":\"{event}\""));
        self.0.lines().filter(move |line| format!("{line} ").contains(&text) || line.contains(&json))
    }

    /// A field of the latest line of an event, in either format.
    pub fn field(&self, event: Event, name: &str) -> Option<String> {
        let line = self.lines(event).last()?;
        let (_, value) =
            line.split_once(&format!(" {name}=")).or_else(|| line.split_once(&format!("\"{name}\":")))?;
        let end = if value.starts_with('"') { None } else { value.find([' ', ',', '}']) };
        let value = &value[..end.unwrap_or(value.len())];
        Some(value.trim_start_matches('"').split('"').next()?.to_owned())
    }

    /// Whether something stands in it that somebody else chose: a secret, a name, a server's own words.
    pub fn holds(&self, what: &str) -> bool {
        self.0.contains(what)
    }

    /// What the program said as it ended; no lines of the log.
    pub fn last_words(&self) -> String {
        let logged = |line: &&str| line.starts_with(|c: char| c == '{' || c.is_ascii_digit());
        self.0.lines().filter(|line| !logged(line)).map(|line| format!("{line}\n")).collect()
    }
}

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut child) = self.daemon.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
