//! What waits for a flush: verbs that change something, and claims of a row that is not durable yet; nothing
//! else does.

use super::{T0, block_on, policy, replies, voice};
use futures_util::FutureExt;
use phonicflow_bot::domain::{UserId, WorkKind};
use phonicflow_bot::store::sled::Moment;
use phonicflow_bot::store::{Claimed, Lease, Sent, Store};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use tempfile::TempDir;

/// A store whose flushes can be held up.
struct Held {
    store: Store,
    gate: Arc<(Mutex<bool>, Condvar)>,
    /// Flushes that have begun.
    flushes: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Held {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let flushes = Arc::new(AtomicUsize::new(0));
        let (own_gate, own_flushes) = (gate.clone(), flushes.clone());
        let watch = move |moment, _: &std::path::Path| {
            if moment == Moment::Written {
                own_flushes.fetch_add(1, Ordering::SeqCst);
                let (shut, changed) = &*own_gate;
                drop(changed.wait_while(shut.lock().unwrap(), |shut| *shut).unwrap());
            }
        };
        let store = Store::open_watched(&folder.path().join("store"), Box::new(watch)).unwrap();
        Self { store, gate, flushes, _folder: folder }
    }

    fn shut(&self, shut: bool) {
        *self.gate.0.lock().unwrap() = shut;
        self.gate.1.notify_all();
    }

    /// Waits until a flush stands at the gate.
    async fn flushing(&self, before: usize) {
        while self.flushes.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
    }

    async fn accept(&self, id: i64) {
        self.store.accept(vec![voice(id, id, id)], policy(), T0).await.unwrap();
    }

    async fn claim(&self, kind: WorkKind) -> Lease {
        self.store.claim(kind, T0).await.unwrap().row().unwrap().lease
    }
}

#[test]
fn what_only_reads_waits_for_nobodys_flush() {
    block_on(async {
        let held = Held::open();
        held.accept(1).await;
        let before = held.flushes.load(Ordering::SeqCst);
        held.shut(true);
        let accept = held.store.accept(vec![voice(2, 2, 2)], policy(), T0);
        let mut accept = std::pin::pin!(accept);
        assert!((&mut accept).now_or_never().is_none());
        held.flushing(before).await;
        // The disk is busy; all of this answers, or the test hangs.
        assert!(held.store.learner(UserId(1)).await.unwrap().is_some());
        assert_eq!(held.store.counts().await.unwrap().inbox, 2);
        assert_eq!(held.store.place(UserId(2)).await.unwrap().ahead, 1);
        let nothing = held.store.claim(WorkKind::Delivery, T0).await.unwrap();
        assert!(matches!(nothing, Claimed::Nothing { due: None }));
        // A row that was safe before is handed out; so is its lease given back.
        let lease = held.claim(WorkKind::Tutor).await;
        held.store.release(lease).await.unwrap();
        assert!((&mut accept).now_or_never().is_none(), "it is not safe yet");
        held.shut(false);
        accept.await.unwrap();
    });
}

#[test]
fn an_answer_is_not_handed_out_to_be_sent_before_it_is_safe() {
    block_on(async {
        let held = Held::open();
        held.accept(1).await;
        let lease = held.claim(WorkKind::Tutor).await;
        let before = held.flushes.load(Ordering::SeqCst);
        held.shut(true);
        let mut commit = std::pin::pin!(held.store.commit(lease, replies(1, 1), T0));
        assert!((&mut commit).now_or_never().is_none());
        held.flushing(before).await;
        let mut claim = std::pin::pin!(held.store.claim(WorkKind::Delivery, T0));
        assert!((&mut claim).now_or_never().is_none());
        // The store's thread has carried the claim out by the time it answers this.
        assert_eq!(held.store.counts().await.unwrap().leased, 1);
        assert!((&mut claim).now_or_never().is_none(), "a crash would take the answer back");
        held.shut(false);
        commit.await.unwrap();
        assert_eq!(claim.await.unwrap().row().unwrap().outbox.len(), 1);
    });
}

#[test]
fn the_next_message_of_a_chat_is_not_handed_out_before_the_one_before_it_is_safely_gone() {
    block_on(async {
        let held = Held::open();
        held.accept(1).await;
        held.store.accept(vec![voice(2, 1, 1)], policy(), T0).await.unwrap();
        let lease = held.claim(WorkKind::Tutor).await;
        held.store.commit(lease, replies(1, 1), T0).await.unwrap();
        let sending = held.claim(WorkKind::Delivery).await;
        let before = held.flushes.load(Ordering::SeqCst);
        held.shut(true);
        let mut sent = std::pin::pin!(held.store.delivered(sending, 0, Sent::Done));
        assert!((&mut sent).now_or_never().is_none());
        held.flushing(before).await;
        let mut claim = std::pin::pin!(held.store.claim(WorkKind::Tutor, T0));
        assert!((&mut claim).now_or_never().is_none());
        // The store's thread has carried the claim out by the time it answers this.
        assert_eq!(held.store.counts().await.unwrap().leased, 1);
        assert!((&mut claim).now_or_never().is_none(), "a crash would bring both of them back");
        held.shut(false);
        sent.await.unwrap();
        assert!(claim.await.unwrap().row().is_some());
    });
}

#[test]
fn who_waits_while_a_flush_is_under_way_shares_the_next_one() {
    block_on(async {
        let held = Held::open();
        let before = held.flushes.load(Ordering::SeqCst);
        held.shut(true);
        let mut first = std::pin::pin!(held.accept(1));
        assert!((&mut first).now_or_never().is_none());
        held.flushing(before).await;
        let more = futures_util::future::join_all((2..=100).map(|id| held.accept(id)));
        let mut more = std::pin::pin!(more);
        assert!((&mut more).now_or_never().is_none());
        // All of them are carried out.
        while held.store.counts().await.unwrap().inbox < 100 {
            assert!((&mut more).now_or_never().is_none());
        }
        held.shut(false);
        first.await;
        more.await;
        let flushes = held.flushes.load(Ordering::SeqCst) - before;
        assert!(flushes <= 3, "{flushes} flushes for 100 writes");
    });
}
