//! A store as a whole, on a folder and on a shared database: moved there and back, restored, sealed anew, accepted as it is.

use crate::sealing::told;
use crate::store_contract::{T0, at};
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::server::{Candidate, SharedStore};
use phonicflow_bot::store::{Home, OnDamage, StoreError};
use std::path::Path;
use std::sync::Arc;

#[path = "moving/cut_off.rs"]
mod cut_off;
#[path = "moving/deleted.rs"]
mod deleted;
#[path = "moving/double.rs"]
mod double;
#[path = "moving/killed.rs"]
mod killed;
#[path = "moving/real.rs"]
mod real;

use double::Double;

fn shared(double: &Double, root: &Path, key: Option<&KeyMaterial>) -> SharedStore {
    let me = Candidate { node: "here".to_owned(), ..Candidate::default() };
    SharedStore::new(Arc::new(double.clone()), root, key.cloned(), me).unwrap()
}

/// What the store in a folder tells; `None`: it says that it was moved away.
async fn folder_tells(root: &Path, key: Option<&KeyMaterial>) -> Option<Vec<String>> {
    let opened = match Home::at(root).keyed(key.cloned()).open(OnDamage::Restore, at(9_000)) {
        Err(StoreError::Moved { .. }) => return None,
        opened => opened.unwrap(),
    };
    assert_eq!(opened.restored, None, "nothing had to be restored");
    let all = told(&opened.store).await;
    opened.store.close().await.unwrap();
    Some(all)
}

/// What a shared store tells; `None`: there is none, or it was moved away.
async fn shared_tells(double: &Double, root: &Path, key: Option<&KeyMaterial>) -> Option<Vec<String>> {
    if double.is_empty() {
        return None;
    }
    let taken = match shared(double, root, key).take_over(at(9_000)) {
        Err(StoreError::Moved { .. }) => return None,
        taken => taken.unwrap().expect("nobody owns it"),
    };
    let all = told(&taken.store).await;
    taken.store.close().await.unwrap();
    taken.release();
    Some(all)
}

/// A closed store in a folder, with something of everything.
async fn filled(root: &Path, key: Option<&KeyMaterial>) -> Vec<String> {
    let store = Home::at(root).keyed(key.cloned()).open(OnDamage::Refuse, T0).unwrap().store;
    crate::sealing::fill(&store).await;
    let all = told(&store).await;
    store.close().await.unwrap();
    all
}
