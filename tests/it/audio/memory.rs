//! Memory does not grow with length; broken readers are told apart from broken files.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use phonicflow_bot::audio::convert_to_wav;

use super::ogg::{Page, join, pages};
use super::{alone, status_kib, voice};

#[test]
fn memory_does_not_depend_on_length() {
    alone("audio::memory::an_hour_in_a_process_of_its_own");
}

#[test]
#[ignore = "run by memory_does_not_depend_on_length, which wants the process for itself"]
fn an_hour_in_a_process_of_its_own() {
    let run = |minutes: u64| {
        let report = convert_to_wav(Recording::new(minutes * 60), None, Void::default()).unwrap();
        assert_eq!(report.duration_ms() / 1000, minutes * 60);
        status_kib("VmHWM")
    };
    let (short, long) = (run(1), run(60));
    if let (Some(short), Some(long)) = (short, long) {
        assert!(long - short < 2_048, "peak of 1 minute {short} KiB, of 60 minutes {long} KiB");
    }
}

/// A voice message of any length that exists only one page at a time: one second a page, all of one size.
struct Recording {
    head: Vec<u8>,
    second: Page,
    seconds: u64,
    at: u64,
    current: Option<(u64, Vec<u8>)>,
}

impl Recording {
    fn new(seconds: u64) -> Self {
        let all = pages(&voice("telegram.ogg"));
        let packets: Vec<Vec<u8>> = all[2..].iter().flat_map(Page::packets).take(50).collect();
        let mut second = all[2].with_packets(&packets);
        second.flags = 0;
        // The last granule position allows for the pre-skip.
        Self { head: join(&all[..2]), second, seconds: seconds + 1, at: 0, current: None }
    }

    fn page_len(&self) -> u64 {
        (27 + self.second.lacing.len() + self.second.body.len()) as u64
    }

    fn len(&self) -> u64 {
        self.head.len() as u64 + self.seconds * self.page_len()
    }
}

impl Read for Recording {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(past_head) = self.at.checked_sub(self.head.len() as u64) else {
            let count = (&self.head[self.at as usize..]).read(buf)?;
            self.at += count as u64;
            return Ok(count);
        };
        let (index, offset) = (past_head / self.page_len(), past_head % self.page_len());
        if index >= self.seconds {
            return Ok(0);
        }
        if self.current.as_ref().is_none_or(|(held, _)| *held != index) {
            let mut page = self.second.clone();
            page.sequence = index as u32 + 2;
            page.granule = (index + 1) * 48_000;
            if index + 1 == self.seconds {
                page.flags = 4;
                page.granule = index * 48_000 + 312;
            }
            let bytes = page.bytes(page.right_checksum());
            self.current = Some((index, bytes));
        }
        let (_, bytes) = self.current.as_ref().unwrap();
        let count = (&bytes[offset as usize..]).read(buf)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Recording {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => self.len().saturating_add_signed(by),
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

/// A file that keeps nothing.
#[derive(Default)]
struct Void {
    at: u64,
}

impl Write for Void {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.at += buf.len() as u64;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Void {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

#[test]
fn an_input_that_breaks_is_an_input_error() {
    struct Broken(Cursor<Vec<u8>>);
    impl Read for Broken {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.0.position() > 20_000 {
                return Err(io::Error::other("the disk is gone"));
            }
            let room = buf.len().min(4_096);
            self.0.read(&mut buf[..room])
        }
    }
    impl Seek for Broken {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }
    for name in ["chained-channels.ogg", "pcm16-24k.wav"] {
        let input = Broken(Cursor::new(voice(name)));
        let error = convert_to_wav(input, None, Void::default()).unwrap_err();
        assert!(error.is_transient(), "{name}: {error:?}");
    }
}
