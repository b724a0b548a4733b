//! Whether a learner may have what was asked for, before anything is fetched or worked on for it.
//!
//! Only reads and asks; the worker keeps what Telegram said. Must not know how handlers answer.

use super::channel::{Channel, ChannelAnswer};
use super::commands::Audience;
use super::commands::subscribe::{HAVE_JOINED, JOINED};
use super::handlers::Case;
use super::route::{Route, route};
use super::{Disposition, HandlerContext};
use crate::domain::backoff::backoff_ms;
use crate::domain::outcome::{Button, Content, Keyboard};
use crate::domain::phrases::access::Refusal;
use crate::domain::{
    Body, Change, ChatKind, Failed, Membership, Outcome, Reply, Stage, Task, Timestamp, WaitReason,
};
use crate::store::{Claim, Deferral, StoreError};

/// One kind refusal in this time is enough, milliseconds.
const REFUSE_EVERY_MS: i64 = 60_000;
/// Attempts to learn whether somebody nothing is known of is a member, before they are told to try again.
const ATTEMPTS: u32 = 4;
/// Longest pause between two of them, milliseconds.
const LONGEST_PAUSE_MS: i64 = 60_000;

/// What the check came to.
#[derive(Debug, Default)]
pub struct Checked {
    /// What Telegram has just said of the learner, to be kept.
    pub learned: Option<Membership>,
    /// The message's fate, when it is decided by this.
    pub settled: Option<Disposition>,
}

/// To whom a message of this kind is open: what costs the tutor's time or shows its work is for members.
fn audience(route: &Route) -> Audience {
    match route {
        Route::Command(command) => command.audience,
        Route::Press(press) => press.button.audience,
        Route::Voice | Route::Text | Route::Files | Route::Other(_) | Route::Located => Audience::Members,
        Route::UnknownCommand(_)
        | Route::OutdatedPress
        | Route::RateNotice { .. }
        | Route::CrowdedNotice
        | Route::NotAllowed
        | Route::Nothing => Audience::Everybody,
    }
}

/// Checks one message. What has reached the tutor already is finished, whoever has left meanwhile.
///
/// # Errors
/// As the store's, when reading.
pub async fn check(context: &HandlerContext, claim: &Claim, now: Timestamp) -> Result<Checked, StoreError> {
    let open = Ok(Checked::default());
    let (Some(channel), Task::Handle(incoming, admission)) = (&context.channel, &claim.job.task) else {
        return open;
    };
    let user = incoming.user;
    if claim.job.stage != Stage::Taken || context.rules.guests.is_admin(user) {
        return open;
    }
    let route = route(incoming, *admission, &context.rules.guests);
    let case = Case {
        incoming,
        row: claim.job.seq,
        learner: &claim.learner,
        phrases: context.phrases(&claim.learner),
        now,
    };
    match audience(&route) {
        Audience::TheirOwn | Audience::Everybody | Audience::Admins => open,
        Audience::Joining if matches!(route, Route::Press(press) if press.owner != user) => open,
        Audience::Joining => joined(context, channel, &case).await,
        Audience::Members => member(context, channel, &case, claim.job.membership_failures).await,
    }
}

async fn member(
    context: &HandlerContext,
    channel: &Channel,
    case: &Case<'_>,
    failures: u32,
) -> Result<Checked, StoreError> {
    let (user, now) = (case.incoming.user, case.now);
    let known = context.reader.membership(user).await?;
    let (learned, answer) = match known {
        Some(known) if known.serves(now) => (None, ChannelAnswer::Member(known.member)),
        _ => match channel.ask(user, now).await {
            ChannelAnswer::Member(member) => {
                (Some(Membership { member, at: now }), ChannelAnswer::Member(member))
            }
            // The last known answer serves while Telegram fails, however old it is.
            failed => (None, known.map_or(failed, |known| ChannelAnswer::Member(known.member))),
        },
    };
    let pressed = matches!(case.incoming.body, Body::Callback { .. });
    let settled = match answer {
        ChannelAnswer::Member(true) => None,
        ChannelAnswer::Member(false) => Some(refuse(channel, case, Refusal::NotMember).await),
        ChannelAnswer::Hidden => Some(refuse(channel, case, Refusal::Hidden).await),
        // Nothing is known of this learner: the message waits a little rather than being turned away.
        ChannelAnswer::Later(ms) if failures < ATTEMPTS && !pressed => {
            let pause_ms = backoff_ms(failures, fastrand::f64()).max(ms).min(LONGEST_PAUSE_MS);
            Some(Disposition::Defer(Deferral {
                until: now.plus_ms(pause_ms),
                reason: WaitReason::TelegramDown,
                stage: Stage::Taken,
                failed: Some(Failed::Membership),
                forgive: false,
                notice: None,
            }))
        }
        ChannelAnswer::Later(_) => Some(refuse(channel, case, Refusal::TryLater).await),
    };
    Ok(Checked { learned, settled })
}

/// The button "I have joined".
async fn joined(context: &HandlerContext, channel: &Channel, case: &Case<'_>) -> Result<Checked, StoreError> {
    let (user, now) = (case.incoming.user, case.now);
    let known = context.reader.membership(user).await?;
    let (learned, answer) = match known {
        Some(known) if known.just_asked(now) => (None, ChannelAnswer::Member(known.member)),
        _ => match channel.ask(user, now).await {
            ChannelAnswer::Member(member) => {
                (Some(Membership { member, at: now }), ChannelAnswer::Member(member))
            }
            failed => (None, failed),
        },
    };
    let phrases = case.phrases;
    let outcome = match answer {
        ChannelAnswer::Member(true) => {
            case.pressed(&phrases.joined_notice(), Some((phrases.joined(), Keyboard::default())))
        }
        ChannelAnswer::Member(false) => case.pressed(&phrases.not_joined_notice(), None),
        ChannelAnswer::Later(_) => case.pressed(&phrases.refused_notice(Refusal::TryLater), None),
        ChannelAnswer::Hidden => case.pressed(&phrases.refused_notice(Refusal::Hidden), None),
    };
    Ok(Checked { learned, settled: Some(Disposition::Commit(outcome)) })
}

/// A kind refusal that names the way in.
async fn refuse(channel: &Channel, case: &Case<'_>, why: Refusal) -> Disposition {
    let text = match why {
        Refusal::NotMember => return Disposition::Commit(not_member(channel, case).await),
        _ => case.phrases.refused(why),
    };
    // Whoever has spoken or asked by name hears why nothing comes of it, each time; the learner's rate bounds it.
    if matches!(case.incoming.body, Body::Voice(_) | Body::Coach { .. } | Body::Command { .. }) {
        return Disposition::Commit(case.say(text));
    }
    Disposition::Commit(seldom(case, &case.phrases.refused_notice(why), || case.say(text).replies))
}

async fn not_member(channel: &Channel, case: &Case<'_>) -> Outcome {
    let notice = case.phrases.refused_notice(Refusal::NotMember);
    match case.incoming.body {
        // Whoever asks for something by name is answered; the learner's rate bounds it.
        Body::Command { .. } => Outcome::reply(vec![invitation(channel, case).await]),
        Body::Callback { .. } => case.pressed(&notice, None),
        _ if lately_refused(case) => Outcome::default(),
        _ => {
            let reply = invitation(channel, case).await;
            seldom(case, &notice, || vec![reply])
        }
    }
}

/// The way in: the channel's name, a link to it, and the button for those who have joined.
pub async fn invitation(channel: &Channel, case: &Case<'_>) -> Reply {
    let card = channel.card(case.now).await;
    let text = case.phrases.members_only(card.title.as_deref(), card.invite.is_some());
    let link = card.invite.map(|link| Button { label: case.phrases.join_button(), data: link });
    let back = JOINED.labelled(case.phrases.joined_button(), HAVE_JOINED, case.incoming.user);
    let keyboard = Keyboard(link.into_iter().chain([back]).map(|button| vec![button]).collect());
    Reply::to(case.incoming, Content::Text { text, keyboard })
}

/// The refusal of those who are not on the list; it names the id to be let in by, in private only.
pub fn not_allowed(case: &Case<'_>) -> Outcome {
    let private = case.incoming.chat.kind == ChatKind::Private;
    let text = case.phrases.not_allowed(private.then_some(case.incoming.user));
    seldom(case, &case.phrases.refused_notice(Refusal::NotAllowed), || case.say(text).replies)
}

/// A press is answered each time, or its button would show a clock for ever; anything else once a minute.
fn seldom(case: &Case<'_>, notice: &str, replies: impl FnOnce() -> Vec<Reply>) -> Outcome {
    if matches!(case.incoming.body, Body::Callback { .. }) {
        return case.pressed(notice, None);
    }
    if lately_refused(case) {
        return Outcome::default();
    }
    Outcome { changes: vec![Change::OtherNotice(case.now)], replies: replies(), ..Outcome::default() }
}

fn lately_refused(case: &Case<'_>) -> bool {
    case.learner
        .other_notice_at
        .is_some_and(|last| last <= case.now && case.now.since_ms(last) < REFUSE_EVERY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::buttons::Press;
    use crate::bot::commands::find;
    use crate::domain::OtherKind;

    #[test]
    fn what_costs_the_tutor_or_shows_its_work_is_for_members() {
        let command = |name| Route::Command(find(name).unwrap());
        let press = |data| Route::Press(Press::parse(data).unwrap());
        for (route, expected) in [
            (Route::Voice, Audience::Members),
            (Route::Text, Audience::Members),
            (Route::Files, Audience::Members),
            (Route::Other(OtherKind::Sticker), Audience::Members),
            (command("history"), Audience::Members),
            (command("feedback"), Audience::Members),
            (command("new"), Audience::Members),
            (command("persona"), Audience::Members),
            (command("models"), Audience::Members),
            (command("switch"), Audience::Members),
            (press("his:1:7"), Audience::Members),
            (press("per:1:7"), Audience::Members),
            (press("mod:1:7"), Audience::Members),
            (press("sub:j:7"), Audience::Joining),
            (command("start"), Audience::Everybody),
            (command("help"), Audience::Everybody),
            (command("status"), Audience::Everybody),
            (command("delete"), Audience::TheirOwn),
            (command("export"), Audience::TheirOwn),
            (command("subscribe"), Audience::Everybody),
            (command("level"), Audience::Everybody),
            (command("admin"), Audience::Admins),
            (press("del:y:7"), Audience::TheirOwn),
            (Route::UnknownCommand("x".into()), Audience::Everybody),
            (Route::RateNotice { wait_secs: 1 }, Audience::Everybody),
        ] {
            assert_eq!(audience(&route), expected, "{route:?}");
        }
    }
}
