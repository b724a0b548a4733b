//! The store's own thread: verbs go in through a bounded channel, are carried out in order, flushed together and
//! answered after the flush (group commit).
//!
//! Owns threads and channels. Must not know what a verb does.

use super::engine::Engine;
use super::state::State;
use super::{Claim, Later, Lease, StoreError};
use crate::domain::WorkKind;
use crate::secret::KeyMaterial;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot};

/// Verbs that may wait for the thread; beyond it callers wait to be let in.
const QUEUE: usize = 1024;
/// Verbs flushed together at most.
const GROUP: usize = 256;
/// Wake-ups given for one group at most, per kind; whoever takes a row calls the next worker.
const WAKES: u32 = 64;

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

enum Message {
    Verb(Box<dyn FnOnce(&mut State) -> Answer + Send>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// One bell per kind of work.
#[derive(Default)]
struct Bells {
    tutor: Arc<Notify>,
    local: Arc<Notify>,
    delivery: Arc<Notify>,
}

impl Bells {
    fn of(&self, kind: WorkKind) -> &Arc<Notify> {
        match kind {
            WorkKind::Tutor => &self.tutor,
            WorkKind::Local => &self.local,
            WorkKind::Delivery => &self.delivery,
        }
    }
}

/// A store on an engine of type `E`, run by a thread of its own. Dropped, it ends once it has carried out what it was
/// asked; [`Store::close`](super::Store::close) waits for that.
pub struct ThreadedStore<E> {
    sender: mpsc::Sender<Message>,
    bells: Arc<Bells>,
    strays: Arc<Mutex<Vec<Lease>>>,
    engine: PhantomData<fn() -> E>,
}

impl<E: Engine + 'static> ThreadedStore<E> {
    /// Opens the store on an engine. Reads the whole inbox: call it before the daemon is at work, or off its threads.
    pub(super) fn start(engine: E, key: Option<&KeyMaterial>) -> Result<Self, StoreError> {
        let state = State::open(Box::new(engine), key)?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let bells = Arc::new(Bells::default());
        let strays = Arc::new(Mutex::new(Vec::new()));
        let (own_bells, own_strays) = (Arc::clone(&bells), Arc::clone(&strays));
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || run(state, receiver, &own_bells, &own_strays))
            .map_err(|source| StoreError::Io { action: "start its thread", source })?;
        Ok(Self { sender, bells, strays, engine: PhantomData })
    }

    /// Has the thread carry out a verb and answers once it is safe.
    pub(super) fn ask<T, F>(&self, verb: F) -> Later<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let message = Message::Verb(Box::new(move |state| {
                let result = state.usable().and_then(|()| verb(state));
                let result = state.note(result);
                Box::new(move |flushed| {
                    // Nobody waits any more: the effect stays all the same.
                    let _ = answer.send(flushed.and(result));
                })
            }));
            self.sender.send(message).await.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)?
        })
    }

    /// As [`Self::ask`] for a claim: should the caller have gone before it got the answer, the lease ends.
    pub(super) fn ask_claim<F>(&self, verb: F) -> Later<'_, Option<Claim>>
    where
        F: FnOnce(&mut State) -> Result<Option<Claim>, StoreError> + Send + 'static,
    {
        let (strays, sender) = (Arc::clone(&self.strays), self.sender.downgrade());
        let asked = self
            .ask(move |state| Ok(verb(state)?.map(|claim| Handover { claim: Some(claim), strays, sender })));
        Box::pin(async move { Ok(asked.await?.and_then(Handover::take)) })
    }

    /// The bell of a kind of work.
    pub(super) fn bell(&self, kind: WorkKind) -> Arc<Notify> {
        Arc::clone(self.bells.of(kind))
    }

    /// Has the thread flush and end; the folder is free when this answers.
    pub(super) fn end(&self) -> Later<'_, ()> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.sender.send(Message::Close(answer)).await.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)?
        })
    }
}

/// A claim on its way to the caller; dropped on the way, it gives the lease back.
struct Handover {
    claim: Option<Claim>,
    strays: Arc<Mutex<Vec<Lease>>>,
    sender: mpsc::WeakSender<Message>,
}

impl Handover {
    fn take(mut self) -> Option<Claim> {
        self.claim.take()
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else { return };
        self.strays.lock().unwrap_or_else(PoisonError::into_inner).push(claim.lease);
        // Wakes the thread; when the channel is full it is awake anyway.
        if let Some(sender) = self.sender.upgrade() {
            let _ = sender.try_send(Message::Verb(Box::new(|_| Box::new(|_| ()))));
        }
    }
}

fn run(mut state: State, mut receiver: mpsc::Receiver<Message>, bells: &Bells, strays: &Mutex<Vec<Lease>>) {
    let mut group = Vec::new();
    // Rows from before a restart are claimable already.
    ring(&mut state, bells);
    while receiver.blocking_recv_many(&mut group, GROUP) > 0 {
        let mut closing = None;
        let mut answers = Vec::with_capacity(group.len());
        for lease in std::mem::take(&mut *strays.lock().unwrap_or_else(PoisonError::into_inner)) {
            state.schedule.release(lease);
        }
        for message in group.drain(..) {
            match message {
                Message::Verb(_) if closing.is_some() => {}
                Message::Verb(verb) => answers.push(verb(&mut state)),
                Message::Close(answer) => closing = Some(answer),
            }
        }
        // One flush for all of them; when it fails nobody is told that his verb is safe.
        let flushed = state.flush();
        let failed = flushed.is_err();
        ring(&mut state, bells);
        for answer in answers {
            answer(if failed { state.usable() } else { Ok(()) });
        }
        if let Some(answer) = closing {
            drop(state);
            let _ = answer.send(flushed);
            return;
        }
    }
}

fn ring(state: &mut State, bells: &Bells) {
    for kind in [WorkKind::Tutor, WorkKind::Local, WorkKind::Delivery] {
        for _ in 0..state.schedule.take_wakes(kind).min(WAKES) {
            bells.of(kind).notify_one();
        }
    }
}
