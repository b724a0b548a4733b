//! The picture or document of a message. Must not know whether anything can be done with it.

use super::tolerant::{clip, int, size, text};
use crate::domain::{File, FileKind, Files};
use serde_json::Value;

/// Largest picture asked for, bytes (SPEC 10); of a larger photo a smaller size is taken.
const PICTURE_LIMIT: u64 = 10 << 20;
/// Longest id kept, bytes.
const HANDLE_LIMIT: usize = 1024;
/// Longest caption kept, bytes (Telegram's own are at most 1024 UTF-16 code units).
const CAPTION_LIMIT: usize = 8192;

/// What a message holds to be looked at; none when it holds something else. `caption` is what is said to us beneath.
pub(super) fn files(message: &Value, caption: &str) -> Result<Option<Files>, &'static str> {
    let document = message.get("document").filter(|file| file.is_object());
    // An animation comes as a document, too.
    let animated = message.get("animation").is_some_and(|animation| !animation.is_null());
    let file = match (message.get("photo").and_then(Value::as_array), document) {
        (Some(sizes), _) => match largest(sizes) {
            Some(photo) => file(photo, FileKind::Picture, Some("image/jpeg".to_owned()))?,
            None => return Err("photo without a size"),
        },
        (None, Some(document)) if !animated => {
            let mime = text(document.get("mime_type"), 128).map(str::to_ascii_lowercase);
            let is_picture =
                matches!(mime.as_deref(), Some("image/jpeg" | "image/png" | "image/webp" | "image/gif"));
            file(document, if is_picture { FileKind::Picture } else { FileKind::Document }, mime)?
        }
        _ => return Ok(None),
    };
    Ok(Some(Files {
        album: text(message.get("media_group_id"), HANDLE_LIMIT).map(str::to_owned),
        caption: clip(caption.trim(), CAPTION_LIMIT).to_owned(),
        files: vec![file],
        unaddressed: false,
    }))
}

/// The size of a photo with the most in it that is not too large.
fn largest(sizes: &[Value]) -> Option<&Value> {
    let pixels = |photo: &&Value| {
        let side = |name: &str| int(photo.get(name)).unwrap_or(0).max(0);
        side("width").saturating_mul(side("height"))
    };
    let fits = |photo: &&Value| size(photo.get("file_size")).is_none_or(|size| size <= PICTURE_LIMIT);
    sizes.iter().filter(|photo| photo.is_object()).filter(fits).max_by_key(pixels).or(sizes.first())
}

fn file(file: &Value, kind: FileKind, mime: Option<String>) -> Result<File, &'static str> {
    let file_id = text(file.get("file_id"), HANDLE_LIMIT).ok_or("file without file_id")?;
    Ok(File { kind, file_id: file_id.to_owned(), size: size(file.get("file_size")), mime })
}
