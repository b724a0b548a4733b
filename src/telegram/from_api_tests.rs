//! Tests of what each recorded update becomes, and that no JSON makes the reader panic.

use super::*;
use crate::domain::FileKind;
use serde_json::json;

#[path = "from_api_hostile_tests.rs"]
mod hostile;

const NOW: Timestamp = Timestamp(1_752_570_003_000);
const SENT: Timestamp = Timestamp(1_752_570_000_000);

fn me() -> Me {
    Me { id: UserId(7_654_321_098), username: "PhonicFlowBot".into() }
}

fn raw(fixture: &str) -> RawUpdate {
    let value: Value = serde_json::from_str(fixture).unwrap();
    RawUpdate { id: value["update_id"].as_i64().unwrap(), value }
}

/// The body that a recorded update becomes; `Ok(None)` if it is not for the bot.
macro_rules! fixture {
    ($name:literal) => {
        incoming(&raw(include_str!(concat!("../../tests/fixtures/updates/", $name, ".json"))), &me(), NOW)
    };
}

macro_rules! body {
    ($name:literal) => {
        fixture!($name).unwrap().map(|incoming| incoming.body)
    };
}

fn voice(file_id: &str, size: u64, secs: Option<u32>, mime: Option<&str>, extension: &str) -> Option<Body> {
    Some(Body::Voice(Recording {
        file_id: file_id.into(),
        size: Some(size),
        duration_secs: secs,
        mime: mime.map(str::to_owned),
        extension: Some(extension.into()),
    }))
}

fn voice_note() -> Option<Body> {
    voice("AwACAgEAAxkBAAIBZ2Zx", 19_875, Some(5), Some("audio/ogg"), "ogg")
}

fn command(name: &str, args: &str) -> Option<Body> {
    Some(Body::Command { name: name.into(), args: args.into() })
}

fn words(text: &str) -> Option<Body> {
    Some(Body::Text(text.into()))
}

#[test]
fn a_private_voice_message_in_full() {
    let got = fixture!("voice_private").unwrap().unwrap();
    let expected = Incoming {
        update_id: 881_234_501,
        chat: Chat { id: ChatId(275_808_073), kind: ChatKind::Private, thread: None },
        user: UserId(275_808_073),
        client_language: Some("pt-br".into()),
        message: Some(MessageId(1201)),
        date: SENT,
        body: voice_note().unwrap(),
    };
    assert_eq!(got, expected);
}

#[test]
fn everything_to_listen_to_is_a_voice() {
    assert_eq!(body!("voice_forwarded"), voice_note());
    assert_eq!(body!("voice_future_fields"), voice_note(), "fields of the future cost nothing");
    assert_eq!(body!("audio_mp3"), voice("CQACAgEAAxkB", 190_000, Some(12), Some("audio/mpeg"), "mp3"));
    assert_eq!(
        body!("document_wav"),
        voice("BQACAgEAAxkB", 480_044, None, Some("application/octet-stream"), "wav")
    );
    assert_eq!(
        body!("document_ogg_mime"),
        voice("BQACAgEAAxkC", 48_004, None, Some("application/ogg"), "ogg")
    );
    assert_eq!(body!("video_note"), voice("DQACAgEAAxkB", 700_000, Some(7), None, "mp4"));
    let Some(Body::Voice(bare)) = body!("voice_hostile_numbers") else { panic!("no voice") };
    assert_eq!(
        (bare.size, bare.duration_secs, bare.mime, bare.extension),
        (None, None, None, Some("ogg".into()))
    );
}

#[test]
fn a_document_with_sound_is_a_voice_by_either_label() {
    let sent = |name: Option<&str>, mime: Option<&str>| {
        let mut update: Value =
            serde_json::from_str(include_str!("../../tests/fixtures/updates/document_pdf.json")).unwrap();
        let document = update["message"]["document"].as_object_mut().unwrap();
        document.remove("file_name");
        document.remove("mime_type");
        name.map(|name| document.insert("file_name".into(), name.into()));
        mime.map(|mime| document.insert("mime_type".into(), mime.into()));
        matches!(incoming(&raw(&update.to_string()), &me(), NOW).unwrap().unwrap().body, Body::Voice(_))
    };
    for ending in ["webm", "mov", "mp4", "3gp", "aifc", "mka", "oga", "opus", "aac", "m4b", "wma", "AMR"] {
        let name = format!("lesson.{ending}");
        for mime in [None, Some("text/plain"), Some("application/octet-stream"), Some("application/pdf")] {
            assert!(sent(Some(&name), mime), "{name} {mime:?}");
        }
    }
    for mime in ["audio/x-new", "video/webm", "video/quicktime", "application/ogg", "AUDIO/OGG"] {
        for name in [None, Some("lesson"), Some("lesson.txt"), Some("lesson.pdf")] {
            assert!(sent(name, Some(mime)), "{name:?} {mime}");
        }
    }
    assert!(sent(None, None) && sent(Some("lesson"), Some("application/octet-stream")));
    for (name, mime) in [
        ("homework.pdf", Some("application/pdf")),
        ("homework.zip", Some("application/octet-stream")),
        ("homework", Some("application/pdf")),
        ("homework.txt", Some("text/plain")),
        ("homework.docx", None),
    ] {
        assert!(!sent(Some(name), mime), "{name} {mime:?}");
    }
}

#[test]
fn pictures_and_documents_are_to_be_looked_at() {
    let one = |body| match body {
        Some(Body::Files(Files { album: None, caption, files, unaddressed: false })) => (caption, files),
        other => panic!("{other:?}"),
    };
    let (caption, files) = one(body!("photo"));
    assert_eq!(
        (caption.as_str(), files[0].kind, files[0].file_id.as_str()),
        ("look", FileKind::Picture, "AgACAgEAAxkB")
    );
    assert_eq!(one(body!("document_pdf")).1[0].kind, FileKind::Document);
    let read = |message: Value| {
        let mut value: Value =
            serde_json::from_str(include_str!("../../tests/fixtures/updates/photo.json")).unwrap();
        for field in ["photo", "caption"] {
            value["message"].as_object_mut().unwrap().remove(field);
        }
        value["message"].as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
        incoming(&RawUpdate { id: 1, value }, &me(), Timestamp(0)).unwrap().map(|incoming| incoming.body)
    };
    // The largest that is not too large, in whatever order.
    let size = |id: &str, side: i64, bytes: i64| json!({"file_id": id, "width": side, "height": side, "file_size": bytes});
    let photo = json!({"photo": [size("s", 90, 1_000), size("xl", 4000, 20_000_000), size("l", 1280, 200_000), size("m", 320, 20_000)]});
    assert_eq!(one(read(photo)).1[0].file_id, "l");
    // A picture sent as a file is one all the same.
    let file = |mime: &str| json!({"document": {"file_id": "f", "file_name": "x", "mime_type": mime}});
    assert_eq!(one(read(file("Image/PNG"))).1[0].kind, FileKind::Picture);
    assert_eq!(one(read(file("image/tiff"))).1[0].kind, FileKind::Document);
    assert_eq!(one(read(file("application/zip"))).1[0].kind, FileKind::Document);
    // In a group an album bears its question once; what is no album must be for us.
    let group = json!({"chat": {"id": -5, "type": "group"}, "photo": [size("s", 90, 1_000)]});
    assert_eq!(read(group.clone()), None);
    let mut album = group.clone();
    album["media_group_id"] = json!("77");
    assert!(
        matches!(read(album.clone()), Some(Body::Files(Files { unaddressed: true, album: Some(id), .. })) if id == "77")
    );
    let name = format!("@{}", me().username);
    album["caption"] = json!(format!("{name} what is this?"));
    album["caption_entities"] = json!([{"type": "mention", "offset": 0, "length": name.len()}]);
    let Some(Body::Files(files)) = read(album) else { panic!("for us") };
    assert_eq!((files.caption.as_str(), files.unaddressed), ("what is this?", false));
}

#[test]
fn other_content_gets_its_kind() {
    for (got, kind) in [
        (body!("video"), OtherKind::Picture),
        (body!("sticker"), OtherKind::Sticker),
        (body!("animation"), OtherKind::Sticker),
        (body!("contact"), OtherKind::Unknown),
        (body!("group_mention_alone"), OtherKind::Unknown),
    ] {
        assert_eq!(got, Some(Body::Other(kind)));
    }
}

#[test]
fn texts_commands_and_places() {
    assert_eq!(body!("venue"), Some(Body::Located { zone: "America/Sao_Paulo".into() }));
    assert_eq!(body!("text_private"), words("I has a question 😀"));
    assert_eq!(body!("text_unknown_entity"), words("bold idea"));
    assert_eq!(body!("text_date_time_entity"), words("see you at 9"));
    assert_eq!(body!("command_start_payload"), command("start", "class-7b"));
    assert_eq!(body!("command_suffix_case"), command("help", "now"));
    assert_eq!(body!("command_other_bot_private"), words("/help@OtherBot"));
}

/// The reason why this module reads the fields itself. Should this test fail one day, the library's types may
/// do after all.
#[test]
fn the_librarys_own_types_would_lose_messages() {
    for fixture in [
        include_str!("../../tests/fixtures/updates/text_unknown_entity.json"),
        include_str!("../../tests/fixtures/updates/voice_future_fields.json"),
    ] {
        assert!(serde_json::from_str::<frankenstein::updates::Update>(fixture).is_err());
    }
}

#[test]
fn in_groups_only_what_is_addressed_to_us() {
    assert_eq!(body!("group_command"), command("status", ""));
    assert_eq!(body!("group_mention"), words("😀  what is a gerund?"));
    assert_eq!(body!("group_mention_command"), command("history", ""));
    let quoting = Body::Quoting { text: "because it rains".into(), quoted: "Why?".into() };
    assert_eq!(body!("group_reply_to_us"), Some(quoting));
    assert_eq!(body!("group_voice_reply"), voice_note());
    assert_eq!(body!("group_voice_caption_mention"), voice_note());
    for nothing in [
        body!("group_command_other_bot"),
        body!("group_text_unaddressed"),
        body!("group_mention_other"),
        body!("group_voice_unaddressed"),
        body!("group_anonymous_admin"),
        body!("forum_text_in_our_topic"),
    ] {
        assert_eq!(nothing, None);
    }
}

#[test]
fn a_thread_is_kept_only_where_it_is_a_topic() {
    let chat = |incoming: Result<Option<Incoming>, Undecodable>| incoming.unwrap().unwrap().chat;
    let topic = Chat { id: ChatId(-1_001_987_654_321), kind: ChatKind::Group, thread: Some(88) };
    assert_eq!(chat(fixture!("forum_voice_topic")), topic);
    assert_eq!(chat(fixture!("callback_topic")), topic);
    assert_eq!(chat(fixture!("group_reply_to_us")), Chat { thread: None, ..topic });
}

#[test]
fn buttons_are_pressed_now() {
    for (got, id, data) in [
        (fixture!("callback"), "1184587653214785", "h:2"),
        // The message is inaccessible, so its buttons are unknown.
        (fixture!("callback_inaccessible"), "1184587653214786", ""),
    ] {
        let got = got.unwrap().unwrap();
        assert_eq!(got.body, Body::Callback { id: id.into(), data: data.into() });
        assert_eq!((got.message, got.date), (Some(MessageId(1300)), NOW));
    }
    assert_eq!(body!("callback_inline"), None);
    assert_eq!(body!("callback_long_data"), None);
}

#[test]
fn a_press_without_its_button_says_nothing() {
    let keyboard = json!([[{"text": "a", "url": "https://x.example"}, {"text": "b", "callback_data": "h:3"}],
        [{"text": "c", "callback_data": "h:2"}], "x", null, [7]]);
    let pressed = |from: i64, keyboard: &Value, data: &str| {
        let query = json!({"id": "q", "from": {"id": 5, "is_bot": false}, "data": data, "message": {
            "message_id": 9, "date": 1, "chat": {"id": 5, "type": "private"}, "from": {"id": from, "is_bot": true},
            "reply_markup": {"inline_keyboard": keyboard}}});
        let update = RawUpdate { id: 1, value: json!({"callback_query": query}) };
        match incoming(&update, &me(), NOW).unwrap().unwrap().body {
            Body::Callback { data, .. } => data,
            other => panic!("{other:?}"),
        }
    };
    for (from, keyboard, data, expected) in [
        (me().id.0, &keyboard, "h:2", "h:2"),
        (me().id.0, &keyboard, "h:3", "h:3"),
        (me().id.0, &keyboard, "h:4", ""),
        (me().id.0, &keyboard, "H:2", ""),
        (me().id.0, &keyboard, "h:", ""),
        (me().id.0, &json!(null), "h:2", ""),
        (6, &keyboard, "h:2", ""),
    ] {
        assert_eq!(pressed(from, keyboard, data), expected, "{from} {data}");
    }
}

#[test]
fn presence_counts_in_private_chats() {
    assert_eq!(body!("blocked"), Some(Body::Blocked(true)));
    assert_eq!(body!("unblocked"), Some(Body::Blocked(false)));
    assert_eq!(body!("added_to_group"), None);
}

#[test]
fn what_is_not_for_us() {
    for nothing in [
        body!("service_pinned"),
        body!("from_other_bot"),
        body!("message_without_from"),
        body!("channel_post"),
        body!("edited_message"),
        body!("unknown_kind"),
    ] {
        assert_eq!(nothing, None);
    }
}

#[test]
fn what_cannot_be_read_says_why_without_its_text() {
    let why = |result: Result<Option<Incoming>, Undecodable>| result.unwrap_err().to_string();
    assert!(why(fixture!("voice_without_message_id")).ends_with("message without message_id"));
    assert!(why(fixture!("voice_without_file_id")).ends_with("recording without file_id"));
    let text = RawUpdate { id: 4, value: json!({"message": "hi"}) };
    assert_eq!(why(incoming(&text, &me(), NOW)), "update 4 cannot be read: message is not an object");
    let broken = RawUpdate { id: 4, value: Value::Null };
    assert_eq!(why(incoming(&broken, &me(), NOW)), "update 4 cannot be read: not an object");
    let secret = RawUpdate { id: 4, value: json!({"message": {"from": {"id": "x"}, "text": "my secret"}}) };
    let error = incoming(&secret, &me(), NOW).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"));
}
