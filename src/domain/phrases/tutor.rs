//! What a learner reads when the tutor could not answer a voice message, and about deleting what it stores.
//! Must not know how the tutor is called.

use super::Phrases;
use crate::domain::learner::Language;
use crate::domain::rich::Rich;

impl Phrases {
    /// No speech in the recording.
    pub(crate) fn no_speech(self) -> Rich {
        Rich::plain(say!(
            self,
            "I could not hear any speech in this message. Please try again, a little closer to the microphone.",
            "Não consegui ouvir nenhuma fala nesta mensagem. Tente de novo, um pouco mais perto do microfone."
        ))
    }

    /// The tutor fails on this recording again and again, and on no other.
    pub(crate) fn voice_failed(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: the tutor could not answer this message. Perhaps there was no speech to hear in it. Please say it once more.",
            "Sinto muito: o tutor não conseguiu responder a esta mensagem. Talvez não desse para ouvir a fala. Grave mais uma vez, por favor."
        ))
    }

    /// The tutor refuses what it is sent.
    pub(crate) fn tutor_refused(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: the tutor does not take what I send it, so this message stays without an answer. It is not your fault: \
             whoever runs this bot has to mend it.",
            "Sinto muito: o tutor não está aceitando o que envio, e esta mensagem ficou sem resposta. A culpa não é sua: \
             o responsável pelo bot precisa corrigir isso."
        ))
    }

    /// `/delete`, the question.
    pub(crate) fn delete_ask(self) -> Rich {
        Rich::plain(say!(
            self,
            "Delete everything I hold about you: conversations, coaching, settings and waiting messages, here and at the tutor? \
             Only the tutor's last spoken answer stays on its disk: it has no way to remove that. This cannot be undone.",
            "Apagar tudo o que guardo sobre você: conversas, dicas, configurações e mensagens na fila, aqui e no tutor? \
             Só a última resposta falada fica no disco do tutor, que não tem como apagá-la. Não dá para desfazer."
        ))
    }

    /// `/delete`, done.
    pub(crate) fn deleted(self) -> Rich {
        Rich::plain(say!(
            self,
            "Done: everything I held about you is deleted here, and the tutor is told to forget our conversations. Its last \
             spoken answer may stay on its disk until it is overwritten. If you write again, we start from nothing.",
            "Pronto: tudo o que eu guardava sobre você foi apagado, e o tutor vai esquecer nossas conversas. A última resposta \
             falada pode ficar no disco dele até ser substituída. Se escrever de novo, começamos do zero."
        ))
    }
}
