//! What `/metrics` shows: names, help texts and labels of all metrics, in Prometheus text format.
//!
//! Alone knows `metrics` and its exporter. Label values come from closed sets; none is a user, a session or a
//! text. Must not know HTTP or how the gauges are gathered.

use crate::domain::stats::{BOUNDS_US, Count, Failure, Step, Tally};
use metrics::{Histogram, Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::fmt;
use std::time::Duration;

const STAGE: &str = "phonicflow_stage_duration_seconds";
const TURN: &str = "phonicflow_turn_duration_seconds";
const UPDATES: &str = "phonicflow_updates_total";
const TURNS: &str = "phonicflow_turns_total";
const FAILURES: &str = "phonicflow_failures_total";
const RETRIES: &str = "phonicflow_retries_total";
const THROTTLED: &str = "phonicflow_telegram_throttled_total";
const AMBIGUOUS: &str = "phonicflow_ambiguous_sends_total";
const DEAD: &str = "phonicflow_dead_letters_total";
const SENT: &str = "phonicflow_messages_sent_total";
const RESTORES: &str = "phonicflow_store_restores_total";
const WORKERS: &str = "phonicflow_audio_workers_lost_total";
const POLLS: &str = "phonicflow_polls_total";
const POLL_FAILURES: &str = "phonicflow_poll_failures_total";

const COUNTERS: &[(&str, &str)] = &[
    (UPDATES, "Updates received from Telegram, by what became of them."),
    (TURNS, "Voice turns answered by the tutor and recorded."),
    (FAILURES, "Failed attempts at a message, by kind."),
    (RETRIES, "Attempts put off to be repeated, by what is repeated."),
    (THROTTLED, "Requests that Telegram answered with 429, by call."),
    (AMBIGUOUS, "Sends of which nobody can know whether they arrived."),
    (DEAD, "Messages given up and kept as dead letters."),
    (SENT, "Messages that Telegram took."),
    (RESTORES, "Restores of a damaged store since the start."),
    (WORKERS, "Audio workers that ended in the middle of a recording, by kind of end."),
    (POLLS, "Completed polls."),
    (POLL_FAILURES, "Failed polls, by kind."),
];

const GAUGES: &[(&str, &str)] = &[
    ("phonicflow_inbox_messages", "Messages in the inbox, whatever their stage."),
    ("phonicflow_inbox_capacity_messages", "Messages in the inbox at which polling pauses."),
    ("phonicflow_outbox_messages", "Messages in the inbox whose answer is being sent."),
    ("phonicflow_dead_letters_kept", "Dead letters kept."),
    ("phonicflow_workers_busy", "Messages being worked on, by kind of work."),
    ("phonicflow_tutor_slots", "Turns the tutor may work on at once."),
    ("phonicflow_tutor_slots_used", "Turns the tutor works on."),
    ("phonicflow_tutor_reachable", "1: the tutor answered the last call, or was not called yet."),
    ("phonicflow_tutor_unreachable_seconds", "How long the tutor has been out of reach; 0 when it is not."),
    ("phonicflow_tutor_failing", "1: the tutor is there, but no turn succeeds any more."),
    (
        "phonicflow_tutor_failing_seconds",
        "How long no turn has succeeded although the tutor is there; 0 when they do.",
    ),
    (
        "phonicflow_last_poll_age_seconds",
        "Time since the last completed poll, or since the start before the first.",
    ),
    (
        "phonicflow_last_poll_age_limit_seconds",
        "Age of the last poll above which polling counts as stale, as configured.",
    ),
    ("phonicflow_store_size_bytes", "Size of the store's folder on disk, exports included."),
    (
        "phonicflow_store_restored_timestamp_seconds",
        "When a damaged store was restored last; 0: not that is known.",
    ),
    ("phonicflow_healthy", "1: /health answers 200."),
    ("phonicflow_process_start_time_seconds", "When the daemon was started, since the epoch."),
    ("phonicflow_build_info", "Always 1; the label says which program this is."),
];

/// Result of one `getUpdates` call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poll {
    Completed,
    /// 409: another program polls with the same token.
    Conflict,
    /// 409: a webhook is set.
    Webhook,
    Unauthorized,
    Throttled,
    /// Telegram failed or could not be reached.
    Unavailable,
    Other,
}

impl Poll {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Completed,
        Self::Conflict,
        Self::Webhook,
        Self::Unauthorized,
        Self::Throttled,
        Self::Unavailable,
        Self::Other,
    ];

    fn kind(self) -> Option<&'static str> {
        match self {
            Self::Completed => None,
            Self::Conflict => Some("conflict"),
            Self::Webhook => Some("webhook"),
            Self::Unauthorized => Some("unauthorized"),
            Self::Throttled => Some("throttled"),
            Self::Unavailable => Some("unavailable"),
            Self::Other => Some("other"),
        }
    }
}

/// Values read at the moment of a scrape.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauges {
    /// Rows in the inbox, rows in delivery, dead letters; `None` if the store did not answer.
    pub store: Option<(usize, usize, usize)>,
    /// Rows at which polling pauses.
    pub inbox_capacity: usize,
    /// Rows being worked on by pool: tutor, local, delivery.
    pub busy: [usize; 3],
    /// Turns that may run at the tutor at once.
    pub slots: usize,
    /// Turns that run now.
    pub slots_used: usize,
    /// The last call of the tutor was answered.
    pub tutor_reachable: bool,
    /// Seconds since it stopped answering; 0 when it answers.
    pub tutor_unreachable_secs: u64,
    /// Seconds since which every turn has failed although the tutor answers; `None` when turns succeed.
    pub tutor_failing_secs: Option<u64>,
    /// Seconds since the last completed poll; `None` when the bot is switched off.
    pub poll_age_secs: Option<u64>,
    /// Seconds from which on that is unhealthy.
    pub poll_age_limit_secs: u64,
    /// Bytes on disk; `None` if they could not be counted.
    pub store_bytes: Option<u64>,
    /// Unix seconds of the last restore, 0 if there was none.
    pub restored_at_secs: i64,
    /// The overall result of `/health`.
    pub healthy: bool,
    /// Unix seconds of the start.
    pub started_secs: f64,
}

/// The recorder, with handles of the metrics that are measured live.
pub(crate) struct Exposition {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    steps: Vec<Histogram>,
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exposition")
    }
}

const METADATA: Metadata<'static> = Metadata::new("phonicflow_bot", Level::INFO, None);

fn key(name: &'static str, labels: &[(&'static str, &'static str)]) -> Key {
    let labels: Vec<Label> = labels.iter().map(|(key, value)| Label::from_static_parts(key, value)).collect();
    Key::from_parts(name, labels)
}

/// Metric and label under which a count is exported.
fn shown(count: Count) -> (&'static str, Option<(&'static str, &'static str)>) {
    match count {
        Count::Taken => (UPDATES, Some(("kind", "taken"))),
        Count::Repeated => (UPDATES, Some(("kind", "repeated"))),
        Count::Undecodable => (UPDATES, Some(("kind", "undecodable"))),
        Count::RateLimited => (UPDATES, Some(("kind", "rate_limited"))),
        Count::Turns => (TURNS, None),
        Count::Sent => (SENT, None),
        Count::TurnRetries => (RETRIES, Some(("of", "turn"))),
        Count::SendRetries => (RETRIES, Some(("of", "send"))),
        Count::SpeechRetries => (RETRIES, Some(("of", "speech"))),
        Count::PollThrottled => (THROTTLED, Some(("call", "poll"))),
        Count::SendThrottled => (THROTTLED, Some(("call", "send"))),
        Count::Ambiguous => (AMBIGUOUS, None),
        Count::DeadLetters => (DEAD, None),
        Count::Restores => (RESTORES, None),
        Count::WorkersOutOfMemory => (WORKERS, Some(("kind", "memory"))),
        Count::WorkersOutOfCpu => (WORKERS, Some(("kind", "cpu"))),
        Count::WorkersOutOfTime => (WORKERS, Some(("kind", "clock"))),
        Count::WorkersKilled => (WORKERS, Some(("kind", "killed"))),
        Count::WorkersCrashed => (WORKERS, Some(("kind", "crashed"))),
    }
}

impl Default for Exposition {
    /// Registers every metric, so that all are exported (as 0) from the start.
    fn default() -> Self {
        let bounds = BOUNDS_US.map(|us| us as f64 / 1e6);
        let builder = PrometheusBuilder::new();
        // Fails only for an empty list of bounds.
        let recorder = builder.set_buckets(&bounds).unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        let told = |text: &'static str| SharedString::const_str(text);
        for (name, help) in COUNTERS {
            recorder.describe_counter(KeyName::from_const_str(name), None, told(help));
        }
        for (name, help) in GAUGES {
            recorder.describe_gauge(KeyName::from_const_str(name), None, told(help));
        }
        let seconds = Some(Unit::Seconds);
        let help = told("How long a stage of the work on a message took.");
        recorder.describe_histogram(KeyName::from_const_str(STAGE), seconds, help);
        let help = told("From the acceptance of a voice to its last reply being out.");
        recorder.describe_histogram(KeyName::from_const_str(TURN), seconds, help);
        let steps = Step::ALL.iter().map(|step| {
            let key = match step {
                Step::Turn => key(TURN, &[]),
                step => key(STAGE, &[("stage", step.name())]),
            };
            recorder.register_histogram(&key, &METADATA)
        });
        let steps = steps.collect();
        Self { recorder, handle, steps }
    }
}

impl Exposition {
    pub(crate) fn observe(&self, step: Step, duration: Duration) {
        if let Some(histogram) = self.steps.get(step as usize) {
            histogram.record(duration.as_secs_f64());
        }
    }

    /// Merges collected samples into the histograms.
    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    fn counter(&self, name: &'static str, label: Option<(&'static str, &'static str)>, value: u64) {
        self.recorder.register_counter(&key(name, label.as_slice()), &METADATA).absolute(value);
    }

    fn gauge(&self, name: &'static str, label: Option<(&'static str, &'static str)>, value: f64) {
        self.recorder.register_gauge(&key(name, label.as_slice()), &METADATA).set(value);
    }

    /// Prometheus text.
    pub(crate) fn render(
        &self,
        tally: &Tally,
        polls: impl Iterator<Item = (Poll, u64)>,
        gauges: &Gauges,
    ) -> String {
        for count in Count::ALL {
            let (name, label) = shown(*count);
            self.counter(name, label, tally.count(*count));
        }
        for kind in Failure::ALL {
            self.counter(FAILURES, Some(("kind", kind.name())), tally.failed(*kind));
        }
        for (result, n) in polls {
            match result.kind() {
                None => self.counter(POLLS, None, n),
                Some(kind) => self.counter(POLL_FAILURES, Some(("kind", kind)), n),
            }
        }
        self.set(gauges);
        self.handle.render()
    }

    fn set(&self, gauges: &Gauges) {
        let set = |name, value| self.gauge(name, None, value);
        // A value that is unknown is left out: the previous one would look like a fact.
        let (inbox, outbox, dead) = match gauges.store {
            Some((inbox, outbox, dead)) => (inbox as f64, outbox as f64, dead as f64),
            None => (f64::NAN, f64::NAN, f64::NAN),
        };
        set("phonicflow_inbox_messages", inbox);
        set("phonicflow_outbox_messages", outbox);
        set("phonicflow_dead_letters_kept", dead);
        set("phonicflow_inbox_capacity_messages", gauges.inbox_capacity as f64);
        for (kind, busy) in ["tutor", "local", "delivery"].into_iter().zip(gauges.busy) {
            self.gauge("phonicflow_workers_busy", Some(("kind", kind)), busy as f64);
        }
        set("phonicflow_tutor_slots", gauges.slots as f64);
        set("phonicflow_tutor_slots_used", gauges.slots_used as f64);
        set("phonicflow_tutor_reachable", f64::from(u8::from(gauges.tutor_reachable)));
        set("phonicflow_tutor_unreachable_seconds", gauges.tutor_unreachable_secs as f64);
        set("phonicflow_tutor_failing", f64::from(u8::from(gauges.tutor_failing_secs.is_some())));
        set("phonicflow_tutor_failing_seconds", gauges.tutor_failing_secs.unwrap_or(0) as f64);
        set("phonicflow_last_poll_age_seconds", gauges.poll_age_secs.map_or(f64::NAN, |secs| secs as f64));
        set("phonicflow_last_poll_age_limit_seconds", gauges.poll_age_limit_secs as f64);
        set("phonicflow_store_size_bytes", gauges.store_bytes.map_or(f64::NAN, |bytes| bytes as f64));
        set("phonicflow_store_restored_timestamp_seconds", gauges.restored_at_secs as f64);
        set("phonicflow_healthy", f64::from(u8::from(gauges.healthy)));
        set("phonicflow_process_start_time_seconds", gauges.started_secs);
        let version = ("version", env!("CARGO_PKG_VERSION"));
        self.gauge("phonicflow_build_info", Some(version), 1.0);
    }
}
