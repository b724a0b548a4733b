//! The coaching of a turn, spoken by its tutor. Must not know who asked for it.

use super::{Order, Product, Unmade};
use crate::domain::outcome::Keyboard;
use crate::domain::stats::Step;
use crate::domain::{Rich, SpokenPart, WaitReason};
use crate::telegram::Attachment;
use crate::tutor::SpeechRequest;
use bytes::Bytes;

pub(super) async fn make(order: &Order<'_>, seq: u64) -> Result<Product, Unmade> {
    let (daemon, user) = (order.daemon, order.claim.job.user);
    let reader = &daemon.app.context.reader;
    let silent = || Ok(Product::Words(Rich::plain(order.phrases.coaching_not_spoken())));
    let Some(turn) = reader.turn(user, seq).await? else { return silent() };
    // A tutor speaks its latest turn: of an earlier one this would be somebody else's words.
    let last = reader.last_voice_turn(user, turn.session).await?;
    if last.is_none_or(|last| last.number != turn.number) {
        return silent();
    }
    let wanted = SpeechRequest { session: turn.session, part: SpokenPart::Coaching };
    let spoken = match daemon.app.tutor.speak(&wanted).await {
        Ok(Some(spoken)) => spoken,
        Ok(None) => return silent(),
        Err(_) => return Err(Unmade::Later(WaitReason::TutorDown)),
    };
    let place = daemon.app.context.audio.place().await;
    let encoded = daemon.telemetry.timed(Step::Encode, place.to_voice_note(spoken.bytes.into())).await;
    let note = encoded.map_err(|error| {
        daemon.telemetry.failed(error.failure());
        Unmade::Never(error.to_string())
    })?;
    let file = Attachment::Voice { bytes: Bytes::from(note.bytes), duration_secs: note.duration_secs };
    Ok(Product::File { file, caption: Rich::default(), keyboard: Keyboard::default() })
}
