//! Names of formats that are not decoded, recognised by their first bytes, so that the learner can be told
//! what was sent. Must not know anything that is decoded.

/// Offset, the bytes there, and the name.
const KINDS: &[(usize, &[u8], &str)] = &[
    (0, b"#!AMR-WB", "AMR-WB"),
    (0, b"#!AMR", "AMR"),
    (0, b"#!SILK", "SILK"),
    (1, b"#!SILK", "SILK"),
    (0, b"#!iLBC", "iLBC"),
    (0, b"#!EVRC", "EVRC"),
    (0, b"caff", "CAF"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    (0, b"MThd", "MIDI"),
    (8, b"RMID", "MIDI"),
    (0, b".RMF", "RealMedia"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"DSD ", "DSD"),
    (0, b"FRM8", "DSD"),
    (0, b".snd", "AU"),
    (0, b"wvpk", "WavPack"),
    (0, b"TTA", "True Audio"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"TWIN", "TwinVQ"),
    (0, b"ajkg", "Shorten"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b"\xfe\x7f\x01\x80", "DTS"),
    (0, b"Creative Voice File", "VOC"),
    (0, b"riff\x2e\x91\xcf\x11", "Wave64"),
    (8, b"QLCM", "QCP"),
    (8, b"AVI ", "AVI"),
    (0, b"FLV\x01", "Flash video"),
    (0, b"\0\0\x01\xba", "MPEG video"),
    (0, b"\0\0\x01\xb3", "MPEG video"),
    (0, b"8SVX", "8SVX"),
    (8, b"8SVX", "8SVX"),
    (8, b"16SV", "16SV"),
];
/// First bytes of the first packet of an Ogg stream, and the name.
const OGG_KINDS: &[(&[u8], &str)] = &[
    (b"Speex   ", "Speex"),
    (b"CELT    ", "CELT"),
    (b"PCM     ", "PCM in Ogg"),
    (b"\x80kate", "text in Ogg"),
    (b"Midi", "MIDI in Ogg"),
];
/// Bytes of a GSM frame; all frames begin with the same four bits.
const GSM_FRAME: usize = 33;
/// Bytes of a packet of an MPEG transport stream.
const TRANSPORT_PACKET: usize = 188;
const TRANSPORT_SYNC: u8 = 0x47;

/// `head`: the first bytes of the file.
pub(super) fn of(head: &[u8]) -> Option<&'static str> {
    let known =
        KINDS.iter().find(|(at, bytes, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)));
    if let Some((.., name)) = known {
        return Some(name);
    }
    let every = |size: usize, count: usize, fits: &dyn Fn(u8) -> bool| {
        head.len() > size * (count - 1) && head.iter().step_by(size).take(count).all(|&byte| fits(byte))
    };
    if every(TRANSPORT_PACKET, 4, &|byte| byte == TRANSPORT_SYNC) {
        return Some("MPEG transport stream");
    }
    if latm(head) {
        return Some("AAC in LATM");
    }
    every(GSM_FRAME, 16, &|byte| byte >> 4 == 0xd).then_some("GSM")
}

/// Three frames of LATM (the low-overhead transport of MPEG-4 audio) in a row.
fn latm(head: &[u8]) -> bool {
    let mut rest = head;
    for _ in 0..3 {
        let Some(&[0x56, high, low]) = rest.first_chunk::<3>() else { return false };
        if high >> 5 != 7 {
            return false;
        }
        let size = 3 + (usize::from(high & 0x1f) << 8 | usize::from(low));
        rest = rest.get(size..).unwrap_or_default();
    }
    true
}

pub(super) fn in_ogg(head: &[u8]) -> Option<&'static str> {
    let holds = |start: &[u8]| head.windows(start.len()).any(|bytes| bytes == start);
    OGG_KINDS.iter().find(|(start, _)| holds(start)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_first_bytes() {
        for (at, bytes, name) in KINDS {
            let mut head = vec![1; *at];
            head.extend_from_slice(bytes);
            head.resize(600, 2);
            assert_eq!(of(&head), Some(*name));
        }
        let gsm: Vec<u8> = (0..40).flat_map(|n| [vec![0xd0 + n % 16], vec![n; 32]].concat()).collect();
        assert_eq!(of(&gsm), Some("GSM"));
        let stream: Vec<u8> = (0..8u8).flat_map(|n| [vec![0x47], vec![n; 187]].concat()).collect();
        assert_eq!(of(&stream), Some("MPEG transport stream"));
        let loas: Vec<u8> = (0..9u8).flat_map(|n| [vec![0x56, 0xe0, 9], vec![n; 9]].concat()).collect();
        assert_eq!(of(&loas), Some("AAC in LATM"));
        for nothing in [&b""[..], b"Dear tutor", b"%PDF-1.4", &[0; 2_000], &[0xff; 2_000], &[0xd5; 20]] {
            assert_eq!(of(nothing), None);
        }
    }
}
