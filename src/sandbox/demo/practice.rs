//! The demo's cards: one is kept, asked for, said, and graded. Must not know how the other scenes are played.

use super::scenes::DRILL;
use super::{Demo, READING, TIME_LIMIT};
use crate::sandbox::tutor_api::Answer;
use anyhow::{Result, anyhow};
use bytes::Bytes;
use tokio::time::Instant;

impl Demo {
    pub(super) async fn practice(&mut self) -> Result<()> {
        self.command(DRILL.card, 1).await?;
        self.command("/practice", 1).await?;
        tokio::time::sleep(READING).await;
        // The stand-in for the tutor's recogniser cannot listen either.
        self.tutor.script(|_| Answer::texts(DRILL.heard, "", ""));
        let start = Instant::now();
        self.learner.voice(Bytes::from_static(DRILL.voice), DRILL.seconds);
        self.screen.learner(&format!("🎙 voice message, {} s: the card, said aloud", DRILL.seconds));
        self.show_next(1).await?;
        self.screen.steps(&[("graded after", start.elapsed())]);
        self.press_label("Stop").await?;
        self.command("/cards", 1).await
    }

    /// Presses a button of the last message that has some, and shows the answer.
    pub(super) async fn press_label(&mut self, label: &str) -> Result<()> {
        tokio::time::sleep(READING).await;
        let chat = self.learner.chat();
        let found = self.telegram.wait_until(TIME_LIMIT, |state| {
            let entry = state.from_bot(chat).filter(|entry| entry.keyboard.is_some()).last()?;
            let rows = entry.keyboard.as_ref()?["inline_keyboard"].as_array()?;
            let buttons = rows.iter().filter_map(|row| row.as_array()).flatten();
            let mut fitting =
                buttons.filter(|button| button["text"].as_str().is_some_and(|text| text.contains(label)));
            Some((entry.message_id, fitting.next()?["callback_data"].as_str()?.to_owned()))
        });
        let (message, data) = found.await.ok_or_else(|| anyhow!("there is no button {label:?}"))?;
        self.screen.learner(&format!("presses “{label}”"));
        self.learner
            .press(message, &data)
            .ok_or_else(|| anyhow!("the button {label:?} cannot be pressed"))?;
        self.show_next(1).await
    }
}
