//! Spoken answers that were fetched while their turn still held its slot at the tutor, until delivery sends
//! them.
//!
//! In memory only and bounded: delivery itself fetches whatever is missing (after a crash, or for lack of
//! room). Must not know how one is fetched or sent.

use crate::tutor::{Spoken, TutorError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Result of asking the tutor: the audio, that there is none, or why it could not be fetched.
pub(crate) type Fetched = Result<Option<Spoken>, TutorError>;

/// Most spoken answers kept; more are only under way when Telegram is unreachable.
const KEPT: usize = 64;
/// Most bytes of audio kept: over ten minutes.
const KEPT_BYTES: usize = 32 << 20;
/// What was not sent by then waits for an unreachable Telegram, or is no longer wanted.
const KEPT_FOR: Duration = Duration::from_secs(120);

struct Entry {
    since: Instant,
    bytes: usize,
    answer: watch::Receiver<Option<Fetched>>,
}

/// By row. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct PrefetchedAudio(Arc<Mutex<BTreeMap<u64, Entry>>>);

impl PrefetchedAudio {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces that this row's answer is being fetched. Must be called before the row's replies can be
    /// sent.
    pub(crate) fn expect(&self, seq: u64) -> Expected {
        let (tell, answer) = watch::channel(None);
        let mut entries = self.entries();
        let now = Instant::now();
        entries.retain(|_, entry| now.duration_since(entry.since) < KEPT_FOR);
        while entries.len() >= KEPT {
            entries.pop_first();
        }
        entries.insert(seq, Entry { since: now, bytes: 0, answer });
        drop(entries);
        Expected { answers: self.clone(), seq, tell }
    }

    /// The result for this row, waiting while it is being fetched; `None`: delivery has to fetch it.
    pub(crate) async fn of(&self, seq: u64) -> Option<Fetched> {
        let mut answer = self.entries().get(&seq)?.answer.clone();
        answer.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// It was sent, or is no longer wanted.
    pub(crate) fn forget(&self, seq: u64) {
        self.entries().remove(&seq);
    }
}

/// An answer that is being fetched. If it is dropped without [`Expected::came`], delivery fetches it.
pub(crate) struct Expected {
    answers: PrefetchedAudio,
    seq: u64,
    tell: watch::Sender<Option<Fetched>>,
}

impl Expected {
    /// Delivers the result.
    pub(crate) fn came(self, fetched: Fetched) {
        let bytes = fetched.as_ref().ok().and_then(Option::as_ref).map_or(0, Spoken::size);
        let mut entries = self.answers.entries();
        if let Some(entry) = entries.get_mut(&self.seq) {
            entry.bytes = bytes;
        }
        // The oldest make room; a delivery that waits for this one gets it all the same.
        while entries.values().map(|entry| entry.bytes).sum::<usize>() > KEPT_BYTES {
            entries.pop_first();
        }
        drop(entries);
        self.tell.send_replace(Some(fetched));
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        if self.tell.borrow().is_none() {
            self.answers.forget(self.seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn audio(len: usize) -> Fetched {
        Ok(Some(Spoken { recordings: vec![Bytes::from(vec![0; len])] }))
    }

    #[tokio::test]
    async fn an_answer_is_waited_for_and_stays_until_it_is_sent() {
        let answers = PrefetchedAudio::default();
        assert_eq!(answers.of(7).await, None, "nobody fetches it");
        let expected = answers.expect(7);
        let waiting = tokio::spawn({
            let answers = answers.clone();
            async move { answers.of(7).await }
        });
        expected.came(audio(10));
        assert_eq!(waiting.await.unwrap(), Some(audio(10)));
        assert_eq!(answers.of(7).await, Some(audio(10)), "a send that fails needs it again");
        answers.forget(7);
        assert_eq!(answers.of(7).await, None);
    }

    #[tokio::test]
    async fn one_that_is_given_up_is_left_to_delivery() {
        let answers = PrefetchedAudio::default();
        let expected = answers.expect(7);
        let waiting = tokio::spawn({
            let answers = answers.clone();
            async move { answers.of(7).await }
        });
        tokio::task::yield_now().await;
        drop(expected);
        assert_eq!(waiting.await.unwrap(), None);
        assert!(answers.entries().is_empty());
    }

    #[tokio::test]
    async fn no_more_are_kept_than_fit() {
        let answers = PrefetchedAudio::default();
        for seq in 0..200 {
            answers.expect(seq).came(audio(1));
        }
        assert_eq!(answers.entries().len(), KEPT);
        assert_eq!(answers.of(199).await, Some(audio(1)));
        answers.expect(300).came(audio(KEPT_BYTES));
        answers.expect(301).came(audio(KEPT_BYTES / 2));
        assert_eq!((answers.of(300).await, answers.entries().len()), (None, 1));
    }
}
