//! What a reminder says, and the buttons under it: to practise now, and to be reminded no more. Must not know when one is sent.

use super::buttons::{Button, Choice};
use super::commands::Audience;
use super::commands::practice::NEXT;
use super::handlers::Case;
use crate::domain::outcome::{Content, Keyboard};
use crate::domain::phrases::Phrases;
use crate::domain::{Change, ChatId, Learner, Outcome, Placement, Reply};

const NO_MORE: Choice = Choice::Letter('n');

/// Under each reminder.
pub static OFF: Button = Button {
    prefix: "rem",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(off(case, choice)) }),
};

/// `cards`: how many are due.
pub fn compose(learner: &Learner, phrases: Phrases, cards: usize) -> Vec<Reply> {
    let off = OFF.labelled(phrases.reminder_off_button(), NO_MORE, learner.user);
    // Of the question that comes next, so that a second press asks no second one.
    let row = learner.drill.asked.last().map_or(0, |last| last.row);
    let practise = (cards > 0)
        .then(|| NEXT.labelled(phrases.reminder_practise_button(), Choice::Number(row), learner.user));
    let rows = practise.into_iter().chain([off]).map(|button| vec![button]).collect();
    let content = Content::Text { text: phrases.reminder(cards), keyboard: Keyboard(rows) };
    // A private chat has its user's id (Bot API "Chat").
    vec![Reply { chat: ChatId(learner.user.0), thread: None, answers: None, content }]
}

fn off(case: &Case<'_>, choice: Choice) -> Outcome {
    let on = case.learner.reminder.is_some_and(|reminder| reminder.on);
    match choice {
        NO_MORE if on => {
            case.chosen(Change::Reminder(None), (case.phrases.reminders_are_off(), Keyboard::default()))
        }
        NO_MORE => case.chosen_already(),
        _ => case.outdated(),
    }
}
