//! The speech server's routes. It must not know what is heard or how a text sounds.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    super::{
        faults::Seen,
        form,
        http::{Handler, Reply, Request, Served},
        stand_in::Shared,
    },
    answer::{Heard, Sound},
    state::{Like, Recording, Refused, SpeechState},
    validate::{self, No},
};

const HEAR: &str = "POST /audio/transcriptions";
const SPEAK: &str = "POST /audio/speech";

impl Handler for Shared<SpeechState> {
    fn serve(self: Arc<Self>, request: Request) -> BoxFuture<'static, Served> {
        Box::pin(async move {
            let path = request.path.strip_prefix("/v1").unwrap_or(&request.path);
            let name = format!("{} {path}", request.method);
            let params = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            let mut plan = self.faults.plan(&Seen { name: &name, chat: None, params: &params });
            if let Some(served) = plan.enter().await {
                return served;
            }
            let answered = match self.keyless(&request) {
                Some(no) => Err(no),
                None => match name.as_str() {
                    "GET /models" => Ok(self.models()),
                    HEAR => self.hear(&request).await,
                    SPEAK => self.speak(&request),
                    _ => Err(No { status: 404, ..No::bad("Not Found") }),
                },
            };
            let reply = answered.unwrap_or_else(|no| self.refuse(&name, &no));
            plan.leave(reply).await
        })
    }
}

impl Shared<SpeechState> {
    fn keyless(&self, request: &Request) -> Option<No> {
        let key = self.read(|state| state.options.key.clone())?;
        let given = request.header("authorization").unwrap_or_default();
        (given != format!("Bearer {key}")).then(|| No {
            status: 401,
            code: Some("invalid_api_key"),
            ..No::bad("Incorrect API key provided.")
        })
    }

    fn models(&self) -> Reply {
        self.with(|state| {
            state.listed += 1;
            let options = &state.options;
            let entry = |id: &String, task: &str| match options.like {
                Like::Speaches => {
                    json!({ "id": id, "created": 0, "object": "model", "owned_by": "local", "task": task })
                }
                _ => json!({ "id": id, "created": 0, "object": "model", "owned_by": "double" }),
            };
            let hears = options.recognisers.iter().map(|id| entry(id, "automatic-speech-recognition"));
            let speaks = options.synthesisers.iter().map(|id| entry(id, "text-to-speech"));
            let data: Vec<Value> = hears.chain(speaks).collect();
            Reply::json(200, &json!({ "object": "list", "data": data }))
        })
    }

    async fn hear(&self, request: &Request) -> Result<Reply, No> {
        let parts = form::multipart(request).await;
        let parts = parts.ok_or_else(|| No { status: 422, ..No::bad("Field required: file") })?;
        self.with(|state| {
            let recording = validate::recording(&state.options, &parts)?;
            let recording = Recording { number: state.recordings.len() + 1, ..recording };
            let heard = match (state.heard.pop_front(), &state.hears) {
                (Some(heard), _) => heard,
                (None, Some(script)) => script(&recording),
                (None, None) if recording.silent => Heard::nothing(),
                (None, None) => Heard::says("Yesterday I go to the market with my sister."),
            };
            let reply = match &heard.raw {
                Some((body, content_type)) => Reply::new(200, content_type, body.clone()),
                None if recording.response_format == "text" => {
                    Reply::new(200, "text/plain", heard.text.clone())
                }
                None => Reply::json(200, &heard.json(&state.options, &recording)),
            };
            state.recordings.push(recording);
            Ok(reply)
        })
    }

    fn speak(&self, request: &Request) -> Result<Reply, No> {
        if !request.header("content-type").is_some_and(|mime| mime.starts_with("application/json")) {
            return Err(No { status: 415, ..No::bad("Unsupported content type.") });
        }
        self.with(|state| {
            let spoken = validate::text(&state.options, &request.body)?;
            let sound = match (state.sounds.pop_front(), &state.sound) {
                (Some(sound), _) => sound,
                (None, Some(script)) => script(&spoken),
                (None, None) => Sound::wav(24_000, &spoken.input),
            };
            state.spoken.push(spoken);
            Ok(Reply::new(200, &sound.content_type, sound.bytes))
        })
    }

    /// In the words of each server.
    fn refuse(&self, call: &str, no: &No) -> Reply {
        let No { status, message, code } = no;
        let like = self.with(|state| {
            state.refused.push(Refused { call: call.to_owned(), status: *status, message: message.clone() });
            state.options.like
        });
        let body = match like {
            Like::OpenAi => {
                json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": code } })
            }
            Like::Speaches => json!({ "detail": message }),
            Like::WhisperCpp => json!({ "error": message }),
        };
        Reply::json(*status, &body)
    }
}
