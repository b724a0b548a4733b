//! For the tests of the loops: a daemon on a paused clock, with a store in memory and a Telegram that follows a script.
//!
//! The clock stands still while anybody is at work and jumps to the next thing due otherwise: virtual hours take
//! milliseconds, and what is measured is exact. Must not know what is tested.

mod telegram;

pub use telegram::{CALL_MS, POLL_MS, Poll, ScriptedTelegram, Send, Sent, me, raw, transient, update};

use super::DaemonContext;
use super::shutdown::{self, Stop, StopSignal};
use super::{poller, worker};
use crate::app::{App, Common};
use crate::config::Config;
use crate::domain::outcome::{Keyboard, Outcome};
use crate::domain::{
    Body, Chat, ChatId, ChatKind, Content, Incoming, MessageId, Reply, Rich, UserId, WorkKind,
};
use crate::secret::Secret;
use crate::store::{MemoryDisk, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Nothing takes so long, by the paused clock.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

/// A daemon whose loops are started one by one.
pub struct Bench {
    pub daemon: Arc<DaemonContext>,
    pub telegram: Arc<ScriptedTelegram>,
    signal: StopSignal,
    stop: Stop,
    updates: AtomicI64,
    _folder: TempDir,
}

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            session_storage_path: folder.path().to_path_buf(),
            // Everybody may send as much as a test likes.
            bot_rate_limit: false,
            ..Config::default()
        };
        let disk = MemoryDisk::default();
        let store = disk.open().unwrap();
        let token = Secret::new("1:not-a-real-one");
        let app = Arc::new(App::assemble(Common::new(config, token), store).unwrap());
        let telegram = Arc::new(ScriptedTelegram::new(disk));
        let daemon = DaemonContext::open(app, telegram.clone()).await.unwrap();
        let (signal, stop) = shutdown::channel();
        Self { daemon, telegram, signal, stop, updates: AtomicI64::new(1), _folder: folder }
    }

    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    pub fn raise_stop(&self) {
        self.signal.raise();
    }

    pub fn poll(&self) -> JoinHandle<Result<(), StoreError>> {
        let (daemon, stop) = (self.daemon.clone(), self.stop());
        tokio::spawn(async move { poller::run(&daemon, me(), stop).await })
    }

    pub fn work(&self, kind: WorkKind, at_once: usize) -> JoinHandle<Result<(), StoreError>> {
        tokio::spawn(worker::dispatch(self.daemon.clone(), kind, at_once, self.stop()))
    }

    /// Delivery with the gate it asks.
    pub fn deliver(&self) -> JoinHandle<Result<(), StoreError>> {
        let (daemon, stop) = (self.daemon.clone(), self.stop());
        tokio::spawn(async move { daemon.sending.run(stop).await });
        self.work(WorkKind::Delivery, 48)
    }

    /// A message to be answered from here.
    pub async fn accept(&self, chat: i64) {
        let now = self.daemon.clock.now();
        let id = self.updates.fetch_add(1, Ordering::SeqCst);
        let message = Incoming {
            update_id: id,
            chat: Chat { id: ChatId(chat), kind: ChatKind::Private, thread: None },
            user: UserId(chat),
            client_language: None,
            message: Some(MessageId(id)),
            date: now,
            body: Body::Command { name: "help".into(), args: String::new() },
        };
        self.daemon.app.store.accept(vec![message], self.daemon.app.policy, now).await.unwrap();
    }

    /// An answer of these texts, ready to be sent; while nobody else works on messages.
    pub async fn answer(&self, chat: i64, texts: &[&str]) {
        let text = |text: &&str| Content::Text { text: Rich::plain(*text), keyboard: Keyboard::default() };
        self.answer_with(chat, texts.iter().map(text).collect()).await;
    }

    /// As [`Self::answer`], of anything.
    pub async fn answer_with(&self, chat: i64, contents: Vec<Content>) {
        self.accept(chat).await;
        let (store, now) = (&self.daemon.app.store, self.daemon.clock.now());
        let claim = store.claim(WorkKind::Local, now).await.unwrap().row().unwrap();
        let reply = |content| Reply { chat: ChatId(chat), thread: Some(7), answers: None, content };
        let outcome = Outcome::reply(contents.into_iter().map(reply).collect());
        store.commit(claim.lease, outcome, now).await.unwrap();
    }

    /// Waits until nothing is left to do, and says how many dead letters there are.
    pub async fn at_rest(&self) -> usize {
        let waiting = async {
            loop {
                let counts = self.daemon.app.store.counts().await.unwrap();
                if counts.inbox == 0 {
                    return counts.dead;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("something is left to do")
    }
}
