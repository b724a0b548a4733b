//! The spoken answer: fetched from the tutor while the turn still holds its slot (otherwise when it is sent),
//! encoded when it is sent, never stored.
//!
//! Its text does not wait long for it: if the audio takes more than three seconds, the text is sent first,
//! and the voice note follows without it, provided it comes within a minute and the learner's next message
//! does not wait. Until then the row is checked now and then while the fetch continues. Must not know how it
//! is sent.

use super::DaemonContext;
use crate::audio::VoiceNote;
use crate::audio_worker::{JobError, Workers};
use crate::domain::outcome::Keyboard;
use crate::domain::stats::{Count, Step};
use crate::domain::{Content, Contour, OutMessage, Reply, Rich, SpokenPart, UserId, WaitReason};
use crate::logging::Event;
use crate::store::Claim;
use crate::telegram::{Action, Attachment, Outgoing, outgoing};
use crate::tutor::{Retry, SpeechRequest, Spoken};
use crate::waiting::waiting;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Longest time that the text waits for its voice.
const WORDS_WAIT: Duration = Duration::from_secs(3);
/// Pause before the first retry of a failed fetch; it doubles.
const FETCH_AGAIN: Duration = Duration::from_millis(250);
/// A voice that comes later than this (ms) after its text is not sent.
const FOLLOWS_WITHIN_MS: i64 = 60_000;
/// Longest time that a spoken answer waits for its measurement, which takes some ms.
const MEASURED_WITHIN: Duration = Duration::from_secs(1);
/// Pause between two checks for a voice that is to follow, ms.
pub(crate) const LATER_MS: i64 = 2_000;

/// What is to be spoken: a part of the latest turn of a learner's conversation.
#[derive(Clone, Copy)]
struct Wanted {
    user: UserId,
    session: Uuid,
    part: SpokenPart,
}

/// What of a spoken answer can be sent now.
pub enum Speech {
    /// The voice note, with its text unless that was sent; and how the reply sounds, where that could be measured.
    Note(Outgoing, Option<Contour>),
    /// The text; the voice may follow.
    WordsFirst(Outgoing),
    /// The text; there will be no voice.
    Words(Outgoing),
    /// Nothing yet: again after this many ms.
    Later(i64),
    /// Nothing, now or later.
    Nothing,
}

/// Result of looking for the voice.
enum Look {
    There(Spoken),
    /// The tutor says that there is none.
    None,
    /// The tutor does not speak this text.
    Never,
    /// Not within the time limit.
    NotYet,
}

/// What can be sent for a spoken reply.
pub(crate) async fn of(
    daemon: &Arc<DaemonContext>,
    claim: &Claim,
    message: &OutMessage,
    session: Uuid,
    part: SpokenPart,
    caption: &Rich,
) -> Speech {
    let seq = claim.lease.seq;
    let words = || text_of(&message.reply, caption).filter(|_| !message.words_sent);
    daemon.chat_actions.change(seq, Action::UploadVoice);
    let wanted = Wanted { user: claim.job.user, session, part };
    let look = tokio::time::timeout(WORDS_WAIT, look(daemon, seq, wanted));
    let look = waiting(look).await.unwrap_or(Look::NotYet);
    match (look, words()) {
        (Look::There(spoken), _) => encode(daemon, claim, message, wanted.part, caption, spoken).await,
        // If it says there is no audio: it never speaks the coaching; a reply that it promised to speak may
        // come a moment later.
        (Look::None, words) if part == SpokenPart::Coaching => words.map_or(Speech::Nothing, Speech::Words),
        (Look::Never, words) => words.map_or(Speech::Nothing, Speech::Words),
        (_, Some(words)) => {
            tracing::warn!(
                event = %Event::VoiceLate,
                seq,
                "the spoken answer is late: its words go out, and it follows if it comes"
            );
            Speech::WordsFirst(words)
        }
        (_, None) => {
            let now = daemon.clock.now();
            let waited_ms = now.since_ms(claim.job.waiting_since(WaitReason::TutorDown, now));
            if waited_ms < FOLLOWS_WITHIN_MS && !claim.is_waited_for {
                return Speech::Later(LATER_MS);
            }
            tracing::warn!(
                event = %Event::VoiceMissing,
                seq,
                waited_ms,
                "the spoken answer did not come: its words stand alone"
            );
            Speech::Nothing
        }
    }
}

/// Waits for the voice, whoever fetches it; the caller limits the time.
async fn look(daemon: &Arc<DaemonContext>, seq: u64, wanted: Wanted) -> Look {
    let mut pause = FETCH_AGAIN;
    loop {
        let fetched = match daemon.spoken.of(seq).await {
            Some(fetched) => fetched,
            None => {
                fetch_beside(daemon, seq, wanted);
                match daemon.spoken.of(seq).await {
                    Some(fetched) => fetched,
                    None => continue,
                }
            }
        };
        match fetched {
            Ok(Some(spoken)) => return Look::There(spoken),
            Ok(None) => {
                daemon.spoken.forget(seq);
                return Look::None;
            }
            Err(error) if error.retry == Retry::Never => {
                daemon.spoken.forget(seq);
                tracing::warn!(seq, %error, "the tutor does not speak this answer: its words stand alone");
                return Look::Never;
            }
            Err(error) => {
                // The next attempt fetches anew.
                daemon.spoken.forget(seq);
                daemon.telemetry.count(Count::SpeechRetries);
                tracing::warn!(seq, %error, "the spoken answer could not be fetched, trying again");
            }
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Fetches it in a task of its own, which continues when the text no longer waits: getting a slot at
/// the tutor may take long.
fn fetch_beside(daemon: &Arc<DaemonContext>, seq: u64, wanted: Wanted) {
    let (daemon, expected) = (daemon.clone(), daemon.spoken.expect(seq));
    let limit = Duration::from_millis(FOLLOWS_WITHIN_MS.unsigned_abs());
    tokio::spawn(tokio::time::timeout(limit, async move {
        // It is said before the next turn of the conversation, so it is the latest one.
        let Wanted { user, session, part } = wanted;
        let turn = daemon.app.context.reader.last_voice_turn(user, session).await.ok().flatten();
        let words = turn.map(|turn| turn.assessment.words_of(part).to_owned()).unwrap_or_default();
        expected.came(daemon.app.tutor.speak(&SpeechRequest { session, user, part, words }).await);
    }));
}

/// Encodes the voice note, slower for a learner who wants it so.
async fn encode(
    daemon: &DaemonContext,
    claim: &Claim,
    message: &OutMessage,
    part: SpokenPart,
    caption: &Rich,
    spoken: Spoken,
) -> Speech {
    let encoded = daemon.telemetry.timed(Step::Encode, note_of(daemon, claim, part, spoken)).await;
    match encoded {
        Ok((note, contour)) => {
            let out = Outgoing::File {
                chat: message.reply.chat,
                thread: message.reply.thread,
                answers: message.reply.answers,
                caption: if message.words_sent { Rich::default() } else { caption.clone() },
                keyboard: under_the_voice(&message.reply),
                file: Attachment::Voice { bytes: Bytes::from(note.bytes), duration_secs: note.duration_secs },
            };
            Speech::Note(out, contour)
        }
        Err(error) => {
            daemon.telemetry.failed(error.failure());
            if let Some(death) = error.death() {
                daemon.telemetry.count(death.count());
            }
            let seq = claim.lease.seq;
            tracing::warn!(seq, %error, "the spoken answer cannot be read: the words go out alone");
            let words = text_of(&message.reply, caption).filter(|_| !message.words_sent);
            words.map_or(Speech::Nothing, Speech::Words)
        }
    }
}

/// The voice note, slower for a learner who wants it so; and how the reply sounds as it was spoken.
async fn note_of(
    daemon: &DaemonContext,
    claim: &Claim,
    part: SpokenPart,
    spoken: Spoken,
) -> Result<(VoiceNote, Option<Contour>), JobError> {
    let workers = &daemon.app.context.audio;
    let note = workers.place().await.join_into_voice_note(spoken.recordings).await?;
    let sound = Bytes::from(note.bytes.clone());
    // The coaching is read aloud, and its melody is nobody's to follow.
    let contour = match part {
        SpokenPart::Conversational => measured(workers, sound.clone()).await,
        SpokenPart::Coaching => None,
    };
    let note =
        if claim.learner.slower { workers.place().await.to_slower_note(sound.into()).await? } else { note };
    Ok((note, contour))
}

async fn measured(workers: &Workers, sound: Bytes) -> Option<Contour> {
    let measuring = async { workers.place().await.contour(sound.into()).await };
    tokio::time::timeout(MEASURED_WITHIN, measuring).await.ok()?.ok()
}

fn under_the_voice(reply: &Reply) -> Keyboard {
    match &reply.content {
        Content::Spoken { keyboard, .. } => keyboard.clone(),
        _ => Keyboard::default(),
    }
}

/// The text only; `None` if there is none.
pub(crate) fn text_of(reply: &Reply, text: &Rich) -> Option<Outgoing> {
    if text.is_blank() {
        return None;
    }
    let content = Content::Text { text: text.clone(), keyboard: Keyboard::default() };
    outgoing(&Reply { content, ..reply.clone() })
}
