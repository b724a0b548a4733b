//! Detects that the bot was renamed: an update calls it by another name than the known one.
//!
//! Must not know what is done about it.

use super::Me;
use super::tolerant::{int, is_true, text};
use super::updates::RawUpdate;
use serde_json::Value;

/// Whether Telegram shows this bot under another name: in a message it sent, under a pressed button, as a
/// member.
pub(crate) fn shown_otherwise(update: &RawUpdate, me: &Me) -> bool {
    shows(&update.value, me)
}

fn shows(value: &Value, me: &Me) -> bool {
    match value {
        Value::Object(fields) => {
            let named = || text(fields.get("username"), 64).is_some_and(|name| !is_ours(name, me));
            (int(fields.get("id")) == Some(me.id.0) && is_true(fields.get("is_bot")) && named())
                || fields.values().any(|field| shows(field, me))
        }
        Value::Array(items) => items.iter().any(|item| shows(item, me)),
        _ => false,
    }
}

/// Whether a message addresses some bot whose name is not the known one: `/help@name`, `@name_bot`.
pub(crate) fn calls_another(update: &RawUpdate, me: &Me) -> bool {
    let Some(message) = update.value.get("message") else { return false };
    ["text", "caption"].iter().filter_map(|field| text(message.get(field), usize::MAX)).any(|words| {
        let command = words.trim_start().starts_with('/');
        words.split('@').skip(1).enumerate().any(|(place, rest)| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default();
            // Bot names end in "bot", except a few that were bought; a command's suffix always names a bot.
            let is_bot = name.to_ascii_lowercase().ends_with("bot") || (command && place == 0);
            !name.is_empty() && is_bot && !is_ours(name, me)
        })
    })
}

fn is_ours(name: &str, me: &Me) -> bool {
    name.eq_ignore_ascii_case(&me.username)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserId;
    use serde_json::json;

    fn me() -> Me {
        Me { id: UserId(42), username: "PhonicFlowBot".into() }
    }

    fn update(value: Value) -> RawUpdate {
        RawUpdate { id: 1, value }
    }

    #[test]
    fn the_bot_under_another_name_is_seen_wherever_it_stands() {
        let own = |name: &str| json!({"id": 42, "is_bot": true, "first_name": "P", "username": name});
        for (value, expected) in [
            (json!({"message": {"text": "hi"}}), false),
            (json!({"message": {"reply_to_message": {"from": own("phonicflowbot")}}}), false),
            (json!({"message": {"reply_to_message": {"from": own("new_bot")}}}), true),
            (json!({"callback_query": {"message": {"from": own("new_bot")}}}), true),
            (json!({"my_chat_member": {"new_chat_member": {"user": own("new_bot")}}}), true),
            (json!({"message": {"new_chat_members": [own("new_bot")]}}), true),
            (json!({"message": {"from": {"id": 42, "is_bot": false, "username": "x"}}}), false),
            (json!({"message": {"from": {"id": 43, "is_bot": true, "username": "other_bot"}}}), false),
        ] {
            assert_eq!(shown_otherwise(&update(value.clone()), &me()), expected, "{value}");
        }
    }

    #[test]
    fn a_bot_called_by_another_name_is_noticed() {
        for (words, expected) in [
            ("/help@new_bot", true),
            ("/help@collectible please", true),
            ("/help@phonicflowbot", false),
            ("/help", false),
            ("@new_bot hello", true),
            ("hello @NewBot, and @friend", true),
            ("hello @friend and a@b.example", false),
            ("@PhonicFlowBot hello", false),
            ("/help@", false),
        ] {
            let message = json!({"message": {"text": words}});
            assert_eq!(calls_another(&update(message), &me()), expected, "{words}");
            let caption = json!({"message": {"caption": words}});
            assert_eq!(calls_another(&update(caption), &me()), expected, "{words}");
        }
        assert!(!calls_another(&update(json!({"edited_message": {"text": "@new_bot"}})), &me()));
    }
}
