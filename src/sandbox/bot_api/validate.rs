//! Checks of what is nested in messages: keyboards, replies, previews, entities, formatted text. Must not
//! know the state.

use serde_json::{Map, Value};

use super::{
    super::markup::{Formatted, parse_html, trimmed, utf16_len},
    error::ApiError,
    params::Params,
};

pub(super) type Check = Result<(), ApiError>;

#[derive(Clone, Copy)]
pub(super) enum Is {
    Int,
    Str,
    Bool,
    Chat,
    Obj,
    Arr,
}

impl Is {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Int => value.is_i64() || value.is_u64(),
            Self::Str => value.is_string(),
            Self::Bool => value.is_boolean(),
            Self::Chat => value.is_i64() || value.is_string(),
            Self::Obj => value.is_object(),
            Self::Arr => value.is_array(),
        }
    }
}

/// Every field of `map` must be in the table and of its type; null counts as absent.
pub(super) fn fields(what: &str, map: &Map<String, Value>, table: &[(&str, Is)]) -> Check {
    for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
        match table.iter().find(|(name, _)| name == key) {
            None => return Err(ApiError::bad(format!("unknown field \"{key}\" in {what} (double)"))),
            Some((_, is)) if is.fits(value) => {}
            Some(_) => {
                return Err(ApiError::bad(format!("wrong type of field \"{key}\" in {what} (double)")));
            }
        }
    }
    Ok(())
}

pub(super) fn object<'a>(what: &str, value: &'a Value) -> Result<&'a Map<String, Value>, ApiError> {
    value.as_object().ok_or_else(|| ApiError::bad(format!("{what} must be an Object")))
}

/// Checks everything nested in a message to be sent or edited.
pub(crate) fn nested(params: &Params) -> Check {
    for (name, value) in &params.map {
        match name.as_str() {
            "link_preview_options" => link_preview(value)?,
            "reply_parameters" => reply_parameters(value)?,
            "reply_markup" => reply_markup(value)?,
            "entities" | "caption_entities" => entities(value)?,
            "suggested_post_parameters" => {
                let table = [("price", Is::Obj), ("send_date", Is::Int)];
                fields(name, object(name, value)?, &table)?;
            }
            "duration" if value.as_i64().is_none_or(|seconds| seconds < 0) => {
                return Err(ApiError::bad("wrong duration (double)"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn link_preview(value: &Value) -> Check {
    let table = [
        ("is_disabled", Is::Bool),
        ("url", Is::Str),
        ("prefer_small_media", Is::Bool),
        ("prefer_large_media", Is::Bool),
        ("show_above_text", Is::Bool),
    ];
    fields("LinkPreviewOptions", object("LinkPreviewOptions", value)?, &table)
}

fn reply_parameters(value: &Value) -> Check {
    let table = [
        ("message_id", Is::Int),
        ("chat_id", Is::Chat),
        ("allow_sending_without_reply", Is::Bool),
        ("quote", Is::Str),
        ("quote_parse_mode", Is::Str),
        ("quote_entities", Is::Arr),
        ("quote_position", Is::Int),
        ("checklist_task_id", Is::Int),
        ("poll_option_id", Is::Str),
    ];
    let map = object("ReplyParameters", value)?;
    fields("ReplyParameters", map, &table)?;
    match map.get("message_id").and_then(Value::as_i64) {
        Some(id) if id > 0 => Ok(()),
        _ => Err(ApiError::bad("message_id must be a positive number in ReplyParameters (double)")),
    }
}

fn reply_markup(value: &Value) -> Check {
    let map = object("reply markup", value)?;
    if !map.contains_key("inline_keyboard") {
        return below_the_input(map);
    }
    fields("InlineKeyboardMarkup", map, &[("inline_keyboard", Is::Arr)])?;
    let rows = map.get("inline_keyboard").and_then(Value::as_array);
    let mut buttons = 0;
    for row in rows.into_iter().flatten() {
        let row = row.as_array().ok_or_else(|| ApiError::bad("can't parse inline keyboard row"))?;
        for button in row {
            inline_button(button)?;
            buttons += 1;
        }
        if row.len() > 8 {
            return Err(ApiError::bad("too many buttons in a row (double)"));
        }
    }
    if buttons > 100 {
        return Err(ApiError::bad("reply markup is too long"));
    }
    Ok(())
}

/// A keyboard in the place of the person's own, its end, or a question that opens a reply.
fn below_the_input(map: &Map<String, Value>) -> Check {
    if map.contains_key("remove_keyboard") {
        fields("ReplyKeyboardRemove", map, &[("remove_keyboard", Is::Bool), ("selective", Is::Bool)])?;
        let removes = map.get("remove_keyboard").and_then(Value::as_bool) == Some(true);
        return if removes { Ok(()) } else { Err(ApiError::bad("remove_keyboard must be true (double)")) };
    }
    let Some(rows) = map.get("keyboard").and_then(Value::as_array) else {
        let table =
            [("force_reply", Is::Bool), ("input_field_placeholder", Is::Str), ("selective", Is::Bool)];
        fields("ForceReply", map, &table)?;
        let asks = map.contains_key("force_reply");
        return if asks { Ok(()) } else { Err(ApiError::bad("object expected as reply markup")) };
    };
    let table = [
        ("keyboard", Is::Arr),
        ("is_persistent", Is::Bool),
        ("resize_keyboard", Is::Bool),
        ("one_time_keyboard", Is::Bool),
        ("input_field_placeholder", Is::Str),
        ("selective", Is::Bool),
    ];
    fields("ReplyKeyboardMarkup", map, &table)?;
    let keys = rows.iter().map(|row| row.as_array().ok_or_else(|| ApiError::bad("can't parse keyboard row")));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    for key in keys.into_iter().flatten() {
        let table = [("text", Is::Str), ("request_location", Is::Bool), ("request_contact", Is::Bool)];
        let key = object("KeyboardButton", key)?;
        fields("KeyboardButton", key, &table)?;
        if key.get("text").and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(ApiError::bad("can't parse keyboard button: field \"text\" must be non-empty"));
        }
    }
    Ok(())
}

/// Whether a keyboard asks for something that only a private chat may be asked for.
pub(crate) fn asks_for_location(params: &Params) -> bool {
    let rows = params.map.get("reply_markup").and_then(|markup| markup.get("keyboard"));
    let keys = rows.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_array).flatten();
    keys.filter_map(|key| key.get("request_location")).any(|asked| asked.as_bool() == Some(true))
}

fn inline_button(button: &Value) -> Check {
    const ACTIONS: &[(&str, Is)] = &[
        ("url", Is::Str),
        ("callback_data", Is::Str),
        ("web_app", Is::Obj),
        ("login_url", Is::Obj),
        ("switch_inline_query", Is::Str),
        ("switch_inline_query_current_chat", Is::Str),
        ("switch_inline_query_chosen_chat", Is::Obj),
        ("copy_text", Is::Obj),
        ("callback_game", Is::Obj),
        ("pay", Is::Bool),
    ];
    let map = object("InlineKeyboardButton", button)?;
    let mut table = vec![("text", Is::Str), ("icon_custom_emoji_id", Is::Str), ("style", Is::Str)];
    table.extend_from_slice(ACTIONS);
    fields("InlineKeyboardButton", map, &table)?;
    if map.get("text").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(ApiError::bad("can't parse inline keyboard button: field \"text\" must be non-empty"));
    }
    match ACTIONS.iter().filter(|(name, _)| map.get(*name).is_some_and(|v| !v.is_null())).count() {
        0 => return Err(ApiError::bad("text buttons are unallowed in the inline keyboard")),
        1 => {}
        _ => return Err(ApiError::bad("inline keyboard button must have exactly one action (double)")),
    }
    match map.get("callback_data").and_then(Value::as_str) {
        Some(data) if data.is_empty() || data.len() > 64 => Err(ApiError::bad("BUTTON_DATA_INVALID")),
        _ => Ok(()),
    }
}

const ENTITY_TYPES: &[&str] = &[
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "blockquote",
    "expandable_blockquote",
    "code",
    "pre",
    "text_link",
    "text_mention",
    "custom_emoji",
    "date_time",
];

fn entities(value: &Value) -> Check {
    let table = [
        ("type", Is::Str),
        ("offset", Is::Int),
        ("length", Is::Int),
        ("url", Is::Str),
        ("user", Is::Obj),
        ("language", Is::Str),
        ("custom_emoji_id", Is::Str),
        ("unix_time", Is::Int),
        ("date_time_format", Is::Str),
    ];
    for entity in value.as_array().into_iter().flatten() {
        let map = object("MessageEntity", entity)?;
        fields("MessageEntity", map, &table)?;
        let number = |key: &str| map.get(key).and_then(Value::as_i64);
        let kind = map.get("type").and_then(Value::as_str).unwrap_or_default();
        if !ENTITY_TYPES.contains(&kind) {
            return Err(ApiError::bad(format!("can't parse entities: unknown entity type \"{kind}\"")));
        }
        if number("offset").is_none_or(|n| n < 0) || number("length").is_none_or(|n| n <= 0) {
            return Err(ApiError::bad("can't parse entities: wrong offset or length (double)"));
        }
    }
    Ok(())
}

/// The formatted text in `text` or `caption`, at most `limit` UTF-16 code units.
pub(crate) fn formatted(params: &Params, field: &str, limit: usize) -> Result<Formatted, ApiError> {
    let source = params.str(field).unwrap_or_default();
    let listed = if field == "text" { "entities" } else { "caption_entities" };
    let listed = params.map.get(listed).and_then(Value::as_array);
    let parsed = match params.str("parse_mode") {
        None | Some("") => trimmed(source.to_owned(), listed.cloned().unwrap_or_default()),
        Some(_) if listed.is_some() => {
            return Err(ApiError::bad("parse_mode and entities exclude each other (double)"));
        }
        Some(mode) if mode.eq_ignore_ascii_case("html") => {
            parse_html(source).map_err(|why| ApiError::bad(format!("can't parse entities: {why}")))?
        }
        Some("Markdown" | "MarkdownV2") => {
            return Err(ApiError::bad("Markdown is not spoken by this stand-in, use HTML (double)"));
        }
        Some(_) => return Err(ApiError::bad("unsupported parse_mode")),
    };
    if field == "text" && parsed.text.is_empty() {
        return Err(ApiError::bad("message text is empty"));
    }
    if utf16_len(&parsed.text) > limit {
        let what = if field == "text" { "message" } else { "message caption" };
        return Err(ApiError::bad(format!("{what} is too long")));
    }
    if !parsed.lost.is_empty() {
        // The server leaves it out without a word, and a person would miss it.
        let lost = parsed.lost.join(", ");
        return Err(ApiError::bad(format!("formatting that would be lost: {lost} (double)")));
    }
    Ok(parsed)
}
