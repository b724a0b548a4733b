//! The next question: which card is due, within the limits of the day, and how it is shown without giving it away.
//!
//! Must not know what follows from an answer.

use super::{Under, Words};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::card::Card;
use crate::domain::drill::{Asked, DrillChange, Item};
use crate::domain::local_day::local_day;
use crate::domain::outcome::{Content, Keyboard};
use crate::domain::rich::{Rich, Style};
use crate::domain::{Change, Outcome, Reply};
use crate::practice::contractions::Split;
use crate::practice::schedule::{NEW_A_DAY, Room};
use crate::practice::words::{spoken, written};
use crate::store::StoreError;

/// What there is to practise today.
struct Due {
    card: Option<Card>,
    /// Cards left, this one included.
    left: usize,
    /// New cards that wait for another day.
    kept_back: usize,
    /// Cards there are.
    cards: usize,
}

async fn due(context: &HandlerContext, case: &Case<'_>) -> Result<Due, StoreError> {
    let (reader, user) = (&context.reader, case.incoming.user);
    let today = local_day(case.now, case.learner.zone.as_deref());
    let day = reader.day(user, today).await?.unwrap_or_default();
    let limit = case.learner.new_cards_per_day.map_or(NEW_A_DAY, u32::from);
    let room = Room::after(day.reviewed, day.introduced, limit);
    let counts = reader.card_counts(user, today).await?;
    let within = |count: usize, room: u32| count.min(usize::try_from(room).unwrap_or(usize::MAX));
    let (reviews, new) = (within(counts.due, room.reviews), within(counts.new, room.new));
    // Reviews first: what was learnt is forgotten otherwise.
    let card = if reviews > 0 {
        reader.due_cards(user, false, today, 1).await?.pop()
    } else if new > 0 {
        reader.due_cards(user, true, today, 1).await?.pop()
    } else {
        None
    };
    Ok(Due { card, left: reviews + new, kept_back: counts.new.saturating_sub(new), cards: counts.cards })
}

/// The next card, or why there is none. `base`: what else the press or command brings about.
pub(in crate::bot) async fn next(
    context: &HandlerContext,
    case: &Case<'_>,
    base: Outcome,
) -> Result<Outcome, StoreError> {
    let due = due(context, case).await?;
    let Some(card) = &due.card else { return Ok(nothing(case, &due, base)) };
    let text = shown(case, card)
        .push(Style::Plain, "\n\n")
        .push(Style::Italic, case.phrases.practice_left(due.left));
    let under = Under { row: case.row };
    let keyboard = Keyboard(vec![vec![under.show(case), under.stop(case)]]);
    Ok(asked(case, Item::Card(card.id), text, keyboard, base))
}

/// Words that are said alone.
pub(in crate::bot) fn words(case: &Case<'_>, words: String, base: Outcome) -> Outcome {
    let text = Rich::plain(case.phrases.practice_aloud())
        .push(Style::Plain, "\n\n")
        .push(Style::Bold, words.as_str());
    let under = Under { row: case.row };
    let keyboard = Keyboard(vec![vec![under.next(case), under.stop(case)]]);
    asked(case, Item::Words(words), text, keyboard, base)
}

fn asked(case: &Case<'_>, item: Item, text: Rich, keyboard: Keyboard, base: Outcome) -> Outcome {
    let chat = case.incoming.chat;
    let asked = Asked { row: case.row, chat: chat.id, thread: chat.thread, item, active_at: case.now };
    let mut outcome = base;
    outcome.changes.push(Change::Drill(DrillChange::Asked(asked)));
    outcome
        .replies
        .push(Reply { answers: None, ..Reply::to(case.incoming, Content::Text { text, keyboard }) });
    outcome
}

/// Nothing is due: the practice is over.
fn nothing(case: &Case<'_>, due: &Due, base: Outcome) -> Outcome {
    let phrases = case.phrases;
    let text =
        if due.cards == 0 { phrases.practice_no_cards() } else { phrases.practice_all_done(due.kept_back) };
    let weak = case.learner.drill.weak_words();
    let under = Under { row: case.row };
    let button = weak.first().map(|word| under.words(case, Words::Weak, word));
    let keyboard = Keyboard(button.map(|button| vec![button]).into_iter().collect());
    let mut outcome = base;
    outcome.changes.push(Change::Drill(DrillChange::Ended(case.row, case.now)));
    let content = Content::Text { text: Rich::plain(text), keyboard };
    outcome.replies.push(Reply { answers: None, ..Reply::to(case.incoming, content) });
    outcome
}

/// A card without its answer: the wrong phrase, else the first letters of the right one. Where only the pronunciation is
/// wrong, both are the same, and there is nothing to hide.
fn shown(case: &Case<'_>, card: &Card) -> Rich {
    let phrases = case.phrases;
    let (front, back) = (spoken(&card.front, Split::All), spoken(&card.back, Split::All));
    let same =
        front.len() == back.len() && front.iter().zip(&back).all(|(one, other)| one.text == other.text);
    if front.is_empty() {
        Rich::plain(phrases.practice_cue()).push(Style::Plain, "\n\n").push(Style::Code, cue(&card.back))
    } else if same {
        Rich::plain(phrases.practice_aloud()).push(Style::Plain, "\n\n").push(Style::Bold, card.back.as_str())
    } else {
        Rich::plain(phrases.practice_you_said())
            .push(Style::Plain, "\n\n")
            .push(Style::Italic, card.front.as_str())
            .push(Style::Plain, "\n\n")
            .push(Style::Plain, phrases.practice_say_right())
    }
}

/// The first letter of each word, and how many follow.
fn cue(phrase: &str) -> String {
    let one = |word: &&str| {
        let mut letters = word.chars().filter(|letter| letter.is_alphanumeric());
        let first = letters.next().map(String::from).unwrap_or_default();
        first + &"_".repeat(letters.count())
    };
    let words: Vec<String> = written(phrase).iter().map(one).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_shows_first_letters_alone() {
        assert_eq!(cue("I'm looking forward — to it!"), "I_ l______ f______ t_ i_");
        assert_eq!(cue("…"), "");
    }
}
