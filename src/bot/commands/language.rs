//! `/language`: in which language the learner reads the bot.

use super::settings::with_way_back;
use super::{Audience, Command, Needs};
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::{self, Keyboard};
use crate::domain::phrases::Phrases;
use crate::domain::{Body, Change, Language, LanguageChoice, Outcome, Placement, Reply, Rich};

pub static COMMAND: Command = Command {
    name: "language",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[&LANGUAGE],
    handler: |_, case| Box::pin(async move { Ok(language(case)) }),
};

static LANGUAGE: Button = Button {
    prefix: "lang",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(choose(case, choice)) }),
};

/// In one row of a keyboard.
const A_ROW: usize = 3;

/// Asks, or takes the language that was typed along (`/language es`).
fn language(case: &Case<'_>) -> Outcome {
    let typed = match &case.incoming.body {
        Body::Command { args, .. } if args.len() <= 64 => Language::from_tag(args),
        _ => None,
    };
    let (text, keyboard) = menu(case, typed.unwrap_or(case.phrases.0));
    let changes = typed.map(changed).into_iter().collect();
    Outcome { changes, ..Outcome::reply(Reply::texts(case.incoming, text, keyboard)) }
}

fn choose(case: &Case<'_>, choice: Choice) -> Outcome {
    match meant(choice) {
        Some(language) if language == case.phrases.0 => case.chosen_already(),
        Some(language) => case.chosen(changed(language), menu(case, language)),
        None => case.outdated(),
    }
}

pub(super) fn menu(case: &Case<'_>, chosen: Language) -> (Rich, Keyboard) {
    let case = Case { phrases: Phrases(chosen), ..*case };
    (case.phrases.language_menu(), with_way_back(&case, rows(&LANGUAGE, &case, chosen)))
}

/// The language that a button made by [`rows`] stands for.
pub(super) fn meant(choice: Choice) -> Option<Language> {
    Language::ALL.iter().copied().find(|language| Choice::named(language.tag()) == choice)
}

/// The learner's choice.
pub(super) fn changed(language: Language) -> Change {
    Change::Language(LanguageChoice::Fixed(language))
}

/// A button for each language, the chosen one marked.
pub(super) fn rows(button: &Button, case: &Case<'_>, chosen: Language) -> Vec<Vec<outcome::Button>> {
    let one = |language: &Language| {
        let phrases = Phrases(*language);
        let label = phrases.marked(&phrases.language_name(), *language == chosen);
        button.labelled(label, Choice::named(language.tag()), case.incoming.user)
    };
    Language::ALL.chunks(A_ROW).map(|row| row.iter().map(one).collect()).collect()
}
