//! Encrypting, changing the key and decrypting, interrupted at every step: the old store or the new one is
//! complete.

use super::{copy, fill, names, told};
use crate::store_contract::{T0, at, block_on, policy, sticker, test_key};
use crate::world::BINARY;
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::home::{ReencryptStep, Reencrypted};
use phonicflow_bot::store::reencrypted_copy::Progress;
use phonicflow_bot::store::{Home, KeyTrouble, OnDamage, StoreError, export, keys};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn new_key() -> KeyMaterial {
    KeyMaterial::new(b"the key that comes after the first one".to_vec())
}

/// A store with something of everything and an export, closed.
async fn filled(root: &Path, key: Option<KeyMaterial>, many: i64) -> Vec<String> {
    let home = Home::at(root).keyed(key);
    let store = home.open(OnDamage::Refuse, T0).unwrap().store;
    fill(&store).await;
    let stickers = (0..many).map(|n| sticker(1_000 + n, 50_000 + n, 50_000 + n)).collect();
    store.accept(stickers, policy(), at(7)).await.unwrap();
    for n in 1..=2 {
        home.export(&store, at(n * 1_000)).await.unwrap();
    }
    let all = told(&store).await;
    store.close().await.unwrap();
    all
}

async fn open_and_tell(root: &Path, key: Option<&KeyMaterial>) -> Result<Vec<String>, StoreError> {
    let opened = Home::at(root).keyed(key.cloned()).open(OnDamage::Restore, at(9_000))?;
    assert_eq!(opened.restored, None, "nothing had to be restored");
    let all = told(&opened.store).await;
    opened.store.close().await.unwrap();
    Ok(all)
}

/// Nothing is left of the way there, and every export is of the one kind.
fn tidy(root: &Path, encrypted: bool, exports: usize) {
    for prefix in ["sealing", "replaced", "restoring", "damaged-"] {
        assert_eq!(names(root, prefix), [""; 0]);
    }
    let listed = Home::at(root).listed().unwrap();
    assert_eq!(listed.len(), exports);
    for path in listed {
        let mut header = false;
        let visit = &mut |key: &[u8], _: &[u8]| {
            header |= key == keys::seal();
            Ok(())
        };
        export::read_file(&path, visit).unwrap();
        assert_eq!(header, encrypted, "{path:?}");
    }
}

#[test]
fn cut_off_at_any_step_the_store_is_whole_under_the_old_key_or_the_new_one() {
    for (from, to) in
        [(None, Some(test_key())), (Some(test_key()), Some(new_key())), (Some(test_key()), None)]
    {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("home");
            let before = filled(&root, from.clone(), 0).await;
            let home = Home::at(&root).keyed(from.clone());
            // What a kill after each step leaves.
            let mut left: Vec<(ReencryptStep, PathBuf)> = Vec::new();
            let mut tell = |step| {
                let snapshot = folder.path().join(format!("step-{}", left.len()));
                copy(&root, &snapshot);
                left.push((step, snapshot));
            };
            let reencrypted = home.reencrypt(to.as_ref(), at(5_000), &mut tell).unwrap();
            assert!(reencrypted.records.is_some_and(|records| records > 25) && reencrypted.left.is_empty());
            tidy(&root, to.is_some(), 1);
            assert_eq!(open_and_tell(&root, to.as_ref()).await.unwrap(), before);
            let steps: Vec<ReencryptStep> = left.iter().map(|(step, _)| *step).collect();
            assert!(matches!(
                steps[..3],
                [
                    ReencryptStep::Working(Progress::Copied(_)),
                    ReencryptStep::Working(Progress::Checked(_)),
                    ReencryptStep::Working(Progress::Exported(_))
                ]
            ));
            assert_eq!(
                steps[3..],
                [
                    ReencryptStep::Decided,
                    ReencryptStep::Aside,
                    ReencryptStep::InPlace,
                    ReencryptStep::ExportInPlace,
                    ReencryptStep::ExportRemoved,
                    ReencryptStep::ExportRemoved,
                    ReencryptStep::OldRemoved,
                    ReencryptStep::Done
                ]
            );
            for (step, root) in left {
                let decided = !matches!(step, ReencryptStep::Working(_));
                let (good, bad) = if decided { (&to, &from) } else { (&from, &to) };
                let refused = open_and_tell(&root, bad.as_ref()).await;
                assert!(matches!(refused, Err(StoreError::Key(_))), "{step:?}: {refused:?}");
                assert_eq!(open_and_tell(&root, good.as_ref()).await.unwrap(), before, "{step:?}");
                tidy(&root, good.is_some(), if decided { 1 } else { 2 });
                // Asked for again, it is brought to its end, or nothing is left to do.
                let again = Home::at(&root).keyed(from.clone());
                let again = again.reencrypt(to.as_ref(), at(6_000), &mut |_| ()).unwrap();
                assert_eq!(again.records.is_none(), decided, "{step:?}");
                assert_eq!(open_and_tell(&root, to.as_ref()).await.unwrap(), before, "{step:?}");
            }
        });
    }
}

#[test]
fn only_the_right_key_leads_from_one_to_the_other() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (plain, sealed) = (folder.path().join("plain"), folder.path().join("sealed"));
        filled(&plain, None, 0).await;
        filled(&sealed, Some(test_key()), 0).await;
        fs::create_dir(plain.join("damaged-20260101T000000Z")).unwrap();
        let reencrypt = |root: &Path, from: Option<KeyMaterial>, to: Option<KeyMaterial>| {
            Home::at(root).keyed(from).reencrypt(to.as_ref(), at(5_000), &mut |_| ())
        };
        let trouble = |result: Result<Reencrypted, StoreError>| match result {
            Err(StoreError::Key(trouble)) => trouble,
            other => panic!("{other:?}"),
        };
        assert_eq!(trouble(reencrypt(&sealed, None, Some(new_key()))), KeyTrouble::Wrong);
        assert_eq!(trouble(reencrypt(&sealed, Some(new_key()), None)), KeyTrouble::Wrong);
        let third = KeyMaterial::new(vec![3; 32]);
        assert_eq!(trouble(reencrypt(&sealed, Some(new_key()), Some(third))), KeyTrouble::Wrong);
        assert_eq!(trouble(reencrypt(&plain, Some(test_key()), Some(new_key()))), KeyTrouble::NotEncrypted);
        tidy(&sealed, true, 2);
        // A damaged database that was moved aside is named, not removed.
        let left = reencrypt(&plain, None, Some(test_key())).unwrap().left;
        assert_eq!(left, [plain.join("damaged-20260101T000000Z")]);
        assert!(left[0].exists());
        // A damaged one is not copied: it has to be restored first.
        crate::power::cut_in_half(&sealed.join("store/db"));
        let refused = reencrypt(&sealed, Some(test_key()), Some(new_key()));
        assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
    });
}

/// The real program on a store of its own.
struct Shell {
    root: PathBuf,
    key: PathBuf,
}

impl Shell {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear().current_dir(self.root.parent().unwrap());
        command.env("SESSION_STORAGE_PATH", &self.root).env("STORE_KEY_FILE", &self.key);
        command
    }

    /// Runs it, and kills it when it has reported `lines` lines of progress; whether it came to its end before.
    fn killed_after(&self, arguments: &[&str], lines: usize) -> bool {
        let mut child = self.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
        let seen = told.by_ref().take(lines).map(Result::unwrap).count();
        let _ = child.kill();
        child.wait().unwrap();
        seen < lines
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn killed_while_it_encrypts_or_changes_the_key_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let files = [folder.path().join("first.key"), folder.path().join("second.key")];
    fs::write(&files[0], test_key().expose()).unwrap();
    fs::write(&files[1], new_key().expose()).unwrap();
    let second = files[1].display().to_string();
    for (name, from, to, arguments) in [
        ("encrypt", None, test_key(), &["store", "encrypt"][..]),
        ("rekey", Some(test_key()), new_key(), &["store", "rekey", "--new-key-file", &second]),
    ] {
        let base = folder.path().join(name);
        let before = block_on(filled(&base, from.clone(), 400));
        for lines in 1.. {
            let root = folder.path().join(format!("{name}-{lines}"));
            copy(&base, &root);
            let shell = Shell { root: root.clone(), key: files[0].clone() };
            let ended = shell.killed_after(arguments, lines);
            // It may have got further than its last word; one of the two keys opens all of it.
            let found = block_on(async {
                match open_and_tell(&root, from.as_ref()).await {
                    Err(StoreError::Key(_)) => open_and_tell(&root, Some(&to)).await.unwrap(),
                    other => other.unwrap(),
                }
            });
            assert_eq!(found, before, "{name} killed after {lines} lines");
            let told_after = shell.done(arguments);
            assert!(told_after.contains("the store is encrypted"), "{told_after}");
            assert_eq!(block_on(open_and_tell(&root, Some(&to))).unwrap(), before);
            tidy(&root, true, 1);
            fs::remove_dir_all(&root).unwrap();
            if ended {
                assert!(lines > 12, "it says how far it is");
                break;
            }
        }
    }
}
