//! Tests with hostile bytes, cuts at every position and every flipped bit: an export is read completely or
//! not at all.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

fn written(records: &Records) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), Timestamp(77)).unwrap();
    for (key, value) in records {
        writer.record(key, value).unwrap();
    }
    let (bytes, exported) = writer.end().unwrap();
    assert_eq!(exported.records, records.len() as u64);
    assert_eq!(exported.bytes, bytes.len() as u64);
    bytes
}

fn read_back(bytes: &[u8]) -> Result<(Exported, Records), StoreError> {
    let mut found = Records::new();
    let exported = read(bytes, &mut |key, value| {
        found.insert(key.to_vec(), value.to_vec());
        Ok(())
    })?;
    Ok((exported, found))
}

fn small() -> Records {
    [(&b"0s"[..], &b"\x01\x05"[..]), (b"i12345678", b"row"), (b"l", b"")]
        .map(|(key, value)| (key.to_vec(), value.to_vec()))
        .into()
}

/// A stream with this body in one chunk and all checks correct.
fn crafted(body: &[u8], claimed: u64) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), Timestamp(0)).unwrap();
    writer.chunk = body.to_vec();
    writer.exported.records = claimed;
    writer.end().unwrap().0
}

#[test]
fn cut_anywhere_it_is_refused() {
    let whole = written(&small());
    for end in 0..whole.len() {
        assert!(matches!(read_back(&whole[..end]), Err(StoreError::Export(_))), "cut at {end}");
    }
    let more = [whole.as_slice(), b"x"].concat();
    assert!(read_back(&more).unwrap_err().to_string().contains("behind its end"));
    assert_eq!(read_back(&whole).unwrap().1, small());
}

#[test]
fn any_flipped_bit_is_found() {
    let whole = written(&small());
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            assert!(read_back(&bytes).is_err(), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn another_version_and_another_file_are_named_as_such() {
    let mut bytes = written(&small());
    bytes[8] = 2;
    assert!(read_back(&bytes).unwrap_err().to_string().contains("version 2 is unknown"));
    assert!(read_back(b"SQLite format 3\0").unwrap_err().to_string().contains("no export"));
}

#[test]
fn chunks_are_checked_in_their_order_and_none_can_go() {
    let records: Records = (0..4_u8).map(|n| (vec![b'l', n], vec![n; CHUNK + 1])).collect();
    let whole = written(&records);
    let chunk = 4 + 8 + 2 + CHUNK + 1 + CHECK;
    let (head, end) = (17, whole.len() - 44);
    assert_eq!(end - head, 4 * chunk);
    let part = |n: usize| &whole[head + n * chunk..head + (n + 1) * chunk];
    for order in [&[0, 1, 3][..], &[1, 0, 2, 3], &[0, 0, 1, 2, 3], &[0, 1, 2]] {
        let body: Vec<u8> = order.iter().flat_map(|n| part(*n)).copied().collect();
        let bytes = [&whole[..head], &body, &whole[end..]].concat();
        assert!(read_back(&bytes).is_err(), "{order:?}");
    }
}

#[test]
fn what_no_store_would_write_is_refused_even_with_every_check_right() {
    let record = |key: &[u8], value: &[u8]| {
        [&(key.len() as u32).to_be_bytes(), &(value.len() as u32).to_be_bytes(), key, value].concat()
    };
    let (a, b) = (record(b"ia", b"1"), record(b"ib", b"2"));
    assert!(read_back(&crafted(&[a.clone(), b.clone()].concat(), 2)).is_ok());
    for (body, claimed) in [
        ([b.clone(), a.clone()].concat(), 2),
        ([a.clone(), a.clone()].concat(), 2),
        (a.clone(), 2),
        (a.clone(), 0),
        (a[..a.len() - 1].to_vec(), 1),
        ([a, vec![0; 7]].concat(), 1),
        // The engine's own counter and keys beyond all kinds are no records.
        (record(b"\0batches", b"\0\0\0\0\0\0\0\x09"), 1),
        (record(b"\xff", b""), 1),
        (record(b"", b""), 1),
        // Lengths beyond everything.
        ([[0xff; 8].as_slice(), b"xx"].concat(), 1),
    ] {
        assert!(read_back(&crafted(&body, claimed)).is_err(), "{body:?}");
    }
    // A chunk that claims 4 GB: refused before anything is allocated.
    let mut bytes = written(&Records::new());
    bytes[17..21].fill(0xff);
    assert!(read_back(&bytes).unwrap_err().to_string().contains("too large"));
}

#[test]
fn a_file_is_whole_and_private_or_not_there() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store-1.export");
    let write = |taken: i64| {
        let mut writer = Writer::begin(create(&partial(&path)).unwrap(), Timestamp(taken)).unwrap();
        writer.record(b"ia", b"1").unwrap();
        writer.end().unwrap().1
    };
    let exported = write(5);
    // It differs from what was written: it does not become an export, and nothing is left.
    assert!(seal(&partial(&path), &path, Exported { records: 2, ..exported }).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let exported = write(6);
    assert_eq!(seal(&partial(&path), &path, exported).unwrap(), exported);
    assert_eq!(verify(&path).unwrap(), exported);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        records in proptest::collection::btree_map(
            ("[a-z]", proptest::collection::vec(any::<u8>(), 0..40))
                .prop_map(|(kind, rest)| [kind.as_bytes(), &rest].concat()),
            proptest::collection::vec(any::<u8>(), 0..40_000),
            0..12,
        )
    ) {
        let (exported, found) = read_back(&written(&records)).unwrap();
        prop_assert_eq!(exported.taken_at, Timestamp(77));
        prop_assert_eq!(found, records);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        head in any::<bool>(),
    ) {
        let head: &[u8] = if head { b"PFB-EXP\n\x01" } else { b"" };
        prop_assert!(read_back(&[head, &bytes].concat()).is_err());
    }
}
