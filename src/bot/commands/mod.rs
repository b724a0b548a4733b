//! The commands: one file each, and the table that everything reads which has to know them (routing, access, lanes, `/help`,
//! Telegram's command menus).
//!
//! To add one, write its file (as small as `help.rs`), add its name to the table below, and `command-NAME`, its line in
//! `/help`, to each file of `assets/phrases/`. Other names it answers to are that message's attribute `aliases`. Must not know how an answer is
//! kept or sent.

use super::HandlerContext;
use super::buttons::Button;
use super::handlers::Case;
use crate::domain::phrases::Phrases;
use crate::domain::{Language, Outcome, Placement};
use crate::store::StoreError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

/// Declares the modules of these names, and the table of what they declare.
macro_rules! commands {
    ($($($name:ident,)* ;)*) => {
        $($(pub mod $name;)*)*

        /// Every command, in the order of `/help`.
        pub static ALL: &[&Command] = &[$($(&$name::COMMAND,)*)*];
        /// The same as the paragraphs of `/help`.
        static GROUPS: &[&[&Command]] = &[$(&[$(&$name::COMMAND,)*],)*];
    };
}

commands! {
    start,
    help,
    status,
    ;
    new,
    history,
    feedback,
    progress,
    intonation,
    coach,
    ;
    practice,
    cards,
    card,
    ;
    settings,
    language,
    level,
    remind,
    persona,
    models,
    switch,
    ;
    export,
    delete,
    subscribe,
    admin,
    ;
}

/// An answer on its way.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Outcome, StoreError>> + Send + 'a>>;

/// What handles a command.
pub type Handler = for<'a> fn(&'a HandlerContext, &'a Case<'a>) -> Answer<'a>;

/// The declaration of one command.
pub struct Command {
    /// Without the slash; 1..32 of a..z, 0..9 and `_` (Bot API "BotCommand").
    pub name: &'static str,
    /// Its place in the queue: at once, in turn with the conversation, or past what waits in it.
    pub placement: Placement,
    /// To whom it is open.
    pub audience: Audience,
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
    /// Also those who are not let in (any more): what is kept of them is theirs.
    TheirOwn,
    /// Everybody who is let in, whether in the required channel or not.
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

#[cfg(test)]
impl Command {
    /// Its name, and its other names in every language.
    pub fn names(&self) -> Vec<&'static str> {
        let aliases = ALIASES.iter().filter(|(_, command)| *command == self).map(|(alias, _)| alias.as_str());
        aliases.chain([self.name]).collect()
    }
}

/// Other names of commands, in every language.
static ALIASES: LazyLock<Vec<(String, &'static Command)>> = LazyLock::new(|| {
    let each = ALL.iter().flat_map(|command| Language::ALL.iter().map(move |language| (*command, *language)));
    let named = |(command, language): (&'static Command, Language)| {
        let names = Phrases(language).command_aliases(command.name);
        names.into_iter().map(move |name| (name, command))
    };
    each.flat_map(named).collect()
});

/// The command of a name in lower case, which may be one of any language.
pub fn find(name: &str) -> Option<&'static Command> {
    let named = || ALIASES.iter().find(|(alias, _)| alias == name).map(|(_, command)| *command);
    ALL.iter().copied().find(|command| command.name == name).or_else(named)
}

/// The commands to show, by group, in the order of the table.
pub fn offered(context: &HandlerContext, admin: bool) -> Vec<Vec<&'static str>> {
    let fits = |command: &&&Command| {
        let there = match command.needs {
            Needs::Nothing => true,
            Needs::Channel => context.channel.is_some(),
            Needs::ChatModel => context.models.is_some(),
        };
        there && (admin || command.audience != Audience::Admins)
    };
    let shown = |group: &&[&Command]| group.iter().filter(fits).map(|command| command.name).collect();
    GROUPS.iter().map(shown).filter(|group: &Vec<_>| !group.is_empty()).collect()
}

/// A command nobody knows: names the nearest one, where one is near.
pub fn unknown(case: &Case<'_>, name: &str) -> Outcome {
    case.say(case.phrases.unknown_command(name, nearest(name)))
}

fn nearest(name: &str) -> Option<&'static str> {
    let name: String = name.chars().take(32).collect();
    let names = ALL.iter().map(|command| (command.name, *command));
    let aliases = ALIASES.iter().map(|(alias, command)| (alias.as_str(), *command));
    names
        .chain(aliases)
        .filter(|(_, command)| command.audience != Audience::Admins)
        .map(|(known, _)| known)
        .map(|known| (strsim::damerau_levenshtein(&name, known), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(2).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phrases::wording::of_the_machine;
    use crate::domain::{Lane, WorkKind};
    use std::collections::HashSet;
    use std::path::Path;

    #[test]
    fn every_name_leads_to_its_command_alone() {
        let mut names = HashSet::new();
        for command in ALL {
            for name in command.names() {
                assert!(names.insert(name), "/{name} is there twice");
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
            let line = |language: &Language| Phrases(*language).command_line(command.name);
            let lines: HashSet<String> = Language::ALL.iter().map(line).collect();
            assert_eq!(lines.len(), Language::ALL.len(), "{command:?}");
            for line in lines {
                // Bot API "BotCommand": description 1..256.
                assert!((1..=256).contains(&line.chars().count()), "{command:?}");
                let technical = command.audience != Audience::Admins && !of_the_machine(&line).is_empty();
                assert!(!technical, "{line}");
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
        for name in ALL.iter().flat_map(|command| command.names()) {
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
