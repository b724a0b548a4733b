//! Every sentence a learner reads: a method each, whose words are in `assets/phrases/`, one file per language.
//!
//! Must not know when a sentence is said.

use super::incoming::OtherKind;
use super::language::Language;
use super::rich::{Rich, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrases(pub Language);

/// A sentence by its key, with the values of its variables: `phrase!(self, "status-place", own, place = ahead + 1)`.
macro_rules! phrase {
    (@value $name:ident) => { $name };
    (@value $name:ident $value:expr) => { $value };
    ($phrases:expr, $key:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $phrases.text($key, &[$((
            stringify!($name),
            $crate::domain::phrases::catalog::Value::from(phrase!(@value $name $($value)?)),
        )),*])
    };
}

pub(crate) mod access;
pub(crate) mod admin;
mod alerts;
mod answer;
mod catalog;
mod choices;
mod files;
mod first_minute;
mod keeping;
mod made;
mod pictures;
mod practice;
mod recordings;
mod reminders;
mod settings;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod tutor;
mod waiting;
#[cfg(test)]
pub(crate) mod wording;
mod writing;

pub(crate) use admin::AdminView;
pub(crate) use catalog::Catalog;
pub(crate) use first_minute::FIRST_TASKS;
pub(crate) use settings::{SettingsView, Switch, time_of_day, time_of_day_in};
pub(crate) use status::StatusView;
pub(crate) use writing::STILL_WRITING;

impl Phrases {
    /// A message of the language's file, in English where it has none. Said by `phrase!`, which names the values.
    fn text(self, key: &str, values: &[(&str, catalog::Value<'_>)]) -> String {
        let said = |language: Language| language.catalog().text(key, None, values);
        said(self.0).or_else(|| said(Language::En)).unwrap_or_else(|| key.to_owned())
    }

    /// A command's line in `/help` and in the menu.
    pub(crate) fn command_line(self, name: &str) -> String {
        self.text(&format!("command-{name}"), &[])
    }

    /// Other names of a command in this language.
    pub(crate) fn command_aliases(self, name: &str) -> Vec<String> {
        let aliases = self.0.catalog().text(&format!("command-{name}"), Some("aliases"), &[]);
        aliases.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// What the language is called in English, for the prompts of models.
    pub(crate) fn language_for_models(self) -> String {
        phrase!(self, "language-for-models")
    }

    /// `/help` with these commands, a paragraph for each group.
    pub fn help(self, groups: &[Vec<&str>]) -> Rich {
        let mut text = Rich::plain(phrase!(self, "help"));
        for group in groups {
            text = text.push(Style::Plain, "\n");
            for name in group {
                text = text.push(Style::Plain, format!("\n/{name} – {}", self.command_line(name)));
            }
        }
        text
    }

    pub(crate) fn unknown_command(self, name: &str, nearest: Option<&str>) -> Rich {
        let shown: String = name.chars().take(32).collect();
        Rich::plain(match nearest {
            Some(near) => phrase!(self, "unknown-command-near", name = shown, near),
            None => phrase!(self, "unknown-command", name = shown),
        })
    }

    /// The answer to plain text while no chat model is configured.
    pub(crate) fn voice_only(self) -> Rich {
        Rich::plain(phrase!(self, "voice-only"))
    }

    /// The answer to content that nobody can use. `writes`: there is a chat model.
    pub(crate) fn other(self, kind: OtherKind, writes: bool) -> Rich {
        Rich::plain(match kind {
            OtherKind::Sticker if writes => phrase!(self, "other-sticker-or-write"),
            OtherKind::Unknown if writes => phrase!(self, "other-unknown-or-write"),
            OtherKind::Sticker => phrase!(self, "other-sticker"),
            OtherKind::Picture => phrase!(self, "other-picture"),
            OtherKind::Location => phrase!(self, "other-location"),
            OtherKind::Document => phrase!(self, "other-document"),
            OtherKind::Unknown => phrase!(self, "other-unknown"),
        })
    }

    /// Sent once per rate limit window.
    pub(crate) fn rate_limited(self, secs: u32) -> Rich {
        Rich::plain(phrase!(self, "rate-limited", seconds = secs))
    }

    /// Sent once a minute while so many of the learner's messages wait that no more are accepted.
    pub(crate) fn crowded(self) -> Rich {
        Rich::plain(phrase!(self, "crowded"))
    }

    /// Sent once while a message waits for a tutor that is down.
    pub(crate) fn later(self) -> Rich {
        Rich::plain(phrase!(self, "later"))
    }

    /// A message became a dead letter.
    pub(crate) fn given_up(self) -> Rich {
        Rich::plain(phrase!(self, "given-up"))
    }

    /// An admin removed a waiting message from the queue.
    pub(crate) fn dropped(self) -> Rich {
        Rich::plain(phrase!(self, "dropped"))
    }

    /// A message became a dead letter because of a bug of the bot.
    pub(crate) fn stumbled(self) -> Rich {
        Rich::plain(phrase!(self, "stumbled"))
    }

    pub(crate) fn you_said(self) -> String {
        phrase!(self, "you-said")
    }

    pub(crate) fn coaching(self) -> String {
        phrase!(self, "coaching")
    }

    /// `/feedback` or `/history` with nothing to show.
    pub(crate) fn nothing_yet(self) -> Rich {
        Rich::plain(phrase!(self, "nothing-yet"))
    }

    /// `/new`; `waits`: earlier messages are still to be answered.
    pub(crate) fn fresh(self, turns: u32, waits: bool) -> Rich {
        if waits {
            return Rich::plain(phrase!(self, "fresh-waits"));
        }
        Rich::plain(match turns {
            0 => phrase!(self, "fresh-first"),
            n => phrase!(self, "fresh", turns = n),
        })
    }

    pub(crate) fn delete_yes(self) -> String {
        phrase!(self, "delete-yes-button")
    }

    pub(crate) fn delete_no(self) -> String {
        phrase!(self, "delete-no-button")
    }

    /// `/delete`, cancelled.
    pub(crate) fn kept(self) -> Rich {
        Rich::plain(phrase!(self, "kept"))
    }

    /// A button pressed by another person than the one who was asked.
    pub(crate) fn not_yours(self) -> String {
        phrase!(self, "not-yours-notice")
    }

    /// A button whose purpose is gone.
    pub(crate) fn outdated(self) -> String {
        phrase!(self, "outdated-notice")
    }

    pub(crate) fn history_heading(self, page: usize, pages: usize) -> String {
        phrase!(self, "history-heading", page, pages)
    }

    pub(crate) fn older(self) -> String {
        phrase!(self, "older-button")
    }

    pub(crate) fn newer(self) -> String {
        phrase!(self, "newer-button")
    }
}
