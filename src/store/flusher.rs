//! The thread that makes writes durable (group commit): one flush for everything that arrived during the
//! previous one, then the answers.
//!
//! Must not know what was written, or that there are verbs.

use super::StoreError;
use super::engine::Flush;
use super::progress::Progress;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Tells a caller that its write is durable, or why not.
pub type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Callers that wait for the transactions up to a number.
struct Waiting {
    written: u64,
    answers: Vec<Answer>,
}

/// Handle of the thread. Its queue is as long as the number of waiting callers, which is bounded elsewhere.
pub struct Flusher {
    sender: Sender<Waiting>,
    thread: JoinHandle<()>,
}

impl Flusher {
    pub fn start(mut disk: Box<dyn Flush>, progress: Progress) -> Result<Self, StoreError> {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("store-flush".to_owned())
            .spawn(move || run(disk.as_mut(), &progress, &receiver))
            .map_err(|source| StoreError::Io { action: "start its thread", source })?;
        Ok(Self { sender, thread })
    }

    /// Flushes what was written so far, then answers these callers.
    pub fn flush(&self, written: u64, answers: Vec<Answer>) {
        if !answers.is_empty() {
            // It ends only when told to. What cannot be sent is dropped, which tells the callers that the
            // store is closed.
            let _ = self.sender.send(Waiting { written, answers });
        }
    }

    /// Returns when every caller is answered and the thread has released the disk.
    pub fn end(self) {
        drop(self.sender);
        let _ = self.thread.join();
    }
}

fn run(disk: &mut dyn Flush, progress: &Progress, receiver: &Receiver<Waiting>) {
    while let Ok(first) = receiver.recv() {
        let mut group = vec![first];
        group.extend(receiver.try_iter());
        let written = group.iter().map(|waiting| waiting.written).max().unwrap_or_default();
        if progress.usable().is_ok() && written > progress.flushed() {
            // After a failed flush no caller is ever told that its write is durable.
            if progress.note_write(disk.flush()).is_ok() {
                progress.reached(written);
            }
        }
        for answer in group.into_iter().flat_map(|waiting| waiting.answers) {
            answer(progress.usable());
        }
    }
}
