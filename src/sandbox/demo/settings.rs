//! The demo's settings: a goal chosen in place, and a reminder in the learner's own time zone. Must not know how the other scenes
//! are played.

use super::Demo;
use anyhow::Result;

impl Demo {
    pub(super) async fn settings(&mut self) -> Result<()> {
        self.command("/settings", 1).await?;
        for label in ["Daily goal", "10 min", "All settings"] {
            self.press_label(label).await?;
        }
        self.command("/remind 7:30 pm", 1).await?;
        self.press_label("London").await
    }
}
