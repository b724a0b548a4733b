//! A Telegram that follows a script, and tells what it was asked and when.
//!
//! Must not know who asks.

use super::PATIENCE;
use crate::domain::{ChatId, MessageId, UserId};
use crate::store::MemoryDisk;
use crate::telegram::edge::{Call, Edge};
use crate::telegram::{Action, Delivered, Me, Outgoing, RawUpdate, SendForm, TelegramError};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a call to Telegram takes.
pub const CALL_MS: u64 = 80;
/// How long the server holds an empty poll.
pub const POLL_MS: u64 = 30_000;

/// What comes of one poll.
pub enum Poll {
    /// At once, these updates (or none).
    Batch(Vec<RawUpdate>),
    Fails(TelegramError),
    Hangs,
}

/// What comes of one send.
#[derive(Clone)]
pub enum Send {
    Arrives,
    Fails(TelegramError),
    Hangs,
    /// A fault of ours, in the midst of it.
    Panics,
}

/// One `getUpdates` as it came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Polled {
    pub at_ms: u64,
    pub offset: Option<i64>,
    /// Rows that a crash at this moment would leave.
    pub kept: usize,
}

/// One send that has ended.
#[derive(Debug, Clone)]
pub struct Sent {
    pub began_ms: u64,
    pub ended_ms: u64,
    pub out: Outgoing,
    pub form: SendForm,
    pub arrived: bool,
}

impl Sent {
    pub(crate) fn chat(&self) -> i64 {
        self.out.chat().unwrap().0
    }

    pub(crate) fn text(&self) -> String {
        match &self.out {
            Outgoing::Text { text, .. } | Outgoing::Edit { text, .. } => text.to_plain(),
            other => panic!("{other:?}"),
        }
    }
}

/// Telegram by a script; what the script does not say goes well.
pub struct ScriptedTelegram {
    began: Instant,
    disk: MemoryDisk,
    polls: Mutex<VecDeque<Poll>>,
    polled: Mutex<Vec<Polled>>,
    sends: Mutex<HashMap<i64, VecDeque<Send>>>,
    sent: Mutex<Vec<Sent>>,
    in_flight: Mutex<HashSet<i64>>,
    most_in_flight: AtomicU64,
    heard: AtomicU64,
    removed_webhooks: AtomicU64,
    pub reachable: AtomicBool,
    changed: Notify,
}

impl ScriptedTelegram {
    /// With the disk of the daemon that asks, to tell what a crash would leave of it.
    pub(crate) fn new(disk: MemoryDisk) -> Self {
        Self {
            began: Instant::now(),
            disk,
            polls: Mutex::default(),
            polled: Mutex::default(),
            sends: Mutex::default(),
            sent: Mutex::default(),
            in_flight: Mutex::default(),
            most_in_flight: AtomicU64::default(),
            heard: AtomicU64::default(),
            removed_webhooks: AtomicU64::default(),
            reachable: AtomicBool::new(true),
            changed: Notify::new(),
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    pub(crate) fn will_poll(&self, polls: impl IntoIterator<Item = Poll>) {
        self.polls.lock().unwrap().extend(polls);
    }

    /// The rest of the script of polls is left out.
    pub(crate) fn will_poll_well(&self) {
        self.polls.lock().unwrap().clear();
    }

    /// What comes of the next sends to this chat, in order.
    pub(crate) fn will_send(&self, chat: i64, sends: impl IntoIterator<Item = Send>) {
        self.sends.lock().unwrap().entry(chat).or_default().extend(sends);
    }

    pub(crate) fn polled(&self) -> Vec<Polled> {
        self.polled.lock().unwrap().clone()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn sent_to(&self, chat: i64) -> Vec<Sent> {
        self.sent().into_iter().filter(|sent| sent.chat() == chat).collect()
    }

    /// Texts that arrived in this chat, in order.
    pub(crate) fn texts(&self, chat: i64) -> Vec<String> {
        self.sent_to(chat).iter().filter(|sent| sent.arrived).map(Sent::text).collect()
    }

    pub(crate) fn most_in_flight(&self) -> u64 {
        self.most_in_flight.load(Ordering::SeqCst)
    }

    pub(crate) fn removed_webhooks(&self) -> u64 {
        self.removed_webhooks.load(Ordering::SeqCst)
    }

    /// Waits until so many polls came in.
    pub(crate) async fn polls(&self, n: usize) -> Vec<Polled> {
        self.until("polls", || Some(self.polled()).filter(|polled| polled.len() >= n)).await
    }

    /// Waits until so many sends ended.
    pub(crate) async fn sends(&self, n: usize) -> Vec<Sent> {
        self.until("sends", || Some(self.sent()).filter(|sent| sent.len() >= n)).await
    }

    /// Waits until a send to this chat is under way.
    pub(crate) async fn begun(&self, chat: i64) {
        self.until("a send", || self.flying().contains(&chat).then_some(())).await;
    }

    async fn until<T>(&self, what: &str, found: impl Fn() -> Option<T>) -> T {
        let waiting = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = found() {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("no {what}: {:?}", self.sent()))
    }

    fn flying(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.in_flight.lock().unwrap()
    }

    async fn kept(&self) -> usize {
        let survivor = MemoryDisk::holding(self.disk.records()).open().unwrap();
        survivor.counts().await.unwrap().inbox
    }

    fn answered(&self) {
        self.heard.fetch_add(1, Ordering::SeqCst);
    }

    fn unreachable(&self) -> Result<(), TelegramError> {
        if self.reachable.load(Ordering::SeqCst) {
            return Ok(());
        }
        Err(TelegramError::Transient { what: "no connection".into() })
    }
}

/// Takes the chat's place among the calls under way, for as long as it lives.
struct Flight<'a>(&'a ScriptedTelegram, i64);

impl<'a> Flight<'a> {
    fn begin(telegram: &'a ScriptedTelegram, chat: i64) -> Self {
        let mut flying = telegram.flying();
        assert!(flying.insert(chat), "two messages on their way to chat {chat}");
        telegram.most_in_flight.fetch_max(flying.len() as u64, Ordering::SeqCst);
        drop(flying);
        telegram.changed.notify_waiters();
        Self(telegram, chat)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.flying().remove(&self.1);
    }
}

impl Edge for ScriptedTelegram {
    fn poll(&self, offset: Option<i64>, _: u32) -> Call<'_, Vec<RawUpdate>> {
        Box::pin(async move {
            let kept = self.kept().await;
            self.polled.lock().unwrap().push(Polled { at_ms: self.now_ms(), offset, kept });
            self.changed.notify_waiters();
            let next = self.polls.lock().unwrap().pop_front();
            let answer = match next {
                Some(Poll::Batch(updates)) => Ok(updates),
                Some(Poll::Fails(error)) => Err(error),
                Some(Poll::Hangs) => std::future::pending().await,
                None => {
                    tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
                    Ok(Vec::new())
                }
            };
            self.answered();
            answer
        })
    }

    fn fresh_connection(&self) {}

    fn remove_webhook(&self) -> Call<'_, Option<String>> {
        self.removed_webhooks.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(Some("example.org".into())) })
    }

    fn me(&self) -> Call<'_, Me> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(CALL_MS)).await;
            self.unreachable()?;
            self.answered();
            Ok(me())
        })
    }

    fn deliver<'a>(&'a self, out: &'a Outgoing, form: SendForm) -> Call<'a, Delivered> {
        Box::pin(async move {
            let (chat, began_ms) = (out.chat().unwrap().0, self.now_ms());
            let flight = Flight::begin(self, chat);
            let next = self.sends.lock().unwrap().entry(chat).or_default().pop_front();
            tokio::time::sleep(Duration::from_millis(CALL_MS)).await;
            let answer = match next.unwrap_or(Send::Arrives) {
                Send::Arrives => {
                    self.unreachable().map(|()| Delivered { message: Some(MessageId(1)), voice: None })
                }
                Send::Fails(error) => Err(error),
                Send::Hangs => std::future::pending().await,
                Send::Panics => panic!("planted in the script"),
            };
            drop(flight);
            if !matches!(answer, Err(TelegramError::Unknown { .. } | TelegramError::Transient { .. })) {
                self.answered();
            }
            let arrived = answer.is_ok();
            let sent = Sent { began_ms, ended_ms: self.now_ms(), out: out.clone(), form, arrived };
            self.sent.lock().unwrap().push(sent);
            self.changed.notify_waiters();
            answer
        })
    }

    fn heard(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }

    fn chat_action(&self, _: ChatId, _: Option<i64>, _: Action) -> Call<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn react(&self, _: ChatId, _: MessageId, _: &'static str) -> Call<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn remove(&self, _: ChatId, _: MessageId) -> Call<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

pub fn me() -> Me {
    Me { id: UserId(1), username: "phonicflow_bot".into() }
}

/// An update with a text of a private chat, whose id is its learner's.
pub fn update(id: i64, chat: i64, text: &str) -> RawUpdate {
    let person = json!({ "id": chat, "is_bot": false, "first_name": "A" });
    let room = json!({ "id": chat, "type": "private", "first_name": "A" });
    let message =
        json!({ "message_id": id, "date": 1_700_000_000, "chat": room, "from": person, "text": text });
    raw(id, json!({ "update_id": id, "message": message }))
}

pub fn raw(id: i64, value: Value) -> RawUpdate {
    RawUpdate { id, value }
}

pub fn transient() -> TelegramError {
    TelegramError::Transient { what: "no connection".into() }
}
