//! The sentences of `/admin`: counts, health and queue, never a text or a name. Must not know how these are
//! gathered.

use super::Phrases;
use crate::domain::dead_letter::DeadReason;
use crate::domain::health::TutorState;
use crate::domain::job::WaitReason;
use crate::domain::rich::{Rich, Style};

/// What `/admin` shows. Ages in ms.
#[derive(Debug, Clone, Default)]
pub(crate) struct AdminView {
    pub version: &'static str,
    /// Since the start.
    pub uptime_ms: i64,
    /// Since the last answered poll; `None` before the first.
    pub last_poll_ms: Option<i64>,
    /// State of the tutor and for how long (ms); `None` before the first call.
    pub tutor: Option<(TutorState, i64)>,
    /// Whether Telegram hides who is in the required channel.
    pub members_hidden: bool,
    /// Rows in the inbox, including those in delivery.
    pub inbox: usize,
    /// Rows in delivery.
    pub delivering: usize,
    /// Rows in work.
    pub leased: usize,
    /// Why rows wait: how many, and for how long the oldest has.
    pub waiting: Vec<(WaitReason, usize, i64)>,
    /// By reason.
    pub dead: Vec<(DeadReason, usize)>,
    /// Finished turns since the start.
    pub turns: u64,
}

impl Phrases {
    /// `/admin` in a chat where others can read it.
    pub(crate) fn admin_in_private(self) -> Rich {
        Rich::plain(phrase!(self, "admin-in-private"))
    }

    pub(crate) fn admin(self, view: &AdminView) -> Rich {
        let line = |text: Rich, line: String| text.push(Style::Plain, "\n").push(Style::Plain, line);
        let mut text = Rich::default().push(Style::Bold, format!("phonicflow-bot {}", view.version));
        let up = self.age(view.uptime_ms);
        text = line(text, phrase!(self, "admin-up", age = up));
        text = line(
            text,
            match view.last_poll_ms.map(|ms| self.age(ms)) {
                Some(age) => phrase!(self, "admin-last-poll", age),
                None => phrase!(self, "admin-no-poll"),
            },
        );
        text = line(
            text,
            match view.tutor.map(|(state, ms)| (state, self.age(ms))) {
                Some((TutorState::Failing, age)) => phrase!(self, "admin-tutor-failing", age),
                Some((TutorState::Answers, age)) => {
                    phrase!(self, "admin-tutor-answers", age)
                }
                Some((TutorState::Silent, age)) => {
                    phrase!(self, "admin-tutor-silent", age)
                }
                None | Some((TutorState::Unknown, _)) => {
                    phrase!(self, "admin-tutor-unknown")
                }
            },
        );
        if view.members_hidden {
            text = line(text, phrase!(self, "admin-members-hidden"));
        }
        text = line(text, phrase!(self, "admin-turns", count = view.turns));
        text = line(
            text,
            phrase!(
                self,
                "admin-inbox",
                inbox = view.inbox,
                working = view.leased,
                delivering = view.delivering
            ),
        );
        for (why, count, oldest_ms) in &view.waiting {
            let (why, oldest) = (self.wait_reason(*why), self.age(*oldest_ms));
            text = line(text, phrase!(self, "admin-waiting", why, count, age = oldest));
        }
        let dead: usize = view.dead.iter().map(|(_, count)| count).sum();
        text = line(text, phrase!(self, "admin-dead-letters", count = dead));
        for (reason, count) in &view.dead {
            text = line(text, format!("– {}: {count}", self.dead_reason(*reason)));
        }
        text
    }

    fn wait_reason(self, why: WaitReason) -> String {
        match why {
            WaitReason::TutorDown => phrase!(self, "wait-tutor-down"),
            WaitReason::TutorFailing => {
                phrase!(self, "wait-tutor-failing")
            }
            WaitReason::TutorUncertain => {
                phrase!(self, "wait-tutor-uncertain")
            }
            WaitReason::ModelDown => {
                phrase!(self, "wait-model-down")
            }
            WaitReason::TelegramDown => phrase!(self, "wait-telegram-down"),
            WaitReason::Paced => phrase!(self, "wait-paced"),
            WaitReason::GlobalRate => phrase!(self, "wait-global-rate"),
            WaitReason::RecogniserDown => phrase!(self, "wait-recogniser-down"),
            WaitReason::Fault => phrase!(self, "wait-fault"),
        }
    }

    pub(super) fn dead_reason(self, reason: DeadReason) -> String {
        match reason {
            DeadReason::TutorDown => phrase!(self, "dead-tutor-down"),
            DeadReason::AnswerLost => {
                phrase!(self, "dead-answer-lost")
            }
            DeadReason::TelegramDown => phrase!(self, "dead-telegram-down"),
            DeadReason::Fault => phrase!(self, "dead-fault"),
            DeadReason::Restored => {
                phrase!(self, "dead-restored")
            }
            DeadReason::EndedDaemon => {
                phrase!(self, "dead-ended-daemon")
            }
            DeadReason::SendRefused => {
                phrase!(self, "dead-send-refused")
            }
            DeadReason::SendUnknown => phrase!(self, "dead-send-unknown"),
            DeadReason::VoiceFailed => {
                phrase!(self, "dead-voice-failed")
            }
            DeadReason::TutorRefused => {
                phrase!(self, "dead-tutor-refused")
            }
            DeadReason::ModelDown => {
                phrase!(self, "dead-model-down")
            }
            DeadReason::ModelRefused => phrase!(self, "dead-model-refused"),
            DeadReason::Other => phrase!(self, "dead-other"),
        }
    }

    /// A time span, roughly.
    pub(super) fn age(self, ms: i64) -> String {
        match ms / 1000 {
            secs @ ..60 => format!("{} s", secs.max(0)),
            secs @ 60..3600 => format!("{} min", secs / 60),
            secs @ 3600..86_400 => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
            secs => format!("{} d {} h", secs / 86_400, secs % 86_400 / 3600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    #[test]
    fn the_whole_of_it_fits_one_message_in_both_languages() {
        let all = [
            WaitReason::TutorDown,
            WaitReason::TutorUncertain,
            WaitReason::TelegramDown,
            WaitReason::Paced,
            WaitReason::GlobalRate,
            WaitReason::Fault,
            WaitReason::TutorFailing,
            WaitReason::ModelDown,
        ];
        let view = AdminView {
            version: "0.1.0",
            uptime_ms: 90_061_000,
            last_poll_ms: Some(1_500),
            tutor: Some((TutorState::Silent, 61_000)),
            members_hidden: true,
            waiting: all.iter().map(|why| (*why, 3, 3_700_000)).collect(),
            dead: DeadReason::ALL.map(|reason| (reason, 1)).to_vec(),
            ..AdminView::default()
        };
        let [en, pt] = [Language::En, Language::Pt].map(|language| Phrases(language).admin(&view).to_plain());
        assert!(
            en.contains("Up for 1 d 1 h")
                && en.contains("Dead letters: 13")
                && en.contains("oldest for 1 h 1 min")
        );
        assert!(pt.contains("No ar há 1 d 1 h") && pt.contains("Mensagens abandonadas: 13"));
        assert!(en.len() < 2000 && pt.len() < 2000);
        assert!(Phrases(Language::En).admin(&AdminView::default()).to_plain().contains("none yet"));
    }
}
