//! How the learner's voice sounds, measured while the tutor works on it. Must not know tutors.

use crate::bot::HandlerContext;
use crate::domain::Contour;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// Longest time that an answer waits for it, which takes some ms.
const MEASURED_WITHIN: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Melody<'a> {
    measuring: Option<BoxFuture<'a, Option<Contour>>>,
    found: Option<Contour>,
}

impl<'a> Melody<'a> {
    /// `wav`: as the tutor gets it.
    pub(super) fn of(context: &'a HandlerContext, wav: Bytes) -> Self {
        let measuring = async { context.audio.place().await.contour(wav.into()).await.ok() };
        Self { measuring: Some(Box::pin(measuring)), found: None }
    }

    /// Measures on while this is done, and holds it up for nothing.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let Some(measuring) = &mut self.measuring else { return work.await };
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            found = measuring => self.found = found,
        }
        self.measuring = None;
        work.await
    }

    /// The result; `None` where it cannot be measured, or not in time.
    pub(super) async fn end(self) -> Option<Contour> {
        match self.measuring {
            Some(measuring) => tokio::time::timeout(MEASURED_WITHIN, measuring).await.ok().flatten(),
            None => self.found,
        }
    }
}
