//! Verdicts on measurements.

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
    let well = Signs { enabled: true, store: Some((3, 0)), seconds_since_poll: Some(1), ..Signs::default() };
    let unpolled = Signs { seconds_since_poll: None, polling_problem: Some("stale"), ..well.clone() };
    let shared = || StoreFacts { engine: "postgresql".to_owned(), shared: Some(SharedFacts::default()) };
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
            Signs { polling_problem: Some("stale"), polling_refused: Some("409".to_owned()), ..well.clone() },
            true,
            false,
        ),
        ("worker stuck", Signs { work_problem: Some("stuck"), ..well.clone() }, false, false),
        ("store silent", Signs { store: None, ..well.clone() }, false, false),
        ("database away", Signs { store: None, facts: shared(), ..well.clone() }, true, false),
        ("stands by", Signs { role: Role::Standby, facts: shared(), ..unpolled.clone() }, true, true),
        (
            "stands by without a database",
            Signs { role: Role::Standby, facts: shared(), store: None, ..unpolled.clone() },
            true,
            false,
        ),
        (
            "hangs while it stands by",
            Signs { role: Role::Standby, facts: shared(), work_problem: Some("hangs"), ..unpolled.clone() },
            false,
            false,
        ),
    ] {
        let health = judge(signs, "1.2.3");
        assert_eq!((health.is_live(), health.is_ready()), (live, ready), "{name}");
        assert!(!live || health.unready().is_empty() == ready, "{name}");
    }
}

#[test]
fn it_goes_over_a_wire_and_back() {
    let shared = SharedFacts { node: "a".to_owned(), owner: Some(Node::default()), ..SharedFacts::default() };
    let facts = StoreFacts { engine: "redis".to_owned(), shared: Some(shared) };
    let signs = Signs { enabled: true, uptime_seconds: 7, facts, ..Signs::default() };
    let health = judge(signs, "1.2.3");
    assert_eq!(serde_json::to_value(&health).unwrap()["store"]["owner"]["addr"], "");
    let text = serde_json::to_string(&health).unwrap();
    assert!(text.contains("\"status\":\"failing\"") && text.contains("\"uptime_seconds\":7"));
    assert_eq!(serde_json::from_str::<Health>(&text).unwrap(), health);
}
