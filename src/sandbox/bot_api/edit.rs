//! The methods that change messages or answer buttons, and the small ones about chats, files and commands.
//! Must not know HTTP.

use serde_json::{Value, json};
use std::path::Path;

use super::{
    error::ApiError,
    known,
    message::{ChatEntry, EntryKind},
    params::Params,
    send::{Done, inline_keyboard, unix_now},
    state::{ChatAction, State},
    validate,
};

/// Largest file `getFile` serves, bytes.
const DOWNLOAD_CAP: u64 = 20 * 1024 * 1024;

fn yes() -> Done {
    Ok((Value::Bool(true), None))
}

impl State {
    fn editable(&self, params: &Params) -> Result<(i64, &ChatEntry), ApiError> {
        if params.map.contains_key("inline_message_id") {
            return Err(ApiError::bad("inline messages are not played here (double)"));
        }
        let chat = self.writable(params)?;
        let id =
            params.int("message_id").ok_or_else(|| ApiError::bad("message identifier is not specified"))?;
        let entry = self.entry(chat, id).ok_or_else(|| ApiError::bad("message to edit not found"))?;
        if !entry.from_bot {
            return Err(ApiError::bad("message can't be edited"));
        }
        Ok((chat, entry))
    }

    fn change(&mut self, chat: i64, id: i64, change: impl FnOnce(&mut ChatEntry)) -> Done {
        self.take_rate(chat)?;
        if let Some(entry) = self.chats.get_mut(&chat).and_then(|chat| chat.entry_mut(id)) {
            change(entry);
            entry.edit_date = Some(unix_now());
        }
        let result = self.entry(chat, id).map_or(Value::Null, |entry| entry.to_json(self));
        Ok((result, Some(id)))
    }

    pub(super) fn edit_message_text(&mut self, params: &Params) -> Done {
        validate::nested(params)?;
        let formatted = validate::formatted(params, "text", 4096)?;
        let keyboard = inline_keyboard(params);
        let (chat, entry) = self.editable(params)?;
        if entry.kind != EntryKind::Text {
            return Err(ApiError::bad("there is no text in the message to edit"));
        }
        if entry.text == formatted.text && entry.entities == formatted.entities && entry.keyboard == keyboard
        {
            return Err(not_modified());
        }
        let id = entry.message_id;
        self.change(chat, id, |entry| {
            entry.text = formatted.text;
            entry.entities = formatted.entities;
            entry.keyboard = keyboard;
        })
    }

    pub(super) fn edit_reply_markup(&mut self, params: &Params) -> Done {
        validate::nested(params)?;
        let keyboard = inline_keyboard(params);
        let (chat, entry) = self.editable(params)?;
        if entry.keyboard == keyboard {
            return Err(not_modified());
        }
        let id = entry.message_id;
        self.change(chat, id, |entry| entry.keyboard = keyboard)
    }

    pub(super) fn delete_message(&mut self, params: &Params) -> Done {
        let chat = self.writable(params)?;
        let id = params.int("message_id").unwrap_or(0);
        let own = self.options.bot_id();
        let entry = self.chats.get_mut(&chat).and_then(|chat| chat.entry_mut(id));
        let Some(entry) = entry else { return Err(ApiError::bad("message to delete not found")) };
        if entry.from != own && chat < 0 {
            return Err(ApiError::bad("message can't be deleted"));
        }
        entry.deleted = true;
        Ok((Value::Bool(true), Some(id)))
    }

    pub(super) fn set_reaction(&mut self, params: &Params) -> Done {
        let emoji = known::reaction(params)?;
        let chat = self.writable(params)?;
        self.take_sign()?;
        let id = params.int("message_id").unwrap_or(0);
        let entry = self.chats.get_mut(&chat).and_then(|chat| chat.entry_mut(id));
        entry.ok_or_else(|| ApiError::bad("message to react not found"))?.reactions = emoji;
        Ok((Value::Bool(true), Some(id)))
    }

    pub(super) fn send_chat_action(&mut self, params: &Params) -> Done {
        let action = params.str("action").unwrap_or_default();
        known::chat_action(action)?;
        let chat = self.writable(params)?;
        let thread = self.topic(chat, params)?;
        self.take_sign()?;
        let sign = ChatAction { at_ms: self.now_ms(), action: action.to_owned(), thread };
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.actions.push(sign);
        }
        yes()
    }

    pub(super) fn answer_callback(&mut self, params: &Params) -> Done {
        let text = params.str("text");
        if text.is_some_and(|text| text.chars().count() > 200) {
            return Err(ApiError::bad("MESSAGE_TOO_LONG"));
        }
        self.take_sign()?;
        let id = params.str("callback_query_id").unwrap_or_default();
        let press = self.presses.get_mut(id).ok_or_else(|| {
            ApiError::bad("query is too old and response timeout expired or query ID is invalid")
        })?;
        press.answers += 1;
        press.text = text.map(str::to_owned);
        press.alert = params.flag("show_alert");
        yes()
    }

    pub(super) fn get_file(&mut self, params: &Params) -> Done {
        let id = params.str("file_id").unwrap_or_default();
        let file = self.files.get(id).cloned();
        let Some(file) = file else {
            return Err(ApiError::bad("wrong file_id or the file is temporarily unavailable"));
        };
        // A server in --local mode has no limit, and answers with paths on its own disk.
        let local = self.local_folder.clone();
        if local.is_none() && file.declared_size.unwrap_or(file.bytes.len() as u64) > DOWNLOAD_CAP {
            return Err(ApiError::bad("file is too big"));
        }
        let path = match (file.mime_type.as_deref(), &file.file_name) {
            (Some("audio/ogg"), _) => format!("voice/file_{}.oga", self.serial()),
            // Photos have no name.
            (Some("image/jpeg"), None) => format!("photos/file_{}.jpg", self.serial()),
            _ => format!("documents/file_{}", self.serial()),
        };
        let path = match local {
            Some(folder) => self.keep(&folder, &path, &file.bytes)?,
            None => path,
        };
        self.links.insert(path.clone(), file.file_id.clone());
        let mut result = json!({
            "file_id": file.file_id, "file_unique_id": file.file_unique_id, "file_path": path,
        });
        if let (Some(size), Some(map)) = (file.declared_size, result.as_object_mut()) {
            map.insert("file_size".to_owned(), json!(size));
        }
        Ok((result, None))
    }

    /// Stores a file as a server in `--local` mode does: in a folder named after the token.
    fn keep(&self, folder: &Path, path: &str, bytes: &[u8]) -> Result<String, ApiError> {
        let place = folder.join(&self.options.token).join(path);
        let kept = place
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&place, bytes));
        kept.map_err(|_| ApiError::bad("the file cannot be kept (double)"))?;
        Ok(place.display().to_string())
    }

    pub(super) fn set_commands(&mut self, params: &Params) -> Done {
        let list = params.map.get("commands").cloned().unwrap_or_default();
        known::commands(&list)?;
        let key = self.command_key(params)?;
        self.commands.insert(key, list);
        yes()
    }

    /// The key a list of commands is stored under. A scope must name a chat that the bot has met.
    fn command_key(&self, params: &Params) -> Result<String, ApiError> {
        let key = known::command_key(params)?;
        let of = params.map.get("scope").and_then(|scope| scope.get("chat_id")).and_then(Value::as_i64);
        if of.is_some_and(|chat| !self.chats.contains_key(&chat)) {
            return Err(ApiError::bad("chat not found"));
        }
        Ok(key)
    }

    pub(super) fn get_commands(&self, params: &Params) -> Done {
        let key = self.command_key(params)?;
        Ok((self.commands.get(&key).cloned().unwrap_or_else(|| json!([])), None))
    }

    pub(super) fn delete_commands(&mut self, params: &Params) -> Done {
        let key = self.command_key(params)?;
        self.commands.remove(&key);
        yes()
    }

    pub(super) fn set_webhook(&mut self, params: &Params) -> Done {
        let url = params.str("url").unwrap_or_default();
        if !url.is_empty() && !url.starts_with("https://") {
            return Err(ApiError::bad("bad webhook: An HTTPS URL must be provided for webhook"));
        }
        if let Some(kinds) = known::allowed_updates(params)? {
            self.allowed = Some(kinds);
        }
        self.hook(Some(url.to_owned()).filter(|url| !url.is_empty()), params.flag("drop_pending_updates"));
        yes()
    }

    pub(super) fn delete_webhook(&mut self, params: &Params) -> Done {
        self.hook(None, params.flag("drop_pending_updates"));
        yes()
    }

    /// Sets or removes the webhook. Setting one ends a poll that is open.
    pub(super) fn hook(&mut self, url: Option<String>, drop_pending: bool) {
        if drop_pending {
            self.queue.clear();
        }
        if url.is_some() {
            self.poll += 1;
            self.poll_ended_by_webhook = true;
        }
        self.webhook = url;
    }

    pub(super) fn webhook_info(&self) -> Done {
        let mut info = json!({
            "url": self.webhook.as_deref().unwrap_or_default(),
            "has_custom_certificate": false,
            "pending_update_count": self.queue.len(),
        });
        if let (Some(allowed), Some(map)) = (&self.allowed, info.as_object_mut()) {
            map.insert("allowed_updates".to_owned(), json!(allowed));
        }
        Ok((info, None))
    }

    pub(super) fn get_me(&self) -> Done {
        let mut me = self.user_json(self.options.bot_id());
        if let Some(map) = me.as_object_mut() {
            map.insert("can_join_groups".to_owned(), json!(true));
            map.insert("can_read_all_group_messages".to_owned(), json!(true));
            map.insert("supports_inline_queries".to_owned(), json!(false));
            map.insert("can_connect_to_business".to_owned(), json!(false));
            map.insert("has_main_web_app".to_owned(), json!(false));
        }
        Ok((me, None))
    }
}

fn not_modified() -> ApiError {
    ApiError::bad(
        "message is not modified: specified new message content and reply markup are exactly the same as a \
         current content and reply markup of the message",
    )
}
