//! Tests of the methods that work, as the person sees it: files, topics, buttons, commands, injected faults.

use serde_json::json;

use super::{super::*, *};
use crate::sandbox::{
    faults::{Act, On},
    http::Shape,
    testkit::{get, hear, open, opus, text},
};

#[tokio::test]
async fn a_voice_is_fetched() {
    let api = start().await;
    let learner = ana(&api);
    learner.voice(opus(), 3);
    let update = ok(&api, "getUpdates", &json!({})).await[0].clone();
    let voice = &update["message"]["voice"];
    assert_eq!((&voice["duration"], &voice["mime_type"]), (&json!(3), &json!("audio/ogg")));
    assert_eq!(update["message"]["from"]["language_code"], "pt-br");
    let file = ok(&api, "getFile", &json!({"file_id": voice["file_id"]})).await;
    let link = format!("/file/bot{}/{}", api.token(), file["file_path"].as_str().unwrap());
    assert_eq!(get(api.addr(), &link).await.body, opus());
    api.expire_links();
    assert_eq!(get(api.addr(), &link).await.status, 404);
    let query = format!("{}?file_id={}", target(&api, "getFile"), voice["file_id"].as_str().unwrap());
    assert_eq!(get(api.addr(), &query).await.status, 200);
}

#[tokio::test]
async fn each_size_of_a_photo_is_a_file_and_an_album_is_messages_with_one_id() {
    let api = start().await;
    let learner = ana(&api);
    let large = b"\xff\xd8\xff\xe0 the large one";
    learner.post(Post::photo(&large[..]).caption("look").in_album("7"));
    learner.post(Post::photo(&large[..]).in_album("7"));
    let updates = ok(&api, "getUpdates", &json!({})).await;
    let [first, second] = [0, 1].map(|n| updates[n]["message"].clone());
    assert_eq!((&first["caption"], &second["caption"]), (&json!("look"), &json!(null)));
    assert_eq!([&first["media_group_id"], &second["media_group_id"]], [&json!("7"), &json!("7")]);
    let sizes = first["photo"].as_array().unwrap();
    assert!(sizes[0]["width"].as_u64() < sizes[1]["width"].as_u64(), "{sizes:?}");
    let mut bytes = Vec::new();
    for size in sizes {
        let file = ok(&api, "getFile", &json!({"file_id": size["file_id"]})).await;
        let path = file["file_path"].as_str().unwrap();
        assert!(path.starts_with("photos/") && path.ends_with(".jpg"), "{path}");
        let served = get(api.addr(), &format!("/file/bot{}/{path}", api.token())).await.body;
        assert_eq!(size["file_size"], served.len());
        bytes.push(served);
    }
    assert!(bytes[0] != large && bytes[1] == large);
    assert_eq!(second["photo"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn commands_topics_and_replies() {
    let api = start().await;
    let learner = ana(&api);
    api.forum(-1_000_000_000_009, "School", &[7]);
    let here = learner.in_chat(-1_000_000_000_009);
    let asked = here.post(Post::text("/help@phonicflow_bot now").in_topic(7).at(1_700_000_000));
    let update = ok(&api, "getUpdates", &json!({})).await[0].clone();
    let message = &update["message"];
    assert_eq!(message["entities"], json!([{"type": "bot_command", "offset": 0, "length": 20}]));
    assert_eq!((&message["is_topic_message"], &message["date"]), (&json!(true), &json!(1_700_000_000)));
    let answer = json!({"chat_id": here.chat(), "text": "<i>a</i>", "parse_mode": "HTML",
        "message_thread_id": 7, "reply_parameters": {"message_id": asked.message_id}});
    let sent = ok(&api, "sendMessage", &answer).await;
    assert_eq!(sent["reply_to_message"]["message_id"], asked.message_id);
    let entry = here.transcript().pop().unwrap();
    assert_eq!((entry.thread, entry.reply_to, entry.text.as_str()), (Some(7), Some(asked.message_id), "a"));
    api.channel(-1_000_000_000_010, "school");
    api.set_member(-1_000_000_000_010, 11, "member");
    let member = ok(&api, "getChatMember", &json!({"chat_id": "@school", "user_id": 11})).await;
    assert_eq!(member["status"], "member");
}

#[tokio::test]
async fn who_is_in_a_channel_is_told_to_its_administrators_alone() {
    let api = start().await;
    let _ = ana(&api);
    let (public, private) = (-1_000_000_000_010, -1_000_000_000_011);
    api.channel(public, "school");
    api.private_channel(private, "Secret school", Some("https://t.me/+abc"));
    for (status, shown, still_in) in [
        ("left", "left", None),
        ("restricted", "restricted", Some(true)),
        ("restricted-out", "restricted", Some(false)),
        ("kicked", "kicked", None),
    ] {
        api.set_member(private, 11, status);
        let member = ok(&api, "getChatMember", &json!({"chat_id": private, "user_id": 11})).await;
        assert_eq!((member["status"].as_str(), member["is_member"].as_bool()), (Some(shown), still_in));
    }
    let card = ok(&api, "getChat", &json!({"chat_id": private})).await;
    assert_eq!(
        (&card["title"], &card["invite_link"]),
        (&json!("Secret school"), &json!("https://t.me/+abc"))
    );
    for (chat, status, code, words) in [
        (json!("@school"), "left", 400, "Bad Request: member list is inaccessible"),
        (json!("@school"), "member", 400, "Bad Request: member list is inaccessible"),
        (json!(public), "kicked", 403, "Forbidden: bot was kicked from the channel chat"),
        (json!(private), "left", 400, "Bad Request: chat not found"),
        (json!("@nobody"), "left", 400, "Bad Request: chat not found"),
    ] {
        api.set_own_status(public, status);
        api.set_own_status(private, status);
        refused(&api, "getChatMember", &json!({"chat_id": chat, "user_id": 11}), code, words).await;
    }
    api.set_own_status(public, "administrator");
    for (user, words) in [(0, "Bad Request: invalid user_id specified"), (12, "Bad Request: user not found")]
    {
        refused(&api, "getChatMember", &json!({"chat_id": public, "user_id": user}), 400, words).await;
    }
    let scope = json!({"commands": [{"command": "admin", "description": "x"}],
        "scope": {"type": "chat", "chat_id": 12}});
    refused(&api, "setMyCommands", &scope, 400, "Bad Request: chat not found").await;
}

#[tokio::test]
async fn a_menu_goes_with_its_scope_and_language_alone() {
    let api = start().await;
    ana(&api).text("hello");
    let commands = json!([{"command": "help", "description": "what I can do"}]);
    let chat = json!({"type": "chat", "chat_id": 11});
    for language in ["", "pt"] {
        ok(&api, "setMyCommands", &json!({"commands": commands, "language_code": language})).await;
        let own = json!({"commands": commands, "language_code": language, "scope": chat});
        ok(&api, "setMyCommands", &own).await;
    }
    ok(&api, "deleteMyCommands", &json!({"scope": chat})).await;
    let left = |language: &str| {
        api.read(|state| (state.commands(language).is_some(), state.commands_of(11, language).is_some()))
    };
    assert_eq!((left(""), left("pt")), ((true, false), (true, true)));
    ok(&api, "deleteMyCommands", &json!({"scope": chat, "language_code": "pt"})).await;
    assert_eq!(left("pt"), (true, false));
    // Deleting commands that are not set succeeds; a chat that the bot never met is an error.
    ok(&api, "deleteMyCommands", &json!({"scope": chat})).await;
    for (params, words) in [
        (json!({"scope": {"type": "chat", "chat_id": 12}}), "Bad Request: chat not found"),
        (json!({"scope": chat, "language_code": "pt-br"}), "Bad Request: invalid language code specified"),
    ] {
        refused(&api, "deleteMyCommands", &params, 400, words).await;
    }
}

#[tokio::test]
async fn in_local_mode_files_are_on_the_disk() {
    let api = start().await;
    let folder = tempfile::tempdir().unwrap();
    api.set_local(Some(folder.path().to_owned()));
    ana(&api).voice(opus(), 3);
    let update = ok(&api, "getUpdates", &json!({})).await[0].clone();
    let file = ok(&api, "getFile", &json!({"file_id": update["message"]["voice"]["file_id"]})).await;
    let path = std::path::Path::new(file["file_path"].as_str().unwrap());
    assert!(path.is_absolute() && path.starts_with(folder.path()));
    assert_eq!(std::fs::read(path).unwrap(), opus());
}

#[tokio::test]
async fn buttons() {
    let api = start().await;
    let learner = ana(&api);
    let keyboard = json!({"inline_keyboard": [[{"text": "next", "callback_data": "h:2"}]]});
    let mut params = text(11, "page 1");
    params["reply_markup"] = keyboard;
    let id = ok(&api, "sendMessage", &params).await["message_id"].as_i64().unwrap();
    assert_eq!(learner.press(id, "h:3"), None);
    let pressed = learner.press(id, "h:2").unwrap();
    let update = ok(&api, "getUpdates", &json!({})).await[0].clone();
    assert_eq!(update["callback_query"]["message"]["text"], "page 1");
    ok(&api, "answerCallbackQuery", &json!({"callback_query_id": pressed.query_id, "text": "ok"})).await;
    assert_eq!(api.read(|state| state.press(&pressed.query_id).unwrap().answers), 1);
    ok(&api, "editMessageReplyMarkup", &json!({"chat_id": 11, "message_id": id})).await;
    assert!(learner.transcript()[0].buttons().is_empty());
    let commands = json!([{"command": "help", "description": "what I can do"}]);
    ok(&api, "setMyCommands", &json!({"commands": commands, "language_code": "pt"})).await;
    assert_eq!(api.read(|state| state.commands("pt").cloned()), Some(commands));
}

async fn try_send(api: &BotApi) -> std::io::Result<testkit::Heard> {
    let body = text(11, "x").to_string();
    hear(open(api.addr(), "POST", &target(api, "sendMessage"), testkit::JSON, body.as_bytes()).await).await
}

#[tokio::test]
async fn mishaps() {
    let api = start().await;
    let _ = ana(&api);
    let faults = api.faults();
    let once = || On::call("sendMessage").chat(11);
    faults.add(once(), Act::too_many(7));
    faults.add(once(), Act::html(502));
    assert_eq!(try_send(&api).await.unwrap().json()["parameters"]["retry_after"], 7);
    let page = try_send(&api).await.unwrap();
    assert!(page.status == 502 && page.head.contains("text/html"));
    let reset = faults.add(once(), Act::Reset);
    assert_eq!(try_send(&api).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!((api.sent().len(), faults.fired(reset)), (0, 1));
    faults.add(once(), Act::ResetAfter);
    assert_eq!(try_send(&api).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(api.sent().len(), 1);
    faults.add(once(), Act::Close);
    assert_eq!(try_send(&api).await.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    faults.add(once().nth(2), Act::Shape(Shape::Truncated(5)));
    assert_eq!(try_send(&api).await.unwrap().status, 200);
    let cut = try_send(&api).await.unwrap();
    assert_eq!(cut.body.len(), 5);
    faults.add(once(), Act::InvalidJson);
    let broken = try_send(&api).await.unwrap();
    assert!(serde_json::from_slice::<Value>(&broken.body).is_err());
    faults.add(once(), Act::Shape(Shape::Claims(10)));
    assert_eq!(try_send(&api).await.unwrap().body.len(), 10);
    faults.add(once(), Act::Shape(Shape::Claims(100_000)));
    assert!(try_send(&api).await.unwrap().head.contains("content-length: 100000"));
    faults.add(once(), Act::Shape(Shape::Drip { chunk: 50, every: Duration::from_millis(1) }));
    assert_eq!(try_send(&api).await.unwrap().json()["ok"], true);
    faults.add(On::any().when(|seen| seen.params["text"] == "x"), Act::Hang);
    let hung = tokio::spawn({
        let api = api.clone();
        async move { try_send(&api).await }
    });
    let pending =
        |state: &State| state.log().calls().last().filter(|c| c.outcome == Outcome::Pending).map(|_| ());
    api.wait_until(TIME_LIMIT, pending).await.unwrap();
    faults.release_hung();
    assert_eq!(hung.await.unwrap().unwrap().status, 200);
}

#[tokio::test]
async fn an_endless_answer_has_no_end() {
    use tokio::io::AsyncReadExt;
    let api = start().await;
    api.faults().add(On::call("getMe"), Act::Shape(Shape::Endless));
    let mut stream = open(api.addr(), "GET", &target(&api, "getMe"), "", b"").await;
    let mut piece = vec![0; 3_000_000];
    assert_eq!(stream.read_exact(&mut piece).await.unwrap(), 3_000_000);
}

#[tokio::test]
async fn gates_hold_before_and_after_the_effect() {
    let api = start().await;
    let _ = ana(&api);
    for after in [false, true] {
        let on = On::call("sendMessage");
        let gate = if after { api.faults().gate_after(on) } else { api.faults().gate(on) };
        let sent = api.sent().len();
        let held = tokio::spawn({
            let api = api.clone();
            async move { try_send(&api).await }
        });
        gate.reached(1).await;
        assert_eq!((gate.waiting(), api.sent().len()), (1, sent + usize::from(after)));
        gate.release(1);
        assert_eq!(held.await.unwrap().unwrap().status, 200);
        // A client that is killed while held before the effect: nothing ever happens.
        let gate = api.faults().gate(On::call("sendMessage"));
        let body = text(11, "never").to_string();
        let stream =
            open(api.addr(), "POST", &target(&api, "sendMessage"), testkit::JSON, body.as_bytes()).await;
        gate.reached(1).await;
        drop(stream);
        let gone = |state: &State| {
            state.log().calls().last().filter(|call| call.outcome == Outcome::ClientGone).map(|_| ())
        };
        api.wait_until(TIME_LIMIT, gone).await.unwrap();
        gate.open();
        assert!(api.sent().iter().all(|entry| entry.text == "x"));
    }
}
