//! Which handler a message belongs to, and its place in the queue. No effects.

use super::buttons::Press;
use super::commands::{self, Audience, Command};
use crate::domain::{Admission, Body, Incoming, OtherKind, Placement, UserId};
use std::collections::HashSet;

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// One of our commands.
    Command(&'static Command),
    /// A command nobody knows.
    UnknownCommand(String),
    /// A voice turn.
    Voice,
    /// Plain text.
    Text,
    /// A pressed button.
    Press(Press),
    /// A button of an older version, or not ours.
    OutdatedPress,
    /// Pictures and documents.
    Files,
    /// Content the tutor can do nothing with.
    Other(OtherKind),
    /// A location.
    Located,
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

    /// Whether this command exists for the learner.
    fn sees(&self, command: &Command, user: UserId) -> bool {
        command.audience != Audience::Admins || self.is_admin(user)
    }

    /// Whether this is one of the admins.
    pub fn is_admin(&self, user: UserId) -> bool {
        self.admins.contains(&user)
    }
}

/// As [`placement`], where a chat model answers texts.
pub fn placement_with_model(incoming: &Incoming) -> Placement {
    match incoming.body {
        Body::Text(_) | Body::Quoting { .. } | Body::Files(_) => Placement::TEXT_TURN,
        _ => placement(incoming),
    }
}

/// The place in the queue of a message that is taken in, whoever it is from.
pub fn placement(incoming: &Incoming) -> Placement {
    match &incoming.body {
        Body::Voice(_) | Body::Coach { .. } => Placement::TUTOR_TURN,
        Body::Text(_) | Body::Quoting { .. } => Placement::IN_TURN,
        Body::Command { name, .. } => {
            commands::find(name).map_or(Placement::AT_ONCE, |command| command.placement)
        }
        Body::Callback { data, .. } => {
            Press::parse(data).map_or(Placement::AT_ONCE, |press| press.button.placement)
        }
        Body::Files(_) | Body::Other(_) | Body::Blocked(_) | Body::Located { .. } => Placement::AT_ONCE,
    }
}

/// Whether it asks for something that those have, too, who are not let in.
fn is_about_their_own(incoming: &Incoming) -> bool {
    let audience = match &incoming.body {
        Body::Command { name, .. } => commands::find(name).map(|command| command.audience),
        Body::Callback { data, .. } => Press::parse(data).map(|press| press.button.audience),
        _ => None,
    };
    audience == Some(Audience::TheirOwn)
}

/// Where a message belongs.
pub fn route(incoming: &Incoming, admission: Admission, guests: &Guests) -> Route {
    if !guests.may(incoming.user) && !is_about_their_own(incoming) {
        return Route::NotAllowed;
    }
    match admission {
        Admission::Admitted => {}
        Admission::RateLimited { wait_secs } => return Route::RateNotice { wait_secs },
        Admission::Crowded => return Route::CrowdedNotice,
    }
    match &incoming.body {
        Body::Command { name, .. } => match commands::find(name) {
            Some(command) if guests.sees(command, incoming.user) => Route::Command(command),
            _ => Route::UnknownCommand(name.clone()),
        },
        Body::Text(_) | Body::Quoting { .. } => Route::Text,
        Body::Files(_) => Route::Files,
        Body::Voice(_) | Body::Coach { .. } => Route::Voice,
        Body::Callback { data, .. } => Press::parse(data).map_or(Route::OutdatedPress, Route::Press),
        Body::Other(kind) => Route::Other(*kind),
        Body::Located { .. } => Route::Located,
        Body::Blocked(_) => Route::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn every_command_leads_to_its_declaration_and_strangers_have_none() {
        let everybody = Guests::default();
        let admin = Guests { allowed: HashSet::from([UserId(8)]), admins: HashSet::from([UserId(7)]) };
        let other = Guests { admins: HashSet::new(), ..admin.clone() };
        for declared in commands::ALL {
            for name in declared.names() {
                let expected = Route::Command(declared);
                assert_eq!(route(&command(name), Admission::Admitted, &admin), expected, "{name}");
                let own = ["delete", "export"].contains(&declared.name);
                let for_strangers = if own { Route::Command(declared) } else { Route::NotAllowed };
                assert_eq!(route(&command(name), Admission::Admitted, &other), for_strangers, "{name}");
                let hidden = declared.audience == Audience::Admins;
                let expected = if hidden { Route::UnknownCommand(name.to_owned()) } else { expected };
                assert_eq!(route(&command(name), Admission::Admitted, &everybody), expected, "{name}");
                assert_eq!(placement(&command(name)), declared.placement, "{name}");
            }
        }
        assert!(matches!(route(&command("x"), Admission::Admitted, &everybody), Route::UnknownCommand(_)));
        assert_eq!(placement(&command("x")), Placement::AT_ONCE);
        let limited = Admission::RateLimited { wait_secs: 3 };
        assert_eq!(route(&command("help"), limited, &everybody), Route::RateNotice { wait_secs: 3 });
    }

    /// The order of a chat hangs on these: what changes here changes what waits for what.
    #[test]
    fn each_message_has_its_place_in_the_queue() {
        let press = |data: &str| Body::Callback { id: "q".into(), data: data.into() };
        for (message, expected) in [
            (command("new"), Placement::LEAVING),
            (command("reset"), Placement::LEAVING),
            (command("delete"), Placement::LEAVING),
            (command("feedback"), Placement::IN_TURN),
            (command("start"), Placement::AT_ONCE),
            (command("help"), Placement::AT_ONCE),
            (command("status"), Placement::AT_ONCE),
            (command("history"), Placement::AT_ONCE),
            (command("subscribe"), Placement::AT_ONCE),
            (command("level"), Placement::AT_ONCE),
            (command("persona"), Placement::AT_ONCE),
            (command("models"), Placement::AT_ONCE),
            (command("switch"), Placement::AT_ONCE),
            (command("admin"), Placement::AT_ONCE),
            (incoming(press("del:y:7")), Placement::AT_ONCE),
            (incoming(press("his:1:7")), Placement::AT_ONCE),
            (incoming(press("sub:j:7")), Placement::AT_ONCE),
            (incoming(press("junk")), Placement::AT_ONCE),
            (incoming(Body::Text("hello".into())), Placement::IN_TURN),
            (incoming(Body::Other(OtherKind::Sticker)), Placement::AT_ONCE),
        ] {
            assert_eq!(placement(&message), expected, "{:?}", message.body);
            let answered = matches!(message.body, Body::Text(_));
            let expected = if answered { Placement::TEXT_TURN } else { expected };
            assert_eq!(placement_with_model(&message), expected, "{:?}", message.body);
        }
    }

    #[test]
    fn a_button_leads_to_its_declaration_or_is_out_of_date() {
        let press = |data: &str| incoming(Body::Callback { id: "q".into(), data: data.into() });
        let routed = |data: &str| route(&press(data), Admission::Admitted, &Guests::default());
        assert!(matches!(routed("his:2:7"), Route::Press(Press { owner: UserId(7), .. })));
        assert_eq!(routed("zzz:2:7"), Route::OutdatedPress);
    }
}
