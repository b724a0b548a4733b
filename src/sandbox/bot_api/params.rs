//! Which parameters each method takes and of what type, and how the three body formats become one JSON
//! object. Must not know what the methods do.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    super::{
        form::{form_pairs, multipart},
        http::Request,
    },
    error::ApiError,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Str,
    Bool,
    /// A number, or `@name`.
    Chat,
    Obj,
    Arr,
    /// An upload, or a string that names one.
    File,
}

use Kind::{Arr, Bool, Chat, File, Int, Obj, Str};

type Row = (&'static str, Kind, bool);

const SEND: &[Row] = &[
    ("business_connection_id", Str, false),
    ("chat_id", Chat, true),
    ("message_thread_id", Int, false),
    ("direct_messages_topic_id", Int, false),
    ("parse_mode", Str, false),
    ("disable_notification", Bool, false),
    ("protect_content", Bool, false),
    ("allow_paid_broadcast", Bool, false),
    ("message_effect_id", Str, false),
    ("suggested_post_parameters", Obj, false),
    ("reply_parameters", Obj, false),
    ("reply_markup", Obj, false),
];
const CAPTION: &[Row] = &[("caption", Str, false), ("caption_entities", Arr, false)];
const EDIT: &[Row] = &[
    ("business_connection_id", Str, false),
    ("chat_id", Chat, false),
    ("message_id", Int, false),
    ("inline_message_id", Str, false),
    ("reply_markup", Obj, false),
];
const COMMANDS: &[Row] = &[("scope", Obj, false), ("language_code", Str, false)];

/// The parameters of a method (in several slices); `None` for a method that the double does not know.
fn rows(method: &str) -> Option<[&'static [Row]; 3]> {
    Some(match method {
        "getMe" | "getWebhookInfo" | "logOut" | "close" => [&[], &[], &[]],
        "getUpdates" => [
            &[
                ("offset", Int, false),
                ("limit", Int, false),
                ("timeout", Int, false),
                ("allowed_updates", Arr, false),
            ],
            &[],
            &[],
        ],
        "deleteWebhook" => [&[("drop_pending_updates", Bool, false)], &[], &[]],
        "setWebhook" => [
            &[
                ("url", Str, true),
                ("certificate", File, false),
                ("ip_address", Str, false),
                ("max_connections", Int, false),
                ("allowed_updates", Arr, false),
                ("drop_pending_updates", Bool, false),
                ("secret_token", Str, false),
            ],
            &[],
            &[],
        ],
        "setMyCommands" => [&[("commands", Arr, true)], COMMANDS, &[]],
        "setMyDescription" => [&[("description", Str, false), ("language_code", Str, false)], &[], &[]],
        "setMyShortDescription" => {
            [&[("short_description", Str, false), ("language_code", Str, false)], &[], &[]]
        }
        "getMyDescription" | "getMyShortDescription" => [&[("language_code", Str, false)], &[], &[]],
        "getMyCommands" | "deleteMyCommands" => [COMMANDS, &[], &[]],
        "sendMessage" => [
            SEND,
            &[("text", Str, true), ("entities", Arr, false), ("link_preview_options", Obj, false)],
            &[],
        ],
        "sendVoice" => [SEND, CAPTION, &[("voice", File, true), ("duration", Int, false)]],
        "sendPhoto" => [
            SEND,
            CAPTION,
            &[("photo", File, true), ("show_caption_above_media", Bool, false), ("has_spoiler", Bool, false)],
        ],
        "sendAudio" => [
            SEND,
            CAPTION,
            &[
                ("audio", File, true),
                ("duration", Int, false),
                ("performer", Str, false),
                ("title", Str, false),
                ("thumbnail", File, false),
            ],
        ],
        "sendDocument" => [
            SEND,
            CAPTION,
            &[
                ("document", File, true),
                ("thumbnail", File, false),
                ("disable_content_type_detection", Bool, false),
            ],
        ],
        "sendChatAction" => [
            &[
                ("business_connection_id", Str, false),
                ("chat_id", Chat, true),
                ("message_thread_id", Int, false),
                ("action", Str, true),
            ],
            &[],
            &[],
        ],
        "setMessageReaction" => [
            &[
                ("chat_id", Chat, true),
                ("message_id", Int, true),
                ("reaction", Arr, false),
                ("is_big", Bool, false),
            ],
            &[],
            &[],
        ],
        "editMessageText" => [
            EDIT,
            &[
                ("text", Str, true),
                ("parse_mode", Str, false),
                ("entities", Arr, false),
                ("link_preview_options", Obj, false),
            ],
            &[],
        ],
        "editMessageReplyMarkup" => [EDIT, &[], &[]],
        "deleteMessage" => [&[("chat_id", Chat, true), ("message_id", Int, true)], &[], &[]],
        "answerCallbackQuery" => [
            &[
                ("callback_query_id", Str, true),
                ("text", Str, false),
                ("show_alert", Bool, false),
                ("url", Str, false),
                ("cache_time", Int, false),
            ],
            &[],
            &[],
        ],
        "getFile" => [&[("file_id", Str, true)], &[], &[]],
        "getChat" => [&[("chat_id", Chat, true)], &[], &[]],
        "getChatMember" => [&[("chat_id", Chat, true), ("user_id", Int, true)], &[], &[]],
        _ => return None,
    })
}

#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Bytes,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Params {
    /// By name; an upload shows as `{"file_name", "content_type", "size"}`.
    pub map: Map<String, Value>,
    /// Uploads by part name.
    pub files: HashMap<String, Upload>,
}

impl Params {
    pub(crate) fn str(&self, name: &str) -> Option<&str> {
        self.map.get(name).and_then(Value::as_str)
    }

    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        self.map.get(name).and_then(Value::as_i64)
    }

    /// `false` when absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.map.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The chat's id, if it is given as a number.
    pub(crate) fn chat(&self) -> Option<i64> {
        let value = self.map.get("chat_id")?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }
}

/// Reads query and body into one object, keeping types. The flag says whether values are typed (JSON). `Err`
/// names what is not readable.
pub(crate) async fn read(request: &Request) -> Result<(Params, bool), ApiError> {
    let mut params = Params::default();
    for (name, value) in form_pairs(&request.query) {
        params.map.insert(name, Value::String(value));
    }
    let content_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let mut typed = false;
    if request.body.is_empty() && !content_type.starts_with("multipart/") {
        return Ok((params, false));
    }
    if content_type.starts_with("application/json") {
        typed = true;
        match serde_json::from_slice::<Value>(&request.body) {
            Ok(Value::Object(map)) => params.map.extend(map),
            _ => return Err(ApiError::bad("can't parse JSON object")),
        }
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        let body = String::from_utf8_lossy(&request.body);
        for (name, value) in form_pairs(&body) {
            params.map.insert(name, Value::String(value));
        }
    } else if content_type.starts_with("multipart/form-data") {
        let parts =
            multipart(request).await.ok_or_else(|| ApiError::bad("can't parse multipart body (double)"))?;
        for part in parts {
            if part.file_name.is_none() {
                let text = String::from_utf8(part.bytes.to_vec())
                    .map_err(|_| ApiError::bad("strings must be encoded in UTF-8"))?;
                params.map.insert(part.name, Value::String(text));
                continue;
            }
            let shown = json!({
                "file_name": part.file_name, "content_type": part.content_type, "size": part.bytes.len(),
            });
            params.map.entry(part.name.clone()).or_insert(shown);
            let upload =
                Upload { file_name: part.file_name, content_type: part.content_type, bytes: part.bytes };
            params.files.insert(part.name, upload);
        }
    } else {
        return Err(ApiError::bad("unsupported Content-Type (double)"));
    }
    Ok((params, typed))
}

/// Checks names, presence and types against the method's table, and converts the strings of untyped bodies.
/// JSON null counts as absent.
pub fn check(method: &str, params: &mut Params, typed: bool) -> Result<(), ApiError> {
    let tables = rows(method).ok_or_else(ApiError::not_found)?;
    let attached: Vec<String> = params
        .map
        .values()
        .filter_map(|value| value.as_str()?.strip_prefix("attach://").map(str::to_owned))
        .collect();
    params.map.retain(|name, value| !(value.is_null() || attached.contains(name) && value.is_object()));
    for (name, value) in &mut params.map {
        let row = tables.iter().flat_map(|rows| rows.iter()).find(|row| row.0 == name);
        let Some((_, kind, _)) = row else {
            return Err(ApiError::bad(format!("unknown parameter \"{name}\" of {method} (double)")));
        };
        coerce(name, *kind, value, typed)?;
    }
    for (name, kind, required) in tables.iter().flat_map(|rows| rows.iter()) {
        if *required && !params.map.contains_key(*name) {
            return Err(missing(name, *kind, method));
        }
    }
    Ok(())
}

fn missing(name: &str, kind: Kind, method: &str) -> ApiError {
    match (name, kind) {
        ("chat_id", _) => ApiError::bad("chat_id is empty"),
        ("text", _) if method == "sendMessage" => ApiError::bad("message text is empty"),
        (_, File) => ApiError::bad(format!("there is no {name} in the request")),
        _ => ApiError::bad(format!("parameter \"{name}\" is required")),
    }
}

fn coerce(name: &str, kind: Kind, value: &mut Value, typed: bool) -> Result<(), ApiError> {
    let wrong = || ApiError::bad(format!("wrong type of parameter \"{name}\" (double)"));
    let fits = match kind {
        Int => value.is_i64() || value.is_u64(),
        Str => value.is_string(),
        Bool => value.is_boolean(),
        Chat => value.is_i64() || value.is_string(),
        Obj => value.is_object(),
        Arr => value.is_array(),
        File => value.is_string() || value.is_object(),
    };
    if fits {
        return Ok(());
    }
    // Objects and arrays may be JSON text in any body format; numbers and booleans only outside JSON bodies.
    let text = value.as_str().ok_or_else(wrong)?;
    let parsed = match kind {
        Int if !typed => Value::from(text.parse::<i64>().map_err(|_| wrong())?),
        Bool if !typed => match text {
            "true" | "True" | "1" | "yes" => Value::Bool(true),
            "false" | "False" | "0" | "no" => Value::Bool(false),
            _ => return Err(wrong()),
        },
        Obj => serde_json::from_str(text).ok().filter(Value::is_object).ok_or_else(|| object_error(name))?,
        Arr => serde_json::from_str(text).ok().filter(Value::is_array).ok_or_else(|| object_error(name))?,
        _ => return Err(wrong()),
    };
    *value = parsed;
    Ok(())
}

fn object_error(name: &str) -> ApiError {
    let what = match name {
        "reply_markup" => "reply keyboard markup JSON object".to_owned(),
        "reply_parameters" => "reply parameters JSON object".to_owned(),
        other => format!("{other} JSON"),
    };
    ApiError::bad(format!("can't parse {what}"))
}
