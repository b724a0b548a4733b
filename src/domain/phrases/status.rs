//! The sentences of `/status`. Must not know how the numbers are gathered.

use super::Phrases;
use crate::domain::expectation::About;
use crate::domain::health::TutorState;
use crate::domain::learner::Level;
use crate::domain::rich::{Rich, Style};

impl Phrases {
    pub(crate) fn status(self, view: &StatusView<'_>) -> Rich {
        let mut text = Rich::default().push(Style::Bold, phrase!(self, "status"));
        let session = match &view.session {
            Some((age_secs, turns)) => format!(
                "\n{}",
                phrase!(self, "status-conversation", age = self.span_of_time(*age_secs), turns)
            ),
            None => format!("\n{}", phrase!(self, "status-no-conversation")),
        };
        text = text.push(Style::Plain, session);
        let queue = match (view.own_waiting, view.ahead) {
            (0, _) => format!("\n{}", phrase!(self, "status-nothing-waits")),
            (own, 0) => format!("\n{}", phrase!(self, "status-next", own)),
            (own, ahead) => format!("\n{}", phrase!(self, "status-place", own, place = ahead + 1)),
        };
        text = text.push(Style::Plain, queue);
        if let (1.., Some(about)) = (view.own_waiting, view.about) {
            text = text.push(
                Style::Plain,
                format!("\n{}", phrase!(self, "status-about", about = self.about(about))),
            );
        }
        let tutor = match view.tutor {
            TutorState::Unknown => {
                format!("\n{}", phrase!(self, "status-tutor-unknown"))
            }
            TutorState::Answers => format!("\n{}", phrase!(self, "status-tutor-answers")),
            TutorState::Failing => format!("\n{}", phrase!(self, "status-tutor-failing")),
            TutorState::Silent => format!("\n{}", phrase!(self, "status-tutor-silent")),
        };
        text = text.push(Style::Plain, tutor);
        let rate = match view.rate_left {
            Some((left, limit)) => format!("\n{}", phrase!(self, "status-rate", left, limit)),
            None => format!("\n{}", phrase!(self, "status-no-rate")),
        };
        text = text.push(Style::Plain, rate);
        if let Some(level) = view.level {
            let level = self.level(level);
            text = text.push(Style::Plain, format!("\n{}", phrase!(self, "status-level", level)));
        }
        if let Some(persona) = view.persona {
            text = text.push(Style::Plain, format!("\n{}", phrase!(self, "status-persona", persona)));
        }
        if let Some(model) = view.model {
            text = text
                .push(Style::Plain, format!("\n{} ", phrase!(self, "status-model")))
                .push(Style::Code, model);
        }
        text
    }

    fn span_of_time(self, secs: i64) -> String {
        match secs {
            ..60 => phrase!(self, "under-a-minute"),
            60..3600 => format!("{} min", secs / 60),
            3600..86_400 => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
            _ => format!("{} d {} h", secs / 86_400, secs % 86_400 / 3600),
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StatusView<'a> {
    /// Age in seconds and number of turns of the open session.
    pub session: Option<(i64, u32)>,
    /// The learner's rows that wait for the tutor or are in work there.
    pub own_waiting: usize,
    /// Other learners' rows before the next one.
    pub ahead: usize,
    /// How long the next answer will take, where that is known and long.
    pub about: Option<About>,
    /// Judged by the last calls.
    pub tutor: TutorState,
    /// As chosen.
    pub level: Option<Level>,
    /// Whom the chat model is, where there is one.
    pub persona: Option<&'a str>,
    /// As chosen.
    pub model: Option<&'a str>,
    /// (left, limit) per minute; `None` when there is no limit.
    pub rate_left: Option<(u32, u32)>,
}
