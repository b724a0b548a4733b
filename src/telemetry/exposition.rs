//! What `/metrics` shows: names, help texts and labels of everything exported, in Prometheus text (its exposition format,
//! version 0.0.4).
//!
//! Label values come from closed sets and the configuration; no user, session or text is one. Must not know HTTP or how the gauges are gathered.

mod shared;

pub(crate) use shared::{SharedGauges, render_standby};

use crate::domain::stats::{BOUNDS_US, Count, Failure, Latency, Poll, Step, Tally};
use std::fmt::{Display, Write};
use std::sync::Arc;

/// A label and its value; none for a metric of one series.
type Labels = &'static [(&'static str, &'static str)];

/// Name, help text, and the source of each series.
type Family<S> = (&'static str, &'static str, &'static [(Labels, S)]);

const COUNTERS: &[Family<Count>] = &[
    (
        "phonicflow_updates_total",
        "Updates received from Telegram, by what became of them.",
        &[
            (&[("kind", "taken")], Count::Taken),
            (&[("kind", "repeated")], Count::Repeated),
            (&[("kind", "undecodable")], Count::Undecodable),
            (&[("kind", "rate_limited")], Count::RateLimited),
        ],
    ),
    (
        "phonicflow_turns_total",
        "Turns answered and recorded: voices by the tutor, texts by a chat model.",
        &[(&[("kind", "voice")], Count::Turns), (&[("kind", "text")], Count::TextTurns)],
    ),
    (
        "phonicflow_model_tokens_total",
        "Tokens of recorded text turns, as the model's server counts or as estimated: in (question and context), out (answer).",
        &[(&[("kind", "in")], Count::TokensIn), (&[("kind", "out")], Count::TokensOut)],
    ),
    (
        "phonicflow_model_budget_refusals_total",
        "Texts not answered because the learner's tokens of the day were used up.",
        &[(&[], Count::BudgetRefusals)],
    ),
    (
        "phonicflow_retries_total",
        "Attempts put off to be repeated, by what is repeated.",
        &[
            (&[("of", "turn")], Count::TurnRetries),
            (&[("of", "send")], Count::SendRetries),
            (&[("of", "speech")], Count::SpeechRetries),
        ],
    ),
    (
        "phonicflow_telegram_throttled_total",
        "Requests that Telegram answered with 429, by call.",
        &[(&[("call", "poll")], Count::PollThrottled), (&[("call", "send")], Count::SendThrottled)],
    ),
    (
        "phonicflow_ambiguous_sends_total",
        "Sends of which nobody can know whether they arrived.",
        &[(&[], Count::Ambiguous)],
    ),
    (
        "phonicflow_dead_letters_total",
        "Messages given up and kept as dead letters.",
        &[(&[], Count::DeadLetters)],
    ),
    ("phonicflow_messages_sent_total", "Messages that Telegram took.", &[(&[], Count::Sent)]),
    (
        "phonicflow_store_restores_total",
        "Restores of a damaged store since the start.",
        &[(&[], Count::Restores)],
    ),
    (
        "phonicflow_audio_workers_lost_total",
        "Audio workers that ended in the middle of a recording, by kind of end.",
        &[
            (&[("kind", "memory")], Count::WorkersOutOfMemory),
            (&[("kind", "cpu")], Count::WorkersOutOfCpu),
            (&[("kind", "clock")], Count::WorkersOutOfTime),
            (&[("kind", "killed")], Count::WorkersKilled),
            (&[("kind", "crashed")], Count::WorkersCrashed),
        ],
    ),
];

type Value = fn(&Gauges) -> f64;

const GAUGES: &[Family<Value>] = &[
    (
        "phonicflow_inbox_messages",
        "Messages in the inbox, whatever their stage.",
        &[(&[], |now| known(now.store.map(|(inbox, ..)| inbox as f64)))],
    ),
    (
        "phonicflow_inbox_capacity_messages",
        "Messages in the inbox at which polling pauses.",
        &[(&[], |now| now.inbox_capacity as f64)],
    ),
    (
        "phonicflow_outbox_messages",
        "Messages in the inbox whose answer is being sent.",
        &[(&[], |now| known(now.store.map(|(_, delivering, _)| delivering as f64)))],
    ),
    (
        "phonicflow_dead_letters_kept",
        "Dead letters kept.",
        &[(&[], |now| known(now.store.map(|(.., dead)| dead as f64)))],
    ),
    (
        "phonicflow_oldest_waiting_seconds",
        "Age of the oldest message that is not answered, in work or not, by kind of work; 0: there is none.",
        &[
            (&[("kind", "tutor")], |now| known(now.oldest_secs.map(|[tutor, _]| tutor as f64))),
            (&[("kind", "model")], |now| known(now.oldest_secs.map(|[_, model]| model as f64))),
        ],
    ),
    (
        "phonicflow_workers_busy",
        "Messages being worked on, by kind of work.",
        &[
            (&[("kind", "tutor")], |now| now.busy_tutor as f64),
            (&[("kind", "local")], |now| now.busy_local as f64),
            (&[("kind", "delivery")], |now| now.busy_delivery as f64),
            (&[("kind", "model")], |now| now.busy_model as f64),
        ],
    ),
    ("phonicflow_tutor_slots", "Turns the tutor may work on at once.", &[(&[], |now| now.slots as f64)]),
    ("phonicflow_tutor_slots_used", "Turns the tutor works on.", &[(&[], |now| now.slots_used as f64)]),
    (
        "phonicflow_tutor_reachable",
        "1: the tutor answered the last call, or was not called yet.",
        &[(&[], |now| flag(now.tutor_reachable))],
    ),
    (
        "phonicflow_tutor_unreachable_seconds",
        "How long the tutor has been out of reach; 0 when it is not.",
        &[(&[], |now| now.tutor_unreachable_secs as f64)],
    ),
    (
        "phonicflow_tutor_failing",
        "1: the tutor is there, but no turn succeeds any more.",
        &[(&[], |now| flag(now.tutor_failing_secs.is_some()))],
    ),
    (
        "phonicflow_tutor_failing_seconds",
        "How long no turn has succeeded although the tutor is there; 0 when they do.",
        &[(&[], |now| now.tutor_failing_secs.unwrap_or(0) as f64)],
    ),
    (
        "phonicflow_last_poll_age_seconds",
        "Time since the last completed poll, or since the start before the first.",
        &[(&[], |now| known(now.poll_age_secs.map(|secs| secs as f64)))],
    ),
    (
        "phonicflow_last_poll_age_limit_seconds",
        "Age of the last poll above which polling counts as stale, as configured.",
        &[(&[], |now| now.poll_age_limit_secs as f64)],
    ),
    (
        "phonicflow_store_size_bytes",
        "Size of the store's folder on disk, exports included.",
        &[(&[], |now| known(now.store_bytes.map(|bytes| bytes as f64)))],
    ),
    (
        "phonicflow_store_restored_timestamp_seconds",
        "When a damaged store was restored last; 0: not that is known.",
        &[(&[], |now| now.restored_at_secs as f64)],
    ),
    ("phonicflow_healthy", "1: /health answers 200.", &[(&[], |now| flag(now.healthy))]),
    (
        "phonicflow_process_start_time_seconds",
        "When the daemon was started, since the epoch.",
        &[(&[], |now| now.started_secs)],
    ),
    (
        "phonicflow_build_info",
        "Always 1; the label says which program this is.",
        &[(&[("version", env!("CARGO_PKG_VERSION"))], |_| 1.0)],
    ),
];

/// What cannot be told is no number: an old one would look like a fact.
fn known(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

fn flag(set: bool) -> f64 {
    f64::from(u8::from(set))
}

/// Values read at the moment of a scrape; what they mean stands in [`GAUGES`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Gauges {
    /// Rows in the inbox, rows in delivery, dead letters; `None` if the store did not answer.
    pub store: Option<(usize, usize, usize)>,
    /// Of the oldest rows that wait for the tutor and for a chat model; `None` if the store did not answer.
    pub oldest_secs: Option<[u64; 2]>,
    pub inbox_capacity: usize,
    pub busy_tutor: usize,
    pub busy_local: usize,
    pub busy_delivery: usize,
    pub busy_model: usize,
    pub slots: usize,
    pub slots_used: usize,
    pub tutor_reachable: bool,
    pub tutor_unreachable_secs: u64,
    /// `None` when turns succeed.
    pub tutor_failing_secs: Option<u64>,
    /// `None` when the bot is switched off.
    pub poll_age_secs: Option<u64>,
    pub poll_age_limit_secs: u64,
    /// `None` if they could not be counted.
    pub store_bytes: Option<u64>,
    /// Unix seconds, 0 if there was none.
    pub restored_at_secs: i64,
    pub healthy: bool,
    /// Unix seconds.
    pub started_secs: f64,
    /// The servers the tutor consists of, where there is more than one, and whether they do what they are asked.
    pub tutor_parts: Vec<(String, bool)>,
    /// Of a shared store.
    pub shared: Option<SharedGauges>,
    /// Each model server, by its name in the configuration, and whether its breaker is open.
    pub model_servers: Vec<(Arc<str>, bool)>,
}

/// Prometheus text of this moment. Everything is shown from the start, with 0 where nothing has happened.
pub(crate) fn render(
    tally: &Tally,
    polls: impl Fn(Poll) -> u64,
    model_failures: impl Fn(&Arc<str>, Failure) -> u64,
    gauges: &Gauges,
) -> String {
    let mut page = Page::default();
    for (name, help, series) in COUNTERS {
        page.family(name, "counter", help);
        for (labels, count) in *series {
            page.sample(name, labels, tally.count(*count));
        }
    }
    let failures = "phonicflow_failures_total";
    page.family(failures, "counter", "Failed attempts at a message, by kind.");
    for kind in Failure::ALL {
        page.sample(failures, &[("kind", kind.name())], tally.failed(*kind));
    }
    page.family("phonicflow_polls_total", "counter", "Completed polls.");
    page.sample("phonicflow_polls_total", &[], polls(Poll::Completed));
    let failures = "phonicflow_poll_failures_total";
    page.family(failures, "counter", "Failed polls, by kind.");
    for result in Poll::ALL.iter().filter(|result| **result != Poll::Completed) {
        page.sample(failures, &[("kind", result.name())], polls(*result));
    }
    let (turn, stage) = ("phonicflow_turn_duration_seconds", "phonicflow_stage_duration_seconds");
    let latency = |step: Step| tally.latency(step).cloned().unwrap_or_default();
    page.family(turn, "histogram", "From the acceptance of a message to its last reply being out.");
    page.histogram(turn, &[("kind", "voice")], &latency(Step::Turn));
    page.histogram(turn, &[("kind", "text")], &latency(Step::TextTurn));
    page.family(stage, "histogram", "How long a stage of the work on a message took.");
    for step in Step::ALL.iter().filter(|step| !matches!(step, Step::Turn | Step::TextTurn)) {
        page.histogram(stage, &[("stage", step.name())], &latency(*step));
    }
    for (name, help, series) in GAUGES {
        page.family(name, "gauge", help);
        for (labels, value) in *series {
            page.sample(name, labels, value(gauges));
        }
    }
    if !gauges.tutor_parts.is_empty() {
        let up = "phonicflow_tutor_part_up";
        page.family(
            up,
            "gauge",
            "1: this server of the tutor did what it was last asked, or was not asked yet.",
        );
        for (part, is_up) in &gauges.tutor_parts {
            page.sample(up, &[("part", part)], flag(*is_up));
        }
    }
    if !gauges.model_servers.is_empty() {
        let (failures, breaker) = ("phonicflow_model_failures_total", "phonicflow_model_breaker_open");
        page.family(failures, "counter", "Failed questions to a model server, by kind.");
        for (server, _) in &gauges.model_servers {
            for kind in Failure::ALL.iter().filter(|kind| kind.is_of_a_model()) {
                let labels = [("server", &**server), ("kind", kind.name())];
                page.sample(failures, &labels, model_failures(server, *kind));
            }
        }
        page.family(breaker, "gauge", "1: the model server failed too often; it is asked again after a pause, and closes the breaker with an answer.");
        for (server, open) in &gauges.model_servers {
            page.sample(breaker, &[("server", &**server)], flag(*open));
        }
    }
    if let Some(shared) = &gauges.shared {
        page.shared(shared);
    }
    page.0
}

/// The text so far. Nothing that is written to a string can fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (place, (label, value)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{before}{label}=\"{value}\"");
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], latency: &Latency) {
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        for (place, bound) in BOUNDS_US.iter().enumerate() {
            below += latency.buckets.get(place).copied().unwrap_or(0);
            let bound = (*bound as f64 / 1e6).to_string();
            self.sample(&bucket, &[labels, &[("le", &bound)]].concat(), below);
        }
        self.sample(&bucket, &[labels, &[("le", "+Inf")]].concat(), latency.count);
        self.sample(&format!("{name}_sum"), labels, latency.sum_us as f64 / 1e6);
        self.sample(&format!("{name}_count"), labels, latency.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_count_is_shown_once() {
        let shown: Vec<_> =
            COUNTERS.iter().flat_map(|(_, _, series)| *series).map(|(_, count)| *count).collect();
        assert_eq!(shown.len(), Count::ALL.len());
        assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), Count::ALL.iter().copied().collect());
    }

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let mut page = Page::default();
        page.sample("x", &[("a", "1\"2\\3\n4"), ("b", "")], 5);
        assert_eq!(page.0, "x{a=\"1\\\"2\\\\3\\n4\",b=\"\"} 5\n");
    }
}
