//! How much work a recording may be, whatever its container: what no recorder makes, and a file built to cost is full of.
//!
//! These end the common bomb in milliseconds; what slips through meets the worker's limits on memory and time.

use super::error::AudioError;
use super::{WAV_RATE, resample};

/// Packets in a row that give no sound: a minute of the usual 20 ms. Longest in earnest is the 1.4 s an Opus header may ask
/// to be dropped, in packets of 2.5 ms: some 550.
const MAX_BARREN: u32 = 3_000;
/// Links of a chain: a day of voice notes joined into one file has hundreds. Each costs a decoder.
const MAX_LINKS: u32 = 4_096;
/// Points of all the transforms made to convert sample rates: each link of a joined file may have another rate than the one
/// before. At the usual rates a change costs some 1,000, at odd ones up to 384,000 (and 50 ms).
const MAX_POINTS: usize = 2_000_000;
/// What a change of the rate costs at least.
const MIN_POINTS: usize = 1_000;
/// How often over the bytes of a file may be handed out as packets: once in earnest, more where an index points at the same
/// bytes again and again.
const MAX_READ_OVER: u64 = 4;
/// Beginnings of logical Ogg streams one after the other: a video with its languages has a handful.
pub(super) const MAX_STREAMS: usize = 16;

/// What has been spent on a recording so far.
pub(super) struct Effort {
    bytes_left: u64,
    barren: u32,
    links: u32,
    rate: u32,
    points_left: usize,
}

impl Effort {
    /// For a file of so many bytes.
    pub(super) fn new(size: u64) -> Self {
        // A damaged stream's missing packets are filled in by some bytes that are not in the file.
        let bytes_left = size.saturating_mul(MAX_READ_OVER).saturating_add(1 << 20);
        Self { bytes_left, barren: 0, links: 0, rate: 0, points_left: MAX_POINTS }
    }

    /// A packet of so many bytes.
    pub(super) fn packet(&mut self, bytes: usize) -> Result<(), AudioError> {
        self.bytes_left = self
            .bytes_left
            .checked_sub(bytes as u64)
            .ok_or(AudioError::Costly { detail: "its index points at the same bytes again and again" })?;
        Ok(())
    }

    /// The packet gave sound, or not. False: there is no point in going on.
    pub(super) fn heard(&mut self, sound: bool) -> bool {
        self.barren = if sound { 0 } else { self.barren + 1 };
        self.barren < MAX_BARREN
    }

    /// The next link of a chain begins.
    pub(super) fn link(&mut self) -> Result<(), AudioError> {
        count(&mut self.links, MAX_LINKS, "links of a chain")
    }

    /// Sound at this rate comes next.
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
