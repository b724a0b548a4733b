//! What admins are told unasked. Never a text or a name. Must not know when they are told.

use super::Phrases;
use crate::domain::dead_letter::DeadReason;
use crate::domain::learner::Language;
use crate::domain::rich::Rich;

impl Phrases {
    pub(crate) fn alert_tutor_down(self, for_ms: i64, waiting: usize) -> Rich {
        // "Stopped 0 s ago" would say no more than "stopped".
        let since = match for_ms {
            ..60_000 => String::new(),
            _ => say!(self, " {} ago", " há {}", self.age(for_ms)),
        };
        Rich::plain(say!(
            self,
            "⚠️ The tutor stopped answering{}. Messages in the queue: {}. They are kept and answered when it is back. \
             /admin shows more.",
            "⚠️ O tutor parou de responder{}. Mensagens na fila: {}. Elas ficam guardadas e são respondidas quando ele voltar. \
             /admin mostra mais.",
            since,
            waiting
        ))
    }

    /// The tutor answers, but every turn fails.
    pub(crate) fn alert_tutor_failing(self, waiting: usize) -> Rich {
        Rich::plain(say!(
            self,
            "⚠️ The tutor cannot answer: it is there, but every turn fails, mostly since its language model is dead. \
             Messages in the queue: {}. They are kept. `sudo phonicflow-bot doctor` asks the tutor how it is.",
            "⚠️ O tutor não consegue responder: ele está no ar, mas toda mensagem falha, em geral porque o modelo de linguagem \
             parou. Mensagens na fila: {}. Elas ficam guardadas. `sudo phonicflow-bot doctor` pergunta ao tutor como ele está.",
            waiting
        ))
    }

    pub(crate) fn alert_tutor_back(self, waiting: usize) -> Rich {
        Rich::plain(say!(
            self,
            "✅ The tutor answers again. Messages in the queue: {}.",
            "✅ O tutor voltou a responder. Mensagens na fila: {}.",
            waiting
        ))
    }

    pub(crate) fn alert_model_down(self, for_ms: i64, waiting: usize) -> Rich {
        let since = match for_ms {
            ..60_000 => String::new(),
            _ => say!(self, " {} ago", " há {}", self.age(for_ms)),
        };
        Rich::plain(say!(
            self,
            "⚠️ The chat model stopped answering{}. Messages in the queue: {}. Texts are kept and answered when it is back; \
             voices go on. `sudo phonicflow-bot doctor` asks each model server.",
            "⚠️ O modelo de conversa parou de responder{}. Mensagens na fila: {}. Os textos ficam guardados e são respondidos \
             quando ele voltar; os áudios continuam. `sudo phonicflow-bot doctor` pergunta a cada servidor.",
            since,
            waiting
        ))
    }

    pub(crate) fn alert_model_back(self, waiting: usize) -> Rich {
        Rich::plain(say!(
            self,
            "✅ The chat model answers again. Messages in the queue: {}.",
            "✅ O modelo de conversa voltou a responder. Mensagens na fila: {}.",
            waiting
        ))
    }

    pub(crate) fn alert_dead_letters(self, fresh: &[(DeadReason, usize)], all: usize) -> Rich {
        let new: usize = fresh.iter().map(|(_, count)| count).sum();
        let reasons: Vec<String> = fresh
            .iter()
            .map(|(reason, count)| format!("\n– {}: {count}", self.dead_reason(*reason)))
            .collect();
        Rich::plain(say!(
            self,
            "⚠️ Messages given up: {} new, {} in all.{}\nThey are kept: on the machine \
             `sudo phonicflow-bot queue list` shows them and `sudo phonicflow-bot queue retry N` puts one back.",
            "⚠️ Mensagens abandonadas: novas: {}, no total: {}.{}\nElas ficam guardadas: na máquina, \
             `sudo phonicflow-bot queue list` mostra quais são e `sudo phonicflow-bot queue retry N` devolve uma à fila.",
            new,
            all,
            reasons.concat()
        ))
    }

    /// `export_of`: time of the export that the store was restored from; `None`: it began empty.
    pub(crate) fn alert_restored(self, export_of: Option<&str>) -> Rich {
        Rich::plain(match export_of {
            Some(moment) => say!(
                self,
                "⚠️ The store was damaged and was restored from its export of {}. What was said after that is missing. \
                 The damaged one was moved aside; the log says where.",
                "⚠️ O banco de dados foi danificado e restaurado da cópia de {}. O que veio depois está faltando. \
                 O danificado foi posto de lado; o log diz onde.",
                moment
            ),
            None => say!(
                self,
                "⚠️ The store was damaged and there was no good export: it began empty, without sessions, history and queue. \
                 The damaged one was moved aside; the log says where.",
                "⚠️ O banco de dados foi danificado e não havia cópia boa: ele recomeçou vazio, sem sessões, histórico e fila. \
                 O danificado foi posto de lado; o log diz onde."
            ),
        })
    }

    pub(crate) fn alert_members_hidden(self) -> Rich {
        Rich::plain(say!(
            self,
            "⚠️ Telegram does not tell me who is in REQUIRED_CHANNEL. Check its name, and make me an administrator of it. \
             Until then only those may practise whom I know to be members.",
            "⚠️ O Telegram não me diz quem está em REQUIRED_CHANNEL. Confira o nome e me adicione como administrador do canal. \
             Até lá só pratica quem eu já sei que é membro."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alert_speaks_both_languages() {
        let (en, pt) = (Phrases(Language::En), Phrases(Language::Pt));
        let fresh = [(DeadReason::Fault, 1)];
        for (a, b) in [
            (en.alert_tutor_down(61_000, 3), pt.alert_tutor_down(61_000, 3)),
            (en.alert_tutor_back(1), pt.alert_tutor_back(1)),
            (en.alert_tutor_failing(1), pt.alert_tutor_failing(1)),
            (en.alert_dead_letters(&fresh, 2), pt.alert_dead_letters(&fresh, 2)),
            (en.alert_restored(Some("then")), pt.alert_restored(Some("then"))),
            (en.alert_restored(None), pt.alert_restored(None)),
            (en.alert_members_hidden(), pt.alert_members_hidden()),
        ] {
            assert!(a != b && !a.is_blank() && !b.is_blank());
        }
        assert!(en.alert_tutor_down(61_000, 3).to_plain().contains("stopped answering 1 min ago."));
        assert!(en.alert_tutor_down(400, 3).to_plain().contains("stopped answering. "));
        assert!(pt.alert_dead_letters(&fresh, 2).to_plain().contains("novas: 1, no total: 2"));
    }
}
