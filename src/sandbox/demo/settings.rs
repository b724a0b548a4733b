//! The demo's settings: a goal and the translation chosen in place, and a reminder in the learner's own time zone. Must not know
//! how the other scenes are played.

use super::Demo;
use anyhow::Result;

impl Demo {
    /// Translations come on tap from now on.
    pub(super) async fn settings(&mut self) -> Result<()> {
        self.command("/settings", 1).await?;
        for label in ["Daily goal", "10 min", "All settings", "Translation", "On tap"] {
            self.press(label, 1).await?;
        }
        Ok(())
    }

    pub(super) async fn reminder(&mut self) -> Result<()> {
        self.command("/remind 7:30 pm", 1).await?;
        self.press("London", 1).await
    }
}
