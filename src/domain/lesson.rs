//! Rules of a voice turn: which conversation it belongs to, and what the learner gets to read and hear.
//!
//! Pure: must not know how the tutor is asked or how replies are sent.

use super::assessment::Turn;
use super::correction::{self, Correction};
use super::fluency::{core, unsure};
use super::ids::Timestamp;
use super::incoming::{Chat, Incoming};
use super::language::Language;
use super::learner::{Change, Learner, Translation};
use super::markdown::{disarmed, markdown};
use super::outcome::{Content, Keyboard, Reply, SpokenPart};
use super::phrases::Phrases;
use super::rich::{Quote, Rich, Style};
use super::session::{Session, SessionState};
use super::speech::SpokenWord;
use uuid::Uuid;

/// The conversation that a message sent at `at` belongs to: the one open in its chat and topic, or a new one (with
/// `fresh_id`) if there is none or it was idle longer than `timeout_ms`. The returned changes record it.
pub(crate) fn session_for(
    learner: &Learner,
    chat: Chat,
    fresh_id: Uuid,
    at: Timestamp,
    timeout_ms: i64,
) -> (Session, Vec<Change>) {
    match learner.session_in(chat) {
        Some(open) if open.state(at, timeout_ms) == SessionState::Active => {
            (open.clone(), vec![Change::SessionTouched(open.id, at)])
        }
        before => {
            let session = Session {
                follows_idle: before.is_some_and(|before| before.turns > 0),
                ..Session::open(fresh_id, learner.user, at).held_in(chat)
            };
            (session.clone(), vec![Change::SessionOpened(session)])
        }
    }
}

/// An answered turn, with what it takes to show it.
pub(crate) struct Answer<'a> {
    pub turn: &'a Turn,
    /// The words of the transcript, where they are known.
    pub words: &'a [SpokenWord],
    /// Buttons for the last text.
    pub under_words: Keyboard,
    /// Buttons for the voice note.
    pub under_voice: Keyboard,
}

pub(crate) struct Composed {
    pub replies: Vec<Reply>,
    /// It explains what underlined words are.
    pub explained: bool,
}

/// The answer as the learner sees it: transcript, corrections, coaching and its translation, a line on fluency, as a reply to the
/// voice; then the tutor's reply, spoken where possible. Missing parts leave no heading.
pub(crate) fn compose(
    incoming: &Incoming,
    learner: &Learner,
    language: Language,
    answer: Answer<'_>,
) -> Composed {
    let Answer { turn, words, under_words, under_voice } = answer;
    let (said, phrases) = (&turn.assessment, Phrases(language));
    let translated = learner.translation == Translation::Always && is_translated(turn, language);
    let unsure = unsure(words);
    let transcript = underlined(said.transcript.trim(), &unsure);
    let explained =
        !learner.underlining_explained && transcript.spans().iter().any(|span| span.format.underline);
    let mut text = section(Rich::default(), &phrases.you_said(), transcript);
    if explained {
        text = text.push(Style::Plain, "\n").push(Style::Italic, phrases.underlined());
    }
    text = section(text, &phrases.corrections(), corrections_list(&turn.corrections));
    text = section(text, &phrases.coaching(), markdown(&said.coaching));
    if translated {
        text = quote(text, &said.coaching_translated);
    }
    if let Some(fluency) = turn.fluency {
        text = text.push(Style::Plain, "\n\n").push(Style::Italic, phrases.fluency(fluency));
    }
    let mut words = markdown(&said.reply);
    if translated {
        words = quote(words, &said.reply_translated);
    }
    let spoken = said.reply_audio && learner.voice_reply;
    if said.is_empty() && !said.reply_audio || text.is_blank() && words.is_blank() && !spoken {
        let replies = Reply::texts(incoming, phrases.empty_answer(), Keyboard::default());
        return Composed { replies, explained: false };
    }
    let mut replies = Reply::texts(incoming, text, Keyboard::default());
    if spoken {
        let part = SpokenPart::Conversational;
        replies.extend(Reply::spoken(incoming, turn.session, part, words, under_voice));
    } else if !words.is_blank() {
        let words = Rich::default().push(Style::Plain, "💬 ").append(words);
        replies.extend(Reply::texts(incoming, words, Keyboard::default()));
    }
    let texts = replies.iter_mut().rev().find_map(|reply| match &mut reply.content {
        Content::Text { keyboard, .. } => Some(keyboard),
        _ => None,
    });
    if let Some(keyboard) = texts {
        *keyboard = under_words;
    }
    Composed { replies, explained }
}

/// Whether the turn has a translation for a learner who reads this language. Whoever reads English is shown the one there is.
pub(crate) fn is_translated(turn: &Turn, language: Language) -> bool {
    let said = &turn.assessment;
    let there =
        [&said.coaching_translated, &said.reply_translated].iter().any(|text| !text.trim().is_empty());
    there && (turn.translated_into == language || language == Language::En)
}

/// The translation alone, as wished for by a tap.
pub(crate) fn translation_of(turn: &Turn) -> Rich {
    let said = &turn.assessment;
    let coaching = markdown(said.coaching_translated.trim());
    let reply = markdown(said.reply_translated.trim());
    let gap = if coaching.is_blank() || reply.is_blank() { "" } else { "\n\n" };
    let mark = if reply.is_blank() { "" } else { "💬 " };
    coaching.push(Style::Plain, gap).push(Style::Plain, mark).append(reply)
}

/// The transcript with these of its words underlined.
fn underlined(transcript: &str, words: &[&SpokenWord]) -> Rich {
    let (mut text, mut rest) = (Rich::default(), transcript);
    for word in words.iter().map(|word| core(&word.text)).filter(|word| !word.is_empty()) {
        let Some((before, after)) = split_at_word(rest, word) else { continue };
        text = text.push(Style::Plain, before).push(Style::Underline, word);
        rest = after;
    }
    text.push(Style::Plain, rest)
}

/// The text before and after the first place where this word stands by itself.
fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    text.match_indices(word).find_map(|(at, found)| {
        let (before, after) = (text.get(..at)?, text.get(at + found.len()..)?);
        let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let alone = !joined(before.chars().next_back()) && !joined(after.chars().next());
        alone.then_some((before, after))
    })
}

/// The corrections alone, as wished for by a tap.
pub(crate) fn corrected(phrases: Phrases, turn: &Turn) -> Rich {
    section(Rich::default(), &phrases.corrections(), corrections_list(&turn.corrections))
}

/// Each on a line of its own; the words are a model's, so nothing in them may act.
pub(crate) fn corrections_list(corrections: &[Correction]) -> Rich {
    let lines = corrections.iter().take(correction::MOST).fold(Rich::default(), |text, one| {
        let gap = if text.spans().is_empty() { "• " } else { "\n• " };
        let text =
            text.push(Style::Plain, format!("{gap}{} → ", one.said)).push(Style::Bold, one.better.as_str());
        let why = if one.why.is_empty() { String::new() } else { format!(" ({})", one.why) };
        text.push(Style::Plain, why)
    });
    disarmed(lines)
}

/// A model's words as a learner reads them.
pub(crate) fn written(words: &str) -> Rich {
    markdown(words)
}

/// `/feedback`: the last coaching again, with its audio if the tutor has it.
pub(crate) fn compose_feedback(incoming: &Incoming, phrases: Phrases, turn: &Turn) -> Vec<Reply> {
    let said = &turn.assessment;
    let text = section(Rich::default(), &phrases.corrections(), corrections_list(&turn.corrections));
    let text = section(text, &phrases.coaching(), markdown(&said.coaching));
    let text = if is_translated(turn, phrases.0) { quote(text, &said.coaching_translated) } else { text };
    let mut replies = Reply::texts(incoming, text, Keyboard::default());
    if said.coaching_audio {
        let session = turn.session;
        let content = Content::Spoken {
            session,
            part: SpokenPart::Coaching,
            caption: Rich::default(),
            keyboard: Keyboard::default(),
        };
        replies.push(Reply::to(incoming, content));
    }
    if replies.is_empty() {
        replies = Reply::texts(incoming, phrases.nothing_yet(), Keyboard::default());
    }
    replies
}

fn section(text: Rich, heading: &str, body: Rich) -> Rich {
    if body.is_blank() {
        return text;
    }
    let gap = if text.spans().is_empty() { "" } else { "\n\n" };
    text.push(Style::Plain, gap).push(Style::Bold, heading).push(Style::Plain, "\n").append(body)
}

fn quote(text: Rich, body: &str) -> Rich {
    let body = body.trim();
    if body.is_empty() {
        return text;
    }
    let gap = if text.spans().is_empty() { "" } else { "\n\n" };
    text.push(Style::Plain, gap).append(markdown(body).quoted(Quote::Folded))
}
