//! The tutor stand-in's own tests, over real sockets.

use serde_json::json;
use tokio::net::TcpStream;

use super::*;
use crate::sandbox::{
    faults::{Act, On},
    testkit::{FORM, Heard, form, get, hear, open, post},
};

const TIME_LIMIT: Duration = Duration::from_secs(20);
const ONE: &str = "11111111-1111-4111-8111-111111111111";
const TWO: &str = "22222222-2222-4222-8222-222222222222";

async fn start() -> TutorApi {
    TutorApi::start(TutorOptions::default()).await.unwrap()
}

async fn submit(tutor: &TutorApi, session: &str) -> TcpStream {
    let wav = tone(16_000, 440.0, 100);
    let body = form(&[("file", Some(("audio.wav", "audio/wav")), &wav)]);
    let headers = format!("{FORM}session_id: {session}\r\nx-bot-timestamp: 5\r\n");
    open(tutor.addr(), "POST", &format!("/process?session_id={session}"), &headers, &body).await
}

async fn turn(tutor: &TutorApi, session: &str) -> Heard {
    hear(submit(tutor, session).await).await.unwrap()
}

#[tokio::test]
async fn a_turn_and_its_history() {
    let tutor = start().await;
    let unknown = get(tutor.addr(), &format!("/conversation/{ONE}")).await;
    assert_eq!((unknown.status, &unknown.json()["conversation_count"]), (200, &json!(0)));
    let first = turn(&tutor, ONE).await.json();
    assert!(first["coaching_feedback"].as_str().unwrap().contains("turn 1"));
    turn(&tutor, ONE).await;
    let seen = get(tutor.addr(), &format!("/conversation/{ONE}")).await.json();
    assert_eq!((&seen["conversation_count"], seen["history"].as_array().unwrap().len()), (&json!(2), 2));
    assert_eq!(seen["history"][0]["user"], first["user_transcript"]);
    let speech = get(tutor.addr(), &format!("/audio/{ONE}?audio_type=conversational")).await;
    assert!(speech.head.contains("audio/wav") && speech.body.starts_with(b"RIFF"));
    assert_eq!(get(tutor.addr(), &format!("/audio/{ONE}?audio_type=coaching")).await.status, 400);
    assert_eq!(get(tutor.addr(), &format!("/audio/{TWO}?audio_type=coaching")).await.status, 400);
    assert_eq!(get(tutor.addr(), &format!("/audio/{ONE}")).await.status, 422);
    let delete = open(tutor.addr(), "DELETE", &format!("/conversation/{ONE}"), "", b"").await;
    assert_eq!(hear(delete).await.unwrap().status, 200);
    let forgotten = get(tutor.addr(), &format!("/conversation/{ONE}")).await.json();
    assert_eq!(forgotten["conversation_count"], 0);
    let left = get(tutor.addr(), &format!("/audio/{ONE}?audio_type=conversational")).await;
    assert_eq!(left.body, speech.body, "the last spoken answer stays on its disk");
    let turns = tutor.turns();
    assert_eq!((turns.len(), turns[0].samples, turns[0].session_header.as_deref()), (2, 1600, Some(ONE)));
    assert_eq!(tutor.calls()[1].headers["x-bot-timestamp"], "5");
    assert_eq!(tutor.violations(), []);
    assert_eq!(get(tutor.addr(), "/").await.status, 200);
    assert_eq!(get(tutor.addr(), "/health").await.status, 200);
    assert_eq!(get(tutor.addr(), "/nothing").await.json(), json!({"detail": "Not Found"}));
    assert_eq!(tutor.count("GET /health"), 1);
    tutor.configure(|options| options.history = false);
    turn(&tutor, ONE).await;
    assert_eq!(get(tutor.addr(), &format!("/conversation/{ONE}")).await.status, 404);
}

#[tokio::test]
async fn what_it_refuses() {
    let tutor = start().await;
    let wav = tone(16_000, 440.0, 100);
    let wrong = tone(24_000, 440.0, 100);
    let good = Some(("audio.wav", "audio/wav"));
    for body in [
        form(&[("file", good, &wrong)]),
        form(&[("file", good, b"OggS")]),
        form(&[("file", Some(("voice.wav", "audio/wav")), &wav)]),
        form(&[("audio", good, &wav)]),
        form(&[]),
        b"nonsense".to_vec(),
    ] {
        let target = format!("/process?session_id={ONE}");
        let heard = hear(open(tutor.addr(), "POST", &target, FORM, &body).await).await.unwrap();
        assert_eq!(heard.status, 422);
        assert!(heard.json()["detail"].is_array());
    }
    assert_eq!(tutor.turns().len(), 0);
    tutor.configure(|options| options.api_key = Some("k".to_owned()));
    assert_eq!(turn(&tutor, ONE).await.status, 401);
}

#[tokio::test]
async fn a_missing_session_is_made_up() {
    let tutor = start().await;
    let body = form(&[("file", Some(("audio.wav", "audio/wav")), &tone(16_000, 440.0, 100))]);
    let stream = open(tutor.addr(), "POST", "/process", FORM, &body).await;
    assert_eq!(hear(stream).await.unwrap().status, 200);
    let turns = tutor.turns();
    assert!(turns[0].session_made_up && turns[0].session.len() == 36);
    assert_eq!(tutor.violations(), [Violation::NoSession { turn: 1 }]);
}

#[tokio::test]
async fn one_at_a_time_and_overlap_is_noted() {
    let tutor = start().await;
    // The event loop is busy: every turn and every other request waits.
    let event_loop = tutor.occupy().await;
    let first = submit(&tutor, ONE).await;
    tutor.wait_until(TIME_LIMIT, |state| (state.turns().len() == 1).then_some(())).await.unwrap();
    let other = submit(&tutor, TWO).await;
    tutor.wait_until(TIME_LIMIT, |state| (state.turns().len() == 2).then_some(())).await.unwrap();
    let second = submit(&tutor, ONE).await;
    tutor.wait_until(TIME_LIMIT, |state| (state.turns().len() == 3).then_some(())).await.unwrap();
    let look = open(tutor.addr(), "GET", &format!("/conversation/{ONE}"), "", b"").await;
    tutor
        .wait_until(TIME_LIMIT, |state| (state.count("GET /conversation") == 1).then_some(()))
        .await
        .unwrap();
    assert_eq!(tutor.read(TutorState::finished), 0);
    drop(event_loop);
    for stream in [first, other, second, look] {
        assert_eq!(hear(stream).await.unwrap().status, 200);
    }
    let overlap =
        Violation::Overlap { session: ONE.to_owned(), earlier: 1, later: 3, earlier_abandoned: false };
    assert_eq!(tutor.violations(), [overlap]);
    let turns = tutor.turns();
    assert!(turns[1].started_ms >= turns[0].finished_ms && turns[2].started_ms >= turns[1].finished_ms);
}

#[tokio::test]
async fn a_turn_outlives_its_client() {
    let tutor = start().await;
    let event_loop = tutor.occupy().await;
    let stream = submit(&tutor, ONE).await;
    tutor.wait_until(TIME_LIMIT, |state| (state.turns().len() == 1).then_some(())).await.unwrap();
    drop(stream);
    tutor.wait_until(TIME_LIMIT, |state| state.turns()[0].abandoned.then_some(())).await.unwrap();
    drop(event_loop);
    tutor.wait_until(TIME_LIMIT, |state| (state.history(ONE).len() == 1).then_some(())).await.unwrap();

    tutor.configure(|options| options.finishes_abandoned = false);
    let event_loop = tutor.occupy().await;
    let stream = submit(&tutor, TWO).await;
    tutor.wait_until(TIME_LIMIT, |state| (state.turns().len() == 2).then_some(())).await.unwrap();
    drop(stream);
    tutor.wait_until(TIME_LIMIT, |state| state.turns()[1].abandoned.then_some(())).await.unwrap();
    drop(event_loop);
    assert_eq!(turn(&tutor, TWO).await.status, 200);
    assert_eq!((tutor.history(TWO).len(), tutor.violations().len()), (1, 0));
}

#[tokio::test]
async fn silence_and_a_dead_model_fail_the_turn_and_health_says_so_at_200() {
    let tutor = start().await;
    let target = format!("/process?session_id={ONE}");
    let silence = write_wav(16_000, [0; 1600].into_iter());
    let body = form(&[("file", Some(("audio.wav", "audio/wav")), &silence)]);
    for _ in 0..2 {
        let heard = hear(open(tutor.addr(), "POST", &target, FORM, &body).await).await.unwrap();
        assert_eq!((heard.status, heard.json()), (500, json!({"detail": "Feedback text cannot be empty"})));
    }
    assert_eq!((tutor.history(ONE).len(), tutor.read(TutorState::finished)), (0, 2));
    let well = get(tutor.addr(), "/health").await;
    tutor.configure(|options| options.model = Model::Dead("no model"));
    assert_eq!(turn(&tutor, ONE).await.json(), json!({"detail": "no model"}));
    let sick = get(tutor.addr(), "/health").await;
    assert_eq!((well.status, sick.status), (200, 200));
    assert!(well.json()["components"]["llm"] == "available");
    assert!(sick.json()["components"]["llm"].as_str().unwrap().starts_with("error"));
}

#[tokio::test]
async fn scripts_and_mishaps() {
    let tutor = start().await;
    tutor.script(|asked| Answer::texts(&format!("t{}", asked.number), "c", "r").speaking(Speech::None));
    tutor.push_answer(Answer::error(500, json!("CUDA out of memory")));
    assert_eq!(turn(&tutor, ONE).await.json(), json!({"detail": "CUDA out of memory"}));
    assert_eq!(tutor.history(ONE).len(), 0);
    assert_eq!(turn(&tutor, ONE).await.json()["user_transcript"], "t2");
    let pair = Speech::Pair("said".into(), "coached".into(), "audio/mpeg");
    tutor.push_answer(Answer::texts("p", "c", "r").speaking(pair));
    turn(&tutor, TWO).await;
    assert_eq!(get(tutor.addr(), &format!("/audio/{TWO}?audio_type=conversational")).await.body, b"said");
    let coached = get(tutor.addr(), &format!("/audio/{TWO}?audio_type=coaching")).await;
    assert!(coached.body == b"coached" && coached.head.contains("audio/mpeg"));
    tutor.configure(|options| options.no_audio_status = 404);
    assert_eq!(get(tutor.addr(), &format!("/audio/{ONE}?audio_type=coaching")).await.status, 404);
    tutor.faults().add(On::call("POST /process"), Act::ResetAfter);
    assert!(hear(submit(&tutor, ONE).await).await.is_err());
    assert_eq!(tutor.history(ONE).len(), 2, "the answer is lost, the turn is not");
    tutor.faults().add(On::call("POST /process").when(|seen| seen.params["session_id"] == ONE), Act::Reset);
    assert!(hear(submit(&tutor, ONE).await).await.is_err());
    assert_eq!((tutor.turns().len(), tutor.count("POST /process")), (4, 5));
    tutor.stop().await;
    assert!(TcpStream::connect(tutor.addr()).await.is_err());
    tutor.resume().await.unwrap();
    assert_eq!(turn(&tutor, ONE).await.status, 200);
}

#[tokio::test]
async fn events_are_taken_where_they_are_offered_and_only_in_their_form() {
    let tutor = TutorApi::start(TutorOptions::default()).await.unwrap();
    let batch = json!({"events": [{"event": "turns", "at": "2026-01-01T00:00:00Z", "count": 1}]});
    assert_eq!(post(tutor.addr(), "/bot/metrics", &batch).await.status, 404);
    tutor.configure(|options| options.bot_routes = true);
    assert_eq!(post(tutor.addr(), "/bot/metrics", &batch).await.status, 200);
    for wrong in [json!({}), json!({"events": [{"at": 5}]}), json!([])] {
        assert_eq!(post(tutor.addr(), "/bot/metrics", &wrong).await.status, 422);
    }
}
