//! Who may read what: the store's folder, files with secrets, the folder of a local Bot API server. Must not
//! know what is in them.

use super::{Cause, Finding, Patient, writable};
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

const PERMISSIONS: &str = "permissions";

pub(crate) fn check(patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut files = patient.loaded.secret_files(&patient.folder);
    files.sort_by(|one, other| one.1.cmp(&other.1));
    files.dedup_by(|one, other| one.1 == other.1);
    // Files that cannot be examined are reported as such; nothing is claimed about them.
    let (seen, unseen): (Vec<_>, Vec<_>) = files.iter().partition(|(_, path)| fs::metadata(path).is_ok());
    findings.extend(seen.iter().filter_map(|(key, path)| secret(key, path)));
    findings.extend(unseen.iter().filter(|(_, path)| is_hidden(path)).map(|(key, path)| {
        Finding::skipped(
            PERMISSIONS,
            format!("{} holds {key} and cannot be looked at by this user", path.display()),
        )
    }));
    let readable = writable::readable(&patient.config().session_storage_path);
    if !readable {
        findings.push(Finding::skipped(
            PERMISSIONS,
            "the store's folder cannot be looked into: run doctor as root or as the bot's user",
        ));
    }
    if readable && !patient.at_fault(&["SESSION_STORAGE_PATH"]) {
        findings.extend(folder(&patient.config().session_storage_path));
        findings.extend(strays(patient));
    }
    if findings.is_empty() {
        let files = match seen.len() {
            0 => String::new(),
            1 => ", 1 file that holds a secret".to_owned(),
            count => format!(", {count} files that hold secrets"),
        };
        let there = patient.config().session_storage_path.exists();
        let found = match (there, files.trim_start_matches(", ")) {
            (false, "") => "nothing is there yet that others could read".to_owned(),
            (false, files) => format!("{files}: nobody else can read it"),
            (true, _) => format!("the store{files}: nobody else can read them"),
        };
        findings.push(Finding::fine(PERMISSIONS, found));
    }
    if patient.config().telegram_api_local && !patient.at_fault(&["TELEGRAM_API_LOCAL"]) {
        findings.push(local(&patient.config().telegram_api_local_path));
    }
    findings
}

/// The bits of a file mode that `chmod` sets.
fn mode(meta: &fs::Metadata) -> u32 {
    meta.permissions().mode() & 0o777
}

/// It exists, or may exist, but this user may not see it. (A missing file is reported with the
/// configuration.)
fn is_hidden(path: &Path) -> bool {
    fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

fn secret(key: &str, path: &Path) -> Option<Finding> {
    let shown = path.display();
    let mode = match fs::metadata(path) {
        Ok(meta) => mode(&meta),
        // An unreadable file is reported with the configuration.
        Err(_) => return None,
    };
    let advice = format!("chmod 600 {shown}");
    // Container secrets are mounted for this container alone, whatever their mode.
    let in_container = path.starts_with("/run/secrets");
    if mode & 0o007 != 0 && !in_container {
        let found =
            format!("{shown} (mode {mode:04o}) holds {key} and can be read by everybody on this machine");
        Some(Finding::problem(PERMISSIONS, Cause::Here, found, advice))
    } else if mode & 0o070 != 0 && !in_container {
        let found = format!("{shown} (mode {mode:04o}) holds {key} and can be read by its group");
        Some(Finding::warning(PERMISSIONS, found, advice))
    } else {
        None
    }
}

fn folder(path: &Path) -> Option<Finding> {
    let shown = path.display();
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        // It does not exist yet.
        Err(_) => return None,
    };
    let mode = mode(&meta);
    (mode & 0o077 != 0).then(|| {
        Finding::warning(
            PERMISSIONS,
            format!("{shown} (mode {mode:04o}) can be looked into by others"),
            format!("chmod 700 {shown} (the daemon does it at its next start where the folder is its own)"),
        )
    })
}

fn strays(patient: &Patient) -> Option<Finding> {
    let path = &patient.config().session_storage_path;
    let strays = patient.home().strays().ok().filter(|strays| *strays > 0)?;
    let owner = fs::metadata(path).ok()?.uid();
    Some(Finding::problem(
        PERMISSIONS,
        Cause::Here,
        match strays {
            1 => format!("a file in {} does not belong to the folder's owner (uid {owner})", path.display()),
            _ => format!(
                "{strays} files in {} do not belong to the folder's owner (uid {owner})",
                path.display()
            ),
        },
        format!(
            "the daemon may not be able to open them. Stop it, then: chown -R --reference={path} {path}/",
            path = path.display()
        ),
    ))
}

fn local(path: &Path) -> Finding {
    let shown = path.display();
    match fs::read_dir(path) {
        Ok(_) => Finding::fine("local files", format!("TELEGRAM_API_LOCAL_PATH {shown} can be read")),
        Err(error) => Finding::problem(
            "local files",
            Cause::Here,
            format!("TELEGRAM_API_LOCAL_PATH {shown} cannot be read: {error}"),
            "recordings are read from there: it must be the --dir of telegram-bot-api, readable by the bot's user\n\
             (systemd: add SupplementaryGroups=telegram-bot-api, or the group it has, in a drop-in)",
        ),
    }
}
