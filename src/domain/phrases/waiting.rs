//! What a learner who waits longer than usual is told. Must not know how the time is estimated.

use super::Phrases;
use crate::domain::Rich;
use crate::domain::expectation::{About, Expectation};
use crate::domain::learner::Language;

impl Phrases {
    pub(crate) fn expectation(self, expected: Expectation) -> Rich {
        let about = expected.about.map(|about| self.about(about));
        Rich::plain(match (expected.place, about) {
            (..=1, Some(about)) => say!(
                self,
                "⏳ I'm listening to your message; the answer will take {}.",
                "⏳ Estou ouvindo sua mensagem; a resposta leva {}.",
                about
            ),
            (..=1, None) => say!(
                self,
                "⏳ I'm still busy with your message; it takes a little longer this time.",
                "⏳ Ainda estou com a sua mensagem; desta vez demora um pouco mais."
            ),
            (place, Some(about)) => say!(
                self,
                "⏳ Your message is the {} in line; the answer will take {}.",
                "⏳ Sua mensagem é a {} da fila; a resposta leva {}.",
                self.ordinal(place),
                about
            ),
            (place, None) => say!(
                self,
                "⏳ Your message is the {} in line; the answer takes a little longer this time.",
                "⏳ Sua mensagem é a {} da fila; desta vez a resposta demora um pouco mais.",
                self.ordinal(place)
            ),
        })
    }

    fn about(self, about: About) -> String {
        match about {
            About::Seconds(secs) => say!(self, "about {} seconds", "cerca de {} segundos", secs),
            About::Minutes(1) => say!(self, "about a minute", "cerca de um minuto"),
            About::Minutes(minutes) => say!(self, "about {} minutes", "cerca de {} minutos", minutes),
        }
    }

    fn ordinal(self, n: usize) -> String {
        let english = match (n % 10, n % 100) {
            (1, last) if last != 11 => "st",
            (2, last) if last != 12 => "nd",
            (3, last) if last != 13 => "rd",
            _ => "th",
        };
        match self.0 {
            Language::En => format!("{n}{english}"),
            Language::Pt => format!("{n}ª"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_durations_read_well() {
        let said =
            |language, place, about| Phrases(language).expectation(Expectation { place, about }).to_plain();
        assert_eq!(
            said(Language::En, 3, Some(About::Minutes(2))),
            "⏳ Your message is the 3rd in line; the answer will take about 2 minutes."
        );
        assert_eq!(
            said(Language::Pt, 3, Some(About::Minutes(1))),
            "⏳ Sua mensagem é a 3ª da fila; a resposta leva cerca de um minuto."
        );
        for (n, ordinal) in
            [(1, "1st"), (2, "2nd"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (112, "112th")]
        {
            assert_eq!(Phrases(Language::En).ordinal(n), ordinal);
        }
    }
}
