//! What a chat server remembers: its models, the questions it was asked, the answers that wait. It must not know the wire.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use serde_json::Value;

use super::answer::ChatAnswer;

/// Whose refusals it words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wording {
    /// OpenAI.
    #[default]
    OpenAi,
    /// llama.cpp's `llama-server`.
    LlamaCpp,
    /// vLLM.
    Vllm,
}

/// A model on offer.
#[derive(Debug, Clone)]
pub struct ChatModel {
    /// Its name.
    pub id: String,
    /// It takes pictures.
    pub vision: bool,
    /// Tokens of question and answer together.
    pub context: u32,
}

impl ChatModel {
    /// One that takes no pictures and has 8,192 tokens of context.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), vision: false, context: 8_192 }
    }
}

/// How it behaves.
#[derive(Debug, Clone)]
pub struct ChatOptions {
    /// What it offers.
    pub models: Vec<ChatModel>,
    /// The key it wants; `None`: none.
    pub key: Option<String>,
    /// How it refuses.
    pub wording: Wording,
    /// It takes `response_format` of these types.
    pub formats: Vec<String>,
    /// Top-level fields it does not know, as older and newer servers have it.
    pub refuses: Vec<String>,
    /// It listens to `stream`.
    pub streams: bool,
}

impl Default for ChatOptions {
    fn default() -> Self {
        Self {
            models: vec![ChatModel::new("small")],
            key: None,
            wording: Wording::default(),
            formats: ["text", "json_object", "json_schema"].map(str::to_owned).to_vec(),
            refuses: Vec::new(),
            streams: true,
        }
    }
}

/// A question that passed the checks.
#[derive(Debug, Clone)]
pub struct Question {
    /// The model asked.
    pub model: String,
    /// Role and text of each message.
    pub messages: Vec<(String, String)>,
    /// Pictures in them.
    pub images: Vec<Bytes>,
    /// The fields that the object asked for must have, in the order of its schema; none: it asks for words.
    pub fields: Vec<String>,
    /// The whole request.
    pub body: Value,
    /// How far its answer came.
    pub fate: Fate,
}

impl Question {
    /// The last thing the learner said.
    pub fn last(&self) -> &str {
        self.messages.last().map_or("", |(_, text)| text)
    }
}

/// How far an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is under way.
    Open,
    /// It was sent to its end.
    Sent,
    /// The client went away before.
    Left,
}

/// A request that was refused: status and the words of the refusal.
#[derive(Debug, Clone)]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// What was said.
    pub message: String,
}

pub(super) type Script = Arc<dyn Fn(&Question) -> ChatAnswer + Send + Sync>;

/// Everything it remembers.
pub struct ChatState {
    pub(super) options: ChatOptions,
    pub(super) questions: Vec<Question>,
    pub(super) refused: Vec<Refused>,
    pub(super) listed: usize,
    pub(super) queue: VecDeque<(Vec<String>, ChatAnswer)>,
    pub(super) script: Option<Script>,
}

impl ChatState {
    pub(super) fn new(options: ChatOptions) -> Self {
        let (questions, refused, listed, queue) = Default::default();
        Self { options, questions, refused, listed, queue, script: None }
    }

    /// Takes the answer that was queued for what this question asks for.
    pub(super) fn queued(&mut self, question: &Question) -> Option<ChatAnswer> {
        let nth = self.queue.iter().position(|(fields, _)| *fields == question.fields)?;
        self.queue.remove(nth).map(|(_, answer)| answer)
    }

    /// Every question that passed the checks, in order.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Every question that did not.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// How often it was asked for its models.
    pub fn listed(&self) -> usize {
        self.listed
    }
}
