//! The way of one request: path, token, parameters, faults, method, answer. Must not know what a method does.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    super::{
        faults::Seen,
        form::percent_decode,
        http::{Handler, Reply, Request, Served},
    },
    Shared,
    calls::Outcome,
    error::ApiError,
    message::EntryKind,
    params::{self, Params},
    send::Done,
    state::State,
    updates,
};

impl Handler for Shared {
    fn serve(self: Arc<Self>, request: Request) -> BoxFuture<'static, Served> {
        Box::pin(async move {
            let path = percent_decode(&request.path, false);
            if let Some((token, file)) = path.strip_prefix("/file/bot").and_then(|rest| rest.split_once('/'))
            {
                return self.download(token, file).await;
            }
            match path.strip_prefix("/bot").and_then(|rest| rest.split_once('/')) {
                Some((token, method)) => self.method(token, method, &request).await,
                None => Served::Reply(ApiError::not_found().reply()),
            }
        })
    }
}

/// The request's line in the log; marked «client gone» if the request is dropped before it is answered.
struct Line<'a> {
    shared: &'a Shared,
    index: usize,
    open: bool,
}

impl Line<'_> {
    fn end(&mut self, outcome: Outcome, message_id: Option<i64>) {
        self.open = false;
        self.shared.with(|state| {
            let now = state.now_ms();
            state.log.end(self.index, now, outcome, message_id);
        });
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.open {
            self.end(Outcome::ClientGone, None);
        }
    }
}

impl Shared {
    fn begin(&self, method: &str, params: Value) -> Line<'_> {
        let index = self.with(|state| {
            let now = state.now_ms();
            state.log.begin(now, method, params)
        });
        Line { shared: self, index, open: true }
    }

    fn authorised(&self, token: &str) -> Result<(), ApiError> {
        let formed = token.split_once(':').is_some_and(|(id, secret)| {
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && !secret.is_empty()
        });
        if !formed {
            return Err(ApiError::not_found());
        }
        let right = self.read(|state| state.token_valid && state.options.token == token);
        if right { Ok(()) } else { Err(ApiError::unauthorized()) }
    }

    async fn method(self: &Arc<Self>, token: &str, method: &str, request: &Request) -> Served {
        let (mut params, typed, unreadable) = match params::read(request).await {
            Ok((params, typed)) => (params, typed, None),
            Err(error) => (Params::default(), false, Some(error)),
        };
        // Checked before the log and the fault rules, so that they see numbers as numbers; an error is
        // answered later.
        let mut fit = match unreadable {
            Some(error) => Err(error),
            None if matches!(request.method.as_str(), "GET" | "POST") => {
                params::check(method, &mut params, typed)
            }
            None => Err(ApiError::not_found()),
        };
        if let Err(error) = self.authorised(token) {
            fit = Err(error);
        }
        let shown = Value::Object(params.map.clone());
        let mut plan = self.faults.plan(&Seen { name: method, chat: params.chat(), params: &shown });
        let mut line = self.begin(method, shown);
        if let Some(served) = plan.enter().await {
            line.end(Outcome::Fault, None);
            return served;
        }
        let half = self.read(|state| state.distance).map(|distance| distance.of(method) / 2);
        let done = match (fit, half) {
            (Err(error), _) => Err(error),
            (Ok(()), _) if method == "getUpdates" => updates::get_updates(self, &params).await,
            (Ok(()), None) => self.with(|state| state.call(method, &params)),
            (Ok(()), Some(half)) => self.travel(method.to_owned(), params, half).await,
        };
        let reply = match done {
            Ok((result, message_id)) => {
                line.end(Outcome::Ok, message_id);
                Reply::json(200, &json!({ "ok": true, "result": result }))
            }
            Err(error) => {
                line.end(Outcome::Refused { code: error.code, description: error.description.clone() }, None);
                error.reply()
            }
        };
        plan.leave(reply).await
    }

    /// A request to a distant server: it arrives even if its sender dies meanwhile.
    async fn travel(self: &Arc<Self>, method: String, params: Params, half: Duration) -> Done {
        let shared = self.clone();
        self.with(|state| state.travelling += 1);
        let arrival = tokio::spawn(async move {
            tokio::time::sleep(half).await;
            shared.with(|state| {
                state.travelling -= 1;
                state.call(&method, &params)
            })
        });
        let done = arrival.await.unwrap_or_else(|_| Err(ApiError::not_found()));
        tokio::time::sleep(half).await;
        done
    }

    async fn download(self: &Arc<Self>, token: &str, path: &str) -> Served {
        let shown = json!({ "file_path": path });
        let mut plan = self.faults.plan(&Seen { name: "file", chat: None, params: &shown });
        let mut line = self.begin("file", shown);
        if let Some(served) = plan.enter().await {
            line.end(Outcome::Fault, None);
            return served;
        }
        let bytes = self.authorised(token).and_then(|()| {
            let found = self.read(|state| {
                let file = state.files.get(state.links.get(path)?)?;
                Some(file.bytes.clone())
            });
            found.ok_or_else(ApiError::not_found)
        });
        let reply = match bytes {
            Ok(bytes) => {
                line.end(Outcome::Ok, None);
                Reply::new(200, "application/octet-stream", bytes)
            }
            Err(error) => {
                line.end(Outcome::Refused { code: error.code, description: error.description.clone() }, None);
                error.reply()
            }
        };
        plan.leave(reply).await
    }
}

impl State {
    fn call(&mut self, method: &str, params: &Params) -> Done {
        match method {
            "getMe" => self.get_me(),
            "deleteWebhook" => self.delete_webhook(params),
            "setWebhook" => self.set_webhook(params),
            "getWebhookInfo" => self.webhook_info(),
            "setMyCommands" => self.set_commands(params),
            "getMyCommands" => self.get_commands(params),
            "deleteMyCommands" => self.delete_commands(params),
            "setMyDescription" => self.set_profile("description", 512, params),
            "setMyShortDescription" => self.set_profile("short_description", 120, params),
            "getMyDescription" => self.get_profile("description", params),
            "getMyShortDescription" => self.get_profile("short_description", params),
            "sendMessage" => self.send_message(params),
            "sendVoice" => self.send_file(params, "voice", EntryKind::Voice),
            "sendPhoto" => self.send_file(params, "photo", EntryKind::Photo),
            "sendAudio" => self.send_file(params, "audio", EntryKind::Audio),
            "sendDocument" => self.send_file(params, "document", EntryKind::Document),
            "sendChatAction" => self.send_chat_action(params),
            "setMessageReaction" => self.set_reaction(params),
            "editMessageText" => self.edit_message_text(params),
            "editMessageReplyMarkup" => self.edit_reply_markup(params),
            "deleteMessage" => self.delete_message(params),
            "answerCallbackQuery" => self.answer_callback(params),
            "getFile" => self.get_file(params),
            "getChat" => self.get_chat(params),
            "getChatMember" => self.get_chat_member(params),
            "logOut" | "close" => Ok((Value::Bool(true), None)),
            _ => Err(ApiError::no_method()),
        }
    }
}
