//! Records of every version ever written still open: the bytes under `tests/fixtures/records` are the proof.
//!
//! A record lies in the folder of the version it has had since it last changed: most are still of version 1.
//! A fixture is never changed or removed. A test that turns red here says that the layout on disk has changed: give the
//! record a new version and an upgrade (see `store::records`), and add a folder of fixtures for the new version.
//! `UPDATE_FIXTURES=1` writes the ones that are missing.

use crate::store_contract::{T0, at, block_on, command, message, policy, reply, sticker, voice};
use phonicflow_bot::domain::card::{Memory, Review};
use phonicflow_bot::domain::drill::{Asked, Drill, Grade, Graded, Item, Missed};
use phonicflow_bot::domain::rate::RateState;
use phonicflow_bot::domain::rich::{Format, Kind, Quote};
use phonicflow_bot::domain::stats::{Count, Failure, Latency, Stats, Step, Tally};
use phonicflow_bot::domain::*;
use phonicflow_bot::store::records::{self, IndexEntry, LogKey, Menu, Moved, NextSeq, Record, Seen};
use phonicflow_bot::store::{MemoryDisk, Purge, StoreError, keys};
use std::fmt::Debug;
use std::path::PathBuf;
use uuid::Uuid;

#[path = "store_records/heard.rs"]
mod heard;
#[path = "store_records/opened.rs"]
mod opened;
#[path = "store_records/practice.rs"]
mod practice;
#[path = "store_records/samples.rs"]
mod samples;
#[path = "store_records/variants.rs"]
mod variants;

use samples::*;

fn folder() -> PathBuf {
    folder_of(1)
}

fn folder_of(version: u8) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/records/v{version}"))
}

/// The committed bytes of a fixture of version 1.
fn fixture(name: &str, todays: &[u8]) -> Vec<u8> {
    fixture_of(1, name, todays)
}

fn fixture_of(version: u8, name: &str, todays: &[u8]) -> Vec<u8> {
    let path = folder_of(version).join(name);
    if !path.exists() && std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, todays).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Today's program writes the sample as it always did, and reads the old bytes as the sample.
fn holds<R: Record + Debug + PartialEq>(name: &str, sample: &R) {
    let todays = records::encode(sample).unwrap();
    let committed = fixture_of(R::VERSION, &format!("{name}.bin"), &todays);
    assert_eq!(&records::decode::<R>(&committed).unwrap(), sample, "{name}");
    assert_eq!(todays, committed, "{name}: the layout on disk has changed");
}

/// Bytes of an older version, which today's program no longer writes, are read as the sample.
fn opens<R: Record + Debug + PartialEq>(version: u8, name: &str, sample: &R) {
    let committed = std::fs::read(folder_of(version).join(format!("{name}.bin"))).unwrap();
    assert_eq!((committed[0], R::VERSION > version), (version, true), "{name}");
    assert_eq!(&records::decode::<R>(&committed).unwrap(), sample, "{name}");
}

#[test]
fn version_1_of_every_record_opens() {
    opens(1, "learner", &learner());
    opens(1, "session", &session(2, Some(at(6))));
    opens(1, "turn", &turn());
    for (name, job) in jobs() {
        opens(1, name, &job);
    }
    opens(1, "dead-letter", &letter());
    for (name, message) in outbox() {
        opens(1, name, &message);
    }
    holds("rate", &RateState { tat: at(3), noticed_at: Some(at(2)) });
    holds("purge", &PURGE);
    holds("seen", &Seen { update_id: -5 });
    holds("moved", &Moved { to: ChatId(-1_001) });
    holds("next-seq", &NextSeq(1 << 40));
    holds("mark", &IndexEntry);
    holds("membership", &Membership { member: true, at: at(8) });
    holds("told", &Told { at: at(9), of: at(8) });
    let key = LogKey(std::array::from_fn(|n| n as u8));
    let bytes = records::encode(&key).unwrap();
    assert_eq!(bytes, fixture("log-key.bin", &bytes));
    assert!(records::decode::<LogKey>(&bytes).unwrap() == key);
    // Kinds that came with version 2 of others.
    holds("hidden", &Hidden { channel: "@school".to_owned(), since: at(8) });
    holds("menu", &Menu { of: UserId(17) });
}

/// Rows and dead letters since they name the update of what they deliver; and what is written field by field.
#[test]
fn version_2_opens() {
    for (name, job) in jobs() {
        opens(2, name, &job);
    }
    let words = job(8, Task::Deliver { update_id: Some(83) }, Stage::Answered);
    opens(2, "job-deliver-update", &words);
    opens(2, "dead-letter", &letter());
    opens(2, "dead-letter-words", &DeadLetter { job: Job { seq: 41, ..words }, ..letter() });
    holds("learner", &learner());
    let imported = Learner { level: Some(Level::Advanced), imported_at: Some(at(9)), ..learner() };
    holds("learner-of-another-bot", &imported);
    holds("session", &session(2, Some(at(6))));
    for (name, message) in outbox() {
        holds(name, &message);
    }
    holds("turn", &turn());
    let chat = Chat { id: ChatId(-5), kind: ChatKind::Group, thread: Some(12) };
    let written = Turn {
        kind: TurnKind::Text,
        model: Some("qwen3:8b".to_owned()),
        chat: Some(chat),
        tokens: Tokens { input: 700, output: 90 },
        ..turn()
    };
    holds("turn-written", &written);
    let correction = |said: &str, kind| Correction {
        said: said.to_owned(),
        better: "I go".to_owned(),
        why: "one".to_owned(),
        kind,
    };
    let fluency = Fluency { words_per_minute: 96, pauses_percent: 31, longest_pause_ms: 1_900, fillers: 2 };
    let corrected = Turn {
        corrections: CorrectionKind::ALL.map(|kind| correction(kind.name(), kind)).to_vec(),
        fluency: Some(fluency),
        seq: 1 << 33,
        translated_into: Language::En,
        ..turn()
    };
    holds("turn-corrected", &corrected);
    let pressed = vec![("slow".to_owned(), at(9))];
    holds("turn-pressed", &Turn { to_draw: true, pressed, ..corrected.clone() });
    let notes = SentNotes { reply: Some("AwACAgI".to_owned()), coaching: None };
    holds("turn-spoken", &Turn { notes, ..corrected });
    let talks = Learner {
        persona: Some("examiner".to_owned()),
        model: Some("lan/qwen3:8b".to_owned()),
        tokens: DayTokens { day: 19_675, used: 4_000 },
        told_gone: Some("gone".to_owned()),
        ..learner()
    };
    holds("learner-who-writes", &talks);
    let settled =
        Learner { zone: Some("America/Sao_Paulo".to_owned()), daily_goal: 15, slower: true, ..learner() };
    holds("learner-with-settings", &settled);
    holds("learner-in-practice", &Learner { new_cards_per_day: Some(5), drill: drill(), ..learner() });
    let class = Chat { id: ChatId(-1_001_500), kind: ChatKind::Group, thread: Some(7) };
    let elsewhere = vec![session(3, None).held_in(class), session(4, None).held_in(chat)];
    holds("learner-in-places", &Learner { elsewhere, ..learner() });
    holds("session-in-a-topic", &session(2, Some(at(6))).held_in(class));
    holds("turn-of-another", &Turn { of_another: true, ..turn() });
    holds("session-written-in", &Session { text_turns: 2, ..session(2, Some(at(6))) });
    holds("learner-underlining", &Learner { underlining_explained: true, ..learner() });
    holds("session-of-several-tutors", &Session { tutor: Some(TutorId(7)), ..session(2, None) });
    let crowded = Learner { crowded_notice_at: Some(at(11)), ..learner() };
    holds("learner-crowded", &crowded);
    holds("learner-in-spanish", &Learner { language: LanguageChoice::Fixed(Language::Es), ..learner() });
    let spoken = OutMessage { words_sent: true, ..outbox().swap_remove(2).1 };
    holds("out-spoken-words-sent", &spoken);
    let content = Content::Spoken {
        session: uuid(3),
        part: SpokenPart::Conversational,
        caption: Rich::plain("a ").push(Style::Underline, "b"),
        keyboard: Keyboard::row(&[("Slower", "slow:7:8")]),
    };
    holds("out-spoken-buttons", &OutMessage::new(0, Reply { content, ..reply(-5, "") }));
    let content = Content::Text { text: formatted(), keyboard: Keyboard::default() };
    holds("out-formatted", &OutMessage::new(0, Reply { content, ..reply(-5, "") }));
    for (name, made) in [
        ("out-made-export", Made::Export { format: ExportFormat::Json }),
        ("out-made-markdown", Made::Export { format: ExportFormat::Markdown }),
        ("out-made-cards", Made::CardsCsv),
        ("out-made-progress", Made::Progress),
        ("out-made-intonation", Made::Intonation { turn: 300 }),
        ("out-made-slower", Made::Slower { turn: 300 }),
        ("out-made-coaching", Made::CoachingAudio { turn: 300 }),
    ] {
        holds(name, &OutMessage::new(0, Reply { content: Content::Made(made), ..reply(-5, "") }));
    }
}

/// A practice with everything there may be in one.
/// Rows and dead letters with a count and a reason for each thing that may go wrong.
#[test]
fn version_3_opens() {
    for (name, job) in jobs() {
        holds(name, &job);
    }
    holds("job-every-field", &job_of_version_3());
    // Written as ever where the place in the queue is what it always was, else with it.
    for (seq, name) in (20..).zip(["new", "reset", "delete"]) {
        let task = Task::Handle(command(78, 1, 1, name), Admission::Admitted);
        holds(&format!("job-{name}"), &job(seq, task, Stage::Taken));
    }
    let text = jobs().swap_remove(2).1;
    holds("job-placed", &Job { work: WorkKind::Tutor, leaving: true, ..text });
    let failing = Job { turn_failures: 2, waiting_for: Some(WaitReason::TutorFailing), ..job_of_version_3() };
    holds("job-turn-failures", &failing);
    let stage = Stage::Asked { model: "lan/qwen3:8b".to_owned(), attempt: 3 };
    let waiting_for = Some(WaitReason::ModelDown);
    let asked = Job { stage, model_failures: 2, waiting_for, ..job_of_version_3() };
    holds("job-asked", &asked);
    let quoting = Body::Quoting { text: "why?".to_owned(), quoted: "I goes".to_owned() };
    let quoting = Task::Handle(message(81, 1, 1, quoting), Admission::Admitted);
    holds("job-quoting", &Job { task: quoting, ..job_of_version_3() });
    let Body::Voice(recording) = voice(82, -17, -5).body else { panic!("no voice") };
    let coach = Task::Handle(message(82, 1, 1, Body::Coach { recording, own: true }), Admission::Admitted);
    holds("job-coach", &Job { task: coach, ..job_of_version_3() });
    let draw = Job::new(9, UserId(-17), ChatId(-5), Placement::UNASKED, T0, Task::Draw { turn: 7 });
    holds("job-draw", &draw);
    let task = Task::Handle(command(78, 1, 1, "help"), Admission::Admitted);
    holds("job-aside", &Job::new(9, UserId(-17), ChatId(-5), Placement::ASIDE, T0, task));
    holds("job-in-passing", &Job { in_passing: vec![uuid(4), uuid(5)], ..job_of_version_3() });
    holds("job-overtook", &Job { overtook: true, ..job_of_version_3() });
    let file = |kind, mime: Option<&str>| File {
        kind,
        file_id: "file".to_owned(),
        size: Some(5),
        mime: mime.map(str::to_owned),
    };
    let files = vec![file(FileKind::Picture, Some("image/jpeg")), file(FileKind::Document, None)];
    let files =
        Files { album: Some("77".to_owned()), caption: "what?".to_owned(), files, unaddressed: false };
    let task = Task::Handle(message(80, 1, 1, Body::Files(files)), Admission::Admitted);
    holds("job-files", &Job { task, ..job_of_version_3() });
    holds("job-progress-begun", &Job { progress: None, progress_begun: true, ..job_of_version_3() });
    let reasons = DeadReason::ALL.map(|reason| DeadLetter { job: job_of_version_3(), reason, ..letter() });
    for letter in reasons {
        holds(&format!("dead-letter-{}", letter.reason.name()), &letter);
    }
}

/// A field nobody knows here is a newer program's: leaving it out would lose it.
#[test]
fn a_field_of_a_newer_program_is_no_damage() {
    let mut bytes = records::encode(&job_of_version_3()).unwrap();
    bytes.extend([200, 1, 0]);
    let refused = records::decode::<Job>(&bytes).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { kind: "inbox row", version: 200, .. }), "{refused}");
    // What is cut short or there twice is damage.
    for damaged in [&bytes[..bytes.len() - 1], &bytes[..20], &[&bytes[..], &[200, 1, 0]].concat()] {
        let refused = records::decode::<Job>(damaged).unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
    }
}

/// The counts there were when version 1 was first written. Later ones are kept beside them: a count is stored under its
/// name, so a new one changes no layout.
const FIRST_COUNTS: usize = 14;
const FIRST_FAILURES: usize = 12;
const FIRST_STEPS: usize = 9;

fn numbers() -> Stats {
    numbers_of(&Count::ALL[..FIRST_COUNTS])
}

fn numbers_of(counts: &[Count]) -> Stats {
    all_numbers(counts, &Failure::ALL[..FIRST_FAILURES], &Step::ALL[..FIRST_STEPS])
}

fn all_numbers(counts: &[Count], failures: &[Failure], steps: &[Step]) -> Stats {
    let latency = Latency { count: 3, sum_us: 4_500_000, buckets: vec![0, 1, 0, 2] };
    let tally = Tally {
        counts: counts.iter().copied().zip(1..).collect(),
        failures: failures.iter().copied().zip(1..).collect(),
        latencies: steps.iter().map(|step| (*step, latency.clone())).collect(),
    };
    Stats { started: T0, updated: at(9), since_start: tally.clone(), day: 19_675, today: tally.plus(&tally) }
}

#[test]
fn the_numbers_of_version_1_are_read() {
    assert_eq!(keys::stats(), b"0n");
    holds("numbers", &numbers());
    holds("numbers-with-workers", &numbers_of(&Count::ALL[..FIRST_COUNTS + 5]));
    let (failures, steps) = (FIRST_FAILURES + 14, FIRST_STEPS + 2);
    let counts = &Count::ALL[..FIRST_COUNTS + 9];
    holds("numbers-with-models", &all_numbers(counts, &Failure::ALL[..failures], &Step::ALL[..steps]));
    let old = std::fs::read(folder().join("numbers.bin")).unwrap();
    block_on(async {
        let store = MemoryDisk::holding([(keys::stats(), old)]).open().unwrap();
        assert_eq!(store.stats().await.unwrap(), Some(numbers()));
        let newer = Stats { day: 19_676, ..numbers() };
        store.keep_stats(newer.clone()).await.unwrap();
        assert_eq!(store.stats().await.unwrap(), Some(newer));
    });
}
