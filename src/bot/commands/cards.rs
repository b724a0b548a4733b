//! `/cards`: the learner's cards in pages; each can be looked at, changed, paused and removed, and all go along as a file.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::card::{Card, CardChange};
use crate::domain::local_day::local_day;
use crate::domain::outcome::{Content, Keyboard};
use crate::domain::rich::{Rich, Style, TEXT_LIMIT};
use crate::domain::{Made, Outcome, Placement, Reply};
use crate::store::StoreError;

pub(crate) static COMMAND: Command = Command {
    name: "cards",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[&PAGE, &OPEN, &PAUSE, &REMOVE, &REMOVE_REALLY, &EXPORT],
    handler: |context, case| Box::pin(first(context, case)),
};

/// A page, by its number from 0.
static PAGE: Button = Button {
    prefix: "cdp",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(turn(context, case, choice)),
};

/// One card, by its number.
static OPEN: Button = Button {
    prefix: "cdo",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(open(context, case, choice)),
};

/// Pauses a card, or brings it back: its number, and 1 to pause it.
static PAUSE: Button = Button {
    prefix: "cdz",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(pause(context, case, choice)),
};

/// Asks whether a card is to go.
static REMOVE: Button = Button {
    prefix: "cdr",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(ask_to_remove(context, case, choice)),
};

static REMOVE_REALLY: Button = Button {
    prefix: "cdx",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(remove(context, case, choice)),
};

static EXPORT: Button = Button {
    prefix: "cde",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(export(context, case, choice)),
};

/// Cards on one page: their buttons fill two rows.
const PAGE_CARDS: usize = 8;
/// Buttons in a row.
const ROW: usize = 4;
/// Characters of each side shown in the list.
const SIDE_CHARS: usize = 80;

async fn first(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let (text, keyboard) = page(context, case, 0, true).await?;
    Ok(Outcome::reply(Reply::texts(case.incoming, text, keyboard)))
}

async fn turn(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Choice::Number(number) = choice else { return Ok(case.outdated()) };
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(case.pressed("", Some(page(context, case, number, true).await?)))
}

/// A page of cards, the latest first. `export`: with the button for the file.
async fn page(
    context: &HandlerContext,
    case: &Case<'_>,
    number: usize,
    export: bool,
) -> Result<(Rich, Keyboard), StoreError> {
    let (phrases, user) = (case.phrases, case.incoming.user);
    let today = local_day(case.now, case.learner.zone.as_deref());
    let counts = context.reader.card_counts(user, today).await?;
    if counts.cards == 0 {
        return Ok((Rich::plain(phrases.practice_no_cards()), Keyboard::default()));
    }
    let pages = counts.cards.div_ceil(PAGE_CARDS);
    let number = number.min(pages.saturating_sub(1));
    let cards = context.reader.latest_cards(user, number * PAGE_CARDS, PAGE_CARDS).await?;
    let mut text = phrases.cards_heading(counts.cards, counts.learnt, number + 1, pages);
    for card in &cards {
        text = text.push(Style::Plain, format!("\n\n{}. ", card.id));
        if !card.front.is_empty() {
            text = text.push(Style::Plain, format!("{} → ", shortened(&card.front)));
        }
        text = text
            .push(Style::Bold, shortened(&card.back))
            .push(Style::Plain, " · ")
            .push(Style::Italic, phrases.card_due(due_in(card, today)));
    }
    let opened = |card: &Card| OPEN.labelled(card.id.to_string(), Choice::Number(card.id.into()), user);
    let mut rows: Vec<Vec<_>> = cards.chunks(ROW).map(|row| row.iter().map(opened).collect()).collect();
    let to = |label: String, page: usize| PAGE.labelled(label, Choice::Number(page as u64), user);
    let newer = number.checked_sub(1).map(|page| to(phrases.newer(), page));
    let older = (number + 1 < pages).then(|| to(phrases.older(), number + 1));
    let turned: Vec<_> = newer.into_iter().chain(older).collect();
    if !turned.is_empty() {
        rows.push(turned);
    }
    if export {
        let choice = Choice::Number(number as u64);
        rows.push(vec![EXPORT.labelled(phrases.cards_export_button(), choice, user)]);
    }
    Ok((text, Keyboard(rows)))
}

fn due_in(card: &Card, today: i32) -> Option<i32> {
    (!card.suspended).then(|| card.due.saturating_sub(today))
}

async fn card_of(
    context: &HandlerContext,
    case: &Case<'_>,
    choice: Choice,
) -> Result<Option<Card>, StoreError> {
    let Choice::Number(number) = choice else { return Ok(None) };
    let Ok(id) = u32::try_from(number) else { return Ok(None) };
    context.reader.card(case.incoming.user, id).await
}

async fn open(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    Ok(match card_of(context, case, choice).await? {
        Some(card) => case.pressed("", Some(shown(case, &card, &REMOVE, case.phrases.card_remove_button()))),
        None => case.outdated(),
    })
}

async fn ask_to_remove(
    context: &HandlerContext,
    case: &Case<'_>,
    choice: Choice,
) -> Result<Outcome, StoreError> {
    let label = case.phrases.card_remove_yes_button();
    Ok(match card_of(context, case, choice).await? {
        Some(card) => case.pressed("", Some(shown(case, &card, &REMOVE_REALLY, label))),
        None => case.outdated(),
    })
}

async fn pause(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Choice::Number(number) = choice else { return Ok(case.outdated()) };
    let paused = number & 1 == 1;
    let Some(mut card) = card_of(context, case, Choice::Number(number >> 1)).await? else {
        return Ok(case.outdated());
    };
    if card.suspended == paused {
        return Ok(case.chosen_already());
    }
    card.suspended = paused;
    let shown = shown(case, &card, &REMOVE, case.phrases.card_remove_button());
    Ok(Outcome { cards: vec![CardChange::Suspend(card.id, paused)], ..case.pressed("", Some(shown)) })
}

async fn remove(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Some(card) = card_of(context, case, choice).await? else { return Ok(case.chosen_already()) };
    let back = PAGE.labelled(case.phrases.cards_back_button(), Choice::Number(0), case.incoming.user);
    let gone =
        sides(Rich::default(), &card).push(Style::Plain, format!("\n\n{}", case.phrases.card_removed()));
    let pressed = case.pressed(&case.phrases.card_removed(), Some((gone, Keyboard(vec![vec![back]]))));
    Ok(Outcome { cards: vec![CardChange::Remove(card.id)], ..pressed })
}

/// The press takes its button away, so that it sends one file.
async fn export(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let Choice::Number(number) = choice else { return Ok(case.outdated()) };
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    let shown = page(context, case, number, false).await?;
    let mut outcome = case.pressed(&case.phrases.cards_sent(), Some(shown));
    outcome.replies.push(Reply::to(case.incoming, Content::Made(Made::CardsCsv)));
    Ok(outcome)
}

/// A card with what can be done about it.
fn shown(case: &Case<'_>, card: &Card, removing: &Button, remove: String) -> (Rich, Keyboard) {
    let (phrases, user) = (case.phrases, case.incoming.user);
    let today = local_day(case.now, case.learner.zone.as_deref());
    let mut text = sides(Rich::default().push(Style::Plain, format!("🗂 {}. ", card.id)), card)
        .push(Style::Plain, " · ")
        .push(Style::Italic, phrases.card_due(due_in(card, today)));
    if !card.why.is_empty() {
        text = text.push(Style::Plain, format!("\n\n💡 {}", card.why));
    }
    let command =
        if card.front.is_empty() { card.back.clone() } else { format!("{} → {}", card.front, card.back) };
    let text = text
        .push(Style::Plain, "\n\n")
        .append(phrases.card_change_how(&format!("/card #{} {command}", card.id)));
    let number = u64::from(card.id);
    let pause = PAUSE.labelled(
        phrases.card_pause_button(card.suspended),
        Choice::Number(number << 1 | u64::from(!card.suspended)),
        user,
    );
    let remove = removing.labelled(remove, Choice::Number(number), user);
    let back = PAGE.labelled(phrases.cards_back_button(), Choice::Number(0), user);
    // An edit is a single message.
    let text = text.split(TEXT_LIMIT).into_iter().next().unwrap_or_default();
    (text, Keyboard(vec![vec![pause, remove], vec![back]]))
}

fn sides(text: Rich, card: &Card) -> Rich {
    let front = if card.front.is_empty() { String::new() } else { format!("{} → ", card.front) };
    text.push(Style::Plain, front).push(Style::Bold, card.back.as_str())
}

fn shortened(side: &str) -> String {
    match side.char_indices().nth(SIDE_CHARS) {
        Some((cut, _)) => format!("{}…", side.get(..cut).unwrap_or_default().trim_end()),
        None => side.to_owned(),
    }
}
