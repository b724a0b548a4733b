//! A strict stand-in for Telegram's Bot API, for one bot: owns the handle that tests and `demo` use. Must not
//! know the bot it serves; it answers whatever speaks the protocol.

mod calls;
mod edit;
mod error;
mod known;
mod learner;
mod limits;
mod members;
mod message;
mod params;
mod picture;
mod post;
mod profile;
mod send;
mod serve;
mod state;
#[cfg(test)]
mod tests;
mod updates;
mod validate;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use serde_json::Value;

use super::{faults::Faults, http::Server, watched::Watched};

pub use self::{
    calls::{Call, Log, Outcome},
    learner::{Learner, LearnerProfile, Pressed, Sent},
    limits::{Limits, RateLimits},
    message::{ChatEntry, ChatFile, EntryKind},
    post::Post,
    send::is_ogg_opus,
    state::{Chat, ChatAction, Distance, Press, Standing, State},
};

#[derive(Debug, Clone)]
pub struct BotApiOptions {
    /// The only token accepted, `digits:secret`; the digits are the bot's user id.
    pub token: String,
    /// Without `@`.
    pub username: String,
    pub first_name: String,
    pub first_update_id: i64,
    /// How long a poller that another one replaced waits for its 409 (the real server: some 3 s).
    pub conflict_delay: Duration,
}

impl Default for BotApiOptions {
    fn default() -> Self {
        Self {
            token: "4200000001:AAstand-in_for-tests".to_owned(),
            username: "phonicflow_bot".to_owned(),
            first_name: "PhonicFlow".to_owned(),
            first_update_id: 700_000_001,
            conflict_delay: Duration::ZERO,
        }
    }
}

impl BotApiOptions {
    /// The digits before the token's colon.
    pub(crate) fn bot_id(&self) -> i64 {
        self.token.split(':').next().and_then(|digits| digits.parse().ok()).unwrap_or(1)
    }
}

/// Shared by the HTTP side and the handles.
struct Shared {
    state: Watched<State>,
    faults: Faults,
}

impl Deref for Shared {
    type Target = Watched<State>;

    fn deref(&self) -> &Watched<State> {
        &self.state
    }
}

/// A running stand-in. Clones are handles to the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct BotApi {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

impl BotApi {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(options: BotApiOptions) -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), options).await
    }

    /// Starts on this address.
    pub async fn start_on(addr: SocketAddr, options: BotApiOptions) -> io::Result<Self> {
        let state = Watched::new(State::new(options));
        let shared = Arc::new(Shared { state, faults: Faults::default() });
        let server = Arc::new(Server::start(addr, shared.clone()).await?);
        Ok(Self { shared, server })
    }

    /// `http://127.0.0.1:PORT` without a slash at the end, for `TELEGRAM_API_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.server.addr())
    }

    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    pub fn token(&self) -> String {
        self.shared.read(|state| state.options.token.clone())
    }

    /// Simulates that the network goes away: no listener, every connection reset. The state stays.
    pub async fn pause_listening(&self) {
        self.server.pause().await;
    }

    /// The network is back, on the same port.
    pub async fn resume(&self) -> io::Result<()> {
        self.server.resume().await
    }

    /// The faults to inject.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Looks at the state. The handle must not be used inside `look`.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.shared.read(look)
    }

    /// Waits until `found` returns something, calling it after each change; `None` after `within`. The handle
    /// must not be used inside `found`.
    pub async fn wait_until<T>(&self, within: Duration, found: impl FnMut(&State) -> Option<T>) -> Option<T> {
        self.shared.wait_until(within, found).await
    }

    /// Every request so far, in order.
    pub fn log(&self) -> Vec<Call> {
        self.read(|state| state.log().calls().to_vec())
    }

    /// The requests of one method so far, in order.
    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.read(|state| state.log().of(method).cloned().collect())
    }

    /// A chat as its members see it: edits applied, deleted messages left out.
    pub fn transcript(&self, chat: i64) -> Vec<ChatEntry> {
        self.read(|state| state.transcript(chat).iter().filter(|entry| !entry.deleted).cloned().collect())
    }

    /// Everything the bot sent, over all chats, in order.
    pub fn sent(&self) -> Vec<ChatEntry> {
        self.read(|state| state.sent().cloned().collect())
    }

    pub fn pending_updates(&self) -> usize {
        self.read(State::pending_updates)
    }

    /// Ids of the confirmed updates, in order.
    #[cfg(test)]
    pub(crate) fn confirmed(&self) -> Vec<i64> {
        self.read(|state| state.confirmed().to_vec())
    }

    /// Switches the sending limits on or off and resets what was counted.
    pub fn set_rate_limits(&self, rules: Option<RateLimits>) {
        self.shared.with(|state| state.limits.set(rules));
    }

    /// Simulates a distant server: a call takes effect half of its round trip after it was sent, even if its
    /// sender has died meanwhile.
    pub fn set_distance(&self, distance: Option<Distance>) {
        self.shared.with(|state| state.distance = distance);
    }

    /// `false` revokes the token: every call gets 401.
    pub fn set_token_valid(&self, valid: bool) {
        self.shared.with(|state| state.token_valid = valid);
    }

    /// Id of the next update. The real server may start again at a random one after a week without updates.
    pub fn set_next_update_id(&self, id: i64) {
        self.shared.with(|state| state.next_update_id = id);
    }

    /// Sets a webhook as if somebody else did; an open poll ends with 409.
    pub fn set_webhook(&self, url: &str) {
        self.shared.with(|state| state.hook(Some(url.to_owned()), false));
    }

    /// Every download link handed out so far answers 404 from now on.
    pub fn expire_links(&self) {
        self.shared.with(|state| state.links.clear());
    }

    /// Switches to `--local` mode, with files kept in this folder; `None` switches back.
    pub fn set_local(&self, folder: Option<PathBuf>) {
        self.shared.with(|state| state.local_folder = folder);
    }

    /// Queues a ready-made update, whatever kinds were asked for; a missing `update_id` is filled in. Returns
    /// its id.
    pub fn raw_update(&self, mut update: Value) -> i64 {
        self.shared.with(|state| {
            let given = update.get("update_id").and_then(Value::as_i64);
            let id = given.unwrap_or(state.next_update_id);
            if let Some(map) = update.as_object_mut() {
                map.insert("update_id".to_owned(), Value::from(id));
            }
            state.next_update_id = state.next_update_id.max(id + 1);
            state.queue.push_back((id, update));
            id
        })
    }
}
