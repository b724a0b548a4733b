//! Turns one raw update into an [`Incoming`].
//!
//! Decides what is meant for the bot. Must not know how anything is answered. Reads only the fields it needs,
//! and those tolerantly (see `tolerant`), so that no message is lost because of a field that is not needed.

use super::message_text::{self, Said};
use super::tolerant::{int, is_true, size, text};
use super::updates::RawUpdate;
use super::{Me, coached, files, location, phrase, quotation};
use crate::domain::{
    Body, Chat, ChatId, ChatKind, Files, Incoming, MessageId, OtherKind, Recording, Timestamp, UserId,
};
use serde_json::Value;

/// Longest file id or callback query id kept, bytes.
const HANDLE_LIMIT: usize = 1024;
/// Endings of documents that may hold sound: audio, video, and audio formats that are not decoded, which get
/// a refusal that names them.
const AUDIO_ENDINGS: &[&str] = &[
    "ogg", "oga", "opus", "ogx", "spx", "mp3", "mp2", "mpga", "m4a", "m4b", "m4r", "aac", "flac", "wav",
    "wave", "bwf", "rf64", "aif", "aiff", "aifc", "mka", "weba", "webm", "mkv", "mov", "qt", "mp4", "m4v",
    "3gp", "3gpp", "3ga", "3g2", "ogv", "wma", "amr", "awb", "caf", "au", "snd", "gsm", "ra", "rm", "wv",
    "ape", "ac3", "dts", "dsf", "dff", "mid", "midi", "avi", "silk",
];

/// Senders that stand for many people (Bot API "Message", `from`): Telegram itself, which also forwards
/// channel posts; anonymous admins; channels in groups; replies to channel posts.
const NOBODY: [i64; 4] = [777_000, 1_087_968_824, 136_817_688, 1_271_266_957];

/// An update of a supported kind that lacks a required field. Contains nobody's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("update {update_id} cannot be read: {why}")]
pub(crate) struct Undecodable {
    pub update_id: i64,
    /// What is missing.
    pub why: &'static str,
}

/// What an update asks of the bot; `None` when nothing: an edited message, a channel post, another bot, a
/// service message, talk in a group that is not addressed to the bot. [`Undecodable`] is to be logged and
/// skipped.
pub(crate) fn incoming(raw: &RawUpdate, me: &Me, now: Timestamp) -> Result<Option<Incoming>, Undecodable> {
    let read = || {
        let update = raw.value.as_object().ok_or("not an object")?;
        let content = |kind| update.get(kind).map(|content| content.is_object().then_some(content));
        if let Some(message) = content("message") {
            from_message(message.ok_or("message is not an object")?, me, now)
        } else if let Some(query) = content("callback_query") {
            from_callback(query.ok_or("button press is not an object")?, me, now)
        } else if let Some(change) = content("my_chat_member") {
            from_membership(change.ok_or("membership is not an object")?, now)
        } else {
            Ok(None)
        }
    };
    match read() {
        Ok(incoming) => Ok(incoming.map(|incoming| Incoming { update_id: raw.id, ..incoming })),
        Err(why) => Err(Undecodable { update_id: raw.id, why }),
    }
}

type Read = Result<Option<Incoming>, &'static str>;

fn from_message(message: &Value, me: &Me, now: Timestamp) -> Read {
    if speaks_for_a_chat(message) || via_ourselves(message, me) {
        return Ok(None);
    }
    let Some((user, client_language)) = sender(message)? else { return Ok(None) };
    let Some(chat) = chat_of(message)? else { return Ok(None) };
    let id = int(message.get("message_id")).ok_or("message without message_id")?;
    let Some(body) = body_of(message, me, chat.kind)? else { return Ok(None) };
    Ok(Some(Incoming {
        update_id: 0,
        chat,
        user,
        client_language,
        message: Some(MessageId(id)),
        date: date_of(message, now),
        body,
    }))
}

fn from_callback(query: &Value, me: &Me, now: Timestamp) -> Read {
    let Some((user, client_language)) = sender(query)? else { return Ok(None) };
    // Without a message it is a button of an inline result, without data one of a game: the bot has neither.
    let Some(message) = query.get("message").filter(|message| message.is_object()) else { return Ok(None) };
    let Some(data) = text(query.get("data"), 64) else { return Ok(None) };
    let Some(chat) = chat_of(message)? else { return Ok(None) };
    let id = text(query.get("id"), HANDLE_LIMIT).ok_or("button press without id")?;
    // Telegram passes on whatever a client claims to have pressed. A press is only trusted if the message
    // shows that button. A deleted message shows nothing, so its press is answered without any effect.
    let data = if is_ours(message, me) && holds_button(message, data) { data } else { "" };
    Ok(Some(Incoming {
        update_id: 0,
        chat,
        user,
        client_language,
        message: int(message.get("message_id")).map(MessageId),
        date: now,
        body: Body::Callback { id: id.to_owned(), data: data.to_owned() },
    }))
}

fn from_membership(change: &Value, now: Timestamp) -> Read {
    let Some((user, client_language)) = sender(change)? else { return Ok(None) };
    let Some(chat) = chat_of(change)? else { return Ok(None) };
    let status = change.get("new_chat_member").and_then(|member| member.get("status"));
    let blocked = match text(status, 32) {
        _ if chat.kind == ChatKind::Group => return Ok(None),
        Some("kicked") => true,
        Some("member") => false,
        _ => return Ok(None),
    };
    Ok(Some(Incoming {
        update_id: 0,
        chat,
        user,
        client_language,
        message: None,
        date: date_of(change, now),
        body: Body::Blocked(blocked),
    }))
}

/// Whether a message comes from a chat rather than a person: an anonymous admin, a channel that writes in a
/// group, or a channel's post forwarded to its discussion group. All of them share one made-up user in
/// `from`.
fn speaks_for_a_chat(message: &Value) -> bool {
    message.get("sender_chat").is_some_and(Value::is_object) || is_true(message.get("is_automatic_forward"))
}

/// Whether the message was sent via this bot's own inline mode. Messages sent via another bot belong to the
/// person.
fn via_ourselves(message: &Value, me: &Me) -> bool {
    int(message.get("via_bot").and_then(|bot| bot.get("id"))) == Some(me.id.0)
}

fn is_ours(message: &Value, me: &Me) -> bool {
    int(message.get("from").and_then(|from| from.get("id"))) == Some(me.id.0)
}

fn holds_button(message: &Value, data: &str) -> bool {
    let rows = message.get("reply_markup").and_then(|markup| markup.get("inline_keyboard"));
    let buttons = rows.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_array).flatten();
    buttons.filter_map(|button| button.get("callback_data")).any(|own| own.as_str() == Some(data))
}

/// Who acted and in which language; `None` if it is no person.
fn sender(of: &Value) -> Result<Option<(UserId, Option<String>)>, &'static str> {
    let Some(from) = of.get("from") else { return Ok(None) };
    if is_true(from.get("is_bot")) {
        return Ok(None);
    }
    let id = int(from.get("id")).ok_or("sender without id")?;
    if id <= 0 || NOBODY.contains(&id) {
        return Ok(None);
    }
    let language = text(from.get("language_code"), 35)
        .filter(|tag| tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .map(str::to_owned);
    Ok(Some((UserId(id), language)))
}

/// The chat of a message and the forum topic; `None` for channels.
fn chat_of(message: &Value) -> Result<Option<Chat>, &'static str> {
    let chat = message.get("chat").ok_or("no chat")?;
    let id = int(chat.get("id")).ok_or("chat without id")?;
    let kind = match text(chat.get("type"), 32) {
        Some("channel") => return Ok(None),
        Some("private") => ChatKind::Private,
        Some("group" | "supergroup") => ChatKind::Group,
        _ if id > 0 => ChatKind::Private,
        _ => ChatKind::Group,
    };
    // In a group without topics the same field names a thread of replies, which cannot be sent to.
    let thread = int(message.get("message_thread_id"))
        .filter(|thread| *thread > 1 && is_true(message.get("is_topic_message")));
    Ok(Some(Chat { id: ChatId(id), kind, thread }))
}

fn date_of(message: &Value, now: Timestamp) -> Timestamp {
    int(message.get("date")).filter(|secs| *secs > 0).map_or(now, Timestamp::from_secs)
}

/// The content of a message; `None` if it is not for the bot.
fn body_of(message: &Value, me: &Me, kind: ChatKind) -> Result<Option<Body>, &'static str> {
    let any_length = usize::MAX;
    let in_group = kind == ChatKind::Group;
    if let Some(words) = text(message.get("text"), any_length) {
        let mentions =
            if in_group { message_text::mentions(words, message.get("entities"), me) } else { Vec::new() };
        let spoken_to = !in_group || !mentions.is_empty() || answers_us(message, me);
        return Ok(match message_text::said(&message_text::without(words, &mentions), me) {
            Said::Command(command) => {
                Some(phrase::answered(coached::on_recording(command, message)?, message))
            }
            Said::ForAnother if in_group => None,
            Said::Words(body) if in_group => spoken_to.then(|| quotation::quoting(body, message)),
            Said::Words(body) => Some(phrase::forwarded(quotation::quoting(body, message), message)),
            Said::ForAnother => Some(Body::Text(super::tolerant::clip(words.trim(), 4096).to_owned())),
            Said::Nothing => spoken_to.then_some(Body::Other(OtherKind::Unknown)),
        });
    }
    let caption = text(message.get("caption"), any_length).unwrap_or_default();
    let mentions = if in_group {
        message_text::mentions(caption, message.get("caption_entities"), me)
    } else {
        Vec::new()
    };
    let commanded = || matches!(message_text::said(caption, me), Said::Command(_));
    let addressed = !in_group || !mentions.is_empty() || commanded() || answers_us(message, me);
    let caption = message_text::without(caption, &mentions);
    if !in_group && let Some(zone) = location::zone_of(message) {
        return Ok(Some(Body::Located { zone }));
    }
    if addressed {
        return media(message, &caption);
    }
    // Of an album only one message bears the caption that is for us.
    let of_album = files::files(message, &caption)?.filter(|files| files.album.is_some());
    Ok(of_album.map(|files| Body::Files(Files { unaddressed: true, ..files })))
}

/// Whether a message answers one of the bot's. In a forum, messages without a reply refer to the topic's
/// first message.
fn answers_us(message: &Value, me: &Me) -> bool {
    message.get("reply_to_message").is_some_and(|answered| {
        answered.get("forum_topic_created").is_none()
            && int(answered.get("from").and_then(|from| from.get("id"))) == Some(me.id.0)
    })
}

/// Everything but text. The most specific field comes first: an animation, for example, also has `document`.
fn media(message: &Value, caption: &str) -> Result<Option<Body>, &'static str> {
    let has =
        |fields: &[&str]| fields.iter().any(|field| message.get(field).is_some_and(|value| !value.is_null()));
    if let Some(recording) = sound(message)? {
        return Ok(Some(recording));
    }
    let other = if has(&["animation", "sticker", "dice", "game"]) {
        OtherKind::Sticker
    } else if has(&["photo"]) || message.get("document").is_some_and(Value::is_object) {
        return Ok(files::files(message, caption)?.map(Body::Files));
    } else if has(&["video", "live_photo", "paid_media"]) {
        OtherKind::Picture
    } else if has(&["location", "venue"]) {
        OtherKind::Location
    } else if has(&["contact", "poll", "story", "checklist", "rich_message", "giveaway", "caption"]) {
        OtherKind::Unknown
    } else {
        // A service message: somebody joined, a message was pinned, …
        return Ok(None);
    };
    Ok(Some(Body::Other(other)))
}

/// A recording in a message, if there is one.
pub(super) fn sound(message: &Value) -> Result<Option<Body>, &'static str> {
    let held = |field: &str| message.get(field).filter(|file| file.is_object());
    for field in ["voice", "audio", "video_note"] {
        if let Some(file) = held(field) {
            return recording(file, field).map(Some);
        }
    }
    // An animation has a document beside it.
    let document = held("document").filter(|file| is_audio(file) && held("animation").is_none());
    document.map(|file| recording(file, "document")).transpose()
}

/// Whether a document may hold sound, by its name or its media type; its bytes decide later.
fn is_audio(file: &Value) -> bool {
    let mime = text(file.get("mime_type"), 128).map(str::to_ascii_lowercase);
    let mime = mime.as_deref().unwrap_or("application/octet-stream");
    let sound = ["audio/", "video/"].iter().any(|kind| mime.starts_with(kind)) || mime == "application/ogg";
    match ending(file) {
        Some(ending) if AUDIO_ENDINGS.contains(&ending.as_str()) => true,
        Some(_) => sound,
        // Without a usable label only the bytes can tell.
        None => sound || mime == "application/octet-stream",
    }
}

fn recording(file: &Value, kind: &str) -> Result<Body, &'static str> {
    let file_id = text(file.get("file_id"), HANDLE_LIMIT).ok_or("recording without file_id")?;
    let mime = text(file.get("mime_type"), 128).map(str::to_ascii_lowercase);
    let extension = ending(file).or_else(|| match (mime.as_deref(), kind) {
        (Some(mime), _) => ending_of_mime(mime).map(str::to_owned),
        (None, "voice") => Some("ogg".to_owned()),
        (None, "video_note") => Some("mp4".to_owned()),
        (None, _) => None,
    });
    Ok(Body::Voice(Recording {
        file_id: file_id.to_owned(),
        size: size(file.get("file_size")),
        duration_secs: size(file.get("duration")).and_then(|secs| u32::try_from(secs).ok()),
        mime,
        extension,
    }))
}

/// In lower case.
fn ending(file: &Value) -> Option<String> {
    let (_, ending) = text(file.get("file_name"), 4096)?.rsplit_once('.')?;
    let sane = (1..=8).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric());
    sane.then(|| ending.to_ascii_lowercase())
}

fn ending_of_mime(mime: &str) -> Option<&'static str> {
    Some(match mime.split(';').next().unwrap_or_default().trim() {
        "audio/ogg" | "application/ogg" | "audio/opus" | "audio/vorbis" => "ogg",
        "audio/mpeg" | "audio/mp3" | "audio/mpeg3" | "audio/x-mpeg" => "mp3",
        "audio/mp4" | "audio/m4a" | "audio/x-m4a" => "m4a",
        "audio/aac" | "audio/x-aac" | "audio/aacp" => "aac",
        "audio/flac" | "audio/x-flac" => "flac",
        "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        "audio/aiff" | "audio/x-aiff" => "aiff",
        "audio/webm" | "audio/x-matroska" => "mka",
        "video/mp4" => "mp4",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "from_api_tests.rs"]
mod tests;
