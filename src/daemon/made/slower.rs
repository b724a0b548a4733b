//! The spoken reply of a turn at 0.8 of its speed, from the voice note that was sent. Must not know who asked for it.

use super::{Order, Product, Unmade};
use crate::domain::Rich;
use crate::domain::WaitReason;
use crate::domain::outcome::Keyboard;
use crate::domain::stats::Step;
use crate::telegram::{Attachment, Retry, TelegramError};
use bytes::Bytes;

pub(super) async fn make(order: &Order<'_>, seq: u64) -> Result<Product, Unmade> {
    let context = &order.daemon.app.context;
    let turn = context.reader.turn(order.claim.job.user, seq).await?;
    let gone = || Ok(Product::Words(order.phrases.nothing_to_slow()));
    let Some(note) = turn.and_then(|turn| turn.notes.reply) else { return gone() };
    let sound = match context.telegram.download(&note, None).await {
        Ok(sound) => sound,
        Err(TelegramError::FileGone) => return gone(),
        Err(error) if error.retry() == Retry::No => return Err(Unmade::Never(error.to_string())),
        Err(_) => return Err(Unmade::Later(WaitReason::TelegramDown)),
    };
    let place = context.audio.place().await;
    let encoded = order.daemon.telemetry.timed(Step::Encode, place.to_slower_note(sound.into())).await;
    let note = encoded.map_err(|error| {
        order.daemon.telemetry.failed(error.failure());
        Unmade::Never(error.to_string())
    })?;
    let file = Attachment::Voice { bytes: Bytes::from(note.bytes), duration_secs: note.duration_secs };
    Ok(Product::File { file, caption: Rich::default(), keyboard: Keyboard::default() })
}
