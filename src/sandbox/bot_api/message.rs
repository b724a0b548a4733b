//! One message as the chat shows it, and Telegram's JSON of it. Must not know how it got there.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::state::State;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    Text,
    Voice,
    Audio,
    /// Any other file.
    Document,
    VideoNote,
    Sticker,
    Photo,
    Location,
    /// «x joined», «upgraded to a supergroup», …
    Service,
}

/// A file in a chat, with what the update claims about it.
#[derive(Debug, Clone)]
pub struct ChatFile {
    /// Handle for `getFile` and for sending again.
    pub file_id: String,
    /// The same for equal files.
    pub file_unique_id: String,
    pub file_name: Option<String>,
    pub mime_type: Option<String>,
    /// The true content.
    pub bytes: Bytes,
    /// `file_size` as declared, bytes; `None` leaves it out.
    pub declared_size: Option<u64>,
    /// As declared, seconds.
    pub duration: u32,
    /// As what it was uploaded: it can be sent again as nothing else.
    pub kind: EntryKind,
    /// Width and height of a picture the bot sent, px.
    pub pixels: Option<(u32, u32)>,
}

#[derive(Debug, Clone)]
pub struct ChatEntry {
    pub chat_id: i64,
    pub message_id: i64,
    /// User id of the sender.
    pub from: i64,
    pub from_bot: bool,
    /// Unix seconds.
    pub date: i64,
    /// Unix seconds.
    pub edit_date: Option<i64>,
    pub kind: EntryKind,
    /// Text or caption, without markup; empty when there is none.
    pub text: String,
    /// Offsets and lengths in UTF-16 code units.
    pub entities: Vec<Value>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// Forum topic.
    pub thread: Option<i64>,
    pub file: Option<ChatFile>,
    /// Its inline keyboard (`reply_markup`).
    pub keyboard: Option<Value>,
    /// The bot's reaction to it.
    pub reactions: Vec<String>,
    pub deleted: bool,
    /// Sent without sound.
    pub silent: bool,
    /// Fields taken over as they are (`sticker`, `location`, `new_chat_members`, …).
    pub extra: Map<String, Value>,
}

impl ChatEntry {
    /// Every `callback_data` of its keyboard, row by row.
    pub fn buttons(&self) -> Vec<String> {
        let rows = self.keyboard.as_ref().and_then(|k| k.get("inline_keyboard")).and_then(Value::as_array);
        let buttons = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
        buttons.filter_map(|button| button.get("callback_data")?.as_str().map(str::to_owned)).collect()
    }

    /// The `Message` object, including the message it answers, one level deep.
    pub(crate) fn to_json(&self, state: &State) -> Value {
        let mut message = self.shallow(state);
        if let (Some(target), Some(map)) = (self.reply_to, message.as_object_mut())
            && let Some(target) = state.entry(self.chat_id, target)
        {
            map.insert("reply_to_message".to_owned(), target.shallow(state));
        }
        message
    }

    fn shallow(&self, state: &State) -> Value {
        let mut map = Map::new();
        map.insert("message_id".to_owned(), json!(self.message_id));
        map.insert("from".to_owned(), state.user_json(self.from));
        map.insert("chat".to_owned(), state.chat_json(self.chat_id));
        map.insert("date".to_owned(), json!(self.date));
        if let Some(date) = self.edit_date {
            map.insert("edit_date".to_owned(), json!(date));
        }
        if let Some(thread) = self.thread {
            map.insert("message_thread_id".to_owned(), json!(thread));
            map.insert("is_topic_message".to_owned(), json!(true));
        }
        let (text, entities) = match self.kind {
            EntryKind::Text => ("text", "entities"),
            _ => ("caption", "caption_entities"),
        };
        if !self.text.is_empty() {
            map.insert(text.to_owned(), json!(self.text));
            if !self.entities.is_empty() {
                map.insert(entities.to_owned(), json!(self.entities));
            }
        }
        if let Some(file) = &self.file {
            for (key, value) in file.fields(self.kind) {
                map.insert(key.to_owned(), value);
            }
        }
        if let Some(keyboard) = &self.keyboard {
            map.insert("reply_markup".to_owned(), keyboard.clone());
        }
        map.extend(self.extra.clone());
        Value::Object(map)
    }
}

impl ChatFile {
    /// The small size of a photo: a picture and a file of its own.
    pub(super) fn thumbnail(&self) -> Self {
        let bytes = Bytes::from_static(b"\xff\xd8\xff\xe0 the small one");
        Self {
            file_id: format!("{}s", self.file_id),
            file_unique_id: format!("{}s", self.file_unique_id),
            declared_size: Some(bytes.len() as u64),
            bytes,
            ..self.clone()
        }
    }

    /// The message fields that show this file.
    fn fields(&self, kind: EntryKind) -> Vec<(&'static str, Value)> {
        let mut map = Map::new();
        map.insert("file_id".to_owned(), json!(self.file_id));
        map.insert("file_unique_id".to_owned(), json!(self.file_unique_id));
        if let Some(size) = self.declared_size {
            map.insert("file_size".to_owned(), json!(size));
        }
        if matches!(kind, EntryKind::Voice | EntryKind::Audio | EntryKind::VideoNote) {
            map.insert("duration".to_owned(), json!(self.duration));
        }
        if matches!(kind, EntryKind::Voice | EntryKind::Audio | EntryKind::Document)
            && let Some(mime) = &self.mime_type
        {
            map.insert("mime_type".to_owned(), json!(mime));
        }
        if matches!(kind, EntryKind::Audio | EntryKind::Document)
            && let Some(name) = &self.file_name
        {
            map.insert("file_name".to_owned(), json!(name));
        }
        let field = match kind {
            EntryKind::Voice => "voice",
            EntryKind::Audio => "audio",
            EntryKind::VideoNote => "video_note",
            EntryKind::Sticker => "sticker",
            EntryKind::Photo => "photo",
            _ => "document",
        };
        match kind {
            EntryKind::VideoNote => {
                map.insert("length".to_owned(), json!(240));
            }
            EntryKind::Sticker => {
                for (key, value) in [
                    ("type", json!("regular")),
                    ("width", json!(512)),
                    ("height", json!(512)),
                    ("is_animated", json!(false)),
                    ("is_video", json!(false)),
                    ("emoji", json!("👍")),
                ] {
                    map.insert(key.to_owned(), value);
                }
            }
            EntryKind::Photo => {
                let (width, height) = self.pixels.unwrap_or((1280, 960));
                map.insert("width".to_owned(), json!(width));
                map.insert("height".to_owned(), json!(height));
                let small = self.thumbnail();
                let small = json!({
                    "file_id": small.file_id, "file_unique_id": small.file_unique_id,
                    "file_size": small.declared_size, "width": 90, "height": 68,
                });
                return vec![(field, json!([small, map]))];
            }
            _ => {}
        }
        vec![(field, Value::Object(map))]
    }
}
