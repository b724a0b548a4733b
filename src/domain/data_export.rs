//! Everything held about one learner as two documents: JSON for machines, Markdown for reading.
//!
//! Pure. Must not know where the pieces come from or where the documents go.

mod pending;
mod practice;

pub(crate) use pending::{Pending, row_kind};

use super::alert::Told;
use super::assessment::{Turn, TurnKind};
use super::card::Card;
use super::contour::Contours;
use super::correction::Correction;
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
            self.sessions.iter().map(|(session, turns)| session_json(session, turns)).collect();
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
            session_markdown(&mut text, session, turns);
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
        text
    }
}

/// The day on which they were used, and how many.
fn tokens_of(tokens: DayTokens) -> Option<Value> {
    let day = at_json(Timestamp(tokens.day.saturating_mul(DAY_MS)));
    (tokens.used > 0).then(|| json!({ "day": day, "used": tokens.used }))
}

fn session_json(session: &Session, turns: &[Turn]) -> Value {
    let turns: Vec<Value> = turns
        .iter()
        .map(|turn| {
            json!({
                "number": turn.number,
                "at": at_json(turn.at),
                "kind": turn.kind.as_str(),
                "voice_ms": turn.voice_ms,
                "spoken_by_another": turn.of_another,
                "model": turn.model,
                "chat": turn.chat.map(|chat| json!({ "id": chat.id.0, "topic": chat.thread })),
                "tokens": { "input": turn.tokens.input, "output": turn.tokens.output },
                "transcript": turn.assessment.transcript,
                "coaching": turn.assessment.coaching,
                "coaching_translated": turn.assessment.coaching_translated,
                "reply": turn.assessment.reply,
                "reply_translated": turn.assessment.reply_translated,
                "translated_into": turn.translated_into.tag(),
                "coaching_spoken": turn.assessment.coaching_audio,
                "reply_spoken": turn.assessment.reply_audio,
                "voice_notes": { "reply": turn.notes.reply, "coaching": turn.notes.coaching },
                "corrections": turn.corrections.iter().map(correction_json).collect::<Vec<_>>(),
                "corrections_still_to_be_drawn": turn.to_draw,
                "buttons_pressed": turn.pressed.iter()
                    .map(|(button, at)| json!({ "button": button, "at": at_json(*at) }))
                    .collect::<Vec<_>>(),
                "fluency": turn.fluency.map(|fluency| json!({
                    "words_per_minute": fluency.words_per_minute,
                    "pauses_percent": fluency.pauses_percent,
                    "longest_pause_ms": fluency.longest_pause_ms,
                    "fillers": fluency.fillers,
                })),
            })
        })
        .collect();
    json!({
        "session": session.id,
        "place": session.place.map(|chat| json!({ "id": chat.id.0, "topic": chat.thread })),
        "created": at_json(session.created),
        "last_activity": at_json(session.last_activity),
        "archived": session.archived_at.map(at_json),
        "turns_answered": session.turns,
        "turns_at_the_tutor": session.tutor_turns,
        "turns": turns,
    })
}

fn correction_json(correction: &Correction) -> Value {
    json!({
        "said": correction.said,
        "better": correction.better,
        "why": correction.why,
        "kind": correction.kind.name(),
    })
}

fn session_markdown(text: &mut String, session: &Session, turns: &[Turn]) {
    let _ = writeln!(text, "\n## Conversation of {}\n", moment(session.created));
    let place = session.place.map(|chat| format!(", in chat {}", chat.id)).unwrap_or_default();
    let _ = write!(text, "Id {}{place}, last used {}", session.id, moment(session.last_activity));
    match session.archived_at {
        Some(at) => {
            let _ = writeln!(text, ", ended {}.", moment(at));
        }
        None => text.push_str(", open.\n"),
    }
    for turn in turns {
        let (said, spoken) = (&turn.assessment, turn.kind == TurnKind::Voice);
        let manner = match &turn.model {
            Some(model) => format!("written, answered by {}", escaped(model)),
            None if turn.of_another => format!("{} s of somebody else's voice", turn.voice_ms / 1000),
            None if spoken => format!("{} s of voice", turn.voice_ms / 1000),
            None => "written".to_owned(),
        };
        let _ = writeln!(text, "\n### {}. {} ({manner})", turn.number, moment(turn.at));
        for (name, words) in [
            (if spoken { "You said" } else { "You wrote" }, &said.transcript),
            ("Coaching", &said.coaching),
            ("Coaching, translated", &said.coaching_translated),
            ("Reply", &said.reply),
            ("Reply, translated", &said.reply_translated),
        ] {
            if words.trim().is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n**{name}**\n");
            for line in words.trim().lines() {
                let _ = writeln!(text, "> {}", escaped(line));
            }
        }
        if !turn.corrections.is_empty() {
            text.push_str("\n**Corrections**\n\n");
        }
        for Correction { said, better, why, kind } in &turn.corrections {
            let why = if why.is_empty() { String::new() } else { format!(": {}", escaped(why)) };
            let (said, better) = (escaped(said), escaped(better));
            let _ = writeln!(text, "- {said} → **{better}** ({}){why}", kind.name());
        }
        if let Some(fluency) = turn.fluency {
            let _ = writeln!(
                text,
                "\nAbout {} words a minute, {} % pauses (the longest {} ms), {} filler words.",
                fluency.words_per_minute, fluency.pauses_percent, fluency.longest_pause_ms, fluency.fillers
            );
        }
    }
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

/// Day and minute, UTC.
fn moment(at: Timestamp) -> String {
    let known = jiff::Timestamp::from_second(at.secs());
    known.map_or_else(|_| at.0.to_string(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests;
