//! The spoken answer: fetched from the tutor while the turn still has its place there (else at the moment of sending),
//! encoded at the moment of sending, never stored. Where there is none to be had, its words go out alone.

use super::Crew;
use super::spoken_answers::Fetched;
use crate::audio::Hint;
use crate::domain::backoff::backoff_ms;
use crate::domain::outcome::Keyboard;
use crate::domain::stats::{Count, Step};
use crate::domain::{Content, OutMessage, Reply, Rich, SpokenPart, WaitReason};
use crate::store::Sent;
use crate::telegram::{Action, Outgoing, outgoing};
use bytes::Bytes;
use uuid::Uuid;

/// Attempts at fetching it before the words go out alone.
const VOICE_ATTEMPTS: u32 = 5;

/// The voice note with its caption; without a voice the caption alone; `None` when there is neither.
pub async fn spoken(
    crew: &Crew,
    seq: u64,
    message: &OutMessage,
    session: Uuid,
    part: SpokenPart,
    caption: &Rich,
) -> Result<Option<Outgoing>, Sent> {
    let words = || text_of(&message.reply, caption);
    crew.presence.change(seq, Action::UploadVoice);
    let fetched = match crew.spoken.of(seq).await {
        Some(fetched) => {
            if fetched.is_err() {
                // The next attempt is our own.
                crew.spoken.forget(seq);
            }
            fetched
        }
        None => {
            // The tutor answers nobody while somebody's turn runs.
            let _slot = crew.app.desk.slots.acquire().await;
            fetch(crew, session, part).await
        }
    };
    let voice = match fetched {
        Ok(Some(voice)) => voice,
        Ok(None) => return Ok(words()),
        Err(error) if message.attempts + 1 < VOICE_ATTEMPTS => {
            let pause = backoff_ms(message.attempts, fastrand::f64()).min(5_000);
            crew.vitals.count(Count::SpeechRetries);
            tracing::warn!(seq, %error, pause_ms = pause, "the spoken answer could not be fetched, trying again");
            return Err(Sent::Later(crew.clock.now().plus_ms(pause), WaitReason::TutorDown));
        }
        Err(error) => {
            tracing::warn!(seq, %error, "the spoken answer could not be fetched: the words go out alone");
            return Ok(words());
        }
    };
    let hint = Hint { extension: None, mime: voice.mime };
    let place = crew.app.desk.audio.place().await;
    match crew.vitals.timed(Step::Encode, place.to_voice_note(voice.bytes.into(), hint)).await {
        Ok(note) => Ok(Some(Outgoing::Voice {
            chat: message.reply.chat,
            thread: message.reply.thread,
            answers: message.reply.answers,
            caption: caption.clone(),
            bytes: Bytes::from(note.bytes),
            duration_secs: note.duration_secs,
        })),
        Err(error) => {
            crew.vitals.failed(error.failure());
            if let Some(death) = error.death() {
                crew.vitals.count(death.count());
            }
            tracing::warn!(seq, %error, "the spoken answer cannot be read: the words go out alone");
            Ok(words())
        }
    }
}

/// Asks the tutor for it, once. Whoever calls has a place there.
pub async fn fetch(crew: &Crew, session: Uuid, part: SpokenPart) -> Fetched {
    let fetched = crew.vitals.timed(Step::Speech, crew.app.tutor.spoken(session, part)).await;
    if let Err(error) = &fetched {
        crew.vitals.failed(error.failure());
    }
    fetched
}

/// The words alone; `None` when there are none.
pub fn text_of(reply: &Reply, text: &Rich) -> Option<Outgoing> {
    if text.is_blank() {
        return None;
    }
    let content = Content::Text { text: text.clone(), keyboard: Keyboard::default() };
    outgoing(&Reply { content, ..reply.clone() })
}
