//! One Ogg page (RFC 3533, section 6): reads it from a byte window and writes it back with a correct
//! checksum. Must not know what the packets hold.

/// Bytes before the lacing values.
const HEADER: usize = 27;
/// Bytes of the largest page.
pub(super) const MAX_PAGE: usize = HEADER + 255 + 255 * 255;
/// First bytes of every page.
pub(super) const MARKER: &[u8; 4] = b"OggS";

/// Flag: the page begins with the rest of a packet.
pub(super) const CONTINUED: u8 = 1;
/// Flag: first page of a logical stream.
pub(super) const FIRST: u8 = 2;
/// Flag: last page of a logical stream.
pub(super) const LAST: u8 = 4;
/// Granule position of a page on which no packet ends.
pub(super) const NO_GRANULE: u64 = u64::MAX;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// [`CONTINUED`], [`FIRST`], [`LAST`].
    pub(super) flags: u8,
    /// Granule position (48 kHz samples for Opus) at the end of the last packet that ends on this page.
    pub(super) granule: u64,
    /// Logical stream it belongs to.
    pub(super) serial: u32,
    /// Page number within the logical stream.
    pub(super) sequence: u32,
    /// Lengths of the segments; a length below 255 ends a packet.
    pub(super) lacing: Vec<u8>,
    pub(super) body: Vec<u8>,
}

/// What is at the beginning of a byte window.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sighting {
    /// A page, its length in bytes, and whether its checksum is right.
    Page(Page, usize, bool),
    /// The beginning of a page that the end of the input cuts off.
    Cut(Page),
    Nothing,
}

/// `window` begins with [`MARKER`] and holds [`MAX_PAGE`] bytes, unless the input ends before.
pub(super) fn look(window: &[u8]) -> Sighting {
    let Some((header, rest)) = window.split_first_chunk::<HEADER>() else { return Sighting::Nothing };
    let [b'O', b'g', b'g', b'S', 0, flags, rest_of_header @ ..] = header else { return Sighting::Nothing };
    let [g0, g1, g2, g3, g4, g5, g6, g7, s0, s1, s2, s3, n0, n1, n2, n3, c0, c1, c2, c3, segments] =
        *rest_of_header;
    if flags & !(CONTINUED | FIRST | LAST) != 0 {
        return Sighting::Nothing;
    }
    let mut page = Page {
        flags: *flags,
        granule: u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, g7]),
        serial: u32::from_le_bytes([s0, s1, s2, s3]),
        sequence: u32::from_le_bytes([n0, n1, n2, n3]),
        ..Page::default()
    };
    let Some((lacing, rest)) = rest.split_at_checked(usize::from(segments)) else {
        return Sighting::Nothing;
    };
    page.lacing = lacing.to_vec();
    let length = lacing.iter().map(|&n| usize::from(n)).sum::<usize>();
    let Some(body) = rest.get(..length) else {
        page.body = rest.to_vec();
        return Sighting::Cut(page);
    };
    page.body = body.to_vec();
    let stated = u32::from_le_bytes([c0, c1, c2, c3]);
    let intact = page.checksum() == stated;
    Sighting::Page(page, HEADER + lacing.len() + length, intact)
}

impl Page {
    /// Appends the page to `out` with the correct checksum.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header(self.checksum()));
        out.extend_from_slice(&self.lacing);
        out.extend_from_slice(&self.body);
    }

    /// Lengths in bytes of the packets and parts of packets on this page, and whether each ends here.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (usize, bool)> {
        self.lacing
            .chunk_by(|&segment, _| segment == 255)
            .map(|run| (run.iter().map(|&n| usize::from(n)).sum(), run.last().is_some_and(|&n| n < 255)))
    }

    /// Whether the page ends in the middle of a packet.
    pub(super) fn ends_open(&self) -> bool {
        self.lacing.last() == Some(&255)
    }

    /// Reduces a cut page to its whole packets. `false` when there are none.
    pub(super) fn keep_whole_packets(&mut self) -> bool {
        let (mut bytes, mut segments, mut whole) = (0, 0, (0, 0));
        for &segment in &self.lacing {
            bytes += usize::from(segment);
            segments += 1;
            if bytes > self.body.len() {
                break;
            }
            if segment < 255 {
                whole = (segments, bytes);
            }
        }
        self.lacing.truncate(whole.0);
        self.body.truncate(whole.1);
        whole.0 > 0
    }

    /// Removes the first packet or part of a packet; returns its bytes and whether it ends on this page.
    pub(super) fn take_first_piece(&mut self) -> Option<(Vec<u8>, bool)> {
        let (length, ends) = self.pieces().next()?;
        let segments = length / 255 + usize::from(ends);
        self.lacing.drain(..segments.min(self.lacing.len()));
        let piece = self.body.drain(..length.min(self.body.len())).collect();
        Some((piece, ends))
    }

    fn header(&self, checksum: u32) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MARKER);
        header.extend_from_slice(&[0, self.flags]);
        header.extend_from_slice(&self.granule.to_le_bytes());
        header.extend_from_slice(&self.serial.to_le_bytes());
        header.extend_from_slice(&self.sequence.to_le_bytes());
        header.extend_from_slice(&checksum.to_le_bytes());
        // At most 255 segments: every list comes from a page or is built shorter than that.
        header.push(u8::try_from(self.lacing.len()).unwrap_or(u8::MAX));
        header
    }

    pub(super) fn checksum(&self) -> u32 {
        crc(crc(crc(0, &self.header(0)), &self.lacing), &self.body)
    }
}

/// The CRC of RFC 3533: polynomial 0x04c11db7, most significant bit first, no inversion.
fn crc(start: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(start, |crc, &byte| {
        let index = (crc >> 24) as u8 ^ byte;
        (crc << 8) ^ CRC_TABLE.get(usize::from(index)).copied().unwrap_or_default()
    })
}

static CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut index = 0u32;
    while let Some((entry, later)) = rest.split_first_mut() {
        let mut value = index << 24;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 0x8000_0000 == 0 { value << 1 } else { (value << 1) ^ 0x04c1_1db7 };
            bit += 1;
        }
        *entry = value;
        index += 1;
        rest = later;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A page with these packets; `open` leaves the last one unfinished.
    fn page(packets: &[Vec<u8>], open: bool) -> Page {
        let mut page = Page { flags: FIRST, granule: 7, serial: 8, sequence: 9, ..Page::default() };
        for (index, packet) in packets.iter().enumerate() {
            page.body.extend(packet);
            page.lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
            if !(open && index + 1 == packets.len()) {
                page.lacing.push((packet.len() % 255) as u8);
            }
        }
        page
    }

    #[test]
    fn the_checksum_is_that_of_a_page_libogg_wrote() {
        // The header page of a file made by opusenc.
        let bytes = b"OggS\0\x02\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x81\x0b\x35\x2f\
            \x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00";
        let Sighting::Page(page, length, true) = look(bytes) else { panic!("no intact page") };
        assert_eq!(length, bytes.len());
        let mut written = Vec::new();
        page.write(&mut written);
        assert_eq!(written, bytes);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(lengths in prop::collection::vec(0usize..700, 0..12), cut in 0usize..9_000) {
            let packets: Vec<Vec<u8>> = lengths.iter().map(|&n| vec![n as u8; n]).collect();
            let whole = page(&packets, false);
            let mut bytes = Vec::new();
            whole.write(&mut bytes);
            prop_assert_eq!(look(&bytes), Sighting::Page(whole.clone(), bytes.len(), true));
            let pieces: Vec<_> = whole.pieces().collect();
            prop_assert_eq!(pieces, lengths.iter().map(|&n| (n, true)).collect::<Vec<_>>());
            // Cut anywhere, what is left is never more than the whole packets.
            let cut = cut % bytes.len();
            if let Sighting::Cut(mut part) = look(bytes.get(..cut).unwrap()) {
                let kept = part.keep_whole_packets();
                let whole_count = part.pieces().count();
                prop_assert!(part.pieces().all(|(_, ends)| ends));
                prop_assert_eq!(kept, whole_count > 0);
                prop_assert_eq!(part.body.len(), lengths.iter().take(whole_count).sum::<usize>());
            }
        }

        #[test]
        fn taking_pieces_takes_all(lengths in prop::collection::vec(0usize..700, 1..12), open in any::<bool>()) {
            let mut packets: Vec<Vec<u8>> = lengths.iter().map(|&n| vec![n as u8; n]).collect();
            // A packet that continues on the next page has a multiple of 255 bytes here.
            if open && let Some(last) = packets.last_mut() {
                last.resize(510, 1);
            }
            let mut page = page(&packets, open);
            prop_assert_eq!(page.ends_open(), open);
            for (index, packet) in packets.iter().enumerate() {
                let ends = !(open && index + 1 == packets.len());
                prop_assert_eq!(page.take_first_piece(), Some((packet.clone(), ends)));
            }
            prop_assert_eq!(page.take_first_piece(), None);
            prop_assert!(page.body.is_empty() && page.lacing.is_empty());
        }
    }
}
