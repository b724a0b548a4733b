//! Everything held about one learner as two documents: JSON for machines, Markdown for reading.
//!
//! Pure. Must not know where the pieces come from or where the documents go.

pub(crate) mod anki;
mod conversation;
mod pending;
mod practice;

pub(crate) use pending::{Pending, row_kind};

use super::alert::Told;
use super::assessment::Turn;
use super::card::Card;
use super::contour::Contours;
use super::day::Day;
use super::ids::{Timestamp, UserId};
use super::learner::{DAY_MS, DayTokens, Learner, Level};
use super::membership::Membership;
use super::rate::RateState;
use super::session::Session;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;
use uuid::Uuid;

/// One piece, in the order of arrival: a session's turns follow it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one at a time")]
pub(crate) enum Held {
    /// The learner; comes first.
    User(UserId),
    /// Settings and the rest of the learner's record.
    Learner(Learner),
    Session(Session),
    /// A turn of the preceding session.
    Turn(Turn),
    Card(Card),
    Day(Day),
    Contours(Contours),
    /// The tutor still has to forget this session.
    Purge(Uuid),
    /// A row of the queue.
    Pending(Box<Pending>),
    Rate(RateState),
    /// What Telegram last said about the learner and the required channel.
    Membership(Membership),
    /// What the learner, as an admin, was last told of this kind of alert.
    Alert(String, Told),
    /// The learner, as an admin, was given a command menu of their own.
    Menu,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DataExport {
    user: Option<UserId>,
    learner: Option<Learner>,
    sessions: Vec<(Session, Vec<Turn>)>,
    cards: Vec<Card>,
    days: Vec<Day>,
    contours: Vec<Contours>,
    purges: Vec<Uuid>,
    pending: Vec<Pending>,
    rate: Option<RateState>,
    membership: Option<Membership>,
    alerts: Vec<(String, Told)>,
    menu: bool,
    /// There is more, which did not fit.
    cut: bool,
}

impl DataExport {
    pub(crate) fn add(&mut self, held: Held) {
        match held {
            Held::User(user) => self.user = Some(user),
            Held::Learner(learner) => self.learner = Some(learner),
            Held::Session(session) => self.sessions.push((session, Vec::new())),
            Held::Turn(turn) => {
                let of = self.sessions.iter_mut().rev().find(|(session, _)| session.id == turn.session);
                if let Some((_, turns)) = of {
                    turns.push(turn);
                }
            }
            Held::Card(card) => self.cards.push(card),
            Held::Day(day) => self.days.push(day),
            Held::Contours(contours) => self.contours.push(contours),
            Held::Purge(session) if self.purges.contains(&session) => {}
            Held::Purge(session) => self.purges.push(session),
            Held::Pending(pending) => self.pending.push(*pending),
            Held::Rate(rate) => self.rate = Some(rate),
            Held::Membership(membership) => self.membership = Some(membership),
            Held::Alert(kind, told) => self.alerts.push((kind, told)),
            Held::Menu => self.menu = true,
        }
    }

    /// The documents say that they do not hold everything.
    pub(crate) fn leave_out_the_rest(&mut self) {
        self.cut = true;
    }

    pub(crate) fn user(&self) -> Option<UserId> {
        self.user
    }

    /// Number of sessions and turns.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.sessions.len(), self.sessions.iter().map(|(_, turns)| turns.len()).sum())
    }

    /// Times are RFC 3339 in UTC.
    pub(crate) fn json(&self, at: Timestamp) -> String {
        let sessions: Vec<Value> =
            self.sessions.iter().map(|(session, turns)| conversation::json(session, turns)).collect();
        let learner = self.learner.as_ref().map(|learner| {
            json!({
                "user": learner.user.0,
                "first_seen": at_json(learner.first_seen),
                "language": learner.language.name(),
                "client_language": learner.client_language,
                "translation": learner.translation.name(),
                "voice_reply": learner.voice_reply,
                "blocked": learner.blocked,
                "other_notice_at": learner.other_notice_at.map(at_json),
                "level": learner.level,
                "persona": learner.persona,
                "model": learner.model,
                "underlining_explained": learner.underlining_explained,
                "model_told_to_be_gone": learner.told_gone,
                "time_zone": learner.zone,
                "daily_goal_minutes": learner.daily_goal,
                "slower_speech": learner.slower,
                "new_cards_per_day": learner.new_cards_per_day,
                "practice": practice::drill_json(&learner.drill),
                "reminder": learner.reminder.map(practice::reminder_json),
                "tokens": tokens_of(learner.tokens),
                "taken_over_from_another_bot": learner.imported_at.map(at_json),
            })
        });
        let pending: Vec<Value> = self.pending.iter().map(Pending::json).collect();
        let alerts: Vec<Value> = self
            .alerts
            .iter()
            .map(|(kind, told)| json!({ "kind": kind, "told": at_json(told.at), "of": at_json(told.of) }))
            .collect();
        let document = json!({
            "format": "phonicflow-bot learner export 1",
            "exported": at_json(at),
            "user": self.user.map(|user| user.0),
            "learner": learner,
            "sessions": sessions,
            "cards": self.cards.iter().map(practice::card_json).collect::<Vec<_>>(),
            "days": self.days.iter().map(practice::day_json).collect::<Vec<_>>(),
            "how_it_sounded": self.contours,
            "queue": pending,
            "rate_limit": self.rate.map(|rate| json!({
                "whole_again": at_json(rate.tat),
                "noticed": rate.noticed_at.map(at_json),
            })),
            "required_channel": self.membership.map(|said| json!({
                "member": said.member,
                "said_by_telegram": at_json(said.at),
            })),
            "alerts_as_admin": alerts,
            "command_menu_as_admin": self.menu,
            "to_be_forgotten_by_the_tutor": self.purges,
            "cut_short": self.cut,
        });
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    pub(crate) fn markdown(&self, at: Timestamp) -> String {
        let mut text = String::from("# What phonicflow-bot holds about you\n\n");
        let _ = writeln!(text, "Exported {}. Recordings are not kept: only what follows is.\n", moment(at));
        if let Some(user) = self.user {
            let _ = writeln!(text, "## You\n\n- Telegram user id: {user}");
        }
        if let Some(learner) = &self.learner {
            let _ = writeln!(text, "- first seen: {}", moment(learner.first_seen));
            let _ = writeln!(text, "- language: {}", learner.language.name());
            if let Some(tag) = &learner.client_language {
                let _ = writeln!(text, "- language of your Telegram: {}", escaped(tag));
            }
            let _ = writeln!(text, "- translation: {}", learner.translation.name());
            let _ = writeln!(text, "- spoken replies: {}", if learner.voice_reply { "on" } else { "off" });
            let _ = writeln!(text, "- you blocked the bot: {}", if learner.blocked { "yes" } else { "no" });
            let _ =
                writeln!(text, "- level of your English: {}", learner.level.map_or("unknown", Level::as_str));
            let _ = writeln!(text, "- slower speech: {}", if learner.slower { "on" } else { "off" });
            let _ = writeln!(text, "- daily goal: {} minutes", learner.daily_goal);
            if let Some(zone) = &learner.zone {
                let _ = writeln!(text, "- time zone: {}", escaped(zone));
            }
            if let Some(reminder) = learner.reminder.filter(|reminder| reminder.on) {
                let _ = writeln!(text, "- daily reminder: {}", practice::time(reminder.minute));
            }
            if let Some(persona) = &learner.persona {
                let _ = writeln!(text, "- your conversation partner: {}", escaped(persona));
            }
            if let Some(model) = &learner.model {
                let _ = writeln!(text, "- chat model of your choice: {}", escaped(model));
            }
            if learner.tokens.used > 0 {
                let day = moment(Timestamp(learner.tokens.day.saturating_mul(DAY_MS)));
                let _ = writeln!(
                    text,
                    "- tokens of the chat model used on the day of {day}: {}",
                    learner.tokens.used
                );
            }
            if let Some(at) = learner.imported_at {
                let _ = writeln!(text, "- taken over from another bot: {}", moment(at));
            }
        }
        for (session, turns) in &self.sessions {
            conversation::markdown(&mut text, session, turns);
        }
        practice::cards_markdown(&mut text, &self.cards);
        practice::days_markdown(&mut text, &self.days);
        practice::contours_markdown(&mut text, &self.contours);
        if !self.pending.is_empty() {
            text.push_str("\n## Messages not yet answered\n\n");
        }
        for row in &self.pending {
            row.markdown(&mut text);
        }
        if let Some(rate) = self.rate {
            let _ =
                writeln!(text, "\n## Rate limit\n\nYour allowance is whole again at {}.", moment(rate.tat));
        }
        if let Some(said) = self.membership {
            let is = if said.member { "are" } else { "are not" };
            let _ = writeln!(
                text,
                "\n## Required channel\n\nTelegram said at {} that you {is} a member.",
                moment(said.at)
            );
        }
        for (kind, told) in &self.alerts {
            let _ = writeln!(text, "\nAs an admin you were told of \"{kind}\" at {}.", moment(told.at));
        }
        if self.menu {
            text.push_str("\nAs an admin you were given a command menu of your own.\n");
        }
        for session in &self.purges {
            let _ = writeln!(text, "\nThe tutor is being asked to forget conversation {session}.");
        }
        if self.cut {
            text.push_str(
                "\n## There is more\n\nThis is not all: it would be too large a file for Telegram. Whoever runs the bot can write \
                 all of it into a file (`phonicflow-bot sessions export`).\n",
            );
        }
        text
    }
}

/// The day on which they were used, and how many.
fn tokens_of(tokens: DayTokens) -> Option<Value> {
    let day = at_json(Timestamp(tokens.day.saturating_mul(DAY_MS)));
    (tokens.used > 0).then(|| json!({ "day": day, "used": tokens.used }))
}

/// Escapes Markdown.
fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn at_json(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

/// The day, UTC.
pub(crate) fn date_of(at: Timestamp) -> String {
    moment(at).split(' ').next().unwrap_or_default().to_owned()
}

/// Day and minute, UTC.
fn moment(at: Timestamp) -> String {
    let known = jiff::Timestamp::from_second(at.secs());
    known.map_or_else(|_| at.0.to_string(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests;
