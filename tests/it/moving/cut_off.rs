//! Everything that replaces the records of a store, cut off at each of its writes: the old or the new ones are there,
//! complete, and asked again it is brought to its end.

use super::double::Double;
use super::{filled, folder_tells, shared, shared_tells};
use crate::sealing::{copy, fill, told};
use crate::store_contract::{at, block_on, policy, sticker, test_key};
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::export::Source;
use phonicflow_bot::store::moving::{Moved, Moving, move_records};
use phonicflow_bot::store::refill::{self, Refilled};
use phonicflow_bot::store::{Held, Home, KeyTrouble, StoreError};
use std::fs;
use std::path::Path;

/// Moves from the folder to the double, or back.
fn go(
    double: &Double,
    root: &Path,
    key: Option<&KeyMaterial>,
    is_back: bool,
    force: bool,
) -> Result<Moved, StoreError> {
    let shared = shared(double, root, key);
    let shared = shared.hold()?;
    let folder = Home::at(root).keyed(key.cloned()).hold(root.display().to_string(), at(5_000))?;
    let (from, to): (&dyn Held, &dyn Held) = if is_back { (&shared, &folder) } else { (&folder, &shared) };
    let mut steps = Vec::new();
    let moved = move_records(from, to, key, force, at(5_000), &mut |step| {
        steps.push(step);
    });
    if matches!(moved, Ok(Moved::Done { records: Some(_), .. })) {
        let last = &steps[steps.len() - 2..];
        assert_eq!(last, [Moving::InPlace, Moving::Done], "{steps:?}");
    }
    moved
}

#[test]
fn a_move_cut_off_at_any_write_leaves_one_store_and_is_finished_by_asking_again() {
    for (key, is_back) in [(None, false), (None, true), (Some(test_key()), false), (Some(test_key()), true)] {
        let key = key.as_ref();
        block_on(async {
            let template = tempfile::tempdir().unwrap();
            let before = filled(&template.path().join("home"), key).await;
            let mut outcomes = Vec::new();
            let writes = (0..).flat_map(|n| [(n, false), (n, true)]);
            for (n, is_done) in writes {
                let folder = tempfile::tempdir().unwrap();
                let root = folder.path().join("home");
                copy(&template.path().join("home"), &root);
                let double = Double::new();
                if is_back {
                    assert!(matches!(go(&double, &root, key, false, false), Ok(Moved::Done { .. })));
                }
                double.dies_after(n, is_done);
                let moved = go(&double, &root, key, is_back, false);
                double.revive();
                let (here, there) = (folder_tells(&root, key).await, shared_tells(&double, &root, key).await);
                assert!(here.is_none() || there.is_none(), "{n}: two stores open");
                outcomes.push((here.is_some(), there.is_some()));
                assert!(here.iter().chain(&there).all(|all| *all == before), "{n}");
                match go(&double, &root, key, is_back, false) {
                    Ok(Moved::Done { aside: None, .. }) => {}
                    // It was finished before.
                    Err(StoreError::Moved { .. }) => {}
                    other => panic!("{n}: {other:?}"),
                }
                let (here, there) = (folder_tells(&root, key).await, shared_tells(&double, &root, key).await);
                let (from, to) = if is_back { (there, here) } else { (here, there) };
                assert_eq!((from, to.as_ref()), (None, Some(&before)), "{n}");
                if moved.is_ok() && is_done {
                    break;
                }
            }
            // All of it was seen: not begun, begun so that neither opens, done.
            let (old, new) =
                if is_back { ((false, true), (true, false)) } else { ((true, false), (false, true)) };
            for outcome in [old, (false, false), new] {
                assert!(outcomes.contains(&outcome), "{is_back}: {outcome:?} in {outcomes:?}");
            }
        });
    }
}

#[test]
fn a_move_over_a_store_that_holds_something_needs_force_and_keeps_it() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let double = Double::new();
        let first = filled(&one, None).await;
        filled(&other, None).await;
        let store = Home::at(&other).open(phonicflow_bot::store::OnDamage::Refuse, at(1)).unwrap().store;
        store.accept(vec![sticker(500, 77, 77)], policy(), at(7)).await.unwrap();
        let second = told(&store).await;
        store.close().await.unwrap();
        assert!(matches!(
            go(&double, &one, None, false, false),
            Ok(Moved::Done { records: Some(_), aside: None })
        ));
        // What was moved away cannot be moved again, nor is it restored from its exports.
        assert!(matches!(go(&double, &one, None, false, true), Err(StoreError::Moved { .. })));
        assert_eq!(go(&double, &other, None, false, false).unwrap(), Moved::NotEmpty);
        assert_eq!(shared_tells(&double, &one, None).await.as_ref(), Some(&first), "nothing was touched");
        assert_eq!(folder_tells(&other, None).await.as_ref(), Some(&second), "nothing was touched");
        let Moved::Done { aside: Some(_), .. } = go(&double, &other, None, false, true).unwrap() else {
            panic!("it is kept")
        };
        assert!(double.kept().is_some_and(|records| records > 20));
        assert_eq!(shared_tells(&double, &other, None).await.as_ref(), Some(&second));
        // Back to where it was: what was left behind there makes room. An empty place has nothing to be moved.
        assert!(matches!(go(&double, &other, None, true, false), Ok(Moved::Done { aside: None, .. })));
        assert_eq!(folder_tells(&other, None).await.as_ref(), Some(&second));
        let empty = folder.path().join("empty");
        assert_eq!(go(&Double::new(), &empty, None, false, false).unwrap(), Moved::Nothing);
        assert!(!Home::at(&empty).store().exists(), "to look makes no store");
    });
}

#[test]
fn a_command_that_holds_a_shared_store_keeps_others_out_and_is_kept_out() {
    let folder = tempfile::tempdir().unwrap();
    let double = Double::new();
    let (one, other) = (shared(&double, folder.path(), None), shared(&double, folder.path(), None));
    let held = one.hold().unwrap();
    assert!(matches!(other.hold().map(drop), Err(StoreError::Owned { node, .. }) if node == "here"));
    assert!(other.take_over(at(1)).unwrap().is_none());
    drop(held);
    other.hold().unwrap();
}

#[test]
fn a_restore_into_a_shared_store_cut_off_at_any_write_leaves_the_old_records_or_the_new_ones() {
    for key in [None, Some(test_key())] {
        let key = key.as_ref();
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (root, other) = (folder.path().join("home"), folder.path().join("other"));
            filled(&other, key).await;
            let home = Home::at(&other).keyed(key.cloned());
            let store = home.open(phonicflow_bot::store::OnDamage::Refuse, at(1)).unwrap().store;
            let (backup, _) = home.export(&store, at(2_000)).await.unwrap();
            let open_rows = store.counts().await.unwrap().inbox as u64;
            store.close().await.unwrap();
            let double = Double::new();
            let taken = shared(&double, &root, key).take_over(at(1)).unwrap().unwrap();
            taken.store.accept(vec![sticker(500, 77, 77)], policy(), at(7)).await.unwrap();
            let old = told(&taken.store).await;
            taken.store.close().await.unwrap();
            taken.release();
            let restore = |double: &Double, force| {
                let shared = shared(double, &root, key);
                let held = shared.hold()?;
                refill::restore(&held, &Source::open(&backup)?, key, force, at(6_000), &mut |_, _| ())
            };
            assert_eq!(restore(&double, false).unwrap(), Refilled::NotEmpty);
            let template = double.snapshot();
            let mut news = Vec::new();
            for n in 0.. {
                // A machine that has not seen it yet: each round sets the database back.
                fs::remove_file(root.join("shared-height")).unwrap();
                double.set_back(&template);
                double.dies_after(n, n % 2 == 0);
                let restored = restore(&double, true);
                double.revive();
                let all = shared_tells(&double, &root, key).await.unwrap();
                if all != old {
                    news.push(all);
                }
                let Ok(Refilled::Done { rebuilt, aside }) = restored else { continue };
                assert_eq!((rebuilt.set_aside, aside.is_some()), (open_rows, true));
                assert!(double.kept().is_some());
                break;
            }
            assert!(news.iter().all(|all| *all == news[0]), "the new ones are complete");
        });
    }
}

/// Whether the key is the store's; a store that is made is encrypted with it.
async fn opens(double: &Double, root: &Path, key: Option<&KeyMaterial>) -> bool {
    let taken = match shared(double, root, key).take_over(at(9_000)) {
        Err(StoreError::Key(_)) => return false,
        taken => taken.unwrap().unwrap(),
    };
    taken.store.close().await.unwrap();
    taken.release();
    true
}

#[test]
fn another_key_for_a_shared_store_cut_off_at_any_write_leaves_it_under_one_of_the_two() {
    let new = KeyMaterial::new(vec![5; 32]);
    for (from, to) in [(None, Some(test_key())), (Some(test_key()), Some(new)), (Some(test_key()), None)] {
        let (from, to) = (from.as_ref(), to.as_ref());
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("home");
            let double = Double::new();
            let taken = shared(&double, &root, from).take_over(at(1)).unwrap().unwrap();
            fill(&taken.store).await;
            let before = told(&taken.store).await;
            taken.store.close().await.unwrap();
            taken.release();
            let template = double.snapshot();
            let reencrypt = |double: &Double| {
                let shared = shared(double, &root, from);
                let held = shared.hold()?;
                refill::reencrypt(&held, from, to, &mut |_| ())
            };
            for n in 0.. {
                fs::remove_file(root.join("shared-height")).unwrap();
                double.set_back(&template);
                double.dies_after(n, n % 2 == 0);
                let done = reencrypt(&double);
                double.revive();
                let (is_old, is_new) = (opens(&double, &root, from).await, opens(&double, &root, to).await);
                assert!(is_old != is_new, "{n}");
                let key = if is_old { from } else { to };
                assert_eq!(shared_tells(&double, &root, key).await.unwrap(), before, "{n}");
                if done.is_ok() {
                    assert!(is_new && double.kept().is_none(), "nothing is left under the old key");
                    assert_eq!(reencrypt(&double).unwrap(), None, "once is enough");
                    break;
                }
            }
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let double = Double::new();
    let sealed = shared(&double, folder.path(), Some(&test_key()));
    assert!(block_on(opens(&double, folder.path(), Some(&test_key()))));
    let held = sealed.hold().unwrap();
    let wrong = refill::reencrypt(&held, None, Some(&KeyMaterial::new(vec![6; 32])), &mut |_| ());
    assert!(matches!(wrong, Err(StoreError::Key(KeyTrouble::Wrong))));
}

#[test]
fn a_database_that_was_set_back_is_refused_until_it_is_accepted_and_its_open_rows_are_set_aside() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("home");
        let double = Double::new();
        let taken = shared(&double, &root, None).take_over(at(1)).unwrap().unwrap();
        fill(&taken.store).await;
        let open_rows = taken.store.counts().await.unwrap().inbox as u64;
        let earlier = double.snapshot();
        taken.store.accept(vec![sticker(500, 77, 77)], policy(), at(7)).await.unwrap();
        taken.store.close().await.unwrap();
        taken.release();
        double.set_back(&earlier);
        double.revive();
        assert!(matches!(
            shared(&double, &root, None).take_over(at(2)).map(drop),
            Err(StoreError::Damaged(_))
        ));
        assert!(matches!(shared(&double, &root, None).checked(), Err(StoreError::Damaged(_))));
        let template = double.snapshot();
        for n in 0.. {
            double.set_back(&template);
            double.dies_after(n, n % 2 == 0);
            let one = shared(&double, &root, None);
            let (_, objection) = one.looked_at().unwrap();
            let accepted = one.hold().and_then(|held| refill::accept(&held, None, at(8_000)));
            double.revive();
            let taken = shared(&double, &root, None).take_over(at(9_000));
            match accepted {
                Ok(set_aside) => {
                    assert!(objection.is_some() && set_aside == open_rows && open_rows > 0);
                    let taken = taken.unwrap().unwrap();
                    let counts = taken.store.counts().await.unwrap();
                    assert_eq!((counts.inbox, counts.dead as u64), (0, open_rows + 1), "one was dead before");
                    taken.store.accept(vec![sticker(501, 78, 78)], policy(), at(9_001)).await.unwrap();
                    let row = taken.store.jobs(None, 9).await.unwrap().remove(0);
                    assert!(row.seq >= 1_000, "numbers were given out since: {}", row.seq);
                    taken.store.close().await.unwrap();
                    taken.release();
                    break;
                }
                // Nothing was done, or all of it but the mark of this machine.
                Err(_) => assert!(matches!(taken.map(drop), Err(StoreError::Damaged(_)) | Ok(())), "{n}"),
            }
        }
    });
}
