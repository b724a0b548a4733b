//! The embedded store, as it is configured: opened at the start, with what happened to it told in the log.
//!
//! Must not know what is built on it.

use super::{LateRestore, moment, wall_clock};
use crate::config::{Config, OnCorruption, StoreEngine, StoreUrl};
use crate::domain::Timestamp;
use crate::domain::stats::Count;
use crate::logging::Event;
use crate::store::home::{BY_HAND, Cleared, Restored, Uncleared};
use crate::store::{Home, OnDamage, Store, StoreError};
use crate::telemetry::Telemetry;
use std::path::PathBuf;
use std::time::Duration;

/// Longest time that a start spends on copying the database without deleted bytes. The unit's TimeoutStartSec
/// is several times longer.
const CLEARED_WITHIN: Duration = Duration::from_secs(180);
/// How long each start mentions a restore, ms.
const TOLD_FOR_MS: i64 = 7 * 24 * 3_600_000;

/// The store's folder, with its key.
pub(crate) fn home_of(config: &Config) -> Home {
    Home::at(&config.session_storage_path).keyed(config.store_key.clone())
}

/// Where the store is, for people.
pub(crate) fn store_place(config: &Config) -> String {
    match &config.store_url {
        Some(url) => url.to_string(),
        None => config.session_storage_path.display().to_string(),
    }
}

/// Of the store that is configured.
pub(crate) fn engine_name(config: &Config) -> &'static str {
    match config.store_url.as_ref().map(StoreUrl::engine) {
        None => "sled",
        Some(StoreEngine::Postgres) => "postgresql",
        Some(StoreEngine::Redis) => "redis",
    }
}

/// Opens the store, restores a damaged one if configured, and logs what happened.
pub(super) fn open_store(
    config: &Config,
    telemetry: &Telemetry,
) -> Result<(Store, Option<LateRestore>), StoreError> {
    let home = home_of(config);
    let on_damage = match config.store_on_corruption {
        OnCorruption::Restore => OnDamage::Restore,
        OnCorruption::Fail => OnDamage::Refuse,
    };
    let now = wall_clock();
    let cleared = clear(&home);
    let opened = home.open(on_damage, now)?;
    telemetry.add(Count::Restores, usize::from(opened.restored.is_some()));
    // Restoring a backup by command is not a reaction to damage, so nobody is alerted.
    let latest = opened.restored.clone().or_else(|| home.last_restore());
    if let Some(restored) = latest.filter(|restored| restored.damage != BY_HAND) {
        telemetry.restored(Timestamp(restored.at_ms));
    }
    tell_cleared(cleared);
    let mut lately = None;
    match &opened.restored {
        Some(restored) => {
            tell(restored);
            lately = Some(late(restored));
        }
        None => {
            let earlier =
                home.last_restore().filter(|restored| now.since_ms(Timestamp(restored.at_ms)) < TOLD_FOR_MS);
            if let Some(restored) = earlier.as_ref().filter(|restored| restored.damage == BY_HAND) {
                tracing::info!(
                    event = %Event::StoreRestoredLately,
                    at = %moment(restored.at_ms),
                    backup_of = restored.taken_at_ms.map(moment),
                    replaced_database = folder(&restored.moved_to),
                    "the store was restored from a backup lately, by command"
                );
            } else if let Some(restored) = earlier {
                lately = Some(late(&restored));
                tracing::warn!(
                    event = %Event::StoreRestoredLately,
                    at = %moment(restored.at_ms),
                    export_of = restored.taken_at_ms.map(moment),
                    damaged_database = folder(&restored.moved_to),
                    "the store was damaged and restored lately; what was said after that export is missing from it"
                );
            }
        }
    }
    Ok((opened.store, lately))
}

/// Clears the bytes of deleted learners from the database's files before it is opened.
fn clear(home: &Home) -> Result<Cleared, StoreError> {
    if home.uncleared() == Some(Uncleared::NextStart) {
        tracing::info!("clearing the bytes of deleted learners from the database's files first");
    }
    home.clean_at_start(CLEARED_WITHIN)
}

/// Clears them after the daemon has stopped its work, if that is quick. Blocking.
pub(crate) fn clear_at_stop(home: &Home, within: Duration) {
    match home.clean_at_stop(within) {
        Ok(Cleared::Done) => tell_cleared(Ok(Cleared::Done)),
        Ok(Cleared::Nothing | Cleared::Left) => {}
        Err(error) => tell_cleared(Err(error)),
    }
}

/// Logged once the store is open: if it cannot be opened, there are more urgent problems.
fn tell_cleared(cleared: Result<Cleared, StoreError>) {
    match cleared {
        Ok(Cleared::Nothing) => {}
        Ok(Cleared::Done) => {
            tracing::info!(
                event = %Event::DeletedBytesCleared,
                "the database's files were rewritten without the bytes of deleted learners"
            );
        }
        Ok(Cleared::Left) => tracing::warn!(
            event = %Event::DeletedBytesLeft,
            "bytes of deleted learners are still in the database's files: to clear them took a start too long, or ended it. \
             Stop the daemon and run `phonicflow-bot store clean`"
        ),
        Err(error) => tracing::warn!(
            event = %Event::DeletedBytesNotCleared,
            %error,
            "bytes of deleted learners could not be cleared from the database's files; the next start tries again"
        ),
    }
}

fn late(restored: &Restored) -> LateRestore {
    LateRestore { at: Timestamp(restored.at_ms), export_of: restored.taken_at_ms.map(moment) }
}

fn folder(moved_to: &Option<PathBuf>) -> Option<impl tracing::Value> {
    moved_to.as_deref().map(|path| tracing::field::display(path.display()))
}

/// Logs what a restore did and what may be missing now.
fn tell(restored: &Restored) {
    let Restored { damage, moved_to, records, set_aside, .. } = restored;
    tracing::error!(
        event = %Event::StoreDamaged,
        damage,
        damaged_database = folder(moved_to),
        "the store is damaged; it was moved aside, nothing was deleted"
    );
    for export in &restored.passed_over {
        tracing::error!(event = %Event::ExportPassedOver, export, "an export is no good and was passed over");
    }
    match (&restored.export, restored.taken_at_ms) {
        (Some(export), Some(taken_at)) => tracing::error!(
            event = %Event::StoreRestored,
            export = %export.display(),
            export_of = %moment(taken_at),
            records,
            dead_letters = set_aside,
            "the store was restored from an export: sessions, settings and turns after it are missing, messages taken after \
             it and not yet answered are lost; messages that were open in it are kept as dead letters, since they may have been answered"
        ),
        _ => tracing::error!(
            event = %Event::StoreBeginsEmpty,
            "there is no good export: the store begins empty, without sessions, settings, history and queue"
        ),
    }
}
