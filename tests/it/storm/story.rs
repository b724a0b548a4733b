//! What happened in a chat of a storm, for whoever has to find out why a promise was broken. Must not judge.

use super::engine::Aftermath;
use phonicflow_bot::sandbox::bot_api::{BotApi, Call};
use phonicflow_bot::sandbox::tutor_api::Turn;

/// Everything of a chat in the order of time, milliseconds since the start: what was asked, every send and edit with what
/// became of it, the tutor's turns behind its answers, and the kills.
pub fn of_chat(after: &Aftermath, chat: i64) -> Vec<String> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    let questions = after.questions.iter().filter(|question| question.chat == chat);
    for question in questions {
        lines.push((question.at_ms, format!("asked {} ({:?})", question.message_id, question.kind)));
    }
    let mut numbers = Vec::new();
    for call in calls(&after.telegram, chat) {
        let text = call.str("text").or(call.str("caption")).unwrap_or_default();
        numbers.extend(super::count::number(text));
        let to = call.params["reply_parameters"]["message_id"].as_i64();
        let begins: String = text.chars().take(48).collect();
        let line = format!("{} to {to:?}: {begins:?} {:?}", call.method, call.outcome);
        lines.push((call.at_ms, line));
    }
    let turns = after.tutor.turns();
    let of_answers = |turn: &&Turn| numbers.contains(&turn.number);
    let sessions: Vec<String> = turns.iter().filter(of_answers).map(|turn| turn.session.clone()).collect();
    for turn in turns.iter().filter(|turn| sessions.contains(&turn.session)) {
        lines.push((turn.received_ms, of_turn(turn)));
    }
    for (kill, at_ms) in after.killed_ms.iter().enumerate() {
        lines.push((*at_ms, format!("kill {kill}")));
    }
    lines.sort();
    // Kills say something only between what happened here.
    let first = lines.iter().position(|(_, line)| line.starts_with("asked")).unwrap_or(0);
    lines.drain(..first);
    lines.into_iter().map(|(at_ms, line)| format!("{at_ms:>8} {line}")).collect()
}

/// A turn of the tutor in a line.
pub fn of_turn(turn: &Turn) -> String {
    let Turn { number, session, samples, finished_ms, abandoned, .. } = turn;
    format!("turn {number} in {session}: {samples} samples, done {finished_ms:?}, abandoned {abandoned}")
}

/// Whether two turns may be of one voice: as long, and not far from each other.
pub fn may_be_one_voice(one: &Turn, other: &Turn) -> bool {
    one.samples == other.samples && one.received_ms.abs_diff(other.received_ms) < 10_000
}

/// What was called for a chat.
fn calls(telegram: &BotApi, chat: i64) -> Vec<Call> {
    let all = ["sendMessage", "sendVoice", "editMessageText", "deleteMessage"];
    let of_chat = |call: &Call| call.int("chat_id") == Some(chat);
    all.iter().flat_map(|method| telegram.calls(method)).filter(of_chat).collect()
}
