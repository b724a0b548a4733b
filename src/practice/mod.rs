//! The rules of practising a card aloud: when it is due, what was said of it, how that is graded, and which sound it was.
//!
//! Pure: no I/O, no clock; a day is a number that the caller has worked out. Must not know how cards are kept or shown.

pub mod alignment;
pub mod attempt;
pub mod contractions;
pub mod dictionary;
mod grammar;
mod numbers;
pub mod schedule;
pub mod sounds;
pub mod words;
