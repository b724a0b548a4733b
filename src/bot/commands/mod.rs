//! The commands: one file each, and the table that everything reads which has to know them (routing, access, lanes, `/help`,
//! Telegram's command menus).
//!
//! To add one, write its file (as small as `help.rs`) and add its name to the table below. Must not know how an answer is
//! kept or sent.

use super::HandlerContext;
use super::buttons::Button;
use super::handlers::Case;
use crate::domain::phrases::Words;
use crate::domain::{Outcome, Placement};
use crate::store::StoreError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Declares the modules of these names, and the table of what they declare.
macro_rules! commands {
    ($($name:ident,)*) => {
        $(pub mod $name;)*

        /// Every command, in the order of `/help`.
        pub static ALL: &[&Command] = &[$(&$name::COMMAND,)*];
    };
}

commands! {
    start,
    help,
    status,
    history,
    feedback,
    coach,
    new,
    level,
    persona,
    models,
    switch,
    delete,
    subscribe,
    admin,
}

/// An answer on its way.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Outcome, StoreError>> + Send + 'a>>;

/// What handles a command.
pub type Handler = for<'a> fn(&'a HandlerContext, &'a Case<'a>) -> Answer<'a>;

/// The declaration of one command.
pub struct Command {
    /// Without the slash; 1..32 of a..z, 0..9 and `_` (Bot API "BotCommand").
    pub name: &'static str,
    /// Other names it answers to, in no menu.
    pub aliases: &'static [&'static str],
    /// Its place in the queue: at once, in turn with the conversation, or past what waits in it.
    pub placement: Placement,
    /// To whom it is open.
    pub audience: Audience,
    /// Its line in `/help` and in the menu; `None`: in neither.
    pub menu: Option<Words>,
    /// What this bot must have been set up with for the line to be shown.
    pub needs: Needs,
    /// The buttons under its answers.
    pub buttons: &'static [&'static Button],
    /// What answers it.
    pub handler: Handler,
}

/// To whom a command or a button is open, among those who may write to the bot at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody, whether in the required channel or not.
    Everybody,
    /// Those in `REQUIRED_CHANNEL`, where there is one: what costs the tutor's time or shows its work.
    Members,
    /// Whoever says to have joined that channel just now: looked up at once.
    Joining,
    /// `ADMIN_USERS`; to others it does not exist.
    Admins,
}

/// What a bot may be set up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// It is always there.
    Nothing,
    /// `REQUIRED_CHANNEL`.
    Channel,
    /// A chat model.
    ChatModel,
}

impl PartialEq for Command {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Command {}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.name)
    }
}

impl Command {
    fn is_named(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// The command of a name in lower case.
pub fn find(name: &str) -> Option<&'static Command> {
    ALL.iter().copied().find(|command| command.is_named(name))
}

/// The commands to show with their lines, in the order of the table.
pub fn offered(context: &HandlerContext, admin: bool) -> Vec<(&'static str, &'static Words)> {
    let fits = |command: &&&Command| {
        let there = match command.needs {
            Needs::Nothing => true,
            Needs::Channel => context.channel.is_some(),
            Needs::ChatModel => context.models.is_some(),
        };
        there && (admin || command.audience != Audience::Admins)
    };
    let shown = ALL.iter().filter(fits);
    shown.filter_map(|command| command.menu.as_ref().map(|words| (command.name, words))).collect()
}

/// A command nobody knows: names the nearest one, where one is near.
pub fn unknown(case: &Case<'_>, name: &str) -> Outcome {
    case.say(case.phrases.unknown_command(name, nearest(name)))
}

fn nearest(name: &str) -> Option<&'static str> {
    let name: String = name.chars().take(32).collect();
    let open = || ALL.iter().filter(|command| command.menu.is_some() && command.audience != Audience::Admins);
    open()
        .map(|command| command.name)
        .chain(open().flat_map(|command| command.aliases.iter().copied()))
        .map(|known| (strsim::damerau_levenshtein(&name, known), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(2).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::learner::Language;
    use crate::domain::phrases::Phrases;
    use crate::domain::phrases::wording::of_the_machine;
    use crate::domain::{Lane, WorkKind};
    use std::collections::HashSet;
    use std::path::Path;

    #[test]
    fn every_name_leads_to_its_command_alone() {
        let mut names = HashSet::new();
        for command in ALL {
            for name in command.aliases.iter().chain([&command.name]) {
                assert!(names.insert(*name), "/{name} is there twice");
                let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!((1..=32).contains(&name.len()) && name.chars().all(letters), "/{name}");
                assert_eq!(find(name), Some(*command), "/{name}");
            }
        }
        assert_eq!(find("frobnicate"), None);
    }

    #[test]
    fn the_way_out_of_a_conversation_is_in_its_lane_and_answered_from_here() {
        for command in ALL {
            let Placement { lane, work, leaving } = command.placement;
            assert!(!leaving || lane == Lane::Conversation && work == WorkKind::Local, "{command:?}");
        }
    }

    #[test]
    fn the_lines_of_the_menu_are_in_every_language_and_fit() {
        for command in ALL {
            let Some(words) = &command.menu else { continue };
            let (en, pt) = (Phrases(Language::En).of(words), Phrases(Language::Pt).of(words));
            assert_ne!(en, pt, "{command:?}");
            for line in [en, pt] {
                // Bot API "BotCommand": description 1..256.
                assert!((1..=256).contains(&line.chars().count()), "{command:?}");
                assert_eq!(of_the_machine(line), [""; 0], "{line}");
            }
        }
    }

    /// A file that declares a command or a button and is left out of the table would be nothing at all, or a dead button.
    #[test]
    fn whatever_is_declared_is_in_the_table_and_told_in_the_documents() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (mut folders, mut commands, mut buttons) = (vec![root.join("src/bot")], 0, 0);
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = std::fs::read_to_string(path).unwrap();
                    let declared = |what: &str| text.lines().filter(|line| line.ends_with(what)).count();
                    commands += declared(": Command = Command {");
                    buttons += declared(": Button = Button {");
                }
            }
        }
        assert_eq!((commands, buttons), (ALL.len(), crate::bot::buttons::all().count()));
        let using = std::fs::read_to_string(root.join("docs/using.md")).unwrap();
        for name in ALL.iter().flat_map(|command| command.aliases.iter().chain([&command.name])) {
            assert!(using.contains(&format!("`/{name}`")), "docs/using.md does not name /{name}");
        }
    }

    #[test]
    fn names_the_nearest_command_and_only_a_near_one() {
        for (typed, expected) in [
            ("hlep", Some("help")),
            ("histroy", Some("history")),
            ("feedbak", Some("feedback")),
            ("statu", Some("status")),
            ("restart", Some("start")),
            ("reste", Some("reset")),
            ("adnim", None),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed), expected, "{typed}");
        }
    }
}
