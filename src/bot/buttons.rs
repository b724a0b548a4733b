//! Buttons: what is declared of each, and how a button says who may press it and what for.
//!
//! A command declares its buttons with itself ([`Command::buttons`](super::commands::Command)). Must not know what a press
//! does.

use super::HandlerContext;
use super::commands::{self, Answer, Audience};
use super::growing;
use super::handlers::Case;
use super::reminder;
use super::under_answer;
use crate::domain::outcome;
use crate::domain::{Placement, UserId};
use std::fmt;

/// What handles a press.
pub type Handler = for<'a> fn(&'a HandlerContext, &'a Case<'a>, Choice) -> Answer<'a>;

/// The declaration of one kind of button. Whoever it was made for may press it, anybody else is told that it is not his.
pub struct Button {
    /// What its data begins with; 1..12 bytes, so that the data stays within Telegram's 64. Never reused for another kind.
    pub prefix: &'static str,
    /// Its place in the queue.
    pub placement: Placement,
    /// To whom it is open.
    pub audience: Audience,
    /// What a press does.
    pub handler: Handler,
}

/// Which of the buttons of its kind was pressed. Of bounded length, as the data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// One of a few.
    Letter(char),
    /// A page, or the number something goes by.
    Number(u64),
    /// A part of what goes by this number.
    Part(u64, u8),
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Letter(letter) => write!(f, "{letter}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Part(number, part) => write!(f, "{number}-{part}"),
        }
    }
}

impl Choice {
    /// The one of this name, among any number of names of any length that may come and go.
    pub fn named(name: &str) -> Self {
        // FNV-1a: the same in every version, which the standard library's hashes are not.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self::Number(name.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_alphabetic() => Some(Self::Letter(letter)),
            _ => match text.split_once('-') {
                Some((number, part)) => Some(Self::Part(number.parse().ok()?, part.parse().ok()?)),
                None => text.parse().ok().map(Self::Number),
            },
        }
    }
}

impl Button {
    /// The data of one button of this kind: `prefix:choice:user`.
    pub fn data(&self, choice: Choice, user: UserId) -> String {
        format!("{}:{choice}:{user}", self.prefix)
    }

    /// One button of this kind under a message.
    pub fn labelled(&self, label: String, choice: Choice, user: UserId) -> outcome::Button {
        outcome::Button { label, data: self.data(choice, user) }
    }
}

impl PartialEq for Button {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix
    }
}

impl Eq for Button {}

impl fmt::Debug for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.prefix)
    }
}

/// A pressed button, as its data tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    /// Its kind.
    pub button: &'static Button,
    /// Which one of its kind.
    pub choice: Choice,
    /// Whom it was made for.
    pub owner: UserId,
}

impl Press {
    /// Reads a button's data; `None`: of an older version, or not ours.
    pub fn parse(data: &str) -> Option<Self> {
        let mut parts = data.split(':');
        let (prefix, choice, owner) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            button: all().find(|button| button.prefix == prefix)?,
            choice: Choice::parse(choice)?,
            owner: UserId(owner.parse().ok()?),
        })
    }
}

/// Every kind of button.
pub fn all() -> impl Iterator<Item = &'static Button> {
    // Those under an answer, under one that grows and under a reminder belong to no command.
    let of_commands = commands::ALL.iter().flat_map(|command| command.buttons.iter().copied());
    let under_answers = under_answer::ALL.iter().map(|feature| feature.button);
    of_commands.chain(under_answers).chain([&growing::STOP, &reminder::OFF])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_data_of_every_button_survives_the_round_trip_and_fits() {
        let mut prefixes = HashSet::new();
        for button in all() {
            assert!(!button.prefix.is_empty() && button.prefix.len() <= 12, "{button:?}");
            assert!(!button.prefix.contains(':') && prefixes.insert(button.prefix), "{button:?}");
            for choice in [
                Choice::Letter('y'),
                Choice::Letter('ç'),
                Choice::Number(0),
                Choice::Number(u64::MAX),
                Choice::Part(u64::MAX, 255),
            ] {
                for owner in [UserId(i64::MIN), UserId(i64::MAX)] {
                    let data = button.data(choice, owner);
                    assert!(data.len() <= 64, "{data}");
                    assert_eq!(Press::parse(&data), Some(Press { button, choice, owner }), "{data}");
                }
            }
        }
        assert!(!prefixes.is_empty());
    }

    #[test]
    fn a_name_is_always_the_same_number() {
        // From the reference implementation: buttons of older versions stay what they were.
        assert_eq!(Choice::named("foobar"), Choice::Number(0x8594_4171_f739_67e8));
        assert_eq!(Choice::named(""), Choice::Number(0xcbf2_9ce4_8422_2325));
    }

    #[test]
    fn other_data_is_no_button_of_ours() {
        for junk in [
            "",
            "old",
            "del",
            "del:y",
            "del:y:x",
            "del::1",
            "his:-1:3",
            "his:1.5:3",
            "his:1-:3",
            "his:1-256:3",
            "zzz:1:2",
        ] {
            assert_eq!(Press::parse(junk), None, "{junk}");
        }
    }
}
