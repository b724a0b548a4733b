//! `/models`: the chat models there are, as buttons in pages; a press is the learner's choice.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::{Change, Outcome, Placement, Reply, Rich};
use crate::model::{ModelName, Models};
use std::time::Duration;

pub static COMMAND: Command = Command {
    name: "models",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::ChatModel,
    buttons: &[&MODEL, &PAGE],
    handler: |context, case| Box::pin(async move { Ok(offer(context, case).await) }),
};

static MODEL: Button = Button {
    prefix: "mod",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(async move { Ok(choose(context, case, choice).await) }),
};

static PAGE: Button = Button {
    prefix: "modp",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(async move { Ok(turn_page(context, case, choice).await) }),
};

/// Models on one page.
const PAGE_MODELS: usize = 8;
/// Longest label of a button, characters.
const LABEL_CHARS: usize = 48;
/// Longest wait for the servers' lists.
const PATIENCE: Duration = Duration::from_secs(5);

/// The models, and the learner's choice among them.
pub struct Offer {
    /// In the order of the servers.
    pub names: Vec<ModelName>,
    /// Whom the learner's texts go to, as far as that is known.
    pub chosen: Option<ModelName>,
}

impl Offer {
    /// `None`: no server says what it has.
    pub async fn of(models: &Models, case: &Case<'_>) -> Option<Self> {
        let asked = async {
            let names = models.list().await.ok()?;
            let chosen = match &case.learner.model {
                Some(model) => Some(ModelName::new(model)),
                None => models.default_model().await.ok(),
            };
            Some(Self { names, chosen })
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    }

    fn place_of_chosen(&self) -> Option<usize> {
        self.names.iter().position(|name| Some(name) == self.chosen.as_ref())
    }

    /// A page (`None`: the one with the choice) and its buttons.
    pub fn page(&self, case: &Case<'_>, page: Option<usize>) -> (Rich, Keyboard) {
        let (phrases, user) = (case.phrases, case.incoming.user);
        let pages = self.names.len().div_ceil(PAGE_MODELS).max(1);
        let chosen = self.place_of_chosen();
        let page = page.unwrap_or(chosen.unwrap_or(0) / PAGE_MODELS).min(pages - 1);
        let there = chosen.is_some();
        let text = phrases.model_menu(self.chosen.as_ref().map(ModelName::as_str), there, page + 1, pages);
        let names = self.names.iter().enumerate().skip(page * PAGE_MODELS).take(PAGE_MODELS);
        let mut rows: Vec<_> = names
            .map(|(place, name)| {
                let label = phrases.marked(&label(name), chosen == Some(place));
                vec![MODEL.labelled(label, Choice::named(name.as_str()), user)]
            })
            .collect();
        let to =
            |label: &str, page: usize| PAGE.labelled(label.to_owned(), Choice::Number(page as u64), user);
        let back = (page > 0).then(|| to("«", page.saturating_sub(1)));
        let on = (page + 1 < pages).then(|| to("»", page + 1));
        let turn: Vec<_> = back.into_iter().chain(on).collect();
        if !turn.is_empty() {
            rows.push(turn);
        }
        (text, Keyboard(rows))
    }
}

/// The end of a long name tells more than its beginning.
fn label(name: &ModelName) -> String {
    let name: Vec<char> = name.as_str().chars().filter(|c| !c.is_control()).collect();
    match name.len().checked_sub(LABEL_CHARS) {
        None | Some(0) => name.into_iter().collect(),
        Some(surplus) => std::iter::once('…').chain(name.into_iter().skip(surplus + 1)).collect(),
    }
}

/// The models, to be chosen from.
pub async fn offer(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let Some(models) = &context.models else { return case.say(case.phrases.no_chat_model()) };
    match Offer::of(models, case).await {
        Some(offer) => {
            let (text, keyboard) = offer.page(case, None);
            Outcome::reply(Reply::texts(case.incoming, text, keyboard))
        }
        None => case.say(Rich::plain(case.phrases.models_out_of_reach())),
    }
}

/// The offer a press asks about, or what to answer instead.
async fn offered(context: &HandlerContext, case: &Case<'_>) -> Result<Offer, Outcome> {
    let Some(models) = &context.models else { return Err(case.outdated()) };
    let out_of_reach = || case.pressed(&case.phrases.models_out_of_reach(), None);
    Offer::of(models, case).await.ok_or_else(out_of_reach)
}

async fn choose(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    let mut offer = match offered(context, case).await {
        Ok(offer) => offer,
        Err(instead) => return instead,
    };
    let Some(pressed) = offer.names.iter().find(|name| Choice::named(name.as_str()) == choice).cloned()
    else {
        return case.pressed(&case.phrases.model_gone_notice(), Some(offer.page(case, None)));
    };
    if case.learner.model.as_deref() == Some(pressed.as_str()) {
        return case.chosen_already();
    }
    offer.chosen = Some(pressed.clone());
    case.chosen(Change::Model(Some(pressed.as_str().to_owned())), offer.page(case, None))
}

async fn turn_page(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    let Choice::Number(page) = choice else { return case.outdated() };
    match offered(context, case).await {
        Ok(offer) => {
            case.pressed("", Some(offer.page(case, Some(usize::try_from(page).unwrap_or(usize::MAX)))))
        }
        Err(instead) => instead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_end() {
        for (name, expected) in [
            ("llama3.2:3b", "llama3.2:3b".to_owned()),
            (&"x".repeat(48), "x".repeat(48)),
            (&format!("{}:8b", "x".repeat(60)), format!("…{}:8b", "x".repeat(44))),
            ("bad\u{7}name", "badname".to_owned()),
        ] {
            assert_eq!(label(&ModelName::new(name)), expected);
        }
    }
}
