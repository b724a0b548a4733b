//! The demo's group: a voice that somebody else sent there is coached for the learner who asks. Must not know how the other
//! scenes are played.

use super::scenes::SCENES;
use super::{Demo, READING};
use crate::sandbox::bot_api::{LearnerProfile, Post};
use anyhow::Result;
use bytes::Bytes;

const GROUP: i64 = -2001;

impl Demo {
    pub(super) async fn coach(&mut self) -> Result<()> {
        let [market, ..] = &SCENES;
        tokio::time::sleep(READING).await;
        self.telegram.group(GROUP, "English class");
        let rui = self.telegram.learner(LearnerProfile::new(1002, "Rui", "pt-br")).in_chat(GROUP);
        let spoken = rui.voice(Bytes::from_static(market.voice), market.seconds);
        self.screen.line(
            "In the group “English class” Rui sends a voice message, which the bot leaves alone. Ana replies to it:",
        );
        self.tutor_says(market);
        self.learner.in_chat(GROUP).post(Post::text("/coach").reply_to(spoken.message_id));
        self.screen.learner("/coach");
        self.show_next_in(GROUP, 2).await?;
        self.screen.line("");
        Ok(())
    }
}
