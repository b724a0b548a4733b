//! Small files that cost a lot: those found so far (`tests/fixtures/hostile`), and similar ones made here.

use crate::audio::mutate::checksum;
use std::fs;
use std::path::Path;

/// One that was met.
pub fn met(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hostile").join(name)).unwrap()
}

/// All of them, with a name that says their format.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let names =
        ["samples-without-end.mp4", "vorbis-codebooks.ogg", "vorbis-lookup1.ogg", "rates-in-a-chain.ogg"];
    let mut all: Vec<_> = names.into_iter().map(|name| (name, met(name))).collect();
    all.push(("annotations.aiff", annotations(2_500_000)));
    all.push(("zero-counts.mp4", zero_counts()));
    all.push(("beginnings.ogg", beginnings(425_000)));
    all.push(("trimmed.ogg", trimmed(20_000)));
    all.push(("odd-rate.flac", odd_rate(20_000)));
    all
}

/// AIFF of empty annotations: each costs a program that keeps them far more than its 8 bytes.
pub fn annotations(count: usize) -> Vec<u8> {
    let mut body = b"AIFF".to_vec();
    body.extend(b"ANNO\0\0\0\0".repeat(count));
    let mut file = b"FORM".to_vec();
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    file
}

/// MP4 whose table of durations begins with entries for no sample: they are looked through for each of its samples. Five
/// minutes at 8 kHz of sound, each sample a packet: within every limit but that of CPU time.
pub fn zero_counts() -> Vec<u8> {
    const EMPTY: u32 = 200_000;
    const SAMPLES: u32 = 2_000_000;
    let durations = [&[0, 0, 0, 0], &(EMPTY + 1).to_be_bytes()[..], &[0; 8].repeat(EMPTY as usize)];
    let last = [SAMPLES.to_be_bytes(), 1u32.to_be_bytes()].concat();
    let sound: Vec<u8> = (0..SAMPLES).flat_map(|n| ((n % 200) as i16 * 50).to_le_bytes()).collect();
    let entry = words16(&[0, 0, 0, 1, 0, 0, 0, 0, 1, 16, 0, 0, 8_000, 0]);
    let build = |start: u32| {
        let table = boxed(
            b"stbl",
            &[
                &boxed(b"stsd", &[&words(&[0, 1]), &boxed(b"sowt", &[&entry])]),
                &boxed(b"stts", &[&durations.concat(), &last]),
                &boxed(b"stsc", &[&words(&[0, 1, 1, SAMPLES, 1])]),
                &boxed(b"stsz", &[&words(&[0, 2, SAMPLES])]),
                &boxed(b"stco", &[&words(&[0, 1, start])]),
            ],
        );
        let source = boxed(b"dinf", &[&boxed(b"dref", &[&words(&[0, 1]), &boxed(b"url ", &[&words(&[1])])])]);
        let media = boxed(b"minf", &[&boxed(b"smhd", &[&words(&[0, 0])]), &source, &table]);
        let handler = boxed(b"hdlr", &[&words(&[0, 0]), b"soun", &[0; 13]]);
        let mdhd = boxed(b"mdhd", &[&words(&[0, 0, 0, 8_000, SAMPLES]), &[0x55, 0xc4, 0, 0]]);
        let tkhd = boxed(b"tkhd", &[&words(&[7, 0, 0, 1, 0, SAMPLES]), &[0; 60]]);
        let track = boxed(b"trak", &[&tkhd, &boxed(b"mdia", &[&mdhd, &handler, &media])]);
        let mvhd = boxed(b"mvhd", &[&words(&[0, 0, 0, 8_000, SAMPLES, 0x1_0000]), &[0; 76]]);
        let kind = boxed(b"ftyp", &[b"qt  ", &words(&[0]), b"qt  "]);
        [kind, boxed(b"moov", &[&mvhd, &track]), boxed(b"mdat", &[&sound])].concat()
    };
    let header = build(0).len() - sound.len();
    build(header as u32)
}

/// Ogg that is nothing but beginnings of streams, which a reader keeps something of each.
pub fn beginnings(count: u32) -> Vec<u8> {
    let head = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
    let pages = (0..count).map(|serial| page(2, 0, serial, 0, &[&head[..]]));
    pages.flatten().collect()
}

/// Ogg/Opus whose positions say that nothing of it is to be heard.
pub fn trimmed(pages: u32) -> Vec<u8> {
    let head = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
    let mut file = page(2, 0, 7, 0, &[&head[..]]);
    file.extend(page(0, 0, 7, 1, &[&b"OpusTags\0\0\0\0\0\0\0\0"[..]]));
    let packets = vec![&b"\x78"[..]; 255];
    for number in 0..pages {
        file.extend(page(if number + 1 == pages { 4 } else { 0 }, 1, 7, number + 2, &packets));
    }
    file
}

/// FLAC of silence, a few bytes a second, at a rate whose conversion takes transforms of some 400,000 points: 290 seconds are
/// within the limits and take seconds, hours are not.
pub fn odd_rate(seconds: u64) -> Vec<u8> {
    const RATE: u64 = 191_999;
    const BLOCK: u64 = 65_535;
    let mut file = b"fLaC\x80\0\0\x22\xff\xff\xff\xff\0\0\0\0\0\0".to_vec();
    file.extend((RATE << 44 | 15 << 36 | (seconds * RATE) & 0xf_ffff_ffff).to_be_bytes());
    file.extend([0; 16]);
    let crc = |bytes: &[u8], width: u32, polynomial: u32| {
        bytes.iter().fold(0u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte) << (width - 8), |sum, _| {
                let next = sum << 1;
                (if sum >> (width - 1) & 1 == 1 { next ^ polynomial } else { next }) & ((1 << width) - 1)
            })
        })
    };
    for number in 0..(seconds * RATE / BLOCK) as u32 {
        let mut frame = vec![0xff, 0xf8, 0x70, 0x00];
        // Written as the code points of UTF-8 are.
        let number = char::from_u32(number + u32::from(number >= 0xd800) * 0x800).unwrap();
        frame.extend(number.encode_utf8(&mut [0; 4]).bytes());
        frame.extend((BLOCK as u16 - 1).to_be_bytes());
        frame.push(crc(&frame, 8, 0x07) as u8);
        frame.extend([0, 0, 0]);
        frame.extend((crc(&frame, 16, 0x8005) as u16).to_be_bytes());
        file.extend(frame);
    }
    file
}

fn page(flags: u8, position: u64, serial: u32, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(position.to_le_bytes());
    page.extend(serial.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(packets.len() as u8);
    page.extend(packets.iter().map(|packet| packet.len() as u8));
    page.extend(packets.concat());
    let sum = checksum(&page);
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut bytes = (length as u32).to_be_bytes().to_vec();
    bytes.extend(kind);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn words16(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}
