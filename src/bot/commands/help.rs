//! `/help`: the commands, one line each.

use super::{Audience, Command, Needs, offered};
use crate::domain::Placement;
use crate::domain::phrases::Words;

pub(crate) static COMMAND: Command = Command {
    name: "help",
    aliases: &[],
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    menu: Some(Words { en: "The commands, one line each", pt: "Os comandos, um por linha" }),
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| {
        Box::pin(async move {
            let admin = context.rules.guests.is_admin(case.incoming.user);
            Ok(case.say(case.phrases.help(&offered(context, admin))))
        })
    },
};
