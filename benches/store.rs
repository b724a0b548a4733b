//! What the store costs: `cargo bench --bench store`. Prints figures and asserts nothing about time.
//!
//! `STORE_BENCH_SESSIONS` sets the number of learners with a session (default 100,000). `STORE_BENCH=engines` measures all
//! engines of this machine side by side and nothing else, `STORE_BENCH=messages` messages on sled, `STORE_BENCH=cards` cards.

// What the tests share with benches fails by panicking, and not all of it is used here.
#[allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#[path = "../tests/it/databases.rs"]
mod databases;
#[allow(dead_code, clippy::unwrap_used)]
#[path = "../tests/it/engines.rs"]
mod engines;
#[allow(clippy::indexing_slicing)]
#[path = "store/side_by_side.rs"]
mod side_by_side;

use phonicflow_bot::domain::card::{CardChange, Memory, NewCard, Review};
use phonicflow_bot::domain::{
    Body, Change, Chat, ChatId, ChatKind, Content, Incoming, Keyboard, MessageId, Outcome, Recording, Reply,
    Rich, Session, Timestamp, UserId, WorkKind,
};
use phonicflow_bot::placement;
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::{AcceptPolicy, Claimed, Sent, Store, StoreError};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

const POLICY: AcceptPolicy = AcceptPolicy { per_user: None, global: None, waiting_each: None, placement };

fn voice(update_id: i64, user: i64) -> Incoming {
    Incoming {
        update_id,
        chat: Chat { id: ChatId(user), kind: ChatKind::Private, thread: None },
        user: UserId(user),
        client_language: Some("pt-BR".to_owned()),
        message: Some(MessageId(update_id)),
        date: NOW,
        body: Body::Voice(Recording {
            file_id: "AwACAgIAAxkBAAIBZ2VeXl9sbG9uZ2lzaC1maWxlLWlkLWFzLXRoZXktYXJlAAJ".to_owned(),
            size: Some(20_000),
            duration_secs: Some(5),
            mime: Some("audio/ogg".to_owned()),
            extension: None,
        }),
    }
}

fn answer(user: i64) -> Outcome {
    let text = Rich::plain("A reply of a usual length, such as the tutor gives to a learner. ".repeat(6));
    let content = Content::Text { text, keyboard: Keyboard::default() };
    Outcome::reply(vec![Reply { chat: ChatId(user), thread: None, answers: None, content }])
}

fn per_second(what: &str, count: usize, took: Duration) {
    let each = took.as_secs_f64() * 1e6 / count as f64;
    println!("{what:<58} {:>10.0} /s {each:>10.1} us each", count as f64 / took.as_secs_f64());
}

/// Resident memory, MB, where the system tells.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kb: f64 = line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0.0);
    kb / 1024.0
}

fn disk_mb(folder: &Path) -> f64 {
    let sizes =
        std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| entry.metadata().ok());
    sizes.map(|meta| meta.len() as f64).sum::<f64>() / 1e6
}

async fn messages(folder: &Path) -> Result<(), StoreError> {
    let store = Store::open(folder)?;

    let singles = 2_000;
    let start = Instant::now();
    for id in 0..singles {
        store.accept(vec![voice(id, id % 1000)], POLICY, NOW).await?;
    }
    per_second("accept and flush, one message at a time", 2_000, start.elapsed());
    let start = Instant::now();
    for batch in 0..80 {
        let first = singles + batch * 100;
        store.accept((first..first + 100).map(|id| voice(id, id % 1000)).collect(), POLICY, NOW).await?;
    }
    per_second("accept and flush, messages in batches of 100", 8_000, start.elapsed());
    println!("{:<58} {:>10.1} MB", "resident with 10,000 rows of 1,000 chats waiting", resident_mb());
    store.close().await?;
    let start = Instant::now();
    let store = Store::open(folder)?;
    println!("{:<58} {:>10.1} ms", "open with 10,000 rows waiting", start.elapsed().as_secs_f64() * 1e3);

    let start = Instant::now();
    let mut cycles = 0;
    while cycles < 3_000 {
        cycle(&store).await?;
        cycles += 1;
    }
    per_second("claim, commit, claim, delivered: one worker", cycles, start.elapsed());
    let start = Instant::now();
    let workers = (0..16).map(|_| async {
        for _ in 0..300 {
            cycle(&store).await?;
        }
        Ok::<(), StoreError>(())
    });
    futures_util::future::try_join_all(workers).await?;
    per_second("claim, commit, claim, delivered: 16 workers at once", 4_800, start.elapsed());
    store.close().await
}

async fn cycle(store: &Store) -> Result<(), StoreError> {
    if let Some(claim) = store.claim(WorkKind::Tutor, NOW).await?.row() {
        store.commit(claim.lease, answer(claim.job.user.0), NOW).await?;
    }
    if let Some(claim) = store.claim(WorkKind::Delivery, NOW).await?.row() {
        for message in claim.outbox {
            store.delivered(claim.lease, message.index, Sent::Done).await?;
        }
    }
    Ok(())
}

/// What encryption costs: the same work on a plain and on an encrypted store.
async fn encryption(folder: &Path) -> Result<(), StoreError> {
    let key = KeyMaterial::new(vec![7; 32]);
    let mut took = Vec::new();
    for (name, key) in [("plain", None), ("sealed", Some(&key))] {
        let store = Store::open_keyed(&folder.join(name), key)?;
        let start = Instant::now();
        for id in 0..2_000 {
            store.accept(vec![voice(id, id % 100)], POLICY, NOW).await?;
            cycle(&store).await?;
        }
        took.push(start.elapsed());
        per_second(&format!("accept, claim, commit, claim, delivered: {name}"), 2_000, start.elapsed());
        store.close().await?;
    }
    if let [plain, sealed] = took[..] {
        println!("{:<58} {:>10.2} times", "sealed to plain", sealed.as_secs_f64() / plain.as_secs_f64());
    }
    Ok(())
}

async fn sessions(folder: &Path, count: i64) -> Result<(), StoreError> {
    let store = Store::open(folder)?;
    let start = Instant::now();
    for first in (0..count).step_by(100) {
        let users = first..(first + 100).min(count);
        store.accept(users.clone().map(|user| voice(user, user)).collect(), POLICY, NOW).await?;
        let claims =
            futures_util::future::try_join_all(users.map(|_| store.claim(WorkKind::Tutor, NOW))).await?;
        let commits = claims.into_iter().filter_map(Claimed::row).map(|claim| {
            let session = Session::open(Uuid::new_v4(), claim.job.user, NOW);
            let outcome = Outcome { changes: vec![Change::SessionOpened(session)], ..Outcome::default() };
            store.commit(claim.lease, outcome, NOW)
        });
        futures_util::future::try_join_all(commits).await?;
    }
    per_second(&format!("{count} sessions made, each with its message"), count as usize, start.elapsed());
    store.close().await?;
    println!("{:<58} {:>10.1} MB", "on disk", disk_mb(folder));
    Ok(())
}

async fn lookups(folder: &Path, count: i64) -> Result<(), StoreError> {
    let start = Instant::now();
    let store = Store::open(folder)?;
    println!(
        "{:<58} {:>10.1} ms",
        format!("open with {count} sessions"),
        start.elapsed().as_secs_f64() * 1e3
    );
    println!("{:<58} {:>10.1} MB", "resident after opening", resident_mb());
    let pick = |n: i64| UserId((n.wrapping_mul(7_919_317)).rem_euclid(count));
    for (what, from) in
        [("learner by id, cold", 0), ("learner by id, again", 0), ("learner by id, others", 20_000)]
    {
        let start = Instant::now();
        for n in from..from + 20_000 {
            if store.learner(pick(n)).await?.and_then(|learner| learner.session).is_none() {
                println!("no session for {}", pick(n));
            }
        }
        per_second(what, 20_000, start.elapsed());
    }
    let start = Instant::now();
    let (mut cursor, mut found) = (None, 0);
    loop {
        let page = store.sessions(cursor, 1000).await?;
        found += page.sessions.len();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    per_second("sessions listed in pages of 1,000", found, start.elapsed());
    println!("{:<58} {:>10.1} MB", "resident after reading them all", resident_mb());
    store.close().await
}

/// The daily export, and restoring one.
async fn exports(folder: &Path, count: i64) -> Result<(), StoreError> {
    let store = Store::open(&folder.join("sessions"))?;
    let path = folder.join("store.export");
    // How long others wait: until the records are collected, not until the file is flushed and checked.
    let start = Instant::now();
    let (exported, waited) = futures_util::future::try_join(store.export(path.clone(), NOW), async {
        store.counts().await?;
        Ok(start.elapsed())
    })
    .await?;
    let took = start.elapsed();
    let what = format!("export of {count} sessions, {} records", exported.records);
    println!(
        "{what:<58} {:>10.1} ms, of which the store waits {:.1} ms",
        took.as_secs_f64() * 1e3,
        waited.as_secs_f64() * 1e3
    );
    println!("{:<58} {:>10.1} MB", "its size", exported.bytes as f64 / 1e6);
    store.close().await?;
    let start = Instant::now();
    let into = folder.join("restored");
    let rebuilt = phonicflow_bot::store::rebuild::rebuild(
        &phonicflow_bot::store::export::Source::open(&path)?,
        &phonicflow_bot::store::sled::SledFolder(&into),
        None,
        NOW,
        &mut |_, _| (),
    )?;
    let what = format!("restored, {} rows set aside", rebuilt.set_aside);
    println!("{what:<58} {:>10.1} ms", start.elapsed().as_secs_f64() * 1e3);
    println!("{:<58} {:>10.1} MB", "resident after that", resident_mb());
    Ok(())
}

/// `sessions list` without a daemon: time and peak memory of the command.
fn listing(folder: &Path, count: i64) -> Result<(), Box<dyn std::error::Error>> {
    let home = folder.join("home");
    std::fs::create_dir(&home)?;
    std::fs::rename(folder.join("sessions"), home.join("store"))?;
    for arguments in [&["sessions", "list"][..], &["sessions", "list", "--sort", "activity"]] {
        let start = Instant::now();
        let mut client = Command::new(env!("CARGO_BIN_EXE_phonicflow-bot"))
            .args(arguments)
            .env_clear()
            .env("SESSION_STORAGE_PATH", &home)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = 0_usize;
        let mut peak = String::new();
        let mut out = BufReader::new(client.stdout.take().ok_or("no output")?);
        let mut line = Vec::new();
        while out.read_until(b'\n', &mut line)? > 0 {
            line.clear();
            lines += 1;
            // The client is alive until the pipe is drained.
            if lines as i64 == count - 1_000 {
                let status = std::fs::read_to_string(format!("/proc/{}/status", client.id()))?;
                peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default().to_owned();
            }
        }
        client.wait()?;
        per_second(&arguments.join(" "), lines, start.elapsed());
        println!("{:<58} {}", "its peak of memory", peak.trim_start_matches("VmHWM:").trim());
    }
    Ok(())
}

/// What `/practice` looks up for a learner of 10,000 cards, among a million of all.
async fn cards(folder: &Path) -> Result<(), StoreError> {
    const EACH: i64 = 10_000;
    const LEARNERS: i64 = 100;
    let store = Store::open(folder)?;
    let start = Instant::now();
    for user in 0..LEARNERS {
        store.accept(vec![voice(user, user)], POLICY, NOW).await?;
        let Some(claim) = store.claim(WorkKind::Tutor, NOW).await?.row() else { continue };
        let card = |n: i64| {
            CardChange::Add(NewCard {
                front: format!("I have {n} years since I was born"),
                back: format!("I have been {n} years old since my last birthday"),
                why: "age is said with to be".to_owned(),
                kind: None,
                source: None,
            })
        };
        // Half of them were reviewed, and are due.
        let memory = Memory { stability: 3.0, difficulty: 5.0, reviewed: Some(19_000) };
        let review = |n: i64| {
            let id = u32::try_from(n + 1).unwrap_or_default();
            CardChange::Reviewed(id, Review { memory, due: 19_600, reps: 1, lapses: 0 })
        };
        let cards = (0..EACH).map(card).chain((0..EACH / 2).map(review)).collect();
        store.commit(claim.lease, Outcome { cards, ..Outcome::default() }, NOW).await?;
    }
    per_second("cards kept", (EACH * LEARNERS) as usize, start.elapsed());
    println!("{:<58} {:>10.1} MB", "on disk", disk_mb(folder));
    store.close().await?;
    let store = Store::open(folder)?;
    let (reader, today) = (store.reader(), 19_675);
    for (what, first) in [("what /practice looks up, cold", 0), ("what /practice looks up, again", 0)] {
        let start = Instant::now();
        let learners = 20;
        for user in (first..first + learners).map(UserId) {
            reader.day(user, today).await?;
            let counts = reader.card_counts(user, today).await?;
            let (due, new) = (
                reader.due_cards(user, false, today, 1).await?,
                reader.due_cards(user, true, today, 1).await?,
            );
            if counts.cards != EACH as usize || due.len() + new.len() != 2 {
                println!("{counts:?} of {user}");
            }
        }
        per_second(what, learners as usize, start.elapsed());
    }
    store.close().await
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count =
        std::env::var("STORE_BENCH_SESSIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match std::env::var("STORE_BENCH").as_deref() {
        Ok("cards") => return Ok(runtime.block_on(cards(&folder.path().join("cards")))?),
        Ok("messages") => return Ok(runtime.block_on(messages(&folder.path().join("messages")))?),
        Ok("engines") => return Ok(runtime.block_on(side_by_side::measure())?),
        _ => {}
    }
    runtime.block_on(async {
        side_by_side::measure().await?;
        messages(&folder.path().join("messages")).await?;
        encryption(folder.path()).await?;
        sessions(&folder.path().join("sessions"), count).await?;
        lookups(&folder.path().join("sessions"), count).await?;
        exports(folder.path(), count).await?;
        cards(&folder.path().join("cards")).await
    })?;
    listing(folder.path(), count)?;
    Ok(())
}
