//! Tells admins unasked what they would want to know: the tutor is gone or back, messages were given up, the
//! store was restored, the channel's members are hidden.
//!
//! Woken by events only. It compares the current state with what each admin was told, which the store keeps,
//! so that a crash neither loses an alert nor repeats one; an alert that comes too soon after the last one is
//! sent when the hour is over. Must not know how a message is sent: alerts go through the outbox.

use super::DaemonContext;
use super::shutdown::Stop;
use crate::bot::channel::Sight;
use crate::bot::model_reach::ModelLook;
use crate::domain::alert::QUIET_MS;
use crate::domain::outcome::{Content, Keyboard};
use crate::domain::phrases::Phrases;
use crate::domain::stats::Count;
use crate::domain::{
    AlertKind, Announced, Announcement, ChatId, DeadReason, Hidden, Learner, Reply, Rich, Timestamp, UserId,
};
use crate::logging::Event;
use crate::store::StoreError;
use crate::tutor::Reach;
use std::collections::BTreeMap;

/// Failed calls in a row after which the tutor counts as gone; a single one may be an accident.
const FAILURES: u32 = 2;
/// Dead letters read at once.
const PAGE: usize = 500;

/// The current state.
#[derive(Default)]
struct Scene {
    /// Everything there may be to tell, with the time it happened.
    events: Vec<(AlertKind, Timestamp)>,
    /// Those of the tutor's servers that do not answer, or fail on everything.
    parts: Vec<String>,
    inbox: usize,
    dead: Vec<(Timestamp, DeadReason)>,
    /// Number of dead letters given up so far when they were last read.
    dead_as_of: Option<u64>,
}

/// Runs until the shutdown signal.
pub async fn run(daemon: &DaemonContext, mut stop: Stop) -> Result<(), StoreError> {
    let admins = daemon.app.config.admin_users.clone();
    if admins.is_empty() {
        return Ok(());
    }
    let mut scene = Scene::default();
    loop {
        // It keeps one permit, so an event during the check wakes us again.
        let news = &daemon.app.news;
        let again = match tell_admins(daemon, &mut scene, &admins).await {
            Err(error @ (StoreError::Corrupt { .. } | StoreError::Newer { .. })) => {
                tracing::error!(%error, "the admins cannot be told: a record cannot be read");
                None
            }
            looked => looked?,
        };
        let later = async {
            match again {
                Some(at) => tokio::time::sleep_until(daemon.clock.instant(at)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = news.notified() => {}
            () = later => {}
            () = stop.raised() => return Ok(()),
        }
    }
}

/// Checks the state and tells each admin what is new; returns when to check again, if something came too
/// soon.
async fn tell_admins(
    daemon: &DaemonContext,
    scene: &mut Scene,
    admins: &[UserId],
) -> Result<Option<Timestamp>, StoreError> {
    let now = daemon.clock.now();
    let counts = daemon.app.store.counts().await?;
    // Answers in delivery do not wait for the tutor.
    scene.inbox = counts.inbox.saturating_sub(counts.delivering);
    let mut again = quiet_until(daemon, admins, now).await?;
    let buried = daemon.telemetry.counted(Count::DeadLetters);
    // Dead letters are not read while nobody may be told of them: there may be thousands, one after the
    // other.
    if again.is_none() && scene.dead_as_of != Some(buried) {
        scene.dead = dead_letters(daemon).await?;
        scene.dead_as_of = Some(buried);
    }
    // What has certainly been told needs no further check.
    again = again.filter(|_| scene.dead_as_of != Some(buried));
    scene.events.clear();
    let parts = daemon.app.tutor.parts();
    let ailing: Vec<_> = parts.iter().filter_map(|part| Some((part, ails(part.reach)?))).collect();
    scene.parts = ailing.iter().map(|(part, _)| part.name.clone()).collect();
    let since = ailing.iter().map(|(_, since)| *since).min().or_else(|| ails(daemon.app.tutor.reach()));
    match (since, daemon.app.tutor.reach()) {
        (Some(since), _) => scene.events.push((AlertKind::TutorDown, since)),
        (None, Reach::Yes { since }) => {
            // A part may be back later than the whole.
            let back = parts.iter().filter_map(|part| match part.reach {
                Reach::Yes { since } => Some(since),
                _ => None,
            });
            scene.events.push((AlertKind::TutorBack, back.fold(since, Timestamp::max)));
        }
        _ => {}
    }
    match daemon.app.context.model_reach.look() {
        ModelLook::Silent { since, failures } if failures >= FAILURES => {
            scene.events.push((AlertKind::ModelDown, since));
        }
        ModelLook::Answers { since } => scene.events.push((AlertKind::ModelBack, since)),
        _ => {}
    }
    scene
        .events
        .extend(scene.dead.iter().map(|(at, _)| *at).max().map(|newest| (AlertKind::DeadLetters, newest)));
    let restored = daemon.app.restored.as_ref();
    scene.events.extend(restored.map(|restored| (AlertKind::StoreRestored, restored.at)));
    scene.events.extend(hidden_since(daemon).await?.map(|since| (AlertKind::MembersHidden, since)));
    for admin in admins {
        for (kind, of) in &scene.events {
            match tell(daemon, scene, *admin, *kind, *of, now).await? {
                Announced::NotBefore(at) => again = Some(again.map_or(at, |first| first.min(at))),
                Announced::Told => tracing::info!(event = %Event::AdminTold, ?kind, "an admin is told"),
                Announced::Known => {}
            }
        }
    }
    Ok(again)
}

/// Since when a server is gone, or fails on everything. One kind for both, because one often follows from the
/// other; the text tells them apart.
fn ails(reach: Reach) -> Option<Timestamp> {
    match reach {
        Reach::No { since, failures } if failures >= FAILURES => Some(since),
        Reach::Failing { since, .. } => Some(since),
        _ => None,
    }
}

/// Since when Telegram hides the channel's members, across restarts: it is only new if they were visible in
/// between.
async fn hidden_since(daemon: &DaemonContext) -> Result<Option<Timestamp>, StoreError> {
    let (Some(channel), store) = (&daemon.app.context.channel, &daemon.app.store) else { return Ok(None) };
    let name = channel.name.to_string();
    let kept = store.hidden().await?.filter(|kept| kept.channel == name);
    match (channel.sight(), kept) {
        (Sight::Hidden(_), Some(kept)) => return Ok(Some(kept.since)),
        (Sight::Hidden(since), None) => {
            store.note_hidden(Some(Hidden { channel: name, since })).await?;
            return Ok(Some(since));
        }
        (Sight::Shown, Some(_)) => store.note_hidden(None).await?,
        (Sight::Shown, None) | (Sight::Unknown, _) => {}
    }
    Ok(None)
}

/// When the first admin may be told of dead letters again; `None`: one may be told now.
async fn quiet_until(
    daemon: &DaemonContext,
    admins: &[UserId],
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut first: Option<Timestamp> = None;
    for admin in admins {
        let Some(told) = daemon.app.store.told(*admin, AlertKind::DeadLetters).await? else {
            return Ok(None);
        };
        let free = told.at.plus_ms(QUIET_MS);
        if told.at > now || free <= now {
            return Ok(None);
        }
        first = Some(first.map_or(free, |first| first.min(free)));
    }
    Ok(first)
}

async fn tell(
    daemon: &DaemonContext,
    scene: &Scene,
    admin: UserId,
    kind: AlertKind,
    of: Timestamp,
    now: Timestamp,
) -> Result<Announced, StoreError> {
    let store = &daemon.app.store;
    let learner = store.learner(admin).await?.unwrap_or_else(|| Learner::new(admin, now));
    let phrases: Phrases = daemon.app.context.phrases(&learner);
    let text = match kind {
        AlertKind::TutorDown if !scene.parts.is_empty() => {
            phrases.alert_tutor_part_down(&scene.parts, now.since_ms(of), scene.inbox)
        }
        AlertKind::TutorDown if matches!(daemon.app.tutor.reach(), Reach::Failing { .. }) => {
            phrases.alert_tutor_failing(scene.inbox)
        }
        AlertKind::TutorDown => phrases.alert_tutor_down(now.since_ms(of), scene.inbox),
        AlertKind::TutorBack => phrases.alert_tutor_back(scene.inbox),
        AlertKind::ModelDown => phrases.alert_model_down(now.since_ms(of), scene.inbox),
        AlertKind::ModelBack => phrases.alert_model_back(scene.inbox),
        AlertKind::DeadLetters => {
            let before = store.told(admin, kind).await?.map(|told| told.of);
            let mut fresh: BTreeMap<DeadReason, usize> = BTreeMap::new();
            for (_, reason) in scene.dead.iter().filter(|(at, _)| before.is_none_or(|before| *at > before)) {
                *fresh.entry(*reason).or_default() += 1;
            }
            phrases.alert_dead_letters(&fresh.into_iter().collect::<Vec<_>>(), scene.dead.len())
        }
        AlertKind::StoreRestored => {
            let export_of = daemon.app.restored.as_ref().and_then(|restored| restored.export_of.as_deref());
            phrases.alert_restored(export_of)
        }
        AlertKind::MembersHidden => phrases.alert_members_hidden(),
    };
    store.announce(Announcement { to: admin, kind, of, replies: vec![to(admin, text)] }, now).await
}

/// A message in a person's private chat, whose id is the user id.
fn to(user: UserId, text: Rich) -> Reply {
    let content = Content::Text { text, keyboard: Keyboard::default() };
    Reply { chat: ChatId(user.0), thread: None, answers: None, content }
}

/// When and why each dead letter was given up.
async fn dead_letters(daemon: &DaemonContext) -> Result<Vec<(Timestamp, DeadReason)>, StoreError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = daemon.app.store.dead_letters(after, PAGE).await?;
        found.extend(page.iter().map(|letter| (letter.at, letter.reason)));
        after = page.last().map(|letter| letter.job.seq);
        if page.len() < PAGE {
            return Ok(found);
        }
    }
}
