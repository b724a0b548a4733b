//! Tests of what opening a home must not do.

use super::{Home, OnDamage};
use crate::domain::Timestamp;
use crate::store::records::Record;
use crate::store::tx::Tx;
use crate::store::{Store, StoreError, keys};
use serde::{Deserialize, Serialize};

/// A record as a future version might write it.
#[derive(Serialize, Deserialize)]
struct SeqToCome(u64, bool);

impl Record for SeqToCome {
    const KIND: &'static str = "next seq";
    const VERSION: u8 = 2;
}

#[tokio::test]
async fn a_store_of_a_newer_program_is_told_from_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let now = Timestamp::from_secs(1_800_000_000);
    let store = home.open(OnDamage::Restore, now).unwrap().store;
    home.export(&store, now).await.unwrap();
    store.close().await.unwrap();
    let store = Store::open(&home.store()).unwrap();
    let written = store.change(|state| {
        let mut tx = Tx::default();
        tx.put(keys::next_seq(), &SeqToCome(7, true))?;
        state.apply(tx)
    });
    written.await.unwrap();
    store.close().await.unwrap();
    let refused = home.open(OnDamage::Restore, now).map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { version: 2, known: 1, .. }), "{refused}");
    assert!(refused.to_string().contains("newer phonicflow-bot"), "{refused}");
    assert!(home.damaged().unwrap().is_empty() && home.last_restore().is_none());
}

#[tokio::test]
async fn exports_of_a_store_that_lies_elsewhere_do_not_become_a_second_one() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(&folder.path().join("home"));
    let now = Timestamp::from_secs(1_800_000_000);
    let elsewhere = Store::open(&folder.path().join("elsewhere")).unwrap();
    home.note_elsewhere("db1:5432/bot", now).unwrap();
    home.export(&elsewhere, now).await.unwrap();
    elsewhere.close().await.unwrap();
    for on_damage in [OnDamage::Restore, OnDamage::Refuse] {
        let refused = home.open(on_damage, now).map(drop).unwrap_err();
        assert!(matches!(&refused, StoreError::Moved { to, .. } if to == "db1:5432/bot"), "{refused}");
    }
    assert!(!home.store().exists());
    // A store that lies here is not given away.
    let own = Home::at(&folder.path().join("own"));
    own.open(OnDamage::Refuse, now).unwrap().store.close().await.unwrap();
    own.note_elsewhere("db1:5432/bot", now).unwrap();
    own.open(OnDamage::Refuse, now).unwrap().store.close().await.unwrap();
}
