//! One logical Ogg/Opus stream under repair: what its next page should look like, and how to make it so (RFC
//! 7845, sections 4 and 5). Must not know where pages come from.

use super::ogg_page::{CONTINUED, LAST, NO_GRANULE, Page};
use super::opus::packet_frames;

/// Longest gap filled with concealment, in 48 kHz samples: one minute. A larger jump of the granule position
/// counts as damage rather than as a gap.
const MAX_GAP: u64 = 60 * 48_000;
/// Table-of-contents byte of a 2.5 ms packet, which fills gaps shorter than the stream's usual packet.
const SHORT_TOC: u8 = 28 << 3;
const SHORT_FRAMES: u64 = 120;
/// Filler packets on one page, each of one byte (one lacing value).
const FILLERS_PER_PAGE: u64 = 255;

pub(super) struct Stream {
    pub(super) serial: u32,
    pub(super) opus: bool,
    pub(super) phase: Phase,
    sequence: u32,
    /// Granule position as the last page states it. Used only to tell how long missing pages were.
    granule: Option<u64>,
    /// Granule position counted from the packets; this one is passed on.
    position: u64,
    /// The last page's stated position agreed with its packets.
    agreed: bool,
    /// Checksum of the last page, to recognise a page that comes twice.
    last: Option<u32>,
    /// The beginning of a packet that continues on the next page.
    open: Option<Vec<u8>>,
    /// Table-of-contents byte of the last packet.
    toc: Option<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The identification header has been seen.
    Head,
    /// Within the comment header.
    Tags,
    Data,
}

impl Stream {
    /// A stream whose first page (number `sequence`) was just passed on.
    pub(super) fn new(serial: u32, sequence: u32, opus: bool) -> Self {
        let phase = if opus { Phase::Head } else { Phase::Data };
        Self {
            serial,
            opus,
            phase,
            sequence,
            granule: Some(0),
            position: 0,
            agreed: true,
            last: None,
            open: None,
            toc: None,
        }
    }

    /// Whether this very page was just passed on: the checksum covers the page number as well.
    pub(super) fn repeats(&mut self, page: &Page) -> bool {
        let checksum = Some(page.checksum());
        std::mem::replace(&mut self.last, checksum) == checksum
    }

    /// Writes `page`, repaired, and before it what is missing.
    pub(super) fn pass(&mut self, mut page: Page, intact: bool, out: &mut Vec<u8>) {
        if self.phase != Phase::Data && !self.pass_tags(&mut page, out) {
            return;
        }
        let mut lost = page.sequence.wrapping_sub(self.sequence).wrapping_sub(1);
        if !intact {
            // The stream is trusted more than a damaged header, unless both can be true.
            page.serial = self.serial;
            if lost > 1_000 {
                page.sequence = self.sequence.wrapping_add(1);
                lost = 0;
            }
            let continued = if lost == 0 && self.open.is_some() { CONTINUED } else { 0 };
            page.flags = (page.flags & LAST) | if lost == 0 { continued } else { page.flags & CONTINUED };
        }
        if lost > 0 {
            self.open = None;
        }
        self.neutralise(&mut page);
        let mut frames = self.measure(&page, None);
        if lost == 0 {
            frames = self.straighten(&mut page, frames);
            if !intact {
                self.reposition(&mut page, frames);
            }
        }
        let filled = if (1..=0x7fff_ffff).contains(&lost) { self.conceal(&page, frames, out) } else { 0 };
        let stated = page.granule;
        page.granule = self.place(&page, filled, frames);
        self.remember(&page, stated, frames);
        page.write(out);
    }

    /// The position to pass on: where the packets end, whatever the page states. Only a last page may end
    /// before its packets do (RFC 7845, section 4.4), and only if the page before it was right about its own
    /// end.
    fn place(&mut self, page: &Page, filled: u64, frames: u64) -> u64 {
        let (from, before) = (self.position, self.granule.unwrap_or_default());
        let end = from.saturating_add(filled).saturating_add(frames);
        self.position = end;
        let known = page.granule != NO_GRANULE;
        let advance = page.granule.saturating_sub(before);
        let trusted = std::mem::replace(&mut self.agreed, !known || advance == filled + frames || from == 0);
        if page.flags & LAST != 0 && known && trusted && page.granule > before {
            return end.min(from.saturating_add(advance));
        }
        if frames > 0 { end } else { NO_GRANULE }
    }

    /// Replaces the comment header by an empty one. `true` when `page` holds audio as well.
    fn pass_tags(&mut self, page: &mut Page, out: &mut Vec<u8>) -> bool {
        let begins = self.phase == Phase::Head;
        if begins {
            let mut body = b"OpusTags".to_vec();
            body.extend_from_slice(&[0; 8]);
            let sequence = self.sequence.wrapping_add(1);
            let lacing = vec![16];
            Page { serial: self.serial, sequence, lacing, body, ..Page::default() }.write(out);
            self.phase = Phase::Tags;
        }
        // If the comment header's own pages are lost, audio is recognised by its position.
        let tags = if begins { page.body.starts_with(b"OpusT") } else { page.flags & CONTINUED != 0 };
        let audio = page.granule != 0 && page.granule != NO_GRANULE;
        if !tags && audio {
            if begins && page.sequence == self.sequence.wrapping_add(1) {
                // There is no comment header: this page keeps its number, after the header just made up.
                self.sequence = self.sequence.wrapping_sub(1);
            }
            self.phase = Phase::Data;
            return true;
        }
        let ended = page.take_first_piece().is_none_or(|(_, ended)| ended);
        page.flags &= !CONTINUED;
        if !ended {
            self.sequence = page.sequence;
            return false;
        }
        self.phase = Phase::Data;
        if page.lacing.is_empty() {
            self.sequence = page.sequence;
            return false;
        }
        self.sequence = page.sequence.wrapping_sub(1);
        true
    }

    /// Replaces what cannot be a packet by one that says "lost", which has a duration.
    fn neutralise(&self, page: &mut Page) {
        let spoiled = |page: &Page| {
            let mut at = 0;
            let mut continued = page.flags & CONTINUED != 0;
            page.pieces().any(|(length, ends)| {
                let piece = page.body.get(at..at + length).unwrap_or_default();
                at += length;
                !std::mem::take(&mut continued) && ends && packet_frames(piece).is_none()
            })
        };
        let Some(toc) = self.toc.filter(|_| spoiled(page)) else { return };
        let mut whole = Page { lacing: Vec::new(), body: Vec::new(), ..page.clone() };
        let mut continued = page.flags & CONTINUED != 0;
        while let Some((piece, ends)) = page.take_first_piece() {
            let keep = std::mem::take(&mut continued) || !ends || packet_frames(&piece).is_some();
            let piece = if keep { piece } else { vec![toc & !3] };
            whole.lacing.extend(std::iter::repeat_n(255, piece.len() / 255));
            if ends {
                whole.lacing.push((piece.len() % 255) as u8);
            }
            whole.body.extend(piece);
        }
        *page = whole;
    }

    /// Samples in the packets that end on `page`. With `usual`, packets of another length are measured as if
    /// they began with that byte.
    fn measure(&self, page: &Page, usual: Option<u8>) -> u64 {
        let (mut frames, mut at) = (0, 0);
        let mut open = if page.flags & CONTINUED != 0 { Some(self.open.as_deref()) } else { None };
        for (length, ends) in page.pieces() {
            let piece = page.body.get(at..at + length).unwrap_or_default();
            at += length;
            // A continued packet whose beginning was lost counts as lost.
            let start = open.take().map_or(Some(piece), |begun| begun);
            if let (true, Some(start)) = (ends, start) {
                let odd = usual.and_then(|toc| odd_frames(start, toc));
                frames += odd.or(packet_frames(start).map(|n| n as u64)).unwrap_or_default();
            }
        }
        frames
    }

    /// Repairs packets whose stated duration is damaged. Streams hardly ever change their packet duration: if
    /// the page's position fits packets that are all alike, and not what they say, the odd ones are made like
    /// the others.
    fn straighten(&self, page: &mut Page, frames: u64) -> u64 {
        let (Some(before), Some(toc)) = (self.granule, self.toc) else { return frames };
        if before.saturating_add(frames) == page.granule {
            return frames;
        }
        let alike = self.measure(page, Some(toc));
        if before.saturating_add(alike) != page.granule || alike == frames {
            return frames;
        }
        let mut at = 0;
        let mut first = page.flags & CONTINUED != 0;
        for (length, _) in page.pieces().collect::<Vec<_>>() {
            let piece = page.body.get_mut(at..at + length).unwrap_or_default();
            at += length;
            if !std::mem::take(&mut first)
                && odd_frames(piece, toc).is_some()
                && let Some(byte) = piece.first_mut()
            {
                *byte = toc;
            }
        }
        alike
    }

    /// Repairs the stated position of a damaged page, and clears its end-of-stream flag.
    fn reposition(&self, page: &mut Page, frames: u64) {
        let (Some(before), Some(_)) = (self.granule, self.toc) else { return };
        let end = before.saturating_add(frames);
        let trimmed = page.flags & LAST != 0 && page.granule > before && page.granule < end;
        if page.granule != end && !trimmed {
            page.granule = if frames > 0 { end } else { NO_GRANULE };
            page.flags &= !LAST;
        }
    }

    /// Fills the time of pages that are missing before `page`; returns how many samples that was.
    fn conceal(&self, page: &Page, frames: u64, out: &mut Vec<u8>) -> u64 {
        let Some(before) = self.granule.filter(|_| page.granule != NO_GRANULE && frames > 0) else {
            return 0;
        };
        let start = page.granule.saturating_sub(frames);
        let mut gap = start.saturating_sub(before);
        if gap == 0 || gap > MAX_GAP {
            return 0;
        }
        // A packet of one byte is a frame that was not transmitted (RFC 6716, 3.2.1 and 4.4).
        let toc = self.toc.or(page.body.first().copied()).unwrap_or(SHORT_TOC) & !3;
        let usual = packet_frames(&[toc]).map_or(SHORT_FRAMES, |n| n as u64);
        if page.flags & LAST != 0 {
            // The last position leaves out the padding, which makes the gap seem shorter.
            gap = gap.next_multiple_of(usual);
        }
        let mut position = self.position;
        for (toc, length) in [(toc, usual), (SHORT_TOC | toc & 4, SHORT_FRAMES)] {
            let mut count = self.position.saturating_add(gap).saturating_sub(position) / length;
            while count > 0 {
                let batch = count.min(FILLERS_PER_PAGE);
                count -= batch;
                position += batch * length;
                let sequence = self.sequence.wrapping_add(1);
                let (lacing, body) = (vec![1; batch as usize], vec![toc; batch as usize]);
                Page { flags: 0, granule: position, serial: self.serial, sequence, lacing, body }.write(out);
            }
        }
        position.saturating_sub(self.position)
    }

    fn remember(&mut self, page: &Page, stated: u64, frames: u64) {
        self.sequence = page.sequence;
        self.granule = match stated {
            NO_GRANULE => self.granule.map(|before| before.saturating_add(frames)),
            stated => Some(stated),
        };
        let (mut at, mut continued) = (0, page.flags & CONTINUED != 0);
        for (length, ends) in page.pieces() {
            let piece = page.body.get(at..at + length).unwrap_or_default();
            at += length;
            if !std::mem::take(&mut continued) {
                self.toc = piece.first().copied().or(self.toc);
                self.open = Some(piece.iter().take(2).copied().collect());
            }
            if ends {
                self.open = None;
            }
        }
        if !page.ends_open() {
            self.open = None;
        }
    }
}

/// Samples that a packet would have with `toc` as its first byte, if that differs from what it states.
fn odd_frames(packet: &[u8], toc: u8) -> Option<u64> {
    let second = packet.get(1).copied().unwrap_or_default();
    let usual = packet_frames(&[toc, second])?;
    let differs = packet_frames(packet) != Some(usual);
    differs.then_some(usual as u64)
}
