//! Output of `stats`, as a table or as JSON. Must not know how things are counted.

use super::{moment, shared_text};
use crate::admin::request::StatsReport;
use crate::admin::shared::Shared;
use crate::domain::stats::{Count, Failure, Step, Tally};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The name of a count in the table.
fn words(count: Count) -> &'static str {
    match count {
        Count::Taken => "updates taken",
        Count::Repeated => "updates seen before",
        Count::Undecodable => "updates not understood",
        Count::RateLimited => "updates over the rate limit",
        Count::Turns => "voice turns",
        Count::Sent => "messages sent",
        Count::TurnRetries => "turns tried again",
        Count::SendRetries => "sends tried again",
        Count::SpeechRetries => "spoken answers tried again",
        Count::PollThrottled => "429 when polling",
        Count::SendThrottled => "429 when sending",
        Count::Ambiguous => "ambiguous sends",
        Count::DeadLetters => "given up",
        Count::Restores => "store restored",
        Count::WorkersOutOfMemory => "audio workers: memory",
        Count::WorkersOutOfCpu => "audio workers: CPU time",
        Count::WorkersOutOfTime => "audio workers: clock",
        Count::WorkersKilled => "audio workers killed",
        Count::WorkersCrashed => "audio workers crashed",
        Count::TextTurns => "text turns",
        Count::TokensIn => "tokens to the models",
        Count::TokensOut => "tokens from the models",
        Count::BudgetRefusals => "over the tokens of the day",
    }
}

fn date(report: &StatsReport) -> String {
    let midnight = report.stats.as_ref().map_or_else(Default::default, |stats| stats.midnight());
    moment(midnight).chars().take(10).collect()
}

pub(crate) fn stats_text(report: &StatsReport, shared: Option<&Shared>) -> String {
    let mut text = String::new();
    let holdings = &report.holdings;
    if let Some(stats) = &report.stats {
        let (today, all) = (&stats.today, &stats.since_start);
        let _ = writeln!(text, "{:<28} {:>12}  {:>20}", "", "TODAY (UTC)", "SINCE THE START");
        let mut line = |name: &str, today: &dyn std::fmt::Display, all: &dyn std::fmt::Display| {
            let _ = writeln!(text, "{name:<28} {today:>12}  {all:>20}");
        };
        line("", &date(report), &moment(stats.started));
        for count in Count::ALL {
            line(words(*count), &today.count(*count), &all.count(*count));
        }
        let hourly = |tally: &Tally, hours: f64| format!("{:.1}", tally.turns() as f64 / hours);
        let (now, then) = (hourly(today, stats.hours_today()), hourly(all, stats.hours_since_start()));
        line("turns an hour", &now, &then);
        line("failed attempts", &today.failures(), &all.failures());
        for kind in Failure::ALL.iter().filter(|kind| today.failed(**kind) + all.failed(**kind) > 0) {
            line(&format!("  {}", kind.name()), &today.failed(*kind), &all.failed(*kind));
        }
        for (title, tally) in [("SECONDS TODAY", today), ("SECONDS SINCE THE START", all)] {
            stages(&mut text, title, tally);
        }
        text.push('\n');
    } else {
        text.push_str("nothing was counted yet: start the daemon once\n\n");
    }
    let _ = writeln!(text, "IN THE STORE NOW");
    for (name, n) in [
        ("inbox", holdings.inbox),
        ("  of these being sent", holdings.delivering),
        ("dead letters", holdings.dead_letters),
        ("learners", holdings.learners),
        ("archived sessions", holdings.archived_sessions),
        ("turns kept", holdings.turns_kept),
    ] {
        let _ = writeln!(text, "{name:<28} {n:>12}");
    }
    if let Some(shared) = shared {
        text.push_str(&shared_text(shared));
    }
    text
}

fn stages(text: &mut String, title: &str, tally: &Tally) {
    if tally.latencies.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title:<28} {:>12}  {:>8}  {:>8}  {:>8}", "TIMES", "MEAN", "P50", "P95");
    for (step, latency) in &tally.latencies {
        let name = match step {
            Step::Queue => "waiting in the queue",
            Step::Download => "download",
            Step::Decode => "decode",
            Step::Slot => "waiting for the tutor",
            Step::Tutor => "tutor",
            Step::Hear => "speech recogniser",
            Step::Judge => "chat model, voices",
            Step::Speech => "spoken answer",
            Step::Encode => "encode",
            Step::Send => "send a message",
            Step::Turn => "whole voice turn",
            Step::FirstToken => "a model's first words",
            Step::TextTurn => "whole text turn",
        };
        let secs = |ms: f64| format!("{:.3}", ms / 1000.0);
        let (mean, p50, p95) =
            (secs(latency.mean_ms()), secs(latency.quantile_ms(0.5)), secs(latency.quantile_ms(0.95)));
        let _ = writeln!(text, "{name:<28} {:>12}  {mean:>8}  {p50:>8}  {p95:>8}", latency.count);
    }
}

/// `shared`: what whoever was asked is to a shared store; without one it is left out.
pub(crate) fn stats_json(report: &StatsReport, shared: Option<&Shared>) -> Value {
    let stats = report.stats.as_ref().map(|stats| {
        json!({
            "started": moment(stats.started),
            "updated": moment(stats.updated),
            "since_start": tally(&stats.since_start, stats.hours_since_start()),
            "day": date(report),
            "today": tally(&stats.today, stats.hours_today()),
        })
    });
    let mut fields = match stats {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.insert("now".into(), json!(report.holdings));
    if let Some(shared) = shared {
        fields.insert("shared_store".into(), json!(shared));
    }
    Value::Object(fields)
}

fn tally(tally: &Tally, hours: f64) -> Value {
    let counts: Map<String, Value> =
        Count::ALL.iter().map(|count| (count.name().into(), json!(tally.count(*count)))).collect();
    let failures: Map<String, Value> =
        Failure::ALL.iter().map(|kind| (kind.name().into(), json!(tally.failed(*kind)))).collect();
    let round = |ms: f64| (ms * 1000.0).round() / 1000.0;
    let latencies = tally.latencies.iter().map(|(step, latency)| {
        let figures = json!({
            "count": latency.count,
            "mean_ms": round(latency.mean_ms()),
            "p50_ms": round(latency.quantile_ms(0.5)),
            "p95_ms": round(latency.quantile_ms(0.95)),
        });
        (step.name().to_owned(), figures)
    });
    json!({
        "counts": counts,
        "failures": failures,
        "turns_per_hour": round(tally.turns() as f64 / hours),
        "latencies": latencies.collect::<Map<_, _>>(),
    })
}
