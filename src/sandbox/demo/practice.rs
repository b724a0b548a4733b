//! The demo's cards: the one kept from a correction is asked for, said, and graded; another is written by hand. Must not know how
//! the other scenes are played.

use super::scenes::{DRILL, OWN_CARD};
use super::{Demo, READING};
use crate::sandbox::tutor_api::Answer;
use anyhow::Result;
use bytes::Bytes;
use tokio::time::Instant;

impl Demo {
    pub(super) async fn practice(&mut self) -> Result<()> {
        self.command("/practice", 1).await?;
        tokio::time::sleep(READING).await;
        // The stand-in for the tutor's recogniser cannot listen either.
        self.tutor.script(|_| Answer::texts(DRILL.heard, "", ""));
        let start = Instant::now();
        self.learner.voice(Bytes::from_static(DRILL.voice), DRILL.seconds);
        self.screen.learner(&format!("🎙 voice message, {} s: the card, said aloud", DRILL.seconds));
        self.show_next(1).await?;
        self.screen.steps(&[("graded after", start.elapsed())]);
        self.press("Stop", 1).await?;
        self.command(OWN_CARD, 1).await?;
        self.command("/cards", 1).await
    }
}
