//! Who owns the store, and who else is there.

use super::{LONG, batch, candidate, owner};
use phonicflow_bot::store::server::{Committed, Server};
use std::time::Duration;

pub fn a_new_database_has_no_owner(server: &dyn Server) {
    let mut remote = server.connect().unwrap();
    let standing = remote.standing().unwrap();
    assert_eq!((standing.epoch, standing.height, standing.owner.node.as_str()), (0, 0, ""));
    assert!(!standing.id.is_nil() && standing.lease_ms <= 0 && standing.moved.is_none());
    assert_eq!(server.connect().unwrap().standing().unwrap().id, standing.id);
}

pub fn a_lease_keeps_others_out_until_it_ends(server: &dyn Server) {
    let (mut first, epoch) = owner(server);
    let mut second = server.connect().unwrap();
    for node in ["b", "a"] {
        let (taken, standing) = second.take_over(&candidate(node), LONG).unwrap();
        assert!(!taken, "even by the same node, which may be another process");
        assert_eq!((standing.epoch, standing.owner), (epoch, candidate("a")));
        assert!(standing.lease_ms > 0);
    }
    // A renewal sets the lease, and this one ends at once.
    assert!(first.renew(epoch, Duration::ZERO).unwrap());
    let (taken, standing) = second.take_over(&candidate("b"), LONG).unwrap();
    assert!(taken);
    assert_eq!((standing.epoch, &standing.owner), (epoch + 1, &candidate("b")));
    assert!(standing.lease_ms > 0 && standing.lease_ms <= 600_000);
    assert_eq!(first.standing().unwrap().owner, standing.owner);
}

pub fn a_lease_is_given_back_at_once(server: &dyn Server) {
    let (mut first, epoch) = owner(server);
    first.release(epoch).unwrap();
    let standing = first.standing().unwrap();
    assert!(standing.lease_ms <= 0 && standing.lease_ms > -60_000, "{standing:?}");
    assert_eq!((standing.epoch, standing.owner), (epoch, candidate("a")), "who was last is still told");
    assert!(server.connect().unwrap().take_over(&candidate("b"), LONG).unwrap().0);
}

pub fn a_former_owner_can_do_nothing_any_more(server: &dyn Server) {
    let (mut first, epoch) = owner(server);
    assert_eq!(first.commit(epoch, 1, &batch(&[(b"a", Some(b"1"))])).unwrap(), Committed::Done);
    first.release(epoch).unwrap();
    let mut second = server.connect().unwrap();
    let (taken, standing) = second.take_over(&candidate("b"), LONG).unwrap();
    assert!(taken && standing.height == 1);
    assert_eq!(first.commit(epoch, 2, &batch(&[(b"a", None)])).unwrap(), Committed::Refused);
    assert_eq!(first.exchange(epoch, 2, false).unwrap(), Committed::Refused);
    assert_eq!(first.set_moved(epoch, 2, "elsewhere").unwrap(), Committed::Refused);
    assert!(!first.renew(epoch, LONG).unwrap());
    first.release(epoch).unwrap();
    let standing = second.standing().unwrap();
    assert!(standing.lease_ms > 0 && standing.height == 1 && standing.owner == candidate("b"));
    assert_eq!(second.commit(standing.epoch, 2, &batch(&[])).unwrap(), Committed::Done);
}

pub fn candidates_see_one_another(server: &dyn Server) {
    let mut remote = server.connect().unwrap();
    assert_eq!(remote.candidates().unwrap(), []);
    let id = remote.present(&candidate("a")).unwrap().id;
    let mut others = server.connect().unwrap();
    assert_eq!(others.present(&candidate("b")).unwrap().id, id);
    // It has no address any more; and the clock of the server has gone on.
    let changed = phonicflow_bot::store::server::Candidate { node: "a".to_owned(), ..Default::default() };
    let before = server.connect().unwrap().standing().unwrap().lease_ms;
    while server.connect().unwrap().standing().unwrap().lease_ms == before {}
    remote.present(&changed).unwrap();
    let seen = others.candidates().unwrap();
    assert!(seen.iter().all(|seen| (0..60_000).contains(&seen.ago_ms)), "{seen:?}");
    let seen: Vec<_> = seen.into_iter().map(|seen| seen.candidate).collect();
    assert_eq!(seen, [changed, candidate("b")], "latest first");
}
