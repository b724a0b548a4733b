//! Limits on the work one recording may cost, whatever its container. Real recorders stay far below them; a
//! file built to waste CPU does not.
//!
//! They stop the common decompression bombs within milliseconds. What slips through meets the worker's limits
//! on memory and time. Must not know containers or codecs.

use super::error::AudioError;
use super::{WAV_RATE, resample};

/// Packets in a row that may give no sound: one minute of the usual 20 ms packets. The longest legitimate run
/// is the 1.4 s of pre-skip that an Opus header may ask for, some 550 packets of 2.5 ms.
const MAX_BARREN: u32 = 3_000;
/// Links of a chained file. A day of voice notes joined into one file has hundreds; each link costs a new
/// decoder.
const MAX_LINKS: u32 = 4_096;
/// Total size, in FFT points, of all the transforms built to convert sample rates: each link of a joined file
/// may have a rate of its own. A change between usual rates costs some 1,000 points, an odd one up to 384,000
/// (50 ms).
const MAX_POINTS: usize = 2_000_000;
/// Fewest points that a change of the sample rate is charged with.
const MIN_POINTS: usize = 1_000;
/// How many times the size of the file may be handed out as packets. A normal file is read once; an index
/// that points at the same bytes again and again goes beyond.
const MAX_READ_OVER: u64 = 4;
/// First pages of logical Ogg streams in a row. A video with sound in several languages has a handful.
pub(super) const MAX_STREAMS: usize = 16;

/// What a recording has cost so far.
pub(super) struct Effort {
    bytes_left: u64,
    barren: u32,
    links: u32,
    rate: u32,
    points_left: usize,
}

impl Effort {
    /// `size`: bytes of the file.
    pub(super) fn new(size: u64) -> Self {
        // Concealing lost packets of a damaged stream adds some bytes that are not in the file.
        let bytes_left = size.saturating_mul(MAX_READ_OVER).saturating_add(1 << 20);
        Self { bytes_left, barren: 0, links: 0, rate: 0, points_left: MAX_POINTS }
    }

    /// Counts a packet of `bytes` bytes.
    pub(super) fn packet(&mut self, bytes: usize) -> Result<(), AudioError> {
        self.bytes_left = self
            .bytes_left
            .checked_sub(bytes as u64)
            .ok_or(AudioError::Costly { detail: "its index points at the same bytes again and again" })?;
        Ok(())
    }

    /// Counts a packet by whether it gave sound. `false`: too many silent packets, stop decoding.
    pub(super) fn heard(&mut self, sound: bool) -> bool {
        self.barren = if sound { 0 } else { self.barren + 1 };
        self.barren < MAX_BARREN
    }

    /// Counts the next link of a chain.
    pub(super) fn link(&mut self) -> Result<(), AudioError> {
        count(&mut self.links, MAX_LINKS, "links of a chain")
    }

    /// Counts a change of the sample rate (Hz).
    pub(super) fn rate(&mut self, rate: u32) -> Result<(), AudioError> {
        if std::mem::replace(&mut self.rate, rate) == rate {
            return Ok(());
        }
        let cost = resample::block(rate as usize, WAV_RATE as usize).max(MIN_POINTS);
        let left = self.points_left.checked_sub(cost);
        self.points_left = left.ok_or(AudioError::Costly { detail: "changes of the sample rate" })?;
        Ok(())
    }
}

fn count(counter: &mut u32, most: u32, detail: &'static str) -> Result<(), AudioError> {
    *counter += 1;
    if *counter > most { Err(AudioError::Costly { detail }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundreds_of_joined_recordings_are_within_bounds_and_costly_tables_are_not() {
        let mut joined = Effort::new(10 << 20);
        for n in 0..1_000 {
            joined.link().unwrap();
            joined.rate(if n % 2 == 0 { 48_000 } else { 44_100 }).unwrap();
            (0..546).for_each(|_| assert!(joined.heard(false)));
            assert!(joined.heard(true));
        }
        let mut bomb = Effort::new(51_200);
        let primes = [191_999, 191_997, 191_993, 191_989];
        let built = primes.iter().cycle().take_while(|rate| bomb.rate(**rate).is_ok()).count();
        assert!((4..8).contains(&built), "{built}");
    }

    #[test]
    fn each_kind_of_work_comes_to_an_end() {
        let mut effort = Effort::new(1_000);
        assert!(!(0..MAX_BARREN).all(|_| effort.heard(false)));
        assert!((0..=MAX_LINKS).any(|_| effort.link().is_err()));
        assert!((0..20_000).any(|_| effort.packet(1_000).is_err()));
    }
}
