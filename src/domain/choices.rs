//! What a learner may choose among: language, translation, level. Must not know how a choice is made or kept.

use super::language::Language;
use serde::{Deserialize, Serialize};

/// The language in which a learner reads the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LanguageChoice {
    /// As `DEFAULT_LANGUAGE` says: the Telegram client's, or a fixed one.
    Auto,
    /// Chosen in `/settings`.
    Fixed(Language),
}

impl LanguageChoice {
    /// For exports and admins.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Fixed(language) => language.tag(),
        }
    }
}

/// When a translation is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Translation {
    /// With every answer.
    Always,
    /// Behind a button.
    OnTap,
    Never,
}

impl Translation {
    /// For exports and admins.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::OnTap => "on tap",
            Self::Never => "never",
        }
    }
}

/// Level of English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A1, A2.
    Beginner,
    /// B1, B2.
    Intermediate,
    /// C1, C2.
    Advanced,
}

impl Level {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    /// From the name, in any letter case, or a level of the Common European Framework; `None` for anything
    /// else.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "beginner" | "elementary" | "a1" | "a2" => Some(Self::Beginner),
            "intermediate" | "b1" | "b2" => Some(Self::Intermediate),
            "advanced" | "proficient" | "c1" | "c2" => Some(Self::Advanced),
            _ => None,
        }
    }
}
