//! The thread that makes writes safe: one flush for all that came while the last one was under way, then their answers.
//!
//! Must not know what was written, or that there are verbs.

use super::StoreError;
use super::engine::Flush;
use super::progress::Progress;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Tells somebody that what they wrote is safe, or why it is not.
pub type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Some who wait for the transactions up to a number.
struct Waiting {
    written: u64,
    answers: Vec<Answer>,
}

/// The handle of the thread. Its queue is as long as there are callers that wait, which are bounded elsewhere.
pub struct Flusher {
    sender: Sender<Waiting>,
    thread: JoinHandle<()>,
}

impl Flusher {
    /// Starts it.
    pub fn start(mut disk: Box<dyn Flush>, progress: Progress) -> Result<Self, StoreError> {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("store-flush".to_owned())
            .spawn(move || run(disk.as_mut(), &progress, &receiver))
            .map_err(|source| StoreError::Io { action: "start its thread", source })?;
        Ok(Self { sender, thread })
    }

    /// Has what was written so far flushed, and these answered.
    pub fn flush(&self, written: u64, answers: Vec<Answer>) {
        if !answers.is_empty() {
            // It ends only when told to: what cannot be sent is dropped, and its callers are told that the store is closed.
            let _ = self.sender.send(Waiting { written, answers });
        }
    }

    /// Returns when everybody is answered and the thread holds nothing of the disk any more.
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
            // When it fails nobody is told that his write is safe, now or later.
            if progress.note_write(disk.flush()).is_ok() {
                progress.reached(written);
            }
        }
        for answer in group.into_iter().flat_map(|waiting| waiting.answers) {
            answer(progress.usable());
        }
    }
}
