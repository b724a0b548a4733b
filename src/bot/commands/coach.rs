//! `/coach`: in reply to a recording it is that recording that is assessed (see [`Body::Coach`](crate::domain::Body)); in
//! reply to nothing it says how.

use super::{Audience, Command, Needs};
use crate::domain::phrases::Words;
use crate::domain::{COACH, Placement};

pub(crate) static COMMAND: Command = Command {
    name: COACH,
    aliases: &[],
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    menu: Some(Words {
        en: "In reply to a voice message: coaching on it",
        pt: "Em resposta a uma mensagem de voz: dicas sobre ela",
    }),
    needs: Needs::Nothing,
    buttons: &[],
    handler: |_, case| Box::pin(async move { Ok(case.say(case.phrases.coach_what())) }),
};
