//! `/help`: the commands, one line each.

use super::{Audience, Command, Needs, offered};
use crate::domain::Placement;

pub(crate) static COMMAND: Command = Command {
    name: "help",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| {
        Box::pin(async move {
            let admin = context.rules.guests.is_admin(case.incoming.user);
            Ok(case.say(case.phrases.help(&offered(context, admin))))
        })
    },
};
