//! `/card PHRASE`: keeps a phrase as a card, `/card WRONG → RIGHT` with the wrong one beside it; `/card #12 PHRASE` changes one.
//! In reply to a message it keeps that text, and so does a forwarded one (`telegram::from_api`).

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::handlers::Case;
use crate::domain::card::{CardChange, MOST_CARDS, NewCard};
use crate::domain::{Body, Outcome, Placement, Rich};
use crate::practice::contractions::Split;
use crate::practice::words::spoken;
use crate::store::StoreError;

pub(crate) static COMMAND: Command = Command {
    name: "card",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[],
    handler: |context, case| Box::pin(card(context, case)),
};

/// Longest phrase, characters: what is said in one breath. Cards of corrections may be longer.
const LONGEST: usize = 200;

async fn card(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let phrases = case.phrases;
    let Body::Command { args, .. } = &case.incoming.body else { return Ok(Outcome::default()) };
    let (number, phrase) = numbered(args);
    let (front, back) = sides(phrase);
    if back.is_empty() {
        return Ok(case.say(phrases.card_how()));
    }
    if [front, back].iter().any(|side| side.chars().count() > LONGEST) {
        return Ok(case.say(phrases.card_too_long(LONGEST)));
    }
    if spoken(back, Split::None).is_empty() {
        return Ok(case.say(phrases.card_no_words()));
    }
    let (front, back) = (front.to_owned(), back.to_owned());
    if let Some(id) = number {
        let Some(card) = context.reader.card(case.incoming.user, id).await? else {
            return Ok(case.say(phrases.card_missing(id)));
        };
        let front = if front.is_empty() { card.front } else { front };
        let said = case.say(phrases.card_changed(&back));
        return Ok(Outcome { cards: vec![CardChange::Edit { id, front, back }], ..said });
    }
    let new = NewCard { front, back: back.clone(), why: String::new(), kind: None, source: None };
    if context.reader.is_card(case.incoming.user, &new).await? {
        return Ok(case.say(phrases.card_kept(&back, false)));
    }
    if case.learner.cards.cards >= MOST_CARDS {
        return Ok(case.say(Rich::plain(phrases.cards_full())));
    }
    Ok(Outcome { cards: vec![CardChange::Add(new)], ..case.say(phrases.card_kept(&back, true)) })
}

/// The number of the card to change, where one is named, and the rest.
fn numbered(args: &str) -> (Option<u32>, &str) {
    let named = args.strip_prefix('#').and_then(|rest| rest.split_once(char::is_whitespace));
    match named.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
        Some((number, rest)) => (Some(number), rest),
        None => (None, args),
    }
}

/// The wrong phrase, which may be missing, and the right one.
fn sides(phrase: &str) -> (&str, &str) {
    let parted = ["→", "->", "=>"].iter().find_map(|arrow| phrase.split_once(arrow));
    let (front, back) = parted.unwrap_or(("", phrase));
    (front.trim(), back.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_read_as_it_is_typed() {
        for (typed, expected) in [
            ("I agree", (None, ("", "I agree"))),
            ("I am agree → I agree", (None, ("I am agree", "I agree"))),
            ("I am agree->I agree", (None, ("I am agree", "I agree"))),
            ("20 years old", (None, ("", "20 years old"))),
            ("#12 I agree", (Some(12), ("", "I agree"))),
            ("#12  I am agree => I agree", (Some(12), ("I am agree", "I agree"))),
            ("#12", (None, ("", "#12"))),
            ("#99999999999 x", (None, ("", "#99999999999 x"))),
            ("→", (None, ("", ""))),
            ("", (None, ("", ""))),
        ] {
            let (number, phrase) = numbered(typed);
            assert_eq!((number, sides(phrase)), expected, "{typed}");
        }
    }
}
