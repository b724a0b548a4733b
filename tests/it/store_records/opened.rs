//! A whole store of version 1: its keys, its ledger, and that it opens and works.

use super::*;

/// Key and value of every kind of record, as a store of version 1 holds them.
fn store_of_version_1() -> Vec<(Vec<u8>, Vec<u8>)> {
    let old = |name: &str| std::fs::read(folder().join(format!("{name}.bin"))).unwrap();
    let user = UserId(-17);
    let archived = session(2, Some(at(6)));
    let mut all = vec![
        (keys::learner(user), old("learner")),
        (keys::archived(user, archived.created, archived.id), old("session")),
        (keys::expiry(at(6), user, archived.created, archived.id), old("mark")),
        (keys::turn(user, uuid(1), 3), old("turn")),
        (keys::dead(40), old("dead-letter")),
        (keys::dead_outbox(40, 0), old("out-text")),
        (keys::rate(user), old("rate")),
        (keys::global_rate(), old("rate")),
        (keys::seen(9), old("seen")),
        (keys::purge(PURGE.session), old("purge")),
        (keys::purge_due(T0, PURGE.session), old("mark")),
        (keys::moved(ChatId(-1)), old("moved")),
        (keys::next_seq(), old("next-seq")),
        (keys::log_key(), old("log-key")),
    ];
    all.extend(jobs().iter().map(|(name, job)| (keys::inbox(job.seq), old(name))));
    all.extend(outbox().iter().map(|(name, message)| (keys::outbox(7, message.index), old(name))));
    all
}

#[test]
fn the_layout_of_keys_has_not_changed() {
    let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lines: String = store_of_version_1().iter().map(|(key, _)| hex(key) + "\n").collect();
    assert_eq!(lines.as_bytes(), fixture("keys.txt", lines.as_bytes()));
}

/// Kinds that came later, with keys of their own.
#[test]
fn the_keys_of_later_kinds_have_not_changed() {
    let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let alerts = [
        AlertKind::TutorDown,
        AlertKind::TutorBack,
        AlertKind::DeadLetters,
        AlertKind::StoreRestored,
        AlertKind::MembersHidden,
    ];
    let keys = alerts.iter().map(|kind| keys::told(UserId(17), *kind)).chain([keys::member(UserId(17))]);
    let lines: String = keys.map(|key| hex(&key) + "\n").collect();
    assert_eq!(lines.as_bytes(), fixture("keys-access.txt", lines.as_bytes()));
    let lines: String = [keys::menu(UserId(17)), keys::hidden()].iter().map(|key| hex(key) + "\n").collect();
    assert_eq!(lines.as_bytes(), fixture_of(2, "keys.txt", lines.as_bytes()));
}

#[test]
fn a_store_of_version_1_opens_and_works() {
    block_on(async {
        let store = MemoryDisk::holding(store_of_version_1()).open().unwrap();
        let user = UserId(-17);
        assert_eq!(store.learner(user).await.unwrap(), Some(learner()));
        assert_eq!(store.last_voice_turn(user, uuid(1)).await.unwrap(), Some(turn()));
        assert_eq!(
            store.jobs(None, 99).await.unwrap(),
            jobs().into_iter().map(|(_, job)| job).collect::<Vec<_>>()
        );
        let sessions = store.sessions(None, 9).await.unwrap().sessions;
        assert_eq!(sessions, [session(2, Some(at(6))), session(1, None)]);
        assert_eq!(store.dead_letters(None, 9).await.unwrap(), [letter()]);
        assert_eq!(store.purges(T0, 9).await.unwrap(), [PURGE]);
        assert_eq!(store.log_key().await.unwrap()[31], 31);
        let batch = vec![voice(-5, 1, 1), voice(6, 1, -1)];
        let accepted = store.accept(batch, policy(), at(10)).await.unwrap();
        assert_eq!((&accepted.repeats[..], &accepted.taken[..]), (&[-5][..], &[(6, 1 << 40)][..]));
        let old = store.claim(WorkKind::Tutor, at(10)).await.unwrap().row().unwrap();
        assert_eq!((old.job, old.learner), (jobs().swap_remove(0).1, learner()));
        assert_eq!(
            store.claim(WorkKind::Tutor, at(10)).await.unwrap().row().unwrap().job.chat,
            ChatId(-1001)
        );
    });
}

#[test]
fn the_ledger_of_version_1_still_balances() {
    let disk = MemoryDisk::holding(store_of_version_1());
    block_on(async {
        let store = disk.open().unwrap();
        store.add_purges(vec![uuid(9)], T0).await.unwrap();
        store.close().await.unwrap();
    });
    let mut records = disk.records();
    let entry = records.iter_mut().find(|(key, _)| *key == keys::ledger()).unwrap();
    let committed = fixture("ledger.bin", &entry.1);
    assert_eq!(entry.1, committed);
    assert!(MemoryDisk::holding(records.clone()).open().is_ok());
    for gone in 0..records.len() {
        let mut less = records.clone();
        let (key, _) = less.remove(gone);
        let opened = MemoryDisk::holding(less).open();
        // Without the ledger itself a new one is begun: such a store may come from before there was one.
        assert_eq!(opened.is_ok(), key == keys::ledger(), "without {key:?}");
    }
}

#[test]
fn a_damaged_row_is_named_on_opening() {
    let cut = |key: Vec<u8>| {
        let damage = |(k, mut v): (Vec<u8>, Vec<u8>)| {
            if k == key {
                v.truncate(v.len() / 2);
            }
            (k, v)
        };
        MemoryDisk::holding(store_of_version_1().into_iter().map(damage))
    };
    match cut(keys::inbox(3)).open() {
        Err(StoreError::Corrupt { kind, .. }) => assert_eq!(kind, "inbox row"),
        other => panic!("{:?}", other.err()),
    }
    block_on(async {
        // A single record that cannot be read does not stop the others.
        let store = cut(keys::learner(UserId(-17))).open().unwrap();
        assert!(matches!(store.learner(UserId(-17)).await, Err(StoreError::Corrupt { kind: "learner", .. })));
        store.accept(vec![voice(7, 9, 9)], policy(), at(10)).await.unwrap();
        let unreadable = store.claim(WorkKind::Tutor, at(10)).await;
        assert!(matches!(unreadable, Err(StoreError::Corrupt { kind: "learner", .. })));
        let claimed = store.claim(WorkKind::Tutor, at(10)).await.unwrap().row();
        assert_eq!(claimed.unwrap().job.user, UserId(9));
    });
}
