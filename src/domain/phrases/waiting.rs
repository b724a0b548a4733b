//! What a learner who waits longer than usual is told. Must not know how the time is estimated.

use super::Phrases;
use crate::domain::Rich;
use crate::domain::expectation::{About, Expectation};

impl Phrases {
    pub(crate) fn expectation(self, expected: Expectation) -> Rich {
        let about = expected.about.map(|about| self.about(about));
        Rich::plain(match (expected.place, about) {
            (..=1, Some(about)) => phrase!(self, "expect-next", about),
            (..=1, None) => phrase!(self, "expect-next-unknown"),
            (place, Some(about)) => phrase!(self, "expect-place", place = self.ordinal(place), about),
            (place, None) => phrase!(self, "expect-place-unknown", place = self.ordinal(place)),
        })
    }

    pub(super) fn about(self, about: About) -> String {
        match about {
            About::Seconds(secs) => phrase!(self, "about-seconds", seconds = secs),
            About::Minutes(minutes) => phrase!(self, "about-minutes", minutes),
        }
    }

    fn ordinal(self, n: usize) -> String {
        phrase!(self, "ordinal", place = n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

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
