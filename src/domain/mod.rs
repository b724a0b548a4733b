//! The pure core: what a message, a session, a lesson and an answer are.
//!
//! Owns the product's rules. Must not know tokio, sockets, files or the clock: the present moment is an argument.

pub mod alert;
pub mod assessment;
pub mod backoff;
pub mod data_export;
pub mod dead_letter;
pub mod expectation;
pub mod health;
pub mod ids;
pub mod incoming;
pub mod job;
pub mod learner;
pub mod lesson;
pub mod markdown;
pub mod membership;
pub mod outcome;
pub mod phrases;
pub mod printable;
pub mod rate;
pub mod rich;
pub mod session;
pub mod stats;

pub use alert::{AlertKind, Announced, Announcement, Told};
pub use assessment::{Assessment, RecordedTurn, Tokens, Turn, TurnKind};
pub use dead_letter::{DeadLetter, DeadReason};
pub use ids::{ChannelName, ChatId, MessageId, Timestamp, UserId};
pub use incoming::{Body, Chat, ChatKind, Incoming, Lane, OtherKind, Recording, WorkKind};
pub use job::{Admission, Failed, Job, OutMessage, Stage, Task, Urgency, WaitReason};
pub use learner::{Change, DayTokens, Language, LanguageChoice, Learner, Level, Translation};
pub use membership::{Hidden, Membership};
pub use outcome::{Button, Content, Keyboard, Outcome, Reply, SpokenPart};
pub use rich::{Rich, Style};
pub use session::{Session, SessionState};
