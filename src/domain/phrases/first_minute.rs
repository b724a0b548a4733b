//! The sentences of the first minute: the welcome, a first task, the language, and what a stranger reads about the bot.
//! Must not know when they are said.

use super::Phrases;
use crate::domain::rich::{Rich, Style};

/// How many first tasks there are.
pub(crate) const FIRST_TASKS: u64 = 5;

impl Phrases {
    /// `/start`, in three lines: what to do, what else there is, what is kept. `writes`: there is a chat model.
    pub(crate) fn welcome(self, writes: bool) -> Rich {
        let how = match writes {
            true => phrase!(self, "welcome-how-or-write"),
            false => phrase!(self, "welcome-how"),
        };
        Rich::default()
            .push(Style::Bold, phrase!(self, "welcome"))
            .push(Style::Plain, format!(" {how}\n\n{}\n\n", phrase!(self, "welcome-next")))
            .push(Style::Plain, phrase!(self, "welcome-kept"))
    }

    /// Below the welcome. `number`: below [`FIRST_TASKS`].
    pub(crate) fn first_task(self, number: u64) -> Rich {
        let task = match number {
            0 => phrase!(self, "first-task-yesterday"),
            1 => phrase!(self, "first-task-yourself"),
            2 => phrase!(self, "first-task-room"),
            3 => phrase!(self, "first-task-meal"),
            _ => phrase!(self, "first-task-plans"),
        };
        let hold = phrase!(self, "first-task-hold");
        Rich::default()
            .push(Style::Plain, "\n\n🎯 ")
            .push(Style::Bold, task)
            .push(Style::Plain, format!(" {hold}"))
    }

    /// `another`: one is shown already.
    pub(crate) fn first_task_button(self, another: bool) -> String {
        match another {
            true => phrase!(self, "another-task-button"),
            false => phrase!(self, "first-task-button"),
        }
    }

    /// `/language`, above the languages.
    pub(crate) fn language_menu(self) -> Rich {
        Rich::plain(phrase!(self, "language-menu"))
    }

    /// What the language is called by those who speak it.
    pub(crate) fn language_name(self) -> String {
        phrase!(self, "language-name")
    }

    /// What Telegram shows in the empty chat, above its Start button.
    pub(crate) fn bot_description(self) -> String {
        phrase!(self, "bot-description")
    }

    /// What Telegram shows on the bot's profile and beside a link to it.
    pub(crate) fn bot_about(self) -> String {
        phrase!(self, "bot-about")
    }
}
