//! The sentences about pictures and documents that cannot be looked at, each with what works. Must not know how they
//! are read.

use super::Phrases;
use crate::domain::learner::Language;
use crate::domain::rich::Rich;

impl Phrases {
    /// Over 10 MB.
    pub(crate) fn picture_too_large(self) -> Rich {
        Rich::plain(say!(
            self,
            "This picture is too large: I look at pictures of up to 10 MB. Send it as a photo, then it is smaller.",
            "Esta imagem é grande demais: olho imagens de até 10 MB. Envie como foto, que ela fica menor."
        ))
    }

    pub(crate) fn picture_unknown(self) -> Rich {
        Rich::plain(say!(
            self,
            "I can't open this picture. Please send it as a photo, or as jpg, png, webp or gif.",
            "Não consigo abrir esta imagem. Envie como foto, ou em jpg, png, webp ou gif, por favor."
        ))
    }

    /// Over 1 MB.
    pub(crate) fn document_too_large(self) -> Rich {
        Rich::plain(say!(
            self,
            "This document is too large: I read up to 1 MB. Please send the part you want to talk about.",
            "Este documento é grande demais: leio até 1 MB. Envie só a parte sobre a qual quer conversar, por favor."
        ))
    }

    pub(crate) fn document_unsupported(self) -> Rich {
        Rich::plain(say!(
            self,
            "I can't read this kind of file. I read txt, md, pdf and docx, and I listen to voice messages and audio files.",
            "Não consigo ler este tipo de arquivo. Leio txt, md, pdf e docx, e escuto mensagens de voz e áudios."
        ))
    }

    pub(crate) fn document_empty(self) -> Rich {
        Rich::plain(say!(
            self,
            "I found no text in this document; perhaps it is a scan. Please send its words as txt, md, pdf or docx, or in a message.",
            "Não achei texto neste documento; talvez seja digitalizado. Envie as palavras em txt, md, pdf ou docx, ou numa mensagem."
        ))
    }

    pub(crate) fn document_locked(self) -> Rich {
        Rich::plain(say!(
            self,
            "This document is locked by a password. Please send it without one.",
            "Este documento está protegido por senha. Envie sem senha, por favor."
        ))
    }

    pub(crate) fn document_broken(self) -> Rich {
        Rich::plain(say!(
            self,
            "I can't read this document; it may be damaged. Please send it again, or its words as txt, md, pdf or docx.",
            "Não consigo ler este documento; pode estar danificado. Envie de novo, ou o texto em txt, md, pdf ou docx."
        ))
    }
}
