//! "Translate": coaching and reply in the learner's language, for those who want that on tap, or whose tutor has not translated.
//!
//! What the tutor or an earlier press has translated is shown again; else a chat model is asked, and the turn keeps it.

use super::{Offer, Place, UnderAnswer, first_press, pressed, pressed_already};
use crate::bot::HandlerContext;
use crate::bot::aside::{self, Unasked};
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::outcome::Keyboard;
use crate::domain::{
    Change, Language, Outcome, Placement, Reply, Translation, Turn, TurnChange, TurnFact, judge, lesson,
};
use crate::model::Completed;
use crate::store::StoreError;

pub(super) static UNDER_ANSWER: UnderAnswer = UnderAnswer {
    button: &TRANSLATE,
    place: Place::Words,
    offered: |offer| match is_of_use(offer) {
        true => vec![(0, offer.phrases.translate_button())],
        false => Vec::new(),
    },
};

static TRANSLATE: Button = Button {
    prefix: "tr",
    // A model may have to be asked.
    placement: Placement::ASIDE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(translate(context, case, choice)),
};

fn is_of_use(offer: &Offer<'_>) -> bool {
    let language = offer.learner.speaks(offer.context.rules.default_language);
    let there = lesson::is_translated(offer.turn, language);
    let can = offer.context.models.is_some() && language != Language::En && has_words(offer.turn);
    match offer.learner.translation {
        Translation::Always => !there && can,
        Translation::OnTap => there || can,
        Translation::Never => false,
    }
}

fn has_words(turn: &Turn) -> bool {
    [&turn.assessment.coaching, &turn.assessment.reply].iter().any(|text| !text.trim().is_empty())
}

async fn translate(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Some((turn, _)) = pressed(context, case, choice).await? else { return Ok(case.outdated()) };
    let Some(press) = first_press(&TRANSLATE, &turn, case.now) else { return Ok(pressed_already(case)) };
    let into = case.learner.speaks(context.rules.default_language);
    if lesson::is_translated(&turn, into) {
        return Ok(shown(case, &turn, vec![press], Vec::new()));
    }
    let said = &turn.assessment;
    let (prompt, schema) = (judge::translate(&said.coaching, &said.reply, into), judge::translate_schema());
    let refused = |spent: Vec<Change>| {
        let notice = case.pressed(&case.phrases.cannot_translate(), None);
        Ok(Outcome { changes: spent, ..notice })
    };
    let answer = match aside::ask(context, case.learner, prompt, &schema, case.now).await {
        Ok(answer) => answer,
        Err(Unasked::NoModel | Unasked::Spent | Unasked::Silent) => return refused(Vec::new()),
    };
    let Completed::Object(object) = &answer.said else { return refused(vec![answer.spent]) };
    let (coaching, reply) = judge::translation(object);
    let translated = TurnFact::Translated { into, coaching, reply };
    let mut turn = turn;
    turn.apply(translated.clone());
    if !lesson::is_translated(&turn, into) {
        return refused(vec![answer.spent]);
    }
    let kept = TurnChange { seq: turn.seq, fact: translated };
    Ok(shown(case, &turn, vec![kept, press], vec![answer.spent]))
}

fn shown(case: &Case<'_>, turn: &Turn, turn_changes: Vec<TurnChange>, changes: Vec<Change>) -> Outcome {
    let mut outcome = case.pressed("", None);
    let text = lesson::translation_of(turn);
    outcome.replies.extend(Reply::texts(case.incoming, text, Keyboard::default()));
    Outcome { turn_changes, changes, ..outcome }
}
