//! How a job can fail: by the recording's fault, by the worker's death, or by ours. Must not know any sentence a learner reads.

use crate::audio::AudioFault;
use crate::domain::stats::{Count, Failure};
use rustix::process::Signal;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// What ended a worker in the middle of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It wanted more memory than it may have.
    Memory,
    /// It used up its CPU time.
    Cpu,
    /// It did not come to an end by the clock.
    Clock,
    /// It was killed from outside, by the system or a person.
    Killed,
    /// It broke in some other way.
    Crashed,
}

impl Death {
    /// By the status it left; `None` when it was told to stop, as a whole system does that shuts down.
    pub(super) fn by(status: ExitStatus) -> Option<Self> {
        match status.signal().and_then(Signal::from_named_raw) {
            Some(Signal::HUP | Signal::INT | Signal::TERM) => None,
            // What gets no memory ends itself.
            Some(Signal::ABORT) => Some(Self::Memory),
            Some(Signal::XCPU) => Some(Self::Cpu),
            Some(Signal::KILL) => Some(Self::Killed),
            _ => Some(Self::Crashed),
        }
    }

    /// What it is counted as.
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

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The recording cannot be converted, in the audio path's words.
    #[error("{detail}")]
    Refused {
        /// The case to tell a person about.
        fault: AudioFault,
        /// What people call a format that is not decoded.
        name: Option<String>,
        /// What was wrong with it.
        detail: String,
    },
    /// The recording ended the worker: no further try with the same bytes.
    #[error("the audio worker {0}; the recording is not tried again")]
    Died(Death),
    /// No worker can be had, whatever the recording: try again.
    #[error("no audio worker: {0}")]
    Unavailable(String),
    /// Reading the input or writing the output failed.
    #[error("reading or writing audio failed: {0}")]
    Io(#[from] io::Error),
}

impl JobError {
    /// The case to tell a person about.
    pub(crate) fn kind(&self) -> AudioFault {
        match self {
            Self::Refused { fault, .. } => *fault,
            Self::Died(_) => AudioFault::Costly,
            Self::Unavailable(_) | Self::Io(_) => AudioFault::Internal,
        }
    }

    /// What people call the format that is not decoded.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Refused { name, .. } => name.as_deref(),
            _ => None,
        }
    }

    /// The kind it is counted as.
    pub(crate) fn failure(&self) -> Failure {
        self.kind().failure()
    }

    /// The worker's death, when it is that.
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
