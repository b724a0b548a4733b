//! A conversation with the tutor, from the first message to the archive.
//!
//! Must not know where sessions are stored.

use super::ids::{Timestamp, TutorId, UserId};
use super::incoming::Chat;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionState {
    Active,
    /// Unused for longer than the session timeout; the next message archives it.
    Idle,
    /// Closed; kept until the retention period ends.
    Archived,
}

impl SessionState {
    /// For admins.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SessionState::Active => "active",
            SessionState::Idle => "idle",
            SessionState::Archived => "archived",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The tutor's id of the conversation (UUID v4).
    pub id: Uuid,
    pub user: UserId,
    pub created: Timestamp,
    /// When the learner last did something in it.
    pub last_activity: Timestamp,
    /// Turns answered.
    pub turns: u32,
    /// Turns in the tutor's own history as far as known; `None`: ask before relying on it.
    pub tutor_turns: Option<u32>,
    /// Set once it is closed.
    pub archived_at: Option<Timestamp>,
    /// Turns in writing, which the tutor does not know about.
    pub text_turns: u32,
    /// Which of several tutors was given its latest turn; `None`: there was one only, or none yet.
    pub tutor: Option<TutorId>,
    /// The group or topic it is held in; `None`: the private chat itself.
    pub place: Option<Chat>,
    /// It began with a message because the one before had been idle for too long.
    pub follows_idle: bool,
}

impl Session {
    pub fn open(id: Uuid, user: UserId, now: Timestamp) -> Self {
        Self {
            id,
            user,
            created: now,
            last_activity: now,
            turns: 0,
            tutor_turns: Some(0),
            archived_at: None,
            text_turns: 0,
            tutor: None,
            follows_idle: false,
            place: None,
        }
    }

    /// One that is held in this chat and topic.
    #[must_use]
    pub fn held_in(self, chat: Chat) -> Self {
        Self { place: Self::place_of(chat), ..self }
    }

    /// The place of conversations in this chat and topic.
    pub(crate) fn place_of(chat: Chat) -> Option<Chat> {
        (!chat.is_main()).then_some(chat)
    }

    /// `timeout_ms`: idle time after which a session ends.
    pub(crate) fn state(&self, now: Timestamp, timeout_ms: i64) -> SessionState {
        if self.archived_at.is_some() {
            SessionState::Archived
        } else if now.since_ms(self.last_activity) > timeout_ms {
            SessionState::Idle
        } else {
            SessionState::Active
        }
    }
}
