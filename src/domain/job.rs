//! A message on its way to being answered: the durable row of the inbox, its stages, and what the outbox holds.
//!
//! Must not know how rows are stored or leased.

use super::ids::{ChatId, MessageId, Timestamp, UserId};
use super::incoming::{Incoming, Lane, Placement, WorkKind};
use super::outcome::Reply;
use super::overtaking::{Overtaking, Stuck};
use super::stage::Stage;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One row of the inbox. `seq` is the order of acceptance, never reused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub seq: u64,
    pub user: UserId,
    /// The chat whose order it keeps.
    pub chat: ChatId,
    /// The lane whose order it keeps.
    pub lane: Lane,
    /// The pool of workers it is for now: of its handler, then of delivery.
    pub work: WorkKind,
    /// It leaves the conversation: the way out of one that is stuck.
    pub leaving: bool,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Not to be claimed before.
    pub not_before: Timestamp,
    /// What is to be done.
    pub task: Task,
    /// How far the work has come.
    pub stage: Stage,
    /// How often the voice was handed to the tutor and the outcome stayed open by no fault of ours.
    pub submissions: u32,
    /// Since when it waits for something that is down.
    pub waiting_since: Option<Timestamp>,
    /// What it waits for.
    pub waiting_for: Option<WaitReason>,
    /// The learner was told that the answer comes later.
    pub told_late: bool,
    /// Calls of the tutor that failed: the pause before the next one grows with them.
    pub tutor_failures: u32,
    /// Of these, turns that the tutor answered with a failure of its own: after a few it is this voice's.
    pub turn_failures: u32,
    /// Downloads of the recording that failed: the pause before the next one grows with them.
    pub download_failures: u32,
    /// Looks whether the learner is in the required channel that failed: after a few the learner is told.
    pub membership_failures: u32,
    /// Panics of its handler, a bug of ours: after a few it is given up.
    pub faults: u32,
    /// Sends of its replies that failed, in a row; shown to admins (each reply counts its own).
    pub send_failures: u32,
    /// How often the daemon ended out of order with this row in hands, see `daemon::crash_notes`.
    pub deaths: u32,
    /// The message in its chat that says the answer is being worked on, where one was sent.
    pub progress: Option<MessageId>,
    /// Such a message is about to be sent, or was, and nobody knows its id: none is sent again.
    pub progress_begun: bool,
    /// Calls of the chat model that failed: the pause before the next one grows with them.
    pub model_failures: u32,
    /// It was answered before older ones that wait for what is down; its answer goes out before theirs.
    pub overtook: bool,
    /// Conversations that were begun at the tutor for nothing but to have its voice written down, one for each attempt. The
    /// tutor forgets them when the row is answered, given up, dropped or deleted.
    pub in_passing: Vec<Uuid>,
}

/// What went wrong with a row, for the count that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// A call of the tutor.
    Tutor,
    /// A turn, answered by the tutor with a failure of its own.
    Turn,
    /// The download of the recording.
    Download,
    /// The look whether the learner is in the required channel.
    Membership,
    /// The handler: it panicked.
    Fault,
    /// A call of the chat model.
    Model,
}

/// Which of the messages that could be sent now goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// The first message of an answer: somebody has nothing yet.
    First,
    /// The rest of an answer.
    Rest,
    /// Words of the bot's own, which nobody waits for.
    Own,
}

/// What a row asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// A message to answer.
    Handle(Incoming, Admission),
    /// Replies in the outbox to send; the message itself is no longer needed and no longer kept.
    Deliver {
        /// The update they answer; `None`: words of the bot's own, or a row of an older program.
        update_id: Option<i64>,
    },
    /// Corrections to draw from the coaching of the turn that answered this row. Nobody waits for them.
    Draw { turn: u64 },
}

/// The rate verdict, taken at acceptance by the message's own date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// To be answered.
    Admitted,
    /// Over the learner's rate; the one notice of this window says how long to wait.
    RateLimited {
        /// Seconds until the next message would pass.
        wait_secs: u32,
    },
    /// Too many messages of the learner wait already; the one notice of this window says so.
    Crowded,
}

/// Why a row is not worked on at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WaitReason {
    /// The tutor does not answer or answers with an error.
    TutorDown,
    /// Looking whether the tutor recorded a turn whose answer was lost.
    TutorUncertain,
    /// Telegram does not answer.
    TelegramDown,
    /// Telegram asked us to slow down.
    Paced,
    /// The limit on all learners together.
    GlobalRate,
    /// Failed in a way that may pass.
    Fault,
    /// The tutor is there, but no turn succeeds any more.
    TutorFailing,
    /// The chat model does not answer, and no other one stands in.
    ModelDown,
    /// The speech recogniser does not answer or answers with an error.
    RecogniserDown,
}

impl WaitReason {
    /// The words shown to admins.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TutorDown => "tutor not answering",
            Self::TutorUncertain => "looking for the tutor's answer",
            Self::TelegramDown => "telegram not answering",
            Self::Paced => "telegram asked to wait",
            Self::GlobalRate => "global rate limit",
            Self::Fault => "a fault that may pass",
            Self::TutorFailing => "the tutor cannot answer",
            Self::ModelDown => "chat model not answering",
            Self::RecogniserDown => "speech recogniser not answering",
        }
    }

    /// Whether the tutor is what is waited for.
    fn is_of_the_tutor(self) -> bool {
        matches!(self, Self::TutorDown | Self::TutorUncertain | Self::TutorFailing | Self::RecogniserDown)
    }

    /// Whether both wait for the same one.
    fn has_the_cause_of(self, other: Self) -> bool {
        let tutor = Self::is_of_the_tutor;
        let telegram = |reason| matches!(reason, Self::TelegramDown | Self::Paced);
        self == other || tutor(self) && tutor(other) || telegram(self) && telegram(other)
    }

    /// Its name for machines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TutorDown => "tutor_down",
            Self::TutorUncertain => "tutor_uncertain",
            Self::TelegramDown => "telegram_down",
            Self::Paced => "paced",
            Self::GlobalRate => "global_rate",
            Self::Fault => "fault",
            Self::TutorFailing => "tutor_failing",
            Self::ModelDown => "model_down",
            Self::RecogniserDown => "recogniser_down",
        }
    }
}

/// One Telegram message (or edit, or callback answer) that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutMessage {
    /// 0-based place among the replies of its job.
    pub index: u32,
    /// What to send; already within Telegram's length limits.
    pub reply: Reply,
    /// Sends whose fate stayed unknown (the connection broke after the request went out).
    pub unsure: u32,
    /// Sends that surely failed.
    pub attempts: u32,
    /// The words of a spoken answer went out as text already: only the voice is still to come.
    pub words_sent: bool,
}

impl OutMessage {
    /// One that nobody has tried to send yet.
    pub fn new(index: u32, reply: Reply) -> Self {
        Self { index, reply, unsure: 0, attempts: 0, words_sent: false }
    }
}

impl Job {
    /// A row that nothing has happened to yet, due at once.
    pub fn new(
        seq: u64,
        user: UserId,
        chat: ChatId,
        placement: Placement,
        accepted_at: Timestamp,
        task: Task,
    ) -> Self {
        let Placement { lane, work, leaving } = placement;
        let stage = match &task {
            Task::Handle(..) | Task::Draw { .. } => Stage::Taken,
            Task::Deliver { .. } => Stage::Answered,
        };
        Self {
            seq,
            user,
            chat,
            lane,
            work,
            leaving,
            accepted_at,
            not_before: Timestamp::default(),
            task,
            stage,
            submissions: 0,
            waiting_since: None,
            waiting_for: None,
            told_late: false,
            tutor_failures: 0,
            turn_failures: 0,
            download_failures: 0,
            membership_failures: 0,
            faults: 0,
            send_failures: 0,
            deaths: 0,
            progress: None,
            progress_begun: false,
            model_failures: 0,
            overtook: false,
            in_passing: Vec::new(),
        }
    }

    /// Counts a failure.
    pub(crate) fn note_failure(&mut self, failed: Failed) {
        let count = match failed {
            Failed::Turn => {
                self.turn_failures = self.turn_failures.saturating_add(1);
                &mut self.tutor_failures
            }
            Failed::Tutor => &mut self.tutor_failures,
            Failed::Download => &mut self.download_failures,
            Failed::Membership => &mut self.membership_failures,
            Failed::Fault => &mut self.faults,
            Failed::Model => &mut self.model_failures,
        };
        *count = count.saturating_add(1);
    }

    /// Since when it waits for this, should it still not be there `now`. What it waited for before is another matter: it
    /// has come.
    pub(crate) fn waiting_since(&self, reason: WaitReason, now: Timestamp) -> Timestamp {
        let same = self.waiting_for.is_some_and(|before| before.has_the_cause_of(reason));
        // A date to come is left from a clock that was set back since.
        self.waiting_since.filter(|_| same).map_or(now, |since| since.min(now))
    }

    /// All that went wrong and all waiting is forgotten: the next attempt is as the first.
    pub(crate) fn begin_anew(&mut self) {
        self.waiting_since = None;
        self.waiting_for = None;
        self.tutor_failures = 0;
        self.turn_failures = 0;
        self.download_failures = 0;
        self.membership_failures = 0;
        self.faults = 0;
        self.model_failures = 0;
        self.send_failures = 0;
        self.deaths = 0;
    }

    /// Failed attempts of every kind, for people to see.
    pub fn failures(&self) -> u32 {
        [
            self.tutor_failures,
            self.download_failures,
            self.membership_failures,
            self.faults,
            self.model_failures,
            self.send_failures,
            self.deaths,
        ]
        .into_iter()
        .fold(0, u32::saturating_add)
    }

    /// Among which rows it keeps its order when it goes before older ones that are stuck; `None`: it waits behind them.
    pub(crate) fn overtakes(&self) -> Option<Overtaking> {
        if self.lane != Lane::Conversation {
            return None;
        }
        match self.work {
            WorkKind::Delivery => self.overtook.then_some(Overtaking::Answer),
            _ if self.leaving => Some(Overtaking::Leaving),
            WorkKind::Tutor => Some(Overtaking::Tutor),
            WorkKind::Model => Some(Overtaking::Model),
            WorkKind::Local => None,
        }
    }

    /// Whether it waits for what is down, as far as its learner knows: until they are told that the answer comes later, it may
    /// be a moment away, as when it is looked for after a restart.
    pub(crate) fn stuck(&self) -> Stuck {
        let waits_for = self.waiting_for.filter(|_| self.told_late);
        match (self.work, waits_for) {
            (WorkKind::Tutor, Some(WaitReason::TutorUncertain)) => Stuck::Uncertain,
            (WorkKind::Tutor, Some(reason)) if reason.is_of_the_tutor() => Stuck::Down,
            // The model judges voices, too, where the tutor is the built-in one.
            (WorkKind::Model | WorkKind::Tutor, Some(WaitReason::ModelDown)) => Stuck::Down,
            _ => Stuck::No,
        }
    }

    /// How soon its first message is wanted.
    pub(crate) fn urgency(&self) -> Urgency {
        match self.task {
            Task::Deliver { update_id: None } | Task::Draw { .. } => Urgency::Own,
            Task::Deliver { .. } | Task::Handle(..) => Urgency::First,
        }
    }

    /// The update it came from, where there is one.
    pub fn update_id(&self) -> Option<i64> {
        match &self.task {
            Task::Handle(incoming, _) => Some(incoming.update_id),
            Task::Deliver { update_id } => *update_id,
            Task::Draw { .. } => None,
        }
    }
}
