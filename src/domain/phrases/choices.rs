//! The sentences of what a learner chooses by buttons: level, persona, model.

use super::Phrases;
use crate::domain::learner::{Language, Level};
use crate::domain::rich::{Rich, Style};

impl Phrases {
    /// A level, as on its button.
    pub fn level(self, level: Level) -> String {
        match level {
            Level::Beginner => say!(self, "Beginner (A1–A2)", "Iniciante (A1–A2)"),
            Level::Intermediate => say!(self, "Intermediate (B1–B2)", "Intermediário (B1–B2)"),
            Level::Advanced => say!(self, "Advanced (C1–C2)", "Avançado (C1–C2)"),
        }
    }

    /// `/level`, with what was chosen.
    pub fn level_menu(self, chosen: Option<Level>) -> Rich {
        let text = Rich::plain(say!(self, "How well do you speak English?", "Como é o seu inglês?"));
        match chosen {
            Some(level) => text
                .push(Style::Plain, say!(self, "\n\nYour level: ", "\n\nSeu nível: "))
                .push(Style::Bold, self.level(level)),
            None => text,
        }
    }

    /// `/persona`, with what each one is good for.
    pub fn persona_menu(self, chosen: &str, each: &[(&str, &str)]) -> Rich {
        let mut text = Rich::plain(say!(
            self,
            "Who shall I be when you write to me? Now: ",
            "Quem eu devo ser quando você me escreve? Agora: "
        ))
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
        let mut text =
            Rich::plain(say!(self, "Who answers when you write", "Quem responde quando você escreve"));
        if pages > 1 {
            text = text.push(Style::Plain, say!(self, " (page {} of {})", " (página {} de {})", page, pages));
        }
        text = text.push(Style::Plain, ": ");
        match chosen {
            Some(model) => text = text.push(Style::Code, model),
            None => text = text.push(Style::Plain, say!(self, "nobody yet", "ninguém ainda")),
        }
        if chosen.is_some() && !there {
            text = text.push(
                Style::Plain,
                say!(
                    self,
                    "\nIt is not there at the moment, so another one answers you.",
                    "\nEle não está disponível no momento, por isso outro responde a você."
                ),
            );
        }
        text
    }

    /// A name given to `/switch` that no model has.
    pub fn no_such_model(self, name: &str) -> Rich {
        let shown: String = name.chars().take(64).collect();
        Rich::plain(say!(self, "I know no model ", "Não conheço nenhum modelo "))
            .push(Style::Code, shown)
            .push(Style::Plain, say!(self, ". Choose one of these:", ". Escolha um destes:"))
    }

    /// The servers do not say which models there are.
    pub fn models_out_of_reach(self) -> String {
        say!(
            self,
            "I cannot look up the models at the moment. Please try again later.",
            "Não consigo consultar os modelos no momento. Tente de novo mais tarde, por favor."
        )
    }

    /// A model on a button that is there no more.
    pub fn model_gone_notice(self) -> String {
        say!(self, "That model is no longer there.", "Esse modelo não está mais disponível.")
    }

    /// The button of what is chosen already.
    pub fn chosen_already(self) -> String {
        say!(self, "That is your choice already.", "Essa já é a sua escolha.")
    }

    /// A command that needs a chat model, where there is none.
    pub fn no_chat_model(self) -> Rich {
        Rich::plain(say!(
            self,
            "Here we talk by voice, so there is nothing to choose: just send me a voice message. 🎙",
            "Aqui a gente conversa por voz, por isso não há o que escolher: é só me enviar uma mensagem de voz. 🎙"
        ))
    }

    /// The label of a button, marked where it is what was chosen.
    pub fn marked(self, label: &str, chosen: bool) -> String {
        if chosen { format!("✓ {label}") } else { label.to_owned() }
    }
}
