//! The store: does it open, is there a good export, was it restored, is there room on its disk. Must not know
//! how it is laid out.

use super::{Cause, CheckResult, Finding, Patient, now, shared_store, size, span, writable};
use crate::domain::Timestamp;
use crate::store::home::{BY_HAND, Restored, Uncleared};
use crate::store::{Home, StoreError, export};
use std::path::Path;

const STORE: &str = "store";
const EXPORTS: &str = "exports";
const DISK: &str = "disk";
/// Exports are made daily; an older newest one (seconds) means that they no longer are.
const STALE: i64 = 50 * 3_600;
/// How long a restore stays worth mentioning, seconds; the same as in the daemon.
const TOLD_FOR: i64 = 7 * 24 * 3_600;
/// Free bytes below which writing may fail at any moment.
const LEAST: u64 = 64 << 20;
/// Free bytes below which a warning is given.
const LITTLE: u64 = 512 << 20;

pub(crate) async fn check(patient: &Patient) -> CheckResult {
    if patient.at_fault(&["SESSION_STORAGE_PATH", "STORE_"]) {
        return vec![Finding::skipped(STORE, "the configuration has to be right first")].into();
    }
    if let Some(url) = &patient.config().store_url {
        let mut findings = shared_store::check(patient, url).await;
        findings.extend(beside(patient).await);
        // That a daemon runs is known by its socket alone, if this user may look for it.
        let held = writable::readable(&patient.config().session_storage_path).then_some(false);
        return CheckResult { findings, held, ..CheckResult::default() };
    }
    let home = patient.home();
    let root = patient.config().session_storage_path.clone();
    if !writable::readable(&root) {
        // Why the folder cannot be read is said by another finding.
        let why = "its folder cannot be looked into: run doctor as root or as the bot's user";
        return vec![Finding::skipped(STORE, why)].into();
    }
    let opening = home.clone();
    // sled creates files, which must belong to the folder's owner. The handle to the folder is kept open
    // until the store is closed.
    let opened = tokio::task::spawn_blocking(move || {
        let acted = opening.as_owner();
        let (home, _acting) =
            acted.map_err(|source| StoreError::Io { action: "reach its folder", source })?;
        home.look(Timestamp::from_secs(now())).map(|store| store.map(|store| (store, home)))
    });
    let opened = opened.await;
    let mut held = Some(false);
    let store = match opened {
        Ok(Ok(Some((store, way)))) => {
            let counts = store.counts().await;
            let closed = store.close().await;
            drop(store);
            drop(way);
            match counts.and_then(|counts| closed.map(|()| counts)) {
                Ok(counts) => Finding::fine(
                    STORE,
                    format!(
                        "{} opens: {} messages wait, {} dead letters, {}",
                        root.display(),
                        counts.inbox,
                        counts.dead,
                        home.bytes().map_or_else(|_| "size unknown".to_owned(), size)
                    ),
                ),
                Err(error) => broken(&error),
            }
        }
        Ok(Ok(None)) => {
            Finding::fine(STORE, format!("there is none in {} yet; the daemon makes it", root.display()))
        }
        Ok(Err(StoreError::Locked { .. })) => {
            held = Some(true);
            let bytes = home.bytes().map_or_else(|_| "size unknown".to_owned(), size);
            Finding::fine(
                STORE,
                format!("{} is held by a running daemon and was left alone, {bytes}", root.display()),
            )
        }
        Ok(Err(StoreError::Io { source, .. })) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            held = None;
            Finding::skipped(
                STORE,
                format!("could not be opened ({source}): run doctor as root or as the bot's user"),
            )
        }
        Ok(Err(error)) => broken(&error),
        Err(_) => broken(&StoreError::Closed),
    };
    let mut findings = vec![store];
    findings.extend(beside(patient).await);
    CheckResult { findings, held, ..CheckResult::default() }
}

/// What lies beside the store.
async fn beside(patient: &Patient) -> Vec<Finding> {
    let (home, root) = (patient.home(), patient.config().session_storage_path.clone());
    let looking = tokio::task::spawn_blocking(move || {
        let mut findings: Vec<Finding> = exports(&home).into_iter().collect();
        findings.extend(history(&home));
        findings.extend(disk(&root, &home));
        findings
    });
    looking.await.unwrap_or_default()
}

fn broken(error: &StoreError) -> Finding {
    if let StoreError::Key(why) = error {
        let advice = "nothing is lost: configure the right key (docs/encryption.md)";
        return Finding::problem(STORE, Cause::Configuration, why.to_string(), advice);
    }
    let text = error.to_string();
    let (found, advice) = text.split_once('\n').unwrap_or((&text, ""));
    let advice = if advice.is_empty() { "look at the disk and at the daemon's log" } else { advice };
    Finding::problem(STORE, Cause::Here, found, advice)
}

/// Reports on the newest good export.
fn exports(home: &Home) -> Option<Finding> {
    let listed = home.listed().ok()?;
    if listed.is_empty() {
        return home.store().exists().then(|| {
            Finding::fine(EXPORTS, "none yet; the daemon takes one after its start and then every day")
        });
    }
    let mut bad = 0;
    for path in &listed {
        if std::fs::File::open(path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        {
            return Some(Finding::skipped(
                EXPORTS,
                "they cannot be read by this user, so nothing is known of them",
            ));
        }
        let Ok(exported) = export::verify(path) else {
            bad += 1;
            continue;
        };
        let age = now() - exported.taken_at.secs();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let found = format!(
            "{} kept, the newest good one, {name}, is {} old, {} records, checked",
            listed.len(),
            span(age),
            exported.records
        );
        return Some(if bad > 0 {
            let advice = "a disk that damages files will damage more: look at it (dmesg, smartctl)";
            Finding::warning(EXPORTS, format!("{found}; {bad} newer ones are no good"), advice)
        } else if age > STALE {
            let advice =
                "a running daemon takes one a day: does it run, and what does its log say about exports?";
            Finding::warning(EXPORTS, found, advice)
        } else {
            Finding::fine(EXPORTS, found)
        });
    }
    Some(Finding::problem(
        EXPORTS,
        Cause::Here,
        format!("none of the {} exports is good", listed.len()),
        "a damaged store could not be restored now. Look at the disk (dmesg, smartctl); a running daemon's next export is\n\
         checked when it is taken, and `sudo phonicflow-bot backup FILE` takes one elsewhere",
    ))
}

/// Restores, and the damaged databases they moved aside.
fn history(home: &Home) -> Vec<Finding> {
    let mut findings = Vec::new();
    let damaged = home.damaged().unwrap_or_default();
    findings.extend(home.uncleared().map(deletion));
    findings.extend(home.last_restore().and_then(|restored| restore(&restored, now())));
    if !damaged.is_empty() {
        let names: Vec<String> = damaged.iter().map(|path| path.display().to_string()).collect();
        findings.push(Finding::warning(
            "restore",
            format!("{} damaged databases are kept", damaged.len()),
            format!("when you no longer need them, remove {}", names.join(" ")),
        ));
    }
    findings
}

/// Bytes of deleted learners that are still in the database's files.
fn deletion(uncleared: Uncleared) -> Finding {
    let found = "bytes of deleted learners are still in the database's files";
    match uncleared {
        Uncleared::NextStart => {
            Finding::fine("deletion", format!("{found}; the daemon's next start clears them"))
        }
        Uncleared::ByHand => Finding::warning(
            "deletion",
            format!("{found}: to clear them took the daemon's start too long, or ended it"),
            "stop the daemon, then: sudo phonicflow-bot store clean",
        ),
    }
}

/// What to report about the latest restore; `now` in Unix seconds.
fn restore(restored: &Restored, now: i64) -> Option<Finding> {
    let age = now - restored.at_ms / 1_000;
    if age >= TOLD_FOR {
        return None;
    }
    let ago = span(age);
    if restored.damage == BY_HAND {
        return Some(Finding::fine("restore", format!("a backup was put back by command {ago} ago")));
    }
    let from = match &restored.taken_at_ms {
        Some(taken) => format!("an export taken {} before that", span((restored.at_ms - taken) / 1_000)),
        None => "nothing, since there was no good export".to_owned(),
    };
    let found = format!(
        "{ago} ago the store was damaged ({}) and restored from {from}; {} messages became dead letters",
        restored.damage, restored.set_aside
    );
    let advice = "look at the disk (dmesg, smartctl), and at `sudo phonicflow-bot queue list`; see docs/when-things-break.md, \"A damaged store\"";
    Some(Finding::warning("restore", found, advice))
}

/// Free space on the store's file system.
fn disk(root: &Path, home: &Home) -> Option<Finding> {
    let existing = root.ancestors().find(|path| path.exists())?;
    let stat = rustix::fs::statvfs(existing).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let used = home.bytes().unwrap_or(0);
    let no_names = stat.f_files > 0 && stat.f_favail == 0;
    Some(judge(free, used, no_names))
}

fn judge(free: u64, used: u64, no_names: bool) -> Finding {
    let found = format!("{} free on the store's file system, the store takes {}", size(free), size(used));
    if no_names {
        return Finding::problem(
            DISK,
            Cause::Here,
            format!("{found}, and no inode is free"),
            "remove files there",
        );
    }
    if free < LEAST {
        return Finding::problem(
            DISK,
            Cause::Here,
            found,
            "make room: when the disk is full the daemon ends, and is started again and again",
        );
    }
    // A restore builds a second database before it moves the first one away.
    if free < LITTLE || free < used.saturating_mul(2) {
        return Finding::warning(
            DISK,
            found,
            "make room: a daily export and a restore take as much again as the store",
        );
    }
    Finding::fine(DISK, found)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Grade;
    use super::*;

    #[test]
    fn a_restore_is_told_for_a_week_and_one_by_hand_is_no_damage() {
        let restored = |damage: &str| Restored {
            at_ms: 1_000_000_000,
            damage: damage.to_owned(),
            moved_to: None,
            export: None,
            taken_at_ms: Some(0),
            records: 3,
            set_aside: 0,
            passed_over: Vec::new(),
        };
        for (damage, days, grade) in [
            ("checksum", 1, Some(Grade::Warning)),
            ("checksum", 8, None),
            (BY_HAND, 1, Some(Grade::Fine)),
            (BY_HAND, 8, None),
        ] {
            let found = restore(&restored(damage), 1_000_000 + days * 86_400);
            assert_eq!(found.map(|finding| finding.grade), grade, "{damage} {days}");
        }
    }

    #[test]
    fn room_is_judged_by_the_store() {
        for (free, used, no_names, grade) in [
            (1 << 30, 1 << 20, false, Grade::Fine),
            (1 << 30, 1 << 30, false, Grade::Warning),
            (100 << 20, 0, false, Grade::Warning),
            (1 << 20, 0, false, Grade::Problem(Cause::Here)),
            (1 << 40, 0, true, Grade::Problem(Cause::Here)),
        ] {
            assert_eq!(judge(free, used, no_names).grade, grade, "{free} {used} {no_names}");
        }
    }
}
