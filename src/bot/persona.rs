//! Who the chat model is to be: the instructions of a persona file, with the learner's level and language in their places.
//!
//! Must not know a model or its server.

use crate::domain::{Language, Learner, Level};

/// The persona of a learner who has chosen none.
const FRIEND: &str = include_str!("../../assets/personas/friend.md");

/// The instructions for a learner who reads the bot in this language.
pub fn instructions(learner: &Learner, language: Language) -> String {
    let level = learner.level.map_or("unknown: find out from how the learner writes", Level::as_str);
    let language = match language {
        Language::En => "unknown",
        Language::Pt => "Portuguese",
    };
    FRIEND.replace("{level}", level).replace("{language}", language)
}
