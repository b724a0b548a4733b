//! `/practice`: cards that are due, said aloud one after the other; the answers are voices (`handlers::voice`).

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::drill::{Under, Words, answer, question};
use crate::bot::handlers::Case;
use crate::domain::drill::{Asked, DrillChange, Grade, Item};
use crate::domain::outcome::Keyboard;
use crate::domain::{Body, Change, Outcome, Placement, Rich};
use crate::store::StoreError;

pub(crate) static COMMAND: Command = Command {
    name: "practice",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[&NEXT, &SHOW, &GRADE, &WORDS, &STOP],
    handler: |context, case| Box::pin(practice(context, case)),
};

/// Most new cards a day that can be asked for.
const MOST_NEW: u8 = 100;

/// The next card.
pub(in crate::bot) static NEXT: Button = Button {
    prefix: "drn",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(next(context, case, choice)),
};

/// "I don't know".
pub(in crate::bot) static SHOW: Button = Button {
    prefix: "drk",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(show(context, case, choice)),
};

/// Another grade than the one that followed from what was heard.
pub(in crate::bot) static GRADE: Button = Button {
    prefix: "drg",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(grade(context, case, choice)),
};

/// A word alone, or a pair of words.
pub(in crate::bot) static WORDS: Button = Button {
    prefix: "drw",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |_, case, choice| Box::pin(async move { Ok(words(case, choice)) }),
};

pub(in crate::bot) static STOP: Button = Button {
    prefix: "drs",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |_, case, choice| Box::pin(async move { Ok(stop(case, choice)) }),
};

/// `/practice 5` sets how many new cards a day may bring.
async fn practice(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let Body::Command { args, .. } = &case.incoming.body else { return Ok(Outcome::default()) };
    if args.is_empty() {
        return question::next(context, case, Outcome::default()).await;
    }
    Ok(match args.parse::<u8>().ok().filter(|count| *count <= MOST_NEW) {
        Some(count) => {
            let said = case.say(Rich::plain(case.phrases.practice_new_a_day(count)));
            Outcome { changes: vec![Change::NewCardsPerDay(count)], ..said }
        }
        None => case.say(Rich::plain(case.phrases.practice_how(MOST_NEW))),
    })
}

/// Whether something was asked since the message of this row: its buttons lead on from there only once.
fn is_passed(case: &Case<'_>, row: u64) -> bool {
    case.learner.drill.asked.last().is_some_and(|last| last.row > row)
}

/// The question of this row, where it is still the open one.
fn open<'a>(case: &'a Case<'_>, choice: Choice) -> Option<&'a Asked> {
    case.learner.drill.open().filter(|asked| choice == Choice::Number(asked.row))
}

async fn next(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    match choice {
        Choice::Number(row) if !is_passed(case, row) => {
            question::next(context, case, case.pressed("", None)).await
        }
        _ => Ok(case.chosen_already()),
    }
}

async fn show(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let graded = case.learner.drill.graded.as_ref();
    let asked = open(case, choice).filter(|asked| graded.is_none_or(|graded| graded.row != asked.row));
    let Some((asked, Item::Card(id))) = asked.map(|asked| (asked, &asked.item)) else {
        return Ok(case.chosen_already());
    };
    Ok(match context.reader.card(case.incoming.user, *id).await? {
        Some(card) => answer::shown(case, asked, &card),
        None => case.pressed("", Some((Rich::plain(case.phrases.practice_gone()), Keyboard::default()))),
    })
}

async fn grade(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Choice::Number(number) = choice else { return Ok(case.outdated()) };
    let (under, kind) = Under::parse(number);
    match Grade::ALL.get(kind) {
        Some(grade) => answer::regraded(context, case, under.row, *grade).await,
        None => Ok(case.outdated()),
    }
}

fn words(case: &Case<'_>, choice: Choice) -> Outcome {
    let Choice::Number(number) = choice else { return case.outdated() };
    let (under, kind) = Under::parse(number);
    if is_passed(case, under.row) {
        return case.chosen_already();
    }
    let drill = &case.learner.drill;
    let words = if kind == Words::Pair as usize {
        drill.offered.clone()
    } else {
        drill.weak_words().first().map(|word| (*word).to_owned())
    };
    match words {
        Some(words) => question::words(case, words, case.pressed("", None)),
        None => case.outdated(),
    }
}

fn stop(case: &Case<'_>, choice: Choice) -> Outcome {
    if open(case, choice).is_none() {
        return case.chosen_already();
    }
    let change = Change::Drill(DrillChange::Ended(case.row, case.now));
    let base = case.pressed("", None);
    let said = case.say(Rich::plain(case.phrases.practice_stopped()));
    Outcome { changes: vec![change], replies: [base.replies, said.replies].concat(), ..Outcome::default() }
}
