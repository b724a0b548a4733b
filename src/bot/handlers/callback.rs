//! Pressed buttons, and the pages of `/history` they turn.

use super::Case;
use crate::bot::HandlerContext;
use crate::bot::route::Press;
use crate::domain::markdown::unmarked;
use crate::domain::outcome::{Button, Content, Keyboard};
use crate::domain::rich::{Rich, Style, TEXT_LIMIT};
use crate::domain::{Body, Outcome, RecordedTurn, Reply, Session, Turn, TurnKind, UserId};
use crate::store::StoreError;
use crate::tutor::{Past, Reach};
use std::time::Duration;

/// Turns on one page: three with every field at its cut length still fit one message.
const PAGE_TURNS: usize = 3;
/// Longest wait for what only the tutor knows: it answers nobody while a turn runs.
const TUTOR_PATIENCE: Duration = Duration::from_secs(3);
/// Characters of each field shown on a page.
const FIELD_CHARS: usize = 300;

/// Answers a press. Every press gets its callback answered, or the button would show a clock for ever.
///
/// # Errors
/// As the store's, when reading.
pub async fn handle(context: &HandlerContext, case: &Case<'_>, press: Press) -> Result<Outcome, StoreError> {
    let asked = |user: UserId| user == case.incoming.user;
    Ok(match press {
        Press::DeleteYes(user) if asked(user) => {
            Outcome { forget: true, ..pressed(case, "", Some((case.phrases.deleted(), Keyboard::default()))) }
        }
        Press::DeleteNo(user) if asked(user) => {
            pressed(case, "", Some((case.phrases.kept(), Keyboard::default())))
        }
        Press::HistoryPage(user, page) if asked(user) => match history_page(context, case, Some(page)).await?
        {
            Some(shown) => pressed(case, "", Some(shown)),
            None => pressed(case, &case.phrases.outdated(), None),
        },
        // Decided before it comes here, unless no channel is required any more.
        Press::Joined(user) if asked(user) => {
            pressed(case, "", Some((case.phrases.joined(), Keyboard::default())))
        }
        Press::Unknown => pressed(case, &case.phrases.outdated(), None),
        _ => pressed(case, &case.phrases.not_yours(), None),
    })
}

/// The press answered with a short notice, and its message with a new text.
pub(in crate::bot) fn pressed(case: &Case<'_>, notice: &str, edit: Option<(Rich, Keyboard)>) -> Outcome {
    let mut replies = Vec::new();
    if let Body::Callback { id, .. } = &case.incoming.body {
        let content = Content::CallbackAnswer { callback: id.clone(), text: notice.to_owned() };
        replies.push(Reply::to(case.incoming, content));
    }
    if let (Some(message), Some((text, keyboard))) = (case.incoming.message, edit) {
        let mut reply = Reply::to(case.incoming, Content::Edit { message, text, keyboard });
        reply.answers = None;
        replies.push(reply);
    }
    Outcome::reply(replies)
}

/// A page of the open conversation (`None`: the last page) with its buttons; `None` when there are no turns.
pub(super) async fn history_page(
    context: &HandlerContext,
    case: &Case<'_>,
    page: Option<usize>,
) -> Result<Option<(Rich, Keyboard)>, StoreError> {
    let user = case.incoming.user;
    let Some(session) = &case.learner.session else { return Ok(None) };
    let (_, ours) = context.reader.turns(user, session.id, 0, 0).await?;
    // The tutor's come before ours: those of the time before this bot.
    let earlier = earlier_turns(context, session, ours).await;
    let total = earlier.len() + ours;
    let pages = total.div_ceil(PAGE_TURNS);
    let Some(last) = pages.checked_sub(1) else { return Ok(None) };
    let page = page.unwrap_or(last).min(last);
    let first = page * PAGE_TURNS;
    let mut turns: Vec<Turn> = earlier.iter().skip(first).take(PAGE_TURNS).cloned().collect();
    let left = PAGE_TURNS - turns.len();
    if left > 0 {
        let skip = first.saturating_sub(earlier.len());
        turns.extend(context.reader.turns(user, session.id, skip, left).await?.0);
    }
    for (turn, number) in turns.iter_mut().zip(1..) {
        turn.number = u32::try_from(first).unwrap_or(u32::MAX).saturating_add(number);
    }
    let mut text = Rich::default().push(Style::Bold, case.phrases.history_heading(page + 1, pages));
    for turn in &turns {
        text = show_turn(text, turn);
    }
    let mut buttons = Vec::new();
    if page > 0 {
        buttons.push((case.phrases.older(), Press::HistoryPage(user, page - 1).data()));
    }
    if page < last {
        buttons.push((case.phrases.newer(), Press::HistoryPage(user, page + 1).data()));
    }
    let buttons: Vec<Button> = buttons.into_iter().map(|(label, data)| Button { label, data }).collect();
    let keyboard = Keyboard(if buttons.is_empty() { Vec::new() } else { vec![buttons] });
    // An edit is one message: should emoji have doubled its length, the end is cut.
    let text = text.split(TEXT_LIMIT).into_iter().next().unwrap_or_default();
    Ok(Some((text, keyboard)))
}

/// The turns of a conversation that only the tutor knows (it began with another bot), oldest first. Asked for with little
/// patience: what we have is shown all the same.
pub(super) async fn earlier_turns(context: &HandlerContext, session: &Session, ours: usize) -> Vec<Turn> {
    // Of ours it knows the spoken ones alone.
    let ours = ours.saturating_sub(usize::try_from(session.text_turns).unwrap_or(usize::MAX));
    let known = session.tutor_turns.and_then(|count| usize::try_from(count).ok());
    if known.is_some_and(|count| count <= ours) || matches!(context.tutor.reachable(), Reach::No { .. }) {
        return Vec::new();
    }
    let asked = tokio::time::timeout(TUTOR_PATIENCE, context.tutor.history(session.id)).await;
    let Ok(Ok(Past::Kept(history))) = asked else { return Vec::new() };
    let only_there = history.turns.len().saturating_sub(ours);
    let turn =
        |recorded: RecordedTurn| Turn::voice(session.id, session.created, 0, recorded.into_assessment());
    history.turns.into_iter().take(only_there).map(turn).collect()
}

fn show_turn(text: Rich, turn: &Turn) -> Rich {
    let said = &turn.assessment;
    let mut text = text.push(Style::Plain, format!("\n\n{}.", turn.number));
    let learner = if turn.kind == TurnKind::Text { "✍️" } else { "🎧" };
    for (mark, field) in [(learner, &said.transcript), ("📝", &said.coaching), ("💬", &said.reply)] {
        if !field.trim().is_empty() {
            text = text.push(Style::Plain, format!("\n{mark} {}", shortened(&unmarked(field))));
        }
    }
    text
}

fn shortened(field: &str) -> String {
    let field = field.trim();
    match field.char_indices().nth(FIELD_CHARS) {
        Some((cut, _)) => format!("{}…", field.get(..cut).unwrap_or_default().trim_end()),
        None => field.to_owned(),
    }
}
