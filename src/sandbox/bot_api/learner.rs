//! The people's side: who exists, what they send, press and block. Must not know HTTP.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    super::markup::found,
    BotApi,
    members::member_json,
    message::{ChatEntry, EntryKind},
    post::Post,
    send::unix_now,
    state::{Chat, Press, Standing, State},
};

#[derive(Debug, Clone)]
pub struct LearnerProfile {
    /// Telegram user id, also the id of the private chat.
    pub user_id: i64,
    pub first_name: String,
    /// Without `@`.
    pub username: Option<String>,
    /// Language of the client (`en`, `pt-br`), if it tells.
    pub language_code: Option<String>,
}

impl LearnerProfile {
    pub fn new(user_id: i64, first_name: &str, language_code: &str) -> Self {
        Self {
            user_id,
            first_name: first_name.to_owned(),
            username: None,
            language_code: Some(language_code.to_owned()),
        }
    }

    fn json(&self, kind: &str) -> Value {
        let mut map = Map::new();
        map.insert("id".to_owned(), json!(self.user_id));
        map.insert("first_name".to_owned(), json!(self.first_name));
        if let Some(name) = &self.username {
            map.insert("username".to_owned(), json!(name));
        }
        if kind == "user" {
            map.insert("is_bot".to_owned(), json!(false));
            if let Some(code) = &self.language_code {
                map.insert("language_code".to_owned(), json!(code));
            }
        } else {
            map.insert("type".to_owned(), json!(kind));
        }
        Value::Object(map)
    }
}

/// A message that was put into a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its id in the chat.
    pub message_id: i64,
    /// The update about it; `None` if the bot did not ask for this kind of update.
    pub update_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressed {
    /// The id that `answerCallbackQuery` must name.
    pub query_id: String,
    /// The update about it.
    pub update_id: Option<i64>,
}

/// One person in one chat: a shorthand over [`BotApi`].
#[derive(Clone)]
pub struct Learner {
    api: BotApi,
    user: i64,
    chat: i64,
}

impl Learner {
    pub fn user(&self) -> i64 {
        self.user
    }

    pub fn chat(&self) -> i64 {
        self.chat
    }

    /// The same person in another chat.
    pub fn in_chat(&self, chat: i64) -> Self {
        Self { chat, ..self.clone() }
    }

    pub fn post(&self, post: Post) -> Sent {
        self.api.post(self.chat, self.user, post)
    }

    pub fn text(&self, text: &str) -> Sent {
        self.post(Post::text(text))
    }

    pub fn voice(&self, bytes: impl Into<Bytes>, seconds: u32) -> Sent {
        self.post(Post::voice(bytes, seconds))
    }

    /// Presses a button; `None` when the message has none with this data.
    pub fn press(&self, message_id: i64, data: &str) -> Option<Pressed> {
        self.api.press(self.chat, self.user, message_id, data)
    }

    pub fn transcript(&self) -> Vec<ChatEntry> {
        self.api.transcript(self.chat)
    }
}

impl BotApi {
    /// A person who has pressed «start», so that the bot may write to them. Nothing is sent yet.
    pub fn learner(&self, profile: LearnerProfile) -> Learner {
        let id = profile.user_id;
        self.shared.with(|state| {
            state.users.insert(id, profile.json("user"));
            let private = profile.json("private");
            state.chats.entry(id).or_insert_with(|| Chat::new("private", private));
        });
        Learner { api: self.clone(), user: id, chat: id }
    }

    /// A person who never wrote to the bot: sending to them fails.
    pub fn stranger(&self, profile: &LearnerProfile) {
        self.shared.with(|state| state.users.insert(profile.user_id, profile.json("user")));
    }

    /// A group; an id below -1000000000000 makes it a supergroup.
    pub fn group(&self, chat_id: i64, title: &str) {
        let kind = if chat_id <= -1_000_000_000_000 { "supergroup" } else { "group" };
        let json = json!({ "id": chat_id, "type": kind, "title": title });
        self.shared.with(|state| state.chats.insert(chat_id, Chat::new(kind, json)));
    }

    /// A supergroup with forum topics of these ids.
    pub fn forum(&self, chat_id: i64, title: &str, topics: &[i64]) {
        let json = json!({ "id": chat_id, "type": "supergroup", "title": title, "is_forum": true });
        let mut chat = Chat::new("supergroup", json);
        chat.is_forum = true;
        chat.topics.extend(topics);
        self.shared.with(|state| state.chats.insert(chat_id, chat));
    }

    /// Topics of a private chat (Bot API 9.3).
    pub fn private_topics(&self, user: i64, topics: &[i64]) {
        self.shared.with(|state| {
            if let Some(chat) = state.chats.get_mut(&user) {
                chat.topics.extend(topics);
            }
        });
    }

    /// A public channel with the address `@name`. The bot is its administrator.
    pub fn channel(&self, chat_id: i64, name: &str) {
        let json = json!({ "id": chat_id, "type": "channel", "title": name, "username": name });
        self.shared.with(|state| {
            state.names.insert(name.to_owned(), chat_id);
            let mut chat = Chat::new("channel", json);
            chat.members.insert(state.options.bot_id(), "administrator".to_owned());
            state.chats.insert(chat_id, chat);
        });
    }

    /// A channel without a public name, joined by invitation. The bot is its administrator.
    pub fn private_channel(&self, chat_id: i64, title: &str, invite: Option<&str>) {
        let json = json!({ "id": chat_id, "type": "channel", "title": title });
        self.shared.with(|state| {
            let mut chat = Chat::new("channel", json);
            chat.members.insert(state.options.bot_id(), "administrator".to_owned());
            chat.invite = invite.map(str::to_owned);
            state.chats.insert(chat_id, chat);
        });
    }

    /// The bot's own status in a channel or group, as in [`Self::set_member`].
    pub fn set_own_status(&self, chat_id: i64, status: &str) {
        let own = self.shared.read(|state| state.options.bot_id());
        self.set_member(chat_id, own, status);
    }

    /// Sets what `getChatMember` says: `member`, `left`, `kicked`, `administrator`, `creator`,
    /// `restricted`, `restricted-out` (restricted, and no longer in it).
    pub fn set_member(&self, chat_id: i64, user: i64, status: &str) {
        self.shared.with(|state| {
            if let Some(chat) = state.chats.get_mut(&chat_id) {
                chat.members.insert(user, status.to_owned());
            }
        });
    }

    /// Changes whether the bot may write to a chat, without an update.
    pub fn set_standing(&self, chat_id: i64, standing: Standing) {
        self.shared.with(|state| {
            if let Some(chat) = state.chats.get_mut(&chat_id) {
                chat.standing = standing;
            }
        });
    }

    /// The bot gets a `my_chat_member` update.
    pub fn block(&self, user: i64) -> Option<i64> {
        self.shared.with(|state| state.turn(user, user, Standing::Blocked, "member", "kicked"))
    }

    /// The person lets the bot write again.
    pub fn unblock(&self, user: i64) -> Option<i64> {
        self.shared.with(|state| state.turn(user, user, Standing::Open, "kicked", "member"))
    }

    /// The bot gets a `my_chat_member` update.
    pub fn remove_bot(&self, chat: i64, by: i64) -> Option<i64> {
        self.shared.with(|state| state.turn(chat, by, Standing::Kicked, "member", "kicked"))
    }

    /// Someone adds the bot to a group.
    pub fn add_bot(&self, chat: i64, by: i64) -> Option<i64> {
        self.shared.with(|state| state.turn(chat, by, Standing::Open, "left", "member"))
    }

    /// Puts a person's message into a chat and queues the update.
    pub(crate) fn post(&self, chat: i64, user: i64, post: Post) -> Sent {
        self.shared.with(|state| state.person_posts(chat, user, post))
    }

    /// Changes a person's text and queues `edited_message`.
    pub fn edit_message(&self, chat: i64, message_id: i64, text: &str) -> Option<i64> {
        self.shared.with(|state| {
            let entry = state.chats.get_mut(&chat)?.entry_mut(message_id)?;
            entry.text = text.to_owned();
            entry.entities = found(text, &[]);
            entry.edit_date = Some(unix_now());
            let json = state.entry(chat, message_id)?.to_json(state);
            state.enqueue("edited_message", json)
        })
    }

    /// A person deletes their message; Telegram tells the bot nothing.
    pub fn delete_message(&self, chat: i64, message_id: i64) {
        self.shared.with(|state| {
            if let Some(entry) = state.chats.get_mut(&chat).and_then(|chat| chat.entry_mut(message_id)) {
                entry.deleted = true;
            }
        });
    }

    /// Presses a button; `None` when the message is gone or has no button with this data.
    pub fn press(&self, chat: i64, user: i64, message_id: i64, data: &str) -> Option<Pressed> {
        self.shared.with(|state| {
            let held = state.entry(chat, message_id)?.buttons().iter().any(|button| button == data);
            held.then(|| state.pressed(chat, user, message_id, data))
        })
    }

    /// A client claims to have pressed a button that may not exist: Telegram passes that on. A message that
    /// was deleted appears as inaccessible.
    pub fn claim_press(&self, chat: i64, user: i64, message_id: i64, data: &str) -> Pressed {
        self.shared.with(|state| state.pressed(chat, user, message_id, data))
    }

    /// Changes the bot's user name.
    pub fn rename(&self, username: &str) {
        self.shared.with(|state| {
            let own = state.options.bot_id();
            if let Some(bot) = state.users.get_mut(&own).and_then(Value::as_object_mut) {
                bot.insert("username".to_owned(), json!(username));
            }
        });
    }

    /// Someone joins a group.
    pub fn new_member(&self, chat: i64, user: i64) -> Sent {
        let member = self.shared.read(|state| state.user_json(user));
        self.set_member(chat, user, "member");
        self.post(chat, user, Post::service("new_chat_members", json!([member])))
    }

    /// A group becomes a supergroup: the old id answers with the new one from now on.
    pub fn migrate(&self, old: i64, new: i64, user: i64) -> [Sent; 2] {
        let title = self.shared.read(|state| {
            let title = state.chat_json(old);
            title.get("title").and_then(Value::as_str).unwrap_or("group").to_owned()
        });
        self.group(new, &title);
        let left = self.post(old, user, Post::service("migrate_to_chat_id", json!(new)));
        self.shared.with(|state| {
            if let Some(chat) = state.chats.get_mut(&old) {
                chat.migrated_to = Some(new);
            }
        });
        [left, self.post(new, user, Post::service("migrate_from_chat_id", json!(old)))]
    }
}

impl State {
    fn person_posts(&mut self, chat: i64, user: i64, post: Post) -> Sent {
        let message_id = self.next_message_id(chat);
        let file = post.file.map(|file| {
            let mut kept = self.store(file.bytes, file.name, file.mime.clone(), post.kind);
            kept.mime_type = file.mime;
            kept.declared_size = file.size;
            kept.duration = file.duration;
            self.files.insert(kept.file_id.clone(), kept.clone());
            if post.kind == EntryKind::Photo {
                let small = kept.thumbnail();
                self.files.insert(small.file_id.clone(), small);
            }
            kept
        });
        let marked = if post.kind == EntryKind::Service { Vec::new() } else { found(&post.text, &[]) };
        let entry = ChatEntry {
            chat_id: chat,
            message_id,
            from: user,
            from_bot: false,
            date: post.date.unwrap_or_else(unix_now),
            edit_date: None,
            kind: post.kind,
            entities: marked,
            text: post.text,
            reply_to: post.reply_to,
            thread: post.thread,
            file,
            keyboard: None,
            reactions: Vec::new(),
            deleted: false,
            silent: false,
            extra: post.extra,
        };
        let json = entry.to_json(self);
        self.insert(entry);
        let kind = if self.chats.get(&chat).is_some_and(|chat| chat.kind == "channel") {
            "channel_post"
        } else {
            "message"
        };
        Sent { message_id, update_id: self.enqueue(kind, json) }
    }

    fn pressed(&mut self, chat: i64, user: i64, message_id: i64, data: &str) -> Pressed {
        let message = match self.entry(chat, message_id) {
            Some(entry) => entry.to_json(self),
            None => json!({ "chat": self.chat_json(chat), "message_id": message_id, "date": 0 }),
        };
        let query_id = format!("77{:012}", self.serial());
        self.presses.insert(query_id.clone(), Press::default());
        let query = json!({
            "id": query_id, "from": self.user_json(user), "message": message,
            "chat_instance": format!("{chat}"), "data": data,
        });
        Pressed { query_id, update_id: self.enqueue("callback_query", query) }
    }

    fn turn(&mut self, chat: i64, by: i64, standing: Standing, old: &str, new: &str) -> Option<i64> {
        self.chats.get_mut(&chat)?.standing = standing;
        let bot = self.user_json(self.options.bot_id());
        let change = json!({
            "chat": self.chat_json(chat), "from": self.user_json(by), "date": unix_now(),
            "old_chat_member": member_json(old, bot.clone()), "new_chat_member": member_json(new, bot),
        });
        self.enqueue("my_chat_member", change)
    }
}
