//! `/start`: what to do first, in the learner's language.

use super::language::{changed, meant, rows};
use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::{FIRST_TASKS, Phrases};
use crate::domain::{Body, Change, Language, Outcome, Placement, Reply, Rich, Session};
use uuid::Uuid;

pub(crate) static COMMAND: Command = Command {
    name: "start",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[&LANGUAGE, &TASK],
    handler: |context, case| Box::pin(async move { Ok(start(context, case)) }),
};

static LANGUAGE: Button = Button {
    prefix: "hi",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |context, case, choice| Box::pin(async move { Ok(choose(context, case, choice)) }),
};

static TASK: Button = Button {
    prefix: "task",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |context, case, choice| Box::pin(async move { Ok(task(context, case, choice)) }),
};

/// Opens or keeps the session. A deep-link payload may choose the language (`?start=pt`).
fn start(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let fresh = Session::open(Uuid::new_v4(), case.incoming.user, case.now).held_in(case.incoming.chat);
    let asked = match &case.incoming.body {
        Body::Command { args, .. } if args.len() <= 64 => Language::from_tag(args),
        _ => None,
    };
    let mut changes = vec![Change::SessionEnsured(fresh)];
    changes.extend(asked.map(changed));
    let (text, keyboard) = welcome(context, case, asked.unwrap_or(case.phrases.0), None);
    Outcome { changes, ..Outcome::reply(Reply::texts(case.incoming, text, keyboard)) }
}

fn choose(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    match meant(choice) {
        Some(language) if language == case.phrases.0 => case.chosen_already(),
        Some(language) => case.chosen(changed(language), welcome(context, case, language, None)),
        None => case.outdated(),
    }
}

/// Shows a task in the welcome, and the next one on the button.
fn task(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    match choice {
        Choice::Number(number) if number < FIRST_TASKS => {
            case.pressed("", Some(welcome(context, case, case.phrases.0, Some(number))))
        }
        _ => case.outdated(),
    }
}

fn welcome(
    context: &HandlerContext,
    case: &Case<'_>,
    language: Language,
    task: Option<u64>,
) -> (Rich, Keyboard) {
    let phrases = Phrases(language);
    let mut text = phrases.welcome(context.models.is_some());
    if context.channel.is_some() && !context.rules.guests.is_admin(case.incoming.user) {
        text = text.append(phrases.members_hint());
    }
    if let Some(number) = task {
        text = text.append(phrases.first_task(number));
    }
    let next = task.map_or(0, |number| (number + 1) % FIRST_TASKS);
    let mut keyboard = rows(&LANGUAGE, case, language);
    let label = phrases.first_task_button(task.is_some());
    keyboard.push(vec![TASK.labelled(label, Choice::Number(next), case.incoming.user)]);
    (text, Keyboard(keyboard))
}
