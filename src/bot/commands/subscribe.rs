//! `/subscribe`: the required channel and how to join it.

use super::{Audience, Command, Needs};
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::bot::{HandlerContext, access};
use crate::domain::outcome::Keyboard;
use crate::domain::{Outcome, Placement};

pub(crate) static COMMAND: Command = Command {
    name: "subscribe",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    needs: Needs::Channel,
    buttons: &[&JOINED],
    handler: |context, case| Box::pin(async move { Ok(subscribe(context, case).await) }),
};

/// The only choice of [`JOINED`].
pub(crate) const HAVE_JOINED: Choice = Choice::Letter('j');

/// "I have joined": [`access`] asks Telegram and answers; this is reached only where no channel is required
/// any more.
pub(crate) static JOINED: Button = Button {
    prefix: "sub",
    placement: Placement::AT_ONCE,
    audience: Audience::Joining,
    handler: |_, case, _| {
        Box::pin(async move { Ok(case.pressed("", Some((case.phrases.joined(), Keyboard::default())))) })
    },
};

async fn subscribe(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    match &context.channel {
        Some(channel) => Outcome::reply(vec![access::invitation(channel, case).await]),
        None => case.say(case.phrases.no_channel()),
    }
}
