//! Whether `run` could write where it must: the store's folder and the log file. Only looks; creates nothing.
//! Must not know what is written.

use super::{Cause, Finding, Patient, now};
use crate::app;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const FOLDER: &str = "folder";
const LOG: &str = "log file";

/// A store folder that is fine is not mentioned here; the store's own finding names it.
pub(crate) fn check(patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    let config = patient.config();
    let root = &config.session_storage_path;
    if !patient.at_fault(&["SESSION_STORAGE_PATH"])
        && let Err(obstacle) = folder(root)
    {
        findings.push(Finding::problem(
            FOLDER,
            Cause::Here,
            obstacle.told("SESSION_STORAGE_PATH", root),
            "run the daemon and doctor as the folder's owner (`sudo -u`), or as root; or name another folder",
        ));
    }
    if let Some(path) = config.bot_log_file.as_deref().filter(|_| !patient.at_fault(&["BOT_LOG_FILE"])) {
        findings.push(match log_file(path) {
            Ok(()) => Finding::fine(LOG, format!("{} can be written", path.display())),
            Err(obstacle) => Finding::problem(
                LOG,
                Cause::Here,
                obstacle.told("BOT_LOG_FILE", path),
                "name a file in a folder that the bot's user may write to, or leave it out: the journal has every line",
            ),
        });
    }
    findings
}

/// The path that prevents writing, and what is wrong with it.
struct Obstacle(PathBuf, String);

impl Obstacle {
    /// Formats it, naming each path once.
    fn told(&self, key: &str, value: &Path) -> String {
        let Self(at, what) = self;
        let at = if at == value { String::new() } else { format!(": {}", at.display()) };
        format!("{key} {}{at} {what}: `run` as this user would end at once", value.display())
    }

    fn denied(path: &Path, meta: &Metadata) -> Self {
        let (owner, mode, own) = (meta.uid(), meta.mode() & 0o7777, rustix::process::geteuid().as_raw());
        let what = format!("belongs to uid {owner} (mode {mode:04o}) and cannot be written by uid {own}");
        Self(path.to_owned(), what)
    }
}

/// Whether the store's folder can be listed, or does not exist yet.
pub(crate) fn readable(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn log_file(path: &Path) -> Result<(), Obstacle> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    folder(parent.unwrap_or(Path::new(".")))?;
    // The log file of today ends in the date (UTC). It exists if the daemon ran today, perhaps as another
    // user.
    let day: String = app::moment(now() * 1_000).chars().take(10).collect();
    let today = PathBuf::from(format!("{}.{day}", path.display()));
    match fs::metadata(&today) {
        Ok(meta) if !may(&today, Access::WRITE_OK) => Err(Obstacle::denied(&today, &meta)),
        _ => Ok(()),
    }
}

/// Whether files can be created in this folder, or the folder itself if it is missing.
fn folder(path: &Path) -> Result<(), Obstacle> {
    let mut at = path;
    let meta = loop {
        at = if at.as_os_str().is_empty() { Path::new(".") } else { at };
        match fs::metadata(at) {
            Ok(meta) => break meta,
            // It is missing, or a parent is no folder: the parent is checked.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                match at.parent() {
                    Some(parent) => at = parent,
                    None => return Err(Obstacle(at.to_owned(), format!("cannot be looked at ({error})"))),
                }
            }
            Err(error) => return Err(Obstacle(at.to_owned(), format!("cannot be looked at ({error})"))),
        }
    };
    if !meta.is_dir() {
        return Err(Obstacle(at.to_owned(), "is no folder".to_owned()));
    }
    // Root may write everywhere except on read-only file systems, so the owner's rights are checked instead:
    // the owner is most likely the bot's user.
    let owner_may = meta.mode() & 0o300 == 0o300 || meta.uid() == 0;
    if may(at, Access::WRITE_OK | Access::EXEC_OK) && (owner_may || !rustix::process::geteuid().is_root()) {
        return Ok(());
    }
    Err(Obstacle::denied(at, &meta))
}

fn may(path: &Path, access: Access) -> bool {
    accessat(CWD, path, access, AtFlags::EACCESS).is_ok()
}
