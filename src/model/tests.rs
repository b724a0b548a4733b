//! Tests of the models as their callers see them, against the strict double: whatever a server does, an
//! answer is complete or an error.

mod answers;
mod refusals;
mod several;

use super::*;
use crate::domain::{Gate, ServerKind, Vision};
use crate::sandbox::chat_api::{ChatApi, ChatOptions};
use crate::secret::Secret;
use std::time::Duration;

/// A double, and the models as configured for it.
struct Scene {
    chat: ChatApi,
    models: Models,
}

const LONG: Duration = Duration::from_secs(60);

fn server(name: &str, chat: &ChatApi) -> ServerOptions {
    ServerOptions {
        name: name.to_owned(),
        url: chat.base_url(),
        kind: ServerKind::OpenAi,
        key: None,
        models: Vec::new(),
        vision: Vision::Unknown,
        context_tokens: 4_096,
    }
}

fn models(servers: Vec<ServerOptions>, timeouts: Timeouts) -> Models {
    let (default_model, offered, fallback) = Default::default();
    Models::new(ModelsOptions { servers, default_model, offered, fallback, timeouts, gate: Gate::default() })
        .unwrap()
}

impl Scene {
    async fn new() -> Self {
        Self::with(ChatOptions::default(), Timeouts::new(LONG)).await
    }

    async fn with(options: ChatOptions, timeouts: Timeouts) -> Self {
        let key = options.key.as_deref().map(Secret::new);
        let chat = ChatApi::start(options).await.unwrap();
        let models = models(vec![ServerOptions { key, ..server(MAIN, &chat) }], timeouts);
        Self { chat, models }
    }

    async fn ask(&self, text: &str) -> Result<(String, End), ModelError> {
        self.ask_of("small", &question(text)).await
    }

    async fn ask_of(&self, model: &str, ask: &Ask) -> Result<(String, End), ModelError> {
        let mut answer = self.models.stream(&ModelName::new(model), ask).await?;
        let end = end_of(&mut answer).await?;
        Ok((answer.text().to_owned(), end))
    }
}

async fn end_of(answer: &mut AnswerStream) -> Result<End, ModelError> {
    loop {
        if let Step::Ended(end) = answer.next().await? {
            return Ok(end);
        }
    }
}

fn question(text: &str) -> Ask {
    let messages = vec![Message::new(Role::System, "Be kind."), Message::new(Role::User, text)];
    Ask { messages, max_tokens: 512, temperature: 0.7 }
}
