//! Ogg pages read and written by the tests' own code, so that the code under test does not judge itself. Must
//! not know `src/audio`.

use super::voice;

/// One Ogg page of a test file.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) flags: u8,
    pub(super) granule: u64,
    pub(super) serial: u32,
    pub(super) sequence: u32,
    pub(super) checksum: u32,
    pub(super) lacing: Vec<u8>,
    pub(super) body: Vec<u8>,
}

pub(super) fn pages(bytes: &[u8]) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let p = &bytes[at..];
        assert_eq!(&p[..5], b"OggS\0");
        let lacing = p[27..27 + usize::from(p[26])].to_vec();
        let length: usize = lacing.iter().map(|&n| usize::from(n)).sum();
        let start = 27 + lacing.len();
        pages.push(Page {
            flags: p[5],
            granule: u64::from_le_bytes(p[6..14].try_into().unwrap()),
            serial: u32::from_le_bytes(p[14..18].try_into().unwrap()),
            sequence: u32::from_le_bytes(p[18..22].try_into().unwrap()),
            checksum: u32::from_le_bytes(p[22..26].try_into().unwrap()),
            body: p[start..start + length].to_vec(),
            lacing,
        });
        at += start + length;
    }
    pages
}

impl Page {
    pub(super) fn bytes(&self, checksum: u32) -> Vec<u8> {
        let mut out = b"OggS\0".to_vec();
        out.push(self.flags);
        out.extend(self.granule.to_le_bytes());
        out.extend(self.serial.to_le_bytes());
        out.extend(self.sequence.to_le_bytes());
        out.extend(checksum.to_le_bytes());
        out.push(self.lacing.len() as u8);
        out.extend(&self.lacing);
        out.extend(&self.body);
        out
    }

    pub(super) fn right_checksum(&self) -> u32 {
        self.bytes(0).iter().fold(0u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
                if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ 0x04c1_1db7 }
            })
        })
    }

    pub(super) fn packets(&self) -> Vec<Vec<u8>> {
        let (mut packets, mut open, mut at) = (Vec::new(), Vec::new(), 0);
        for &segment in &self.lacing {
            open.extend(&self.body[at..at + usize::from(segment)]);
            at += usize::from(segment);
            if segment < 255 {
                packets.push(std::mem::take(&mut open));
            }
        }
        assert!(open.is_empty(), "packets of these files end on their page");
        packets
    }

    pub(super) fn with_packets(&self, packets: &[Vec<u8>]) -> Self {
        let mut page = Self { lacing: Vec::new(), body: Vec::new(), ..self.clone() };
        for packet in packets {
            page.lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
            page.lacing.push((packet.len() % 255) as u8);
            page.body.extend(packet);
        }
        page
    }
}

pub(super) fn join(pages: &[Page]) -> Vec<u8> {
    pages.iter().flat_map(|page| page.bytes(page.right_checksum())).collect()
}

/// The telegram-like fixture cut into pages of ten packets, so that there are several to damage.
pub(super) fn many_pages() -> Vec<Page> {
    let all = pages(&voice("telegram.ogg"));
    let packets: Vec<Vec<u8>> = all[2..].iter().flat_map(Page::packets).collect();
    let end = all.last().unwrap().granule;
    let mut out = all[..2].to_vec();
    for (index, ten) in packets.chunks(10).enumerate() {
        let last = (index + 1) * 10 >= packets.len();
        let mut page = all[2].with_packets(ten);
        page.flags = if last { 4 } else { 0 };
        page.sequence = index as u32 + 2;
        page.granule = if last { end } else { (index as u64 + 1) * 9_600 };
        out.push(page);
    }
    out
}

/// Where two recordings of equal length differ: first and last sample.
pub(super) fn difference(a: &[i16], b: &[i16]) -> Option<(usize, usize)> {
    assert_eq!(a.len(), b.len());
    let first = a.iter().zip(b).position(|(a, b)| a != b)?;
    let last = a.iter().zip(b).rposition(|(a, b)| a != b)?;
    Some((first, last))
}
