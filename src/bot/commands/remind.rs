//! `/remind`: when the daily reminder comes, by a typed time or by buttons.

use super::settings::{reminder, with_way_back, zone, zone_page_button};
use super::{Audience, Command, Needs};
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::time_of_day;
use crate::domain::{Body, Change, ChatKind, Outcome, Placement, Reply, Rich, Style, clock_time};

pub static COMMAND: Command = Command {
    name: "remind",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[&TIME],
    handler: |_, case| Box::pin(async move { Ok(remind(case)) }),
};

static TIME: Button = Button {
    prefix: "remt",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(choose(case, choice)) }),
};

const OFF: Choice = Choice::Letter('n');
/// Offered by buttons, in minutes since midnight; any other is typed.
const TIMES: [u16; 16] =
    [420, 480, 540, 600, 720, 780, 900, 1020, 1080, 1140, 1170, 1200, 1230, 1260, 1290, 1320];
const A_ROW: usize = 4;
/// What turns it off, typed, in the languages the bot speaks.
const OFF_WORDS: [&str; 14] = [
    "off",
    "no",
    "none",
    "never",
    "stop",
    "desligar",
    "desligado",
    "não",
    "nao",
    "nunca",
    "parar",
    "apagar",
    "desactivar",
    "ninguno",
];

fn remind(case: &Case<'_>) -> Outcome {
    // It comes in the private chat, and is set there.
    if case.incoming.chat.kind != ChatKind::Private {
        return case.say(case.phrases.settings_in_private());
    }
    let typed = match &case.incoming.body {
        Body::Command { args, .. } => args.trim(),
        _ => "",
    };
    if typed.is_empty() {
        let (text, keyboard) = menu(case, reminder(case.learner));
        return Outcome::reply(Reply::texts(case.incoming, text, keyboard));
    }
    let wanted = match clock_time::parse(typed) {
        Some(minute) => Some(minute),
        None if OFF_WORDS.contains(&typed.to_lowercase().as_str()) => None,
        None => return case.say(case.phrases.remind_how()),
    };
    let text = case.phrases.reminder_set(wanted, case.learner.zone.as_deref());
    // Half past seven is a moment only where one is known to be.
    let asks = wanted.is_some() && case.learner.zone.is_none();
    let (text, keyboard) = match asks.then(|| zone::menu(case, None)) {
        Some((question, keyboard)) => (text.push(Style::Plain, "\n\n").append(question), keyboard),
        None => (text, Keyboard::default()),
    };
    Outcome {
        changes: vec![Change::Reminder(wanted)],
        ..Outcome::reply(Reply::texts(case.incoming, text, keyboard))
    }
}

fn choose(case: &Case<'_>, choice: Choice) -> Outcome {
    let wanted = match choice {
        OFF => None,
        _ => match TIMES.iter().find(|minute| Choice::Number(u64::from(**minute)) == choice) {
            Some(minute) => Some(*minute),
            None => return case.outdated(),
        },
    };
    if wanted == reminder(case.learner) {
        return case.chosen_already();
    }
    case.chosen(Change::Reminder(wanted), menu(case, wanted))
}

pub(super) fn menu(case: &Case<'_>, chosen: Option<u16>) -> (Rich, Keyboard) {
    let (phrases, user) = (case.phrases, case.incoming.user);
    let time = |minute: &u16| {
        let label = phrases.marked(&time_of_day(*minute), chosen == Some(*minute));
        TIME.labelled(label, Choice::Number(u64::from(*minute)), user)
    };
    let mut rows: Vec<Vec<_>> = TIMES.chunks(A_ROW).map(|row| row.iter().map(time).collect()).collect();
    rows.push(vec![TIME.labelled(
        phrases.marked(&phrases.no_reminder_button(), chosen.is_none()),
        OFF,
        user,
    )]);
    if case.learner.zone.is_none() {
        rows.push(vec![zone_page_button(case)]);
    }
    (phrases.reminder_menu(chosen, case.learner.zone.as_deref()), with_way_back(case, rows))
}
