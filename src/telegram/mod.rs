//! The Telegram Bot API: takes updates, sends replies, downloads files.
//!
//! Alone knows frankenstein. Must not know the store, the tutor, or what a message means. Errors and logs of
//! this module contain no URL (every URL contains the token), no token and no message text.

pub(crate) mod checkup;
mod client;
mod coached;
mod download;
pub(crate) mod edge;
pub(crate) mod error;
mod files;
pub(crate) mod from_api;
mod html;
mod local_file;
mod location;
pub(crate) mod members;
mod message_text;
pub(crate) mod own_name;
pub(crate) mod pacing;
mod phrase;
mod profile;
mod quotation;
mod refusal;
mod send_form;
#[cfg(test)]
mod sentence_tests;
pub(crate) mod to_api;
mod tolerant;
pub(crate) mod updates;

pub(crate) use edge::Edge;
pub(crate) use error::{Retry, TelegramError};
pub(crate) use members::ChannelCard;
pub(crate) use pacing::Pacing;
pub(crate) use send_form::SendForm;
pub(crate) use to_api::{Attachment, Delivered, Outgoing, outgoing};
pub(crate) use updates::RawUpdate;

use crate::domain::{ChatId, Gate, MessageId, UserId};
use crate::http::{self, ClientOptions};
use crate::secret::Secret;
use bytes::Bytes;
use client::{Client, Heard, Upload};
use frankenstein::AsyncTelegramApi;
use frankenstein::methods::{
    DeleteMessageParams, DeleteMyCommandsParams, DeleteWebhookParams, SendChatActionParams,
    SetMessageReactionParams, SetMyCommandsParams,
};
use frankenstein::response::MethodResponse;
use frankenstein::types::{
    BotCommand, BotCommandScope, BotCommandScopeChat, ChatAction, ReactionType, ReactionTypeEmoji,
};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Largest file a bot may send (Bot API "sendVoice", "sendDocument"), bytes.
pub(crate) const UPLOAD_LIMIT: u64 = 50 * 1024 * 1024;
/// The server holds a poll at most this long, seconds.
const LONGEST_POLL_SECS: u64 = 50;
/// A poll that takes this much longer than its timeout hangs on a dead connection.
const POLL_MARGIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(crate) struct TelegramOptions {
    pub token: Secret,
    /// Base URL of the Bot API, without `/bot…`.
    pub api_url: String,
    /// Proxy URL (http, https, socks5, socks5h); may hold a password.
    pub proxy: Option<Secret>,
    /// For any request but polls; uploads and downloads get more, in proportion to their size.
    pub request_timeout: Duration,
    /// How long the server holds an empty poll: whole seconds, at most 50.
    pub poll_timeout: Duration,
    /// Largest file downloaded, bytes.
    pub download_cap: usize,
    /// The folder of a self-hosted server in `--local` mode, on this machine.
    pub local_folder: Option<PathBuf>,
    pub gate: Gate,
}

/// Who the bot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Me {
    pub id: UserId,
    /// Without the `@`.
    pub username: String,
}

/// A chat action (Bot API "sendChatAction"); Telegram shows it for 5 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Typing,
    RecordVoice,
    UploadVoice,
}

/// The Bot API for one bot.
pub(crate) struct Telegram {
    api: Client,
    /// Polls have connections of their own, so that a hanging one can be dropped without disturbing a send.
    poll: Mutex<Client>,
    http: ClientOptions,
    poll_secs: u32,
    request_timeout: Duration,
    download_cap: usize,
    local_folder: Option<PathBuf>,
    /// Calls answered so far, polls included.
    heard: Heard,
}

type Answered = Result<MethodResponse<Value>, TelegramError>;

impl Telegram {
    /// Prepares the connections without using them. [`TelegramError::Setup`] when the token, the proxy or the
    /// URL cannot work.
    pub(crate) fn new(options: TelegramOptions) -> Result<Telegram, TelegramError> {
        let well_formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '/');
        if options.token.expose().is_empty() || !options.token.expose().chars().all(well_formed) {
            return Err(TelegramError::Setup(
                "the bot token does not look like one: it is digits, a colon, and letters, as @BotFather gave it".into(),
            ));
        }
        let base = reqwest::Url::parse(&options.api_url).ok();
        if !base.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            return Err(TelegramError::Setup("TELEGRAM_API_URL is not an http or https URL".into()));
        }
        let http = ClientOptions { proxy: options.proxy, gate: options.gate, ..ClientOptions::default() };
        let poll_secs = options.poll_timeout.as_secs().min(LONGEST_POLL_SECS);
        let poll_deadline = Duration::from_secs(poll_secs) + POLL_MARGIN;
        let heard = Heard::default();
        let client = |deadline| -> Result<Client, TelegramError> {
            let connections = http::client(&http)?;
            Ok(Client::new(connections, &options.api_url, &options.token, deadline, heard.clone()))
        };
        Ok(Self {
            api: client(options.request_timeout)?,
            poll: Mutex::new(client(poll_deadline)?),
            poll_secs: u32::try_from(poll_secs).unwrap_or(0),
            request_timeout: options.request_timeout,
            download_cap: options.download_cap,
            local_folder: options.local_folder,
            http,
            heard: heard.clone(),
        })
    }

    /// `getMe`: the first proof that the token works ([`TelegramError::Unauthorized`] if not).
    pub(crate) async fn me(&self) -> Result<Me, TelegramError> {
        Ok(self.greeting().await?.me)
    }

    /// Removes a webhook, which would make every poll fail; waiting updates are kept. Returns the host it
    /// pointed to (its path may hold secrets), `None` if there was none.
    pub(crate) async fn remove_webhook(&self) -> Result<Option<String>, TelegramError> {
        let Some(host) = self.webhook().await?.host else { return Ok(None) };
        let keep = DeleteWebhookParams::builder().drop_pending_updates(false).build();
        let reply: Answered = self.api.request("deleteWebhook", Some(keep)).await;
        reply?;
        Ok(Some(host))
    }

    /// Sets the command menu of everybody or of one private chat: (name, description) pairs for each language
    /// (`""`: all others). On an error, the languages before are set.
    pub(crate) async fn set_commands(
        &self,
        of: Option<UserId>,
        commands: &[(&str, Vec<(String, String)>)],
    ) -> Result<(), TelegramError> {
        let scope = of.map(chat_scope);
        for (language, list) in commands {
            let list = list
                .iter()
                .map(|(name, what)| {
                    BotCommand::builder().command(name.as_str()).description(what.as_str()).build()
                })
                .collect();
            let language = Some((*language).to_owned()).filter(|language| !language.is_empty());
            let params = SetMyCommandsParams::builder()
                .commands(list)
                .maybe_scope(scope.clone())
                .maybe_language_code(language)
                .build();
            self.ask("setMyCommands", &params).await?;
        }
        Ok(())
    }

    /// Removes the command menu of one private chat in each of these languages, so that everybody's menu
    /// applies there again. On an error, the languages before are done.
    pub(crate) async fn delete_commands(&self, of: UserId, languages: &[&str]) -> Result<(), TelegramError> {
        for language in languages {
            let language = Some((*language).to_owned()).filter(|language| !language.is_empty());
            let params =
                DeleteMyCommandsParams::builder().scope(chat_scope(of)).maybe_language_code(language).build();
            self.ask("deleteMyCommands", &params).await?;
        }
        Ok(())
    }

    /// Long-polls for updates. `offset` confirms every update before it, so those must be flushed to disk.
    /// After a hang or a broken connection call [`Self::fresh_connection`].
    pub(crate) async fn poll(
        &self,
        offset: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RawUpdate>, TelegramError> {
        let client = self.poll.lock().unwrap_or_else(PoisonError::into_inner).clone();
        updates::poll(&client, offset, limit, self.poll_secs).await
    }

    /// Replaces the connections that polls use. A running poll keeps its own.
    pub(crate) fn fresh_connection(&self) {
        // The same settings worked before; should they fail now, the old connections are still the best
        // available.
        if let Ok(http) = http::client(&self.http) {
            let mut poll = self.poll.lock().unwrap_or_else(PoisonError::into_inner);
            *poll = poll.with_http(http);
        }
    }

    /// Sends one message in one call. If Telegram refuses it, another [`SendForm`] may work.
    /// [`TelegramError::NotModified`] counts as success.
    pub(crate) async fn deliver(&self, out: &Outgoing, manner: SendForm) -> Result<Delivered, TelegramError> {
        self.send(out, manner).await.map_err(TelegramError::of_a_method_all_have)
    }

    async fn send(&self, out: &Outgoing, manner: SendForm) -> Result<Delivered, TelegramError> {
        let reply = match to_api::call(out, manner)? {
            to_api::Call::Message(params) => self.ask("sendMessage", &*params).await?,
            to_api::Call::Edit(params) => self.ask("editMessageText", &*params).await?,
            to_api::Call::Callback(params) => self.ask("answerCallbackQuery", &params).await?,
            to_api::Call::File(file) => {
                let upload = Upload { client: &self.api, bytes: file.bytes, mime: file.mime };
                let named = vec![(file.field, PathBuf::from(file.name))];
                let reply: Answered = upload.request_with_form_data(file.method, &file.params, named).await;
                reply?.result
            }
        };
        let voice = reply.get("voice").and_then(|voice| voice.get("file_id")?.as_str());
        let message = tolerant::int(reply.get("message_id")).map(MessageId);
        Ok(Delivered { message, voice: voice.map(str::to_owned) })
    }

    /// Calls that Telegram has answered so far, whatever the answer. Answers of a proxy do not count.
    pub(crate) fn heard(&self) -> u64 {
        self.heard.so_far()
    }

    /// Shows a chat action. Not worth retrying.
    pub(crate) async fn chat_action(
        &self,
        chat: ChatId,
        thread: Option<i64>,
        action: Action,
    ) -> Result<(), TelegramError> {
        let action = match action {
            Action::Typing => ChatAction::Typing,
            Action::RecordVoice => ChatAction::RecordVoice,
            Action::UploadVoice => ChatAction::UploadVoice,
        };
        let params = SendChatActionParams::builder()
            .chat_id(chat.0)
            .maybe_message_thread_id(thread.and_then(|id| i32::try_from(id).ok()))
            .action(action)
            .build();
        self.ask("sendChatAction", &params).await.map(drop)
    }

    /// Sets the bot's reaction to a message: an emoji of Telegram's fixed set.
    pub(crate) async fn react(
        &self,
        chat: ChatId,
        message: MessageId,
        emoji: &'static str,
    ) -> Result<(), TelegramError> {
        let params = SetMessageReactionParams::builder()
            .chat_id(chat.0)
            .message_id(to_api::message_id(message)?)
            .reaction(vec![ReactionType::Emoji(ReactionTypeEmoji { emoji: emoji.to_owned() })])
            .build();
        self.ask("setMessageReaction", &params).await.map(drop)
    }

    /// Deletes a message of the bot; an error if it is gone already.
    pub(crate) async fn remove(&self, chat: ChatId, message: MessageId) -> Result<(), TelegramError> {
        let params =
            DeleteMessageParams::builder().chat_id(chat.0).message_id(to_api::message_id(message)?).build();
        self.ask("deleteMessage", &params).await.map(drop)
    }

    /// Downloads a file into memory; `announced` is the size in the update, bytes. Safe to repeat.
    pub(crate) async fn download(
        &self,
        file_id: &str,
        announced: Option<u64>,
    ) -> Result<Bytes, TelegramError> {
        let local = self.local_folder.as_deref();
        let (client, cap, timeout) = (&self.api, self.download_cap, self.request_timeout);
        download::Download { client, cap, timeout, local }.run(file_id, announced).await
    }

    /// Calls a method and keeps the result unparsed: a message that was sent must not count as failed because
    /// a newer Bot API describes it in a way that the library does not know.
    async fn ask<P: Serialize + std::fmt::Debug + Sync>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<Value, TelegramError> {
        let reply: Answered = self.api.request(method, Some(params)).await;
        Ok(reply?.result)
    }
}

/// A user's private chat has the user's id.
fn chat_scope(user: UserId) -> BotCommandScope {
    BotCommandScope::Chat(BotCommandScopeChat { chat_id: user.0.into() })
}

#[cfg(test)]
mod tests;
