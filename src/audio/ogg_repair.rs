//! Mends a damaged Ogg/Opus file while it is read, so that damage costs the packets it hit and nothing else.
//!
//! A plain Ogg reader drops a whole page (up to a second or more) for one flipped bit, closes the gap as if
//! nothing had been there, and refuses the file when a header page is hit. This sits in front of it:
//! - a page with a wrong checksum whose framing holds is passed on with a right one;
//! - pages that are missing are replaced by packets that say "lost", so the decoder conceals their time;
//! - a page the input ends within is cut to its whole packets;
//! - a page that comes twice is passed on once;
//! - positions are those of the packets, whatever the pages say (see `ogg_stream`);
//! - the comment header (which may be megabytes of pictures) is replaced by an empty one.
//!
//! Must not know how Opus decodes, only how long a packet is.

use std::io::{self, Read};

use super::bounds::MAX_STREAMS;
use super::ogg_page::{FIRST, LAST, MARKER, MAX_PAGE, Page, Sighting, look};
use super::ogg_stream::{Phase, Stream};
use super::opus::OpusHead;

/// Bytes of broken pages after which the rest of the file is given up: bounds the work on hostile input.
const MAX_WASTE: usize = 64 << 20;

/// Reads a damaged file, gives out the repaired one.
pub(super) struct OggRepair<R> {
    input: R,
    ended: bool,
    window: Vec<u8>,
    at: usize,
    out: Vec<u8>,
    out_at: usize,
    wasted: usize,
    streams: Vec<Stream>,
    /// First pages of streams passed on since the last page of another kind.
    begun: usize,
}

impl<R: Read> OggRepair<R> {
    /// `input` stands at the beginning of the file.
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            ended: false,
            window: Vec::new(),
            at: 0,
            out: Vec::new(),
            out_at: 0,
            wasted: 0,
            streams: Vec::new(),
            begun: 0,
        }
    }

    /// Fills the window with a whole page from `at` on, unless the input ends before.
    fn fill(&mut self) -> io::Result<()> {
        // Enough to see the marker of the page that follows.
        let wanted = MAX_PAGE + MARKER.len();
        if self.window.len() - self.at.min(self.window.len()) >= wanted || self.ended {
            return Ok(());
        }
        self.window.drain(..self.at.min(self.window.len()));
        self.at = 0;
        let have = self.window.len();
        let mut part = (&mut self.input).take((2 * wanted - have) as u64);
        let got = part.read_to_end(&mut self.window)?;
        self.ended = got == 0 || self.window.len() < 2 * wanted;
        Ok(())
    }

    /// Repairs the next page into `out`. `false` at the end of the input.
    fn advance(&mut self) -> io::Result<bool> {
        self.fill()?;
        let rest = self.window.get(self.at..).unwrap_or_default();
        let Some(skip) = rest.windows(MARKER.len()).position(|four| four == MARKER) else {
            if self.ended {
                return Ok(false);
            }
            self.at = self.window.len().saturating_sub(MARKER.len() - 1);
            return Ok(true);
        };
        if skip > 0 {
            self.at += skip;
            return Ok(true);
        }
        match look(rest) {
            Sighting::Page(page, length, true) => {
                self.at += length;
                self.pass(page, true);
            }
            Sighting::Page(page, length, false) => {
                let after = rest.get(length..).unwrap_or_default();
                let framed = after.starts_with(MARKER) || (after.is_empty() && self.ended);
                if framed {
                    self.at += length;
                    self.pass(page, false);
                } else {
                    self.wasted += length;
                    self.at += MARKER.len();
                }
            }
            Sighting::Cut(mut page) => {
                self.wasted += page.body.len();
                self.at += MARKER.len();
                let stream = self.streams.iter().find(|s| s.serial == page.serial).map(|s| s.opus);
                // If another page follows inside this one, the input is not cut: the length is wrong.
                let last = !page.body.windows(MARKER.len()).any(|four| four == MARKER);
                if let Some(opus) = stream
                    && last
                    && page.keep_whole_packets()
                {
                    page.flags &= !LAST;
                    // A stream that is not Opus passes only intact pages: nothing is known about how to
                    // repair them.
                    self.pass(page, !opus);
                    self.at = self.window.len();
                }
            }
            Sighting::Nothing => self.at += MARKER.len(),
        }
        Ok(self.wasted <= MAX_WASTE)
    }

    /// Passes a page on, repaired.
    fn pass(&mut self, mut page: Page, intact: bool) {
        if page.flags & FIRST != 0 {
            let head = OpusHead::parse(&page.body).is_some();
            if intact || head {
                self.begun += 1;
                if self.begun > MAX_STREAMS {
                    // Too many streams: the reader behind this keeps state for each.
                    return;
                }
                self.begin(&page, page.body.starts_with(b"OpusHead"));
                page.write(&mut self.out);
                return;
            }
            page.flags &= !FIRST;
        }
        self.begun = 0;
        let mut index = self.streams.iter().position(|s| s.serial == page.serial);
        if !intact && index.is_none() && self.streams.len() == 1 {
            // The damage hit the serial number, and there is only one stream it can belong to.
            index = Some(0);
        }
        let mut stream = index.and_then(|index| self.streams.get_mut(index));
        if let Some(stream) = &mut stream
            && intact
            && stream.repeats(&page)
        {
            return;
        }
        match stream {
            Some(stream) if stream.opus => stream.pass(page, intact, &mut self.out),
            _ if intact => page.write(&mut self.out),
            _ => {}
        }
    }

    fn begin(&mut self, page: &Page, opus: bool) {
        // A stream that begins after audio is the next link of a chain: everything before it has ended.
        if self.streams.iter().any(|s| s.phase != Phase::Head) {
            self.streams.clear();
        }
        self.streams.retain(|s| s.serial != page.serial);
        if self.streams.len() < MAX_STREAMS {
            let (serial, sequence) = (page.serial, page.sequence);
            self.streams.push(Stream::new(serial, sequence, opus));
        }
    }
}

impl<R: Read> Read for OggRepair<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.out_at >= self.out.len() {
            self.out.clear();
            self.out_at = 0;
            if !self.advance()? && self.out.is_empty() {
                return Ok(0);
            }
        }
        let ready = self.out.get(self.out_at..).unwrap_or_default();
        let count = ready.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.out_at += count;
        Ok(count)
    }
}
