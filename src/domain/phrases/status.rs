//! The sentences of `/status`. Must not know how the numbers are gathered.

use super::Phrases;
use crate::domain::health::TutorState;
use crate::domain::learner::{Language, Level};
use crate::domain::rich::{Rich, Style};

impl Phrases {
    pub(crate) fn status(self, view: &StatusView<'_>) -> Rich {
        let mut text = Rich::default().push(Style::Bold, say!(self, "Your practice", "Sua prática"));
        let session = match &view.session {
            Some((age_secs, turns)) => say!(
                self,
                "\nSession: {} old, turns: {}",
                "\nConversa: aberta há {}, mensagens: {}",
                self.span_of_time(*age_secs),
                turns
            ),
            None => say!(
                self,
                "\nSession: none yet, your next voice message opens one",
                "\nConversa: nenhuma ainda, sua próxima mensagem de voz abre uma"
            ),
        };
        text = text.push(Style::Plain, session);
        let queue = match (view.own_waiting, view.ahead) {
            (0, _) => say!(self, "\nQueue: nothing of yours is waiting", "\nNenhuma mensagem sua na fila"),
            (own, 0) => say!(
                self,
                "\nQueue: {} of yours, the first is being worked on or comes next",
                "\nSuas mensagens na fila: {}, a primeira está em andamento ou é a próxima",
                own
            ),
            (own, ahead) => say!(
                self,
                "\nQueue: {} of yours, place {} in line",
                "\nSuas mensagens na fila: {}, lugar {}",
                own,
                ahead + 1
            ),
        };
        text = text.push(Style::Plain, queue);
        let tutor = match view.tutor {
            TutorState::Unknown => {
                say!(self, "\nTutor: not asked since the start", "\nTutor: ainda não consultado")
            }
            TutorState::Answers => say!(self, "\nTutor: reachable", "\nTutor: disponível"),
            TutorState::Failing => say!(
                self,
                "\nTutor: cannot answer at the moment, messages wait",
                "\nTutor: não consegue responder no momento, as mensagens esperam"
            ),
            TutorState::Silent => say!(
                self,
                "\nTutor: not reachable at the moment, messages wait",
                "\nTutor: indisponível no momento, as mensagens esperam"
            ),
        };
        text = text.push(Style::Plain, tutor);
        let rate = match view.rate_left {
            Some((left, limit)) => say!(
                self,
                "\nRate limit: {} of {} messages left this minute",
                "\nLimite: restam {} de {} mensagens neste minuto",
                left,
                limit
            ),
            None => say!(self, "\nRate limit: none", "\nLimite: nenhum"),
        };
        text = text.push(Style::Plain, rate);
        if let Some(level) = view.level {
            let level = self.level(level);
            text = text.push(Style::Plain, say!(self, "\nLevel: {}", "\nNível: {}", level));
        }
        if let Some(persona) = view.persona {
            text = text.push(
                Style::Plain,
                say!(self, "\nWhen you write, I am: {}", "\nQuando você escreve, eu sou: {}", persona),
            );
        }
        if let Some(model) = view.model {
            text = text
                .push(Style::Plain, say!(self, "\nModel of your choice: ", "\nModelo que você escolheu: "))
                .push(Style::Code, model);
        }
        text
    }

    fn span_of_time(self, secs: i64) -> String {
        match secs {
            ..60 => say!(self, "under a minute", "menos de um minuto"),
            60..3600 => format!("{} min", secs / 60),
            3600..86_400 => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
            _ => say!(self, "{} d {} h", "{} d {} h", secs / 86_400, secs % 86_400 / 3600),
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
