//! What a learner reads when the tutor could not answer a voice, and what it keeps of them.

use super::Phrases;
use crate::domain::learner::Language;
use crate::domain::rich::Rich;

impl Phrases {
    /// Nobody was heard in the recording.
    pub fn no_speech(self) -> Rich {
        Rich::plain(say!(
            self,
            "I could not hear any speech in this message. Please try again, a little closer to the microphone.",
            "Não consegui ouvir nenhuma fala nesta mensagem. Tente de novo, um pouco mais perto do microfone."
        ))
    }

    /// The tutor fails on this recording, time and again, and on no other.
    pub fn voice_failed(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: the tutor could not answer this message. Perhaps there was no speech to hear in it. Please say it once more.",
            "Sinto muito: o tutor não conseguiu responder a esta mensagem. Talvez não desse para ouvir a fala. Grave mais uma vez, por favor."
        ))
    }

    /// The tutor does not take what it is sent.
    pub fn tutor_refused(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: the tutor does not take what I send it, so this message stays without an answer. It is not your fault: \
             whoever runs this bot has to mend it.",
            "Sinto muito: o tutor não está aceitando o que envio, e esta mensagem ficou sem resposta. A culpa não é sua: \
             o responsável pelo bot precisa corrigir isso."
        ))
    }
}
