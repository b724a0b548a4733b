//! Rules of a voice turn: which conversation it belongs to, whether a lost answer is in the tutor's history,
//! and what the learner gets to read and hear.
//!
//! Pure: must not know how the tutor is asked or how replies are sent.

use super::assessment::{Assessment, RecordedTurn};
use super::ids::Timestamp;
use super::incoming::Incoming;
use super::learner::{Change, Learner, Translation};
use super::markdown::markdown;
use super::outcome::{Content, Keyboard, Reply, SpokenPart};
use super::phrases::Phrases;
use super::rich::{Quote, Rich, Style};
use super::session::{Session, SessionState};
use uuid::Uuid;

/// The conversation that a message sent at `at` belongs to: the open one, or a new one (with `fresh_id`) if
/// there is none or it was idle longer than `timeout_ms`. The returned changes record it.
pub(crate) fn session_for(
    learner: &Learner,
    fresh_id: Uuid,
    at: Timestamp,
    timeout_ms: i64,
) -> (Session, Vec<Change>) {
    match &learner.session {
        Some(open) if open.state(at, timeout_ms) == SessionState::Active => {
            (open.clone(), vec![Change::SessionTouched(open.id, at)])
        }
        _ => {
            let session = Session::open(fresh_id, learner.user, at);
            (session.clone(), vec![Change::SessionOpened(session)])
        }
    }
}

/// What the tutor's history says about a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TutorHistory {
    /// Number of turns, and the latest one.
    Turns(u32, Option<RecordedTurn>),
    /// The tutor does not know the conversation (yet).
    Unknown,
    /// This tutor keeps no history.
    NotOffered,
}

/// What to do about a turn whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The history has it: this is the answer.
    Recorded {
        turn: RecordedTurn,
        /// Turns in the history.
        count: u32,
    },
    /// The tutor may still be working on it.
    KeepLooking,
    /// It was not recorded: the voice may be submitted again.
    NotRecorded,
    /// It is impossible to know, and it was submitted twice already.
    Hopeless,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct LostTurn<'a> {
    /// Turns in the history before it was submitted.
    pub baseline: u32,
    /// The last turn known before it.
    pub last_known: Option<&'a Assessment>,
    /// How long its outcome has been unknown, ms.
    pub uncertain_ms: i64,
    /// How long the tutor may still be working on it, ms (`BACKEND_TIMEOUT`).
    pub window_ms: i64,
    /// How often the voice was submitted.
    pub submissions: u32,
}

/// Judges an answer to `GET /conversation`. Even a tutor without history is given its time: it may still work
/// on the turn, and it must never get two calls of one session at once.
pub(crate) fn judge_lost_turn(lost: LostTurn<'_>, history: TutorHistory) -> Finding {
    let waiting = lost.uncertain_ms < lost.window_ms;
    match history {
        TutorHistory::Turns(count, Some(turn)) if is_new(&lost, count, &turn) => {
            Finding::Recorded { turn, count }
        }
        // It has answered in this conversation before and no longer knows it: it was restarted, so it is not
        // working on the turn.
        TutorHistory::Unknown if lost.baseline > 0 => Finding::NotRecorded,
        _ if waiting => Finding::KeepLooking,
        TutorHistory::NotOffered if lost.submissions >= 2 => Finding::Hopeless,
        _ => Finding::NotRecorded,
    }
}

/// Whether `last` is the lost turn: the count grew by one; or it is unexpected (the tutor was restarted, or
/// counts differently) and the latest turn is not the one known before.
fn is_new(lost: &LostTurn<'_>, count: u32, last: &RecordedTurn) -> bool {
    if count == lost.baseline.saturating_add(1) {
        return true;
    }
    count != lost.baseline && count > 0 && !lost.last_known.is_some_and(|known| last.is_copy_of(known))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(user: &str) -> RecordedTurn {
        RecordedTurn { user: user.into(), coaching: "c".into(), conversational: "r".into() }
    }

    #[test]
    fn a_lost_turn_is_judged_by_count_time_and_what_we_know() {
        let known = Assessment { transcript: "old".into(), reply: "r".into(), ..Assessment::default() };
        let some = |count, user: &str| TutorHistory::Turns(count, Some(recorded(user)));
        let is = |f: &Finding| match f {
            Finding::Recorded { .. } => "recorded",
            Finding::KeepLooking => "look",
            Finding::NotRecorded => "again",
            Finding::Hopeless => "hopeless",
        };
        for (name, baseline, last_known, uncertain, submissions, history, expected) in [
            ("grown", 3, Some(&known), 0, 1, some(4, "new"), "recorded"),
            ("grown, same words", 3, Some(&known), 0, 1, some(4, "old"), "recorded"),
            ("not grown yet", 3, Some(&known), 10, 1, some(3, "old"), "look"),
            ("not grown, window over", 3, Some(&known), 100, 1, some(3, "old"), "again"),
            ("fresh and empty", 0, None, 10, 1, TutorHistory::Turns(0, None), "look"),
            ("fresh, unknown, may come", 0, None, 10, 1, TutorHistory::Unknown, "look"),
            ("fresh, unknown, window over", 0, None, 100, 1, TutorHistory::Unknown, "again"),
            ("fresh, unknown, yet again", 0, None, 100, 5, TutorHistory::Unknown, "again"),
            ("tutor restarted, conversation unknown", 3, Some(&known), 10, 1, TutorHistory::Unknown, "again"),
            ("no history, may be at work", 3, Some(&known), 10, 1, TutorHistory::NotOffered, "look"),
            ("no history, once more", 3, Some(&known), 100, 1, TutorHistory::NotOffered, "again"),
            ("no history, second time", 3, Some(&known), 100, 2, TutorHistory::NotOffered, "hopeless"),
            ("tutor restarted, ours is its first", 5, Some(&known), 10, 1, some(1, "new"), "recorded"),
            ("tutor came back with old turns only", 5, Some(&known), 10, 1, some(2, "old"), "look"),
            ("tutor counts messages, not turns", 2, Some(&known), 10, 1, some(4, "old"), "look"),
        ] {
            let lost = LostTurn { baseline, last_known, uncertain_ms: uncertain, window_ms: 60, submissions };
            assert_eq!(is(&judge_lost_turn(lost, history)), expected, "{name}");
        }
    }
}
