//! The closed lists: reactions, chat actions, update kinds, commands and their scopes. Must not know the
//! state.

use serde_json::Value;

use super::{
    super::markup::utf16_len,
    error::ApiError,
    params::Params,
    validate::{Check, Is, fields, object},
};

/// Every emoji a bot may react with.
const REACTIONS: &[&str] = &[
    "❤",
    "👍",
    "👎",
    "🔥",
    "🥰",
    "👏",
    "😁",
    "🤔",
    "🤯",
    "😱",
    "🤬",
    "😢",
    "🎉",
    "🤩",
    "🤮",
    "💩",
    "🙏",
    "👌",
    "🕊",
    "🤡",
    "🥱",
    "🥴",
    "😍",
    "🐳",
    "❤‍🔥",
    "🌚",
    "🌭",
    "💯",
    "🤣",
    "⚡",
    "🍌",
    "🏆",
    "💔",
    "🤨",
    "😐",
    "🍓",
    "🍾",
    "💋",
    "🖕",
    "😈",
    "😴",
    "😭",
    "🤓",
    "👻",
    "👨‍💻",
    "👀",
    "🎃",
    "🙈",
    "😇",
    "😨",
    "🤝",
    "✍",
    "🤗",
    "🫡",
    "🎅",
    "🎄",
    "☃",
    "💅",
    "🤪",
    "🗿",
    "🆒",
    "💘",
    "🙉",
    "🦄",
    "😘",
    "💊",
    "🙊",
    "😎",
    "👾",
    "🤷‍♂",
    "🤷",
    "🤷‍♀",
    "😡",
];

/// The emoji of a reaction list; bots may set only one.
pub(crate) fn reaction(params: &Params) -> Result<Vec<String>, ApiError> {
    let list = params.map.get("reaction").and_then(Value::as_array);
    let mut emoji = Vec::new();
    for item in list.into_iter().flatten() {
        let map = object("ReactionType", item)?;
        fields("ReactionType", map, &[("type", Is::Str), ("emoji", Is::Str)])?;
        let one = map.get("emoji").and_then(Value::as_str).unwrap_or_default();
        if map.get("type").and_then(Value::as_str) != Some("emoji") || !REACTIONS.contains(&one) {
            return Err(ApiError::bad("REACTION_INVALID"));
        }
        emoji.push(one.to_owned());
    }
    if emoji.len() > 1 {
        return Err(ApiError::bad("REACTIONS_TOO_MANY"));
    }
    Ok(emoji)
}

const CHAT_ACTIONS: &[&str] = &[
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

pub(crate) fn chat_action(action: &str) -> Check {
    if CHAT_ACTIONS.contains(&action) {
        return Ok(());
    }
    Err(ApiError::bad("wrong parameter action in request"))
}

const UPDATE_KINDS: &[&str] = &[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
];

/// `None` when the parameter is left out.
pub(crate) fn allowed_updates(params: &Params) -> Result<Option<Vec<String>>, ApiError> {
    let Some(list) = params.map.get("allowed_updates").and_then(Value::as_array) else { return Ok(None) };
    let known = |kind: &Value| kind.as_str().filter(|kind| UPDATE_KINDS.contains(kind)).map(str::to_owned);
    let kinds: Option<Vec<String>> = list.iter().map(known).collect();
    kinds.map(Some).ok_or_else(|| ApiError::bad("unknown kind in allowed_updates (double)"))
}

/// Checks a list of commands as `setMyCommands` does.
pub(crate) fn commands(list: &Value) -> Check {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    if list.len() > 100 {
        return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        let map = object("BotCommand", command)?;
        fields("BotCommand", map, &[("command", Is::Str), ("description", Is::Str)])?;
        let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = text("command").trim_start_matches('/');
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if name.is_empty() || name.len() > 32 || !plain {
            return Err(ApiError::bad("BOT_COMMAND_INVALID"));
        }
        if !(1..=256).contains(&utf16_len(text("description"))) {
            return Err(ApiError::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    Ok(())
}

/// A language of two letters, or `""` for all others.
pub(crate) fn language(params: &Params) -> Result<String, ApiError> {
    let language = params.str("language_code").unwrap_or_default();
    if !(language.is_empty() || language.len() == 2 && language.bytes().all(|b| b.is_ascii_lowercase())) {
        return Err(ApiError::bad("invalid language code specified"));
    }
    Ok(language.to_owned())
}

/// The key a list of commands is stored under: `scope/language`.
pub(crate) fn command_key(params: &Params) -> Result<String, ApiError> {
    let language = language(params)?;
    let Some(scope) = params.map.get("scope") else { return Ok(format!("default/{language}")) };
    let map = object("BotCommandScope", scope)?;
    fields("BotCommandScope", map, &[("type", Is::Str), ("chat_id", Is::Chat), ("user_id", Is::Int)])?;
    let has = |key: &str| map.get(key).is_some_and(|value| !value.is_null());
    let (kind, chat, user) = match map.get("type").and_then(Value::as_str) {
        Some(kind @ ("default" | "all_private_chats" | "all_group_chats" | "all_chat_administrators")) => {
            (kind, false, false)
        }
        Some(kind @ ("chat" | "chat_administrators")) => (kind, true, false),
        Some(kind @ "chat_member") => (kind, true, true),
        _ => return Err(ApiError::bad("can't parse BotCommandScope: unsupported type specified")),
    };
    if has("chat_id") != chat || has("user_id") != user {
        return Err(ApiError::bad("can't parse BotCommandScope: wrong fields for its type (double)"));
    }
    let ids: String =
        ["chat_id", "user_id"].iter().filter_map(|key| map.get(*key)).map(|id| format!(":{id}")).collect();
    Ok(format!("{kind}{ids}/{language}"))
}
