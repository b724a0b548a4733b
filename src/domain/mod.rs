//! The pure core: what a message, a session, a lesson and an answer are.
//!
//! Owns the product's rules. Must not know tokio, sockets, files or the clock: the current time is an
//! argument.

pub mod alert;
pub(crate) mod assessment;
pub(crate) mod backoff;
pub mod card;
pub(crate) mod choices;
pub mod clock_time;
pub(crate) mod contour;
pub mod correction;
pub(crate) mod data_export;
pub(crate) mod day;
pub(crate) mod dead_letter;
pub(crate) mod dialogue;
pub mod drill;
pub(crate) mod expectation;
pub(crate) mod files;
pub(crate) mod finding;
pub mod fluency;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod ids;
pub(crate) mod incoming;
pub(crate) mod job;
pub mod judge;
pub(crate) mod language;
pub(crate) mod learner;
pub(crate) mod lesson;
pub mod local_day;
pub(crate) mod made;
pub mod markdown;
pub(crate) mod membership;
pub(crate) mod model_server;
pub(crate) mod outcome;
pub(crate) mod overtaking;
pub(crate) mod persona;
pub mod phrases;
pub mod places;
pub mod printable;
pub(crate) mod progress;
pub mod rate;
pub(crate) mod reminder;
pub mod rich;
pub(crate) mod session;
pub(crate) mod setback;
pub(crate) mod speech;
pub(crate) mod stage;
pub mod stats;

pub use alert::{AlertKind, Announced, Announcement, Told};
pub use assessment::{Assessment, RecordedTurn, SentNotes, Tokens, Turn, TurnChange, TurnFact, TurnKind};
pub use card::{Card, CardBook, CardChange, LONGEST_SIDE, MOST_CARDS, Memory, NewCard, Review};
pub use contour::{CONTOURS_KEPT, Contour, Contours};
pub use correction::{Correction, CorrectionKind};
pub use day::{DAYS_KEPT, Day};
pub use dead_letter::{DeadLetter, DeadReason};
pub use files::{File, FileKind, Files};
pub use fluency::Fluency;
pub use gate::Gate;
pub use ids::{ChannelName, ChatId, MessageId, Timestamp, TutorId, UserId};
pub use incoming::{
    Body, CARD, COACH, Chat, ChatKind, Incoming, Lane, OtherKind, Placement, Recording, WorkKind,
};
pub use job::{Admission, Failed, Job, OutMessage, Task, Urgency, WaitReason};
pub use language::Language;
pub use learner::{
    Change, DAILY_GOAL, DayTokens, LanguageChoice, Learner, Level, OPEN_ELSEWHERE, Translation,
};
pub use made::{ExportFormat, Made};
pub use membership::{Hidden, Membership};
pub use model_server::{ServerKind, Vision};
pub use outcome::{Button, Content, Keyboard, Keys, Outcome, Reply, SpokenPart};
pub use overtaking::{Overtaking, Stuck};
pub use persona::{Persona, Personas};
pub use progress::{CardTotals, ProgressView, SpokenDay, Week};
pub use reminder::{Due, Reminder};
pub use rich::{Rich, Style};
pub use session::{Session, SessionState};
pub use setback::Setback;
pub use speech::{SpokenWord, Transcript};
pub use stage::Stage;
