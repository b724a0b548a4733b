//! The learner's time zone: by buttons, by the name of a city, or by a shared location of which only the zone is kept.

use super::with_way_back;
use crate::bot::buttons::{Button, Choice};
use crate::bot::commands::Audience;
use crate::bot::handlers::Case;
use crate::domain::outcome::{self, Content, Keyboard, Keys};
use crate::domain::phrases::{self, Phrases};
use crate::domain::places::{self, Meant, Place};
use crate::domain::{
    Body, Change, ChatKind, Incoming, Language, Learner, Outcome, Placement, Reply, Rich, Timestamp,
};

pub(super) static ZONE: Button = Button {
    prefix: "tz",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(choose(case, choice)) }),
};

/// A page of a part of the world, or all parts.
pub(super) static REGION: Button = Button {
    prefix: "tzr",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(browse(case, choice)) }),
};

/// Asks for a city or a location.
pub(super) static ASK: Button = Button {
    prefix: "tza",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |_, case, choice| Box::pin(async move { Ok(ask(case, choice)) }),
};

/// How long after the question a text is taken for the answer, ms.
const ANSWERED_WITHIN_MS: i64 = 15 * 60_000;
const A_ROW: usize = 2;
/// Zones on one page.
const A_PAGE: usize = 14;
const REGIONS: Choice = Choice::Letter('w');
/// Pages of one part of the world are numbered from a multiple of this.
const PAGES: u64 = 100;

fn choose(case: &Case<'_>, choice: Choice) -> Outcome {
    let Some(place) = places::by_zone(|zone| Choice::named(zone) == choice) else { return case.outdated() };
    if case.learner.zone.as_deref() == Some(place.zone) {
        return case.chosen_already();
    }
    let mut outcome = case.chosen(Change::Zone(place.zone.to_owned()), menu(case, Some(place.zone)));
    if case.learner.place_asked.is_some() {
        // The key that shares a location still stands below the input field.
        let text = case.phrases.zone_set(place.zone, case.now);
        outcome.replies.push(below(case, text, Keys::Gone));
    }
    outcome
}

pub(in crate::bot::commands) fn menu(case: &Case<'_>, chosen: Option<&str>) -> (Rich, Keyboard) {
    let (phrases, user) = (case.phrases, case.incoming.user);
    let near = places::near_language(case.incoming.client_language.as_deref().unwrap_or(phrases.0.tag()));
    let near: Vec<&Place> = near.iter().filter_map(|zone| places::of_zone(zone)).collect();
    let mut rows = rows(case, &near, chosen);
    rows.push(vec![REGION.labelled(phrases.zone_elsewhere_button(), REGIONS, user)]);
    if case.incoming.chat.kind == ChatKind::Private {
        rows.push(vec![ASK.labelled(phrases.zone_ask_button(), Choice::Letter('a'), user)]);
    }
    (phrases.zone_menu(chosen, case.now), with_way_back(case, rows))
}

/// A button for each of these places with the time there, the chosen one marked.
fn rows(case: &Case<'_>, places: &[&Place], chosen: Option<&str>) -> Vec<Vec<outcome::Button>> {
    let one = |place: &&Place| {
        let label = format!("{} {}", place.name(), phrases::time_of_day_in(case.now, place.zone));
        let label = case.phrases.marked(&label, chosen == Some(place.zone));
        ZONE.labelled(label, Choice::named(place.zone), case.incoming.user)
    };
    places.chunks(A_ROW).map(|row| row.iter().map(one).collect()).collect()
}

fn browse(case: &Case<'_>, choice: Choice) -> Outcome {
    let (phrases, user) = (case.phrases, case.incoming.user);
    let to = |label: String, region: usize, page: usize| {
        REGION.labelled(label, Choice::Number(region as u64 * PAGES + page as u64), user)
    };
    let number = match choice {
        REGIONS => {
            let parts =
                (0..places::REGIONS.len()).map(|region| vec![to(phrases.region_button(region), region, 0)]);
            let page = (
                phrases.zone_menu(case.learner.zone.as_deref(), case.now),
                with_way_back(case, parts.collect()),
            );
            return case.pressed("", Some(page));
        }
        Choice::Number(number) => number,
        Choice::Letter(_) | Choice::Part(..) => return case.outdated(),
    };
    let (Ok(region), Ok(page)) = (usize::try_from(number / PAGES), usize::try_from(number % PAGES)) else {
        return case.outdated();
    };
    let zones = places::in_region(region, case.now);
    let Some(shown) = zones.chunks(A_PAGE).nth(page) else { return case.outdated() };
    let mut rows = rows(case, shown, case.learner.zone.as_deref());
    let mut turning = Vec::new();
    if let Some(before) = page.checked_sub(1) {
        turning.push(to(phrases.earlier_button(), region, before));
    }
    turning.push(REGION.labelled(phrases.zone_elsewhere_button(), REGIONS, user));
    if (page + 1) * A_PAGE < zones.len() {
        turning.push(to(phrases.later_button(), region, page + 1));
    }
    rows.push(turning);
    let text = phrases.zone_menu(case.learner.zone.as_deref(), case.now);
    case.pressed("", Some((text, with_way_back(case, rows))))
}

fn ask(case: &Case<'_>, choice: Choice) -> Outcome {
    if choice != Choice::Letter('a') || case.incoming.chat.kind != ChatKind::Private {
        return case.outdated();
    }
    // Pressed twice: the question stands there already.
    if awaits(case.learner, case.now) {
        return case.pressed(&case.phrases.zone_asked_notice(), None);
    }
    let phrases = case.phrases;
    let keys = Keys::Location { share: phrases.zone_share_button(), cancel: phrases.zone_cancel_button() };
    let mut outcome = case.pressed("", None);
    outcome.changes.push(Change::PlaceAsked(Some(case.now)));
    outcome.replies.push(below(case, phrases.zone_ask(), keys));
    outcome
}

/// A message of its own, which answers none: a press has none of the learner's to answer.
fn below(case: &Case<'_>, text: Rich, keys: Keys) -> Reply {
    Reply { answers: None, ..Reply::to(case.incoming, Content::Keys { text, keys }) }
}

/// Whether the learner was asked to name a city a moment ago.
fn awaits(learner: &Learner, now: Timestamp) -> bool {
    learner.place_asked.is_some_and(|asked| now.since_ms(asked) < ANSWERED_WITHIN_MS && asked <= now)
}

/// Whether a message is the answer to the question for a city.
pub fn is_answer(learner: &Learner, incoming: &Incoming, now: Timestamp) -> bool {
    let Body::Text(text) = &incoming.body else { return false };
    incoming.chat.kind == ChatKind::Private && (gives_up(text) || awaits(learner, now))
}

/// The key beside the one that shares the location, in whatever language it was labelled.
fn gives_up(text: &str) -> bool {
    Language::ALL.iter().any(|language| Phrases(*language).zone_cancel_button() == text)
}

/// A typed city, or the end of the question.
pub fn typed(case: &Case<'_>) -> Outcome {
    let Body::Text(text) = &case.incoming.body else { return Outcome::default() };
    if gives_up(text) {
        let text = case.phrases.zone_kept();
        let outcome =
            Outcome::reply(vec![Reply::to(case.incoming, Content::Keys { text, keys: Keys::Gone })]);
        return Outcome { changes: vec![Change::PlaceAsked(None)], ..outcome };
    }
    match places::meant(text) {
        Meant::Zone(zone) => set(case, zone),
        Meant::Several(found) => {
            let keyboard = Keyboard(rows(case, &found, case.learner.zone.as_deref()));
            Outcome::reply(Reply::texts(case.incoming, case.phrases.zone_which(), keyboard))
        }
        Meant::Nothing => case.say(case.phrases.zone_unknown()),
    }
}

/// A shared location, if it was asked for.
pub fn located(case: &Case<'_>) -> Option<Outcome> {
    match &case.incoming.body {
        Body::Located { zone } if awaits(case.learner, case.now) => Some(set(case, zone.clone())),
        _ => None,
    }
}

fn set(case: &Case<'_>, zone: String) -> Outcome {
    let text = case.phrases.zone_set(&zone, case.now);
    let outcome = Outcome::reply(vec![Reply::to(case.incoming, Content::Keys { text, keys: Keys::Gone })]);
    Outcome { changes: vec![Change::Zone(zone)], ..outcome }
}
