//! The WAV the tutor takes and the WAV it speaks. Must not know HTTP or sessions.

use std::f32::consts::TAU;

use bytes::Bytes;

/// Requires RIFF/WAVE, PCM, 16 bit, mono, 16 kHz, consistent sizes. Returns the number of samples; `Err` says
/// what is wrong.
pub fn check(bytes: &[u8]) -> Result<usize, String> {
    let text = |at: usize| bytes.get(at..at + 4);
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    if text(0) != Some(b"RIFF") || text(8) != Some(b"WAVE") {
        return Err("not a RIFF/WAVE file".to_owned());
    }
    if long(4) != Some(bytes.len() - 8) {
        return Err(format!("RIFF size {:?} does not fit {} bytes", long(4), bytes.len()));
    }
    let (mut at, mut formatted) = (12, false);
    while at + 8 <= bytes.len() {
        let size = long(at + 4).unwrap_or(0);
        let end = at + 8 + size;
        if end > bytes.len() {
            return Err("a chunk reaches beyond the end".to_owned());
        }
        match text(at) {
            Some(b"fmt ") => {
                let found =
                    (word(at + 8), word(at + 10), long(at + 12), long(at + 16), word(at + 20), word(at + 22));
                if size < 16 || found != (Some(1), Some(1), Some(16_000), Some(32_000), Some(2), Some(16)) {
                    return Err(format!("format is not PCM 16 bit mono 16000 Hz: {found:?}"));
                }
                formatted = true;
            }
            Some(b"data") if !formatted => return Err("data before fmt".to_owned()),
            Some(b"data") if size % 2 != 0 => return Err("half a sample at the end".to_owned()),
            Some(b"data") if size == 0 => return Err("no samples".to_owned()),
            Some(b"data") if end + size % 2 != bytes.len() => return Err("bytes after the data".to_owned()),
            Some(b"data") => return Ok(size / 2),
            _ => {}
        }
        at = end + size % 2;
    }
    Err("no data chunk".to_owned())
}

/// Whether no sample of a WAV that passed [`check`] exceeds -50 dB.
pub fn is_silent(bytes: &[u8]) -> bool {
    let samples = bytes.get(44..).unwrap_or_default().chunks_exact(2);
    samples.flat_map(TryInto::try_into).all(|sample| i16::from_le_bytes(sample).unsigned_abs() < 100)
}

/// A WAV, PCM 16 bit mono, of these samples at `rate` Hz.
pub fn write(rate: u32, samples: impl ExactSizeIterator<Item = i16>) -> Bytes {
    let size = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut out = Vec::with_capacity(44 + size as usize);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + size).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&(rate * 2).to_le_bytes());
    out.extend_from_slice(&2u16.to_le_bytes());
    out.extend_from_slice(&16u16.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&size.to_le_bytes());
    for sample in samples {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out.into()
}

/// A soft tone, so that a listener hears that something was spoken.
pub fn tone(rate: u32, hertz: f32, milliseconds: u32) -> Bytes {
    let count = usize::try_from(u64::from(rate) * u64::from(milliseconds) / 1000).unwrap_or(0);
    let step = TAU * hertz / rate as f32;
    write(rate, (0..count).map(|n| ((n as f32 * step).sin() * 8000.0) as i16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_its_own_and_refuses_the_rest() {
        assert_eq!(check(&tone(16_000, 440.0, 100)), Ok(1600));
        assert!(check(&tone(24_000, 440.0, 100)).unwrap_err().contains("16000"));
        assert!(check(b"OggS").is_err());
        let whole = tone(16_000, 440.0, 10);
        assert!(check(&whole[..whole.len() - 2]).is_err());
        assert_eq!(check(&tone(16_000, 440.0, 0)), Err("no samples".to_owned()));
        assert!(is_silent(&write(16_000, [0, 99, -99].into_iter())) && !is_silent(&whole));
    }
}
