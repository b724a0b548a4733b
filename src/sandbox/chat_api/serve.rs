//! The chat server's routes. It must not know what an answer says.

use std::sync::Arc;

use futures_util::{StreamExt, future::BoxFuture};
use serde_json::{Value, json};

use super::{
    super::{
        faults::Seen,
        http::{Handler, Pieces, Reply, Request, Served},
        stand_in::Shared,
    },
    answer::{ChatAnswer, Frame},
    state::{ChatState, Fate, Refused, Wording},
    validate::{self, No},
};

const EVENTS: &str = "text/event-stream";

impl Handler for Shared<ChatState> {
    fn serve(self: Arc<Self>, request: Request) -> BoxFuture<'static, Served> {
        Box::pin(async move {
            let path = request.path.strip_prefix("/v1").unwrap_or(&request.path);
            let name = format!("{} {path}", request.method);
            let params = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            let mut plan = self.faults.plan(&Seen { name: &name, chat: None, params: &params });
            if let Some(served) = plan.enter().await {
                return served;
            }
            let answered = match self.refused(&request) {
                Some(reply) => Answered::Reply(reply),
                None => match name.as_str() {
                    "GET /models" => Answered::Reply(self.models()),
                    "POST /chat/completions" => self.chat(&request),
                    _ => Answered::Reply(Reply::json(404, &json!({ "detail": "Not Found" }))),
                },
            };
            let (head, pieces) = match answered {
                Answered::Reply(reply) => (reply, None),
                Answered::Stream(pieces) => (Reply::new(200, EVENTS, ""), Some(pieces)),
            };
            match (plan.leave(head).await, pieces) {
                (Served::Reply(reply), Some(pieces))
                    if reply.content_type == EVENTS && reply.body.is_empty() =>
                {
                    Served::Stream(pieces)
                }
                (served, _) => served,
            }
        })
    }
}

enum Answered {
    Reply(Reply),
    Stream(Pieces),
}

impl Shared<ChatState> {
    fn refused(&self, request: &Request) -> Option<Reply> {
        let key = self.read(|state| state.options.key.clone())?;
        let given = request.header("authorization").unwrap_or_default();
        (given != format!("Bearer {key}")).then(|| {
            let message = if given.is_empty() {
                "You didn't provide an API key. You need to provide your API key in an Authorization header."
            } else {
                "Incorrect API key provided."
            };
            Reply::json(
                401,
                &json!({ "error": { "message": message, "type": "invalid_request_error", "code": "invalid_api_key" } }),
            )
        })
    }

    fn models(&self) -> Reply {
        self.with(|state| {
            state.listed += 1;
            let models: Vec<Value> = state
                .options
                .models
                .iter()
                .map(|model| json!({ "id": model.id, "object": "model", "created": 1_750_000_000, "owned_by": "double" }))
                .collect();
            Reply::json(200, &json!({ "object": "list", "data": models }))
        })
    }

    fn chat(self: &Arc<Self>, request: &Request) -> Answered {
        let json = request.header("content-type").is_some_and(|mime| mime.starts_with("application/json"));
        if !json {
            let no = json!({ "error": { "message": "Unsupported content type.", "type": "invalid_request_error" } });
            return Answered::Reply(Reply::json(415, &no));
        }
        self.with(|state| {
            let question = match validate::question(&state.options, &request.body) {
                Ok(question) => question,
                Err(no) => {
                    state.refused.push(Refused { status: no.status, message: no.message.clone() });
                    return Answered::Reply(refusal(state.options.wording, &no));
                }
            };
            let answer = match (state.queued(&question), &state.script) {
                (Some(answer), _) => answer,
                (None, Some(script)) => script(&question),
                (None, None) => ChatAnswer::words("That is good to hear. What else did you do today?"),
            };
            let said = answer.text().chars().count().div_ceil(4);
            let asked = validate::tokens(&question);
            let usage = json!({
                "prompt_tokens": asked,
                "completion_tokens": said,
                "total_tokens": asked + said as u64,
            });
            let flag = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or(false);
            let stream = flag(question.body.get("stream")) && state.options.streams;
            let counted =
                flag(question.body.get("stream_options").and_then(|options| options.get("include_usage")));
            let frame = Frame { model: question.model.clone(), usage: counted.then(|| usage.clone()) };
            let number = state.questions.len();
            state.questions.push(question);
            if !stream {
                if let Some(question) = state.questions.last_mut() {
                    question.fate = Fate::Sent;
                }
                return Answered::Reply(Reply::json(200, &frame.whole(&answer, &usage)));
            }
            let mut watch = Watch { shared: self.clone(), number, sent: false };
            let end = futures_util::stream::once(async move {
                watch.sent = true;
                drop(watch);
            });
            // The last piece is nothing, polled when all others have gone out.
            let end = end.filter_map(|()| std::future::ready(None));
            Answered::Stream(Pieces { content_type: EVENTS, body: frame.stream(answer).chain(end).boxed() })
        })
    }
}

/// In the words of each server.
fn refusal(wording: Wording, no: &No) -> Reply {
    let No { status, message, kind, code } = no;
    let body = match wording {
        Wording::Vllm => {
            json!({ "object": "error", "message": message, "type": kind, "param": null, "code": status })
        }
        Wording::LlamaCpp => json!({ "error": { "code": status, "message": message, "type": kind } }),
        Wording::OpenAi => {
            json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
        }
    };
    Reply::json(*status, &body)
}

/// Notes whether an answer went out whole.
struct Watch {
    shared: Arc<Shared<ChatState>>,
    number: usize,
    sent: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let fate = if self.sent { Fate::Sent } else { Fate::Left };
        self.shared.with(|state| {
            if let Some(question) = state.questions.get_mut(self.number) {
                question.fate = fate;
            }
        });
    }
}
