//! [`Content`] as it is stored: a spoken answer without buttons is written as it was before it could have any, so that older
//! programs read it and this one reads theirs.
//!
//! Must not know where it is stored.

use super::{Content, Keyboard, Keys, Made, MessageId, SpokenPart};
use crate::domain::rich::Rich;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
pub enum Stored {
    Text { text: Rich, keyboard: Keyboard },
    Edit { message: MessageId, text: Rich, keyboard: Keyboard },
    Spoken { session: Uuid, part: SpokenPart, caption: Rich },
    CallbackAnswer { callback: String, text: String },
    Made(Made),
    Keys { text: Rich, keys: Keys },
    SpokenWithButtons { session: Uuid, part: SpokenPart, caption: Rich, keyboard: Keyboard },
}

impl From<Stored> for Content {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Text { text, keyboard } => Self::Text { text, keyboard },
            Stored::Edit { message, text, keyboard } => Self::Edit { message, text, keyboard },
            Stored::Spoken { session, part, caption } => {
                Self::Spoken { session, part, caption, keyboard: Keyboard::default() }
            }
            Stored::CallbackAnswer { callback, text } => Self::CallbackAnswer { callback, text },
            Stored::Made(made) => Self::Made(made),
            Stored::Keys { text, keys } => Self::Keys { text, keys },
            Stored::SpokenWithButtons { session, part, caption, keyboard } => {
                Self::Spoken { session, part, caption, keyboard }
            }
        }
    }
}

impl From<Content> for Stored {
    fn from(content: Content) -> Self {
        match content {
            Content::Text { text, keyboard } => Self::Text { text, keyboard },
            Content::Edit { message, text, keyboard } => Self::Edit { message, text, keyboard },
            Content::Spoken { session, part, caption, keyboard } if keyboard.0.is_empty() => {
                Self::Spoken { session, part, caption }
            }
            Content::Spoken { session, part, caption, keyboard } => {
                Self::SpokenWithButtons { session, part, caption, keyboard }
            }
            Content::CallbackAnswer { callback, text } => Self::CallbackAnswer { callback, text },
            Content::Made(made) => Self::Made(made),
            Content::Keys { text, keys } => Self::Keys { text, keys },
        }
    }
}
