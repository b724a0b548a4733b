//! Practice aloud: what a learner is asked to say, and what follows from what was heard.
//!
//! Commands and the handler of voices share it. Must not know how a voice is recognised, or which update asked.

pub(super) mod answer;
pub(super) mod question;

use super::buttons::Choice;
use super::commands::practice::{GRADE, NEXT, SHOW, STOP, WORDS};
use super::handlers::Case;
use crate::domain::drill::Grade;
use crate::domain::outcome::Button;

/// The buttons of a practice: each names the row of the question it stands under, so that it works once.
#[derive(Clone, Copy)]
pub(super) struct Under {
    pub row: u64,
}

impl Under {
    pub fn next(self, case: &Case<'_>) -> Button {
        NEXT.labelled(case.phrases.practice_next_button(), Choice::Number(self.row), case.incoming.user)
    }

    pub fn show(self, case: &Case<'_>) -> Button {
        SHOW.labelled(case.phrases.practice_show_button(), Choice::Number(self.row), case.incoming.user)
    }

    pub fn stop(self, case: &Case<'_>) -> Button {
        STOP.labelled(case.phrases.practice_stop_button(), Choice::Number(self.row), case.incoming.user)
    }

    /// `said`: labelled as what the learner says against the recogniser.
    pub fn grade(self, case: &Case<'_>, grade: Grade, label: String) -> Button {
        GRADE.labelled(label, Choice::Number(self.with(grade as u64)), case.incoming.user)
    }

    /// Words to say alone; their label is in no language but their own.
    pub fn words(self, case: &Case<'_>, which: Words, words: &str) -> Button {
        let mark = match which {
            Words::Pair => "👂",
            Words::Weak => "💪",
        };
        let words: String = words.chars().take(32).collect();
        WORDS.labelled(format!("{mark} {words}"), Choice::Number(self.with(which as u64)), case.incoming.user)
    }

    fn with(self, kind: u64) -> u64 {
        self.row << 2 | kind
    }

    /// The row and the kind in a number that [`with`](Self::with) made.
    pub fn parse(number: u64) -> (Self, usize) {
        (Self { row: number >> 2 }, usize::try_from(number & 3).unwrap_or_default())
    }
}

/// Words that are practised alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// The pair that the last answer offered.
    Pair = 0,
    /// The word that is missed most often.
    Weak = 1,
}
