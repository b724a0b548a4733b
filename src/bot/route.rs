//! Which handler a message belongs to: one table, no effects.

use crate::domain::{Admission, Body, Incoming, OtherKind, UserId};
use std::collections::HashSet;

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// One of our commands.
    Command(Command),
    /// A command nobody knows.
    UnknownCommand(String),
    /// A voice turn.
    Voice,
    /// Plain text.
    Text,
    /// A pressed button.
    Press(Press),
    /// Content the tutor can do nothing with.
    Other(OtherKind),
    /// Too many messages of the learner wait.
    CrowdedNotice,
    /// Over the rate; this one carries the notice.
    RateNotice {
        /// Seconds to wait.
        wait_secs: u32,
    },
    /// Not on the list of `ALLOWED_USERS`.
    NotAllowed,
    /// Nothing to answer.
    Nothing,
}

/// The commands (SPEC 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `/start`.
    Start,
    /// `/help`.
    Help,
    /// `/status`.
    Status,
    /// `/history`.
    History,
    /// `/feedback`.
    Feedback,
    /// `/new`, `/reset`.
    New,
    /// `/delete`.
    Delete,
    /// `/subscribe`.
    Subscribe,
    /// `/admin`.
    Admin,
}

/// Who may use the bot.
#[derive(Debug, Clone, Default)]
pub struct Guests {
    /// `ALLOWED_USERS`; empty means everybody.
    pub allowed: HashSet<UserId>,
    /// `ADMIN_USERS`: may always.
    pub admins: HashSet<UserId>,
}

impl Guests {
    /// Whether this learner may write to the bot.
    pub fn may(&self, user: UserId) -> bool {
        self.allowed.is_empty() || self.allowed.contains(&user) || self.is_admin(user)
    }

    /// Whether this is one of the admins.
    pub fn is_admin(&self, user: UserId) -> bool {
        self.admins.contains(&user)
    }
}

/// What a button says, decoded from its callback data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Yes, delete everything of this learner.
    DeleteYes(UserId),
    /// No, keep it.
    DeleteNo(UserId),
    /// Show this 0-based page of this learner's history.
    HistoryPage(UserId, usize),
    /// This learner says to have joined the channel.
    Joined(UserId),
    /// No more of the answer to this learner's row, please.
    Stop(UserId, u64),
    /// From an older version, or not ours.
    Unknown,
}

impl Press {
    /// The button's data, within Telegram's 64 bytes.
    pub fn data(self) -> String {
        match self {
            Self::DeleteYes(user) => format!("del:y:{user}"),
            Self::DeleteNo(user) => format!("del:n:{user}"),
            Self::HistoryPage(user, page) => format!("his:{page}:{user}"),
            Self::Joined(user) => format!("sub:j:{user}"),
            Self::Stop(user, seq) => format!("stop:{seq}:{user}"),
            Self::Unknown => "old".to_owned(),
        }
    }

    /// Reads a button's data.
    pub fn parse(data: &str) -> Self {
        let mut parts = data.split(':');
        let (kind, what, user) = (parts.next(), parts.next(), parts.next());
        let Some(user) = user.and_then(|id| id.parse().ok()).map(UserId) else { return Self::Unknown };
        match (kind, what) {
            (Some("del"), Some("y")) => Self::DeleteYes(user),
            (Some("del"), Some("n")) => Self::DeleteNo(user),
            (Some("sub"), Some("j")) => Self::Joined(user),
            (Some("stop"), Some(seq)) => seq.parse().map_or(Self::Unknown, |seq| Self::Stop(user, seq)),
            (Some("his"), Some(page)) => {
                page.parse().map_or(Self::Unknown, |page| Self::HistoryPage(user, page))
            }
            _ => Self::Unknown,
        }
    }
}

/// The table.
pub fn route(incoming: &Incoming, admission: Admission, guests: &Guests) -> Route {
    if !guests.may(incoming.user) {
        return Route::NotAllowed;
    }
    match admission {
        Admission::Admitted => {}
        Admission::RateLimited { wait_secs } => return Route::RateNotice { wait_secs },
        Admission::Crowded => return Route::CrowdedNotice,
    }
    match &incoming.body {
        Body::Command { name, .. } => match name.as_str() {
            "start" => Route::Command(Command::Start),
            "help" => Route::Command(Command::Help),
            "status" => Route::Command(Command::Status),
            "history" => Route::Command(Command::History),
            "feedback" => Route::Command(Command::Feedback),
            "new" | "reset" => Route::Command(Command::New),
            "delete" => Route::Command(Command::Delete),
            "subscribe" => Route::Command(Command::Subscribe),
            "admin" if guests.is_admin(incoming.user) => Route::Command(Command::Admin),
            _ => Route::UnknownCommand(name.clone()),
        },
        Body::Text(_) | Body::Quoting { .. } => Route::Text,
        Body::Voice(_) => Route::Voice,
        Body::Callback { data, .. } => Route::Press(Press::parse(data)),
        Body::Other(kind) => Route::Other(*kind),
        Body::Blocked(_) => Route::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phrases::COMMANDS;
    use crate::domain::{Chat, ChatId, ChatKind, Timestamp};

    fn incoming(body: Body) -> Incoming {
        Incoming {
            update_id: 1,
            chat: Chat { id: ChatId(7), kind: ChatKind::Private, thread: None },
            user: UserId(7),
            client_language: None,
            message: None,
            date: Timestamp(0),
            body,
        }
    }

    fn command(name: &str) -> Incoming {
        incoming(Body::Command { name: name.into(), args: String::new() })
    }

    #[test]
    fn every_offered_command_has_a_handler_and_strangers_have_none() {
        let everybody = Guests::default();
        for name in COMMANDS {
            assert!(
                matches!(route(&command(name), Admission::Admitted, &everybody), Route::Command(_)),
                "{name}"
            );
        }
        assert_eq!(route(&command("reset"), Admission::Admitted, &everybody), Route::Command(Command::New));
        assert!(matches!(route(&command("x"), Admission::Admitted, &everybody), Route::UnknownCommand(_)));
        let other = Guests { allowed: HashSet::from([UserId(8)]), ..Guests::default() };
        assert_eq!(route(&command("help"), Admission::Admitted, &other), Route::NotAllowed);
        let admin = Guests { admins: HashSet::from([UserId(7)]), ..other };
        assert_eq!(route(&command("admin"), Admission::Admitted, &admin), Route::Command(Command::Admin));
        let unknown = route(&command("admin"), Admission::Admitted, &everybody);
        assert_eq!(unknown, Route::UnknownCommand("admin".into()));
        let limited = Admission::RateLimited { wait_secs: 3 };
        assert_eq!(route(&command("help"), limited, &everybody), Route::RateNotice { wait_secs: 3 });
    }

    #[test]
    fn button_data_survives_the_round_trip_and_fits() {
        let user = UserId(i64::MAX);
        for press in [
            Press::DeleteYes(user),
            Press::DeleteNo(user),
            Press::HistoryPage(user, usize::MAX),
            Press::Joined(user),
            Press::Stop(user, u64::MAX),
        ] {
            assert!(press.data().len() <= 64);
            assert_eq!(Press::parse(&press.data()), press);
        }
        for junk in ["", "del", "del:y", "del:y:x", "his:-1:3", "stop:x:3", "zzz:1:2"] {
            assert_eq!(Press::parse(junk), Press::Unknown, "{junk}");
        }
    }
}
