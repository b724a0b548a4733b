//! Files that are made when they are sent: one maker each, and the table that says which makes what.
//!
//! A file is made anew for each attempt to send it and lives no longer than that. What cannot be made ends in a sentence that
//! says so, never in a row that stays. To add one: a variant of [`Made`], a file here, and its line in [`make`]. Must not know
//! how a file is sent.

mod coaching_audio;
mod export;
mod intonation;
mod progress;
mod slower;

use super::DaemonContext;
use crate::domain::backoff::backoff_ms;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::{Made, OutMessage, Rich, WaitReason};
use crate::logging::Event;
use crate::pictures::PictureError;
use crate::store::{Claim, StoreError};
use crate::telegram::{Attachment, Outgoing};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

/// Attempts to make one whose source does not answer.
const ATTEMPTS: u32 = 3;
/// Time limit of one attempt.
const MADE_WITHIN: Duration = Duration::from_secs(30);

/// What a maker works with.
pub struct Order<'a> {
    pub daemon: &'a Arc<DaemonContext>,
    pub claim: &'a Claim,
    pub phrases: Phrases,
}

impl Order<'_> {
    /// Draws a picture off the async threads, one of all at a time: each takes some 5 MB.
    async fn picture(
        &self,
        caption: Rich,
        draw: impl FnOnce() -> Result<Vec<u8>, PictureError> + Send + 'static,
    ) -> Result<Product, Unmade> {
        // Fails only once the semaphore is closed, which never happens.
        let _alone = self.daemon.drawing.acquire().await;
        let drawn = tokio::task::spawn_blocking(draw).await;
        let never = |error: &dyn Display| Unmade::Never(error.to_string());
        let png = drawn.map_err(|error| never(&error))?.map_err(|error| never(&error))?;
        let file = Attachment::Photo { bytes: png.into() };
        Ok(Product::File { file, caption, keyboard: Keyboard::default() })
    }
}

/// What comes of it.
pub enum Product {
    File {
        file: Attachment,
        /// 0..1024 UTF-16 code units.
        caption: Rich,
        keyboard: Keyboard,
    },
    /// There is nothing to make a file of, and this says why.
    Words(Rich),
}

/// Why there is no file.
#[derive(Debug)]
pub enum Unmade {
    /// What it is made of cannot be reached now.
    Later(WaitReason),
    /// It never will be; for the log.
    Never(String),
}

impl From<StoreError> for Unmade {
    fn from(error: StoreError) -> Self {
        Self::Never(error.to_string())
    }
}

/// What to do with the message.
pub enum Verdict {
    Send(Outgoing),
    /// Again after this many ms.
    Later(i64, WaitReason),
}

/// Makes what a message asks for.
pub(super) async fn of(
    daemon: &Arc<DaemonContext>,
    claim: &Claim,
    message: &OutMessage,
    made: Made,
) -> Verdict {
    let phrases = daemon.app.context.phrases(&claim.learner);
    let order = Order { daemon, claim, phrases };
    let (seq, name) = (claim.lease.seq, made.name());
    let late = |_| Err(Unmade::Never("it took too long".to_owned()));
    match tokio::time::timeout(MADE_WITHIN, make(&order, made)).await.unwrap_or_else(late) {
        Ok(Product::File { file, caption, keyboard }) => {
            let reply = &message.reply;
            let (chat, thread, answers) = (reply.chat, reply.thread, reply.answers);
            Verdict::Send(Outgoing::File { chat, thread, answers, caption, keyboard, file })
        }
        Ok(Product::Words(words)) => Verdict::Send(in_words(message, words)),
        Err(Unmade::Later(reason)) if message.attempts + 1 < ATTEMPTS => {
            Verdict::Later(backoff_ms(message.attempts, fastrand::f64()), reason)
        }
        Err(unmade) => {
            let why = match unmade {
                Unmade::Later(reason) => reason.as_str().to_owned(),
                Unmade::Never(why) => why,
            };
            tracing::warn!(event = %Event::NotMade, seq, name, why, "a file could not be made: its learner is told");
            Verdict::Send(in_words(message, phrases.not_made()))
        }
    }
}

async fn make(order: &Order<'_>, made: Made) -> Result<Product, Unmade> {
    match made {
        Made::Progress => progress::make(order).await,
        Made::Intonation { turn } => intonation::make(order, turn).await,
        Made::Slower { turn } => slower::make(order, turn).await,
        Made::CoachingAudio { turn } => coaching_audio::make(order, turn).await,
        Made::Export { format } => export::document(order, format).await,
        Made::CardsCsv => export::cards(order).await,
    }
}

/// A sentence in the place of the file.
pub(super) fn in_words(message: &OutMessage, text: Rich) -> Outgoing {
    let (chat, thread, answers) = (message.reply.chat, message.reply.thread, message.reply.answers);
    Outgoing::Text { chat, thread, answers, text, keyboard: Keyboard::default() }
}
