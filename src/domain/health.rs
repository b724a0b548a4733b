//! Whether the daemon does its job, judged from a few measurements.
//!
//! Pure: must not know how these are gathered or who asks (`/health`, `doctor`, `/admin`).

mod facts;

pub(crate) use facts::{Node, Role, SharedFacts, StoreFacts};

use serde::{Deserialize, Serialize};

/// How long the tutor may be unreachable before the daemon counts as failing, seconds. Restarting the tutor
/// with its models takes less.
pub(crate) const TUTOR_OUTAGE_TOLERATED_SECS: u64 = 5 * 60;

/// A wait requested by Telegram is reported when it is longer than this, seconds.
const LONG_WAIT_SECS: u64 = 60;

/// The tutor, judged by the last calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TutorState {
    /// Not called yet.
    #[default]
    Unknown,
    Answers,
    /// It answers, but every turn fails; most likely its model is dead.
    Failing,
    /// It does not answer.
    Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Ok,
    /// A person should look.
    Failing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// Failing if one of the checks is.
    pub status: Status,
    #[serde(default)]
    pub role: Role,
    #[serde(default)]
    pub store: StoreFacts,
    pub checks: Checks,
    pub version: String,
    pub uptime_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checks {
    pub polling: Polling,
    #[serde(default)]
    pub sending: Sending,
    pub workers: Workers,
    pub store: StoreCheck,
    pub tutor: TutorCheck,
}

/// Whether updates come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Polling {
    /// A poll completed lately, or the bot is switched off.
    pub ok: bool,
    /// `TELEGRAM_BOT_ENABLED`.
    pub enabled: bool,
    /// Since the last completed poll; `None` before the first.
    pub seconds_since_poll: Option<u64>,
    /// Seconds that Telegram still wants us to wait before the next poll; 0 if none.
    #[serde(default)]
    pub waiting_seconds: u64,
    /// No poll completes, and Telegram does not say why: a restart may help.
    pub stalled: bool,
    /// In words.
    pub problem: Option<String>,
}

/// Whether answers can be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sending {
    /// Telegram does not make the whole bot wait for long.
    pub ok: bool,
    /// Seconds that Telegram still wants us to wait before sending anything.
    pub waiting_seconds: u64,
    /// The same for the one chat that has to wait longest.
    pub chat_waiting_seconds: u64,
    /// In words.
    pub problem: Option<String>,
    /// Something unusual that is no failure of the bot as a whole.
    pub note: Option<String>,
}

/// Whether work comes to an end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Workers {
    /// None is stuck.
    pub ok: bool,
    /// Messages in work.
    pub busy: u64,
    /// In words.
    pub problem: Option<String>,
}

/// Whether the store answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreCheck {
    /// It answered in time.
    pub ok: bool,
    pub inbox: u64,
    pub dead_letters: u64,
    /// Unix seconds of the last restore of a damaged store. No failure: the daemon continues.
    pub restored_at: Option<i64>,
    /// In words.
    pub problem: Option<String>,
}

/// Whether the tutor answers, judged by the last calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TutorCheck {
    /// Not unreachable for too long.
    pub ok: bool,
    /// Whether it answered the last call; `None`: not called yet.
    pub reachable: Option<bool>,
    /// 0 if it is reachable.
    pub unreachable_seconds: u64,
    /// Since when every turn has failed although it answers; `None` when turns succeed.
    #[serde(default)]
    pub failing_seconds: Option<u64>,
    /// The servers it consists of, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<TutorPart>,
    /// In words.
    pub problem: Option<String>,
}

/// One of the tutor's servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TutorPart {
    pub name: String,
    pub state: TutorState,
}

/// The measurements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Signs {
    pub uptime_seconds: u64,
    pub role: Role,
    pub facts: StoreFacts,
    /// `TELEGRAM_BOT_ENABLED`.
    pub enabled: bool,
    /// Since the last completed poll.
    pub seconds_since_poll: Option<u64>,
    /// Why polling counts as stale.
    pub polling_problem: Option<&'static str>,
    /// Why Telegram gives out no updates, in its words.
    pub polling_refused: Option<String>,
    /// Until Telegram allows the next poll.
    pub polling_wait_seconds: u64,
    /// Until Telegram allows any sending.
    pub sending_wait_seconds: u64,
    /// The same for the chat that has to wait longest.
    pub chat_wait_seconds: u64,
    /// Why the workers count as stuck.
    pub work_problem: Option<&'static str>,
    /// Messages in work.
    pub busy: u64,
    /// Rows in the inbox and dead letters; `None` if the store does not answer.
    pub store: Option<(u64, u64)>,
    /// Why it does not, where that is known.
    pub store_trouble: Option<String>,
    /// Unix seconds.
    pub restored_at: Option<i64>,
    /// Whether the tutor answered the last call.
    pub tutor_reachable: Option<bool>,
    pub tutor_unreachable_seconds: u64,
    /// Since when every turn has failed although it answers; `None` when turns succeed.
    pub tutor_failing_seconds: Option<u64>,
    pub tutor_parts: Vec<TutorPart>,
}

pub(crate) fn judge(signs: Signs, version: &str) -> Health {
    let words = |problem: Option<&str>| problem.map(str::to_owned);
    let waits = |secs: u64, what: &str| {
        (secs > LONG_WAIT_SECS).then(|| format!("Telegram asked us to wait: {what} for {secs} s more"))
    };
    // What Telegram answers is no fault of the daemon.
    let answered = signs.polling_wait_seconds > 0 || signs.polling_refused.is_some();
    let polls = signs.enabled && signs.role == Role::Owner;
    let stalled = polls && signs.polling_problem.is_some() && !answered;
    let polling_problem = waits(signs.polling_wait_seconds, "no messages are taken")
        .or(signs.polling_refused)
        .or(words(signs.polling_problem))
        .filter(|_| polls);
    let sending_problem = waits(signs.sending_wait_seconds, "nothing is sent");
    let (inbox, dead_letters) = signs.store.unwrap_or_default();
    let tutor_problem = if signs.tutor_unreachable_seconds > TUTOR_OUTAGE_TOLERATED_SECS {
        Some("the tutor has been out of reach for too long")
    } else {
        signs
            .tutor_failing_seconds
            .map(|_| "the tutor cannot answer: every turn fails, mostly since its model is dead")
    };
    let checks = Checks {
        polling: Polling {
            ok: polling_problem.is_none(),
            enabled: signs.enabled,
            seconds_since_poll: signs.seconds_since_poll,
            waiting_seconds: signs.polling_wait_seconds,
            stalled,
            problem: polling_problem,
        },
        sending: Sending {
            ok: sending_problem.is_none(),
            waiting_seconds: signs.sending_wait_seconds,
            chat_waiting_seconds: signs.chat_wait_seconds,
            problem: sending_problem,
            note: waits(signs.chat_wait_seconds, "nothing is sent to some chats"),
        },
        workers: Workers {
            ok: signs.work_problem.is_none(),
            busy: signs.busy,
            problem: words(signs.work_problem),
        },
        store: StoreCheck {
            ok: signs.store.is_some(),
            inbox,
            dead_letters,
            restored_at: signs.restored_at,
            problem: signs
                .store
                .is_none()
                .then(|| signs.store_trouble.unwrap_or_else(|| "the store does not answer".to_owned())),
        },
        tutor: TutorCheck {
            ok: tutor_problem.is_none(),
            reachable: signs.tutor_reachable,
            unreachable_seconds: signs.tutor_unreachable_seconds,
            failing_seconds: signs.tutor_failing_seconds,
            problem: words(tutor_problem).map(|problem| named(problem, &signs.tutor_parts)),
            parts: signs.tutor_parts,
        },
    };
    let ok =
        checks.polling.ok && checks.sending.ok && checks.workers.ok && checks.store.ok && checks.tutor.ok;
    Health {
        status: if ok { Status::Ok } else { Status::Failing },
        role: signs.role,
        store: signs.facts,
        checks,
        version: version.to_owned(),
        uptime_seconds: signs.uptime_seconds,
    }
}

/// The problem with the names of the servers that have it.
fn named(problem: String, parts: &[TutorPart]) -> String {
    let ailing = parts.iter().filter(|part| matches!(part.state, TutorState::Silent | TutorState::Failing));
    let names: Vec<&str> = ailing.map(|part| part.name.as_str()).collect();
    if names.is_empty() { problem } else { format!("{problem}: {}", names.join(", ")) }
}

impl Health {
    pub(crate) fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }

    /// Whether the daemon itself works; if not, a restart may help. A tutor that is gone or a Telegram that
    /// hands out nothing is no reason for one, nor is a shared store's database: it would restart every daemon.
    pub(crate) fn is_live(&self) -> bool {
        let Checks { polling, workers, store, .. } = &self.checks;
        !polling.stalled && workers.ok && (store.ok || self.store.shared.is_some())
    }

    /// Whether a voice message sent now would be answered soon: the daemon works, Telegram hands out updates,
    /// the tutor answers. Of a daemon that stands by: whether it could take over.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_live() && self.unready().is_empty()
    }

    /// What keeps a live daemon from being ready, one line each.
    pub(crate) fn unready(&self) -> Vec<&str> {
        let Checks { polling, sending, tutor, store, .. } = &self.checks;
        let unpolled = self.role == Role::Owner && polling.enabled && polling.seconds_since_poll.is_none();
        let polling = match polling.problem.as_deref() {
            None if unpolled => Some("Telegram has not answered a poll yet"),
            problem => problem,
        };
        let tutor = match tutor.problem.as_deref() {
            None if tutor.reachable == Some(false) => Some("the tutor does not answer"),
            problem => problem,
        };
        [polling, sending.problem.as_deref(), store.problem.as_deref(), tutor].into_iter().flatten().collect()
    }

    /// One line each.
    pub(crate) fn problems(&self) -> Vec<&str> {
        let Checks { polling, sending, workers, store, tutor } = &self.checks;
        let all = [&polling.problem, &sending.problem, &workers.problem, &store.problem, &tutor.problem];
        all.into_iter().filter_map(|problem| problem.as_deref()).collect()
    }
}

#[cfg(test)]
mod tests;
