//! The sentences of what a learner chooses by buttons: level, persona, model.

use super::Phrases;
use crate::domain::learner::Level;
use crate::domain::rich::{Rich, Style};

impl Phrases {
    /// A level, as on its button.
    pub fn level(self, level: Level) -> String {
        match level {
            Level::Beginner => phrase!(self, "level-beginner-button"),
            Level::Intermediate => phrase!(self, "level-intermediate-button"),
            Level::Advanced => phrase!(self, "level-advanced-button"),
        }
    }

    /// `/level`, with what was chosen.
    pub fn level_menu(self, chosen: Option<Level>) -> Rich {
        let text = Rich::plain(phrase!(self, "level-menu"));
        match chosen {
            Some(level) => text
                .push(Style::Plain, format!("\n\n{} ", phrase!(self, "level-chosen")))
                .push(Style::Bold, self.level(level)),
            None => text,
        }
    }

    /// `/persona`, with what each one is good for.
    pub fn persona_menu(self, chosen: &str, each: &[(&str, &str)]) -> Rich {
        let mut text = Rich::plain(format!("{} ", phrase!(self, "persona-menu")))
            .push(Style::Bold, chosen)
            .push(Style::Plain, "\n");
        for (name, about) in each {
            text = text.push(Style::Plain, "\n• ").push(Style::Bold, *name);
            if !about.is_empty() {
                text = text.push(Style::Plain, format!(": {about}"));
            }
        }
        text
    }

    /// `/models` and `/switch`: who answers a learner, and whether it is there.
    pub fn model_menu(self, chosen: Option<&str>, there: bool, page: usize, pages: usize) -> Rich {
        let mut text = Rich::plain(phrase!(self, "model-menu"));
        if pages > 1 {
            text = text.push(Style::Plain, format!(" {}", phrase!(self, "model-menu-page", page, pages)));
        }
        text = text.push(Style::Plain, ": ");
        match chosen {
            Some(model) => text = text.push(Style::Code, model),
            None => text = text.push(Style::Plain, phrase!(self, "model-menu-nobody")),
        }
        if chosen.is_some() && !there {
            text = text.push(Style::Plain, format!("\n{}", phrase!(self, "model-menu-not-there")));
        }
        text
    }

    /// A name given to `/switch` that no model has.
    pub fn no_such_model(self, name: &str) -> Rich {
        let shown: String = name.chars().take(64).collect();
        Rich::plain(format!("{} ", phrase!(self, "no-such-model")))
            .push(Style::Code, shown)
            .push(Style::Plain, phrase!(self, "no-such-model-choose"))
    }

    /// The servers do not say which models there are.
    pub fn models_out_of_reach(self) -> String {
        phrase!(self, "models-out-of-reach-notice")
    }

    /// A model on a button that is there no more.
    pub fn model_gone_notice(self) -> String {
        phrase!(self, "model-gone-notice")
    }

    /// The button of what is chosen already.
    pub fn chosen_already(self) -> String {
        phrase!(self, "chosen-already-notice")
    }

    /// A command that needs a chat model, where there is none.
    pub fn no_chat_model(self) -> Rich {
        Rich::plain(phrase!(self, "no-chat-model"))
    }

    /// The label of a button, marked where it is what was chosen.
    pub fn marked(self, label: &str, chosen: bool) -> String {
        if chosen { format!("✓ {label}") } else { label.to_owned() }
    }
}
