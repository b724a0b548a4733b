//! `backup`: a checked export of the current state, as bytes.
//!
//! The export is made beside the daily ones under its own name; while it is sent, the open file has no name
//! any more. A killed process therefore leaves at most a half-written file, which the next backup removes.
//! Must not know where the bytes go.

use super::{Context, Sink, Stopped};
use crate::admin::request::{Item, Refusal};
use crate::store::Home;
use crate::store::home::make_private;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;
use tokio::task::spawn_blocking;
use uuid::Uuid;

/// Bytes sent at once.
const CHUNK: usize = 256 << 10;
/// Name prefix of backups in progress.
const PREFIX: &str = "backup-";
/// Older ones were left behind by a killed process.
const LEFT_BEHIND: Duration = Duration::from_secs(3_600);

pub(crate) async fn backup(context: &Context, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let folder = Home::at(&context.root).exports();
    let path = folder.join(format!("{PREFIX}{}.export", Uuid::new_v4().simple()));
    let prepared = spawn_blocking(move || {
        make_private(&folder)?;
        clear(&folder);
        Ok::<(), io::Error>(())
    });
    flat(prepared.await).map_err(Refusal::failed)?;
    // Statistics that are still in memory belong in a backup too.
    context.host.keep_stats().await?;
    let exported = context.store.export(path.clone(), context.host.now()).await?;
    let opened = spawn_blocking(move || {
        let file = File::open(&path);
        // The open file is read on without its name. If the name cannot be removed now, the next backup does
        // it.
        let _ = fs::remove_file(&path);
        file
    });
    let mut file = flat(opened.await).map_err(Refusal::failed)?;
    let (taken_at, records, bytes) = (exported.taken_at, exported.records, exported.bytes);
    sink.item(Item::Backup { taken_at, records, bytes }).await?;
    loop {
        let read = spawn_blocking(move || {
            let mut chunk = Vec::with_capacity(CHUNK);
            (&mut file).take(CHUNK as u64).read_to_end(&mut chunk)?;
            Ok::<_, io::Error>((file, chunk))
        });
        let chunk;
        (file, chunk) = flat(read.await).map_err(Refusal::failed)?;
        if chunk.is_empty() {
            return Ok(());
        }
        sink.bytes(&chunk).await?;
    }
}

/// Unwraps the result of work on another thread.
fn flat<T>(joined: Result<io::Result<T>, tokio::task::JoinError>) -> io::Result<T> {
    joined.unwrap_or_else(|_| Err(io::Error::other("the work on the file failed unexpectedly")))
}

/// Removes what killed backups have left.
fn clear(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let modified = entry.metadata().and_then(|it| it.modified());
        let old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_BEHIND));
        if ours && old {
            let _ = fs::remove_file(entry.path());
        }
    }
}
