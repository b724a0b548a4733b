//! Those who write while daemons are killed: learners with voices, questions and commands, a tutor and a model whose answers
//! can be told apart, and when the next blow falls. Must not know how many daemons there are, or judge what they did.

use crate::world::PATIENCE;
use bytes::Bytes;
use phonicflow_bot::audio::{self, Limits};
use phonicflow_bot::sandbox::bot_api::{
    BotApi, Distance, Learner, LearnerProfile, Outcome, Post, RateLimits, State,
};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatApi, ChatOptions, Part, Question as Asking};
use phonicflow_bot::sandbox::tutor_api::{Answer, Asked, Speech, TutorApi, TutorOptions, tone};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// As far away as Telegram really is.
pub const TELEGRAM: Distance =
    Distance { text: Duration::from_millis(80), voice: Duration::from_millis(150) };

/// What a learner sent, by what is due for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One text and one voice note, from the tutor's turn with this many samples.
    Voice { samples: usize },
    /// One text, in the lane of the conversation.
    Talk,
    /// One text, in the lane of what needs no tutor.
    Aside,
}

impl Kind {
    pub fn messages_due(self) -> usize {
        match self {
            Self::Voice { .. } => 2,
            Self::Talk | Self::Aside => 1,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub chat: i64,
    pub message_id: i64,
    pub kind: Kind,
    /// When it was sent, milliseconds on Telegram's clock.
    pub at_ms: u64,
}

/// Voices of different lengths: (file, samples the tutor gets).
fn voices() -> Vec<(Bytes, usize)> {
    let voice = |ms: u32| {
        let note = audio::to_voice_note(tone(24_000, 300.0, ms)).unwrap();
        let wav = audio::to_wav(note.bytes.clone().into(), Limits { max_seconds: 60 }).unwrap();
        (Bytes::from(note.bytes), usize::try_from(wav.samples).unwrap())
    };
    (0..23).map(|n| voice(400 + 40 * n)).collect()
}

/// An answer that tells which turn it belongs to; see [`super::count`]. Now and then one takes so long that a new daemon
/// looks for it before it is done.
fn numbered(asked: &Asked) -> Answer {
    let millis = if asked.number.is_multiple_of(6) { 400 } else { 20 + asked.number as u64 * 7 % 31 };
    Answer::ok(json!({
        "user_transcript": format!("This is number {} .", asked.number),
        "coaching_feedback": "Clear vowels.",
        "conversational_response": format!("I heard number {} .", asked.number),
        "conversational_audio_path": "/app/audio/some.wav",
    }))
    .taking(Duration::from_millis(millis))
    .speaking(Speech::Bytes(tone(24_000, 440.0, 300), "audio/wav"))
}

/// A model's answer; now and then one to a learner is slow enough to be shown as it grows.
fn written(asking: &Asking) -> ChatAnswer {
    let learner_asks = asking.body.get("response_format").is_none();
    let slow = learner_asks && asking.body.to_string().len().is_multiple_of(3);
    let pause = Duration::from_millis(if slow { 2_200 } else { 30 });
    let parts = [
        Part::Text("You could ".to_owned()),
        Part::Pause(pause),
        Part::Text("tell me about ".to_owned()),
        Part::Pause(pause / 4),
        Part::Text("your day.".to_owned()),
        Part::Finish("stop".to_owned()),
        Part::Usage,
        Part::Done,
    ];
    ChatAnswer::parts(parts)
}

/// What must happen before the next kill.
#[derive(Debug, Clone, Copy)]
pub enum Cue {
    /// So many more requests reach Telegram, of whatever kind.
    Requests(usize),
    /// So many more messages are sent.
    Sent(usize),
    /// So many more updates are confirmed.
    Confirmed(usize),
    /// So many more requests reach the tutor, of whatever kind.
    TutorCalls(usize),
    /// So many more turns come in.
    TurnsIn(usize),
    /// So many more turns are done.
    TurnsDone(usize),
    /// So many more voices are downloaded.
    Files(usize),
    /// So many more spoken answers are fetched.
    Fetched(usize),
}

impl Cue {
    pub fn random(rng: &mut fastrand::Rng) -> Self {
        let n = rng.usize(1..=6);
        match rng.u8(0..8) {
            0 => Self::Requests(rng.usize(1..=60)),
            1 => Self::Sent(n * 2),
            2 => Self::Confirmed(n),
            3 => Self::TutorCalls(n),
            4 => Self::TurnsIn(n),
            5 => Self::TurnsDone(n),
            6 => Self::Files(n),
            _ => Self::Fetched(n),
        }
    }

    /// Waits for it, or for everything due so far to be sent: nothing more will happen then.
    pub async fn wait(self, telegram: &BotApi, tutor: &TutorApi, due: usize) {
        let idle = telegram.wait_until(PATIENCE, |state| (state.sent_count() >= due).then_some(()));
        let (requests, sent, confirmed, files) = telegram.read(|state| {
            let log = state.log();
            (log.calls().len(), state.sent_count(), state.confirmed().len(), log.count("file"))
        });
        let (calls, turns, done, fetched) = tutor.read(|state| {
            (state.calls().len(), state.turns().len(), state.finished(), state.count("GET /audio"))
        });
        let seen_by_telegram = telegram.wait_until(PATIENCE, |state| {
            let there = match self {
                Self::Requests(n) => state.log().calls().len() >= requests + n,
                Self::Sent(n) => state.sent_count() >= sent + n,
                Self::Confirmed(n) => state.confirmed().len() >= confirmed + n,
                Self::Files(n) => state.log().count("file") >= files + n,
                _ => false,
            };
            there.then_some(())
        });
        let seen_by_tutor = tutor.wait_until(PATIENCE, |state| {
            let there = match self {
                Self::TutorCalls(n) => state.calls().len() >= calls + n,
                Self::TurnsIn(n) => state.turns().len() >= turns + n,
                Self::TurnsDone(n) => state.finished() >= done + n,
                Self::Fetched(n) => state.count("GET /audio") >= fetched + n,
                _ => false,
            };
            there.then_some(())
        });
        // Whoever of the three exhausts the patience shows in the count of lost messages.
        tokio::select! {
            _ = idle => {}
            _ = seen_by_telegram => {}
            _ = seen_by_tutor => {}
        }
    }
}

/// A tutor that tells its history while it is at work on a turn: whoever trusts a single look at it doubles turns.
pub fn tutor_options() -> TutorOptions {
    TutorOptions { parallel: 2, busy_blocks_all: false, keep_audio: false, ..TutorOptions::default() }
}

/// The learners, and what they have written.
pub struct Load {
    pub rng: fastrand::Rng,
    pub telegram: BotApi,
    /// Up until the end.
    model: ChatApi,
    learners: Vec<Learner>,
    voices: Vec<(Bytes, usize)>,
    pub questions: Vec<Question>,
    /// Messages due for them.
    pub due: usize,
}

impl Load {
    pub async fn new(
        telegram: &BotApi,
        tutor: &TutorApi,
        learners: usize,
        seed: u64,
        distance: Distance,
    ) -> Self {
        tutor.script(numbered);
        let model = ChatApi::start(ChatOptions::default()).await.unwrap();
        model.script(written);
        telegram.set_rate_limits(Some(RateLimits::telegram()));
        telegram.set_distance(Some(distance));
        let learner = |n| telegram.learner(LearnerProfile::new(1_000 + n as i64, "Ana", "en"));
        let learners = (0..learners).map(learner).collect();
        let (rng, telegram) = (fastrand::Rng::with_seed(seed), telegram.clone());
        Self { rng, telegram, model, learners, voices: voices(), questions: Vec::new(), due: 0 }
    }

    /// Settings of a daemon that serves them.
    pub fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("AI_API_URL", self.model.base_url()),
            ("BOT_RATE_LIMIT", "false".to_owned()),
            ("BACKEND_TIMEOUT", "3".to_owned()),
            ("BACKEND_CONCURRENCY", "2".to_owned()),
        ]
    }

    /// Questions that came to the chat model.
    pub fn asked(&self) -> usize {
        self.model.questions().len()
    }

    /// Learners send this many messages.
    pub fn write(&mut self, count: usize) {
        for _ in 0..count {
            let n = self.rng.usize(0..self.learners.len());
            let Some(learner) = self.learners.get(n) else { continue };
            let (kind, post) = match self.rng.u8(0..20) {
                0..11 => {
                    let at = (n * 5 + self.questions.len()) % self.voices.len();
                    let (voice, samples) = self.voices[at].clone();
                    (Kind::Voice { samples }, Post::voice(voice, 1))
                }
                11..14 => (Kind::Talk, Post::text("What shall I say?")),
                14 => (Kind::Talk, Post::text("/new")),
                15 => (Kind::Aside, Post::text("/status")),
                16 => (Kind::Aside, Post::text("/history")),
                _ => (Kind::Aside, Post::text("/help")),
            };
            let message_id = learner.post(post).message_id;
            let at_ms = self.telegram.read(|state| state.now_ms());
            self.questions.push(Question { chat: learner.chat(), message_id, kind, at_ms });
            self.due += kind.messages_due();
        }
    }

    /// Waits until every question has what is due, or until nothing has come for longer than anything takes.
    pub async fn all_answered(&self) {
        loop {
            let (before, open) = self.telegram.read(|state| {
                let mut come: BTreeMap<i64, usize> = BTreeMap::new();
                let answers = state.sent().filter(|sent| !super::count::is_of_the_wait(&sent.text));
                for reply in answers.filter_map(|sent| sent.reply_to) {
                    *come.entry(reply).or_default() += 1;
                }
                let is_open = |question: &&Question| {
                    come.get(&question.message_id).copied().unwrap_or(0) < question.kind.messages_due()
                };
                (state.sent_count(), self.questions.iter().filter(is_open).copied().collect::<Vec<_>>())
            });
            if open.is_empty() {
                return;
            }
            // The last answers may be edits of what was said of the wait: nothing more is sent then.
            let are_few = open.len() <= FEW;
            let more = self.telegram.wait_until(PATIENCE, |state| {
                let some_came = are_few && !open.iter().all(|question| is_open(state, question));
                (some_came || state.sent_count() > before).then_some(())
            });
            if more.await.is_none() {
                return;
            }
        }
    }

    /// What was sent before a kill still arrives.
    pub async fn all_arrived(&self) {
        let arrived = self.telegram.wait_until(PATIENCE, |state| (state.travelling() == 0).then_some(()));
        assert!(arrived.await.is_some());
    }
}

/// Questions that can be looked for at each change.
const FEW: usize = 20;

fn is_open(state: &State, question: &Question) -> bool {
    let answers = state.from_bot(question.chat).filter(|sent| sent.reply_to == Some(question.message_id));
    answers.filter(|sent| !super::count::is_of_the_wait(&sent.text)).count() < question.kind.messages_due()
}

/// Names of the calls that are open now.
pub fn open_calls(telegram: &BotApi, tutor: &TutorApi) -> HashSet<String> {
    let mut open: HashSet<String> = telegram.read(|state| {
        let recent = state.log().calls().iter().rev().take(200);
        recent.filter(|call| call.outcome == Outcome::Pending).map(|call| call.method.clone()).collect()
    });
    open.extend(tutor.read(|state| {
        let recent = state.calls().iter().rev().take(50);
        let open = recent.filter(|call| call.done_ms.is_none()).map(|call| call.name.clone());
        open.collect::<Vec<_>>()
    }));
    open
}
