//! The sentences of an answer to a voice and of the buttons under it. Must not know how an answer is put together.

use super::Phrases;
use crate::domain::fluency::Fluency;
use crate::domain::learner::Language;

impl Phrases {
    /// Under the first transcript with underlined words.
    pub(crate) fn underlined(self) -> String {
        say!(
            self,
            "Underlined: words I was not sure I heard right.",
            "Sublinhado: palavras que não tenho certeza de ter ouvido bem."
        )
    }

    /// Over the list of corrections.
    pub(crate) fn corrections(self) -> String {
        say!(self, "✏️ Say it better", "✏️ Diga assim")
    }

    /// One line on how fluent it was.
    pub(crate) fn fluency(self, fluency: Fluency) -> String {
        let Fluency { words_per_minute: rate, pauses_percent: pauses, longest_pause_ms, fillers } = fluency;
        let longest = self.seconds(longest_pause_ms);
        let mut line = say!(
            self,
            "📊 As a rough guide: {} words a minute",
            "📊 Uma ideia aproximada: {} palavras por minuto",
            rate
        );
        if longest_pause_ms > 0 {
            line.push_str(&say!(
                self,
                ", {} % pauses (longest {} s)",
                ", {} % de pausas (a maior, {} s)",
                pauses,
                longest
            ));
        }
        match fillers {
            0 => {}
            1 => line.push_str(&say!(self, ", 1 \"um\" or \"uh\"", ", 1 \"um\" ou \"uh\"")),
            more => line.push_str(&say!(self, ", {} \"um\" or \"uh\"", ", {} \"um\" ou \"uh\"", more)),
        }
        line
    }

    /// With one decimal, as the language writes it.
    fn seconds(self, ms: u32) -> String {
        let (whole, tenth) = (ms / 1_000, ms % 1_000 / 100);
        match self.0 {
            Language::En => format!("{whole}.{tenth}"),
            Language::Pt => format!("{whole},{tenth}"),
        }
    }

    pub(crate) fn translate_button(self) -> String {
        say!(self, "🌐 Translate", "🌐 Traduzir")
    }

    pub(crate) fn hear_coaching_button(self) -> String {
        say!(self, "🔊 Hear the tips", "🔊 Ouvir as dicas")
    }

    pub(crate) fn corrections_button(self) -> String {
        say!(self, "✏️ Corrections", "✏️ Correções")
    }

    /// A button pressed again a moment later.
    pub(crate) fn pressed_already(self) -> String {
        say!(self, "It is on its way already.", "Já está a caminho.")
    }

    /// There is no model to translate with, or it does not answer.
    pub(crate) fn cannot_translate(self) -> String {
        say!(
            self,
            "I can't translate this right now. Try again in a little while.",
            "Não consigo traduzir agora. Tente de novo daqui a pouco."
        )
    }

    pub(crate) fn cannot_draw(self) -> String {
        say!(
            self,
            "I can't list the corrections right now. Try again in a little while.",
            "Não consigo listar as correções agora. Tente de novo daqui a pouco."
        )
    }

    /// The tutor corrected nothing.
    pub(crate) fn nothing_to_correct(self) -> String {
        say!(self, "Nothing to correct here. Well done!", "Nada para corrigir aqui. Muito bem!")
    }

    /// The coaching of an earlier message is asked for, and the tutor speaks only its last one.
    pub(crate) fn coaching_not_spoken(self) -> String {
        say!(
            self,
            "I can't say these tips aloud any more. You can still read them above.",
            "Não consigo mais falar estas dicas em voz alta. Você ainda pode ler acima."
        )
    }
}
