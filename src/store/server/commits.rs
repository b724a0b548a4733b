//! The owner's commits: each is one step at the server that counts, so that after a broken connection the count tells what
//! became of it.
//!
//! A step goes from one height to the next, and only as long as the epoch is ours. When the answer to it is lost, the height
//! that is found says whether it was done, has to be sent again, or that writes are missing; and nothing is answered before a
//! commit was acknowledged on the connection that found it, because what is visible need not be durable (a wait for a
//! synchronous standby that was cut short). Must not know what is written.

use super::{Committed, Ended, Mark, Remote, RemoteError, Server, Tenure};
use crate::store::StoreError;
use crate::store::engine::Batch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// A step at the server: from the height before to this one, under this epoch.
pub type Step<'a> = &'a mut dyn FnMut(&mut dyn Remote, u64, u64) -> Result<Committed, RemoteError>;

pub struct Commits {
    server: Arc<dyn Server>,
    tenure: Arc<Tenure>,
    mark: Arc<Mutex<Mark>>,
    /// Of the database; another one may answer at the same place after a broken connection.
    id: Uuid,
    epoch: u64,
    /// Of the last acknowledged commit.
    height: Arc<AtomicU64>,
    remote: Option<Box<dyn Remote>>,
    /// Before the first new attempt; doubled each time.
    pause: Duration,
    /// After which nothing is written any more.
    failed: Option<Failed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Failed {
    Fenced,
    Unknown(String),
    Damaged(String),
    Refused(String),
}

impl Failed {
    fn error(self) -> StoreError {
        match self {
            Self::Fenced => StoreError::Fenced,
            Self::Unknown(detail) => StoreError::Unknown { detail },
            Self::Damaged(detail) => StoreError::Damaged(detail),
            Self::Refused(text) => {
                StoreError::Io { action: "write to the database", source: std::io::Error::other(text) }
            }
        }
    }
}

/// Why an attempt has not done it.
enum Missed {
    /// Another attempt may.
    Lost(String),
    ForGood(Failed),
}

impl Commits {
    /// For the owner of this epoch; `height` is the database's.
    pub fn new(
        server: Arc<dyn Server>,
        tenure: Arc<Tenure>,
        mark: Arc<Mutex<Mark>>,
        (id, epoch, height): (Uuid, u64, u64),
    ) -> Self {
        let height = Arc::new(AtomicU64::new(height));
        Self { server, tenure, mark, id, epoch, height, remote: None, pause: FIRST_PAUSE, failed: None }
    }

    pub fn tenure(&self) -> &Arc<Tenure> {
        &self.tenure
    }

    /// Of the last acknowledged commit, as it grows.
    pub fn height(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.height)
    }

    /// Returns once the group is durable at the server. Blocks until the tenure ends, and for one answer more. After an error
    /// nothing is written any more.
    pub fn commit(&mut self, group: &Batch) -> Result<(), StoreError> {
        self.step(&mut |remote, epoch, height| remote.commit(epoch, height, group))
    }

    /// As [`Self::commit`], for another kind of step.
    pub fn step(&mut self, step: Step<'_>) -> Result<(), StoreError> {
        let done = match self.failed.clone() {
            Some(failed) => Err(failed),
            None => self.carry_out(step),
        };
        let height = done.map_err(|failed| {
            if failed == Failed::Fenced {
                self.tenure.end(Ended::Fenced);
            }
            self.failed = Some(failed.clone());
            failed.error()
        })?;
        self.height.store(height, Ordering::Release);
        let raised = self.mark.lock().unwrap_or_else(PoisonError::into_inner).raise(self.id, height);
        raised.map_err(|source| StoreError::Io { action: "note the height of the database", source })
    }

    /// Returns the height that was acknowledged.
    fn carry_out(&mut self, step: Step<'_>) -> Result<u64, Failed> {
        let before = self.height.load(Ordering::Acquire);
        // What was sent so far may arrive at any time, so up to here a height can be of our making.
        let mut sent = before;
        let mut found = Some(before);
        let mut pause = self.pause;
        loop {
            let trouble = match self.attempt(before, &mut sent, found, step) {
                Ok(Some(height)) => return Ok(height),
                Ok(None) => "the server has refused it".to_owned(),
                Err(Missed::Lost(text)) => {
                    self.remote = None;
                    text
                }
                Err(Missed::ForGood(failed)) => return Err(failed),
            };
            let left = self.tenure.left();
            if left.is_zero() {
                return Err(Failed::Unknown(trouble));
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
            found = None;
        }
    }

    /// One attempt to have an acknowledged commit at or after the step. `found`: the height, where it is known.
    fn attempt(
        &mut self,
        before: u64,
        sent: &mut u64,
        found: Option<u64>,
        step: Step<'_>,
    ) -> Result<Option<u64>, Missed> {
        let at = match found {
            Some(height) => height,
            None => self.look(before, *sent)?,
        };
        let (epoch, next) = (self.epoch, at + 1);
        *sent = next.max(*sent);
        let remote = self.remote()?;
        // Where the step is done already, an empty commit shows that it is durable.
        let answer = match at == before {
            true => step(remote, epoch, next),
            false => remote.commit(epoch, next, &Batch::default()),
        };
        match answer {
            Ok(Committed::Done) => Ok(Some(next)),
            Ok(Committed::Refused) => {
                // Whose epoch it is now is worth knowing also when no time is left for another attempt.
                self.look(before, *sent)?;
                Ok(None)
            }
            Err(RemoteError::Lost(text)) => Err(Missed::Lost(text)),
            Err(RemoteError::Refused(text)) => Err(Missed::ForGood(Failed::Refused(text))),
        }
    }

    /// The height that is there, which must be one of our making.
    fn look(&mut self, before: u64, sent: u64) -> Result<u64, Missed> {
        let standing = match self.remote()?.standing() {
            Ok(standing) => standing,
            Err(RemoteError::Lost(text) | RemoteError::Refused(text)) => return Err(Missed::Lost(text)),
        };
        let place = self.server.place();
        let damaged = |what: String| {
            Err(Missed::ForGood(Failed::Damaged(format!(
                "the database at {place} {what}: acknowledged writes are missing"
            ))))
        };
        if standing.id != self.id {
            return damaged("is another one than before the connection broke".to_owned());
        }
        if standing.epoch > self.epoch {
            return Err(Missed::ForGood(Failed::Fenced));
        }
        if standing.epoch < self.epoch || standing.height < before || standing.height > sent {
            let (epoch, height) = (standing.epoch, standing.height);
            return damaged(format!(
                "has height {height} of epoch {epoch}, and between {before} and {sent} of epoch {} was expected",
                self.epoch
            ));
        }
        Ok(standing.height)
    }

    fn remote(&mut self) -> Result<&mut dyn Remote, Missed> {
        let remote = match self.remote.take() {
            Some(remote) => remote,
            // Whatever is wrong with it, another attempt may find it mended.
            None => self.server.connect().map_err(|error| Missed::Lost(error.to_string()))?,
        };
        Ok(self.remote.insert(remote).as_mut())
    }
}

#[cfg(test)]
mod tests;
