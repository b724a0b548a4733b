//! The sentences of cards and of practising them aloud. Must not know when a card is due, or how an answer is graded.

use super::Phrases;
use crate::domain::drill::Grade;
use crate::domain::rich::{Rich, Style};

impl Phrases {
    /// Over the wrong phrase of a card.
    pub(crate) fn practice_you_said(self) -> String {
        phrase!(self, "practice-you-said")
    }

    /// Below the wrong phrase of a card.
    pub(crate) fn practice_say_right(self) -> String {
        phrase!(self, "practice-say-right")
    }

    /// Over the first letters of a phrase.
    pub(crate) fn practice_cue(self) -> String {
        phrase!(self, "practice-cue")
    }

    /// Over words that are read aloud.
    pub(crate) fn practice_aloud(self) -> String {
        phrase!(self, "practice-aloud")
    }

    pub(crate) fn practice_left(self, left: usize) -> String {
        phrase!(self, "practice-left", left)
    }

    /// `later`: new cards that wait for another day.
    pub(crate) fn practice_all_done(self, later: usize) -> String {
        let mut text = phrase!(self, "practice-all-done");
        if later > 0 {
            text = format!("{text} {}", phrase!(self, "practice-new-later", count = later));
        }
        text
    }

    /// The limit that the learner has just set.
    pub(crate) fn practice_new_a_day(self, count: u8) -> String {
        phrase!(self, "practice-new-a-day", count)
    }

    pub(crate) fn practice_how(self, most: u8) -> String {
        phrase!(self, "practice-how", most)
    }

    pub(crate) fn practice_no_cards(self) -> String {
        phrase!(self, "practice-no-cards")
    }

    /// A card that was removed meanwhile.
    pub(crate) fn practice_gone(self) -> String {
        phrase!(self, "practice-gone")
    }

    pub(crate) fn practice_stopped(self) -> String {
        phrase!(self, "practice-stopped")
    }

    pub(crate) fn practice_show_button(self) -> String {
        phrase!(self, "practice-show-button")
    }

    pub(crate) fn practice_next_button(self) -> String {
        phrase!(self, "practice-next-button")
    }

    pub(crate) fn practice_stop_button(self) -> String {
        phrase!(self, "practice-stop-button")
    }

    /// The learner against the recogniser.
    pub(crate) fn practice_said_button(self) -> String {
        phrase!(self, "practice-said-button")
    }

    pub(crate) fn practice_grade_button(self, grade: Grade) -> String {
        match grade {
            Grade::Again => phrase!(self, "practice-again-button"),
            Grade::Hard => phrase!(self, "practice-hard-button"),
            Grade::Good => phrase!(self, "practice-good-button"),
            Grade::Easy => phrase!(self, "practice-easy-button"),
        }
    }

    /// The first words under an answer.
    pub(crate) fn practice_grade(self, grade: Grade) -> String {
        match grade {
            Grade::Again => phrase!(self, "practice-again"),
            Grade::Hard => phrase!(self, "practice-hard"),
            Grade::Good => phrase!(self, "practice-good"),
            Grade::Easy => phrase!(self, "practice-easy"),
        }
    }

    pub(crate) fn practice_due_in(self, days: i32) -> String {
        phrase!(self, "practice-due-in", days)
    }

    pub(crate) fn practice_words_heard(self) -> String {
        phrase!(self, "practice-words-heard")
    }

    pub(crate) fn practice_words_missed(self) -> String {
        phrase!(self, "practice-words-missed")
    }

    /// Below a phrase with bold words.
    pub(crate) fn practice_missed(self) -> String {
        phrase!(self, "practice-missed")
    }

    /// Before what was heard.
    pub(crate) fn practice_heard(self) -> String {
        phrase!(self, "practice-heard")
    }

    /// A word that was heard as another one, and the sounds in which they differ.
    pub(crate) fn practice_sound(
        self,
        wanted: &str,
        heard: &str,
        wanted_sound: &str,
        heard_sound: &str,
    ) -> String {
        phrase!(self, "practice-sound", wanted, heard, wanted_sound, heard_sound)
    }

    /// A phrase that was kept, or is a card already.
    pub(crate) fn card_kept(self, back: &str, new: bool) -> Rich {
        let before = if new { phrase!(self, "card-kept") } else { phrase!(self, "card-there") };
        Rich::plain(format!("🗂 {before} "))
            .push(Style::Bold, back)
            .push(Style::Plain, format!("\n\n{}", phrase!(self, "card-kept-how")))
    }

    pub(crate) fn card_changed(self, back: &str) -> Rich {
        Rich::plain(format!("🗂 {} ", phrase!(self, "card-changed"))).push(Style::Bold, back)
    }

    /// `/card` without a phrase.
    pub(crate) fn card_how(self) -> Rich {
        Rich::plain(phrase!(self, "card-how"))
    }

    /// `/card` with what cannot be one.
    pub(crate) fn card_too_long(self, most: usize) -> Rich {
        Rich::plain(phrase!(self, "card-too-long", most))
    }

    pub(crate) fn card_no_words(self) -> Rich {
        Rich::plain(phrase!(self, "card-no-words"))
    }

    pub(crate) fn card_missing(self, number: u32) -> Rich {
        Rich::plain(phrase!(self, "card-missing", number = number.to_string()))
    }

    /// There are as many cards as there may be.
    pub(crate) fn cards_full(self) -> String {
        phrase!(self, "cards-full")
    }

    pub(crate) fn keep_button(self, phrase: &str) -> String {
        phrase!(self, "keep-button", phrase)
    }

    pub(crate) fn keep_all_button(self) -> String {
        phrase!(self, "keep-all-button")
    }

    pub(crate) fn kept_notice(self, count: usize) -> String {
        phrase!(self, "kept-notice", count)
    }

    pub(crate) fn kept_already(self) -> String {
        phrase!(self, "kept-already-notice")
    }

    /// `/cards`.
    pub(crate) fn cards_heading(self, cards: usize, learnt: usize, page: usize, pages: usize) -> Rich {
        let text = Rich::default().push(Style::Bold, format!("🗂 {}", phrase!(self, "cards-heading", cards)));
        let text = text.push(Style::Plain, format!(" · {}", phrase!(self, "cards-learnt", count = learnt)));
        if pages > 1 {
            text.push(Style::Plain, format!(" · {}", phrase!(self, "cards-page", page, pages)))
        } else {
            text
        }
    }

    /// When a card is due; `None`: it is paused.
    pub(crate) fn card_due(self, days: Option<i32>) -> String {
        match days {
            None => phrase!(self, "card-paused"),
            Some(days) if days <= 0 => phrase!(self, "card-due-now"),
            Some(days) => phrase!(self, "card-due-in", days),
        }
    }

    /// How a card is changed, by the command that does it.
    pub(crate) fn card_change_how(self, command: &str) -> Rich {
        Rich::plain(format!("✏️ {}\n", phrase!(self, "card-change-how"))).push(Style::Code, command)
    }

    pub(crate) fn card_remove_button(self) -> String {
        phrase!(self, "card-remove-button")
    }

    pub(crate) fn card_remove_yes_button(self) -> String {
        phrase!(self, "card-remove-yes-button")
    }

    pub(crate) fn card_removed(self) -> String {
        phrase!(self, "card-removed-notice")
    }

    pub(crate) fn card_pause_button(self, paused: bool) -> String {
        if paused { phrase!(self, "card-resume-button") } else { phrase!(self, "card-pause-button") }
    }

    pub(crate) fn cards_back_button(self) -> String {
        phrase!(self, "cards-back-button")
    }

    pub(crate) fn cards_export_button(self) -> String {
        phrase!(self, "cards-export-button")
    }

    pub(crate) fn cards_sent(self) -> String {
        phrase!(self, "cards-sent-notice")
    }
}
