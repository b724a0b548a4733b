//! AIFF and AIFF-C: finds the samples and their format. Must not know how samples are decoded.

use super::super::error::AudioError;
use super::blocks::{Layout, Samples, Takes};
use super::chunks::Chunks;
use super::input::{Fields, Input};
use super::stream::Demuxer;

pub(super) fn is_aiff(head: &[u8]) -> bool {
    head.starts_with(b"FORM") && matches!(head.get(8..12), Some(b"AIFF" | b"AIFC"))
}

/// `start`: offset of the `FORM` header in the input.
pub(super) fn open(mut input: Input, start: u64) -> Result<Box<dyn Demuxer>, AudioError> {
    let compressed = input.read_at(start + 8, 4)? == b"AIFC";
    let mut chunks = Chunks::new(start + 12, true);
    let (mut layout, mut samples) = (None, None);
    let mut searched = false;
    loop {
        let Some(chunk) = chunks.next(&mut input)? else {
            if samples.is_none() && !searched {
                searched = true;
                if chunks.search(&mut input, start + 12, b"SSND")? {
                    continue;
                }
            }
            break;
        };
        match &chunk.id {
            b"COMM" if layout.is_none() => {
                layout = common(&input.read_at(chunk.body.start, 22)?, compressed);
            }
            b"SSND" if samples.is_none() => {
                let stated = Some(u64::from(chunk.stated));
                let end = chunks.end_of_samples(&mut input, &chunk.body, stated)?;
                chunks.go_to(&mut input, end)?;
                // Two numbers precede the samples: how many bytes to skip, and a block size that nobody uses.
                let offset = Fields(&input.read_at(chunk.body.start, 4)?).be32().unwrap_or_default();
                let first = chunk.body.start.saturating_add(8);
                let begin = first.saturating_add(u64::from(offset));
                samples = Some(if begin < end { begin } else { first }..end);
            }
            _ => {}
        }
        if layout.is_some() && samples.is_some() {
            break;
        }
    }
    let damaged = AudioError::Corrupt { detail: "an AIFF file without its samples or their format" };
    let (Some(layout), Some(samples)) = (layout, samples) else { return Err(damaged) };
    Ok(Box::new(Takes::new(input, vec![(layout?, samples)])?))
}

/// Reads the `COMM` chunk, which describes the samples; `None` when it is too short.
fn common(bytes: &[u8], compressed: bool) -> Option<Result<Layout, AudioError>> {
    let mut fields = Fields(bytes);
    let (channels, _, bits) = (fields.be16()?, fields.be32()?, fields.be16()?);
    let rate = extended(fields.array()?);
    let coding = if compressed { fields.array()? } else { *b"NONE" };
    Some(match coding_of(&coding, bits.div_ceil(8)) {
        Some(samples) => Ok(Layout { samples, rate, channels }),
        None => Err(AudioError::foreign(format!("AIFF with {} sound", coding.escape_ascii()))),
    })
}

/// Apple's four-letter codings, the same in AIFF-C and QuickTime.
pub(super) fn coding_of(letters: &[u8; 4], bytes: u16) -> Option<Samples> {
    let whole = |bytes, big_endian| Samples::Whole { bytes, big_endian, unsigned_bytes: false };
    let float = |bytes| Samples::Float { bytes, big_endian: true };
    Some(match letters {
        b"NONE" | b"twos" => whole(bytes, true),
        b"sowt" => whole(bytes, false),
        b"raw " => Samples::Whole { bytes, big_endian: true, unsigned_bytes: true },
        b"in24" => whole(3, true),
        b"in32" => whole(4, true),
        b"42ni" => whole(3, false),
        b"23ni" => whole(4, false),
        b"fl32" | b"FL32" => float(4),
        b"fl64" | b"FL64" => float(8),
        b"ulaw" | b"ULAW" => Samples::MuLaw,
        b"alaw" | b"ALAW" => Samples::ALaw,
        b"ima4" => Samples::QuickTimeAdpcm,
        _ => return None,
    })
}

/// Sample rates are stored as 80-bit floating-point numbers. Returns 0 for what does not fit 32 bits.
fn extended([e0, e1, m @ ..]: [u8; 10]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([e0, e1]) & 0x7fff) - 16_383;
    let mantissa = u64::from_be_bytes(m);
    match exponent {
        0..=31 => u32::try_from(mantissa >> (63 - exponent)).unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::extended;

    #[test]
    fn rates_are_read() {
        assert_eq!(extended([0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(extended([0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]), 8_000);
        assert_eq!(extended([0x7f, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0]), 0);
        assert_eq!(extended([0; 10]), 0);
    }
}
