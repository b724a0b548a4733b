//! A conversation with the tutor: its life from the first voice to the archive.
//!
//! Must not know where sessions are kept.

use super::ids::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a session is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionState {
    /// In use.
    Active,
    /// Not used for longer than the session timeout; the next message archives it.
    Idle,
    /// Closed; kept until the retention runs out.
    Archived,
}

impl SessionState {
    /// The word shown to admins.
    pub fn as_str(self) -> &'static str {
        match self {
            SessionState::Active => "active",
            SessionState::Idle => "idle",
            SessionState::Archived => "archived",
        }
    }
}

/// One conversation of one learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The id the tutor knows it by (UUID v4).
    pub id: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// When it was opened.
    pub created: Timestamp,
    /// When the learner last did something in it.
    pub last_activity: Timestamp,
    /// Turns answered.
    pub turns: u32,
    /// How many turns the tutor's own history holds as far as we know; `None`: ask before relying on it.
    pub tutor_turns: Option<u32>,
    /// Set once it is closed.
    pub archived_at: Option<Timestamp>,
    /// Of the turns, those that were written: the tutor knows nothing of them.
    pub text_turns: u32,
}

impl Session {
    /// A fresh conversation.
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
        }
    }

    /// The state at `now`, given the idle time after which a session ends (ms).
    pub fn state(&self, now: Timestamp, timeout_ms: i64) -> SessionState {
        if self.archived_at.is_some() {
            SessionState::Archived
        } else if now.since_ms(self.last_activity) > timeout_ms {
            SessionState::Idle
        } else {
            SessionState::Active
        }
    }
}
