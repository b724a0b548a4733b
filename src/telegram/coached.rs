//! `/coach` and the recording it answers. Must not know what becomes of it.

use super::from_api::sound;
use super::tolerant::int;
use crate::domain::{Body, COACH};
use serde_json::Value;

/// `/coach` with the recording that it answers, if it answers one; any other command as it is.
pub(super) fn on_recording(command: Body, message: &Value) -> Result<Body, &'static str> {
    if !matches!(&command, Body::Command { name, .. } if name == COACH) {
        return Ok(command);
    }
    // What is answered across chats comes by itself, without the message around it.
    let answered = ["reply_to_message", "external_reply"].into_iter().filter_map(|field| message.get(field));
    for answered in answered {
        if let Some(Body::Voice(recording)) = sound(answered)? {
            return Ok(Body::Coach {
                recording,
                own: author(answered) == int(message.get("from").and_then(|from| from.get("id"))),
            });
        }
    }
    Ok(command)
}

/// The id of the person who speaks in a message: of a forwarded one, whoever sent it first.
fn author(message: &Value) -> Option<i64> {
    let origin = message.get("forward_origin").or_else(|| message.get("origin"));
    let person = match origin {
        Some(origin) => origin.get("sender_user"),
        None => message.get("from"),
    };
    int(person?.get("id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(name: &str, more: &Value) -> Body {
        let mut message = json!({ "from": { "id": 11 } });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        on_recording(Body::Command { name: name.into(), args: String::new() }, &message).unwrap()
    }

    #[test]
    fn coach_takes_the_recording_it_answers_and_knows_whose_it_is() {
        let (me, other) = (json!({ "id": 11 }), json!({ "id": 12 }));
        let recording = json!({ "file_id": "f", "duration": 4 });
        let by = |origin: Value| json!({ "reply_to_message": { "from": other, "voice": recording, "forward_origin": origin } });
        for (more, own) in [
            (json!({ "reply_to_message": { "from": me, "voice": recording } }), true),
            (json!({ "reply_to_message": { "from": other, "voice": recording } }), false),
            (json!({ "reply_to_message": { "from": me, "audio": recording } }), true),
            (json!({ "reply_to_message": { "from": me, "video_note": recording } }), true),
            (json!({ "reply_to_message": { "voice": recording } }), false),
            (by(json!({ "type": "user", "sender_user": other })), false),
            (by(json!({ "type": "user", "sender_user": me })), true),
            (by(json!({ "type": "hidden_user", "sender_user_name": "Ana" })), false),
            (json!({ "external_reply": { "voice": recording, "origin": { "sender_user": me } } }), true),
        ] {
            let Body::Coach { recording, own: known } = said("coach", &more) else { panic!("{more}") };
            assert_eq!((recording.file_id.as_str(), known), ("f", own), "{more}");
        }
        for (name, more) in [
            ("coach", json!({})),
            ("coach", json!({ "reply_to_message": { "from": me, "text": "hello" } })),
            (
                "coach",
                json!({ "reply_to_message": { "from": me, "animation": {}, "document": { "file_id": "f" } } }),
            ),
            ("coach", json!({ "reply_to_message": [recording] })),
            ("level", json!({ "reply_to_message": { "from": me, "voice": recording } })),
        ] {
            assert!(matches!(said(name, &more), Body::Command { .. }), "{name} {more}");
        }
    }
}
