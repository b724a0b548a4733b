//! The tutor's routes. Must not know what an answer contains.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::{
    super::{
        faults::Seen,
        form::{form_pairs, multipart, percent_decode},
        http::{Handler, Reply, Request, Served},
    },
    Shared,
    answer::{Answer, Speech, spoken},
    signature,
    state::{Model, Session, Turn, TutorCall, Violation},
    wav,
};

impl Handler for Shared {
    fn serve(self: Arc<Self>, request: Request) -> BoxFuture<'static, Served> {
        Box::pin(async move {
            let (name, params) = named(&request);
            let shown = Value::Object(params);
            let mut plan = self.faults.plan(&Seen { name: &name, chat: None, params: &shown });
            let call = self.note(&name, &request, &shown);
            if let Some(served) = plan.enter().await {
                return served;
            }
            let reply = match self.refused(&request) {
                Some(reply) => reply,
                None => self.route(&name, &request, &shown).await,
            };
            self.with(|state| {
                let now = state.now_ms();
                if let Some(call) = state.calls.get_mut(call) {
                    call.done_ms = Some(now);
                    call.status = Some(reply.status);
                }
            });
            plan.leave(reply).await
        })
    }
}

/// The call's name and parameters: `GET /audio/UUID?audio_type=…` is `GET /audio` with `session_id` and
/// `audio_type`.
fn named(request: &Request) -> (String, Map<String, Value>) {
    let path = percent_decode(&request.path, false);
    let mut params: Map<String, Value> =
        form_pairs(&request.query).into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    for stem in ["/conversation", "/audio"] {
        if let Some(id) = path.strip_prefix(stem).and_then(|rest| rest.strip_prefix('/')) {
            params.insert("session_id".to_owned(), json!(id));
            return (format!("{} {stem}", request.method), params);
        }
    }
    (format!("{} {path}", request.method), params)
}

fn text<'a>(params: &'a Value, name: &str) -> Option<&'a str> {
    params.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn detail(status: u16, detail: Value) -> Reply {
    Reply::json(status, &json!({ "detail": detail }))
}

/// A 422 as FastAPI words it.
fn unprocessable(place: &[&str], message: &str) -> Reply {
    detail(422, json!([{ "loc": place, "msg": message, "type": "value_error" }]))
}

/// Takes a batch of events, each with a name and a time.
fn metrics(request: &Request) -> Reply {
    let batch: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |event: &Value, name: &str| event.get(name).is_some_and(Value::is_string);
    let named = |event: &Value| text(event, "event") && text(event, "at");
    let events = batch.get("events").and_then(Value::as_array).is_some_and(|events| events.iter().all(named));
    if request.header("content-type") != Some("application/json") || !events {
        return unprocessable(&["body", "events"], "JSON with a list of events is expected");
    }
    Reply::json(200, &json!({ "status": "ok" }))
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// A random version 4 UUID.
fn fresh_uuid() -> String {
    let bits = fastrand::u128(..);
    let bits = bits & !(0xf << 76) | 0x4 << 76;
    let bits = bits & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

impl Shared {
    fn note(&self, name: &str, request: &Request, params: &Value) -> usize {
        let kept = |name: &str| matches!(name, "authorization" | "session_id") || name.starts_with("x-bot-");
        let headers: HashMap<String, String> = request
            .headers
            .iter()
            .filter(|(name, _)| kept(name.as_str()))
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        self.with(|state| {
            *state.counts.entry(name.to_owned()).or_default() += 1;
            let call = TutorCall {
                at_ms: state.now_ms(),
                done_ms: None,
                name: name.to_owned(),
                method: request.method.clone(),
                target: format!("{}{query}", request.path),
                session: text(params, "session_id").map(str::to_owned),
                headers,
                body: state.options.keep_bodies.then(|| request.body.clone()),
                status: None,
            };
            state.calls.push(call);
            state.calls.len() - 1
        })
    }

    fn refused(&self, request: &Request) -> Option<Reply> {
        let (key, signing) =
            self.read(|state| (state.options.api_key.clone(), state.options.signing_key.clone()));
        let wanted = key.map(|key| format!("Bearer {key}"));
        if wanted.is_some() && request.header("authorization") != wanted.as_deref() {
            return Some(detail(401, json!("Not authenticated")));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let objection = signature::objection(&signing?, request, now)?;
        Some(detail(401, json!(objection)))
    }

    async fn route(self: &Arc<Self>, name: &str, request: &Request, params: &Value) -> Reply {
        if name == "POST /process" {
            return self.process(request, params).await;
        }
        // The real tutor has one worker: while it recognises speech, every other request waits.
        let busy = self.read(|state| state.options.busy_blocks_all);
        let _seat = if busy { Some(self.event_loop.seat().await) } else { None };
        let session = text(params, "session_id").unwrap_or_default();
        match name {
            "GET /" => Reply::json(200, &json!({ "message": "PhonicFlow API is running" })),
            "GET /health" => self.health(),
            "GET /conversation" => self.conversation(session),
            "DELETE /conversation" => self.forget(session),
            "GET /audio" => self.audio(session, params),
            "POST /bot/metrics" if self.read(|state| state.options.bot_routes) => metrics(request),
            "POST /bot/session" | "GET /bot/status" if self.read(|state| state.options.bot_routes) => {
                Reply::json(200, &json!({ "status": "ok" }))
            }
            "GET /process" => detail(405, json!("Method Not Allowed")),
            _ => detail(404, json!("Not Found")),
        }
    }

    /// Status 200 even when a part of it fails, as with the real tutor.
    fn health(&self) -> Reply {
        let (status, model) = match self.read(|state| state.options.model) {
            Model::Well => ("healthy", "available"),
            Model::Dead(_) => ("degraded", "error: the model is not available"),
        };
        let components =
            json!({ "speech_to_text": "available", "llm": model, "text_to_speech": "available" });
        Reply::json(200, &json!({ "status": status, "components": components }))
    }

    async fn process(self: &Arc<Self>, request: &Request, params: &Value) -> Reply {
        let Some(parts) = multipart(request).await else {
            return unprocessable(&["body"], "There was an error parsing the body");
        };
        let [part] = parts.as_slice() else {
            return unprocessable(&["body", "file"], "exactly one part, `file`, is expected");
        };
        if part.name != "file" {
            return unprocessable(&["body", "file"], "Field required");
        }
        if part.file_name.as_deref() != Some("audio.wav") || part.content_type.as_deref() != Some("audio/wav")
        {
            return unprocessable(&["body", "file"], "audio.wav of type audio/wav is expected");
        }
        let samples = match wav::check(&part.bytes) {
            Ok(samples) => samples,
            Err(why) => return unprocessable(&["body", "file"], &why),
        };
        let named = text(params, "session_id");
        if named.is_some_and(|session| !is_uuid(session)) {
            return unprocessable(&["query", "session_id"], "Input should be a valid UUID");
        }
        let turn = Turn {
            number: 0,
            session: named.map_or_else(fresh_uuid, str::to_owned),
            session_made_up: named.is_none(),
            session_header: request.header("session_id").map(str::to_owned),
            samples,
            wav: None,
            received_ms: 0,
            started_ms: None,
            finished_ms: None,
            abandoned: false,
        };
        let number = self.with(|state| {
            let wav = state.options.keep_audio.then(|| part.bytes.clone());
            state.open_turn(Turn { wav, ..turn }, named)
        });
        let (tell, told) = oneshot::channel();
        let (shared, finishes) = (self.clone(), self.read(|state| state.options.finishes_abandoned));
        let mut watcher = Waiting { shared: self, number, answered: false };
        let silent = wav::is_silent(&part.bytes);
        let work = tokio::spawn(async move {
            let seat = shared.event_loop.seat().await;
            let answer = shared.with(|state| state.start_turn(number));
            // Nothing was recognised, so there is nothing to coach or to speak.
            let answer =
                if silent { Answer::error(500, json!("Feedback text cannot be empty")) } else { answer };
            let delay = answer.takes.unwrap_or_else(|| shared.read(|state| state.options.delay));
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            shared.with(|state| state.finish_turn(number, &answer));
            drop(seat);
            let _ = tell.send(answer);
        });
        let _work = AbortUnless { finishes, work, shared: self.clone(), number };
        let answer = told.await;
        watcher.answered = true;
        match answer {
            Ok(answer) => Reply::json(answer.status, &answer.body),
            Err(_) => detail(500, json!("Internal Server Error")),
        }
    }

    fn conversation(&self, session: &str) -> Reply {
        self.read(|state| {
            if !state.options.history {
                // No such route, as FastAPI words it.
                return detail(404, json!("Not Found"));
            }
            let known = state.sessions.get(session);
            known.filter(|known| known.turns > 0).map_or_else(
                || match state.options.unknown_status {
                    200 => {
                        let body = json!({ "session_id": session, "conversation_count": 0, "history": [] });
                        Reply::json(200, &body)
                    }
                    status => detail(status, json!("Session not found")),
                },
                |known| {
                    let body = json!({
                        "session_id": session,
                        "conversation_count": known.history.len(),
                        "history": known.history,
                    });
                    Reply::json(200, &body)
                },
            )
        })
    }

    fn forget(&self, session: &str) -> Reply {
        self.with(|state| {
            state.forgotten.push(session.to_owned());
            match state.sessions.get_mut(session).filter(|known| known.turns > 0) {
                Some(known) => {
                    let open = std::mem::take(&mut known.open);
                    let (spoken, speech) = (known.spoken, known.speech.take());
                    *known = Session { open, spoken, speech, ..Session::default() };
                    Reply::json(200, &json!({ "message": "Conversation history cleared" }))
                }
                None => detail(404, json!("Session not found")),
            }
        })
    }

    fn audio(&self, session: &str, params: &Value) -> Reply {
        let coaching = match text(params, "audio_type") {
            Some("coaching") => true,
            Some("conversational") => false,
            _ => return unprocessable(&["query", "audio_type"], "conversational or coaching is expected"),
        };
        self.with(|state| {
            let none = detail(state.options.no_audio_status, json!("Audio not found"));
            let Some(known) = state.sessions.get(session) else { return none };
            if let Some(turn) = known.open.first().copied() {
                state.violations.push(Violation::AudioDuringTurn { session: session.to_owned(), turn });
            }
            // The coaching is spoken only where the answer says so.
            let pair =
                matches!(known.speech.as_ref().or(state.options.speech.as_ref()), Some(Speech::Pair(..)));
            if known.spoken == 0 || coaching && !pair && !state.options.bilingual {
                return none;
            }
            match known.speech.as_ref().or(state.options.speech.as_ref()) {
                Some(Speech::None) => none,
                Some(Speech::Bytes(bytes, mime)) => Reply::new(200, mime, bytes.clone()),
                Some(Speech::Pair(_, bytes, mime)) if coaching => Reply::new(200, mime, bytes.clone()),
                Some(Speech::Pair(bytes, _, mime)) => Reply::new(200, mime, bytes.clone()),
                None => Reply::new(200, "audio/wav", spoken(known.spoken, coaching)),
            }
        })
    }
}

/// Records that the client of a turn disconnected before the answer.
struct Waiting<'a> {
    shared: &'a Shared,
    number: usize,
    answered: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.shared.with(|state| {
                if let Some(turn) = state.turn_mut(self.number) {
                    turn.abandoned = true;
                }
            });
        }
    }
}

/// Aborts the work on a turn whose client disconnected, if the options say so.
struct AbortUnless {
    finishes: bool,
    work: tokio::task::JoinHandle<()>,
    shared: Arc<Shared>,
    number: usize,
}

impl Drop for AbortUnless {
    fn drop(&mut self) {
        if !self.finishes && !self.work.is_finished() {
            self.work.abort();
            self.shared.with(|state| state.drop_turn(self.number));
        }
    }
}
