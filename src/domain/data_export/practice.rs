//! What is kept of a learner's practice, in both documents: cards, days, reminder and how turns sounded. Pure.

use super::escaped;
use crate::domain::card::Card;
use crate::domain::contour::Contours;
use crate::domain::day::Day;
use crate::domain::drill::{Drill, Item};
use crate::domain::local_day::iso_date as date;
use crate::domain::reminder::Reminder;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A minute of the day as `19:30`.
pub(super) fn time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

pub(super) fn reminder_json(reminder: Reminder) -> Value {
    json!({
        "time": time(reminder.minute),
        "on": reminder.on,
        "last_sent_on": reminder.last_day.map(date),
        "due": reminder.due.map(super::at_json),
    })
}

/// What is kept of practice besides the cards.
pub(super) fn drill_json(drill: &Drill) -> Value {
    let said = |item: &Item| match item {
        Item::Card(id) => json!({ "card": id }),
        Item::Words(words) => json!({ "words": words }),
        Item::Nothing => json!("end"),
    };
    json!({
        "asked": drill.asked.iter().map(|asked| json!({
            "what": said(&asked.item),
            "active": super::at_json(asked.active_at),
        })).collect::<Vec<_>>(),
        "last_answer": drill.graded.as_ref().map(|graded| json!({
            "card": graded.card,
            "grade": graded.grade.name(),
            "heard": graded.heard,
            "milliseconds": graded.voice_ms,
        })),
        "words_to_practise": drill.missed.iter().map(|missed| json!({
            "word": missed.word,
            "missed": missed.times,
        })).collect::<Vec<_>>(),
        "offered": drill.offered,
    })
}

pub(super) fn card_json(card: &Card) -> Value {
    json!({
        "id": card.id,
        "wrong": card.front,
        "right": card.back,
        "why": card.why,
        "kind": card.kind.map(|kind| kind.name()),
        "turn": card.source,
        "first_right": card.first_back,
        "created": date(card.created),
        "due": date(card.due),
        "stability_days": card.memory.stability,
        "difficulty": card.memory.difficulty,
        "last_review": card.memory.reviewed.map(date),
        "reviews": card.reps,
        "lapses": card.lapses,
        "suspended": card.suspended,
    })
}

pub(super) fn day_json(day: &Day) -> Value {
    let corrections: serde_json::Map<String, Value> =
        day.corrections.iter().map(|(kind, count)| (kind.name().to_owned(), json!(count))).collect();
    json!({
        "day": date(day.day),
        "voice_ms": day.voice_ms,
        "words": day.words,
        "corrections": corrections,
        "voices": day.turns,
        "texts": day.texts,
        "drills": day.drills,
        "cards_reviewed": day.reviewed,
        "cards_introduced": day.introduced,
        "goal_met": day.goal_met,
    })
}

pub(super) fn cards_markdown(text: &mut String, cards: &[Card]) {
    if !cards.is_empty() {
        text.push_str("\n## Your cards\n\n");
    }
    for card in cards {
        let wrong = match card.front.is_empty() {
            true => String::new(),
            false => format!(" (not: {})", escaped(&one_line(&card.front))),
        };
        let state = if card.suspended { "set aside".to_owned() } else { format!("due {}", date(card.due)) };
        let _ = writeln!(text, "- **{}**{wrong}, {state}", escaped(&one_line(&card.back)));
        if !card.why.is_empty() {
            let _ = writeln!(text, "  {}", escaped(&one_line(&card.why)));
        }
    }
}

pub(super) fn days_markdown(text: &mut String, days: &[Day]) {
    if !days.is_empty() {
        text.push_str("\n## Your days\n\n");
    }
    for day in days {
        let corrections: u32 = day.corrections.values().copied().fold(0, u32::saturating_add);
        let _ = writeln!(
            text,
            "- {}: {} s of voice in {} message(s), {} text(s), {} words, {corrections} correction(s), {} card(s) reviewed, \
             {} said aloud{}",
            date(day.day),
            day.voice_ms / 1000,
            day.turns,
            day.texts,
            day.words,
            day.reviewed,
            day.drills,
            if day.goal_met { ", goal met" } else { "" }
        );
    }
}

pub(super) fn contours_markdown(text: &mut String, contours: &[Contours]) {
    if !contours.is_empty() {
        let _ = writeln!(
            text,
            "\n## How it sounded\n\nOf your last {} voice message(s) the course of pitch and loudness is kept, not the \
             recording; the JSON file has the numbers.",
            contours.len()
        );
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
