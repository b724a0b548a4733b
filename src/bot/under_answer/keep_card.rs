//! "Keep": a correction, or all of them, as cards. What is a card already is kept once.

use super::{Offer, Part, Place, UnderAnswer, pressed};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::card::{CardChange, MOST_CARDS, NewCard};
use crate::domain::correction::Correction;
use crate::domain::{Outcome, Placement, Turn};
use crate::practice::contractions::Split;
use crate::practice::words::spoken;
use crate::store::StoreError;

pub(super) static UNDER_ANSWER: UnderAnswer =
    UnderAnswer { button: &KEEP, place: Place::Corrections, offered };

static KEEP: Button = Button {
    prefix: "keep",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(keep(context, case, choice)),
};

/// The part that stands for all corrections.
const ALL: Part = Part::MAX;
/// Characters of a phrase shown on its button.
const LABEL_CHARS: usize = 22;

fn offered(offer: &Offer<'_>) -> Vec<(Part, String)> {
    let label = |phrase: &str| {
        let cut = phrase.char_indices().nth(LABEL_CHARS).map(|(cut, _)| cut);
        let short = cut.and_then(|cut| phrase.get(..cut)).map(|short| format!("{}…", short.trim_end()));
        offer.phrases.keep_button(short.as_deref().unwrap_or(phrase))
    };
    let mut each: Vec<_> =
        kept_of(offer.turn, ALL).map(|(part, one)| (part, label(one.better.trim()))).collect();
    if each.len() > 1 {
        each.push((ALL, offer.phrases.keep_all_button()));
    }
    each
}

/// The corrections that can be said, with their numbers: one, or all of them.
fn kept_of(turn: &Turn, part: Part) -> impl Iterator<Item = (Part, &Correction)> {
    let numbered = (0..ALL).zip(&turn.corrections);
    numbered
        .filter(|(_, one)| !spoken(&one.better, Split::None).is_empty())
        .filter(move |(number, _)| part == ALL || part == *number)
}

async fn keep(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Some((turn, part)) = pressed(context, case, choice).await? else { return Ok(case.outdated()) };
    let user = case.incoming.user;
    let (mut cards, mut found) = (Vec::new(), false);
    for (_, one) in kept_of(&turn, part) {
        found = true;
        let card = NewCard {
            front: one.said.clone(),
            back: one.better.clone(),
            why: one.why.clone(),
            kind: Some(one.kind),
            source: Some(turn.seq),
        };
        if !context.reader.is_card(user, &card).await? {
            cards.push(CardChange::Add(card));
        }
    }
    if !found {
        return Ok(case.outdated());
    }
    let notice = if cards.is_empty() {
        case.phrases.kept_already()
    } else if case.learner.cards.cards >= MOST_CARDS {
        cards.clear();
        case.phrases.cards_full()
    } else {
        case.phrases.kept_notice(cards.len())
    };
    Ok(Outcome { cards, ..case.pressed(&notice, None) })
}
