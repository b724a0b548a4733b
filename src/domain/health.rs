//! Whether the daemon does what it is there for, judged from a few signs.
//!
//! Pure: must not know how the signs are gathered or who asks (`/health`, `doctor`, `/admin`).

use serde::{Deserialize, Serialize};

/// For so long the tutor may be out of reach before the daemon counts as failing, seconds. A restart of the tutor with
/// its models takes less.
pub(crate) const TUTOR_PATIENCE_SECS: u64 = 5 * 60;

/// A wait that Telegram asks for is worth a person's eye when it is longer than this, seconds.
const LONG_WAIT_SECS: u64 = 60;

/// How the tutor is, judged by the last calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TutorState {
    /// Not called yet.
    #[default]
    Unknown,
    /// It answers.
    Answers,
    /// It is there, but no turn succeeds any more: its model is dead, most likely.
    Failing,
    /// It does not answer.
    Silent,
}

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// All is well.
    Ok,
    /// A person should look.
    Failing,
}

/// How the daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// The verdict: failing when one of the checks is.
    pub status: Status,
    /// What it is made of.
    pub checks: Checks,
    /// The program's version.
    pub version: String,
    /// Seconds since the daemon was started.
    pub uptime_seconds: u64,
}

/// What is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checks {
    /// Whether updates come in.
    pub polling: Polling,
    /// Whether answers may go out.
    #[serde(default)]
    pub sending: Sending,
    /// Whether work ends.
    pub workers: Workers,
    /// Whether the store answers.
    pub store: StoreCheck,
    /// Whether the tutor answers.
    pub tutor: TutorCheck,
}

/// Whether updates come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Polling {
    /// A poll completed lately, or the bot is switched off.
    pub ok: bool,
    /// `TELEGRAM_BOT_ENABLED`.
    pub enabled: bool,
    /// Seconds since the last completed poll; `None` before the first.
    pub seconds_since_poll: Option<u64>,
    /// Seconds that Telegram still wants us to wait before the next poll; 0 when it does not.
    #[serde(default)]
    pub waiting_seconds: u64,
    /// No poll completes, and Telegram does not say why: a restart may help.
    pub stalled: bool,
    /// What is wrong, in words.
    pub problem: Option<String>,
}

/// Whether answers may go out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sending {
    /// Telegram does not hold the whole bot for long.
    pub ok: bool,
    /// Seconds that Telegram still wants us to wait before anything is sent to anybody.
    pub waiting_seconds: u64,
    /// The same for the one chat that has to wait longest.
    pub chat_waiting_seconds: u64,
    /// What is wrong, in words.
    pub problem: Option<String>,
    /// What a person might wonder about, though the bot as a whole is well.
    pub note: Option<String>,
}

/// Whether work ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Workers {
    /// None is stuck.
    pub ok: bool,
    /// Messages being worked on.
    pub busy: u64,
    /// What is wrong, in words.
    pub problem: Option<String>,
}

/// Whether the store answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreCheck {
    /// It answered in time.
    pub ok: bool,
    /// Messages in the inbox.
    pub inbox: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// When a damaged store was restored last, seconds since the epoch. No failure: the daemon works on.
    pub restored_at: Option<i64>,
    /// What is wrong, in words.
    pub problem: Option<String>,
}

/// Whether the tutor answers, judged by the last calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TutorCheck {
    /// Not out of reach for too long.
    pub ok: bool,
    /// Whether it answered the last call; `None`: not called yet.
    pub reachable: Option<bool>,
    /// Seconds it has been out of reach; 0 when it is not.
    pub unreachable_seconds: u64,
    /// Seconds since which no turn has succeeded although it answers; `None` when they do.
    #[serde(default)]
    pub failing_seconds: Option<u64>,
    /// What is wrong, in words.
    pub problem: Option<String>,
}

/// What the verdict is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Signs {
    /// Seconds since the start.
    pub uptime_seconds: u64,
    /// `TELEGRAM_BOT_ENABLED`.
    pub enabled: bool,
    /// Seconds since the last completed poll.
    pub seconds_since_poll: Option<u64>,
    /// Why polling counts as stale.
    pub polling_problem: Option<&'static str>,
    /// Why Telegram gives out no updates, in its words.
    pub polling_refused: Option<String>,
    /// Seconds Telegram still wants us to wait before the next poll.
    pub polling_wait_seconds: u64,
    /// Seconds Telegram still wants us to wait before anything is sent.
    pub sending_wait_seconds: u64,
    /// The same for the chat that has to wait longest.
    pub chat_wait_seconds: u64,
    /// Why the workers count as stuck.
    pub work_problem: Option<&'static str>,
    /// Messages being worked on.
    pub busy: u64,
    /// Inbox and dead letters, or why the store does not tell.
    pub store: Option<(u64, u64)>,
    /// The last restore, seconds since the epoch.
    pub restored_at: Option<i64>,
    /// Whether the tutor answered the last call.
    pub tutor_reachable: Option<bool>,
    /// Seconds it has been out of reach.
    pub tutor_unreachable_seconds: u64,
    /// Seconds since which no turn has succeeded although it answers; `None` when they do.
    pub tutor_failing_seconds: Option<u64>,
}

/// The verdict on these signs.
pub(crate) fn judge(signs: Signs, version: &str) -> Health {
    let words = |problem: Option<&str>| problem.map(str::to_owned);
    let waits = |secs: u64, what: &str| {
        (secs > LONG_WAIT_SECS).then(|| format!("Telegram asked us to wait: {what} for {secs} s more"))
    };
    // What Telegram says is no fault of the daemon.
    let answered = signs.polling_wait_seconds > 0 || signs.polling_refused.is_some();
    let stalled = signs.enabled && signs.polling_problem.is_some() && !answered;
    let polling_problem = waits(signs.polling_wait_seconds, "no messages are taken")
        .or(signs.polling_refused)
        .or(words(signs.polling_problem))
        .filter(|_| signs.enabled);
    let sending_problem = waits(signs.sending_wait_seconds, "nothing is sent");
    let (inbox, dead_letters) = signs.store.unwrap_or_default();
    let tutor_problem = if signs.tutor_unreachable_seconds > TUTOR_PATIENCE_SECS {
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
            problem: words(signs.store.is_none().then_some("the store does not answer")),
        },
        tutor: TutorCheck {
            ok: tutor_problem.is_none(),
            reachable: signs.tutor_reachable,
            unreachable_seconds: signs.tutor_unreachable_seconds,
            failing_seconds: signs.tutor_failing_seconds,
            problem: words(tutor_problem),
        },
    };
    let ok =
        checks.polling.ok && checks.sending.ok && checks.workers.ok && checks.store.ok && checks.tutor.ok;
    Health {
        status: if ok { Status::Ok } else { Status::Failing },
        checks,
        version: version.to_owned(),
        uptime_seconds: signs.uptime_seconds,
    }
}

impl Health {
    /// Whether all is well.
    pub(crate) fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }

    /// Whether the daemon itself works; where not, a restart may help. That the tutor is gone, or that Telegram gives out
    /// nothing, is no reason for one.
    pub(crate) fn is_live(&self) -> bool {
        let Checks { polling, workers, store, .. } = &self.checks;
        !polling.stalled && workers.ok && store.ok
    }

    /// Whether a voice sent now would be answered soon: the daemon works, Telegram hands out messages, the tutor answers.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_live() && self.unready().is_empty()
    }

    /// What a live daemon waits for before it is ready, one line each.
    pub(crate) fn unready(&self) -> Vec<&str> {
        let Checks { polling, sending, tutor, .. } = &self.checks;
        let unpolled = polling.enabled && polling.seconds_since_poll.is_none();
        let polling = match polling.problem.as_deref() {
            None if unpolled => Some("Telegram has not answered a poll yet"),
            problem => problem,
        };
        let tutor = match tutor.problem.as_deref() {
            None if tutor.reachable == Some(false) => Some("the tutor does not answer"),
            problem => problem,
        };
        [polling, sending.problem.as_deref(), tutor].into_iter().flatten().collect()
    }

    /// What is wrong, one line each.
    pub(crate) fn problems(&self) -> Vec<&str> {
        let Checks { polling, sending, workers, store, tutor } = &self.checks;
        let all = [&polling.problem, &sending.problem, &workers.problem, &store.problem, &tutor.problem];
        all.into_iter().filter_map(|problem| problem.as_deref()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failing_check_fails_the_whole() {
        let well = Signs { enabled: true, store: Some((3, 0)), ..Signs::default() };
        for (name, signs, problems) in [
            ("all well", well.clone(), 0),
            ("tutor not called yet", Signs { tutor_reachable: None, ..well.clone() }, 0),
            ("tutor away for a while", Signs { tutor_unreachable_seconds: 300, ..well.clone() }, 0),
            ("tutor away for too long", Signs { tutor_unreachable_seconds: 301, ..well.clone() }, 1),
            ("every turn fails", Signs { tutor_failing_seconds: Some(0), ..well.clone() }, 1),
            ("store silent", Signs { store: None, ..well.clone() }, 1),
            ("polling stale", Signs { polling_problem: Some("stale"), ..well.clone() }, 1),
            ("asked to wait a little", Signs { polling_wait_seconds: 30, ..well.clone() }, 0),
            ("asked to wait long", Signs { polling_wait_seconds: 600, ..well.clone() }, 1),
            ("told not to send", Signs { sending_wait_seconds: 600, ..well.clone() }, 1),
            ("told not to send to one chat", Signs { chat_wait_seconds: 600, ..well.clone() }, 0),
            ("refused", Signs { polling_refused: Some("why".into()), ..well.clone() }, 1),
            ("worker stuck", Signs { work_problem: Some("stuck"), ..well.clone() }, 1),
            ("switched off", Signs { polling_problem: Some("stale"), enabled: false, ..well.clone() }, 0),
            ("restored lately", Signs { restored_at: Some(5), ..well.clone() }, 0),
        ] {
            let health = judge(signs, "1.2.3");
            assert_eq!(health.problems().len(), problems, "{name}");
            assert_eq!(health.is_ok(), problems == 0, "{name}");
        }
    }

    #[test]
    fn a_dead_tutor_is_no_reason_for_a_restart() {
        let well =
            Signs { enabled: true, store: Some((3, 0)), seconds_since_poll: Some(1), ..Signs::default() };
        for (name, signs, live, ready) in [
            ("all well", well.clone(), true, true),
            ("not polled yet", Signs { seconds_since_poll: None, ..well.clone() }, true, false),
            ("switched off", Signs { seconds_since_poll: None, enabled: false, ..well.clone() }, true, true),
            ("tutor away", Signs { tutor_reachable: Some(false), ..well.clone() }, true, false),
            ("tutor away for long", Signs { tutor_unreachable_seconds: 9_999, ..well.clone() }, true, false),
            ("polling stale", Signs { polling_problem: Some("stale"), ..well.clone() }, false, false),
            ("told to wait", Signs { polling_wait_seconds: 600, ..well.clone() }, true, false),
            (
                "refused for long",
                Signs {
                    polling_problem: Some("stale"),
                    polling_refused: Some("409".to_owned()),
                    ..well.clone()
                },
                true,
                false,
            ),
            ("worker stuck", Signs { work_problem: Some("stuck"), ..well.clone() }, false, false),
            ("store silent", Signs { store: None, ..well.clone() }, false, false),
        ] {
            let health = judge(signs, "1.2.3");
            assert_eq!((health.is_live(), health.is_ready()), (live, ready), "{name}");
            assert!(!live || health.unready().is_empty() == ready, "{name}");
        }
    }

    #[test]
    fn it_goes_over_a_wire_and_back() {
        let health = judge(Signs { enabled: true, uptime_seconds: 7, ..Signs::default() }, "1.2.3");
        let text = serde_json::to_string(&health).unwrap();
        assert!(text.contains("\"status\":\"failing\"") && text.contains("\"uptime_seconds\":7"));
        assert_eq!(serde_json::from_str::<Health>(&text).unwrap(), health);
    }
}
