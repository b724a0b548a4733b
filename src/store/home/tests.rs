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
