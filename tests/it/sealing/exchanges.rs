//! A restore and the clearing of deleted bytes, interrupted at every step: the old database or the new one is
//! complete.

use super::{copy, fill, names, told};
use crate::store_contract::{T0, at, block_on, policy, sticker, test_key};
use crate::world::BINARY;
use phonicflow_bot::domain::UserId;
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::export::Source;
use phonicflow_bot::store::home::{ByHand, Cleared, Exchange};
use phonicflow_bot::store::{Home, OnDamage};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A learner of [`fill`] with words of his own, who is deleted.
const GONE: UserId = UserId(1);

/// A closed store with something of everything, and so many learners more.
async fn filled(home: &Home, many: i64) -> Vec<String> {
    let store = home.open(OnDamage::Refuse, T0).unwrap().store;
    fill(&store).await;
    let stickers = (0..many).map(|n| sticker(1_000 + n, 50_000 + n, 50_000 + n)).collect();
    store.accept(stickers, policy(), at(7)).await.unwrap();
    home.export(&store, at(1_000)).await.unwrap();
    let all = told(&store).await;
    store.close().await.unwrap();
    all
}

async fn open_and_tell(home: &Home) -> Vec<String> {
    let opened = home.open(OnDamage::Restore, at(9_000)).unwrap();
    assert_eq!(opened.restored, None, "nothing had to be restored");
    let all = told(&opened.store).await;
    opened.store.close().await.unwrap();
    all
}

fn tidy(root: &Path) {
    for left in ["restoring", "cleaned", "damaged-", "forgotten"] {
        assert_eq!(names(root, left), [""; 0], "{}", root.display());
    }
}

/// What a kill after each step leaves.
struct Snapshots {
    root: PathBuf,
    left: Vec<(Exchange, PathBuf)>,
}

impl Snapshots {
    fn take(&mut self, step: Exchange) {
        if let Exchange::Filled { done, whole } = step {
            assert!(done > 0 && done <= whole, "{step:?}");
            return;
        }
        let to = self.root.with_file_name(format!("step-{}", self.left.len()));
        copy(&self.root, &to);
        self.left.push((step, to));
        if step == Exchange::Made {
            // And in the midst of making it.
            let to = self.root.with_file_name("step-half");
            copy(&self.root, &to);
            let db = to.join("restoring.part/db");
            let bytes = fs::read(&db).unwrap();
            fs::write(db, &bytes[..bytes.len() / 2]).unwrap();
            self.left.push((step, to));
        }
    }
}

#[test]
fn a_restore_by_hand_cut_off_at_any_step_leaves_the_old_store_or_the_new_one() {
    for key in [None, Some(test_key())] {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("home");
            let home = Home::at(&root).keyed(key.clone());
            let before = filled(&home, 3).await;
            // The backup is a plain one: with a key it is encrypted on the way.
            let other = Home::at(&folder.path().join("other"));
            filled(&other, 9).await;
            let backup = other.listed().unwrap().remove(0);
            let mut shots = Snapshots { root: root.clone(), left: Vec::new() };
            let done = home.restore_by_hand(&Source::open(&backup).unwrap(), true, at(5_000), &mut |step| {
                shots.take(step)
            });
            assert!(matches!(done, Ok(ByHand::Done(_))), "{done:?}");
            let after = open_and_tell(&home).await;
            assert_ne!(after, before);
            tidy(&root);
            let steps: Vec<Exchange> = shots.left.iter().map(|(step, _)| *step).collect();
            use Exchange::{Aside, Done, InPlace, Kept, Made, Named};
            assert_eq!(steps, [Made, Made, Named, Aside, InPlace, Kept, Done]);
            for (step, root) in shots.left {
                let home = Home::at(&root).keyed(key.clone());
                let found = open_and_tell(&home).await;
                let old = matches!(step, Made | Named);
                assert_eq!(&found, if old { &before } else { &after }, "{step:?}");
                tidy(&root);
                assert_eq!(names(&root, "replaced-").len(), usize::from(!old), "{step:?}");
                let again =
                    home.restore_by_hand(&Source::open(&backup).unwrap(), true, at(5_000), &mut |_| ());
                assert!(matches!(again, Ok(ByHand::Done(_))), "{step:?}: {again:?}");
                assert_eq!(open_and_tell(&home).await, after, "{step:?}");
            }
        });
    }
}

/// Whether the database's files hold words of the deleted one.
fn holds_words(root: &Path) -> bool {
    let mut folders: Vec<PathBuf> = ["store", "cleaned", "restoring"].map(|name| root.join(name)).into();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if fs::read(path).unwrap().windows(10).any(|window| window == b"words of 2") {
                return true;
            }
        }
    }
    false
}

/// A store from which a learner was deleted.
async fn deleted(home: &Home, many: i64) -> Vec<String> {
    filled(home, many).await;
    let store = home.open(OnDamage::Refuse, T0).unwrap().store;
    home.note_forgotten().unwrap();
    assert!(store.forget(GONE, at(8_000)).await.unwrap().learner);
    let all = told(&store).await;
    store.close().await.unwrap();
    all
}

#[test]
fn clearing_deleted_bytes_cut_off_at_any_step_loses_nothing_and_is_finished() {
    for key in [None, Some(test_key())] {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("home");
            let home = Home::at(&root).keyed(key.clone());
            let before = deleted(&home, 3).await;
            // Of an encrypted one, nothing can be searched for.
            assert_eq!(holds_words(&root), key.is_none(), "nothing was planted");
            let mut shots = Snapshots { root: root.clone(), left: Vec::new() };
            assert!(home.clean(&mut |step| shots.take(step)).unwrap());
            assert!(!holds_words(&root));
            assert_eq!(open_and_tell(&home).await, before);
            tidy(&root);
            assert!(!home.clean(&mut |_| ()).unwrap(), "once is enough");
            let steps: Vec<Exchange> = shots.left.iter().map(|(step, _)| *step).collect();
            use Exchange::{Aside, Done, InPlace, Made, Named, OldRemoved};
            assert_eq!(steps, [Made, Made, Named, Aside, InPlace, OldRemoved, Done]);
            for (step, root) in shots.left {
                let home = Home::at(&root).keyed(key.clone());
                // Whoever opens it first finds all of it; the next start clears.
                assert_eq!(open_and_tell(&home).await, before, "{step:?}");
                let cleared = home.clean_at_start(Duration::from_secs(600)).unwrap();
                assert_eq!(cleared == Cleared::Nothing, step == Done, "{step:?}");
                assert!(!holds_words(&root), "{step:?}");
                assert_eq!(open_and_tell(&home).await, before, "{step:?}");
                tidy(&root);
            }
        });
    }
}

/// What a store tells, without the moments at which messages were set aside.
fn timeless(told: Vec<String>) -> Vec<String> {
    let cut = |line: String| match line.rfind(", at: ").filter(|_| line.starts_with("DeadLetter")) {
        Some(end) => line[..end].to_owned(),
        None => line,
    };
    told.into_iter().map(cut).collect()
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_clear().current_dir(root.parent().unwrap());
    command.env("SESSION_STORAGE_PATH", root).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Kills it as soon as something of this name is in the folder; whether it came to its end before that was seen.
fn killed_at(child: &mut Child, root: &Path, name: &str) -> bool {
    loop {
        let there =
            if name.ends_with('-') { !names(root, name).is_empty() } else { root.join(name).exists() };
        if there {
            let _ = child.kill();
            child.wait().unwrap();
            return false;
        }
        if child.try_wait().unwrap().is_some() {
            return true;
        }
    }
}

#[test]
fn killed_while_it_restores_or_clears_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let at_home = |name: &str| Home::at(&folder.path().join(name));
    let full = block_on(filled(&at_home("other"), 2_000));
    assert!(full.len() > 2_000);
    let backup = at_home("other").listed().unwrap().remove(0).display().to_string();
    let kept = timeless(block_on(deleted(&at_home("base"), 2_000)));
    let base = folder.path().join("base");
    let restored = {
        let home = at_home("restored");
        home.restore_by_hand(&Source::open(Path::new(&backup)).unwrap(), true, at(5_000), &mut |_| ())
            .unwrap();
        timeless(block_on(open_and_tell(&home)))
    };
    let restore = ["restore", &backup, "--force"];
    for (arguments, moments) in [
        (&restore[..], ["restoring.part", "restoring", "restored.json", "replaced-"]),
        (&["store", "clean"], ["restoring.part", "restoring", "cleaned", "nothing of this name"]),
    ] {
        let clears = arguments[0] == "store";
        for moment in moments {
            let root = folder.path().join("victim");
            copy(&base, &root);
            let mut child = command(&root, arguments).spawn().unwrap();
            let ended = killed_at(&mut child, &root, moment);
            let home = Home::at(&root);
            // It may have got further than what was seen.
            let found = timeless(block_on(open_and_tell(&home)));
            assert!(found == kept || (!clears && found == restored), "{arguments:?} killed at {moment}");
            assert!(!ended || found == if clears { kept.clone() } else { restored.clone() });
            assert!(command(&root, arguments).status().unwrap().success(), "{arguments:?} after {moment}");
            let found = timeless(block_on(open_and_tell(&home)));
            assert_eq!(found, if clears { kept.clone() } else { restored.clone() }, "{moment}");
            if clears {
                assert!(!holds_words(&root), "{moment}");
                tidy(&root);
            }
            fs::remove_dir_all(&root).unwrap();
        }
    }
}

#[test]
fn a_wrong_key_clears_nothing_and_says_so() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).keyed(Some(test_key()));
        let before = deleted(&home, 0).await;
        let wrong = Home::at(folder.path()).keyed(Some(KeyMaterial::new(vec![9; 32])));
        assert!(wrong.clean(&mut |_| ()).is_err());
        assert!(wrong.clean_at_start(Duration::from_secs(600)).is_err());
        assert!(home.uncleared().is_some());
        assert_eq!(open_and_tell(&home).await, before);
        // Without a database there is nothing to clear, and none is made.
        let empty = Home::at(&folder.path().join("empty"));
        fs::create_dir(folder.path().join("empty")).unwrap();
        empty.note_forgotten().unwrap();
        assert_eq!(empty.clean_at_start(Duration::from_secs(600)).unwrap(), Cleared::Nothing);
        assert!(!empty.store().exists());
    });
}
