//! `/settings`: what a learner has chosen, on one message that its buttons change in place.
//!
//! A part with more than two values has a page of its own, in a file here or beside the command that also leads to it.

mod goal;
mod translation;
pub mod zone;

use super::{Audience, Command, Needs, language, level, persona, remind};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::{self, Keyboard};
use crate::domain::phrases::{SettingsView, Switch};
use crate::domain::{Change, ChatKind, Learner, Outcome, Placement, Reply, Rich};

pub static COMMAND: Command = Command {
    name: "settings",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[
        &PAGE,
        &SWITCH,
        &translation::TRANSLATION,
        &goal::GOAL,
        &zone::ZONE,
        &zone::REGION,
        &zone::ASK,
    ],
    handler: |context, case| Box::pin(async move { Ok(settings(context, case)) }),
};

/// Leads to a part, or back to the whole.
static PAGE: Button = Button {
    prefix: "set",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |context, case, choice| Box::pin(async move { Ok(open(context, case, choice)) }),
};

/// Says what it switches to, so that a second press finds it done.
static SWITCH: Button = Button {
    prefix: "setsw",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |context, case, choice| Box::pin(async move { Ok(switch(context, case, choice)) }),
};

const WHOLE: Choice = Choice::Letter('m');
const LANGUAGE: Choice = Choice::Letter('l');
const TRANSLATION: Choice = Choice::Letter('t');
const LEVEL: Choice = Choice::Letter('v');
const PERSONA: Choice = Choice::Letter('p');
const GOAL: Choice = Choice::Letter('g');
const REMINDER: Choice = Choice::Letter('r');
const ZONE: Choice = Choice::Letter('z');

/// What a switch does, by the letter of its button.
const SWITCHES: [(Choice, Switch); 4] = [
    (Choice::Letter('a'), Switch::VoiceReply(true)),
    (Choice::Letter('b'), Switch::VoiceReply(false)),
    (Choice::Letter('c'), Switch::Slower(true)),
    (Choice::Letter('d'), Switch::Slower(false)),
];

fn settings(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    // What one has chosen is nobody else's business, and would look different for each who reads it.
    if case.incoming.chat.kind != ChatKind::Private {
        return case.say(case.phrases.settings_in_private());
    }
    let (text, keyboard) = whole(context, case, case.learner);
    Outcome::reply(Reply::texts(case.incoming, text, keyboard))
}

fn open(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    let page = match choice {
        WHOLE => whole(context, case, case.learner),
        LANGUAGE => language::menu(case, case.phrases.0),
        TRANSLATION => translation::menu(case, case.learner.translation),
        LEVEL => level::menu(case, case.learner.level),
        PERSONA if context.models.is_some() => persona::menu(context, case, case.learner.persona.as_deref()),
        GOAL => goal::menu(case, case.learner.daily_goal),
        REMINDER => remind::menu(case, reminder(case.learner)),
        ZONE => zone::menu(case, case.learner.zone.as_deref()),
        _ => return case.outdated(),
    };
    case.pressed("", Some(page))
}

fn switch(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    let Some((_, switch)) = SWITCHES.iter().find(|(own, _)| *own == choice) else { return case.outdated() };
    let (now, change) = match *switch {
        Switch::VoiceReply(on) => (case.learner.voice_reply == on, Change::VoiceReply(on)),
        Switch::Slower(on) => (case.learner.slower == on, Change::Slower(on)),
    };
    if now {
        return case.chosen_already();
    }
    let after = with(case.learner, &change);
    case.chosen(change, whole(context, case, &after))
}

/// When the learner's reminder comes, minutes since midnight.
pub(super) fn reminder(learner: &Learner) -> Option<u16> {
    learner.reminder.filter(|reminder| reminder.on).map(|reminder| reminder.minute)
}

/// Leads to the time zone.
pub(super) fn zone_page_button(case: &Case<'_>) -> outcome::Button {
    PAGE.labelled(case.phrases.zone_page_button(), ZONE, case.incoming.user)
}

/// The learner as a change leaves them.
fn with(learner: &Learner, change: &Change) -> Learner {
    let mut after = learner.clone();
    after.apply(change.clone());
    after
}

fn whole(context: &HandlerContext, case: &Case<'_>, learner: &Learner) -> (Rich, Keyboard) {
    let phrases = context.phrases(learner);
    let personas = context.models.is_some().then_some(&context.personas);
    let persona = personas.and_then(|all| all.of(learner.persona.as_deref()));
    let view = SettingsView {
        translation: learner.translation,
        voice_reply: learner.voice_reply,
        slower: learner.slower,
        level: learner.level,
        persona: persona.map(|persona| persona.name(phrases.0)),
        daily_goal: learner.daily_goal,
        reminder: reminder(learner),
        zone: learner.zone.as_deref(),
        now: case.now,
    };
    let user = case.incoming.user;
    let to = |label: String, choice: Choice| PAGE.labelled(label, choice, user);
    let turned = |wanted: Switch| {
        let own = SWITCHES.iter().find(|(_, known)| *known == wanted);
        own.map(|(choice, _)| SWITCH.labelled(phrases.switch_button(wanted), *choice, user))
    };
    let buttons = [
        Some(to(phrases.language_page_button(), LANGUAGE)),
        Some(to(phrases.translation_page_button(), TRANSLATION)),
        Some(to(phrases.level_page_button(), LEVEL)),
        turned(Switch::VoiceReply(!learner.voice_reply)),
        turned(Switch::Slower(!learner.slower)),
        persona.map(|_| to(phrases.persona_page_button(), PERSONA)),
        Some(to(phrases.goal_page_button(), GOAL)),
        Some(to(phrases.reminder_page_button(), REMINDER)),
        Some(to(phrases.zone_page_button(), ZONE)),
    ];
    let buttons: Vec<outcome::Button> = buttons.into_iter().flatten().collect();
    (phrases.settings(&view), Keyboard(buttons.chunks(2).map(<[_]>::to_vec).collect()))
}

/// A page's buttons, with the way back to the whole where that may be shown.
pub(super) fn with_way_back(case: &Case<'_>, mut rows: Vec<Vec<outcome::Button>>) -> Keyboard {
    if case.incoming.chat.kind == ChatKind::Private {
        rows.push(vec![PAGE.labelled(case.phrases.settings_button(), WHOLE, case.incoming.user)]);
    }
    Keyboard(rows)
}
