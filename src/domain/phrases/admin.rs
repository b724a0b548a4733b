//! The sentences of `/admin`: counts, health and queue, never a text or a name. Must not know how these are
//! gathered.

use super::Phrases;
use crate::domain::dead_letter::DeadReason;
use crate::domain::health::TutorState;
use crate::domain::job::WaitReason;
use crate::domain::learner::Language;
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
        Rich::plain(say!(
            self,
            "I show that in a private chat only: please write /admin to me there.",
            "Só mostro isso no privado: me envie /admin por lá, por favor."
        ))
    }

    pub(crate) fn admin(self, view: &AdminView) -> Rich {
        let line = |text: Rich, line: String| text.push(Style::Plain, "\n").push(Style::Plain, line);
        let mut text = Rich::default().push(Style::Bold, format!("phonicflow-bot {}", view.version));
        let up = self.age(view.uptime_ms);
        text = line(text, say!(self, "Up for {}", "No ar há {}", up));
        text = line(
            text,
            match view.last_poll_ms.map(|ms| self.age(ms)) {
                Some(age) => say!(self, "Last poll: {} ago", "Última consulta: há {}", age),
                None => say!(self, "Last poll: none yet", "Última consulta: nenhuma ainda"),
            },
        );
        text = line(
            text,
            match view.tutor.map(|(state, ms)| (state, self.age(ms))) {
                Some((TutorState::Failing, age)) => say!(
                    self,
                    "Tutor: there, but cannot answer for {}",
                    "Tutor: no ar, mas não consegue responder há {}",
                    age
                ),
                Some((TutorState::Answers, age)) => {
                    say!(self, "Tutor: answering for {}", "Tutor: responde há {}", age)
                }
                Some((TutorState::Silent, age)) => {
                    say!(self, "Tutor: stopped answering {} ago", "Tutor: não responde há {}", age)
                }
                None | Some((TutorState::Unknown, _)) => {
                    say!(self, "Tutor: not asked since the start", "Tutor: ainda não consultado")
                }
            },
        );
        if view.members_hidden {
            text = line(
                text,
                say!(
                    self,
                    "Channel: Telegram does not tell who is in it",
                    "Canal: o Telegram não diz quem está nele"
                ),
            );
        }
        text = line(
            text,
            say!(self, "Turns since the start: {}", "Mensagens respondidas desde o início: {}", view.turns),
        );
        text = line(
            text,
            say!(
                self,
                "Inbox: {}, at work: {}, being delivered: {}",
                "Entrada: {}, em andamento: {}, em entrega: {}",
                view.inbox,
                view.leased,
                view.delivering
            ),
        );
        for (why, count, oldest_ms) in &view.waiting {
            let (why, oldest) = (self.wait_reason(*why), self.age(*oldest_ms));
            text = line(
                text,
                say!(
                    self,
                    "Waiting, {}: {}, the oldest for {}",
                    "Em espera, {}: {}, a mais antiga há {}",
                    why,
                    count,
                    oldest
                ),
            );
        }
        let dead: usize = view.dead.iter().map(|(_, count)| count).sum();
        text = line(text, say!(self, "Dead letters: {}", "Mensagens abandonadas: {}", dead));
        for (reason, count) in &view.dead {
            text = line(text, format!("– {}: {count}", self.dead_reason(*reason)));
        }
        text
    }

    fn wait_reason(self, why: WaitReason) -> String {
        match why {
            WaitReason::TutorDown => say!(self, "tutor does not answer", "tutor não responde"),
            WaitReason::TutorFailing => {
                say!(self, "the tutor cannot answer", "o tutor não consegue responder")
            }
            WaitReason::TutorUncertain => {
                say!(self, "looking for the tutor's answer", "procurando a resposta do tutor")
            }
            WaitReason::ModelDown => {
                say!(self, "chat model does not answer", "modelo de conversa não responde")
            }
            WaitReason::TelegramDown => say!(self, "Telegram does not answer", "Telegram não responde"),
            WaitReason::Paced => say!(self, "Telegram asked to wait", "Telegram pediu para esperar"),
            WaitReason::GlobalRate => say!(self, "limit on all learners", "limite de todos os alunos"),
            WaitReason::Fault => say!(self, "a fault that may pass", "uma falha que pode passar"),
        }
    }

    pub(super) fn dead_reason(self, reason: DeadReason) -> String {
        match reason {
            DeadReason::TutorDown => say!(self, "the tutor did not answer", "o tutor não respondeu"),
            DeadReason::AnswerLost => {
                say!(self, "the tutor's answer was lost", "a resposta do tutor se perdeu")
            }
            DeadReason::TelegramDown => say!(self, "Telegram did not answer", "o Telegram não respondeu"),
            DeadReason::Fault => say!(self, "a fault of the bot", "uma falha do bot"),
            DeadReason::Restored => {
                say!(
                    self,
                    "open when the store was restored",
                    "abertas quando o banco de dados foi restaurado"
                )
            }
            DeadReason::EndedDaemon => {
                say!(self, "the bot ended twice while working on it", "o bot caiu duas vezes ao tratá-la")
            }
            DeadReason::SendRefused => {
                say!(self, "Telegram refuses the answer", "o Telegram recusa a resposta")
            }
            DeadReason::SendUnknown => say!(
                self,
                "sent, but Telegram never said whether it arrived",
                "enviadas, mas o Telegram não disse se chegaram"
            ),
            DeadReason::VoiceFailed => {
                say!(self, "the tutor failed on this one and on no other", "o tutor falhou só nesta mensagem")
            }
            DeadReason::TutorRefused => {
                say!(self, "the tutor refuses what we send", "o tutor recusa o que enviamos")
            }
            DeadReason::ModelDown => {
                say!(self, "the chat model did not answer", "o modelo de conversa não respondeu")
            }
            DeadReason::ModelRefused => say!(
                self,
                "the chat model does not take the message",
                "o modelo de conversa não aceita a mensagem"
            ),
            DeadReason::Other => say!(self, "other", "outras"),
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
                && en.contains("Dead letters: 11")
                && en.contains("oldest for 1 h 1 min")
        );
        assert!(pt.contains("No ar há 1 d 1 h") && pt.contains("Mensagens abandonadas: 11"));
        assert!(en.len() < 2000 && pt.len() < 2000);
        assert!(Phrases(Language::En).admin(&AdminView::default()).to_plain().contains("none yet"));
    }
}
