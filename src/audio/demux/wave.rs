//! All variants of WAV (RIFF, RIFX, RF64, BW64; plain and extensible formats): finds the samples and their
//! format. Unneeded header fields are not looked at. Must not know how samples are decoded.

use std::ops::Range;

use super::super::error::AudioError;
use super::blocks::{Layout, Samples, Takes};
use super::chunks::Chunks;
use super::input::{Fields, Input};
use super::mpeg::MpegAudio;
use super::stream::Demuxer;

/// Joined files that are followed, at most.
const MAX_TAKES: usize = 256;

/// The format chunk (`fmt `).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Blocks(Layout),
    Mpeg,
    Foreign(u16),
}

pub(super) fn is_wave(head: &[u8]) -> bool {
    [b"RIFF", b"RIFX", b"RF64", b"BW64"].iter().any(|id| head.starts_with(*id))
        && head.get(8..12) == Some(b"WAVE")
}

/// `start`: offset of the RIFF header in the input.
pub(super) fn open(mut input: Input, start: u64) -> Result<Box<dyn Demuxer>, AudioError> {
    let big_endian = input.read_at(start, 4)? == b"RIFX";
    let mut chunks = Chunks::new(start, big_endian);
    let (mut format, mut samples, mut long, mut takes) = (None, None, None, Vec::new());
    let mut searched = false;
    loop {
        let Some(chunk) = chunks.next(&mut input)? else {
            if takes.is_empty() && samples.is_none() && !searched {
                searched = true;
                if chunks.search(&mut input, start + 12, b"data")? {
                    continue;
                }
            }
            break;
        };
        match &chunk.id {
            b"RIFF" | b"RIFX" | b"RF64" | b"BW64" if takes.len() < MAX_TAKES => {
                // Another file may follow; its own headers apply from here.
                chunks.enter(&chunk);
                (format, samples, long) = (None, None, None);
            }
            b"fmt " => {
                let bytes = input.read_at(chunk.body.start, 64)?;
                let size = usize::try_from(chunk.body.end - chunk.body.start).unwrap_or(usize::MAX);
                format = read_format(bytes.get(..size).unwrap_or(&bytes), big_endian);
            }
            b"ds64" => {
                let bytes = input.read_at(chunk.body.start, 16)?;
                long = bytes.get(8..16).and_then(|b| b.first_chunk()).map(|b| u64::from_le_bytes(*b));
            }
            b"data" => {
                let stated = if chunk.stated == u32::MAX { long } else { Some(u64::from(chunk.stated)) };
                let end = chunks.end_of_samples(&mut input, &chunk.body, stated)?;
                chunks.go_to(&mut input, end)?;
                samples = Some(chunk.body.start..end);
            }
            _ => {}
        }
        if let (Some(known), Some(range)) = (format, samples.clone()) {
            takes.push((known, range));
            samples = None;
        }
    }
    begin(input, takes)
}

fn begin(mut input: Input, takes: Vec<(Format, Range<u64>)>) -> Result<Box<dyn Demuxer>, AudioError> {
    let damaged = AudioError::Corrupt { detail: "a WAV file without its samples or their format" };
    match takes.first().ok_or(damaged)? {
        (Format::Mpeg, range) => {
            input.seek(range.start)?;
            match MpegAudio::find(input, range.end)? {
                Some(frames) => Ok(Box::new(frames)),
                None => Err(AudioError::NoAudio),
            }
        }
        (Format::Foreign(tag), _) => Err(AudioError::foreign(foreign(*tag))),
        (Format::Blocks(_), _) => {
            let blocks = takes.into_iter().filter_map(|(format, range)| match format {
                Format::Blocks(layout) => Some((layout, range)),
                _ => None,
            });
            Ok(Box::new(Takes::new(input, blocks.collect())?))
        }
    }
}

/// Reads the format chunk; `None` when it is too short.
fn read_format(bytes: &[u8], big_endian: bool) -> Option<Format> {
    let mut fields = Fields(bytes);
    let mut u16 = || {
        let pair = fields.array::<2>()?;
        Some(if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let (mut tag, channels) = (u16()?, u16()?);
    let (low, high) = (u16()?, u16()?);
    let rate = if big_endian {
        u32::from(low) << 16 | u32::from(high)
    } else {
        u32::from(high) << 16 | u32::from(low)
    };
    let (_, _, align, bits) = (u16()?, u16()?, u16()?, u16()?);
    if tag == 0xfffe {
        // WAVE_FORMAT_EXTENSIBLE: the first two bytes of the GUID are the real format number.
        let sub = bytes.get(24..26)?.first_chunk::<2>()?;
        tag = if big_endian { u16::from_be_bytes(*sub) } else { u16::from_le_bytes(*sub) };
    }
    // The container size (block size / channels) counts: samples may take more bytes than their bits need.
    let by_bits = bits.div_ceil(8);
    let by_align = align.checked_div(channels).unwrap_or_default();
    let exact = align == by_align * channels;
    let bytes = if exact && by_align >= by_bits && (1..=8).contains(&by_align) { by_align } else { by_bits };
    let samples = match tag {
        1 => Samples::Whole { bytes, big_endian, unsigned_bytes: true },
        2 => Samples::MsAdpcm { block: align },
        3 => Samples::Float { bytes, big_endian },
        6 => Samples::ALaw,
        7 => Samples::MuLaw,
        0x11 => Samples::ImaAdpcm { block: align },
        0x50 | 0x55 => return Some(Format::Mpeg),
        other => return Some(Format::Foreign(other)),
    };
    Some(Format::Blocks(Layout { samples, rate, channels }))
}

/// The name of a format that is not decoded, by its number.
fn foreign(tag: u16) -> String {
    let name = match tag {
        0x31 | 0x32 => "GSM 6.10",
        0x40 | 0x45 | 0x64 | 0x65 => "G.726",
        0x14 | 0x42 => "G.723",
        0x83 => "G.729",
        0x22 => "TrueSpeech",
        0xa109 => "Speex",
        0xff | 0x1600 | 0x1610 => "AAC in WAV",
        0x160..=0x163 => "Windows Media Audio",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        0xf1ac => "FLAC in WAV",
        other => return format!("WAV format {other:#06x}"),
    };
    name.to_owned()
}
