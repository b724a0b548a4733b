//! What the tutor remembers: sessions, turns, calls and what the caller did wrong. Must not know HTTP.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Asked, Speech, derived};

/// State of the tutor's language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    Well,
    /// Every turn fails with this detail, after the speech was recognised.
    Dead(&'static str),
}

/// How the tutor behaves; may be changed while it runs. The defaults are those of the deployed one.
#[derive(Debug, Clone)]
pub struct TutorOptions {
    /// Turns it works on at once; fixed at the start.
    pub parallel: usize,
    /// How long a turn takes.
    pub delay: Duration,
    /// Other calls wait while it works on as many turns as it can.
    pub busy_blocks_all: bool,
    /// A turn whose client disconnected is finished all the same.
    pub finishes_abandoned: bool,
    pub model: Model,
    /// It coaches in English, translates into Portuguese and also speaks the coaching.
    pub bilingual: bool,
    /// `GET /conversation` exists.
    pub history: bool,
    /// The status for a conversation it does not know: 200 (with a count of 0) or 404.
    pub unknown_status: u16,
    /// The spoken answer of turns that bring none of their own; `None`: a made-up WAV.
    pub speech: Option<Speech>,
    /// The status for «no audio»: 400 or 404.
    pub no_audio_status: u16,
    /// `/bot/…` routes exist.
    pub bot_routes: bool,
    /// The bearer key required; other requests get 401.
    pub api_key: Option<String>,
    /// Every request must carry a signature by this key.
    pub signing_key: Option<String>,
    /// Keeps each turn's WAV bytes.
    pub keep_audio: bool,
    /// Keeps each call's raw body (to check signatures).
    pub keep_bodies: bool,
}

impl Default for TutorOptions {
    fn default() -> Self {
        Self {
            parallel: 1,
            delay: Duration::ZERO,
            busy_blocks_all: true,
            finishes_abandoned: true,
            model: Model::Well,
            bilingual: false,
            history: true,
            unknown_status: 200,
            speech: None,
            no_audio_status: 400,
            bot_routes: false,
            api_key: None,
            signing_key: None,
            keep_audio: true,
            keep_bodies: false,
        }
    }
}

#[derive(Debug, Clone)]
pub struct TutorCall {
    /// Ms since the double was started, on arrival.
    pub at_ms: u64,
    /// The same when it was answered; `None`: not yet, or the client disconnected, or a fault ended it.
    pub done_ms: Option<u64>,
    /// Its name, as fault rules know it: `POST /process`, `GET /audio`, …
    pub name: String,
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    pub session: Option<String>,
    pub headers: HashMap<String, String>,
    /// Present if `keep_bodies` is set.
    pub body: Option<Bytes>,
    pub status: Option<u16>,
}

/// One turn handed in at `POST /process`.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Number among all turns, from 1.
    pub number: usize,
    /// The session of the query, or a fresh one.
    pub session: String,
    /// `session_id` was missing in the query.
    pub session_made_up: bool,
    /// The `session_id` header.
    pub session_header: Option<String>,
    /// Length in samples at 16 kHz.
    pub samples: usize,
    /// Present if `keep_audio` is set.
    pub wav: Option<Bytes>,
    /// Ms since the double was started, on arrival.
    pub received_ms: u64,
    /// When work on it began.
    pub started_ms: Option<u64>,
    pub finished_ms: Option<u64>,
    /// The client disconnected before the answer.
    pub abandoned: bool,
}

/// What a well-behaved caller never does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A turn was sent while another of its session was open.
    Overlap {
        session: String,
        earlier: usize,
        later: usize,
        /// The earlier turn's client had disconnected.
        earlier_abandoned: bool,
    },
    /// Audio was fetched while the session's next turn was open, so it may have been overwritten.
    AudioDuringTurn { session: String, turn: usize },
    /// `/process` came without `session_id` in the query.
    NoSession { turn: usize },
    /// Header and query name different sessions.
    HeaderDiffers { turn: usize },
}

/// One remembered conversation.
#[derive(Debug, Default, Clone)]
pub(super) struct Session {
    pub(super) history: Vec<Value>,
    pub(super) turns: usize,
    /// The turn whose spoken answer is on the disk; forgetting the conversation does not remove it.
    pub(super) spoken: usize,
    pub(super) open: Vec<usize>,
    pub(super) speech: Option<Speech>,
}

type Script = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

/// What the double holds; read it in [`super::TutorApi::wait_until`] or [`super::TutorApi::read`].
pub struct TutorState {
    pub(super) options: TutorOptions,
    pub(super) started: Instant,
    pub(super) sessions: HashMap<String, Session>,
    pub(super) turns: Vec<Turn>,
    pub(super) calls: Vec<TutorCall>,
    pub(super) counts: HashMap<String, usize>,
    pub(super) violations: Vec<Violation>,
    pub(super) queue: VecDeque<Answer>,
    pub(super) script: Option<Script>,
    pub(super) forgotten: Vec<String>,
    finished: usize,
}

impl TutorState {
    pub(super) fn new(options: TutorOptions) -> Self {
        Self {
            options,
            started: Instant::now(),
            sessions: HashMap::new(),
            turns: Vec::new(),
            calls: Vec::new(),
            counts: HashMap::new(),
            violations: Vec::new(),
            queue: VecDeque::new(),
            script: None,
            forgotten: Vec::new(),
            finished: 0,
        }
    }

    /// Every turn handed in, in order.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Turns done, answered or not.
    pub fn finished(&self) -> usize {
        self.finished
    }

    /// Every call, in order.
    pub fn calls(&self) -> &[TutorCall] {
        &self.calls
    }

    /// How many calls of this name came.
    pub fn count(&self, name: &str) -> usize {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// What the caller did wrong.
    pub(crate) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// A session's history as `GET /conversation` would show it; empty for an unknown one.
    pub fn history(&self, session: &str) -> &[Value] {
        self.sessions.get(session).map_or(&[], |session| session.history.as_slice())
    }

    pub fn knows(&self, session: &str) -> bool {
        self.sessions.get(session).is_some_and(|session| session.turns > 0)
    }

    /// Sessions deleted, in order.
    pub fn forgotten(&self) -> &[String] {
        &self.forgotten
    }

    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn open_turn(&mut self, mut turn: Turn, named_session: Option<&str>) -> usize {
        let number = self.turns.len() + 1;
        turn.number = number;
        turn.received_ms = self.now_ms();
        if turn.session_made_up {
            self.violations.push(Violation::NoSession { turn: number });
        }
        if let (Some(header), Some(query)) = (&turn.session_header, named_session)
            && header != query
        {
            self.violations.push(Violation::HeaderDiffers { turn: number });
        }
        let session = self.sessions.entry(turn.session.clone()).or_default();
        for earlier in &session.open {
            let gone = self.turns.get(earlier - 1).is_some_and(|turn| turn.abandoned);
            self.violations.push(Violation::Overlap {
                session: turn.session.clone(),
                earlier: *earlier,
                later: number,
                earlier_abandoned: gone,
            });
        }
        session.open.push(number);
        self.turns.push(turn);
        number
    }

    pub(super) fn turn_mut(&mut self, number: usize) -> Option<&mut Turn> {
        self.turns.get_mut(number.checked_sub(1)?)
    }

    /// Begins a turn: its answer is decided, its effect is still to come.
    pub(super) fn start_turn(&mut self, number: usize) -> Answer {
        let now = self.now_ms();
        let Some(turn) = self.turn_mut(number) else { return Answer::error(500, json!("no such turn")) };
        turn.started_ms = Some(now);
        let (session, samples) = (turn.session.clone(), turn.samples);
        let turn = self.sessions.get(&session).map_or(0, |session| session.turns) + 1;
        let asked = Asked { session, turn, number, samples };
        if let Model::Dead(detail) = self.options.model {
            return Answer::error(500, json!(detail));
        }
        let bilingual = self.options.bilingual;
        let script = self.script.clone();
        let queued = self.queue.pop_front();
        queued.unwrap_or_else(|| script.map_or_else(|| derived(&asked, bilingual), |script| script(&asked)))
    }

    /// Ends a turn without any effect.
    pub(super) fn drop_turn(&mut self, number: usize) {
        let session = self.turn_mut(number).map(|turn| turn.session.clone());
        if let Some(session) = session.and_then(|session| self.sessions.get_mut(&session)) {
            session.open.retain(|open| *open != number);
        }
    }

    /// Ends a turn: its texts enter the history.
    pub(super) fn finish_turn(&mut self, number: usize, answer: &Answer) {
        let now = self.now_ms();
        let Some(turn) = self.turn_mut(number) else { return };
        turn.finished_ms = Some(now);
        let name = turn.session.clone();
        let session = self.sessions.entry(name).or_default();
        session.open.retain(|open| *open != number);
        if answer.in_history {
            let text = |key: &str| answer.body.get(key).cloned().unwrap_or(Value::Null);
            session.history.push(json!({
                "user": text("user_transcript"),
                "coaching": text("coaching_feedback"),
                "conversational": text("conversational_response"),
            }));
            session.turns += 1;
            session.spoken = session.turns;
            session.speech.clone_from(&answer.audio);
        }
        self.finished += 1;
    }
}
