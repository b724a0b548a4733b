//! What follows from an answer to a question: the grade, the day the card is due, the message that shows both, and what the
//! learner may say against it.
//!
//! Must not know how the answer was recognised.

use super::{Under, Words};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::card::{Card, CardChange};
use crate::domain::drill::{Asked, DrillChange, Grade, Graded, Item};
use crate::domain::local_day::local_day;
use crate::domain::outcome::{Button, Content, Keyboard};
use crate::domain::rich::{Rich, Style};
use crate::domain::{Change, Outcome, Reply};
use crate::practice::attempt::{Attempt, judge};
use crate::practice::schedule;
use crate::store::StoreError;

/// Longest part of what was heard that is kept and shown, characters.
const HEARD_CHARS: usize = 500;

/// The answer to a question, as it was recognised.
pub(in crate::bot) async fn heard(
    context: &HandlerContext,
    case: &Case<'_>,
    asked: &Asked,
    heard: &str,
    voice_ms: u64,
) -> Result<Outcome, StoreError> {
    let heard: String = heard.trim().chars().take(HEARD_CHARS).collect();
    match &asked.item {
        Item::Card(id) => {
            let Some(card) = context.reader.card(case.incoming.user, *id).await? else {
                return Ok(case.say(Rich::plain(case.phrases.practice_gone())));
            };
            Ok(of_card(case, asked, &card, heard, voice_ms, false))
        }
        Item::Words(words) => Ok(of_words(case, asked, words, &heard, voice_ms)),
        Item::Nothing => Ok(case.say(Rich::plain(case.phrases.practice_gone()))),
    }
}

/// The learner does not know it and wants to see it.
pub(in crate::bot) fn shown(case: &Case<'_>, asked: &Asked, card: &Card) -> Outcome {
    of_card(case, asked, card, String::new(), 0, true)
}

fn of_card(
    case: &Case<'_>,
    asked: &Asked,
    card: &Card,
    heard: String,
    voice_ms: u64,
    pressed: bool,
) -> Outcome {
    let attempt = judge(&card.back, &card.front, &heard, voice_ms);
    let today = local_day(case.now, case.learner.zone.as_deref());
    let drill = &case.learner.drill;
    let again = drill.graded.as_ref().filter(|graded| graded.row == asked.row && graded.card == card.id);
    let missed = attempt.weak();
    let graded = match again {
        // Said once more: it is shown how that was, but a card is graded once.
        Some(graded) => Graded { heard, voice_ms, ..graded.clone() },
        None => Graded {
            row: asked.row,
            card: card.id,
            grade: attempt.grade,
            before: card.standing(),
            day: today,
            missed: missed.clone(),
            heard,
            voice_ms,
        },
    };
    let review = schedule::review(graded.before, graded.grade, graded.day);
    let mut cards = Vec::new();
    if again.is_none() {
        cards.push(CardChange::Reviewed(card.id, review));
    }
    if voice_ms > 0 {
        cards.push(CardChange::Drilled(voice_ms));
    }
    let pair = attempt.contrast.as_ref().map(|contrast| contrast.minimal_pair());
    let offered = pair.as_ref().map(|(one, other)| format!("{one} {other}"));
    let (row, at) = (asked.row, case.now);
    let counted = if again.is_none() { missed } else { Vec::new() };
    let heard = DrillChange::Heard { row, missed: counted, said: Vec::new(), offered, at };
    let shown = result(case, &graded, card, &attempt, review.due, pair);
    let outcome = if pressed { case.pressed("", Some(shown)) } else { say(case, shown) };
    let changes = vec![Change::Drill(heard), Change::Drill(DrillChange::Graded(graded))];
    Outcome { changes, cards, ..outcome }
}

fn say(case: &Case<'_>, (text, keyboard): (Rich, Keyboard)) -> Outcome {
    Outcome::reply(vec![Reply::to(case.incoming, Content::Text { text, keyboard })])
}

/// Another grade for the last answer, by its learner.
pub(in crate::bot) async fn regraded(
    context: &HandlerContext,
    case: &Case<'_>,
    row: u64,
    grade: Grade,
) -> Result<Outcome, StoreError> {
    let drill = &case.learner.drill;
    let Some(graded) = drill.graded.as_ref().filter(|graded| graded.row == row) else {
        return Ok(case.outdated());
    };
    if graded.grade == grade {
        return Ok(case.chosen_already());
    }
    let Some(card) = context.reader.card(case.incoming.user, graded.card).await? else {
        return Ok(case.outdated());
    };
    // Whoever knew it did say its words.
    let missed = if grade >= Grade::Good { Vec::new() } else { graded.missed.clone() };
    let graded = Graded { grade, missed, ..graded.clone() };
    let attempt = judge(&card.back, &card.front, &graded.heard, graded.voice_ms);
    let review = schedule::review(graded.before, grade, graded.day);
    let pair = attempt.contrast.as_ref().map(|contrast| contrast.minimal_pair());
    let pair = pair.filter(|(one, other)| drill.offered.as_ref() == Some(&format!("{one} {other}")));
    let shown = result(case, &graded, &card, &attempt, review.due, pair);
    let outcome = case.pressed("", Some(shown));
    let cards = vec![CardChange::Regraded(card.id, review)];
    Ok(Outcome { changes: vec![Change::Drill(DrillChange::Graded(graded))], cards, ..outcome })
}

/// What was heard of a card, its grade, and the buttons.
fn result(
    case: &Case<'_>,
    graded: &Graded,
    card: &Card,
    attempt: &Attempt,
    due: i32,
    pair: Option<(String, String)>,
) -> (Rich, Keyboard) {
    let phrases = case.phrases;
    let days = due.saturating_sub(graded.day);
    let text = Rich::default()
        .push(Style::Bold, phrases.practice_grade(graded.grade))
        .push(Style::Plain, format!(" · {}", phrases.practice_due_in(days)));
    let text = spoken_words(case, text, attempt, &graded.heard);
    let why = card.why.trim();
    let text = if why.is_empty() { text } else { text.push(Style::Plain, format!("\n\n💡 {why}")) };
    let under = Under { row: graded.row };
    let grade = |grade: Grade| {
        let name = phrases.practice_grade_button(grade);
        let label = if grade == graded.grade { format!("✓ {name}") } else { name };
        under.grade(case, grade, label)
    };
    let mut rows = Vec::new();
    if graded.grade < Grade::Good && !graded.heard.is_empty() {
        rows.push(vec![under.grade(case, Grade::Good, phrases.practice_said_button())]);
    }
    rows.push(Grade::ALL.map(grade).to_vec());
    rows.extend(extra(case, under, pair));
    rows.push(vec![under.next(case), under.stop(case)]);
    (text, Keyboard(rows))
}

/// Words said alone: no card, so no grade.
fn of_words(case: &Case<'_>, asked: &Asked, words: &str, heard: &str, voice_ms: u64) -> Outcome {
    let phrases = case.phrases;
    let attempt = judge(words, "", heard, voice_ms);
    let right = attempt.words.iter().all(|(_, heard)| *heard);
    let verdict = if right { phrases.practice_words_heard() } else { phrases.practice_words_missed() };
    let text = spoken_words(case, Rich::default().push(Style::Bold, verdict), &attempt, heard);
    let under = Under { row: asked.row };
    let mut rows: Vec<_> = extra(case, under, None).into_iter().collect();
    rows.push(vec![under.next(case), under.stop(case)]);
    let said =
        attempt.words.iter().filter(|(_, heard)| *heard).map(|(word, _)| word.to_lowercase()).collect();
    let change = DrillChange::Heard { row: asked.row, missed: Vec::new(), said, offered: None, at: case.now };
    let cards = vec![CardChange::Drilled(voice_ms)];
    Outcome { changes: vec![Change::Drill(change)], cards, ..say(case, (text, Keyboard(rows))) }
}

/// The phrase with what was missed marked, what was heard in its place, and the sound that differs.
fn spoken_words(case: &Case<'_>, text: Rich, attempt: &Attempt, heard: &str) -> Rich {
    let phrases = case.phrases;
    let mut text = text.push(Style::Plain, "\n\n");
    for (place, (word, is_heard)) in attempt.words.iter().enumerate() {
        let gap = if place == 0 { "" } else { " " };
        let style = if *is_heard || heard.is_empty() { Style::Plain } else { Style::Bold };
        text = text.push(Style::Plain, gap).push(style, word.as_str());
    }
    let missed = attempt.words.iter().any(|(_, heard)| !heard);
    if !heard.is_empty() && missed {
        text = text
            .push(Style::Plain, "\n")
            .push(Style::Italic, phrases.practice_missed())
            .push(Style::Plain, format!("\n\n{} ", phrases.practice_heard()))
            .push(Style::Italic, heard);
    }
    if let Some(contrast) = &attempt.contrast {
        let (wanted, other) = (contrast.wanted_sound.sign(), contrast.heard_sound.sign());
        text = text.push(
            Style::Plain,
            format!("\n\n👂 {}", phrases.practice_sound(&contrast.wanted, &contrast.heard, wanted, other)),
        );
    }
    text
}

/// What may be practised besides: a pair that differs in the sound, the word that is missed most often.
fn extra(case: &Case<'_>, under: Under, pair: Option<(String, String)>) -> Option<Vec<Button>> {
    let pair = pair.map(|(one, other)| under.words(case, Words::Pair, &format!("{one} / {other}")));
    let weak = case.learner.drill.weak_words();
    let weak = weak.first().map(|word| under.words(case, Words::Weak, word));
    let buttons: Vec<_> = pair.into_iter().chain(weak).collect();
    (!buttons.is_empty()).then_some(buttons)
}
