//! Whether a lost answer is in the tutor's history. Pure; must not know how the tutor is asked.

use crate::domain::{Assessment, RecordedTurn};

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
