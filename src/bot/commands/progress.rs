//! `/progress`: the learner's last four weeks, as a picture with its numbers under it.

use super::{Audience, Command, Needs};
use crate::domain::outcome::Content;
use crate::domain::{Made, Outcome, Placement, Reply};

pub(crate) static COMMAND: Command = Command {
    name: "progress",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |_, case| {
        let picture = Reply::to(case.incoming, Content::Made(Made::Progress));
        Box::pin(async move { Ok(Outcome::reply(vec![picture])) })
    },
};
