//! What a model is asked: messages in order, and limits for the answer.
//!
//! Pure. Must not know any server's protocol.

use bytes::Bytes;
use std::fmt;

/// A model's name as learners read and type it: the server's own name, after `SERVER/` if the server is one
/// of `[providers.SERVER]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelName(String);

impl ModelName {
    /// White space around it is dropped.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().trim().to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The instructions.
    System,
    /// The learner.
    User,
    /// The tutor.
    Assistant,
}

/// As received.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// `image/jpeg`, `image/png`, …
    pub mime: String,
    pub bytes: Bytes,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.mime, self.bytes.len())
    }
}

/// `Debug` shows no text.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    /// May be empty if there are pictures.
    pub text: String,
    /// Pictures shown with the text; only in the learner's messages.
    pub images: Vec<Image>,
}

impl Message {
    /// Without pictures.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into(), images: Vec::new() }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {} bytes, {:?}", self.role, self.text.len(), self.images)
    }
}

/// One question with its context.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Oldest first. Neighbours of the same role and empty messages are adapted for servers that refuse them.
    pub messages: Vec<Message>,
    /// Longest answer, tokens.
    pub max_tokens: u32,
    /// 0 (always the most likely word) to 2.
    pub temperature: f64,
}

impl Ask {
    pub fn has_images(&self) -> bool {
        self.messages.iter().any(|message| !message.images.is_empty())
    }

    /// The messages in a form that every server accepts: the instructions first and as one, then learner and
    /// tutor alternating, beginning with the learner; no empty message.
    pub(super) fn in_turn(&self) -> (String, Vec<Message>) {
        let mut system = String::new();
        let mut turns: Vec<Message> = Vec::new();
        for message in &self.messages {
            if message.text.trim().is_empty() && message.images.is_empty() {
                continue;
            }
            match turns.last_mut() {
                _ if message.role == Role::System => join(&mut system, &message.text),
                None if message.role == Role::Assistant => {}
                Some(last) if last.role == message.role => {
                    join(&mut last.text, &message.text);
                    last.images.extend(message.images.iter().cloned());
                }
                _ => turns.push(message.clone()),
            }
        }
        (system, turns)
    }
}

fn join(words: &mut String, more: &str) {
    if !words.is_empty() && !more.is_empty() {
        words.push_str("\n\n");
    }
    words.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(messages: &[(Role, &str)]) -> Ask {
        let messages = messages.iter().map(|(role, text)| Message::new(*role, *text)).collect();
        Ask { messages, max_tokens: 1, temperature: 0.0 }
    }

    #[test]
    fn learner_and_tutor_speak_in_turn() {
        use Role::{Assistant, System, User};
        let (system, turns) = ask(&[
            (Assistant, "cut off from its question"),
            (System, "be kind"),
            (User, "one"),
            (User, " "),
            (User, "two"),
            (Assistant, "three"),
            (System, "be short"),
            (Assistant, "four"),
            (User, "five"),
        ])
        .in_turn();
        assert_eq!(system, "be kind\n\nbe short");
        let turns: Vec<_> = turns.iter().map(|turn| (turn.role, turn.text.as_str())).collect();
        assert_eq!(turns, [(User, "one\n\ntwo"), (Assistant, "three\n\nfour"), (User, "five")]);
    }

    #[test]
    fn pictures_go_with_the_words_they_were_sent_with() {
        let mut asked = ask(&[(Role::User, ""), (Role::User, "what is it?")]);
        let picture = Image { mime: "image/png".to_owned(), bytes: Bytes::from_static(b"png") };
        asked.messages.first_mut().unwrap().images.push(picture);
        let (_, turns) = asked.in_turn();
        assert_eq!((turns.len(), turns[0].images.len(), turns[0].text.as_str()), (1, 1, "what is it?"));
    }

    #[test]
    fn nothing_that_was_said_is_printed() {
        let said = format!("{:?}", ask(&[(Role::User, "my secret")]));
        assert!(!said.contains("secret"), "{said}");
    }
}
