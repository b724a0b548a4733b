//! What a scripted model says, and how it comes over the wire. It must not know who asked.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use serde_json::{Value, json};

use super::super::gate::{Gate, Place};

/// A piece of an answer, in the order of sending.
#[derive(Clone)]
pub enum Part {
    /// More of the text.
    Text(String),
    /// Reasoning in a field of its own.
    Reasoning(String),
    /// Why it ends; empty as some servers have it.
    Finish(String),
    /// Counts of tokens in a chunk without choices, where the question asked for them.
    Usage,
    /// `[DONE]`.
    Done,
    /// An error object, though the status was 200.
    Error(u16, String),
    /// These bytes as they are.
    Raw(Bytes),
    /// Nothing for a while.
    Pause(Duration),
    /// Nothing until the test opens it.
    Gate(Gate),
    /// Nothing ever again.
    Stall,
    /// The connection breaks.
    Cut,
    /// This text again and again, a piece at a time.
    Forever(String, Duration),
}

/// A scripted answer. A stream that says nothing else ends after its parts in an orderly way.
#[derive(Clone)]
pub struct ChatAnswer {
    /// What comes.
    pub parts: Vec<Part>,
}

impl ChatAnswer {
    /// A good answer, word by word.
    pub fn words(text: &str) -> Self {
        let mut parts: Vec<Part> =
            text.split_inclusive(' ').map(|word| Part::Text(word.to_owned())).collect();
        parts.extend([Part::Finish("stop".to_owned()), Part::Usage, Part::Done]);
        Self { parts }
    }

    /// A good answer that stands still before its `n`-th word until the test opens the gate.
    pub fn held_before(n: usize, text: &str) -> (Self, Gate) {
        let gate = Gate::new(Place::Before);
        let mut answer = Self::words(text);
        answer.parts.insert(n.min(answer.parts.len()), Part::Gate(gate.clone()));
        (answer, gate)
    }

    /// These parts.
    pub fn parts(parts: impl IntoIterator<Item = Part>) -> Self {
        Self { parts: parts.into_iter().collect() }
    }

    /// The text in it.
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

/// What the wire needs to know of a question.
pub(super) struct Frame {
    pub model: String,
    pub usage: Option<Value>,
}

impl Frame {
    /// A whole answer in one object.
    pub fn whole(&self, answer: &ChatAnswer, usage: &Value) -> Value {
        json!({
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_750_000_000,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": answer.text() },
                "finish_reason": "stop",
            }],
            "usage": usage,
        })
    }

    /// The answer as it goes out.
    pub fn stream(self, answer: ChatAnswer) -> BoxStream<'static, io::Result<Bytes>> {
        let head = self.chunk(
            json!([{ "index": 0, "delta": { "role": "assistant", "content": "" }, "finish_reason": null }]),
        );
        let parts = answer.parts.into_iter();
        let body = stream::unfold(
            (self, parts, None::<(String, Duration)>),
            |(frame, mut parts, forever)| async move {
                if let Some((text, every)) = forever {
                    tokio::time::sleep(every).await;
                    let piece = frame.text(&text);
                    return Some((Ok(piece), (frame, parts, Some((text, every)))));
                }
                loop {
                    let piece = match parts.next()? {
                        Part::Text(text) => frame.text(&text),
                        Part::Reasoning(text) => frame.delta(json!({ "reasoning_content": text })),
                        Part::Finish(reason) => {
                            frame.chunk(json!([{ "index": 0, "delta": {}, "finish_reason": reason }]))
                        }
                        Part::Usage => match &frame.usage {
                            Some(usage) => frame.event(json!({ "usage": usage, "choices": [] })),
                            None => continue,
                        },
                        Part::Done => Bytes::from_static(b"data: [DONE]\n\n"),
                        Part::Error(code, message) => event(
                            &json!({ "error": { "message": message, "type": "server_error", "code": code } }),
                        ),
                        Part::Raw(bytes) => bytes,
                        Part::Pause(pause) => {
                            tokio::time::sleep(pause).await;
                            continue;
                        }
                        Part::Gate(gate) => {
                            gate.pass().await;
                            continue;
                        }
                        Part::Stall => std::future::pending().await,
                        Part::Cut => {
                            // So that what was sent before is on its way.
                            tokio::task::yield_now().await;
                            return Some((Err(io::Error::other("cut on purpose")), (frame, parts, None)));
                        }
                        Part::Forever(text, every) => {
                            let piece = frame.text(&text);
                            return Some((Ok(piece), (frame, parts, Some((text, every)))));
                        }
                    };
                    return Some((Ok(piece), (frame, parts, None)));
                }
            },
        );
        stream::once(async move { Ok(head) }).chain(body).boxed()
    }

    fn text(&self, text: &str) -> Bytes {
        self.delta(json!({ "content": text }))
    }

    fn delta(&self, delta: Value) -> Bytes {
        self.chunk(json!([{ "index": 0, "delta": delta, "finish_reason": null }]))
    }

    fn chunk(&self, choices: Value) -> Bytes {
        self.event(json!({ "choices": choices }))
    }

    fn event(&self, mut value: Value) -> Bytes {
        if let Some(map) = value.as_object_mut() {
            map.insert("id".to_owned(), json!("chatcmpl-1"));
            map.insert("object".to_owned(), json!("chat.completion.chunk"));
            map.insert("created".to_owned(), json!(1_750_000_000));
            map.insert("model".to_owned(), json!(self.model));
        }
        event(&value)
    }
}

fn event(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}
