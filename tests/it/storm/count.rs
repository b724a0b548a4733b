//! The result of a storm: every promise about lost and doubled messages as a number that must be 0, and some
//! figures.

use super::engine::Aftermath;
use super::load::{Kind, Question};
use super::story;
use crate::world::World;
use phonicflow_bot::sandbox::bot_api::{BotApi, ChatEntry, EntryKind, Outcome};
use phonicflow_bot::sandbox::tutor_api::{Turn, Violation};
use phonicflow_bot::store::Store;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Rows left in a stopped daemon's store.
pub async fn left_in_store(world: &World) -> usize {
    let store = Store::open(&world.store_folder()).unwrap();
    let counts = store.counts().await.unwrap();
    let jobs = store.jobs(None, 10_000).await.unwrap().len();
    let dead = store.dead_letters(None, 10_000).await.unwrap().len();
    store.close().await.unwrap();
    jobs + dead + counts.inbox + counts.delivering + counts.leased + counts.dead
}

/// How often the store was set back: each time the database before is kept.
pub fn set_back(world: &World) -> usize {
    let root = world.store_folder();
    let beside = std::fs::read_dir(root.parent().unwrap()).unwrap();
    beside
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("damaged-"))
        .count()
}

/// The result.
#[derive(Debug, Default)]
pub struct Count {
    pub messages: usize,
    pub voices: usize,
    /// Questions that came to the chat model, repeated ones included.
    pub asked: usize,
    pub kills: usize,
    /// Messages without all that was due.
    pub lost: Vec<String>,
    /// Telegram messages that came twice, in all.
    pub duplicates: usize,
    /// The most that came twice after one kill.
    pub duplicates_of_one_kill: usize,
    /// The most that came twice in one chat after one kill.
    pub duplicates_of_one_chat: usize,
    /// Spoken answers whose words went out before them, because the voice was late.
    pub words_first: usize,
    /// Turns in the tutor's books that no message needed.
    pub doubled: usize,
    /// Answers given to another message than their own.
    pub mixed_up: Vec<String>,
    /// Answers not in the order of the questions, within a chat's lane.
    pub disordered: Vec<String>,
    /// Words about the wait that came after the answer, or twice: no kill excuses them.
    pub late_words: Vec<String>,
    /// Words about the wait that still stand beside the answer: they were in flight at a kill.
    pub stumps: usize,
    /// The most of them after one kill.
    pub stumps_of_one_kill: usize,
    /// What the tutor had to complain about.
    pub violations: Vec<Violation>,
    /// Messages Telegram refused with 429.
    pub refused: usize,
    /// Of these, the ones within [`EARLY_MS`] after a kill.
    pub refused_early: usize,
    /// What happened in the chats of which a promise was broken, and the turns that no message needed.
    pub stories: Vec<String>,
    pub left: usize,
    /// Databases that did not open after a kill, and were set back to an export.
    pub set_back: usize,
    pub peak_kb: u64,
    pub struck: BTreeMap<String, usize>,
}

/// The first moments of a start, milliseconds.
const EARLY_MS: u64 = 2_000;
/// No more chats are told of.
const STORIES: usize = 6;

/// Messages and signs refused with 429 in the first moments of a start.
fn refused_early(after: &Aftermath) -> usize {
    let refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused { code: 429, .. });
    let early = |at: u64| after.killed_ms.iter().any(|kill| (*kill..kill + EARLY_MS).contains(&at));
    after.telegram.read(|state| {
        state.log().calls().iter().filter(|call| refused(&call.outcome) && early(call.at_ms)).count()
    })
}

/// One answer, with its place among everything the bot sent.
type Answer = (usize, ChatEntry);

/// How often something was said of the wait for each question, as far as Telegram did not refuse it.
fn told(telegram: &BotApi) -> HashMap<(i64, i64), usize> {
    let mut told = HashMap::new();
    for call in telegram.calls("sendMessage") {
        let refused = matches!(call.outcome, Outcome::Refused { .. } | Outcome::Fault);
        let question = call.params["reply_parameters"]["message_id"].as_i64();
        if call.str("text").is_some_and(is_of_the_wait)
            && !refused
            && let (Some(chat), Some(question)) = (call.int("chat_id"), question)
        {
            *told.entry((chat, question)).or_default() += 1;
        }
    }
    told
}

/// Counts.
pub fn count(after: &Aftermath) -> Count {
    let mut answers: HashMap<i64, Vec<Answer>> = HashMap::new();
    for (place, entry) in after.telegram.sent().into_iter().enumerate() {
        if let Some(question) = entry.reply_to {
            answers.entry(question).or_default().push((place, entry));
        }
    }
    let turns = after.tutor.turns();
    let told = told(&after.telegram);
    let mut count = Count {
        messages: after.questions.len(),
        kills: after.kills.len(),
        asked: after.asked,
        left: after.left,
        peak_kb: after.peak_kb,
        struck: after.struck.clone(),
        refused: after.telegram.read(|state| state.limits().refusals()),
        refused_early: refused_early(after),
        ..Count::default()
    };
    let mut used = HashSet::new();
    let mut troubled: BTreeSet<i64> = BTreeSet::new();
    let mut after_kill: HashMap<usize, usize> = HashMap::new();
    let mut after_kill_in_chat: HashMap<(usize, i64), usize> = HashMap::new();
    let mut stumps_after_kill: HashMap<usize, usize> = HashMap::new();
    let mut lanes: HashMap<(i64, bool), (usize, usize)> = HashMap::new();
    for question in &after.questions {
        let id = question.message_id;
        let complaints = |count: &Count| {
            count.lost.len() + count.mixed_up.len() + count.disordered.len() + count.late_words.len()
        };
        let before = complaints(&count);
        let all = answers.remove(&id).unwrap_or_default();
        let (waits, come): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, entry)| is_of_the_wait(&entry.text));
        let answered = come.first().map(|(place, _)| *place);
        for (place, entry) in &waits {
            if answered.is_some_and(|answered| *place > answered) {
                count.late_words.push(format!("{question:?} was told to wait after it was answered"));
            }
            if !entry.deleted {
                count.stumps += 1;
                let kill = after.kills.partition_point(|sent| sent <= place);
                *stumps_after_kill.entry(kill).or_default() += 1;
                *after_kill_in_chat.entry((kill, question.chat)).or_default() += 1;
            }
        }
        if told.get(&(question.chat, id)).is_some_and(|times| *times > 1) {
            count.late_words.push(format!("{question:?} was told twice to wait"));
        }
        let (words, texts): (Vec<_>, Vec<_>) =
            of_kind(&come, EntryKind::Text).into_iter().partition(|(_, entry)| is_words(&entry.text));
        count.words_first += usize::from(!words.is_empty());
        let notes = of_kind(&come, EntryKind::Voice);
        let due_notes = usize::from(matches!(question.kind, Kind::Voice { .. }));
        if texts.is_empty() || notes.len() < due_notes {
            count.lost.push(format!("{question:?} got {} texts and {} notes", texts.len(), notes.len()));
        }
        for copies in [&texts, &words, &notes] {
            for (first, _) in copies.iter().take(copies.len().saturating_sub(1)) {
                count.duplicates += 1;
                let kill = after.kills.partition_point(|sent| sent <= first);
                *after_kill.entry(kill).or_default() += 1;
                *after_kill_in_chat.entry((kill, question.chat)).or_default() += 1;
            }
        }
        if due_notes == 0 && !notes.is_empty() || come.len() != texts.len() + words.len() + notes.len() {
            count.mixed_up.push(format!("{question:?} got what it did not ask for"));
        }
        // The text goes before its voice note, and all of it after the answers to older questions of the lane.
        if let (Some((text, _)), Some((note, _))) = (texts.first(), notes.first())
            && note < text
        {
            count.disordered.push(format!("{question:?}: the voice note came before the text"));
        }
        let lane = lanes.entry((question.chat, in_conversation(question))).or_default();
        for (place, _) in come.first().iter().chain(&come.last()) {
            if *place < lane.0 {
                count.disordered.push(format!("{question:?} was answered before an older question"));
            }
            lane.0 = lane.0.max(*place);
        }
        if let Kind::Voice { samples } = question.kind {
            count.voices += 1;
            let numbers: HashSet<usize> = come.iter().filter_map(|(_, entry)| number(&entry.text)).collect();
            let one = numbers.iter().next().copied().filter(|_| numbers.len() == 1);
            let turn = one.and_then(|number| turns.get(number.checked_sub(1)?));
            let fits = turn.is_some_and(|turn| turn.samples == samples && used.insert(turn.number));
            if !fits && !come.is_empty() {
                count.mixed_up.push(format!("{question:?} was answered from turns {numbers:?}"));
            }
            let number = one.unwrap_or(0);
            if number < lane.1 {
                count.disordered.push(format!("{question:?} went to the tutor before an older one"));
            }
            lane.1 = number;
        }
        if complaints(&count) > before {
            troubled.insert(question.chat);
        }
    }
    let doubles = after_kill_in_chat.iter().filter(|(_, times)| **times > 1);
    troubled.extend(doubles.map(|((_, chat), _)| *chat));
    count.duplicates_of_one_kill = after_kill.values().copied().max().unwrap_or(0);
    count.stumps_of_one_kill = stumps_after_kill.values().copied().max().unwrap_or(0);
    count.set_back = after.set_back;
    count.duplicates_of_one_chat = after_kill_in_chat.values().copied().max().unwrap_or(0);
    let unused = turns.iter().filter(|turn| turn.finished_ms.is_some() && !used.contains(&turn.number));
    let unused: Vec<_> = unused.collect();
    count.doubled = unused.len();
    let of_the_voice = |turn: &&Turn| unused.iter().any(|one| story::may_be_one_voice(one, turn));
    count.stories = turns.iter().filter(of_the_voice).map(story::of_turn).collect();
    for chat in troubled.into_iter().take(STORIES) {
        count.stories.push(format!("chat {chat}:"));
        count.stories.extend(story::of_chat(after, chat));
    }
    let known = |violation: &Violation| {
        // A killed daemon's call that the tutor had not noticed to be abandoned.
        matches!(violation, Violation::Overlap { earlier_abandoned: true, .. })
    };
    count.violations = after.tutor.violations().into_iter().filter(|found| !known(found)).collect();
    count
}

fn of_kind(come: &[Answer], kind: EntryKind) -> Vec<Answer> {
    come.iter().filter(|(_, entry)| entry.kind == kind).cloned().collect()
}

/// What is said of the wait, as long as it has not become the answer.
pub fn is_of_the_wait(text: &str) -> bool {
    text.starts_with('⏳') || text.ends_with("✍️ …")
}

/// The words of a spoken answer on their own.
fn is_words(text: &str) -> bool {
    text.starts_with("I heard number")
}

fn in_conversation(question: &Question) -> bool {
    question.kind != Kind::Aside
}

/// The turn an answer tells it belongs to.
pub fn number(text: &str) -> Option<usize> {
    text.split("number ").nth(1)?.split_whitespace().next()?.parse().ok()
}

impl Count {
    /// Nothing lost, nothing twice.
    pub fn holds(&self) -> bool {
        self.lost.is_empty()
            && self.duplicates_of_one_chat <= 1
            && self.doubled == 0
            && self.mixed_up.is_empty()
            && self.disordered.is_empty()
            && self.late_words.is_empty()
            && self.violations.is_empty()
            && self.left == 0
            && self.set_back == 0
    }

    /// For the reader of a test or bench.
    pub fn table(&self) -> String {
        let rows = [
            ("messages", format!("{}, {} of them voices", self.messages, self.voices)),
            ("kills", self.kills.to_string()),
            ("questions to the model", self.asked.to_string()),
            ("messages lost", self.lost.len().to_string()),
            (
                "Telegram messages twice",
                format!(
                    "{}, at most {} after one kill, {} of one chat",
                    self.duplicates, self.duplicates_of_one_kill, self.duplicates_of_one_chat
                ),
            ),
            ("tutor turns doubled", self.doubled.to_string()),
            ("answers mixed up", self.mixed_up.len().to_string()),
            ("answers out of order", self.disordered.len().to_string()),
            ("told of the wait too late", self.late_words.len().to_string()),
            (
                "left beside the answer",
                format!("{}, at most {} after one kill", self.stumps, self.stumps_of_one_kill),
            ),
            ("tutor's complaints", self.violations.len().to_string()),
            ("words before a late voice", self.words_first.to_string()),
            ("left in the store", self.left.to_string()),
            ("stores set back", self.set_back.to_string()),
            ("429s", format!("{}, {} within 2 s of a kill", self.refused, self.refused_early)),
            ("highest resident memory", format!("{:.1} MB", self.peak_kb as f64 / 1024.0)),
            ("calls open at the kills", format!("{:?}", self.struck)),
        ];
        let mut table = String::new();
        for (what, figure) in rows {
            table.push_str(&format!("  {what:<28} {figure}\n"));
        }
        for what in [&self.lost, &self.mixed_up, &self.disordered, &self.late_words] {
            for line in what.iter().take(20) {
                table.push_str(&format!("  ! {line}\n"));
            }
        }
        for violation in self.violations.iter().take(20) {
            table.push_str(&format!("  ! {violation:?}\n"));
        }
        for line in &self.stories {
            table.push_str(&format!("  | {line}\n"));
        }
        table
    }
}
