//! `/export`: everything held about the learner as files, made when they are sent. Must not know what is in them.

use super::{Audience, Command, Needs};
use crate::bot::handlers::Case;
use crate::domain::outcome::Content;
use crate::domain::{ChatKind, ExportFormat, Made, Outcome, Placement, Reply};

pub(crate) static COMMAND: Command = Command {
    name: "export",
    placement: Placement::AT_ONCE,
    audience: Audience::TheirOwn,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |_, case| Box::pin(async move { Ok(export(case)) }),
};

fn export(case: &Case<'_>) -> Outcome {
    if case.incoming.chat.kind != ChatKind::Private {
        return case.say(case.phrases.export_in_private());
    }
    let cards = (case.learner.cards.cards > 0).then_some(Made::CardsCsv);
    let documents = [ExportFormat::Markdown, ExportFormat::Json].map(|format| Made::Export { format });
    let mut replies: Vec<Reply> = documents
        .into_iter()
        .chain(cards)
        .map(|made| Reply::to(case.incoming, Content::Made(made)))
        .collect();
    for later in replies.iter_mut().skip(1) {
        later.answers = None;
    }
    Outcome::reply(replies)
}
