//! Tests of the tutor client against a raw TCP server that plays scripted answers.

use super::*;
use crate::domain::stats::Failure;
use crate::tutor::streak::Blame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What the server does with one request.
enum Play {
    /// Sends these bytes and closes.
    Answer(Vec<u8>),
    /// Reads the request and closes without an answer.
    Hang,
    /// Sends the head, then one byte at a time for ever.
    Drip,
    /// Sends these bytes as soon as the head has arrived, leaving the body unread, and closes.
    Early(Vec<u8>),
    /// Reads the request and keeps the connection open, silent.
    Silent,
}

fn json(status: &str, body: &str) -> Play {
    Play::Answer(
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

/// Plays one answer per connection; passes the requests (head and body) to the receiver.
async fn server(plays: Vec<Play>) -> (String, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        for play in plays {
            let (mut stream, _) = listener.accept().await.unwrap();
            if let Play::Early(bytes) = &play {
                let mut head = [0; 64];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(bytes).await;
                continue;
            }
            let _ = sender.send(read_request(&mut stream).await);
            match play {
                Play::Answer(bytes) => {
                    // The client may stop reading early, and rightly so.
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.shutdown().await;
                }
                Play::Hang | Play::Early(_) => {}
                Play::Silent => kept.push(stream),
                Play::Drip => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
                    while stream.write_all(b"1\r\n \r\n").await.is_ok() {
                        tokio::task::yield_now().await;
                    }
                }
            }
        }
    });
    (url, receiver)
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
            if bytes.len() >= end + 4 + length {
                return bytes;
            }
        }
        let read = stream.read(&mut buffer).await.unwrap();
        if read == 0 {
            return bytes;
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}

fn options(base_url: String) -> PhonicFlowOptions {
    PhonicFlowOptions {
        base_url,
        place: String::new(),
        timeout: Duration::from_secs(20),
        at_once: 1,
        api_key: None,
        private_key: None,
        extra_ca_pem: None,
        gate: Gate::default(),
    }
}

fn tutor(url: &str) -> Client {
    Client::new(options(url.to_owned()), Arc::default()).unwrap()
}

fn impatient(url: &str) -> Client {
    Client::new(
        PhonicFlowOptions { timeout: Duration::from_millis(150), ..options(url.to_owned()) },
        Arc::default(),
    )
    .unwrap()
}

const SESSION: Uuid = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef);
const WAV: &[u8] = b"RIFF....WAVE";

#[tokio::test]
async fn a_turn_is_sent_as_the_contract_says() {
    let (url, mut requests) = server(vec![json("200 OK", r#"{"user_transcript":"hi"}"#)]).await;
    let options = PhonicFlowOptions {
        api_key: Some(Secret::new("k3y")),
        private_key: Some(Secret::new("private")),
        ..options(format!("{url}/tutor/"))
    };
    let tutor = Client::new(options, Arc::default()).unwrap();
    assert_eq!(tutor.reachable(), Reach::Unknown);
    let got = tutor.process(SESSION, 1, Bytes::from_static(WAV)).await.unwrap();
    assert_eq!(got.transcript, "hi");
    assert!(matches!(tutor.reachable(), Reach::Yes { .. }));

    let request = requests.recv().await.unwrap();
    let split = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (head, body) = (std::str::from_utf8(&request[..split]).unwrap(), &request[split + 4..]);
    let mut lines = head.split("\r\n");
    let path = format!("/tutor/process?session_id={SESSION}");
    assert_eq!(lines.next().unwrap(), format!("POST {path} HTTP/1.1"));
    let field = |name: &str| {
        let found: Vec<&str> = head
            .split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect();
        assert_eq!(found.len(), 1, "{name} in {head}");
        found[0].to_owned()
    };
    assert_eq!(field("session_id"), SESSION.to_string());
    assert_eq!(field("authorization"), "Bearer k3y");
    assert_eq!(field("connection"), "close");
    let timestamp: i64 = field("x-bot-timestamp").parse().unwrap();
    let expected = signing::signature(b"private", timestamp, "POST", &path, body).unwrap();
    assert_eq!(field("x-bot-signature"), expected);
    assert!(field("content-type").starts_with("multipart/form-data; boundary="));
    let body = String::from_utf8_lossy(body);
    assert!(body.contains(
        "name=\"file\"; filename=\"audio.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF....WAVE\r\n--"
    ));
}

#[tokio::test]
async fn answers_are_sorted() {
    let html = "<html><body>502 Bad Gateway</body></html>";
    for (play, expected) in [
        (json("502 Bad Gateway", html), Failure::TutorTimeout),
        (json("504 Gateway Timeout", html), Failure::TutorTimeout),
        (json("200 OK", html), Failure::TutorTimeout),
        (json("200 OK", "[]"), Failure::TutorTimeout),
        (json("500 Internal Server Error", r#"{"detail":"boom"}"#), Failure::TutorFailed),
        (json("503 Service Unavailable", ""), Failure::TutorDown),
        (json("429 Too Many Requests", "{}"), Failure::TutorDown),
        (json("422 Unprocessable Entity", r#"{"detail":[{"msg":"x"}]}"#), Failure::TutorRefused),
        (json("413 Payload Too Large", "x"), Failure::TutorRefused),
        (json("401 Unauthorized", "{}"), Failure::TutorDenied),
        (json("307 Temporary Redirect\r\nLocation: /elsewhere", ""), Failure::TutorDenied),
        (Play::Hang, Failure::TutorTimeout),
        (
            Play::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"user_tra".to_vec()),
            Failure::TutorTimeout,
        ),
        (
            Play::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{".to_vec()),
            Failure::TutorTimeout,
        ),
        (Play::Answer(b"garbage".to_vec()), Failure::TutorTimeout),
    ] {
        let (url, _requests) = server(vec![play]).await;
        let error = tutor(&url).process(SESSION, 1, Bytes::from_static(WAV)).await.unwrap_err();
        assert_eq!(error.failure(), expected, "{error:?}");
        let text = error.to_string();
        assert!(!text.contains("127.0.0.1") && !text.contains("boom") && !text.contains("http:"), "{text}");
    }
}

#[tokio::test]
async fn details_only_classify() {
    let (url, _requests) = server(vec![
        json("400 Bad Request", r#"{"detail":"No speech detected in file"}"#),
        json("503 Service Unavailable\r\nRetry-After: 7", ""),
        json("503 Service Unavailable\r\nRetry-After: 999999999", ""),
    ])
    .await;
    let tutor = tutor(&url);
    let wav = || Bytes::from_static(WAV);
    let refused = tutor.process(SESSION, 1, wav()).await.unwrap_err();
    assert_eq!(refused, CallError::Refused { status: 400, fault: Refusal::NoSpeech });
    assert!(matches!(tutor.reachable(), Reach::Yes { .. }), "an answer is an answer");
    for seconds in [7, 3_600] {
        let busy = CallError::Busy { status: 503, retry_after: Some(seconds) };
        assert_eq!(tutor.process(SESSION, 1, wav()).await.unwrap_err(), busy);
    }
    assert!(matches!(tutor.reachable(), Reach::No { failures: 2, .. }));
}

#[tokio::test]
async fn an_answer_before_the_whole_body_is_read_counts() {
    let answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    let (url, _requests) = server((0..10).map(|_| Play::Early(answer.clone())).collect()).await;
    let tutor = tutor(&url);
    let wav = Bytes::from(vec![0; 10 << 20]);
    for _ in 0..10 {
        let error = tutor.process(SESSION, 1, wav.clone()).await.unwrap_err();
        // The close may arrive before the answer. Both results are distinct from "not sent", which is what
        // matters.
        assert!(matches!(error, CallError::Refused { .. } | CallError::Uncertain(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let tutor = tutor(&url);
    let error = tutor.process(SESSION, 1, Bytes::from_static(WAV)).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(_)), "{error:?}");
    assert!(matches!(tutor.reachable(), Reach::No { failures: 1, .. }));
}

#[tokio::test]
async fn silence_and_dripping_end_at_the_deadline() {
    for play in [Play::Silent, Play::Drip] {
        let (url, _requests) = server(vec![play]).await;
        let error = impatient(&url).process(SESSION, 1, Bytes::from_static(WAV)).await.unwrap_err();
        assert!(matches!(error, CallError::Uncertain(_)), "{error:?}");
    }
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_cap() {
    let mut huge = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    huge.resize(TEXT_CAP + 100_000, b'{');
    let (url, _requests) = server(vec![Play::Answer(huge)]).await;
    let error = tutor(&url).process(SESSION, 1, Bytes::from_static(WAV)).await.unwrap_err();
    assert_eq!(error, CallError::TooMuch(TEXT_CAP));
}

#[tokio::test]
async fn an_unanswered_look_at_the_history_is_no_outage() {
    let (url, _requests) = server(vec![json("200 OK", "{}"), Play::Silent, Play::Silent]).await;
    let tutor = impatient(&url);
    tutor.root().await.unwrap();
    assert!(matches!(tutor.history(SESSION).await, Err(CallError::Uncertain(_))));
    assert!(matches!(tutor.reachable(), Reach::Yes { .. }));
    assert!(tutor.process(SESSION, 1, Bytes::from_static(WAV)).await.is_err());
    assert!(matches!(tutor.reachable(), Reach::No { .. }));
}

#[tokio::test]
async fn history_and_forgetting() {
    let (url, mut requests) = server(vec![
        json("404 Not Found", r#"{"detail":"Session not found"}"#),
        json("404 Not Found", r#"{"detail":"Not Found"}"#),
        json("200 OK", r#"{"status":"ok"}"#),
        json("405 Method Not Allowed", ""),
        json("200 OK", r#"{"conversation_count":2,"history":[{"user":"a"},{"user":"b"}]}"#),
        json("404 Not Found", r#"{"detail":"Not Found"}"#),
        json("404 Not Found", ""),
        json("204 No Content", ""),
        json("500 Internal Server Error", ""),
    ])
    .await;
    let tutor = tutor(&url);
    assert_eq!(tutor.history(SESSION).await, Ok(Past::Unknown));
    for _ in 0..3 {
        assert_eq!(tutor.history(SESSION).await, Ok(Past::NotOffered));
    }
    let Ok(Past::Kept(history)) = tutor.history(SESSION).await else { panic!("not kept") };
    assert_eq!((history.count, history.len, history.turns[1].user.as_str()), (2, 2, "b"));
    // It has shown that it keeps histories, so this conversation is merely unknown.
    assert_eq!(tutor.history(SESSION).await, Ok(Past::Unknown));
    assert_eq!(tutor.forget(SESSION).await, Ok(()));
    assert_eq!(tutor.forget(SESSION).await, Ok(()));
    assert_eq!(tutor.forget(SESSION).await, Err(CallError::Failed { status: 500, blame: Blame::Unknown }));
    let first = String::from_utf8(requests.recv().await.unwrap()).unwrap();
    assert!(first.starts_with(&format!("GET /conversation/{SESSION} HTTP/1.1\r\n")), "{first}");
    for _ in 0..5 {
        requests.recv().await.unwrap();
    }
    let deletion = requests.recv().await.unwrap();
    assert!(deletion.starts_with(b"DELETE /conversation/"));
}

#[tokio::test]
async fn spoken_answers() {
    let audio = b"HTTP/1.1 200 OK\r\nContent-Type: Audio/WAV\r\nContent-Length: 4\r\n\r\nRIFF".to_vec();
    let (url, mut requests) = server(vec![
        Play::Answer(audio),
        json("400 Bad Request", r#"{"detail":"no audio"}"#),
        json("404 Not Found", ""),
        json("200 OK", r#"{"detail":"no audio"}"#),
        Play::Answer(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 0\r\n\r\n".to_vec()),
        json("500 Internal Server Error", ""),
    ])
    .await;
    let tutor = tutor(&url);
    let spoken = tutor.spoken(SESSION, SpokenPart::Coaching).await.unwrap().unwrap();
    assert_eq!(&spoken.recordings[0][..], b"RIFF");
    for _ in 0..4 {
        assert_eq!(tutor.spoken(SESSION, SpokenPart::Conversational).await, Ok(None));
    }
    assert!(tutor.spoken(SESSION, SpokenPart::Conversational).await.is_err());
    let first = String::from_utf8(requests.recv().await.unwrap()).unwrap();
    assert!(first.starts_with(&format!("GET /audio/{SESSION}?audio_type=coaching HTTP/1.1\r\n")), "{first}");
    let second = String::from_utf8(requests.recv().await.unwrap()).unwrap();
    assert!(second.contains("?audio_type=conversational HTTP"), "{second}");
}

#[test]
fn unusable_settings_are_told_at_start() {
    for url in ["", "localhost:8000", "ftp://host", "http://", "http://host/?a=b"] {
        assert!(
            matches!(Client::new(options(url.to_owned()), Arc::default()), Err(CallError::Setup(_))),
            "{url}"
        );
    }
    let odd_key =
        PhonicFlowOptions { api_key: Some(Secret::new("a\nb")), ..options("http://host".to_owned()) };
    assert!(matches!(Client::new(odd_key, Arc::default()), Err(CallError::Setup(_))));
    let no_pem =
        PhonicFlowOptions { extra_ca_pem: Some(b"nonsense".to_vec()), ..options("http://host".to_owned()) };
    assert!(matches!(Client::new(no_pem, Arc::default()), Err(CallError::Setup(_))));
}
