//! The buttons under an answer to a voice: which there are, where they stand, and what they all have in common.
//!
//! A button names its turn by the number of the row it answered, so it works as long as the turn is kept. To add one, write its
//! file here (`hear_coaching.rs` is the shortest) and add its name to the table below. Must not know how an answer is composed.

use super::HandlerContext;
use super::buttons::{Button, Choice};
use super::handlers::Case;
use crate::domain::outcome::{self, Keyboard};
use crate::domain::phrases::Phrases;
use crate::domain::{Incoming, Learner, Outcome, Timestamp, Turn, TurnChange, TurnFact};
use crate::store::StoreError;

/// Declares the modules of these names, and the table of what they declare.
macro_rules! under_answer {
    ($($name:ident,)*) => {
        $(pub mod $name;)*

        /// Each of them, in the order in which they stand.
        pub static ALL: &[&UnderAnswer] = &[$(&$name::UNDER_ANSWER,)*];
    };
}

under_answer! {
    corrections,
    keep_card,
    translate,
    hear_coaching,
    how_it_sounded,
    slower,
}

/// A feature's buttons under an answer.
pub struct UnderAnswer {
    pub button: &'static Button,
    pub place: Place,
    /// Which ones this answer gets, with their labels; none where they would be of no use.
    pub offered: fn(&Offer<'_>) -> Vec<(Part, String)>,
}

/// Where a button stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Under the last text, among what is about the corrections.
    Corrections,
    /// Under the last text, among what is about its words.
    Words,
    /// Under the spoken reply; where none comes, nowhere.
    Voice,
}

/// Which of a turn's parts of a kind a button is about: the n-th correction, say. 0 where there is but one.
pub type Part = u8;

/// An answer about to be composed.
pub struct Offer<'a> {
    pub context: &'a HandlerContext,
    pub learner: &'a Learner,
    pub phrases: Phrases,
    /// With its row's number.
    pub turn: &'a Turn,
}

/// The keyboards of one answer.
#[derive(Debug, Default)]
pub struct Keyboards {
    /// For its last text.
    pub words: Keyboard,
    /// For its voice note.
    pub voice: Keyboard,
}

/// Widest row, characters of all its labels together: what a phone shows uncut.
const ROW_CHARS: usize = 30;
/// Longest label, characters.
const LABEL_CHARS: usize = 40;
/// A press within this time of the last one is the same wish, ms.
const SAME_WISH_MS: i64 = 60_000;

/// The buttons that this answer gets.
pub fn keyboards(offer: &Offer<'_>, incoming: &Incoming) -> Keyboards {
    let mut words = keyboard_at(Place::Corrections, offer, incoming);
    words.0.extend(keyboard_at(Place::Words, offer, incoming).0);
    Keyboards { words, voice: keyboard_at(Place::Voice, offer, incoming) }
}

/// Those of one place.
pub fn keyboard_at(wanted: Place, offer: &Offer<'_>, incoming: &Incoming) -> Keyboard {
    let features = ALL.iter().filter(|feature| feature.place == wanted);
    let buttons = features.flat_map(|feature| {
        let each = (feature.offered)(offer).into_iter();
        each.map(|(part, label)| {
            let label = label.chars().take(LABEL_CHARS).collect();
            feature.button.labelled(label, choice(offer.turn.seq, part), incoming.user)
        })
    });
    Keyboard(rows(buttons))
}

fn rows(buttons: impl Iterator<Item = outcome::Button>) -> Vec<Vec<outcome::Button>> {
    let mut rows: Vec<Vec<outcome::Button>> = Vec::new();
    let width = |row: &[outcome::Button]| -> usize { row.iter().map(|one| one.label.chars().count()).sum() };
    for button in buttons {
        match rows.last_mut() {
            Some(row) if width(row) + button.label.chars().count() <= ROW_CHARS => row.push(button),
            _ => rows.push(vec![button]),
        }
    }
    rows
}

/// What such a button's data says.
pub fn choice(turn: u64, part: Part) -> Choice {
    if part == 0 { Choice::Number(turn) } else { Choice::Part(turn, part) }
}

/// The turn that a pressed button is about, and which part of it. `None`: it is no longer kept.
pub async fn pressed(
    context: &HandlerContext,
    case: &Case<'_>,
    choice: Choice,
) -> Result<Option<(Turn, Part)>, StoreError> {
    let (seq, part) = match choice {
        Choice::Number(seq) => (seq, 0),
        Choice::Part(seq, part) => (seq, part),
        Choice::Letter(_) => return Ok(None),
    };
    Ok(context.reader.turn(case.incoming.user, seq).await?.map(|turn| (turn, part)))
}

/// For a button whose effect is a message: what notes this press with its turn; `None`: it was pressed a moment ago, and what
/// was wished for is there or on its way. (Later it is a new wish: the message may be far up by then, or have failed.)
pub fn first_press(button: &Button, turn: &Turn, now: Timestamp) -> Option<TurnChange> {
    let again = turn
        .pressed(button.prefix)
        .is_some_and(|last| (0..SAME_WISH_MS).contains(&now.0.saturating_sub(last.0)));
    let fact = TurnFact::Pressed(button.prefix.to_owned(), now);
    (!again).then_some(TurnChange { seq: turn.seq, fact })
}

/// The answer to a press that was made a moment ago.
pub fn pressed_already(case: &Case<'_>) -> Outcome {
    case.pressed(&case.phrases.pressed_already(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_share_a_row_as_long_as_they_are_short() {
        let labelled = |label: &str| outcome::Button { label: label.to_owned(), data: "x".to_owned() };
        let labels = ["🌐 Translate", "🔊 Hear", "A label that fills a row alone", "1", "2", "3"];
        let rows = rows(labels.iter().map(|label| labelled(label)));
        let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1, 3]);
    }

    #[test]
    fn a_press_a_moment_later_is_the_same_wish() {
        let mut turn = Turn::voice(uuid::Uuid::nil(), Timestamp(0), 0, crate::domain::Assessment::default());
        let button = ALL[0].button;
        let mut press = |now| match first_press(button, &turn, Timestamp(now)) {
            Some(change) => {
                turn.apply(change.fact);
                true
            }
            None => false,
        };
        assert!(press(1_000), "the first");
        assert!(!press(1_000) && !press(60_999));
        assert!(press(61_000), "a new wish");
        assert!(press(5), "the clock was set back");
    }
}
