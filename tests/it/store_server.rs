//! What a database server promises to the shared store, as scenarios run on every kind of server; and what is particular to
//! one kind.
//!
//! Must not know records, verbs or the daemon.

use phonicflow_bot::store::engine::{Batch, Span};
use phonicflow_bot::store::server::{Candidate, Remote, Server};
use std::time::Duration;

#[path = "store_server/electing.rs"]
mod electing;
#[path = "store_server/keeping.rs"]
mod keeping;
#[path = "store_server/of_postgres.rs"]
mod of_postgres;
#[path = "store_server/of_redis.rs"]
mod of_redis;

/// Long enough not to end during a test.
const LONG: Duration = Duration::from_secs(600);

fn batch(changes: &[(&[u8], Option<&[u8]>)]) -> Batch {
    let mut batch = Batch::default();
    for (key, value) in changes {
        match value {
            Some(value) => batch.put(key.to_vec(), value.to_vec()),
            None => batch.delete(key.to_vec()),
        }
    }
    batch
}

fn all() -> Span {
    Span { start: Vec::new(), end: vec![0xff; 8] }
}

fn candidate(node: &str) -> Candidate {
    Candidate { node: node.to_owned(), addr: format!("{node}:9470"), certificate: vec![0, b'\n', 0xff] }
}

/// A connection whose candidate owns the store until the end of the test; with its epoch.
fn owner(server: &dyn Server) -> (Box<dyn Remote>, u64) {
    let mut remote = server.connect().unwrap();
    let (taken, standing) = remote.take_over(&candidate("a"), LONG).unwrap();
    assert!(taken);
    (remote, standing.epoch)
}

macro_rules! on_server {
    ($servers:ident $module_of:ident $has:ident; $($module:ident: $($name:ident)*;)*) => {
        mod $servers { $($(
            #[test]
            fn $name() {
                let test = concat!("store_server::", stringify!($servers), "::", stringify!($name));
                if crate::skip::$has(test) {
                    let url = crate::databases::$module_of::database();
                    let server = phonicflow_bot::store::server::of(&url, None).unwrap();
                    crate::store_server::$module::$name(server.as_ref());
                }
            }
        )*)* }
    };
}

macro_rules! scenarios {
    ($($scenarios:tt)*) => {
        on_server! { on_postgres postgres has_postgres; $($scenarios)* }
        on_server! { on_redis redis has_redis; $($scenarios)* }
    };
}

scenarios! {
    keeping:
        a_group_is_written_by_its_owner_at_its_height_or_not_at_all
        records_are_paged_in_the_order_of_their_bytes
        large_groups_are_one_step
        others_take_the_place_of_the_records_in_one_step
        records_that_were_moved_say_where;
    electing:
        a_new_database_has_no_owner
        a_lease_keeps_others_out_until_it_ends
        a_lease_is_given_back_at_once
        a_former_owner_can_do_nothing_any_more
        candidates_see_one_another;
}
