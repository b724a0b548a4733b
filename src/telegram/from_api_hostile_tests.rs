//! What nobody should send: huge, broken and random updates.

use super::*;
use proptest::prelude::*;

#[test]
fn huge_texts_are_clipped() {
    let message = json!({"message": {"message_id": 1, "from": {"id": 1}, "chat": {"id": 1}, "text": "é".repeat(1_000_000)}});
    let Some(Body::Text(text)) =
        incoming(&RawUpdate { id: 1, value: message }, &me(), NOW).unwrap().map(|i| i.body)
    else {
        panic!("no text")
    };
    assert!(text.chars().count() <= 8192);
}

/// JSON of the right words in the wrong places.
fn hostile() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "message",
        "from",
        "chat",
        "id",
        "message_id",
        "text",
        "entities",
        "offset",
        "length",
        "type",
        "voice",
        "file_id",
        "document",
        "file_name",
        "mime_type",
        "callback_query",
        "data",
        "my_chat_member",
        "new_chat_member",
        "status",
        "date",
        "reply_to_message",
        "caption",
        "caption_entities",
        "is_topic_message",
        "message_thread_id",
        "file_size",
        "duration",
        "reply_markup",
        "inline_keyboard",
        "callback_data",
        "sender_chat",
        "via_bot",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(/[a-z]{0,3}@?|@PhonicFlowBot|private|mention|\\PC{0,12})".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn hostile_json_never_panics(value in hostile(), message in hostile()) {
        let _ = incoming(&RawUpdate { id: 1, value }, &me(), NOW);
        for kind in ["message", "callback_query", "my_chat_member"] {
            let _ = incoming(&RawUpdate { id: 1, value: json!({kind: message.clone()}) }, &me(), NOW);
        }
    }

    /// Fields that a voice message does not need may hold anything.
    #[test]
    fn no_stray_field_loses_a_voice_message(stray in hostile(), name in "(entities|reply_markup|caption_entities|quote|effect_id|sender_tag|from\\.x|link_preview_options|is_topic_message|message_thread_id|reply_to_message)") {
        let mut update = raw(include_str!("../../tests/fixtures/updates/voice_private.json"));
        update.value["message"][&name] = stray;
        prop_assert_eq!(incoming(&update, &me(), NOW).unwrap().map(|incoming| incoming.body), voice_note());
    }
}
