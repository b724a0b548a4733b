//! What admins are told unasked, and how often: each kind at most once an hour, and the same event never
//! twice.
//!
//! Must not know the words or how they are sent.

use super::ids::{Timestamp, UserId};
use super::outcome::Reply;
use serde::{Deserialize, Serialize};

/// Shortest time between two messages of one kind to one admin, ms.
pub const QUIET_MS: i64 = 3_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertKind {
    /// The tutor does not answer.
    TutorDown,
    /// It answers again.
    TutorBack,
    /// Messages became dead letters.
    DeadLetters,
    /// The store was damaged and restored from an export.
    StoreRestored,
    /// Telegram does not tell who is in the required channel.
    MembersHidden,
    /// No chat model answers.
    ModelDown,
    /// One answers again.
    ModelBack,
}

impl AlertKind {
    pub(crate) const ALL: [Self; 7] = [
        Self::TutorDown,
        Self::TutorBack,
        Self::DeadLetters,
        Self::StoreRestored,
        Self::MembersHidden,
        Self::ModelDown,
        Self::ModelBack,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TutorDown => "tutor down",
            Self::TutorBack => "tutor back",
            Self::DeadLetters => "dead letters",
            Self::StoreRestored => "store restored",
            Self::MembersHidden => "members hidden",
            Self::ModelDown => "chat model down",
            Self::ModelBack => "chat model back",
        }
    }

    /// Part of keys in the store: never changed, never reused.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::TutorDown => 1,
            Self::TutorBack => 2,
            Self::DeadLetters => 3,
            Self::StoreRestored => 4,
            Self::MembersHidden => 5,
            Self::ModelDown => 6,
            Self::ModelBack => 7,
        }
    }

    /// The two of which the later one told is what an admin believes.
    pub(crate) fn pair(self) -> (Self, Self) {
        match self {
            Self::ModelDown | Self::ModelBack => (Self::ModelDown, Self::ModelBack),
            _ => (Self::TutorDown, Self::TutorBack),
        }
    }
}

/// What is stored about the last message of a kind to an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When it was sent.
    pub at: Timestamp,
    /// When the event it reports happened.
    pub of: Timestamp,
}

/// A message for an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    pub to: UserId,
    pub kind: AlertKind,
    /// When the event happened; the same event is told once.
    pub of: Timestamp,
    pub replies: Vec<Reply>,
}

/// What became of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// It is in the outbox.
    Told,
    /// The admin knows already, or was never told of the problem that is over now.
    Known,
    /// Not before this moment; try again then.
    NotBefore(Timestamp),
}

/// What one admin was told before, as far as it matters for an announcement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Of the announcement's own kind.
    pub own: Option<Told>,
    /// Of [`AlertKind::TutorDown`].
    pub down: Option<Told>,
    /// Of [`AlertKind::TutorBack`].
    pub back: Option<Told>,
}

/// Decides whether to tell it now.
pub(crate) fn judge(kind: AlertKind, of: Timestamp, marks: Marks, now: Timestamp) -> Announced {
    let believes_down = marks.down.is_some_and(|down| marks.back.is_none_or(|back| back.at < down.at));
    let known = match kind {
        AlertKind::TutorDown | AlertKind::ModelDown => believes_down,
        AlertKind::TutorBack | AlertKind::ModelBack => !believes_down,
        _ => marks.own.is_some_and(|told| told.of >= of),
    };
    if known {
        return Announced::Known;
    }
    match marks.own {
        // A date in the future was written before the clock was set back, so it does not count.
        Some(told) if told.at <= now && now.since_ms(told.at) < QUIET_MS => {
            Announced::NotBefore(told.at.plus_ms(QUIET_MS))
        }
        _ => Announced::Told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AlertKind::{DeadLetters, TutorBack, TutorDown};

    #[test]
    fn every_kind_is_listed_once() {
        let mut numbers: Vec<u8> = AlertKind::ALL.into_iter().map(AlertKind::number).collect();
        numbers.dedup();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    }

    fn told(at: i64, of: i64) -> Option<Told> {
        Some(Told { at: Timestamp(at), of: Timestamp(of) })
    }

    #[test]
    fn once_an_hour_of_a_kind_and_never_the_same_twice() {
        let now = Timestamp(10 * QUIET_MS);
        let own = |own| Marks { own, ..Marks::default() };
        let recent = now.0 - 1;
        for (marks, of, expected) in [
            (own(None), 5, Announced::Told),
            (own(told(5, 5)), 5, Announced::Known),
            (own(told(5, 5)), 6, Announced::Told),
            (own(told(recent, 5)), 6, Announced::NotBefore(Timestamp(recent + QUIET_MS))),
            (own(told(now.0 - QUIET_MS, 5)), 6, Announced::Told),
            (own(told(now.0 + 1, 5)), 6, Announced::Told),
        ] {
            assert_eq!(judge(DeadLetters, Timestamp(of), marks, now), expected, "{marks:?} {of}");
        }
    }

    /// A day with a tutor that comes and goes every few minutes: each kind at most once an hour, alternating,
    /// and what was told last is true again within an hour.
    #[test]
    fn down_and_back_take_turns() {
        let (mut down, mut back) = (None, None);
        let mut heard: Vec<(AlertKind, i64)> = Vec::new();
        for minute in 0..24 * 60 {
            let now = Timestamp(minute * 60_000 + 1);
            let kind = if minute % 17 < 5 { TutorDown } else { TutorBack };
            let own = if kind == TutorDown { down } else { back };
            if judge(kind, now, Marks { own, down, back }, now) == Announced::Told {
                *(if kind == TutorDown { &mut down } else { &mut back }) = told(now.0, now.0);
                heard.push((kind, now.0));
            }
        }
        assert_eq!(heard[0].0, TutorDown);
        assert!(heard.len() > 20, "{}", heard.len());
        assert!(heard.windows(2).all(|pair| pair[0].0 != pair[1].0), "in turns");
        assert!(heard.windows(3).all(|three| three[2].1 - three[0].1 >= QUIET_MS), "an hour apart");
    }

    #[test]
    fn what_was_never_told_is_not_taken_back() {
        let now = Timestamp(9 * QUIET_MS);
        assert_eq!(judge(TutorBack, now, Marks::default(), now), Announced::Known);
        let marks = Marks { own: None, down: told(5, 5), back: None };
        assert_eq!(judge(TutorBack, now, marks, now), Announced::Told);
        assert_eq!(judge(TutorDown, now, Marks { own: marks.down, ..marks }, now), Announced::Known);
        let marks = Marks { own: told(6, 6), down: told(5, 5), back: told(6, 6) };
        assert_eq!(judge(TutorBack, now, marks, now), Announced::Known);
    }
}
