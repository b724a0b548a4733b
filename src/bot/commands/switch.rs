//! `/switch`: chooses the chat model, by name or by the buttons of `/models`.

use super::models::{self, Offer};
use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::{Body, Change, Outcome, Placement, Reply, Rich};
use crate::model::ModelName;

pub static COMMAND: Command = Command {
    name: "switch",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::ChatModel,
    buttons: &[],
    handler: |context, case| Box::pin(async move { Ok(switch(context, case).await) }),
};

async fn switch(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let (Some(models), Body::Command { args, .. }) = (&context.models, &case.incoming.body) else {
        return models::offer(context, case).await;
    };
    if args.is_empty() {
        return models::offer(context, case).await;
    }
    let Some(mut offer) = Offer::of(models, case).await else {
        return case.say(Rich::plain(case.phrases.models_out_of_reach()));
    };
    match meant(&offer.names, args).cloned() {
        Some(model) => {
            offer.chosen = Some(model.clone());
            let (text, keyboard) = offer.page(case, None);
            let changes = vec![Change::Model(Some(model.as_str().to_owned()))];
            Outcome { changes, ..Outcome::reply(Reply::texts(case.incoming, text, keyboard)) }
        }
        None => {
            let (_, keyboard) = offer.page(case, None);
            Outcome::reply(Reply::texts(case.incoming, case.phrases.no_such_model(args), keyboard))
        }
    }
}

/// The model of this name in any letter case, else the only one with this in its name.
fn meant<'a>(names: &'a [ModelName], typed: &str) -> Option<&'a ModelName> {
    let typed = typed.to_lowercase();
    let lower = |name: &ModelName| name.as_str().to_lowercase();
    if let Some(exact) = names.iter().find(|name| lower(name) == typed) {
        return Some(exact);
    }
    let mut near = names.iter().filter(|name| lower(name).contains(&typed));
    near.next().filter(|_| near.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_its_model_and_a_part_of_it_to_the_only_one_with_it() {
        let names = ["llama3.2", "llama3.2:3b", "openai/gpt-4o-mini"].map(ModelName::new);
        for (typed, expected) in [
            ("llama3.2", Some("llama3.2")),
            ("LLAMA3.2:3B", Some("llama3.2:3b")),
            ("gpt", Some("openai/gpt-4o-mini")),
            (":3b", Some("llama3.2:3b")),
            ("llama", None),
            ("mistral", None),
        ] {
            assert_eq!(meant(&names, typed).map(ModelName::as_str), expected, "{typed}");
        }
    }
}
