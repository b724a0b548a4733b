//! The sentences about recordings that cannot be answered. Must not know how a recording is read.

use super::Phrases;
use crate::domain::learner::Language;
use crate::domain::rich::Rich;

impl Phrases {
    /// Over `MAX_AUDIO_SIZE_MB`.
    pub(crate) fn too_large(self, limit_mb: u64) -> Rich {
        Rich::plain(say!(
            self,
            "This file is too large: I take up to {} MB. Please send a shorter one.",
            "Este arquivo é grande demais: aceito até {} MB. Envie um menor, por favor.",
            limit_mb
        ))
    }

    /// Over `MAX_AUDIO_SECONDS`.
    pub(crate) fn too_long(self, limit_secs: u64) -> Rich {
        Rich::plain(say!(
            self,
            "This recording is too long: I take up to {}. Please say it in a shorter one.",
            "Esta gravação é longa demais: aceito até {}. Envie uma mais curta, por favor.",
            self.length(limit_secs)
        ))
    }

    /// Whole minutes as minutes, others in seconds.
    fn length(self, secs: u64) -> String {
        match (secs / 60, secs % 60) {
            (1, 0) => say!(self, "1 minute", "1 minuto"),
            (minutes @ 2.., 0) => say!(self, "{} minutes", "{} minutos", minutes),
            (0, 1) => say!(self, "1 second", "1 segundo"),
            _ => say!(self, "{} seconds", "{} segundos", secs),
        }
    }

    pub(crate) fn no_audio(self) -> Rich {
        Rich::plain(say!(
            self,
            "There is no sound in this file. Please record your message again.",
            "Não há som neste arquivo. Grave a mensagem de novo, por favor."
        ))
    }

    /// No audio, or too damaged to read.
    pub(crate) fn not_audio(self) -> Rich {
        Rich::plain(say!(
            self,
            "I can't read this as audio; it may be damaged. Please record your message again, or send ogg, mp3, m4a, flac or wav.",
            "Não consigo ler isto como áudio; pode estar danificado. Grave de novo, ou envie ogg, mp3, m4a, flac ou wav."
        ))
    }

    /// The end of the file is missing, without which it cannot be read.
    pub(crate) fn cut_audio(self) -> Rich {
        Rich::plain(say!(
            self,
            "The end of this file is missing, and I can't play it without. Please send it again.",
            "Falta o final deste arquivo, e sem ele não consigo ouvir nada. Envie de novo, por favor."
        ))
    }

    /// A format that is not decoded; `name` where it is known.
    pub(crate) fn unsupported(self, name: Option<&str>) -> Rich {
        let named = name.map(|name| format!(" ({name})")).unwrap_or_default();
        Rich::plain(say!(
            self,
            "I don't know this audio format{}. Please send a voice message, or an ogg, mp3, m4a, flac or wav file.",
            "Não conheço este formato de áudio{}. Envie uma mensagem de voz, ou um arquivo ogg, mp3, m4a, flac ou wav.",
            named
        ))
    }

    /// A decompression bomb.
    pub(crate) fn costly_audio(self) -> Rich {
        Rich::plain(say!(
            self,
            "I gave up on this file: reading it takes far more than any recording should. Please record your message again.",
            "Desisti deste arquivo: para lê-lo é preciso muito mais do que para qualquer gravação. Grave a mensagem de novo, por favor."
        ))
    }

    pub(crate) fn file_gone(self) -> Rich {
        Rich::plain(say!(
            self,
            "Telegram could not give me this recording. Please send it again.",
            "O Telegram não conseguiu me entregar esta gravação. Envie de novo, por favor."
        ))
    }

    /// The self-hosted Bot API server is misconfigured.
    pub(crate) fn files_out_of_reach(self) -> Rich {
        Rich::plain(say!(
            self,
            "I cannot open recordings at the moment: something is set up wrong here. Whoever runs this bot has to mend it.",
            "No momento não consigo abrir gravações: há algo mal configurado aqui. O responsável pelo bot precisa corrigir isso."
        ))
    }

    /// The tutor's answer was empty.
    pub(crate) fn empty_answer(self) -> Rich {
        Rich::plain(say!(
            self,
            "The tutor heard your message but could not answer this one. Please try once more.",
            "O tutor ouviu sua mensagem, mas não conseguiu responder desta vez. Tente mais uma vez, por favor."
        ))
    }
}
