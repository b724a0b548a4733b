//! Rules of a voice turn: which conversation it belongs to, and what the learner gets to read and hear.
//!
//! Pure: must not know how the tutor is asked or how replies are sent.

use super::assessment::Assessment;
use super::ids::Timestamp;
use super::incoming::{Chat, Incoming};
use super::learner::{Change, Learner, Translation};
use super::markdown::markdown;
use super::outcome::{Content, Keyboard, Reply, SpokenPart};
use super::phrases::Phrases;
use super::rich::{Quote, Rich, Style};
use super::session::{Session, SessionState};
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

/// The answer as the learner sees it: transcript, coaching and its Portuguese translation as a reply to the
/// voice; then the tutor's reply, spoken where possible. Missing parts leave no heading.
pub(crate) fn compose(
    incoming: &Incoming,
    learner: &Learner,
    phrases: Phrases,
    session: Uuid,
    said: &Assessment,
) -> Vec<Reply> {
    let portuguese = learner.translation == Translation::Always;
    let mut text = Rich::default();
    text = section(text, &phrases.you_said(), Rich::plain(said.transcript.trim()));
    text = section(text, &phrases.coaching(), markdown(&said.coaching));
    if portuguese {
        text = quote(text, &said.coaching_translated);
    }
    let mut replies = Reply::texts(incoming, text, Keyboard::default());

    let mut words = markdown(&said.reply);
    if portuguese {
        words = quote(words, &said.reply_translated);
    }
    if said.reply_audio && learner.voice_reply {
        replies.extend(Reply::spoken(incoming, session, SpokenPart::Conversational, words));
    } else if !words.is_blank() {
        let words = Rich::default().push(Style::Plain, "💬 ").append(words);
        replies.extend(Reply::texts(incoming, words, Keyboard::default()));
    }
    if replies.is_empty() || said.is_empty() && !said.reply_audio {
        replies = Reply::texts(incoming, phrases.empty_answer(), Keyboard::default());
    }
    replies
}

/// A model's words as a learner reads them.
pub(crate) fn written(words: &str) -> Rich {
    markdown(words)
}

/// `/feedback`: the last coaching again, with its audio if the tutor has it.
pub(crate) fn compose_feedback(
    incoming: &Incoming,
    phrases: Phrases,
    session: Uuid,
    said: &Assessment,
) -> Vec<Reply> {
    let text = section(Rich::default(), &phrases.coaching(), markdown(&said.coaching));
    let text = quote(text, &said.coaching_translated);
    let mut replies = Reply::texts(incoming, text, Keyboard::default());
    if said.coaching_audio {
        let content = Content::Spoken { session, part: SpokenPart::Coaching, caption: Rich::default() };
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
