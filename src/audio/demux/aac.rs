//! The description of an AAC stream in MP4 and Matroska (AudioSpecificConfig, ISO 14496-3), reduced to its
//! AAC-LC core. HE-AAC adds bands and a second channel to a plain AAC-LC stream that every decoder plays, so
//! how these are announced makes no difference here. Must not know containers.

/// Reads bits, most significant first; zeros beyond the end.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> u32 {
        (0..count).fold(0, |value, _| {
            let byte = self.bytes.get(self.at / 8).copied().unwrap_or_default();
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }

    fn object_type(&mut self) -> u32 {
        match self.take(5) {
            31 => 32 + self.take(6),
            other => other,
        }
    }

    /// Index of a sample rate (15: none), and the rate in Hz where it is written out.
    fn rate(&mut self) -> (u32, u32) {
        match self.take(4) {
            15 => (15, self.take(24)),
            index => (index, 0),
        }
    }
}

/// AAC Low Complexity.
const LC: u32 = 2;
/// Spectral band replication (HE-AAC).
const SBR: u32 = 5;
const PS: u32 = 29;

/// Reduces an AudioSpecificConfig to that of its AAC-LC core. `Err` names a kind of AAC that has no such
/// core.
pub(super) fn core(config: &[u8], channels: u16) -> Result<Vec<u8>, &'static str> {
    let mut bits = Bits { bytes: config, at: 0 };
    let mut object = bits.object_type();
    let (index, rate) = bits.rate();
    let mut layout = bits.take(4);
    if object == SBR || object == PS {
        let _ = bits.rate();
        object = bits.object_type();
    }
    // The main profile and LTP differ in tools that encoders hardly ever use.
    match object {
        1 | LC | 4 => {}
        42 => return Err("xHE-AAC"),
        23 | 39 => return Err("low-delay AAC"),
        34 => return Err("MP3 in an AAC track"),
        _ => return Err("this kind of AAC"),
    }
    if bits.take(1) == 1 {
        return Err("AAC with frames of 960 samples");
    }
    if layout == 0 {
        // 0 means that the layout is told inside the frames, which one or two channels do not need.
        layout = u32::from(channels.clamp(1, 2));
    }
    let (mut value, mut length) = (u64::from(LC) << 4 | u64::from(index), 9);
    if index == 15 {
        value = value << 24 | u64::from(rate);
        length += 24;
    }
    value = value << 7 | u64::from(layout) << 3;
    length += 7;
    Ok((0..length / 8).rev().map(|byte| (value >> (8 * byte)) as u8).collect())
}

/// A description for a stream that comes without one.
pub(super) fn plain(rate: u32, channels: u16) -> Vec<u8> {
    let value =
        u64::from(LC) << 35 | 15 << 31 | u64::from(rate & 0xff_ffff) << 7 | u64::from(channels & 15) << 3;
    (0..5).rev().map(|byte| (value >> (8 * byte)) as u8).collect()
}

/// The sample rate in Hz that a description made by [`core`] states.
pub(super) fn rate(config: &[u8]) -> u32 {
    let mut bits = Bits { bytes: config, at: 0 };
    bits.object_type();
    let rates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ];
    match bits.rate() {
        (15, rate) => rate,
        (index, _) => rates.get(index as usize).copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_announcement_comes_down_to_the_same_core() {
        // 22,050 Hz, two channels: plain; explicit SBR; SBR announced at the end; explicit SBR and PS on one
        // channel.
        let plain_core = vec![0x13, 0x90];
        assert_eq!(core(&[0x13, 0x90], 2), Ok(plain_core.clone()));
        assert_eq!(core(&[0x2b, 0x92, 0x08, 0x00], 2), Ok(plain_core.clone()));
        assert_eq!(core(&[0x13, 0x90, 0x56, 0xe5, 0xa0], 2), Ok(plain_core));
        assert_eq!(core(&[0xeb, 0x8a, 0x08, 0x00], 1), Ok(vec![0x13, 0x88]));
        assert_eq!(rate(&[0x13, 0x90]), 22_050);
        assert_eq!(rate(&plain(44_101, 1)), 44_101);
        assert_eq!(core(&plain(44_101, 1), 1), Ok(plain(44_101, 1)));
        assert_eq!(core(&[0x13, 0x80], 1), Ok(vec![0x13, 0x88]));
        assert_eq!(core(&[0x13, 0x94], 2), Err("AAC with frames of 960 samples"));
        assert_eq!(core(&[0xf9, 0x46, 0x40], 2), Err("xHE-AAC"));
        assert!(core(&[], 2).is_err());
    }
}
