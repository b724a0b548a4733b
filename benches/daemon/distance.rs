//! Sending to a Telegram at its real distance and with its limits: messages a second of those allowed, how
//! long learners wait beyond the tutor's own time, CPU per 1,000 turns, and how each grows with the number of
//! learners; compared with a plain bot that sends as it comes.
//!
//! `DAEMON_BENCH_TEXT_MS` (80) and `DAEMON_BENCH_VOICE_MS` (150) set the distance, `DAEMON_BENCH_LEARNERS`
//! and `DAEMON_BENCH_LIMIT` select one round. The tutor answers at once, with short voices, so that sending
//! is what is measured.

use crate::world::World;
use crate::{cpu, env, say};
use bytes::Bytes;
use phonicflow_bot::audio;
use phonicflow_bot::sandbox::bot_api::{BotApi, BotApiOptions, Call, Distance, LearnerProfile, RateLimits};
use phonicflow_bot::sandbox::tutor_api::{Speech, TutorOptions, tone};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// Longer than any round takes.
const PATIENCE: Duration = Duration::from_secs(900);
/// Turns that the tutor takes at once: more than it is given.
const TURNS: usize = 16;

/// What the learners send, all at once.
#[derive(Clone, Copy)]
enum Kind {
    /// A voice: answered by a text and a voice note.
    Voice,
    /// A command: answered by one text.
    Command,
}

/// Result of a round.
struct Figures {
    messages: usize,
    /// `None`: what fits into a burst says nothing about a rate.
    per_second: Option<f64>,
    refusals: usize,
    /// From sending to the first and to the last answer, ms, sorted.
    first: Vec<u64>,
    last: Vec<u64>,
    cpu: Option<Duration>,
}

fn distance() -> Distance {
    let ms = |name, default| Duration::from_millis(env(name).unwrap_or(default));
    Distance { text: ms("DAEMON_BENCH_TEXT_MS", 80), voice: ms("DAEMON_BENCH_VOICE_MS", 150) }
}

fn at(sorted: &[u64], percent: usize) -> f64 {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0) as f64 / 1e3
}

/// When a call's message appeared in its chat.
fn arrived(call: &Call) -> u64 {
    let half = if call.method == "sendVoice" { distance().voice } else { distance().text } / 2;
    call.at_ms + u64::try_from(half.as_millis()).unwrap_or(0)
}

fn sends(calls: &[Call]) -> impl Iterator<Item = &Call> {
    calls.iter().filter(|call| call.is_ok() && ["sendMessage", "sendVoice"].contains(&call.method.as_str()))
}

fn figures(telegram: &BotApi, begun_ms: u64, calls_before: usize, cpu: Option<Duration>) -> Figures {
    let (calls, refusals) =
        telegram.read(|state| (state.log().calls()[calls_before..].to_vec(), state.limits().refusals()));
    let mut of_chat: HashMap<i64, (u64, u64)> = HashMap::new();
    let mut times: Vec<u64> = Vec::new();
    for call in sends(&calls) {
        let time = arrived(call);
        times.push(time);
        // Form fields are texts.
        let text = call.str("chat_id").and_then(|id| id.parse().ok());
        let chat = of_chat.entry(call.int("chat_id").or(text).unwrap_or(0)).or_insert((time, time));
        chat.1 = chat.1.max(time);
    }
    times.sort_unstable();
    let span_ms = times.last().unwrap_or(&1) - times.first().unwrap_or(&0);
    let (mut first, mut last): (Vec<u64>, Vec<u64>) =
        of_chat.values().map(|(first, last)| (first - begun_ms, last - begun_ms)).unzip();
    first.sort_unstable();
    last.sort_unstable();
    let messages = times.len();
    let per_second = (span_ms > 2_000).then(|| (messages - 1) as f64 / (span_ms as f64 / 1e3));
    Figures { messages, per_second, refusals, first, last, cpu }
}

/// Waits until this many messages are out and their sender knows it.
async fn all_answered(telegram: &BotApi, calls_before: usize, due: usize) {
    let all = telegram.wait_until(PATIENCE, |state| {
        (sends(&state.log().calls()[calls_before..]).count() >= due).then_some(())
    });
    all.await.expect("all answered");
}

/// The daemon.
async fn ours(limit: usize, learners: usize, kind: Kind, voice: &Bytes, speech: &Bytes) -> Figures {
    let speech = Some(Speech::Bytes(speech.clone(), "audio/wav"));
    let options = TutorOptions {
        parallel: TURNS,
        busy_blocks_all: false,
        keep_audio: false,
        speech,
        ..TutorOptions::default()
    };
    let mut world = World::with_tutor(options).await;
    world.set("BOT_RATE_LIMIT", "false").set("BACKEND_CONCURRENCY", &TURNS.to_string());
    world.set("TELEGRAM_MESSAGES_PER_SECOND", &limit.to_string()).set("BOT_POLLING_TIMEOUT", "50");
    world.set("LOG_LEVEL", "warn");
    world.start();
    world.settled().await;
    world.telegram.set_rate_limits(Some(RateLimits::paid(limit)));
    world.telegram.set_distance(Some(distance()));
    let (calls, begun) = world.telegram.read(|state| (state.log().calls().len(), state.now_ms()));
    let before = cpu(world.pid());
    for n in 0..learners {
        let learner = world.telegram.learner(LearnerProfile::new(10_000 + n as i64, "Ana", "en"));
        match kind {
            Kind::Voice => drop(learner.voice(voice.clone(), 1)),
            Kind::Command => drop(learner.text("/help")),
        }
    }
    all_answered(&world.telegram, calls, learners * if matches!(kind, Kind::Voice) { 2 } else { 1 }).await;
    figures(&world.telegram, begun, calls, Some(cpu(world.pid()) - before))
}

/// A plain bot of ten lines: it sends as messages come; on a 429 it waits as long as asked and tries again.
async fn plain(telegram: BotApi, answers: usize) {
    // Fails if it was done before, which does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let base = format!("{}/bot{}", telegram.base_url(), telegram.token());
    let mut offset = 0;
    loop {
        let poll = json!({"offset": offset, "timeout": 50, "allowed_updates": ["message"]});
        let Some(batch) = call(&http, &format!("{base}/getUpdates"), &poll).await else { return };
        for update in batch["result"].as_array().into_iter().flatten() {
            offset = update["update_id"].as_i64().unwrap_or(0) + 1;
            let (http, url) = (http.clone(), format!("{base}/sendMessage"));
            let answer = json!({"chat_id": update["message"]["chat"]["id"], "text": "Hello!"});
            tokio::spawn(async move {
                for _ in 0..answers {
                    loop {
                        let Some(said) = call(&http, &url, &answer).await else { return };
                        let Some(secs) = said["parameters"]["retry_after"].as_u64() else { break };
                        tokio::time::sleep(Duration::from_secs(secs)).await;
                    }
                }
            });
        }
    }
}

async fn call(http: &reqwest::Client, url: &str, params: &Value) -> Option<Value> {
    let request = http.post(url).header("content-type", "application/json").body(params.to_string());
    serde_json::from_slice(&request.send().await.ok()?.bytes().await.ok()?).ok()
}

async fn theirs(limit: usize, learners: usize, kind: Kind) -> Figures {
    let telegram = BotApi::start(BotApiOptions::default()).await.unwrap();
    telegram.set_rate_limits(Some(RateLimits::paid(limit)));
    telegram.set_distance(Some(distance()));
    let answers = if matches!(kind, Kind::Voice) { 2 } else { 1 };
    let bot = tokio::spawn(plain(telegram.clone(), answers));
    let begun = telegram.read(|state| state.now_ms());
    for n in 0..learners {
        telegram.learner(LearnerProfile::new(10_000 + n as i64, "Ana", "en")).text("/help");
    }
    all_answered(&telegram, 0, learners * answers).await;
    let figures = figures(&telegram, begun, 0, None);
    bot.abort();
    figures
}

fn show(name: &str, limit: usize, learners: usize, figures: &Figures) {
    let Figures { messages, per_second, refusals, first, last, cpu } = figures;
    let rate = per_second.map_or_else(
        || "-".to_owned(),
        |rate| format!("{rate:.1}/s, {:.0} % of {limit}", rate / limit as f64 * 100.0),
    );
    let cpu = cpu.map_or_else(String::new, |cpu| {
        format!(", CPU per 1,000 turns {:.1} s", cpu.as_secs_f64() * 1e3 / learners as f64)
    });
    say(
        &format!("{name}, {learners} learners"),
        format!(
            "{messages} messages, {rate}, {refusals} 429s; first answer p50 {:.2} p95 {:.2} p99 {:.2} s, last {:.2} {:.2} {:.2} s{cpu}",
            at(first, 50),
            at(first, 95),
            at(first, 99),
            at(last, 50),
            at(last, 95),
            at(last, 99),
        ),
    );
}

/// The one as a multiple of the other, where both are there.
fn ratio(ours: Option<f64>, theirs: Option<f64>) -> String {
    match (ours, theirs.filter(|theirs| *theirs > 0.0)) {
        (Some(ours), Some(theirs)) => format!("{:.2}", ours / theirs),
        _ => "-".to_owned(),
    }
}

pub async fn rounds() {
    let voice = Bytes::from(audio::to_voice_note(tone(24_000, 300.0, 400)).unwrap().bytes);
    let speech = tone(24_000, 440.0, 300);
    let crowds: Vec<usize> = match env::<usize>("DAEMON_BENCH_LEARNERS") {
        Some(learners) => vec![learners],
        None => vec![1, 60, 200, 1_000],
    };
    let limits: Vec<usize> = env("DAEMON_BENCH_LIMIT").map_or_else(|| vec![30, 1_000], |limit| vec![limit]);
    for limit in limits {
        for learners in &crowds {
            for (what, kind) in [("voices", Kind::Voice), ("commands", Kind::Command)] {
                let ours = ours(limit, *learners, kind, &voice, &speech).await;
                show(&format!("limit {limit}, {what}"), limit, *learners, &ours);
                let theirs = theirs(limit, *learners, kind).await;
                show("  a plain bot", limit, *learners, &theirs);
                let p95 = |ours: &[u64], theirs: &[u64]| ratio(Some(at(ours, 95)), Some(at(theirs, 95)));
                say(
                    "  ratio to it: messages a second; p95 of the first and the last answer",
                    format!(
                        "{}; {}, {}",
                        ratio(ours.per_second, theirs.per_second),
                        p95(&ours.first, &theirs.first),
                        p95(&ours.last, &theirs.last)
                    ),
                );
            }
        }
    }
}
