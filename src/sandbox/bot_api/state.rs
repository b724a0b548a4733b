//! Everything the stand-in remembers: users, chats, files, the update queue and the log. Must not know HTTP;
//! the methods change it, tests read it.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use super::{
    BotApiOptions,
    calls::Log,
    limits::Limits,
    message::{ChatEntry, ChatFile},
};

/// Whether the bot may write to a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Open,
    /// The user blocked it.
    Blocked,
    /// It was removed from the group.
    Kicked,
    /// The user's account is gone.
    Deactivated,
    /// The user accepts no voice notes.
    NoVoice,
}

#[derive(Debug)]
pub struct Chat {
    pub(super) json: Value,
    pub(super) kind: &'static str,
    pub(super) is_forum: bool,
    pub(super) standing: Standing,
    pub(super) migrated_to: Option<i64>,
    pub(super) topics: HashSet<i64>,
    pub(super) members: HashMap<i64, String>,
    pub(super) invite: Option<String>,
    pub(super) entries: Vec<ChatEntry>,
    pub(super) index: HashMap<i64, usize>,
    pub(super) actions: Vec<ChatAction>,
    next_message_id: i64,
}

impl Chat {
    pub(super) fn new(kind: &'static str, json: Value) -> Self {
        Self {
            json,
            kind,
            is_forum: false,
            standing: Standing::Open,
            migrated_to: None,
            topics: HashSet::new(),
            members: HashMap::new(),
            invite: None,
            entries: Vec::new(),
            index: HashMap::new(),
            actions: Vec::new(),
            next_message_id: 1,
        }
    }

    pub(super) fn entry(&self, message_id: i64) -> Option<&ChatEntry> {
        self.entries.get(*self.index.get(&message_id)?).filter(|entry| !entry.deleted)
    }

    pub(super) fn entry_mut(&mut self, message_id: i64) -> Option<&mut ChatEntry> {
        self.entries.get_mut(*self.index.get(&message_id)?).filter(|entry| !entry.deleted)
    }
}

/// A «typing…» or similar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatAction {
    /// Ms since the double was started.
    pub at_ms: u64,
    /// `typing`, `record_voice`, …
    pub action: String,
    pub thread: Option<i64>,
}

/// Simulated round trip to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distance {
    /// A call without a file.
    pub text: Duration,
    /// `sendVoice`.
    pub voice: Duration,
}

impl Distance {
    /// The round trip of this method. Polls have none, because they wait anyway.
    pub(super) fn of(self, method: &str) -> Duration {
        match method {
            "getUpdates" => Duration::ZERO,
            "sendVoice" => self.voice,
            _ => self.text,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Press {
    /// How often the bot answered it.
    pub answers: usize,
    /// The last answer's text.
    pub text: Option<String>,
    pub alert: bool,
}

/// What the double holds; read it in [`super::BotApi::wait_until`] or [`super::BotApi::read`].
pub struct State {
    pub(super) options: BotApiOptions,
    pub(super) started: Instant,
    pub(super) token_valid: bool,
    pub(super) users: HashMap<i64, Value>,
    pub(super) chats: HashMap<i64, Chat>,
    pub(super) names: HashMap<String, i64>,
    pub(super) queue: VecDeque<(i64, Value)>,
    pub(super) confirmed: Vec<i64>,
    pub(super) next_update_id: i64,
    pub(super) allowed: Option<Vec<String>>,
    pub(super) dropped_updates: usize,
    pub(super) webhook: Option<String>,
    pub(super) poll: u64,
    pub(super) poll_ended_by_webhook: bool,
    pub(super) pollers: usize,
    pub(super) conflicts: usize,
    pub(super) files: HashMap<String, ChatFile>,
    pub(super) links: HashMap<String, String>,
    pub(super) local_folder: Option<PathBuf>,
    pub(super) presses: HashMap<String, Press>,
    pub(super) commands: HashMap<String, Value>,
    /// Descriptions by their field and language.
    pub(super) profile: HashMap<(&'static str, String), String>,
    pub(super) log: Log,
    pub(super) sent: Vec<(i64, i64)>,
    pub(super) limits: Limits,
    pub(super) distance: Option<Distance>,
    /// Requests that were sent and have not arrived.
    pub(super) travelling: usize,
    next_private_message_id: i64,
    serial: u64,
}

/// Update kinds that the bot gets only if it asks for them.
const DEFAULT_OFF: &[&str] = &["chat_member", "message_reaction", "message_reaction_count"];

impl State {
    pub(super) fn new(options: BotApiOptions) -> Self {
        let bot = json!({
            "id": options.bot_id(), "is_bot": true, "first_name": options.first_name, "username": options.username,
        });
        Self {
            started: Instant::now(),
            token_valid: true,
            users: HashMap::from([(options.bot_id(), bot)]),
            chats: HashMap::new(),
            names: HashMap::new(),
            queue: VecDeque::new(),
            confirmed: Vec::new(),
            next_update_id: options.first_update_id,
            allowed: None,
            dropped_updates: 0,
            webhook: None,
            poll: 0,
            poll_ended_by_webhook: false,
            pollers: 0,
            conflicts: 0,
            files: HashMap::new(),
            links: HashMap::new(),
            local_folder: None,
            presses: HashMap::new(),
            commands: HashMap::new(),
            profile: HashMap::new(),
            log: Log::default(),
            sent: Vec::new(),
            limits: Limits::default(),
            distance: None,
            travelling: 0,
            next_private_message_id: 1,
            serial: 0,
            options,
        }
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Deleted messages are not found.
    pub fn entry(&self, chat: i64, message_id: i64) -> Option<&ChatEntry> {
        self.chats.get(&chat)?.entry(message_id)
    }

    /// Every message of a chat in order, deleted ones too.
    pub(crate) fn transcript(&self, chat: i64) -> &[ChatEntry] {
        self.chats.get(&chat).map_or(&[], |chat| chat.entries.as_slice())
    }

    /// The bot's own messages of one chat that are still there, in order.
    pub fn from_bot(&self, chat: i64) -> impl Iterator<Item = &ChatEntry> {
        self.transcript(chat).iter().filter(|entry| entry.from_bot && !entry.deleted)
    }

    /// Everything the bot sent, over all chats, in order.
    pub fn sent(&self) -> impl Iterator<Item = &ChatEntry> {
        self.sent.iter().filter_map(|(chat, id)| {
            let chat = self.chats.get(chat)?;
            chat.entries.get(*chat.index.get(id)?)
        })
    }

    pub fn sent_count(&self) -> usize {
        self.sent.len()
    }

    pub fn pending_updates(&self) -> usize {
        self.queue.len()
    }

    pub fn confirmed(&self) -> &[i64] {
        &self.confirmed
    }

    /// Updates dropped because the bot did not ask for their kind.
    #[cfg(test)]
    pub(crate) fn dropped_updates(&self) -> usize {
        self.dropped_updates
    }

    /// Polls open now.
    pub fn pollers(&self) -> usize {
        self.pollers
    }

    /// How often a poller was ended by another one.
    pub fn conflicts(&self) -> usize {
        self.conflicts
    }

    pub fn webhook(&self) -> Option<&str> {
        self.webhook.as_deref()
    }

    /// The «typing…» signs shown in a chat.
    pub fn actions(&self, chat: i64) -> &[ChatAction] {
        self.chats.get(&chat).map_or(&[], |chat| chat.actions.as_slice())
    }

    pub fn press(&self, query_id: &str) -> Option<&Press> {
        self.presses.get(query_id)
    }

    /// The commands set for a language (`""`: the default) in the default scope.
    pub fn commands(&self, language: &str) -> Option<&Value> {
        self.commands.get(&format!("default/{language}"))
    }

    /// The commands set for one private chat.
    pub fn commands_of(&self, chat: i64, language: &str) -> Option<&Value> {
        self.commands.get(&format!("chat:{chat}/{language}"))
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Requests under way to a distant server, see [`Distance`].
    pub fn travelling(&self) -> usize {
        self.travelling
    }

    pub(super) fn user_json(&self, id: i64) -> Value {
        let unknown = || json!({ "id": id, "is_bot": false, "first_name": "?" });
        self.users.get(&id).cloned().unwrap_or_else(unknown)
    }

    pub(super) fn chat_json(&self, id: i64) -> Value {
        self.chats.get(&id).map_or(Value::Null, |chat| chat.json.clone())
    }

    /// A number that was not used before.
    pub(super) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn next_message_id(&mut self, chat: i64) -> i64 {
        let own = self.chats.get_mut(&chat).filter(|chat| matches!(chat.kind, "supergroup" | "channel"));
        // Supergroups and channels number their messages separately; all other chats share the account's
        // numbers.
        let counter = own.map_or(&mut self.next_private_message_id, |chat| &mut chat.next_message_id);
        let id = *counter;
        *counter += 1;
        id
    }

    pub(super) fn insert(&mut self, entry: ChatEntry) {
        if entry.from_bot {
            self.sent.push((entry.chat_id, entry.message_id));
        }
        if let Some(chat) = self.chats.get_mut(&entry.chat_id) {
            chat.index.insert(entry.message_id, chat.entries.len());
            chat.entries.push(entry);
        }
    }

    /// `None` when the bot did not ask for this kind.
    pub(super) fn enqueue(&mut self, kind: &str, body: Value) -> Option<i64> {
        let wanted = match self.allowed.as_deref() {
            None | Some([]) => !DEFAULT_OFF.contains(&kind),
            Some(kinds) => kinds.iter().any(|allowed| allowed == kind),
        };
        if !wanted {
            self.dropped_updates += 1;
            return None;
        }
        let id = self.next_update_id;
        self.next_update_id += 1;
        let mut update = Map::new();
        update.insert("update_id".to_owned(), json!(id));
        update.insert(kind.to_owned(), body);
        self.queue.push_back((id, Value::Object(update)));
        Some(id)
    }

    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
