//! How a conversion can fail: because of the recording, because the worker died, or for a reason of ours.
//! Must not know any sentence a learner reads.

use crate::audio::AudioFault;
use crate::document::DocumentFault;
use crate::domain::stats::{Count, Failure};
use rustix::process::Signal;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It exceeded its limit on memory.
    Memory,
    /// It exceeded its limit on CPU time.
    Cpu,
    /// It exceeded its limit on elapsed time.
    Clock,
    /// Somebody else killed it: the kernel (out of memory) or a person.
    Killed,
    /// Any other crash.
    Crashed,
}

impl Death {
    /// Reads the exit status; `None` when the worker was told to stop, as happens when the whole system shuts
    /// down.
    pub(super) fn by(status: ExitStatus) -> Option<Self> {
        match status.signal().and_then(Signal::from_named_raw) {
            Some(Signal::HUP | Signal::INT | Signal::TERM) => None,
            // An allocation that fails aborts the process.
            Some(Signal::ABORT) => Some(Self::Memory),
            Some(Signal::XCPU) => Some(Self::Cpu),
            Some(Signal::KILL) => Some(Self::Killed),
            _ => Some(Self::Crashed),
        }
    }

    pub(crate) fn count(self) -> Count {
        match self {
            Self::Memory => Count::WorkersOutOfMemory,
            Self::Cpu => Count::WorkersOutOfCpu,
            Self::Clock => Count::WorkersOutOfTime,
            Self::Killed => Count::WorkersKilled,
            Self::Crashed => Count::WorkersCrashed,
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "wanted more memory than it may have",
            Self::Cpu => "used up its CPU time",
            Self::Clock => "did not finish in time",
            Self::Killed => "was killed",
            Self::Crashed => "crashed",
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The recording cannot be converted.
    #[error("{detail}")]
    Refused {
        fault: AudioFault,
        /// The usual name of a format that is not decoded.
        name: Option<String>,
        detail: String,
    },
    /// The document has no text to give.
    #[error("{0}")]
    NoText(DocumentFault),
    /// The worker died of this recording: the same bytes must not be tried again.
    #[error("the audio worker {0}; the recording is not tried again")]
    Died(Death),
    /// No worker could be started or kept, whatever the recording: try again later.
    #[error("no audio worker: {0}")]
    Unavailable(String),
    #[error("reading or writing audio failed: {0}")]
    Io(#[from] io::Error),
}

impl JobError {
    pub(crate) fn kind(&self) -> AudioFault {
        match self {
            Self::Refused { fault, .. } => *fault,
            Self::Died(_) => AudioFault::Costly,
            Self::NoText(_) | Self::Unavailable(_) | Self::Io(_) => AudioFault::Internal,
        }
    }

    /// Why a document gives no text; none where the same one may give it another time.
    pub fn document_fault(&self) -> Option<DocumentFault> {
        match self {
            Self::NoText(fault) => Some(*fault),
            Self::Refused { .. } | Self::Died(_) => Some(DocumentFault::Broken),
            Self::Unavailable(_) | Self::Io(_) => None,
        }
    }

    /// The usual name of a format that is not decoded.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Refused { name, .. } => name.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn failure(&self) -> Failure {
        self.kind().failure()
    }

    pub(crate) fn death(&self) -> Option<Death> {
        match self {
            Self::Died(death) => Some(*death),
            _ => None,
        }
    }

    /// Whether the same recording may succeed another time.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Io(_))
    }
}
