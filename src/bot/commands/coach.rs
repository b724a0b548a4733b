//! `/coach`: in reply to a recording it is that recording that is assessed (see [`Body::Coach`](crate::domain::Body)); in
//! reply to nothing it says how.

use super::{Audience, Command, Needs};
use crate::domain::{COACH, Placement};

pub(crate) static COMMAND: Command = Command {
    name: COACH,
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |_, case| Box::pin(async move { Ok(case.say(case.phrases.coach_what())) }),
};
