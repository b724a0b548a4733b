//! The methods that put a message into a chat. Must not know HTTP.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    super::markup::Formatted,
    error::ApiError,
    message::{ChatEntry, ChatFile, EntryKind},
    params::{Params, Upload},
    picture,
    state::{Standing, State},
    validate,
};

/// A method's result, and the id of the message that it created or changed.
pub(crate) type Done = Result<(Value, Option<i64>), ApiError>;

/// Largest upload, bytes.
const UPLOAD_CAP: usize = 50 * 1024 * 1024;

pub(crate) fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl State {
    /// The chat that a request names.
    pub(super) fn resolve(&self, params: &Params) -> Result<i64, ApiError> {
        let value = params.map.get("chat_id").ok_or_else(|| ApiError::bad("chat_id is empty"))?;
        let text = value.as_str().unwrap_or_default();
        if value.is_string() && text.is_empty() {
            return Err(ApiError::bad("chat_id is empty"));
        }
        let id = params.chat().or_else(|| self.names.get(text.strip_prefix('@')?).copied());
        id.filter(|id| self.chats.contains_key(id)).ok_or_else(|| ApiError::bad("chat not found"))
    }

    /// The chat that a request names, if the bot may write there.
    pub(super) fn writable(&self, params: &Params) -> Result<i64, ApiError> {
        let id = self.resolve(params)?;
        let Some(chat) = self.chats.get(&id) else { return Err(ApiError::bad("chat not found")) };
        if let Some(to) = chat.migrated_to {
            return Err(ApiError::migrated(to));
        }
        match chat.standing {
            Standing::Open | Standing::NoVoice => Ok(id),
            Standing::Blocked => Err(ApiError::forbidden("bot was blocked by the user")),
            Standing::Kicked => {
                Err(ApiError::forbidden(&format!("bot was kicked from the {} chat", chat.kind)))
            }
            Standing::Deactivated => Err(ApiError::forbidden("user is deactivated")),
        }
    }

    /// The topic that a request names, if the chat has it.
    pub(super) fn topic(&self, chat: i64, params: &Params) -> Result<Option<i64>, ApiError> {
        let Some(thread) = params.int("message_thread_id") else { return Ok(None) };
        match self.chats.get(&chat).is_some_and(|chat| chat.topics.contains(&thread)) {
            true => Ok(Some(thread)),
            false => Err(ApiError::bad("message thread not found")),
        }
    }

    fn reply_target(&self, chat: i64, params: &Params) -> Result<Option<i64>, ApiError> {
        let Some(reply) = params.map.get("reply_parameters") else { return Ok(None) };
        if let Some(other) = reply.get("chat_id").and_then(Value::as_i64).filter(|other| *other != chat) {
            return Err(ApiError::bad(format!("replies across chats are not played here: {other} (double)")));
        }
        let id = reply.get("message_id").and_then(Value::as_i64).unwrap_or(0);
        if self.entry(chat, id).is_some() {
            return Ok(Some(id));
        }
        match reply.get("allow_sending_without_reply").and_then(Value::as_bool) {
            Some(true) => Ok(None),
            _ => Err(ApiError::bad("message to be replied not found")),
        }
    }

    pub(super) fn take_rate(&mut self, chat: i64) -> Result<(), ApiError> {
        let group = self.chats.get(&chat).is_some_and(|chat| chat.kind != "private");
        self.limits.take(chat, group, Instant::now()).map_err(ApiError::too_many)
    }

    pub(super) fn take_sign(&mut self) -> Result<(), ApiError> {
        self.limits.take_sign(Instant::now()).map_err(ApiError::too_many)
    }

    pub(super) fn send_message(&mut self, params: &Params) -> Done {
        validate::nested(params)?;
        let formatted = validate::formatted(params, "text", 4096)?;
        self.post(params, EntryKind::Text, formatted, None)
    }

    pub(super) fn send_file(&mut self, params: &Params, field: &'static str, kind: EntryKind) -> Done {
        validate::nested(params)?;
        let formatted = validate::formatted(params, "caption", 1024)?;
        let chat = self.resolve(params)?;
        let standing = self.chats.get(&chat).map(|chat| chat.standing);
        if kind == EntryKind::Voice && standing == Some(Standing::NoVoice) {
            return Err(ApiError::bad("VOICE_MESSAGES_FORBIDDEN"));
        }
        let mut file = self.sent_file(params, field, kind)?;
        if let Some(duration) = params.int("duration") {
            file.duration = u32::try_from(duration).unwrap_or(0);
        }
        self.post(params, kind, formatted, Some(file))
    }

    fn sent_file(&mut self, params: &Params, field: &str, kind: EntryKind) -> Result<ChatFile, ApiError> {
        let named = params.str(field).unwrap_or_default();
        let upload = match named.strip_prefix("attach://") {
            Some(part) => Some(params.files.get(part)),
            None => params.map.get(field).is_some_and(Value::is_object).then(|| params.files.get(field)),
        };
        match upload {
            Some(Some(upload)) => {
                let pixels = accept(upload, kind)?;
                let (name, mime) = (upload.file_name.clone(), upload.content_type.clone());
                let file = ChatFile { pixels, ..self.store(upload.bytes.clone(), name, mime, kind) };
                self.files.insert(file.file_id.clone(), file.clone());
                Ok(file)
            }
            Some(None) => Err(ApiError::bad(format!("there is no {field} in the request"))),
            None if named.starts_with("http://") || named.starts_with("https://") => {
                Err(ApiError::bad("failed to get HTTP URL content"))
            }
            None => {
                let known = self.files.get(named).cloned();
                let known = known.ok_or_else(|| ApiError::bad("wrong file identifier/HTTP URL specified"))?;
                if known.kind != kind {
                    let (is, wanted) = (known.kind, kind);
                    return Err(ApiError::bad(format!("can't use file of type {is:?} as {wanted:?}")));
                }
                Ok(known)
            }
        }
    }

    /// Stores a file and gives it its ids.
    pub(super) fn store(
        &mut self,
        bytes: Bytes,
        file_name: Option<String>,
        mime_type: Option<String>,
        kind: EntryKind,
    ) -> ChatFile {
        let serial = self.serial();
        let mime_type = match kind {
            EntryKind::Voice => Some("audio/ogg".to_owned()),
            _ => mime_type,
        };
        let file = ChatFile {
            file_id: format!("AwACAgIAAxkBAAI{serial:08}"),
            file_unique_id: format!("AgAD{serial:08}"),
            file_name,
            mime_type,
            declared_size: Some(bytes.len() as u64),
            bytes,
            duration: 0,
            kind,
            pixels: None,
        };
        self.files.insert(file.file_id.clone(), file.clone());
        file
    }

    fn post(&mut self, params: &Params, kind: EntryKind, text: Formatted, file: Option<ChatFile>) -> Done {
        let chat = self.writable(params)?;
        if validate::asks_for_location(params)
            && self.chats.get(&chat).is_some_and(|chat| chat.kind != "private")
        {
            return Err(ApiError::bad("location can be requested in private chats only"));
        }
        let named = self.topic(chat, params)?;
        let reply_to = self.reply_target(chat, params)?;
        // A reply without a topic lands in the topic of the message it answers.
        let thread = named.or_else(|| self.entry(chat, reply_to?)?.thread);
        self.take_rate(chat)?;
        let entry = ChatEntry {
            chat_id: chat,
            message_id: self.next_message_id(chat),
            from: self.options.bot_id(),
            from_bot: true,
            date: unix_now(),
            edit_date: None,
            kind,
            text: text.text,
            entities: text.entities,
            reply_to,
            thread,
            file,
            keyboard: inline_keyboard(params),
            reactions: Vec::new(),
            deleted: false,
            silent: params.flag("disable_notification"),
            extra: Map::new(),
        };
        let result = entry.to_json(self);
        let id = entry.message_id;
        self.insert(entry);
        Ok((result, Some(id)))
    }
}

/// An empty keyboard counts as none.
pub(crate) fn inline_keyboard(params: &Params) -> Option<Value> {
    let markup = params.map.get("reply_markup")?;
    let rows = markup.get("inline_keyboard")?.as_array()?;
    let rows: Vec<&Value> =
        rows.iter().filter(|row| row.as_array().is_some_and(|row| !row.is_empty())).collect();
    (!rows.is_empty()).then(|| json!({ "inline_keyboard": rows }))
}

/// Refuses empty and oversized files, and what is not of its kind. The size of a picture, px.
fn accept(upload: &Upload, kind: EntryKind) -> Result<Option<(u32, u32)>, ApiError> {
    if upload.bytes.is_empty() {
        return Err(ApiError::bad("file must be non-empty"));
    }
    if upload.bytes.len() > UPLOAD_CAP {
        return Err(ApiError::bad("file is too big"));
    }
    if kind == EntryKind::Voice && !is_ogg_opus(&upload.bytes) {
        return Err(ApiError::bad("VOICE_FILE_INVALID (double)"));
    }
    if kind == EntryKind::Photo { picture::measure(&upload.bytes).map(Some) } else { Ok(None) }
}

/// Whether the first page is Ogg and opens an Opus stream (RFC 7845, section 3).
pub fn is_ogg_opus(bytes: &[u8]) -> bool {
    let segments = bytes.get(26).copied().map_or(0, usize::from);
    bytes.starts_with(b"OggS")
        && bytes.get(27 + segments..).is_some_and(|packet| packet.starts_with(b"OpusHead"))
}
