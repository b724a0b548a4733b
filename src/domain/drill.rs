//! Practice aloud: how well a card was known.
//!
//! Must not know how what was said is judged.

use serde::{Deserialize, Serialize};

/// How well a card was known, in the words of FSRS. All but the first are a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grade {
    Again,
    Hard,
    Good,
    Easy,
}
