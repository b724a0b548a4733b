//! `/start`: how the bot works.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::{Body, Change, Language, LanguageChoice, Outcome, Placement, Session};
use uuid::Uuid;

pub(crate) static COMMAND: Command = Command {
    name: "start",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| Box::pin(async move { Ok(start(context, case)) }),
};

/// Opens or keeps the session. A deep-link payload may choose the language (`?start=pt`).
fn start(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let fresh = Session::open(Uuid::new_v4(), case.incoming.user, case.now).held_in(case.incoming.chat);
    let mut changes = vec![Change::SessionEnsured(fresh)];
    let mut phrases = case.phrases;
    if let Body::Command { args, .. } = &case.incoming.body
        && args.len() <= 64
        && let Some(language) = Language::from_tag(args)
    {
        changes.push(Change::Language(LanguageChoice::Fixed(language)));
        phrases.0 = language;
    }
    let mut text = phrases.welcome();
    if context.channel.is_some() && !context.rules.guests.is_admin(case.incoming.user) {
        text = text.append(phrases.members_hint());
    }
    Outcome { changes, ..case.say(text) }
}
