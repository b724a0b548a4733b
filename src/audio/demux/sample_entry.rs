//! The codec of an MP4 or QuickTime audio track: one entry of the `stsd` box. Must not know where the samples
//! lie.

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_OPUS, CODEC_ID_VORBIS,
};

use super::super::error::AudioError;
use super::aac;
use super::aiff::coding_of;
use super::blocks::{Layout, Samples};
use super::input::Fields;
use super::stream::Coding;

pub(super) enum Entry {
    /// Coded packets.
    Coded(Coding),
    /// PCM or ADPCM samples.
    Plain(Layout),
}

/// Reads the first entry of an `stsd` box.
pub(super) fn read(stsd: &[u8]) -> Result<Entry, AudioError> {
    parse(stsd).unwrap_or(Err(AudioError::Corrupt { detail: "the track's description is cut off" }))
}

fn parse(stsd: &[u8]) -> Option<Result<Entry, AudioError>> {
    let mut fields = Fields(stsd);
    fields.bytes(8)?;
    let size = usize::try_from(fields.be32()?).ok()?;
    let id: [u8; 4] = fields.array()?;
    fields.bytes(8)?;
    let version = fields.be16()?;
    fields.bytes(6)?;
    let (mut channels, mut bits) = (fields.be16()?, fields.be16()?);
    fields.bytes(4)?;
    let mut rate = fields.be32()? >> 16;
    let rest = fields.0.get(..size.saturating_sub(36)).unwrap_or(fields.0);
    let mut flags = None;
    if version == 2 {
        let mut long = Fields(rest);
        long.bytes(4)?;
        rate = f64::from_bits(long.be64()?) as u32;
        channels = u16::try_from(long.be32()?).unwrap_or(u16::MAX);
        long.bytes(4)?;
        bits = u16::try_from(long.be32()?).unwrap_or_default();
        flags = long.be32();
    }
    Some(coded(&id, rest, channels, rate).unwrap_or_else(|| {
        let samples = match &id {
            b"lpcm" => pcm(flags.unwrap_or_default(), bits),
            b"ipcm" | b"fpcm" => iso_pcm(&id, rest),
            b"raw " if bits == 16 => coding_of(b"twos", 2),
            _ => coding_of(&id, bits.div_ceil(8)),
        };
        match samples {
            Some(samples) => Ok(Entry::Plain(Layout { samples, rate, channels })),
            None => Err(AudioError::foreign(foreign(&id))),
        }
    }))
}

/// Codecs that have a description box of their own.
fn coded(id: &[u8; 4], rest: &[u8], channels: u16, rate: u32) -> Option<Result<Entry, AudioError>> {
    let entry = |codec, extra| Some(Ok(Entry::Coded(Coding::new(codec, rate, channels, Some(extra)))));
    match id {
        b"mp4a" => Some(match inside(rest, b"esds") {
            Some(esds) => elementary(esds, channels, rate),
            None => Ok(aac_entry(aac::plain(rate, channels), channels)),
        }),
        b".mp3" | b"ms\0\x55" | b"ms\0\x50" | b".mp2" | b".mp1" => Some(Ok(Entry::Coded(Coding::Mpeg))),
        b"alac" => entry(CODEC_ID_ALAC, inside(rest, b"alac").and_then(|body| body.get(4..))?.to_vec()),
        b"fLaC" => entry(CODEC_ID_FLAC, inside(rest, b"dfLa").and_then(|body| body.get(8..42))?.to_vec()),
        b"Opus" => {
            // The fields of an Ogg `OpusHead`, but big-endian; the version field tells the decoder which.
            let head = [b"OpusHead", inside(rest, b"dOps")?].concat();
            Some(Ok(Entry::Coded(Coding::new(CODEC_ID_OPUS, 48_000, channels, Some(head)))))
        }
        _ => None,
    }
}

fn aac_entry(config: Vec<u8>, channels: u16) -> Entry {
    Entry::Coded(Coding::new(CODEC_ID_AAC, aac::rate(&config), channels, Some(config)))
}

/// The content of a box anywhere inside an entry: QuickTime nests some. The last match wins, because it is
/// the innermost.
fn inside<'a>(rest: &'a [u8], id: &[u8; 4]) -> Option<&'a [u8]> {
    let at = rest.windows(4).rposition(|four| four == id)?;
    let size = rest.get(at.checked_sub(4)?..at)?.first_chunk().map(|size| u32::from_be_bytes(*size))?;
    let body = rest.get(at + 4..)?;
    Some(body.get(..usize::try_from(size).ok()?.checked_sub(8)?).unwrap_or(body))
}

/// An `esds` box (ISO 14496-1, 7.2.6).
fn elementary(esds: &[u8], channels: u16, rate: u32) -> Result<Entry, AudioError> {
    let (kind, config) = descriptor(esds).unwrap_or((0x40, &[]));
    match kind {
        0x40 | 0x66..=0x68 if config.is_empty() => Ok(aac_entry(aac::plain(rate, channels), channels)),
        0x40 | 0x66..=0x68 => match aac::core(config, channels) {
            Ok(core) => Ok(aac_entry(core, channels)),
            Err("MP3 in an AAC track") => Ok(Entry::Coded(Coding::Mpeg)),
            Err(name) => Err(AudioError::foreign(name)),
        },
        0x69 | 0x6b => Ok(Entry::Coded(Coding::Mpeg)),
        0xdd => Ok(Entry::Coded(Coding::new(CODEC_ID_VORBIS, rate, channels, Some(xiph(config))))),
        kind => {
            let name = match kind {
                0xa5 => "AC-3",
                0xa6 => "E-AC-3",
                0xa9..=0xac => "DTS",
                0xe1 => "QCELP",
                _ => "MPEG-4 audio of another kind",
            };
            Err(AudioError::foreign(name))
        }
    }
}

/// Some writers store Vorbis as three headers with 16-bit lengths; the decoder wants them laced as in
/// Matroska.
fn xiph(config: &[u8]) -> Vec<u8> {
    let read = || {
        let mut fields = Fields(config);
        let mut headers = Vec::new();
        for _ in 0..3 {
            let size = fields.be16()?;
            headers.push(fields.bytes(usize::from(size))?);
        }
        let mut out = vec![2];
        for header in headers.iter().take(2) {
            out.extend(std::iter::repeat_n(255, header.len() / 255));
            out.push((header.len() % 255) as u8);
        }
        out.extend(headers.concat());
        Some(out)
    };
    read().unwrap_or_else(|| config.to_vec())
}

/// Object type and decoder configuration.
fn descriptor(esds: &[u8]) -> Option<(u8, &[u8])> {
    let mut fields = Fields(esds);
    fields.bytes(4)?;
    let (mut kind, mut levels) = (None, 0);
    loop {
        levels += 1;
        let tag = fields.byte()?;
        let mut length = 0usize;
        for _ in 0..4 {
            let byte = fields.byte()?;
            length = length << 7 | usize::from(byte & 127);
            if byte & 128 == 0 {
                break;
            }
        }
        match tag {
            3 => {
                fields.bytes(2)?;
                let flags = fields.byte()?;
                fields.bytes(if flags & 0x80 != 0 { 2 } else { 0 })?;
                let url = if flags & 0x40 != 0 { usize::from(fields.byte()?) } else { 0 };
                fields.bytes(url + if flags & 0x20 != 0 { 2 } else { 0 })?;
            }
            4 => {
                kind = Some(fields.byte()?);
                if length <= 13 {
                    return Some((kind?, &[]));
                }
                fields.bytes(12)?;
            }
            5 => return Some((kind?, fields.0.get(..length).unwrap_or(fields.0))),
            _ => {
                if fields.bytes(length).is_none() || levels > 16 {
                    return Some((kind?, &[]));
                }
            }
        }
    }
}

/// QuickTime's `lpcm`, which describes itself in flags.
fn pcm(flags: u32, bits: u16) -> Option<Samples> {
    let (bytes, big_endian) = (bits.div_ceil(8), flags & 2 != 0);
    Some(if flags & 1 != 0 {
        Samples::Float { bytes, big_endian }
    } else {
        Samples::Whole { bytes, big_endian, unsigned_bytes: flags & 4 == 0 }
    })
}

fn iso_pcm(id: &[u8; 4], rest: &[u8]) -> Option<Samples> {
    let &[_, _, _, _, little, bits] = inside(rest, b"pcmC")?.first_chunk::<6>()?;
    let (bytes, big_endian) = (u16::from(bits).div_ceil(8), little & 1 == 0);
    Some(if id == b"fpcm" {
        Samples::Float { bytes, big_endian }
    } else {
        Samples::Whole { bytes, big_endian, unsigned_bytes: false }
    })
}

/// The name of a codec that is not decoded.
fn foreign(id: &[u8; 4]) -> String {
    let name = match id {
        b"samr" => "AMR",
        b"sawb" | b"sawp" => "AMR-WB",
        b"ac-3" | b"sac3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b"ac-4" => "AC-4",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" | b"dtsx" => "DTS",
        b"agsm" => "GSM",
        b"QDM2" | b"QDMC" => "QDesign music",
        b"Qclp" | b"sqcp" | b"Qclq" => "QCELP",
        b"sevc" => "EVRC",
        b"MAC3" | b"MAC6" => "MACE",
        b"mha1" | b"mhm1" => "MPEG-H",
        b"spex" => "Speex",
        b"enca" | b"drms" => "protected sound",
        other => return format!("a {} track", other.escape_ascii()),
    };
    name.to_owned()
}
