//! What counts as a picture that can be sent: its size in bytes and pixels, and that it can be read to its end. Must not know
//! the chat.

use std::io::Cursor;

use png::Decoder;

use super::error::ApiError;

/// Bytes (Bot API "sendPhoto").
const LARGEST: usize = 10 * 1024 * 1024;
/// Width and height together, px.
const SIDES: u32 = 10_000;
/// The long side by the short one.
const RATIO: u32 = 20;

/// Width and height, px. The real server takes other formats as well; the bot makes PNG alone.
pub(super) fn measure(bytes: &[u8]) -> Result<(u32, u32), ApiError> {
    if bytes.len() > LARGEST {
        return Err(ApiError::bad("file is too big for a photo"));
    }
    let unreadable = |_| ApiError::bad("IMAGE_PROCESS_FAILED");
    let mut picture = Decoder::new(Cursor::new(bytes)).read_info().map_err(unreadable)?;
    let (width, height) = picture.info().size();
    let (long, short) = (width.max(height), width.min(height));
    if width.saturating_add(height) > SIDES || short == 0 || long / short > RATIO {
        return Err(ApiError::bad("PHOTO_INVALID_DIMENSIONS"));
    }
    let mut pixels = vec![0; picture.output_buffer_size().unwrap_or_default()];
    picture.next_frame(&mut pixels).and_then(|_| picture.finish()).map_err(unreadable)?;
    Ok((width, height))
}
