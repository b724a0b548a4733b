//! Recordings damaged at random; the same seed damages the same way. Shared by the tests and the bench that
//! runs many of them. Must not know how a recording is read.

/// A small generator with a fixed sequence (xorshift), so that a failure can be repeated.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }
}

/// The `n`th broken file made of these, with the name of the one it was made of.
pub fn broken(n: u64, whole: &[(String, Vec<u8>)]) -> (&str, Vec<u8>) {
    let mut random = Random(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    // The first numbers follow the seed too closely.
    for _ in 0..8 {
        random.below(2);
    }
    let (name, bytes) = &whole[random.below(whole.len())];
    let mut bytes = bytes.clone();
    for _ in 0..=random.below(3) {
        pieces(&mut random, &mut bytes, whole);
    }
    // A wrong checksum would keep most of it from being looked at.
    if bytes.starts_with(b"OggS") && random.below(4) > 0 {
        right_checksums(&mut bytes);
    }
    (name, bytes)
}

fn pieces(random: &mut Random, bytes: &mut Vec<u8>, whole: &[(String, Vec<u8>)]) {
    if bytes.is_empty() {
        return;
    }
    // Mostly in the first bytes, where the lengths are.
    let reach = if random.below(3) == 0 { bytes.len() } else { bytes.len().min(600) };
    let at = random.below(reach);
    match random.below(12) {
        0..=4 => {
            for _ in 0..=random.below(8) {
                let at = random.below(reach);
                bytes[at] = match random.below(4) {
                    0 => 0xff,
                    1 => 0,
                    2 => bytes[at] ^ 1 << random.below(8),
                    _ => random.below(256) as u8,
                };
            }
        }
        // A number of four bytes: a length, a count, a position.
        5..=7 => {
            let odd = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0xffff_0000, bytes.len() as u32];
            let number = odd[random.below(odd.len())];
            let number = if random.below(2) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
            bytes.iter_mut().skip(at).zip(number).for_each(|(byte, new)| *byte = new);
        }
        8 => bytes.truncate(at.max(1)),
        9 => {
            let end = (at + random.below(2_000)).min(bytes.len());
            bytes.drain(at..end);
        }
        10 => {
            let end = (at + random.below(2_000)).min(bytes.len());
            let again = bytes[at..end].repeat(1 + random.below(20));
            bytes.splice(at..at, again);
        }
        _ => {
            let (_, other) = &whole[random.below(whole.len())];
            let from = random.below(other.len());
            let end = (from + random.below(4_000)).min(other.len());
            bytes.splice(at..at, other[from..end].iter().copied());
        }
    }
}

/// Gives each Ogg page the checksum of what it holds.
fn right_checksums(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|four| four == b"OggS") {
        at += found;
        let segments = usize::from(bytes.get(at + 26).copied().unwrap_or_default());
        let lacing = bytes.get(at + 27..at + 27 + segments).unwrap_or_default();
        let end = at + 27 + segments + lacing.iter().map(|&n| usize::from(n)).sum::<usize>();
        if let Some(page) = bytes.get_mut(at..end).filter(|page| page.len() >= 27) {
            page[22..26].fill(0);
            let sum = checksum(page);
            page[22..26].copy_from_slice(&sum.to_le_bytes());
        }
        at += 4;
    }
}

/// Ogg's (RFC 3533): polynomial 0x04c11db7, from 0, nothing reflected.
pub fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let (mut sum, mut bit) = ((n as u32) << 24, 0);
            while bit < 8 {
                sum = if sum & 0x8000_0000 != 0 { (sum << 1) ^ 0x04c1_1db7 } else { sum << 1 };
                bit += 1;
            }
            table[n] = sum;
            n += 1;
        }
        table
    };
    bytes.iter().fold(0, |sum: u32, byte| (sum << 8) ^ TABLE[usize::from((sum >> 24) as u8 ^ byte)])
}
