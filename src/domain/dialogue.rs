//! What a chat model is shown of a conversation: the newest turns that fit, and the question.
//!
//! Tokens are estimated, since only the model's own server can count them. Pure: must not know models or servers.

use super::assessment::Turn;
use std::ops::Range;

/// Bytes of text that a token stands for, roughly: English has some four, Portuguese three.
const BYTES_A_TOKEN: usize = 3;
/// Tokens that each message costs beside its words.
const A_MESSAGE: u32 = 4;
/// Longest quotation that goes into a question, characters.
const QUOTATION: usize = 2_000;

/// How a chat model is asked.
#[derive(Debug, Clone)]
pub struct AiRules {
    /// `AI_MAX_TOKENS`.
    pub max_tokens: u32,
    /// `AI_TEMPERATURE`.
    pub temperature: f64,
    /// `MAX_CONVERSATION_LENGTH`, messages.
    pub conversation_length: usize,
    /// `AI_TOKENS_PER_DAY`; 0: as many as they like.
    pub tokens_per_day: u32,
}

/// Room for a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Messages, the question included.
    pub messages: usize,
    /// Estimated tokens of all messages, the instructions included.
    pub tokens: u32,
}

/// What a message of these words costs, estimated.
pub fn estimate(words: &str) -> u32 {
    u32::try_from(words.len().div_ceil(BYTES_A_TOKEN)).unwrap_or(u32::MAX).saturating_add(A_MESSAGE)
}

/// The words of learner and tutor in a turn, as a model is shown them.
pub fn exchange(turn: &Turn) -> (&str, &str) {
    let said = &turn.assessment;
    let answer = if said.reply.trim().is_empty() { &said.coaching } else { &said.reply };
    (said.transcript.trim(), answer.trim())
}

fn cost(turn: &Turn) -> u32 {
    let (learner, tutor) = exchange(turn);
    estimate(learner).saturating_add(estimate(tutor))
}

/// Which of `turns` (oldest first) fit beside `fixed` tokens that are there in any case: the newest, each whole and none
/// left out in between.
pub fn that_fit(turns: &[Turn], room: Room, fixed: u32) -> Range<usize> {
    let mut left = room.tokens.saturating_sub(fixed);
    let pairs = room.messages.saturating_sub(1) / 2;
    let mut first = turns.len();
    for (n, turn) in turns.iter().enumerate().rev().take(pairs) {
        match left.checked_sub(cost(turn)) {
            Some(rest) => (left, first) = (rest, n),
            None => break,
        }
    }
    first..turns.len()
}

/// The newer half of them by what they cost; of a single one nothing.
pub fn newer_half(turns: &[Turn]) -> Range<usize> {
    let half = turns.iter().map(cost).fold(0, u32::saturating_add) / 2;
    that_fit(turns, Room { messages: usize::MAX, tokens: half }, 0)
}

/// What the learner asks: the words, after those of the message they answer.
pub fn question(words: &str, quoted: Option<&str>) -> String {
    let Some(quoted) = quoted.map(str::trim).filter(|quoted| !quoted.is_empty()) else {
        return words.to_owned();
    };
    let mut text = String::new();
    let cut = quoted.char_indices().nth(QUOTATION).map_or(quoted.len(), |(at, _)| at);
    for line in quoted.get(..cut).unwrap_or_default().lines() {
        text.push_str("> ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(words);
    text
}

/// A question about documents: their texts before the words. Together they take at most so many tokens, in equal shares;
/// what one does not use is for those after it.
pub fn with_documents(words: &str, texts: &[String], tokens: u32) -> String {
    let mut room = usize::try_from(tokens).unwrap_or(usize::MAX).saturating_mul(BYTES_A_TOKEN);
    let mut question = String::new();
    for (text, left) in texts.iter().zip((1..=texts.len()).rev()) {
        let share = room.checked_div(left).unwrap_or(0).min(text.len());
        let cut = (0..=share).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        room = room.saturating_sub(cut);
        let rest = if cut < text.len() { "\n[…]" } else { "" };
        question.push_str("<document>\n");
        question.push_str(text.get(..cut).unwrap_or_default());
        question.push_str(rest);
        question.push_str("\n</document>\n\n");
    }
    question.push_str(words);
    question
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Assessment, Timestamp};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn turn(learner: &str, tutor: &str) -> Turn {
        let assessment =
            Assessment { transcript: learner.into(), reply: tutor.into(), ..Assessment::default() };
        Turn::voice(Uuid::nil(), Timestamp(0), 0, assessment)
    }

    /// Each costs 14 tokens: two messages of 9 bytes.
    fn turns(count: usize) -> Vec<Turn> {
        (0..count).map(|_| turn("123456789", "123456789")).collect()
    }

    #[test]
    fn the_newest_turns_fit_whole() {
        for (count, messages, tokens, fixed, expected) in [
            (5, 50, 1_000, 0, 0..5),
            (5, 5, 1_000, 0, 3..5),
            (5, 4, 1_000, 0, 4..5),
            (5, 1, 1_000, 0, 5..5),
            (5, 0, 1_000, 0, 5..5),
            (5, 50, 28, 0, 3..5),
            (5, 50, 27, 0, 4..5),
            (5, 50, 128, 100, 3..5),
            (5, 50, 10, 100, 5..5),
            (0, 50, 1_000, 0, 0..0),
        ] {
            let fit = that_fit(&turns(count), Room { messages, tokens }, fixed);
            assert_eq!(fit, expected, "{count} turns, {messages} messages, {tokens} - {fixed} tokens");
        }
    }

    #[test]
    fn a_long_turn_hides_the_older_ones() {
        let turns = [turn("a", "b"), turn(&"x".repeat(900), "c"), turn("d", "e")];
        assert_eq!(that_fit(&turns, Room { messages: 50, tokens: 100 }, 0), 2..3);
        assert_eq!(newer_half(&turns), 2..3);
        assert_eq!(newer_half(&turns[..1]), 1..1, "of one there is no half");
    }

    #[test]
    fn what_is_quoted_comes_before_the_question() {
        for (quoted, expected) in
            [(None, "why?"), (Some("  "), "why?"), (Some("I goes\nhome"), "> I goes\n> home\n\nwhy?")]
        {
            assert_eq!(question("why?", quoted), expected);
        }
        assert!(question("why?", Some(&"é".repeat(9_000))).len() < 5_000);
    }

    #[test]
    fn a_document_is_cut_to_its_room() {
        let asked = |texts: &[&str], tokens| {
            with_documents("why?", &texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), tokens)
        };
        assert_eq!(asked(&[], 10), "why?");
        assert_eq!(asked(&["one"], 10), "<document>\none\n</document>\n\nwhy?");
        let long = "é".repeat(100);
        assert_eq!(asked(&[&long], 3), "<document>\néééé\n[…]\n</document>\n\nwhy?");
        let all = asked(&["one", &long, &long], 5);
        assert_eq!(
            all,
            "<document>\none\n</document>\n\n<document>\nééé\n[…]\n</document>\n\n<document>\nééé\n[…]\n</document>\n\nwhy?"
        );
    }

    #[test]
    fn a_voice_without_a_reply_is_answered_by_its_coaching() {
        let mut turn = turn("I goes", " ");
        turn.assessment.coaching = "say go".into();
        assert_eq!(exchange(&turn), ("I goes", "say go"));
    }

    proptest! {
        #[test]
        fn what_is_shown_fits(
            lengths in prop::collection::vec((0usize..400, 0usize..400), 0..40),
            messages in 0usize..60,
            tokens in 0u32..2_000,
            fixed in 0u32..500,
        ) {
            let turns: Vec<Turn> =
                lengths.iter().map(|(a, b)| turn(&"a".repeat(*a), &"b".repeat(*b))).collect();
            let fit = that_fit(&turns, Room { messages, tokens }, fixed);
            prop_assert_eq!(fit.end, turns.len());
            let shown = &turns[fit.clone()];
            let spent: u32 = shown.iter().map(cost).sum();
            prop_assert!(shown.is_empty() || spent + fixed <= tokens);
            prop_assert!(shown.is_empty() || shown.len() * 2 < messages);
            // One more would not fit.
            if fit.start > 0 {
                let more = cost(&turns[fit.start - 1]) + spent + fixed;
                prop_assert!(more > tokens || (shown.len() + 1) * 2 >= messages);
            }
            prop_assert!(newer_half(shown).len() < shown.len().max(1));
        }
    }
}
