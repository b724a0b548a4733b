//! Damage costs only what it hit: packets, pages, headers, the end of a file.

use phonicflow_bot::audio::AudioFault;

use super::ogg::{difference, join, many_pages};
use super::{pcm, rms, wav};

#[test]
fn a_wrong_checksum_alone_costs_nothing() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    for damaged in 0..whole.len() {
        let bytes: Vec<u8> = whole
            .iter()
            .enumerate()
            .flat_map(|(n, page)| page.bytes(page.right_checksum() ^ u32::from(n == damaged) << 9))
            .collect();
        assert_eq!(pcm(&wav(bytes).unwrap()), clean, "page {damaged}");
    }
}

#[test]
fn a_damaged_packet_costs_its_own_time_and_not_the_page() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    for fix_checksum in [false, true] {
        let mut hurt = whole.clone();
        let mut packets = hurt[4].packets();
        // Packet 3 of that page: 480 to 500 ms plus what came before, minus the pre-skip.
        for byte in &mut packets[3] {
            *byte ^= 0x5a;
        }
        let old = hurt[4].checksum;
        hurt[4] = hurt[4].with_packets(&packets);
        let bytes: Vec<u8> = hurt
            .iter()
            .enumerate()
            .flat_map(|(n, page)| {
                page.bytes(if n == 4 && !fix_checksum { old } else { page.right_checksum() })
            })
            .collect();
        let heard = pcm(&wav(bytes).unwrap());
        let start = 23 * 320 - 104;
        let (first, last) = difference(&clean, &heard).unwrap();
        // The codec predicts from what it heard, so a trace may last; most of it must be gone within 200 ms.
        // The resampler's filter reaches 10 ms to either side.
        assert!(first + 160 >= start, "begins at {first}, damage at {start}");
        let tail: Vec<i16> = clean[start + 4_800..]
            .iter()
            .zip(&heard[start + 4_800..])
            .map(|(a, b)| a.wrapping_sub(*b))
            .collect();
        assert!(rms(&tail) < 0.05 * rms(&clean), "tail {} until {last}", rms(&tail));
    }
}

#[test]
fn packets_that_are_no_opus_are_concealed_in_place() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    // Empty; a frame count of zero; 48 frames of 20 ms; a second length beyond the packet.
    for broken in [vec![], vec![0x4b, 0x00], vec![0x4b, 0x30], vec![0x4a, 0xff, 0xff]] {
        let mut hurt = whole.clone();
        let mut packets = hurt[4].packets();
        packets[3] = broken.clone();
        hurt[4] = hurt[4].with_packets(&packets);
        let heard = pcm(&wav(join(&hurt)).unwrap());
        assert_eq!(heard.len(), clean.len(), "{broken:?}");
    }
}

#[test]
fn a_lost_page_keeps_its_time() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    for lost in 2..whole.len() - 1 {
        let mut left = whole.clone();
        left.remove(lost);
        let heard = pcm(&wav(join(&left)).unwrap());
        assert_eq!(heard.len(), clean.len(), "page {lost}");
        let after = (lost - 1) * 3_200 + 3_200;
        if let (Some(clean), Some(heard)) = (clean.get(after..), heard.get(after..)) {
            let tail: Vec<i16> = clean.iter().zip(heard).map(|(a, b)| a.wrapping_sub(*b)).collect();
            assert!(rms(&tail) < 0.1 * rms(clean).max(300.0), "page {lost}: {}", rms(&tail));
        }
    }
    // The comment header too may be lost, or be nonsense.
    let mut left = whole.clone();
    left.remove(1);
    assert_eq!(pcm(&wav(join(&left)).unwrap()), clean);
    left.insert(1, whole[1].with_packets(&[b"OpusT garbage".to_vec()]));
    assert_eq!(pcm(&wav(join(&left)).unwrap()), clean);
}

#[test]
fn a_page_with_a_wrong_length_is_a_lost_page() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    for (segment, value) in [(0, 0), (3, 200), (9, 255)] {
        let mut hurt = whole.clone();
        let checksum = hurt[4].checksum;
        hurt[4].lacing[segment] = value;
        let bytes: Vec<u8> = hurt
            .iter()
            .enumerate()
            .flat_map(|(n, page)| page.bytes(if n == 4 { checksum } else { page.right_checksum() }))
            .collect();
        let heard = pcm(&wav(bytes).unwrap());
        assert_eq!(heard.len(), clean.len());
        let (first, _) = difference(&clean, &heard).unwrap();
        assert!(first + 160 >= 20 * 320 - 104, "begins at {first}");
    }
}

#[test]
fn a_wrong_first_byte_of_a_packet_is_mended_by_the_position() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    let mut hurt = whole.clone();
    let checksum = hurt[4].checksum;
    let mut packets = hurt[4].packets();
    // 60 ms instead of 20 ms, and nothing else.
    packets[5][0] |= 3 << 3;
    hurt[4] = hurt[4].with_packets(&packets);
    let bytes: Vec<u8> = hurt
        .iter()
        .enumerate()
        .flat_map(|(n, page)| page.bytes(if n == 4 { checksum } else { page.right_checksum() }))
        .collect();
    assert_eq!(pcm(&wav(bytes).unwrap()), clean);
}

#[test]
fn a_cut_file_gives_all_that_is_whole() {
    let whole = join(&many_pages());
    let clean = pcm(&wav(whole.clone()).unwrap());
    let mut most = 0;
    for cut in (0..whole.len()).step_by(97) {
        match wav(whole[..cut].to_vec()) {
            Ok(wav) => {
                let heard = pcm(&wav);
                assert!(heard.len() >= most, "more bytes, less sound at {cut}");
                most = heard.len();
                // The resampler hears silence behind the cut, so the last few samples may differ.
                let sure = heard.len().saturating_sub(400);
                assert_eq!(heard[..sure], clean[..sure], "cut at {cut}");
            }
            Err(error) => assert!(most == 0 && error.kind() != AudioFault::Internal, "{cut}: {error}"),
        }
    }
    assert!(most > clean.len() * 9 / 10);
}

#[test]
fn rubbish_before_and_between_pages_is_skipped() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    let mut bytes = join(&whole[..4]);
    bytes.extend(b"OggS and then nothing that makes sense".repeat(9));
    bytes.extend(join(&whole[4..]));
    bytes.extend(b"trailing rubbish");
    assert_eq!(pcm(&wav(bytes).unwrap()), clean);
}

#[test]
fn a_page_with_an_absurd_position_does_not_grow_the_file() {
    for granule in [u64::MAX, u64::MAX - 5, 1 << 62, 1 << 40, 0] {
        let mut hurt = many_pages();
        hurt[5].granule = granule;
        let heard = wav(join(&hurt)).unwrap();
        assert!(heard.duration_ms() < 1_500, "{granule}: {}", heard.duration_ms());
    }
}
