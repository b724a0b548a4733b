//! `/delete`: asks first, then deletes everything held about the learner.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::{Content, Keyboard};
use crate::domain::{Outcome, Placement, Reply};

pub(crate) static COMMAND: Command = Command {
    name: "delete",
    placement: Placement::LEAVING,
    audience: Audience::TheirOwn,
    needs: Needs::Nothing,
    buttons: &[&CONFIRM],
    handler: |context, case| Box::pin(async move { Ok(ask(context, case)) }),
};

const YES: Choice = Choice::Letter('y');
const NO: Choice = Choice::Letter('n');

static CONFIRM: Button = Button {
    prefix: "del",
    // The confirmed deletion must not wait behind the very messages it deletes.
    placement: Placement::AT_ONCE,
    audience: Audience::TheirOwn,
    handler: |context, case, choice| Box::pin(async move { Ok(confirm(context, case, choice)) }),
};

fn ask(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let (user, phrases) = (case.incoming.user, case.phrases);
    let yes = CONFIRM.labelled(phrases.delete_yes(), YES, user);
    let no = CONFIRM.labelled(phrases.delete_no(), NO, user);
    let content = Content::Text {
        text: phrases.delete_ask(context.tutor.remembers(), context.rules.database_keeps),
        keyboard: Keyboard(vec![vec![yes, no]]),
    };
    Outcome::reply(vec![Reply::to(case.incoming, content)])
}

fn confirm(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    match choice {
        YES => {
            let done = case.pressed(
                "",
                Some((
                    case.phrases.deleted(context.tutor.remembers(), context.rules.database_keeps),
                    Keyboard::default(),
                )),
            );
            Outcome { forget: true, ..done }
        }
        NO => case.pressed("", Some((case.phrases.kept(), Keyboard::default()))),
        _ => case.outdated(),
    }
}
