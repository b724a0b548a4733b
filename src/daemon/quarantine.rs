//! What is done with rows that were in work when the daemon crashed; [`crash_notes`](super::crash_notes) says
//! why.
//!
//! Must not know how a row is worked on.

use super::crash_notes::{CrashNotes, Left, Note};
use crate::domain::backoff::backoff_ms;
use crate::domain::{Timestamp, WorkKind};
use crate::logging::Event;
use crate::store::{Store, StoreError};
use crate::waiting::Work;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Crashes after which a row is on trial.
const ON_TRIAL: u32 = 2;
/// Shortest and longest trial, ms. In between it lasts as long as the row had been in work before the crash.
const TRIAL_MS: (i64, i64) = (10_000, 600_000);

/// A row that was in work.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    /// At how many crashes in a row.
    deaths: u32,
    /// Not to be worked on before this.
    not_before: Timestamp,
    /// Given up then.
    guilty: bool,
}

/// What to do with a claimed row.
pub enum Sentence {
    /// Work on it; while this guard is held no other suspect of its kind is worked on.
    Work(Option<OwnedMutexGuard<()>>),
    /// Leave it alone until then.
    Wait(Timestamp),
    GiveUp,
}

/// The suspects of this start, and the notes of what is in work now.
#[derive(Default)]
pub struct Quarantine {
    notes: Option<Arc<CrashNotes>>,
    quiet_ms: Option<u64>,
    rows: Mutex<BTreeMap<u64, Suspect>>,
    tutor: Arc<Turn<()>>,
    local: Arc<Turn<()>>,
    delivery: Arc<Turn<()>>,
    model: Arc<Turn<()>>,
    /// For rows in work at several crashes: one at a time over all kinds.
    strict: Arc<Turn<()>>,
}

impl Quarantine {
    /// Reads what the previous daemon left in work.
    pub async fn open(root: std::path::PathBuf, store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let opened = tokio::task::spawn_blocking(move || CrashNotes::open(&root, now)).await;
        let (notes, left) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => {
                tracing::warn!(%error, "what is in hands cannot be noted: a message that ends the daemon is not found out");
                return Ok(Self::default());
            }
            Err(_) => return Ok(Self::default()),
        };
        let deaths =
            store.note_deaths(left.rows.iter().map(|(seq, (kind, _))| (*seq, *kind)).collect()).await?;
        let rows = judged(&left, &deaths, now);
        if !rows.is_empty() {
            tracing::warn!(
                event = %Event::UncleanEnd,
                rows = rows.len(),
                on_trial = rows.values().filter(|suspect| suspect.guilty).count(),
                "the daemon ended out of order: what it had in hands is gone on with one by one"
            );
        }
        Ok(Self { notes: Some(notes), quiet_ms: left.quiet_ms, rows: Mutex::new(rows), ..Self::default() })
    }

    /// For how long at least the daemon before has done nothing, milliseconds; `None`: there was none.
    pub fn quiet_ms(&self) -> Option<u64> {
        self.quiet_ms
    }

    fn get(&self, seq: u64) -> Option<Suspect> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).get(&seq).copied()
    }

    /// Decides about a claimed row; waits for its turn.
    pub async fn sentence(&self, kind: WorkKind, seq: u64, now: Timestamp) -> Sentence {
        let Some(suspect) = self.get(seq) else { return Sentence::Work(None) };
        if suspect.not_before > now {
            return Sentence::Wait(suspect.not_before);
        }
        if suspect.guilty {
            return Sentence::GiveUp;
        }
        let turn = match kind {
            _ if suspect.deaths >= ON_TRIAL => &self.strict,
            WorkKind::Tutor => &self.tutor,
            WorkKind::Local => &self.local,
            WorkKind::Delivery => &self.delivery,
            WorkKind::Model => &self.model,
        };
        Sentence::Work(Some(Arc::clone(turn).lock_owned().await))
    }

    /// Notes that work on a row begins. If the note cannot be written the row is worked on all the same.
    pub async fn begin(&self, seq: u64, kind: WorkKind, now: Timestamp) -> Option<Arc<Note>> {
        let notes = Arc::clone(self.notes.as_ref()?);
        tokio::task::spawn_blocking(move || notes.begin(seq, kind, now)).await.ok()?.ok()
    }

    /// Work whose note is on disk except while it waits.
    pub fn noted(&self, note: Option<&Arc<Note>>) -> Work {
        let noted = self.notes.clone().zip(note.cloned());
        Work::new(move |waits| {
            // A note that cannot be written is a note too many or too few, not a reason to stop.
            let _ = noted.as_ref().map(|(notes, note)| notes.waits(note, waits));
        })
    }

    /// Work on a row has ended properly: it is no suspect any more.
    pub async fn end(&self, seq: u64, note: Option<Arc<Note>>) {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).remove(&seq);
        if let (Some(notes), Some(note)) = (self.notes.clone(), note) {
            let _ = tokio::task::spawn_blocking(move || notes.end(&note)).await;
        }
    }

    /// The daemon stops properly.
    pub async fn close(&self) {
        if let Some(notes) = self.notes.clone() {
            let _ = tokio::task::spawn_blocking(move || notes.close()).await;
        }
    }
}

/// Who is suspected of what. `deaths`: rows that still exist, and at how many crashes in a row each was in
/// work.
fn judged(left: &Left, deaths: &[(u64, u32)], now: Timestamp) -> BTreeMap<u64, Suspect> {
    let twice = deaths.iter().filter(|(_, deaths)| *deaths >= ON_TRIAL).count();
    let suspect = |&(seq, deaths): &(u64, u32)| {
        let alone = twice == 1 || deaths > ON_TRIAL;
        let guilty = deaths >= ON_TRIAL && alone && deaths >= left.ends;
        let (shortest, longest) = TRIAL_MS;
        let crash_notes = left.rows.get(&seq).map_or(0, |(_, began)| now.since_ms(*began));
        let pause = match deaths {
            _ if guilty => crash_notes.clamp(shortest, longest),
            // Whatever crashes the daemon so often, others are answered in between.
            ON_TRIAL.. => backoff_ms(deaths, 0.0),
            _ => 0,
        };
        (seq, Suspect { deaths, not_before: now.plus_ms(pause), guilty })
    };
    deaths.iter().map(suspect).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After crashes with these rows in work, given as (row, crashes in a row): which are given up if the
    /// daemon survives.
    fn guilty(deaths: &[(u64, u32)], ends: u32) -> Vec<u64> {
        let left = Left { ends, ..Left::default() };
        let found = judged(&left, deaths, Timestamp(1_000));
        found.iter().filter(|(_, suspect)| suspect.guilty).map(|(seq, _)| *seq).collect()
    }

    #[test]
    fn the_second_end_convicts_the_one_that_was_there_each_time() {
        assert_eq!(guilty(&[(1, 1), (2, 1)], 1), [0; 0], "once proves nothing");
        assert_eq!(guilty(&[(1, 2), (3, 1)], 2), [1]);
        assert_eq!(guilty(&[(1, 2), (2, 2)], 2), [0; 0], "one of two: the third end tells which");
        assert_eq!(guilty(&[(1, 3)], 3), [1]);
        assert_eq!(guilty(&[(1, 2)], 3), [0; 0], "the daemon also ended without it");
        assert_eq!(guilty(&[(1, 16)], 16), [1], "who is always there is found in the end");
    }

    #[test]
    fn a_trial_is_as_long_as_the_row_was_in_hands() {
        let now = Timestamp::from_secs(1_800_000_000);
        for (secs, waits) in [(0, 10), (25, 25), (86_400, 600)] {
            let rows = BTreeMap::from([(1, (WorkKind::Tutor, now.plus_ms(-secs * 1_000)))]);
            let found = judged(&Left { rows, ends: 2, quiet_ms: None }, &[(1, 2)], now);
            assert_eq!(found.get(&1).unwrap().not_before, now.plus_ms(waits * 1_000), "{secs}");
        }
    }
}
