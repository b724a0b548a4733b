//! `/persona`: who the chat model is for this learner.

use super::settings::with_way_back;
use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::{Change, Outcome, Placement, Reply, Rich};

pub static COMMAND: Command = Command {
    name: "persona",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::ChatModel,
    buttons: &[&PERSONA],
    handler: |context, case| Box::pin(async move { Ok(persona(context, case)) }),
};

static PERSONA: Button = Button {
    prefix: "per",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(async move { Ok(choose(context, case, choice)) }),
};

fn persona(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    if context.models.is_none() {
        return case.say(case.phrases.no_chat_model());
    }
    let (text, keyboard) = menu(context, case, case.learner.persona.as_deref());
    Outcome::reply(Reply::texts(case.incoming, text, keyboard))
}

fn choose(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    let mut all = context.personas.iter();
    let Some(pressed) = all.find(|persona| Choice::named(&persona.id) == choice) else {
        return case.outdated();
    };
    if context.personas.of(case.learner.persona.as_deref()) == Some(pressed) {
        return case.chosen_already();
    }
    let shown = menu(context, case, Some(&pressed.id));
    case.chosen(Change::Persona(Some(pressed.id.clone())), shown)
}

pub(super) fn menu(context: &HandlerContext, case: &Case<'_>, chosen: Option<&str>) -> (Rich, Keyboard) {
    let (all, language) = (&context.personas, case.phrases.0);
    let chosen = all.of(chosen);
    let each: Vec<_> = all.iter().map(|persona| (persona.name(language), persona.about(language))).collect();
    let text = case.phrases.persona_menu(chosen.map_or("", |persona| persona.name(language)), &each);
    let rows = all.iter().map(|persona| {
        let label = case.phrases.marked(persona.name(language), chosen == Some(persona));
        vec![PERSONA.labelled(label, Choice::named(&persona.id), case.incoming.user)]
    });
    (text, with_way_back(case, rows.collect()))
}
