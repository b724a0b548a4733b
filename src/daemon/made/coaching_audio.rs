//! The coaching of a turn, spoken by its tutor. Must not know who asked for it.

use super::{Order, Product, Unmade};
use crate::domain::outcome::Keyboard;
use crate::domain::stats::Step;
use crate::domain::{Rich, SpokenPart, WaitReason};
use crate::telegram::Attachment;
use crate::tutor::{Retry, SpeechRequest};
use bytes::Bytes;

pub(super) async fn make(order: &Order<'_>, seq: u64) -> Result<Product, Unmade> {
    let (daemon, user) = (order.daemon, order.claim.job.user);
    let (reader, tutor) = (&daemon.app.context.reader, &daemon.app.tutor);
    let silent = || Ok(Product::Words(Rich::plain(order.phrases.coaching_not_spoken())));
    let Some(turn) = reader.turn(user, seq).await? else { return silent() };
    if tutor.speaks_latest_only() {
        // Of an earlier turn these would be another turn's words.
        let last = reader.last_voice_turn(user, turn.session).await?;
        if last.is_none_or(|last| last.number != turn.number) {
            return silent();
        }
    }
    let part = SpokenPart::Coaching;
    let words = turn.assessment.words_of(part).to_owned();
    let spoken = match tutor.speak(&SpeechRequest { user, session: turn.session, part, words }).await {
        Ok(Some(spoken)) => spoken,
        Ok(None) => return silent(),
        Err(error) if error.retry == Retry::Never => return silent(),
        Err(_) => return Err(Unmade::Later(WaitReason::TutorDown)),
    };
    let place = daemon.app.context.audio.place().await;
    let encoding = place.join_into_voice_note(spoken.recordings);
    let note = daemon.telemetry.timed(Step::Encode, encoding).await.map_err(|error| {
        daemon.telemetry.failed(error.failure());
        Unmade::Never(error.to_string())
    })?;
    let file = Attachment::Voice { bytes: Bytes::from(note.bytes), duration_secs: note.duration_secs };
    Ok(Product::File { file, caption: Rich::default(), keyboard: Keyboard::default() })
}
