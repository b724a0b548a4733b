//! How a turn sounded: pitch and loudness of the learner's voice and of the spoken reply, a few bytes each.
//!
//! Must not know how either is measured or drawn.

use serde::{Deserialize, Serialize};

/// Turns of a learner whose contours are kept.
pub const CONTOURS_KEPT: usize = 5;

/// One voice, in steps of equal length.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contour {
    /// Length of a step, ms.
    pub step_ms: u16,
    /// Distance from the speaker's median, hundredths of a semitone; `i16::MIN`: no voice.
    pub pitch: Vec<i16>,
    /// Loudness of the same steps, 0..=255.
    pub level: Vec<u8>,
}

/// The contours of one turn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contours {
    /// The number of its row.
    pub turn: u64,
    pub learner: Option<Contour>,
    pub reply: Option<Contour>,
}

impl Contour {
    /// In the place of a pitch: there is no voice.
    pub const NO_VOICE: i16 = i16::MIN;
    /// Most steps: a picture is not wider.
    pub const STEPS: usize = 600;

    pub fn duration_ms(&self) -> u32 {
        u32::try_from(self.level.len()).unwrap_or(u32::MAX).saturating_mul(u32::from(self.step_ms))
    }

    /// The pitch of each step, semitones; `None`: there is no voice.
    pub(crate) fn semitones(&self) -> impl Iterator<Item = Option<f32>> {
        self.pitch.iter().map(|pitch| (*pitch != Self::NO_VOICE).then(|| f32::from(*pitch) / 100.0))
    }

    /// Semitones between the lowest and the highest pitch, the outermost tenth at each end left out: a creak or a squeak is no
    /// melody. `None`: there is no voice.
    pub(crate) fn range(&self) -> Option<f32> {
        let mut heard: Vec<f32> = self.semitones().flatten().collect();
        heard.sort_by(f32::total_cmp);
        let cut = heard.len() / 10;
        Some(heard.get(heard.len().checked_sub(cut + 1)?)? - heard.get(cut)?)
    }
}
