//! The recorded conversation: the order of its scenes, and how a learner's voice, text or press is posted and its answers
//! shown. Must not know what is said.

use super::scenes::{DRILL, SCENES, Scene, TEXT};
use super::{Demo, READING, TIME_LIMIT};
use crate::sandbox::tutor_api::{Answer, Speech};
use anyhow::{Result, anyhow};
use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;

const TUTOR_REPLY: &[u8] = include_bytes!("../../../assets/voice/tutor-reply.wav");
const TUTOR_COACHING: &[u8] = include_bytes!("../../../assets/voice/tutor-coaching.wav");

impl Demo {
    pub(super) async fn recorded(&mut self) -> Result<()> {
        let [market, weather, travel] = &SCENES;
        self.command("/start", 1).await?;
        self.spoken(market).await?;
        self.command("/status", 1).await?;
        self.spoken(weather).await?;
        self.press("Corrections", 1).await?;
        self.press(DRILL.kept, 0).await?;
        self.press("Slower", 1).await?;
        self.settings().await?;
        self.spoken(travel).await?;
        self.press("Translate", 1).await?;
        self.command("/feedback", 2).await?;
        self.command("/intonation", 1).await?;
        self.command("/progress", 1).await?;
        self.practice().await?;
        self.reminder().await?;
        self.command("/new", 1).await?;
        self.text().await?;
        self.command("/history", 1).await?;
        self.press("⏮", 1).await?;
        self.coach().await?;
        self.command("/export", 3).await?;
        self.command("/hlep", 1).await?;
        self.screen.line("Now with your own words: phonicflow-bot demo --interactive");
        Ok(())
    }

    /// Posts a text and shows the answers.
    pub(super) async fn command(&mut self, text: &str, answers: usize) -> Result<()> {
        tokio::time::sleep(READING).await;
        let start = Instant::now();
        self.learner.text(text);
        self.screen.learner(text);
        self.show_next(answers).await?;
        self.screen.steps(&[("answered after", start.elapsed())]);
        Ok(())
    }

    /// Presses the button with this in its label, of the latest message that has one, and shows the answers and the notice that
    /// Telegram shows for a moment.
    pub(super) async fn press(&mut self, label: &str, answers: usize) -> Result<()> {
        tokio::time::sleep(READING).await;
        let chat = self.learner.chat();
        let found = self.telegram.read(|state| {
            let labelled = state.from_bot(chat).filter_map(|entry| {
                let rows = entry.keyboard.as_ref()?.get("inline_keyboard")?.as_array()?;
                let mut buttons = rows.iter().filter_map(|row| row.as_array()).flatten();
                let text = |button: &serde_json::Value| Some(button.get("text")?.as_str()?.to_owned());
                let button = buttons.find(|button| text(button).is_some_and(|text| text.contains(label)))?;
                Some((entry.message_id, text(button)?, button.get("callback_data")?.as_str()?.to_owned()))
            });
            labelled.last()
        });
        let (message, text, data) = found.ok_or_else(|| anyhow!("there is no button {label:?}"))?;
        self.screen.learner(&format!("presses [ {text} ]"));
        let cannot = || anyhow!("the button {label:?} cannot be pressed");
        let pressed = self.learner.press(message, &data).ok_or_else(cannot)?;
        self.show_next(answers).await?;
        let answered = self.telegram.wait_until(TIME_LIMIT, |state| {
            let press = state.press(&pressed.query_id).filter(|press| press.answers > 0)?;
            Some(press.text.clone().unwrap_or_default())
        });
        let notice = answered.await.ok_or_else(|| anyhow!("the button {label:?} was not answered"))?;
        if notice.is_empty() {
            self.screen.line("");
        } else {
            self.screen.note(&format!("( {notice} )"));
        }
        Ok(())
    }

    /// Posts a text and shows the model's answer as it grows; the last look of it has no Stop button any more.
    async fn text(&mut self) -> Result<()> {
        let (question, _) = TEXT;
        tokio::time::sleep(READING).await;
        let start = Instant::now();
        self.learner.text(question);
        self.screen.learner(question);
        let (chat, screen, view) = (self.learner.chat(), &self.screen, &mut self.view);
        let mut first = None;
        let shown = self.telegram.wait_until(TIME_LIMIT, |state| {
            let mut whole = None;
            for entry in view.news(state, chat, usize::MAX) {
                screen.bot(&entry);
                first.get_or_insert_with(|| start.elapsed());
                whole = entry.keyboard.is_none().then_some(());
            }
            whole
        });
        shown.await.ok_or_else(|| anyhow!("the bot did not answer"))?;
        let first = first.unwrap_or_default();
        self.screen.steps(&[("first words shown after", first), ("the whole answer", start.elapsed())]);
        Ok(())
    }

    /// Posts a recorded voice and shows the answers, with the time each step took.
    async fn spoken(&mut self, scene: &Scene) -> Result<()> {
        tokio::time::sleep(READING).await;
        self.tutor_says(scene);
        let turns = self.tutor.turns().len();
        let start = Instant::now();
        self.learner.voice(Bytes::from_static(scene.voice), scene.seconds);
        self.screen.learner(&format!("🎙 voice message, {} s ({})", scene.seconds, scene.name));
        let failed = || anyhow!("the voice did not reach the tutor");
        self.tutor
            .wait_until(TIME_LIMIT, |t| (t.turns().len() > turns).then_some(()))
            .await
            .ok_or_else(failed)?;
        let heard = Instant::now();
        self.tutor
            .wait_until(TIME_LIMIT, |t| (t.finished() > turns).then_some(()))
            .await
            .ok_or_else(failed)?;
        let thought = Instant::now();
        self.show_next(1).await?;
        let read = Instant::now();
        self.show_next(1).await?;
        self.screen.steps(&[
            ("taken, fetched, decoded to WAV", heard - start),
            ("tutor (stand-in)", thought - heard),
            ("text out", read - thought),
            ("reply fetched, encoded to Opus, out", read.elapsed()),
        ]);
        Ok(())
    }

    /// The stand-in tutor answers the next voice with this scene's words.
    pub(super) fn tutor_says(&self, scene: &Scene) {
        let [said, coaching, coaching_pt, reply, reply_pt] = scene.words;
        self.tutor.script(move |asked| {
            let (reply_voice, coaching_voice) =
                (Bytes::from_static(TUTOR_REPLY), Bytes::from_static(TUTOR_COACHING));
            let speech = Speech::Pair(reply_voice, coaching_voice, "audio/wav");
            Answer::ok(json!({
                "user_transcript": said,
                "coaching_feedback": coaching,
                "coaching_feedback_portuguese": coaching_pt,
                "conversational_response": reply,
                "conversational_response_portuguese": reply_pt,
                "coaching_audio_path": format!("/srv/tutor/{}_coaching.wav", asked.session),
                "conversational_audio_path": format!("/srv/tutor/{}_conversational.wav", asked.session),
            }))
            .speaking(speech)
        });
    }

    /// Shows the next `answers` messages or edits.
    pub(super) async fn show_next(&mut self, answers: usize) -> Result<()> {
        self.show_next_in(self.learner.chat(), answers).await
    }

    pub(super) async fn show_next_in(&mut self, chat: i64, answers: usize) -> Result<()> {
        let (screen, view) = (&self.screen, &mut self.view);
        let mut left = answers;
        let shown = self.telegram.wait_until(TIME_LIMIT, |state| {
            for entry in view.news(state, chat, left) {
                screen.bot(&entry);
                left -= 1;
            }
            (left == 0).then_some(())
        });
        shown.await.ok_or_else(|| anyhow!("the bot did not answer"))
    }
}
