//! Databases that are refused, and what is said then.

use super::{Machine, end_the_lease};
use crate::databases::{Postgres, postgres};
use crate::skip::has_postgres;
use crate::store_contract::{T0, block_on, policy, sticker};
use phonicflow_bot::store::StoreError;
use phonicflow_bot::store::server;

/// What is said of a store that cannot be taken over.
fn refused(machine: &Machine) -> String {
    match machine.shared.take_over(T0) {
        Err(StoreError::Damaged(text)) => text,
        Err(error @ StoreError::Moved { .. }) => error.to_string(),
        Err(error) => panic!("{error:?}"),
        Ok(taken) => panic!("not refused: {}", taken.is_some()),
    }
}

#[test]
fn a_database_that_was_set_back_is_refused_until_it_is_accepted() {
    if !has_postgres("shared_store::refusing::a_database_that_was_set_back_is_refused_until_it_is_accepted") {
        return;
    }
    let mut postgres = Postgres::started();
    let (a, b) = (Machine::new("a", &postgres.url()), Machine::new("b", &postgres.url()));
    let give_back = |taken: server::Taken| {
        block_on(taken.store.close()).unwrap();
        taken.release();
    };
    let taken = a.take();
    block_on(taken.store.accept(vec![sticker(1, 1, 1)], policy(), T0)).unwrap();
    give_back(taken);
    postgres.stop();
    postgres.save("earlier");
    postgres.start();
    let taken = a.take();
    for n in 2..6 {
        block_on(taken.store.accept(vec![sticker(n, n, n)], policy(), T0)).unwrap();
    }
    // A candidate that only stands by has seen them as well.
    b.shared.present().unwrap();
    give_back(taken);
    postgres.stop();
    postgres.set_back("earlier");
    postgres.start();
    for machine in [&a, &b] {
        let said = refused(machine);
        assert!(
            said.contains("fewer commits") && said.contains("store accept") && said.contains("restore FILE")
        );
        assert!(matches!(machine.shared.present(), Err(StoreError::Damaged(_))));
    }
    assert_eq!(a.shared.accept().unwrap().owner.node, "a");
    let taken = a.take();
    assert_eq!(super::there(&taken.store).len(), 1);
    // One that is empty is not the one that was there, though its id says that it is another.
    drop(taken);
    for table in ["pfb_owner", "pfb_record", "pfb_node"] {
        postgres.ask(&format!("DROP TABLE {table}"));
    }
    assert!(refused(&Machine::in_folder(a.folder, "a", &postgres.url())).contains("is empty"));
    assert!(Machine::new("c", &postgres.url()).shared.take_over(T0).unwrap().is_some());
}

#[test]
fn settings_and_tables_under_which_nothing_is_kept_are_refused() {
    if !has_postgres("shared_store::refusing::settings_and_tables_under_which_nothing_is_kept_are_refused") {
        return;
    }
    let mut postgres = Postgres::started();
    let a = Machine::new("a", &postgres.url());
    let give_back = || {
        let taken = a.take();
        block_on(taken.store.close()).unwrap();
        taken.release();
    };
    for (setting, value) in [("fsync", "off"), ("full_page_writes", "off")] {
        postgres.stop();
        postgres.set(setting, value);
        postgres.start();
        assert!(refused(&a).contains(&format!("{setting} = {value}")));
        postgres.stop();
        postgres.set(setting, "on");
        postgres.start();
    }
    // Off by default alone: our own sessions wait all the same.
    postgres.ask("ALTER SYSTEM SET synchronous_commit = off");
    postgres.ask("SELECT pg_reload_conf()");
    give_back();
    let careless = format!("{}?options=-c%20synchronous_commit%3Doff", postgres.url());
    assert!(refused(&Machine::new("b", &careless)).contains("synchronous_commit = off"));
    // What a pooler does that drops the settings of a session.
    let pooled = format!("{}?options=-c%20lock_timeout%3D0", postgres.url());
    assert!(refused(&Machine::new("b", &pooled)).contains("pooler"));

    postgres.ask("ALTER TABLE pfb_record SET UNLOGGED");
    assert!(refused(&a).contains("UNLOGGED"));
    postgres.ask("ALTER TABLE pfb_record SET LOGGED");
    give_back();
    postgres.ask("UPDATE pfb_owner SET moved = 'redis at other:6379/0'");
    assert!(refused(&a).contains("redis at other:6379/0"));
    postgres.ask("UPDATE pfb_owner SET moved = NULL, layout = 7");
    let newer = Machine::new("b", &postgres.url());
    assert!(refused(&newer).contains("a newer phonicflow-bot"));
    end_the_lease(&postgres);
    postgres.ask("UPDATE pfb_owner SET layout = 1");
    postgres.ask("DELETE FROM pfb_owner");
    assert!(refused(&Machine::new("b", &postgres.url())).contains("a row is missing"));
}

#[test]
fn no_error_has_a_password_and_what_cannot_be_mended_by_waiting_is_told_apart() {
    if !has_postgres(
        "shared_store::refusing::no_error_has_a_password_and_what_cannot_be_mended_by_waiting_is_told_apart",
    ) {
        return;
    }
    let url = postgres::database();
    let (place, _) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    for (url, passes) in [
        (format!("postgres://nobody:s3cret@{place}/postgres"), false),
        (format!("postgres://bot:s3cret@{place}/no_such_database"), false),
        (format!("postgres://bot:s3cret@{place}/postgres?sslmode=require"), false),
        ("postgres://bot:s3cret@127.0.0.1:1/postgres".to_owned(), true),
        ("postgres://bot:s3cret@no-such-host.invalid/postgres?sslmode=disable".to_owned(), true),
    ] {
        let machine = Machine::new("a", &url);
        let error = machine.shared.present().unwrap_err();
        assert_eq!(matches!(error, StoreError::Unavailable { .. }), passes, "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}
