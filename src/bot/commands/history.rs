//! `/history`: the conversations of this chat, in pages turned by buttons that edit the same message.

use super::{Audience, Command, Needs};
use crate::bot::HandlerContext;
use crate::bot::buttons::{Button, Choice};
use crate::bot::handlers::Case;
use crate::domain::local_day::{iso_date, local_day};
use crate::domain::markdown::unmarked;
use crate::domain::outcome::Keyboard;
use crate::domain::rich::{Rich, Style, TEXT_LIMIT};
use crate::domain::{Outcome, Placement, RecordedTurn, Reply, Session, Turn, TurnKind, lesson};
use crate::store::StoreError;
use crate::tutor::Reach;
use std::time::Duration;

pub(crate) static COMMAND: Command = Command {
    name: "history",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    needs: Needs::Nothing,
    buttons: &[&PAGE],
    handler: |context, case| Box::pin(newest(context, case)),
};

static PAGE: Button = Button {
    prefix: "his",
    placement: Placement::AT_ONCE,
    audience: Audience::Members,
    handler: |context, case, choice| Box::pin(turn_page(context, case, choice)),
};

/// Turns on one page: three with every field at full length still fit one message.
const PAGE_TURNS: usize = 3;
/// Longest wait for what only the tutor knows: it answers nobody while a turn runs.
const TUTOR_PATIENCE: Duration = Duration::from_secs(3);
/// Characters of each field shown on a page.
const FIELD_CHARS: usize = 300;

async fn newest(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let Some((text, keyboard)) = history_page(context, case, None).await? else {
        return Ok(case.say(case.phrases.nothing_yet()));
    };
    Ok(Outcome::reply(Reply::texts(case.incoming, text, keyboard)))
}

async fn turn_page(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Result<Outcome, StoreError> {
    let page = match choice {
        Choice::Number(number) => Page::of(number),
        Choice::Letter(_) | Choice::Part(..) => return Ok(case.outdated()),
    };
    Ok(match history_page(context, case, Some(page)).await? {
        Some(shown) => case.pressed("", Some(shown)),
        None => case.outdated(),
    })
}

/// A page of a conversation, as a button names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    /// When it began, seconds; 0: the one open now.
    began: u64,
    page: usize,
}

impl Page {
    /// The last one there is.
    const LAST: usize = 0xffff;

    fn of(number: u64) -> Self {
        Self { began: number >> 16, page: usize::try_from(number & 0xffff).unwrap_or(Self::LAST) }
    }

    fn number(self) -> u64 {
        self.began << 16 | self.page.min(Self::LAST) as u64
    }
}

/// When a conversation began, seconds.
fn began(session: &Session) -> u64 {
    u64::try_from(session.created.secs()).unwrap_or(0)
}

/// A page of a conversation held here (`None`: the last page of the latest one) with its buttons; `None` when there are no
/// turns.
async fn history_page(
    context: &HandlerContext,
    case: &Case<'_>,
    page: Option<Page>,
) -> Result<Option<(Rich, Keyboard)>, StoreError> {
    let (user, chat) = (case.incoming.user, case.incoming.chat);
    let mut all = context.reader.conversations(user, Session::place_of(chat)).await?;
    let open = case.learner.session_in(chat);
    let earlier = match (open, all.last()) {
        // The tutor's earlier turns come before ours.
        (Some(open), Some(last)) if open.id == last.session.id => {
            earlier_turns(context, open, last.turns).await
        }
        _ => Vec::new(),
    };
    let is_open = |session: &Session| open.is_some_and(|open| open.id == session.id);
    all.retain(|one| one.turns > 0 || is_open(&one.session) && !earlier.is_empty());
    let wanted = page.map(|page| page.began).filter(|began| *began > 0);
    let place = match wanted {
        Some(wanted) => all.iter().position(|one| began(&one.session) == wanted),
        None => all.len().checked_sub(1),
    };
    let Some((place, conversation)) = place.and_then(|place| Some((place, all.get(place)?))) else {
        return Ok(None);
    };
    let (session, ours) = (&conversation.session, conversation.turns);
    let earlier = if is_open(session) { earlier } else { Vec::new() };
    let total = earlier.len() + ours;
    let pages = total.div_ceil(PAGE_TURNS);
    let Some(last) = pages.checked_sub(1) else { return Ok(None) };
    let page = page.map_or(last, |page| page.page).min(last);
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
    let date = |session: &Session| iso_date(local_day(session.created, case.learner.zone.as_deref()));
    if all.len() > 1 {
        let heading = case.phrases.history_conversation(&date(session), total);
        text = text.push(Style::Plain, format!("\n{heading}"));
    }
    for turn in &turns {
        text = show_turn(text, turn);
    }
    let to = |label: String, session: &Session, page: usize| {
        PAGE.labelled(label, Choice::Number(Page { began: began(session), page }.number()), user)
    };
    let pages = [
        page.checked_sub(1).map(|page| to(case.phrases.older(), session, page)),
        (page < last).then(|| to(case.phrases.newer(), session, page + 1)),
    ];
    let before = place.checked_sub(1).and_then(|before| all.get(before));
    let conversations = [
        before.map(|one| to(format!("⏮ {}", date(&one.session)), &one.session, Page::LAST)),
        all.get(place + 1).map(|one| to(format!("{} ⏭", date(&one.session)), &one.session, 0)),
    ];
    let rows = [pages, conversations].map(|row| row.into_iter().flatten().collect::<Vec<_>>());
    let keyboard = Keyboard(rows.into_iter().filter(|row| !row.is_empty()).collect());
    // An edit is a single message: if emoji doubled its length, the end is cut.
    let text = text.split(TEXT_LIMIT).into_iter().next().unwrap_or_default();
    Ok(Some((text, keyboard)))
}

/// Turns that only the tutor knows, because the conversation began with another bot; oldest first. If the
/// tutor does not answer soon, ours are shown without them.
pub(super) async fn earlier_turns(context: &HandlerContext, session: &Session, ours: usize) -> Vec<Turn> {
    // The tutor knows only the spoken ones of ours.
    let ours = ours.saturating_sub(usize::try_from(session.text_turns).unwrap_or(usize::MAX));
    let known = session.tutor_turns.and_then(|count| usize::try_from(count).ok());
    if known.is_some_and(|count| count <= ours) || matches!(context.tutor.reach(), Reach::No { .. }) {
        return Vec::new();
    }
    let asked = tokio::time::timeout(TUTOR_PATIENCE, context.tutor.history(session.id)).await;
    let Ok(Some(turns)) = asked else { return Vec::new() };
    let only_there = turns.len().saturating_sub(ours);
    let turn =
        |recorded: RecordedTurn| Turn::voice(session.id, session.created, 0, recorded.into_assessment());
    turns.into_iter().take(only_there).map(turn).collect()
}

fn show_turn(text: Rich, turn: &Turn) -> Rich {
    let said = &turn.assessment;
    let mut text = text.push(Style::Plain, format!("\n\n{}.", turn.number));
    let learner = if turn.kind == TurnKind::Text { "✍️" } else { "🎧" };
    let corrections = lesson::corrections_list(&turn.corrections).to_plain();
    let fields = [unmarked(&said.transcript), corrections, unmarked(&said.coaching), unmarked(&said.reply)];
    for (mark, field) in [learner, "✏️", "📝", "💬"].iter().zip(fields) {
        if !field.trim().is_empty() {
            let gap = if field.starts_with('•') { "\n" } else { " " };
            text = text.push(Style::Plain, format!("\n{mark}{gap}{}", shortened(&field)));
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
