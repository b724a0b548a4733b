//! The store's own thread: verbs arrive through a bounded channel and are carried out in order. A verb that
//! changed something is answered after the next flush, which a second thread does for all that wait (group
//! commit, see `flusher`) while this one continues, so a read waits for no flush.
//!
//! Owns threads and channels. Must not know what a verb does.

use super::flusher::{Answer, Flusher};
use super::state::State;
use super::{Claimed, Lease, StoreError};
use crate::domain::WorkKind;
use crate::waiting::waiting;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot};

/// Verbs that may wait for the thread; beyond that callers wait.
const QUEUE: usize = 1024;
/// Most verbs carried out together.
const GROUP: usize = 256;
/// Most wake-ups given after one group, per kind; whoever takes a row wakes the next worker.
const WAKES: u32 = 64;

/// A verb as the thread sees it: carrying it out returns the transaction that its answer has to wait for.
type Verb = Box<dyn FnOnce(&mut State) -> (u64, Answer) + Send>;

enum Message {
    Verb(Verb),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// One notifier per kind of work.
#[derive(Default)]
struct Bells {
    tutor: Arc<Notify>,
    local: Arc<Notify>,
    delivery: Arc<Notify>,
    model: Arc<Notify>,
}

impl Bells {
    fn of(&self, kind: WorkKind) -> &Arc<Notify> {
        match kind {
            WorkKind::Tutor => &self.tutor,
            WorkKind::Local => &self.local,
            WorkKind::Delivery => &self.delivery,
            WorkKind::Model => &self.model,
        }
    }
}

/// Access to the store's thread. When the last copy is dropped, the thread finishes its requests and ends.
#[derive(Clone)]
pub struct Thread {
    sender: mpsc::Sender<Message>,
    bells: Arc<Bells>,
    strays: Arc<Mutex<Vec<Lease>>>,
}

impl Thread {
    /// Moves the state to a thread of its own.
    pub fn start(state: State) -> Result<Self, StoreError> {
        let flusher = Flusher::start(state.flusher(), state.progress().clone())?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let bells = Arc::new(Bells::default());
        let strays = Arc::new(Mutex::new(Vec::new()));
        let (own_bells, own_strays) = (Arc::clone(&bells), Arc::clone(&strays));
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || run(state, receiver, &own_bells, &own_strays, flusher))
            .map_err(|source| StoreError::Io { action: "start its thread", source })?;
        Ok(Self { sender, bells, strays })
    }

    /// Has the thread carry out a verb; `rests_on` returns the transaction that must be durable before the
    /// result is handed out.
    pub async fn carry_out<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
        rests_on: fn(&State, &T) -> u64,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let message = Message::Verb(Box::new(move |state| {
            let result = state.usable().and_then(|()| verb(state));
            let result = state.progress().note(result);
            let needs = result.as_ref().map_or(0, |result| rests_on(state, result));
            let answer: Answer = Box::new(move |flushed| {
                // The caller is gone: the effect remains all the same.
                let _ = answer.send(flushed.and(result));
            });
            (needs, answer)
        }));
        self.sender.send(message).await.map_err(|_| StoreError::Closed)?;
        // A paused clock (unit tests) runs ahead while nobody is at work, and knows of blocking tasks only.
        #[cfg(test)]
        let answered = async {
            tokio::task::spawn_blocking(|| answered.blocking_recv()).await.map_err(drop)?.map_err(drop)
        };
        // The disk or the database may take its time.
        waiting(answered).await.map_err(|_| StoreError::Closed)?
    }

    /// As [`Self::carry_out`] for a claim, which waits until its own row is durable: an answer must not be
    /// sent if a crash could undo its row. If the caller has gone before it gets the row, the lease ends.
    pub async fn claim(
        &self,
        verb: impl FnOnce(&mut State) -> Result<Claimed, StoreError> + Send + 'static,
    ) -> Result<Claimed, StoreError> {
        let (strays, sender) = (Arc::clone(&self.strays), self.sender.downgrade());
        let handed = move |state: &mut State| Ok(Handover { claimed: Some(verb(state)?), strays, sender });
        let rests_on = |state: &State, handover: &Handover| match &handover.claimed {
            Some(Claimed::Row(claim)) => state.schedule.written(claim.lease.seq),
            _ => 0,
        };
        self.carry_out(handed, rests_on).await?.take().ok_or(StoreError::Closed)
    }

    /// Notified when rows of this kind may be claimable.
    pub fn bell(&self, kind: WorkKind) -> Arc<Notify> {
        Arc::clone(self.bells.of(kind))
    }

    /// Has the thread flush and end; the folder is free when this returns.
    pub async fn end(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Message::Close(answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// A claim on its way to the caller; if dropped on the way, it gives the lease back.
struct Handover {
    claimed: Option<Claimed>,
    strays: Arc<Mutex<Vec<Lease>>>,
    sender: mpsc::WeakSender<Message>,
}

impl Handover {
    fn take(mut self) -> Option<Claimed> {
        self.claimed.take()
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        let Some(claim) = self.claimed.take().and_then(Claimed::row) else { return };
        self.strays.lock().unwrap_or_else(PoisonError::into_inner).push(claim.lease);
        // Wakes the thread; if the channel is full it is awake anyway.
        if let Some(sender) = self.sender.upgrade() {
            let _ = sender.try_send(Message::Verb(Box::new(|_| (0, Box::new(|_| ())))));
        }
    }
}

fn run(
    mut state: State,
    mut receiver: mpsc::Receiver<Message>,
    bells: &Bells,
    strays: &Mutex<Vec<Lease>>,
    flusher: Flusher,
) {
    let mut group = Vec::new();
    // Rows from before a restart are claimable already.
    ring(&mut state, bells);
    while receiver.blocking_recv_many(&mut group, GROUP) > 0 {
        let mut closing = None;
        let (mut ready, mut waiting) = (Vec::new(), Vec::new());
        for lease in std::mem::take(&mut *strays.lock().unwrap_or_else(PoisonError::into_inner)) {
            state.schedule.release(lease);
        }
        for message in group.drain(..) {
            match message {
                Message::Verb(_) if closing.is_some() => {}
                Message::Verb(verb) => match verb(&mut state) {
                    (needs, answer) if needs <= state.progress().flushed() => ready.push(answer),
                    (_, answer) => waiting.push(answer),
                },
                Message::Close(answer) => closing = Some(answer),
            }
        }
        // Before the answers: whoever hears of a change finds the notifiers set.
        ring(&mut state, bells);
        for answer in ready {
            answer(Ok(()));
        }
        flusher.flush(state.written(), waiting);
        if let Some(answer) = closing {
            flusher.end();
            let flushed = state.flush();
            drop(state);
            let _ = answer.send(flushed);
            return;
        }
    }
    flusher.end();
}

fn ring(state: &mut State, bells: &Bells) {
    for kind in WorkKind::ALL {
        for _ in 0..state.schedule.take_wakes(kind).min(WAKES) {
            bells.of(kind).notify_one();
        }
    }
}
