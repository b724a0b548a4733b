//! A strict stand-in for a chat model's server that speaks OpenAI's wire: it owns the handle tests and `demo` hold. It must
//! not know the house.

mod answer;
mod serve;
mod state;
#[cfg(test)]
mod tests;
mod validate;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::Arc,
    time::Duration,
};

use super::{faults::Faults, http::Server, watched::Watched};

pub use self::{
    answer::{ChatAnswer, Part},
    state::{ChatModel, ChatOptions, ChatState, Fate, Question, Refused, Wording},
};

struct Shared {
    state: Watched<ChatState>,
    faults: Faults,
}

impl Deref for Shared {
    type Target = Watched<ChatState>;

    fn deref(&self) -> &Watched<ChatState> {
        &self.state
    }
}

/// A running stand-in. Clones are handles to the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct ChatApi {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

impl ChatApi {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(options: ChatOptions) -> io::Result<Self> {
        let state = Watched::new(ChatState::new(options));
        let shared = Arc::new(Shared { state, faults: Faults::default() });
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Arc::new(Server::start(addr, shared.clone()).await?);
        Ok(Self { shared, server })
    }

    /// `http://127.0.0.1:PORT/v1`: what goes into `AI_API_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.server.addr())
    }

    /// Down: connections are refused, open ones reset.
    pub async fn stop(&self) {
        self.server.pause().await;
    }

    /// Up again on the same port.
    pub async fn resume(&self) -> io::Result<()> {
        self.server.resume().await
    }

    /// The script of mishaps; the calls are `POST /chat/completions` and `GET /models`.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Changes how it behaves from now on.
    pub fn configure(&self, change: impl FnOnce(&mut ChatOptions)) {
        self.shared.with(|state| change(&mut state.options));
    }

    /// Answers by this script, after those queued.
    pub fn script(&self, script: impl Fn(&Question) -> ChatAnswer + Send + Sync + 'static) {
        self.shared.with(|state| state.script = Some(Arc::new(script)));
    }

    /// Queues one answer for the next question that has none.
    pub fn push_answer(&self, answer: ChatAnswer) {
        self.shared.with(|state| state.queue.push_back(answer));
    }

    /// Looks at the state. Do not call the handle from inside.
    pub fn read<T>(&self, look: impl FnOnce(&ChatState) -> T) -> T {
        self.shared.read(look)
    }

    /// Every question that passed the checks, in order.
    pub fn questions(&self) -> Vec<Question> {
        self.read(|state| state.questions().to_vec())
    }

    /// Waits until `found` sees what it looks for, asking again after each change; `None` when `within` has
    /// passed. Do not call the handle from inside `found`.
    pub async fn wait_until<T>(
        &self,
        within: Duration,
        found: impl FnMut(&ChatState) -> Option<T>,
    ) -> Option<T> {
        self.shared.wait_until(within, found).await
    }
}
