//! Tests of each refusal in Telegram's words.

use serde_json::json;

use super::{super::*, *};
use crate::sandbox::testkit::{FORM, form, get, hear, open, opus, text};

#[tokio::test]
async fn tokens_methods_and_paths() {
    let api = start().await;
    let heard = get(api.addr(), "/bot123:wrong/getMe").await;
    assert_eq!((heard.status, heard.description().as_str()), (401, "Unauthorized"));
    assert_eq!(get(api.addr(), "/botnonsense/getMe").await.status, 404);
    assert_eq!(get(api.addr(), "/").await.status, 404);
    refused(&api, "getMee", &json!({}), 404, "Not Found").await;
    let me = get(api.addr(), &target(&api, "getMe")).await.json();
    assert_eq!(me["result"]["username"], "phonicflow_bot");
    api.set_token_valid(false);
    refused(&api, "getMe", &json!({}), 401, "Unauthorized").await;
}

#[tokio::test]
async fn send_message() {
    let api = start().await;
    let _ = ana(&api);
    let bad = |params, why: &'static str| {
        let api = api.clone();
        async move { refused(&api, "sendMessage", &params, 400, &format!("Bad Request: {why}")).await }
    };
    bad(text(12, "x"), "chat not found").await;
    bad(text(11, ""), "message text is empty").await;
    bad(text(11, " \n\t"), "message text is empty").await;
    bad(text(11, &"x".repeat(4097)), "message is too long").await;
    bad(text(11, &"😀".repeat(2049)), "message is too long").await;
    bad(json!({"text": "x"}), "chat_id is empty").await;
    bad(json!({"chat_id": 11}), "message text is empty").await;
    bad(
        json!({"chat_id": 11, "text": "x", "replyto": 1}),
        "unknown parameter \"replyto\" of sendMessage (double)",
    )
    .await;
    bad(json!({"chat_id": 11, "text": 5}), "wrong type of parameter \"text\" (double)").await;
    bad(json!({"chat_id": 11, "text": "x", "parse_mode": "wiki"}), "unsupported parse_mode").await;
    bad(
        json!({"chat_id": 11, "text": "<b>x", "parse_mode": "HTML"}),
        "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    )
    .await;
    bad(json!({"chat_id": 11, "text": "<b> </b>", "parse_mode": "HTML"}), "message text is empty").await;
    bad(
        json!({"chat_id": 11, "text": "x", "reply_parameters": {"message_id": 99}}),
        "message to be replied not found",
    )
    .await;
    bad(json!({"chat_id": 11, "text": "x", "message_thread_id": 5}), "message thread not found").await;
    api.group(-5, "class");
    let keys =
        |chat: i64, markup: serde_json::Value| json!({"chat_id": chat, "text": "x", "reply_markup": markup});
    let share = json!({"keyboard": [[{"text": "Here", "request_location": true}]], "resize_keyboard": true});
    bad(keys(-5, share), "location can be requested in private chats only").await;
    let empty = json!({"keyboard": [[{"text": ""}]]});
    bad(keys(11, empty), "can't parse keyboard button: field \"text\" must be non-empty").await;
    bad(keys(11, json!({"remove_keyboard": false})), "remove_keyboard must be true (double)").await;
    bad(keys(11, json!({"nothing": 1})), "unknown field \"nothing\" in ForceReply (double)").await;
    bad(
        json!({"chat_id": 11, "text": "x", "link_preview_options": {"disabled": true}}),
        "unknown field \"disabled\" in LinkPreviewOptions (double)",
    )
    .await;
    let button = |data: &str| json!({"inline_keyboard": [[{"text": "t", "callback_data": data}]]});
    for data in ["", &"é".repeat(33)] {
        bad(json!({"chat_id": 11, "text": "x", "reply_markup": button(data)}), "BUTTON_DATA_INVALID").await;
    }
    bad(
        json!({"chat_id": 11, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "t"}]]}}),
        "text buttons are unallowed in the inline keyboard",
    )
    .await;
    assert!(api.sent().is_empty());
    ok(&api, "sendMessage", &text(11, &"x".repeat(4096))).await;
    let fits = format!("<b>{}</b>", "&lt;".repeat(4096));
    ok(&api, "sendMessage", &json!({"chat_id": 11, "text": fits, "parse_mode": "HTML"})).await;
    ok(
        &api,
        "sendMessage",
        &json!({"chat_id": "11", "text": "x", "reply_parameters":
        {"message_id": 99, "allow_sending_without_reply": true}}),
    )
    .await;
}

#[tokio::test]
async fn standing_with_chats() {
    let api = start().await;
    let learner = ana(&api);
    api.block(11);
    refused(&api, "sendMessage", &text(11, "x"), 403, "Forbidden: bot was blocked by the user").await;
    api.unblock(11);
    ok(&api, "sendMessage", &text(11, "x")).await;
    api.set_standing(11, Standing::Deactivated);
    refused(&api, "sendMessage", &text(11, "x"), 403, "Forbidden: user is deactivated").await;
    api.group(-5, "G");
    api.migrate(-5, -1_000_000_000_005, learner.user());
    let why = "Bad Request: group chat was upgraded to a supergroup chat";
    let parameters = refused(&api, "sendMessage", &text(-5, "x"), 400, why).await;
    assert_eq!(parameters["migrate_to_chat_id"], json!(-1_000_000_000_005_i64));
    ok(&api, "sendMessage", &text(-1_000_000_000_005, "x")).await;
}

#[tokio::test]
async fn voices_must_be_opus() {
    let api = start().await;
    let _ = ana(&api);
    let send = |body: Vec<u8>| {
        let (addr, target) = (api.addr(), target(&api, "sendVoice"));
        async move { hear(open(addr, "POST", &target, FORM, &body).await).await.unwrap() }
    };
    let voice = opus();
    let wav = crate::sandbox::tutor_api::tone(24_000, 440.0, 50);
    let dead = send(form(&[("chat_id", None, b"11"), ("voice", Some(("v.ogg", "audio/ogg")), &wav)])).await;
    assert_eq!(dead.description(), "Bad Request: VOICE_FILE_INVALID (double)");
    let none = send(form(&[("chat_id", None, b"11"), ("voice", None, b"attach://f")])).await;
    assert_eq!(none.description(), "Bad Request: there is no voice in the request");
    let long = "x".repeat(1025);
    let file = Some(("v.ogg", "audio/ogg"));
    let body = form(&[("chat_id", None, b"11"), ("caption", None, long.as_bytes()), ("voice", file, &voice)]);
    assert_eq!(send(body).await.description(), "Bad Request: message caption is too long");
    let direct =
        send(form(&[("chat_id", None, b"11"), ("duration", None, b"7"), ("voice", file, &voice)])).await;
    assert_eq!(direct.status, 200);
    let sent = direct.json()["result"]["voice"].clone();
    assert_eq!((&sent["duration"], &sent["file_size"]), (&json!(7), &json!(voice.len())));
    let attached = form(&[("chat_id", None, b"11"), ("voice", None, b"attach://f0"), ("f0", file, &voice)]);
    assert_eq!(send(attached).await.status, 200);
    ok(&api, "sendVoice", &json!({"chat_id": 11, "voice": sent["file_id"]})).await;
    assert!(api.sent().iter().all(|entry| entry.file.as_ref().unwrap().bytes == voice));
    assert_eq!(api.sent().len(), 3);
    let why = "Bad Request: wrong file identifier/HTTP URL specified";
    refused(&api, "sendVoice", &json!({"chat_id": 11, "voice": "nope"}), 400, why).await;
    api.set_standing(11, Standing::NoVoice);
    let again = json!({"chat_id": 11, "voice": sent["file_id"]});
    refused(&api, "sendVoice", &again, 400, "Bad Request: VOICE_MESSAGES_FORBIDDEN").await;
}

/// A grey PNG of this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![128; (width * height) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

#[tokio::test]
async fn pictures_and_documents_must_be_what_they_say_and_of_their_size() {
    let api = start().await;
    let _ = ana(&api);
    let send = |method: &str, field: &str, bytes: &[u8]| {
        let (addr, target) = (api.addr(), target(&api, method));
        let body = form(&[("chat_id", None, b"11"), (field, Some(("f", "x/y")), bytes)]);
        async move { hear(open(addr, "POST", &target, FORM, &body).await).await.unwrap() }
    };
    let good = png(1200, 800);
    let (mut cut, mut flipped, mut heavy) = (good.clone(), good.clone(), good.clone());
    cut.truncate(good.len() - 20);
    flipped[good.len() / 2] ^= 0x55;
    heavy.resize(10 * 1024 * 1024 + 1, 0);
    for (bytes, why) in [
        (&b""[..], "file must be non-empty"),
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (&opus(), "IMAGE_PROCESS_FAILED"),
        (&cut, "IMAGE_PROCESS_FAILED"),
        (&flipped, "IMAGE_PROCESS_FAILED"),
        (&heavy, "file is too big for a photo"),
        (&png(9_000, 1_001), "PHOTO_INVALID_DIMENSIONS"),
        (&png(2_100, 100), "PHOTO_INVALID_DIMENSIONS"),
    ] {
        assert_eq!(send("sendPhoto", "photo", bytes).await.description(), format!("Bad Request: {why}"));
    }
    let photo = send("sendPhoto", "photo", &good).await.json()["result"]["photo"].clone();
    assert_eq!((&photo[1]["width"], &photo[1]["height"]), (&json!(1200), &json!(800)));
    let large = vec![0; 50 * 1024 * 1024 + 1];
    assert_eq!(send("sendDocument", "document", &large).await.description(), "Bad Request: file is too big");
    let document = send("sendDocument", "document", b"front,back").await.json()["result"]["document"].clone();
    assert_eq!((&document["file_name"], &document["file_size"]), (&json!("f"), &json!(10)));
    // What was sent can be sent again by its id, as what it is and nothing else.
    ok(&api, "sendPhoto", &json!({"chat_id": 11, "photo": photo[1]["file_id"]})).await;
    for (method, field, id) in
        [("sendPhoto", "photo", &document["file_id"]), ("sendVoice", "voice", &photo[1]["file_id"])]
    {
        let wrong = call(&api, method, &json!({"chat_id": 11, field: id})).await;
        assert!(wrong.description().starts_with("Bad Request: can't use file of type"), "{method}");
    }
    let long = json!({"chat_id": 11, "photo": photo[1]["file_id"], "caption": "x".repeat(1025)});
    refused(&api, "sendPhoto", &long, 400, "Bad Request: message caption is too long").await;
}

#[tokio::test]
async fn small_methods() {
    let api = start().await;
    let learner = ana(&api);
    let own = learner.text("hello").message_id;
    let react = |emoji: &str| json!({"chat_id": 11, "message_id": own, "reaction": [{"type": "emoji", "emoji": emoji}]});
    refused(&api, "setMessageReaction", &react("🧪"), 400, "Bad Request: REACTION_INVALID").await;
    ok(&api, "setMessageReaction", &react("👀")).await;
    assert_eq!(learner.transcript()[0].reactions, ["👀"]);
    let action = json!({"chat_id": 11, "action": "dancing"});
    refused(&api, "sendChatAction", &action, 400, "Bad Request: wrong parameter action in request").await;
    ok(&api, "sendChatAction", &json!({"chat_id": 11, "action": "record_voice"})).await;
    assert_eq!(api.read(|state| state.actions(11).len()), 1);
    let old = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    refused(&api, "answerCallbackQuery", &json!({"callback_query_id": "1"}), 400, old).await;
    let file = "Bad Request: wrong file_id or the file is temporarily unavailable";
    refused(&api, "getFile", &json!({"file_id": "x"}), 400, file).await;
    let big = learner.post(Post::voice(opus(), 1).claims_size(Some(21 << 20)));
    let id = api.read(|s| s.entry(11, big.message_id).unwrap().file.as_ref().unwrap().file_id.clone());
    refused(&api, "getFile", &json!({"file_id": id}), 400, "Bad Request: file is too big").await;
    let edit = |id: i64, text: &str| json!({"chat_id": 11, "message_id": id, "text": text});
    refused(&api, "editMessageText", &edit(99, "x"), 400, "Bad Request: message to edit not found").await;
    refused(&api, "editMessageText", &edit(own, "x"), 400, "Bad Request: message can't be edited").await;
    let mine = ok(&api, "sendMessage", &text(11, "x")).await["message_id"].as_i64().unwrap();
    let same = call(&api, "editMessageText", &edit(mine, "x")).await;
    assert!(same.description().starts_with("Bad Request: message is not modified: "));
    ok(&api, "editMessageText", &edit(mine, "y")).await;
    assert_eq!(learner.transcript().last().unwrap().text, "y");
    let gone = json!({"chat_id": 11, "message_id": 99});
    refused(&api, "deleteMessage", &gone, 400, "Bad Request: message to delete not found").await;
    let upper = json!({"commands": [{"command": "Help", "description": "d"}]});
    refused(&api, "setMyCommands", &upper, 400, "Bad Request: BOT_COMMAND_INVALID").await;
    refused(&api, "getChat", &json!({"chat_id": "@nobody"}), 400, "Bad Request: chat not found").await;
}

#[tokio::test]
async fn sending_limits() {
    let api = start().await;
    let _ = ana(&api);
    api.set_rate_limits(Some(RateLimits::telegram()));
    for _ in 0..3 {
        ok(&api, "sendMessage", &text(11, "x")).await;
    }
    let parameters =
        refused(&api, "sendMessage", &text(11, "x"), 429, "Too Many Requests: retry after 1").await;
    assert_eq!(parameters["retry_after"], 1);
    ok(&api, "sendChatAction", &json!({"chat_id": 11, "action": "typing"})).await;
    assert_eq!(api.read(|state| state.limits().refusals()), 1);
    api.set_rate_limits(None);
    ok(&api, "sendMessage", &text(11, "x")).await;
}
