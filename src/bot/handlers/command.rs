//! The slash commands.

use super::callback::{earlier_turns, history_page};
use super::{Case, admin};
use crate::bot::route::{Command, Press};
use crate::bot::{HandlerContext, access};
use crate::domain::health::TutorState;
use crate::domain::outcome::{Content, Keyboard};
use crate::domain::phrases::{COMMANDS, StatusView, offered};
use crate::domain::session::SessionState;
use crate::domain::{Body, Change, Language, LanguageChoice, Outcome, Reply, Session, lesson};
use crate::store::StoreError;
use crate::tutor::Reach;
use uuid::Uuid;

/// Answers a command.
///
/// # Errors
/// As the store's, when reading.
pub async fn handle(
    context: &HandlerContext,
    case: &Case<'_>,
    command: Command,
) -> Result<Outcome, StoreError> {
    match command {
        Command::Start => Ok(start(context, case)),
        Command::Help => Ok(help(context, case)),
        Command::Status => status(context, case).await,
        Command::History => history(context, case).await,
        Command::Feedback => feedback(context, case).await,
        Command::New => new(context, case).await,
        Command::Delete => Ok(delete(case)),
        Command::Subscribe => Ok(subscribe(context, case).await),
        Command::Admin => admin::show(context, case).await,
    }
}

/// Names the nearest command, where one is near.
pub fn unknown(case: &Case<'_>, name: &str) -> Outcome {
    case.say(case.phrases.unknown_command(name, nearest(name)))
}

fn nearest(name: &str) -> Option<&'static str> {
    let name: String = name.chars().take(32).collect();
    COMMANDS
        .iter()
        .chain(&["reset"])
        .map(|known| (strsim::damerau_levenshtein(&name, known), *known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(2).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Opens or keeps the session. A deep-link payload may choose the language (`?start=pt`).
fn start(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let fresh = Session::open(Uuid::new_v4(), case.incoming.user, case.now);
    let mut changes = vec![Change::SessionEnsured(fresh)];
    let mut phrases = case.phrases;
    if let Body::Command { args, .. } = &case.incoming.body
        && args.len() <= 64
        && let Some(language) = Language::from_tag(args)
    {
        changes.push(Change::Language(LanguageChoice::Fixed(language)));
        phrases.0 = language;
    }
    let mut text = phrases.welcome();
    if context.channel.is_some() && !context.rules.guests.is_admin(case.incoming.user) {
        text = text.append(phrases.members_hint());
    }
    Outcome { changes, ..case.say(text) }
}

fn help(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    let admin = context.rules.guests.is_admin(case.incoming.user);
    case.say(case.phrases.help(&offered(context.channel.is_some(), admin)))
}

/// The required channel and the way into it.
async fn subscribe(context: &HandlerContext, case: &Case<'_>) -> Outcome {
    match &context.channel {
        Some(channel) => Outcome::reply(vec![access::invitation(channel, case).await]),
        None => case.say(case.phrases.no_channel()),
    }
}

async fn status(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let user = case.incoming.user;
    let place = context.reader.place(user).await?;
    let rate_left = match context.rules.per_user {
        Some(limit) => Some((limit.left(&context.reader.rate(user).await?, case.now), limit.0)),
        None => None,
    };
    let session = case
        .learner
        .session
        .as_ref()
        .filter(|open| open.state(case.now, context.rules.session_timeout_ms) == SessionState::Active)
        .map(|open| (case.now.since_ms(open.created) / 1000, open.turns.max(open.tutor_turns.unwrap_or(0))));
    let tutor = match context.tutor.reachable() {
        Reach::Unknown => TutorState::Unknown,
        Reach::Yes { .. } => TutorState::Answers,
        Reach::Failing { .. } => TutorState::Failing,
        Reach::No { .. } => TutorState::Silent,
    };
    // Whoever fits into the tutor's slots is at work already.
    let ahead = (place.ahead + 1).saturating_sub(context.rules.tutor_at_once);
    let view = StatusView { session, own_waiting: place.own, ahead, tutor, rate_left };
    Ok(case.say(case.phrases.status(&view)))
}

async fn history(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let Some((text, keyboard)) = history_page(context, case, None).await? else {
        return Ok(case.say(case.phrases.nothing_yet()));
    };
    Ok(Outcome::reply(Reply::texts(case.incoming, text, keyboard)))
}

async fn feedback(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let last = match &case.learner.session {
        Some(open) => match context.reader.last_voice_turn(case.incoming.user, open.id).await? {
            Some(last) => Some(last),
            None => earlier_turns(context, open, 0).await.pop(),
        },
        None => None,
    };
    Ok(match last {
        Some(turn) => Outcome::reply(lesson::compose_feedback(
            case.incoming,
            case.phrases,
            turn.session,
            &turn.assessment,
        )),
        None => case.say(case.phrases.nothing_yet()),
    })
}

/// A fresh conversation; the old one is archived here and cleared at the tutor.
async fn new(context: &HandlerContext, case: &Case<'_>) -> Result<Outcome, StoreError> {
    let old = case.learner.session.as_ref();
    let session = Session::open(Uuid::new_v4(), case.incoming.user, case.now);
    // A voice that waits for the tutor was overtaken.
    let waits = context.reader.place(case.incoming.user).await?.own > 0;
    Ok(Outcome {
        changes: vec![Change::SessionOpened(session)],
        purge: old.map(|old| old.id).into_iter().collect(),
        ..case.say(case.phrases.fresh(old.map_or(0, |old| old.turns), waits))
    })
}

/// Asks once; the button carries who was asked.
fn delete(case: &Case<'_>) -> Outcome {
    let user = case.incoming.user;
    let (yes, no) = (Press::DeleteYes(user).data(), Press::DeleteNo(user).data());
    let keyboard = Keyboard::row(&[(&case.phrases.delete_yes(), &yes), (&case.phrases.delete_no(), &no)]);
    let content = Content::Text { text: case.phrases.delete_ask(), keyboard };
    Outcome::reply(vec![Reply::to(case.incoming, content)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_nearest_command_and_only_a_near_one() {
        for (typed, expected) in [
            ("hlep", Some("help")),
            ("histroy", Some("history")),
            ("feedbak", Some("feedback")),
            ("statu", Some("status")),
            ("restart", Some("start")),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed), expected, "{typed}");
        }
    }
}
