//! Tests against a small scripted server: what each kind of answer, silence and breakage becomes.

use super::*;
use crate::domain::{Gate, Keyboard, Rich};
use crate::telegram::to_api::Outgoing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub(super) const TOKEN: &str = "123456:test-SECRET_token";

/// How the server treats one request.
#[derive(Clone)]
pub(super) enum Act {
    Answer(u16, &'static str, String),
    /// Sends this and closes, whatever length was promised.
    CutOff(String),
    Hang,
    /// One byte now and then, for ever.
    Drip,
}

pub(super) fn ok(result: &str) -> Act {
    Act::Answer(200, "", format!(r#"{{"ok":true,"result":{result}}}"#))
}

pub(super) fn no(code: u16, rest: &str) -> Act {
    Act::Answer(code, "", format!(r#"{{"ok":false,"error_code":{code},{rest}}}"#))
}

/// Serves one act per request, in order, and passes on what was asked.
pub(super) async fn server(acts: Vec<Act>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut hanging = Vec::new();
        for act in acts {
            let (mut socket, _) = listener.accept().await.unwrap();
            let request = read_request(&mut socket).await;
            let _ = tell.send(request);
            let said = match act {
                Act::Answer(status, headers, body) => {
                    format!(
                        "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    )
                }
                Act::CutOff(said) => said,
                Act::Hang => {
                    hanging.push(socket);
                    continue;
                }
                Act::Drip => {
                    tokio::spawn(drip(socket));
                    continue;
                }
            };
            let _ = socket.write_all(said.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
        std::future::pending::<()>().await;
    });
    (url, asked)
}

async fn drip(mut socket: TcpStream) {
    let mut said = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    while socket.write_all(said.as_bytes()).await.is_ok() {
        said = "x";
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().unwrap() {
                return text;
            }
        }
        match socket.read(&mut piece).await.unwrap() {
            0 => return text,
            n => request.extend_from_slice(&piece[..n]),
        }
    }
}

pub(super) fn telegram(api_url: &str) -> Telegram {
    let timeout = Duration::from_millis(300);
    let mut telegram = Telegram::new(TelegramOptions {
        token: Secret::new(TOKEN),
        api_url: api_url.to_owned(),
        proxy: None,
        request_timeout: timeout,
        poll_timeout: Duration::from_secs(1),
        download_cap: 1000,
        local_folder: None,
        gate: Gate::default(),
    })
    .unwrap();
    let short = Client::new(
        http::client(&telegram.http).unwrap(),
        api_url,
        &Secret::new(TOKEN),
        timeout,
        telegram.heard.clone(),
    );
    telegram.poll = Mutex::new(short);
    telegram
}

fn hello() -> Outgoing {
    Outgoing::Text {
        chat: ChatId(7),
        thread: Some(4),
        answers: None,
        text: Rich::plain("a < b"),
        keyboard: Keyboard::default(),
    }
}

/// Checks that an error shows neither the token nor the address.
pub(super) fn decent(error: TelegramError) -> TelegramError {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("SECRET") && !shown.contains("127.0.0.1") && !shown.contains("/bot"), "{shown}");
    error
}

async fn deliver(acts: Vec<Act>) -> Result<Delivered, TelegramError> {
    let (url, _asked) = server(acts).await;
    telegram(&url).deliver(&hello(), SendForm::default()).await.map_err(decent)
}

#[tokio::test]
async fn each_answer_to_a_send_becomes_the_right_error() {
    let page = "<html>Bad Gateway</html>".to_owned();
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"ok\":true".to_owned();
    let flood = "x".repeat(2 * 1024 * 1024);
    for (name, act, expected) in [
        ("proxy page", Act::Answer(502, "", page.clone()), Retry::Yes),
        ("proxy page 404", Act::Answer(404, "", page.clone()), Retry::Yes),
        ("redirect", Act::Answer(302, "location: http://other.example/\r\n", String::new()), Retry::Yes),
        ("server error", no(500, r#""description":"Internal Server Error""#), Retry::Yes),
        ("429", no(429, r#""description":"x","parameters":{"retry_after":17}"#), Retry::After(17)),
        ("429 in words", no(429, r#""description":"Too Many Requests: retry after 8""#), Retry::After(8)),
        ("429 of a proxy", Act::Answer(429, "retry-after: 33\r\n", page.clone()), Retry::After(33)),
        ("429 bare", Act::Answer(429, "", String::new()), Retry::After(5)),
        ("blocked", no(403, r#""description":"Forbidden: bot was blocked by the user""#), Retry::No),
        ("no with a yes status", Act::Answer(200, "", r#"{"ok":false,"error_code":500}"#.into()), Retry::Yes),
        ("page with a yes status", Act::Answer(200, "", page), Retry::Unsure),
        ("broken in the body", Act::CutOff(cut), Retry::Unsure),
        ("broken at once", Act::CutOff(String::new()), Retry::Unsure),
        ("silence", Act::Hang, Retry::Unsure),
        ("flood", Act::Answer(200, "", flood.clone()), Retry::Unsure),
        ("flood with an error", Act::Answer(500, "", flood), Retry::Yes),
    ] {
        let error = deliver(vec![act]).await.unwrap_err();
        assert_eq!(error.retry(), expected, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_was_surely_not_a_send() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = decent(telegram(&url).deliver(&hello(), SendForm::default()).await.unwrap_err());
    assert!(matches!(error, TelegramError::Transient { .. }), "{error:?}");
}

#[tokio::test]
async fn a_message_description_of_the_future_is_still_a_sent_message() {
    let sent = ok(r#"{"message_id":77,"chat":{"type":"hologram"},"date":"soon"}"#);
    assert_eq!(deliver(vec![sent]).await, Ok(Delivered { message: Some(MessageId(77)), voice: None }));
    assert_eq!(deliver(vec![ok("true")]).await, Ok(Delivered::default()));
}

#[tokio::test]
async fn markup_goes_plain_and_a_lost_topic_is_left() {
    let parse = no(400, r#""description":"Bad Request: can't parse entities: Unsupported start tag""#);
    let thread = no(400, r#""description":"Bad Request: message thread not found""#);
    let (url, mut asked) = server(vec![parse, thread, ok(r#"{"message_id":5}"#)]).await;
    let (telegram, out, mut manner) = (telegram(&url), hello(), SendForm::default());
    let mut errors = Vec::new();
    let sent = loop {
        match telegram.deliver(&out, manner).await {
            Ok(sent) => break sent,
            Err(error) => {
                manner = manner.after(&error, &out).unwrap();
                errors.push(error);
            }
        }
    };
    assert_eq!(errors, [TelegramError::ParseEntities, TelegramError::ThreadGone]);
    assert_eq!(sent.message, Some(MessageId(5)));
    assert_eq!(telegram.heard(), 3, "a refusal is an answer");
    let (first, second, third) =
        (asked.recv().await.unwrap(), asked.recv().await.unwrap(), asked.recv().await.unwrap());
    assert!(first.starts_with(&format!("POST /bot{TOKEN}/sendMessage ")));
    assert!(first.contains("a &lt; b") && first.contains("HTML") && first.contains("message_thread_id"));
    assert!(second.contains("a < b") && !second.contains("HTML") && second.contains("message_thread_id"));
    assert!(!third.contains("message_thread_id"));
}

#[tokio::test]
async fn a_proxys_page_and_a_broken_line_are_no_answers_of_telegram() {
    let page = "<html>hello</html>".to_owned();
    let acts = vec![
        Act::Answer(502, "", page.clone()),
        Act::Answer(200, "", page.clone()),
        Act::Answer(429, "", page),
        Act::CutOff(String::new()),
        ok(r#"{"message_id":5}"#),
    ];
    let (url, _asked) = server(acts).await;
    let telegram = telegram(&url);
    for _ in 0..4 {
        telegram.deliver(&hello(), SendForm::default()).await.unwrap_err();
    }
    assert_eq!(telegram.heard(), 0);
    telegram.deliver(&hello(), SendForm::default()).await.unwrap();
    assert_eq!(telegram.heard(), 1);
}

#[tokio::test]
async fn a_voice_is_uploaded_from_memory() {
    let (url, mut asked) =
        server(vec![ok(r#"{"message_id":6,"voice":{"file_id":"AwAC","duration":4}}"#)]).await;
    let voice = Outgoing::File {
        chat: ChatId(-7),
        thread: None,
        answers: Some(MessageId(3)),
        caption: Rich::plain("R&B"),
        keyboard: Keyboard::default(),
        file: Attachment::Voice { bytes: Bytes::from_static(b"OggS..."), duration_secs: 4 },
    };
    assert_eq!(
        telegram(&url).deliver(&voice, SendForm::default()).await.unwrap(),
        Delivered { message: Some(MessageId(6)), voice: Some("AwAC".to_owned()) }
    );
    let request = asked.recv().await.unwrap();
    for part in [
        "/sendVoice ",
        "name=\"voice\"; filename=\"voice.ogg\"\r\nContent-Type: audio/ogg",
        "OggS...",
        "name=\"duration\"\r\n\r\n4\r\n",
        "name=\"caption\"\r\n\r\nR&amp;B\r\n",
        "name=\"chat_id\"\r\n\r\n-7\r\n",
        "{\"allow_sending_without_reply\":true,\"message_id\":3}",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
    assert!(!request.contains("\"path\""));
}

#[tokio::test]
async fn polls_name_what_they_want_and_confirm_what_they_are_told() {
    let batch = r#"[{"update_id":5,"message":{}},{"message":{}},{"update_id":"6"}]"#;
    let (url, mut asked) = server(vec![ok("[]"), ok(batch)]).await;
    let telegram = telegram(&url);
    assert_eq!(telegram.poll(None, 1000).await.unwrap(), []);
    let first = asked.recv().await.unwrap();
    assert!(!first.contains("offset"));
    assert!(first.contains(r#""allowed_updates":["message","callback_query","my_chat_member"]"#), "{first}");
    assert!(first.contains(r#""limit":100"#) && first.contains(r#""timeout":1"#));
    telegram.fresh_connection();
    let ids: Vec<i64> = telegram.poll(Some(-1), 100).await.unwrap().iter().map(|update| update.id).collect();
    assert_eq!(ids, [5, 6]);
    assert!(asked.recv().await.unwrap().contains(r#""offset":-1"#));
}

#[tokio::test]
async fn a_batch_too_large_is_taken_in_smaller_pieces() {
    let flood = Act::Answer(200, "", "x".repeat(5 * 1024 * 1024));
    let (url, mut asked) = server(vec![flood.clone(), flood, ok(r#"[{"update_id":1}]"#)]).await;
    assert_eq!(telegram(&url).poll(None, 100).await.unwrap().len(), 1);
    for limit in [100, 25, 6] {
        assert!(asked.recv().await.unwrap().contains(&format!(r#""limit":{limit},"#)));
    }
}

#[tokio::test]
async fn polls_fail_in_their_own_ways() {
    for (name, act, expected) in [
        ("hang", Act::Hang, TelegramError::Unknown { what: "no answer in time".into() }),
        (
            "second poller",
            no(409, r#""description":"Conflict: terminated by other getUpdates request""#),
            TelegramError::Conflict { webhook: false },
        ),
        ("revoked", no(401, r#""description":"Unauthorized""#), TelegramError::Unauthorized),
    ] {
        let (url, _asked) = server(vec![act]).await;
        assert_eq!(telegram(&url).poll(None, 100).await.map_err(decent), Err(expected), "{name}");
    }
}

#[tokio::test]
async fn who_we_are_and_whether_the_token_is_good() {
    let (url, _asked) = server(vec![
        ok(r#"{"id":42,"is_bot":true,"first_name":"P","username":"PhonicFlowBot","new_right":[]}"#),
        no(401, r#""description":"Unauthorized""#),
        no(404, r#""description":"Not Found""#),
        no(404, r#""description":"Not Found: no such bot""#),
        Act::Answer(404, "", "<html>".into()),
        Act::Answer(401, "", "<html>".into()),
        ok("{}"),
    ])
    .await;
    let telegram = telegram(&url);
    assert_eq!(telegram.me().await, Ok(Me { id: UserId(42), username: "PhonicFlowBot".into() }));
    for _ in 0..3 {
        assert_eq!(telegram.me().await.map_err(decent), Err(TelegramError::Unauthorized));
    }
    // A proxy does not know the token.
    for _ in 0..2 {
        assert!(matches!(telegram.me().await.map_err(decent), Err(TelegramError::Transient { .. })));
    }
    assert!(matches!(telegram.me().await, Err(TelegramError::Undecodable { .. })));
}

#[tokio::test]
async fn a_webhook_is_removed_but_what_waits_is_kept() {
    let (url, mut asked) = server(vec![
        ok(r#"{"url":"","pending_update_count":3}"#),
        ok(r#"{"url":"https://old.example:8443/hook/s3cret?x=1","allowed_updates":["hologram"]}"#),
        ok("true"),
    ])
    .await;
    let telegram = telegram(&url);
    assert_eq!(telegram.remove_webhook().await, Ok(None));
    assert_eq!(telegram.remove_webhook().await, Ok(Some("old.example".into())));
    let mut last = String::new();
    for _ in 0..3 {
        last = asked.recv().await.unwrap();
    }
    assert!(last.contains("deleteWebhook") && last.contains(r#""drop_pending_updates":false"#));
}

#[tokio::test]
async fn menus_actions_and_reactions() {
    let (url, mut asked) = server(vec![ok("true"), ok("true"), ok("true"), ok("true")]).await;
    let telegram = telegram(&url);
    let list = vec![("help".to_owned(), "Help".to_owned())];
    telegram.set_commands(None, &[("", list.clone()), ("pt", list)]).await.unwrap();
    telegram.chat_action(ChatId(7), Some(3), Action::RecordVoice).await.unwrap();
    telegram.react(ChatId(7), MessageId(9), "👀").await.unwrap();
    for (has, has_not) in [
        (r#"{"commands":[{"command":"help","description":"Help"}]}"#, "language_code"),
        (r#""language_code":"pt""#, "scope"),
        (r#"{"chat_id":7,"message_thread_id":3,"action":"record_voice"}"#, "null"),
        (r#"{"chat_id":7,"message_id":9,"reaction":[{"type":"emoji","emoji":"👀"}]}"#, "null"),
    ] {
        let request = asked.recv().await.unwrap();
        assert!(request.contains(has) && !request.contains(has_not), "{request}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_without_being_shown() {
    let options = |token: &str, url: &str, proxy: Option<&str>| TelegramOptions {
        token: Secret::new(token),
        api_url: url.to_owned(),
        proxy: proxy.map(Secret::new),
        request_timeout: Duration::from_secs(1),
        poll_timeout: Duration::from_secs(500),
        download_cap: 1,
        local_folder: None,
        gate: Gate::default(),
    };
    for (token, url, proxy) in [
        ("", "http://localhost", None),
        ("12:SECRET token", "http://localhost", None),
        ("12:SECRET?x", "http://localhost", None),
        (TOKEN, "ftp://SECRET", None),
        (TOKEN, "nonsense SECRET", None),
        (TOKEN, "http://localhost", Some("http://u:SECRET@ h")),
    ] {
        let Err(error) = Telegram::new(options(token, url, proxy)) else { panic!("{url} accepted") };
        assert!(matches!(decent(error), TelegramError::Setup(_)));
    }
    let good = Telegram::new(options(TOKEN, "http://localhost:8081/", Some("socks5h://u:p@localhost:1080")))
        .unwrap();
    assert_eq!(good.poll_secs, 50);
}
