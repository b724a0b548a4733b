//! Whether `run` could write where it has to: the store's folder and the log file. Looks, and makes nothing.

use super::{Cause, Finding, Patient, now};
use crate::app;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const FOLDER: &str = "folder";
const LOG: &str = "log file";

/// Looks at it; of a folder that can be written nothing is said, as the store's finding names it.
pub fn check(patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    let config = patient.config();
    if !patient.at_fault(&["SESSION_STORAGE_PATH"])
        && let Err(why) = folder(&config.session_storage_path)
    {
        findings.push(Finding::problem(
            FOLDER,
            Cause::Here,
            format!("SESSION_STORAGE_PATH {why}: `run` as this user would end at once"),
            "run the daemon and doctor as the folder's owner (`sudo -u`), or as root; or name another folder",
        ));
    }
    if let Some(path) = config.bot_log_file.as_deref().filter(|_| !patient.at_fault(&["BOT_LOG_FILE"])) {
        findings.push(match log_file(path) {
            Ok(()) => Finding::fine(LOG, format!("{} can be written", path.display())),
            Err(why) => Finding::problem(
                LOG,
                Cause::Here,
                format!("BOT_LOG_FILE {why}: `run` as this user would end at once"),
                "name a file in a folder that the bot's user may write to, or leave it out: the journal has every line",
            ),
        });
    }
    findings
}

/// Whether the store's folder can be read, for those who would look into it.
pub fn readable(path: &Path) -> bool {
    !path.exists()
        && fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        || fs::read_dir(path).is_ok()
}

fn log_file(path: &Path) -> Result<(), String> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    folder(parent.unwrap_or(Path::new(".")))?;
    // The file of the day has the date at its end, in UTC; it is there when the daemon ran today, perhaps as another user.
    let day: String = app::moment(now() * 1_000).chars().take(10).collect();
    let today = format!("{}.{day}", path.display());
    match fs::metadata(&today) {
        Ok(_) if may(Path::new(&today), Access::WRITE_OK) => Ok(()),
        Ok(meta) => Err(denied(Path::new(&today), &meta)),
        Err(_) => Ok(()),
    }
}

/// Whether files can be made in this folder, or the folder itself where it is missing.
fn folder(path: &Path) -> Result<(), String> {
    let mut at = path;
    let meta = loop {
        match fs::metadata(if at.as_os_str().is_empty() { Path::new(".") } else { at }) {
            Ok(meta) => break meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => match at.parent() {
                Some(parent) => at = parent,
                None => return Err(format!("{}: {error}", path.display())),
            },
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    };
    let at = if at.as_os_str().is_empty() { Path::new(".") } else { at };
    if !meta.is_dir() {
        return Err(format!("{}: {} is no folder", path.display(), at.display()));
    }
    // Root may everything but what the file system forbids: then the owner is judged, who is most likely the bot.
    let owner_may = meta.mode() & 0o300 == 0o300 || meta.uid() == 0;
    if may(at, Access::WRITE_OK | Access::EXEC_OK) && (owner_may || !rustix::process::geteuid().is_root()) {
        return Ok(());
    }
    Err(denied(at, &meta))
}

fn may(path: &Path, access: Access) -> bool {
    accessat(CWD, path, access, AtFlags::EACCESS).is_ok()
}

fn denied(path: &Path, meta: &Metadata) -> String {
    format!(
        "{} belongs to uid {} (mode {:04o}) and cannot be written by uid {}",
        path.display(),
        meta.uid(),
        meta.mode() & 0o7777,
        rustix::process::geteuid().as_raw()
    )
}
