//! Tests of the two documents, piece by piece.

use super::*;
use crate::domain::{
    Admission, Assessment, Body, Chat, ChatId, ChatKind, Correction, CorrectionKind, Fluency, Incoming, Job,
    Keyboard, OutMessage, Placement, Reply, Rich, Task, Tokens, TurnKind,
};

/// A dead letter with a text and an answer that was not sent.
fn pending(at: Timestamp) -> Pending {
    let chat = Chat { id: ChatId(11), kind: ChatKind::Private, thread: None };
    let incoming = Incoming {
        update_id: 5,
        chat,
        user: UserId(11),
        client_language: None,
        message: None,
        date: at,
        body: Body::Text("my *own* words".to_owned()),
    };
    let reply = Reply::texts(&incoming, Rich::plain("an answer on its way"), Keyboard::default()).remove(0);
    let task = Task::Handle(incoming, Admission::Admitted);
    let job = Job::new(3, UserId(11), chat.id, Placement::IN_TURN, at, task);
    let replies = vec![OutMessage::new(0, reply)];
    Pending { kind: "text".into(), job, given_up: Some((at, "no answer".into())), replies }
}

fn data_export() -> DataExport {
    let user = UserId(11);
    let at = Timestamp::from_secs(1_700_000_000);
    let session = Session::open(Uuid::from_u128(7), user, at);
    let assessment = Assessment {
        transcript: "I *goed* to <b>market</b>\n# not a heading".to_owned(),
        coaching: "Say \"went\".".to_owned(),
        ..Assessment::default()
    };
    let correction = |why: &str| Correction {
        said: "I *goed*".to_owned(),
        better: "I went".to_owned(),
        why: why.to_owned(),
        kind: CorrectionKind::WordChoice,
    };
    let turn = Turn {
        number: 1,
        corrections: vec![correction("the past"), correction("")],
        fluency: Some(Fluency {
            words_per_minute: 96,
            pauses_percent: 31,
            longest_pause_ms: 900,
            fillers: 2,
        }),
        ..Turn::voice(session.id, at, 4_200, assessment)
    };
    let written = Turn {
        number: 2,
        kind: TurnKind::Text,
        model: Some("qwen3:8b".into()),
        chat: Some(Chat { id: ChatId(11), kind: ChatKind::Private, thread: None }),
        tokens: Tokens { input: 700, output: 90 },
        ..Turn::voice(
            session.id,
            at,
            0,
            Assessment { transcript: "And in writing?".into(), ..Assessment::default() },
        )
    };
    let learner = Learner {
        persona: Some("examiner".into()),
        model: Some("lan/qwen3:8b".into()),
        tokens: DayTokens { day: 19_675, used: 790 },
        told_gone: Some("llama".into()),
        ..Learner::new(user, at)
    };
    let mut data_export = DataExport::default();
    for held in [
        Held::Learner(learner),
        Held::Session(session.clone()),
        Held::Turn(turn),
        Held::Turn(written),
        Held::Purge(session.id),
        Held::Pending(Box::new(pending(at))),
        Held::Rate(RateState { tat: at, noticed_at: None }),
        Held::Membership(Membership { member: true, at }),
        Held::Alert("tutor down".into(), Told { at, of: at }),
        Held::Menu,
        Held::User(user),
        Held::Purge(session.id),
    ] {
        data_export.add(held);
    }
    data_export
}

#[test]
fn the_json_holds_every_piece() {
    let value: Value = serde_json::from_str(&data_export().json(Timestamp(0))).unwrap();
    assert_eq!(value["learner"]["user"], 11);
    assert_eq!(value["sessions"][0]["created"], "2023-11-14T22:13:20Z");
    assert_eq!(value["sessions"][0]["turns"][0]["transcript"], "I *goed* to <b>market</b>\n# not a heading");
    let first = &value["sessions"][0]["turns"][0];
    let corrected =
        json!({ "said": "I *goed*", "better": "I went", "why": "the past", "kind": "word choice" });
    assert_eq!((&first["corrections"][0], &first["fluency"]["pauses_percent"]), (&corrected, &json!(31)));
    let (learner, written) = (&value["learner"], &value["sessions"][0]["turns"][1]);
    assert_eq!((&learner["persona"], &learner["model"]), (&json!("examiner"), &json!("lan/qwen3:8b")));
    assert_eq!(learner["tokens"], json!({ "day": "2023-11-14T00:00:00Z", "used": 790 }));
    assert_eq!(learner["model_told_to_be_gone"], "llama");
    assert_eq!((&written["kind"], &written["model"]), (&json!("text"), &json!("qwen3:8b")));
    assert_eq!((&written["chat"]["id"], &written["tokens"]["output"]), (&json!(11), &json!(90)));
    let row = &value["queue"][0];
    assert_eq!((&row["kind"], &row["words"]), (&json!("text"), &json!("my *own* words")));
    assert_eq!((&row["given_up"], &row["record"]["chat"]), (&json!("no answer"), &json!(11)));
    assert_eq!(row["not_yet_sent"][0]["words"], "an answer on its way");
    assert_eq!((&value["user"], &value["required_channel"]["member"]), (&json!(11), &json!(true)));
    assert_eq!(value["alerts_as_admin"][0]["kind"], "tutor down");
    assert_eq!(value["command_menu_as_admin"], true);
    assert_eq!(value["to_be_forgotten_by_the_tutor"].as_array().unwrap().len(), 1, "told once");
    assert_eq!(value["to_be_forgotten_by_the_tutor"][0], Uuid::from_u128(7).to_string());
    assert_eq!((data_export().user(), data_export().size()), (Some(UserId(11)), (1, 2)));
}

#[test]
fn the_markdown_reads_well_and_what_was_said_stays_what_was_said() {
    let text = data_export().markdown(Timestamp(0));
    for line in [
        "- Telegram user id: 11",
        "## Conversation of 2023-11-14 22:13 UTC",
        "### 1. 2023-11-14 22:13 UTC (4 s of voice)",
        "> I \\*goed\\* to \\<b\\>market\\</b\\>",
        "> \\# not a heading",
        "- I \\*goed\\* → **I went** (word choice): the past",
        "- I \\*goed\\* → **I went** (word choice)",
        "About 96 words a minute, 31 % pauses (the longest 900 ms), 2 filler words.",
        "- your conversation partner: examiner",
        "- tokens of the chat model used on the day of 2023-11-14 00:00 UTC: 790",
        "### 2. 2023-11-14 22:13 UTC (written, answered by qwen3:8b)",
        "**You wrote**",
        "- text of 2023-11-14 22:13 UTC, given up: no answer",
        "  > my \\*own\\* words",
        "  > an answer on its way",
        "Telegram said at 2023-11-14 22:13 UTC that you are a member.",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains("Reply"), "what is not there has no heading");
}
