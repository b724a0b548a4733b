//! The audio tracks of a Matroska file and how frames are packed (laced) in a block. Must not know where
//! blocks lie.

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_OPUS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32LE,
    CODEC_ID_PCM_F64LE, CODEC_ID_PCM_MULAW, CODEC_ID_PCM_S16BE, CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24BE,
    CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8, CODEC_ID_VORBIS,
};

use super::super::error::AudioError;
use super::aac;
use super::matroska::{element, number};
use super::stream::Coding;

const TRACK_ENTRY: u32 = 0xae;
const TRACK_NUMBER: u32 = 0xd7;
const TRACK_TYPE: u32 = 0x83;
const CODEC_ID: u32 = 0x86;
const CODEC_PRIVATE: u32 = 0x63a2;
const AUDIO: u32 = 0xe1;
const SAMPLING_FREQUENCY: u32 = 0xb5;
const CHANNELS: u32 = 0x9f;
const BIT_DEPTH: u32 = 0x6264;
const CONTENT_ENCODINGS: u32 = 0x6d80;
const CONTENT_ENCODING: u32 = 0x6240;
const CONTENT_COMPRESSION: u32 = 0x5034;
const CONTENT_ENCRYPTION: u32 = 0x5035;
const COMPRESSION_ALGORITHM: u32 = 0x4254;
const COMPRESSION_SETTINGS: u32 = 0x4255;
/// `TrackType` of audio.
const SOUND: u64 = 2;
/// `ContentCompAlgo` 3: the same first bytes are removed from every frame.
const HEADER_STRIPPING: u64 = 3;

pub(super) struct Track {
    pub(super) number: u64,
    /// First bytes that were removed from every frame.
    pub(super) stripped: Vec<u8>,
}

/// The fields of one `TrackEntry`.
struct Entry<'a> {
    number: u64,
    kind: u64,
    codec: &'a [u8],
    private: &'a [u8],
    rate: u32,
    channels: u16,
    bits: u16,
    stripped: &'a [u8],
    packed: Option<&'static str>,
}

/// The child elements of an element.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (id, size, length) = element(rest)?;
        let body = rest.get(length..)?;
        let (body, behind) = body.split_at(usize::try_from(size).unwrap_or(usize::MAX).min(body.len()));
        rest = behind;
        Some((id, body))
    })
}

fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn float(bytes: &[u8]) -> f64 {
    match (bytes.first_chunk::<8>(), bytes.first_chunk::<4>()) {
        (Some(bytes), _) => f64::from_be_bytes(*bytes),
        (_, Some(bytes)) => f64::from(f32::from_be_bytes(*bytes)),
        _ => 0.0,
    }
}

/// The first audio track that decodes.
pub(super) fn choose(tracks: &[u8]) -> Result<(Track, Coding), AudioError> {
    let mut refusal = AudioError::NoAudio;
    for (_, body) in elements(tracks).filter(|(id, _)| *id == TRACK_ENTRY) {
        let entry = read_entry(body);
        if entry.kind != SOUND {
            continue;
        }
        match coding(&entry).and_then(|coding| coding.check().map(|()| coding)) {
            Ok(coding) => {
                return Ok((Track { number: entry.number, stripped: entry.stripped.to_vec() }, coding));
            }
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

fn read_entry(body: &[u8]) -> Entry<'_> {
    let mut entry = Entry {
        number: 0,
        kind: 0,
        codec: &[],
        private: &[],
        rate: 8_000,
        channels: 1,
        bits: 16,
        stripped: &[],
        packed: None,
    };
    for (id, value) in elements(body) {
        match id {
            TRACK_NUMBER => entry.number = unsigned(value),
            TRACK_TYPE => entry.kind = unsigned(value),
            CODEC_ID => entry.codec = value,
            CODEC_PRIVATE => entry.private = value,
            AUDIO => {
                for (id, value) in elements(value) {
                    match id {
                        SAMPLING_FREQUENCY => entry.rate = float(value) as u32,
                        CHANNELS => entry.channels = unsigned(value) as u16,
                        BIT_DEPTH => entry.bits = unsigned(value) as u16,
                        _ => {}
                    }
                }
            }
            CONTENT_ENCODINGS => {
                for (_, value) in elements(value).filter(|(id, _)| *id == CONTENT_ENCODING) {
                    read_encoding(value, &mut entry);
                }
            }
            _ => {}
        }
    }
    entry
}

fn read_encoding<'a>(value: &'a [u8], entry: &mut Entry<'a>) {
    for (id, value) in elements(value) {
        match id {
            CONTENT_ENCRYPTION => entry.packed = Some("protected sound"),
            CONTENT_COMPRESSION => {
                let mut algorithm = 0;
                for (id, value) in elements(value) {
                    match id {
                        COMPRESSION_ALGORITHM => algorithm = unsigned(value),
                        COMPRESSION_SETTINGS => entry.stripped = value,
                        _ => {}
                    }
                }
                if algorithm != HEADER_STRIPPING {
                    entry.packed = Some("a track compressed once more");
                }
            }
            _ => {}
        }
    }
}

fn coding(entry: &Entry<'_>) -> Result<Coding, AudioError> {
    if let Some(packed) = entry.packed {
        return Err(AudioError::foreign(packed));
    }
    let private = || (!entry.private.is_empty()).then(|| entry.private.to_vec());
    let new = |codec, extra| Ok(Coding::new(codec, entry.rate, entry.channels, extra));
    // A codec name may be padded with zeros.
    let codec = entry.codec.split(|&byte| byte == 0).next().unwrap_or_default();
    match codec {
        b"A_OPUS" | b"A_OPUS/EXPERIMENTAL" => new(CODEC_ID_OPUS, private()),
        b"A_VORBIS" => new(CODEC_ID_VORBIS, private()),
        b"A_FLAC" => {
            let native = entry.private.strip_prefix(b"fLaC").unwrap_or(entry.private);
            new(CODEC_ID_FLAC, native.get(4..38).map(<[u8]>::to_vec))
        }
        b"A_ALAC" => new(CODEC_ID_ALAC, private()),
        b"A_MPEG/L1" | b"A_MPEG/L2" | b"A_MPEG/L3" => Ok(Coding::Mpeg),
        b"A_PCM/INT/LIT" => match entry.bits {
            8 => new(CODEC_ID_PCM_U8, None),
            16 => new(CODEC_ID_PCM_S16LE, None),
            24 => new(CODEC_ID_PCM_S24LE, None),
            _ => new(CODEC_ID_PCM_S32LE, None),
        },
        b"A_PCM/INT/BIG" => match entry.bits {
            8 => new(CODEC_ID_PCM_U8, None),
            16 => new(CODEC_ID_PCM_S16BE, None),
            24 => new(CODEC_ID_PCM_S24BE, None),
            _ => new(CODEC_ID_PCM_S32BE, None),
        },
        b"A_PCM/FLOAT/IEEE" if entry.bits == 64 => new(CODEC_ID_PCM_F64LE, None),
        b"A_PCM/FLOAT/IEEE" => new(CODEC_ID_PCM_F32LE, None),
        // A WAVEFORMATEX; its format number is all that is needed.
        b"A_MS/ACM" => match entry.private {
            [6, 0, ..] => new(CODEC_ID_PCM_ALAW, None),
            [7, 0, ..] => new(CODEC_ID_PCM_MULAW, None),
            [0x55, 0, ..] => Ok(Coding::Mpeg),
            _ => Err(AudioError::foreign("an ACM track")),
        },
        name if name.starts_with(b"A_AAC") => {
            let config = match aac::core(entry.private, entry.channels) {
                Ok(core) => core,
                Err(_) if entry.private.is_empty() => aac::plain(entry.rate, entry.channels),
                Err(name) => return Err(AudioError::foreign(name)),
            };
            Ok(Coding::new(CODEC_ID_AAC, aac::rate(&config), entry.channels, Some(config)))
        }
        name => Err(AudioError::foreign(foreign(name))),
    }
}

/// The name of a codec that is not decoded.
fn foreign(codec: &[u8]) -> String {
    let name = match codec {
        b"A_AC3" => "AC-3",
        b"A_EAC3" => "E-AC-3",
        b"A_TRUEHD" => "TrueHD",
        b"A_WAVPACK4" => "WavPack",
        b"A_TTA1" => "True Audio",
        name if name.starts_with(b"A_DTS") => "DTS",
        name if name.starts_with(b"A_REAL") => "RealAudio",
        other => return format!("a {} track", other.escape_ascii()),
    };
    name.to_owned()
}

/// The frames of a block; `None` when its stated lengths do not add up.
pub(super) fn frames(block: &[u8]) -> Option<Vec<&[u8]>> {
    let (_, length) = number(block, false)?;
    let flags = *block.get(length + 2)?;
    let mut rest = block.get(length + 3..)?;
    if flags & 0x06 == 0 {
        return Some(vec![rest]);
    }
    let (&count, behind) = rest.split_first()?;
    rest = behind;
    let mut sizes = Vec::with_capacity(usize::from(count));
    match flags & 0x06 {
        0x02 => {
            for _ in 0..count {
                let run = rest.iter().take_while(|&&byte| byte == 255).count();
                sizes.push(run * 255 + usize::from(*rest.get(run)?));
                rest = rest.get(run + 1..)?;
            }
        }
        0x04 => sizes.resize(usize::from(count), rest.len() / (usize::from(count) + 1)),
        _ => {
            let mut size = 0i64;
            for index in 0..count {
                let (value, length) = number(rest, false)?;
                rest = rest.get(length..)?;
                let value = i64::try_from(value).ok()?;
                // After the first, sizes are signed differences, stored with a bias (EBML lacing).
                let bias = (1i64 << (7 * length as u32 - 1)) - 1;
                size = if index == 0 { value } else { size.checked_add(value - bias)? };
                sizes.push(usize::try_from(size).ok()?);
            }
        }
    }
    let mut frames = Vec::with_capacity(sizes.len() + 1);
    for size in sizes {
        let (frame, behind) = rest.split_at_checked(size)?;
        frames.push(frame);
        rest = behind;
    }
    frames.push(rest);
    Some(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laced_frames_are_told_apart() {
        let block = |flags: u8, rest: &[u8]| [&[0x81, 0, 0, flags][..], rest].concat();
        assert_eq!(frames(&block(0x80, b"abc")), Some(vec![&b"abc"[..]]));
        assert_eq!(frames(&block(0x02, b"\x02\x01\x02abbccc")), Some(vec![&b"a"[..], b"bb", b"ccc"]));
        assert_eq!(frames(&block(0x04, b"\x02aabbcc")), Some(vec![&b"aa"[..], b"bb", b"cc"]));
        // EBML lacing: one byte, then two more than that, then the rest.
        assert_eq!(frames(&block(0x06, b"\x02\x81\xc1abbbcc")), Some(vec![&b"a"[..], b"bbb", b"cc"]));
        assert_eq!(frames(&block(0x02, b"\x02\xff\xff\x01a")), None);
        assert_eq!(frames(b"\x81\0"), None);
    }

    #[test]
    fn sizes_without_end_are_told() {
        assert_eq!(number(&[0x81], false), Some((1, 1)));
        assert_eq!(number(&[0xff], false), Some((u64::MAX, 1)));
        assert_eq!(number(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], false), Some((u64::MAX, 8)));
        assert_eq!(number(&[0x40, 0x02], false), Some((2, 2)));
        assert_eq!(number(&[0x1a, 0x45, 0xdf, 0xa3], true), Some((0x1a45_dfa3, 4)));
        assert_eq!(number(&[0], false), None);
        assert_eq!(number(&[0x08, 0, 0, 0, 0], true), None);
    }
}
