//! Records: groups, pages, and the exchange of all of them.

use super::{LONG, all, batch, candidate, owner};
use phonicflow_bot::store::engine::{Batch, Span};
use phonicflow_bot::store::server::{Area, Committed, Server};
use std::collections::BTreeMap;

pub fn a_group_is_written_by_its_owner_at_its_height_or_not_at_all(server: &dyn Server) {
    let (mut remote, epoch) = owner(server);
    let first = batch(&[(b"a", Some(b"1")), (b"b", Some(b"")), (b"\0\xff", Some(b"\0\n\xff"))]);
    assert_eq!(remote.commit(epoch, 1, &first).unwrap(), Committed::Done);
    // Sent again, too early, too late, by another: nothing happens.
    let other = batch(&[(b"a", Some(b"2")), (b"b", None), (b"c", Some(b"3"))]);
    for (epoch, height) in [(epoch, 1), (epoch, 3), (epoch - 1, 2), (epoch + 1, 2)] {
        assert_eq!(remote.commit(epoch, height, &other).unwrap(), Committed::Refused, "{epoch} {height}");
    }
    let mut others = server.connect().unwrap();
    let get = |key: &[u8]| others.get(Area::Current, key).unwrap();
    let found: Vec<_> = [&b"a"[..], b"b", b"c", b"\0\xff"].map(get).into();
    assert_eq!(found, [Some(b"1".to_vec()), Some(Vec::new()), None, Some(b"\0\n\xff".to_vec())]);
    assert_eq!(others.standing().unwrap().height, 1);

    assert_eq!(remote.commit(epoch, 2, &other).unwrap(), Committed::Done);
    assert_eq!(remote.commit(epoch, 3, &Batch::default()).unwrap(), Committed::Done);
    let pairs = others.page(Area::Current, &all(), false, 10).unwrap();
    let keys: Vec<_> = pairs.iter().map(|(key, _)| key.as_slice()).collect();
    assert_eq!(keys, [&b"\0\xff"[..], b"a", b"c"]);
    assert_eq!(others.standing().unwrap().height, 3);
    assert_eq!(others.get(Area::Next, b"a").unwrap(), None);
}

pub fn records_are_paged_in_the_order_of_their_bytes(server: &dyn Server) {
    let (mut remote, epoch) = owner(server);
    let mut model = BTreeMap::new();
    let mut group = Batch::default();
    let bytes = [0, 1, b'\n', b'(', b'-', b'[', b'a', 0x7f, 0x80, 0xff];
    for first in bytes {
        for second in bytes {
            for key in [vec![first], vec![first, second], vec![first, second, first]] {
                model.insert(key.clone(), vec![second]);
                group.put(key, vec![second]);
            }
        }
    }
    assert_eq!(remote.commit(epoch, 1, &group).unwrap(), Committed::Done);
    let bounds =
        [&b""[..], b"\0", b"\0\xff", b"(", b"[", b"[a", b"a", b"a\0", b"\x80", b"\xff", b"\xff\xff\xff\xff"];
    for start in bounds {
        for end in bounds {
            let span = Span { start: start.to_vec(), end: end.to_vec() };
            let inside = || model.iter().filter(|(key, _)| span.contains(key));
            for limit in [1, 7, 1000] {
                let pairs = |of: &mut dyn Iterator<Item = (&Vec<u8>, &Vec<u8>)>| {
                    of.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
                };
                let found = remote.page(Area::Current, &span, false, limit).unwrap();
                assert_eq!(found, pairs(&mut inside()), "{span:?} {limit}");
                let found = remote.page(Area::Current, &span, true, limit).unwrap();
                assert_eq!(found, pairs(&mut inside().rev()), "{span:?} {limit} backwards");
            }
        }
    }
}

/// More than fits on Lua's stack or into one packet, and values larger than any buffer.
pub fn large_groups_are_one_step(server: &dyn Server) {
    let (mut remote, epoch) = owner(server);
    let key = |n: u32| [b"k", n.to_be_bytes().as_slice()].concat();
    let mut group = Batch::default();
    for n in 0..20_000 {
        group.put(key(n), n.to_be_bytes().to_vec());
    }
    group.put(b"large".to_vec(), vec![7; 3 << 20]);
    assert_eq!(remote.commit(epoch, 1, &group).unwrap(), Committed::Done);
    assert_eq!(remote.get(Area::Current, b"large").unwrap().unwrap().len(), 3 << 20);
    let last = remote.page(Area::Current, &Span::prefix(*b"k"), true, 1).unwrap();
    assert_eq!(last, [(key(19_999), 19_999_u32.to_be_bytes().to_vec())]);
    let mut rest = Batch::default();
    for n in 0..20_000 {
        rest.delete(key(n));
    }
    assert_eq!(remote.commit(epoch, 2, &rest).unwrap(), Committed::Done);
    assert_eq!(remote.page(Area::Current, &all(), false, 10).unwrap().len(), 1);
}

pub fn others_take_the_place_of_the_records_in_one_step(server: &dyn Server) {
    let (mut remote, epoch) = owner(server);
    assert_eq!(remote.commit(epoch, 1, &batch(&[(b"old", Some(b"1"))])).unwrap(), Committed::Done);
    remote.begin_next().unwrap();
    remote.fill_next(&batch(&[(b"abandoned", Some(b"1"))])).unwrap();
    remote.begin_next().unwrap();
    remote.fill_next(&Batch::default()).unwrap();
    let mut many = Batch::default();
    for n in 0..12_000_u32 {
        many.put(n.to_be_bytes().to_vec(), vec![1]);
    }
    remote.fill_next(&many).unwrap();
    remote.fill_next(&batch(&[(b"new", Some(b"2")), (&0_u32.to_be_bytes(), None)])).unwrap();
    // Nothing of it counts yet.
    assert_eq!(remote.get(Area::Current, b"new").unwrap(), None);
    assert_eq!(remote.get(Area::Next, b"new").unwrap(), Some(b"2".to_vec()));
    assert_eq!(remote.page(Area::Next, &all(), false, 20_000).unwrap().len(), 12_000);
    for (epoch, height) in [(epoch, 1), (epoch, 3), (epoch + 1, 2)] {
        assert_eq!(remote.exchange(epoch, height, true).unwrap(), Committed::Refused);
    }
    assert_eq!(remote.get(Area::Current, b"old").unwrap(), Some(b"1".to_vec()));

    assert_eq!(remote.exchange(epoch, 2, true).unwrap(), Committed::Done);
    assert_eq!(remote.page(Area::Current, &all(), false, 20_000).unwrap().len(), 12_000);
    assert_eq!(remote.get(Area::Current, b"old").unwrap(), None);
    assert_eq!(remote.page(Area::Next, &all(), false, 10).unwrap(), []);
    assert_eq!(remote.standing().unwrap().height, 2);
    assert_eq!(remote.commit(epoch, 3, &batch(&[(b"newer", Some(b"3"))])).unwrap(), Committed::Done);

    // Again, over what was kept; and with nothing to put in its place.
    remote.begin_next().unwrap();
    remote.fill_next(&batch(&[(b"third", Some(b"3"))])).unwrap();
    assert_eq!(remote.exchange(epoch, 4, false).unwrap(), Committed::Done);
    remote.begin_next().unwrap();
    assert_eq!(remote.exchange(epoch, 5, true).unwrap(), Committed::Done);
    assert_eq!(remote.page(Area::Current, &all(), false, 10).unwrap(), []);
    assert_eq!(remote.commit(epoch, 6, &batch(&[(b"fourth", Some(b"4"))])).unwrap(), Committed::Done);
    assert_eq!(remote.get(Area::Current, b"fourth").unwrap(), Some(b"4".to_vec()));
}

pub fn records_that_were_moved_say_where(server: &dyn Server) {
    let (mut remote, epoch) = owner(server);
    assert_eq!(remote.set_moved(epoch, 2, "elsewhere").unwrap(), Committed::Refused);
    assert_eq!(remote.standing().unwrap().moved, None);
    assert_eq!(remote.set_moved(epoch, 1, "postgres at db:5432/bot").unwrap(), Committed::Done);
    let mut others = server.connect().unwrap();
    let standing = others.present(&candidate("b")).unwrap();
    assert_eq!((standing.moved.as_deref(), standing.height), (Some("postgres at db:5432/bot"), 1));
    // Whoever fills it anew owns it first.
    remote.release(epoch).unwrap();
    let (taken, standing) = others.take_over(&candidate("b"), LONG).unwrap();
    assert!(taken);
    others.begin_next().unwrap();
    assert_eq!(others.exchange(standing.epoch, 2, true).unwrap(), Committed::Done);
    assert_eq!(others.standing().unwrap().moved, None);
}
