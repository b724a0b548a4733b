//! Limits a worker puts on itself before it reads an untrusted byte. Alone calls `setrlimit` and `prctl`.
//!
//! A process that can open no file descriptor reaches no file and no network; one that exceeds its memory or
//! CPU time is ended. Must not know what the worker does.

use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use std::io;
use std::time::Duration;

/// Address space, bytes: some 20 MB of program, the rest for what a recording makes it allocate.
const MEMORY: u64 = 160_000_000;
/// CPU seconds for inputs up to [`USUAL_SIZE`]; real recordings take a hundredth of it.
const CPU_SECS: u64 = 10;
/// Largest file that Telegram's own server hands out, bytes. Only `convert` and a local Bot API server go
/// beyond.
const USUAL_SIZE: u64 = 20 << 20;

#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// CPU time in seconds, enforced by the worker's own rlimit.
    pub(super) cpu_secs: u64,
    /// Elapsed time after which the daemon kills the worker.
    pub(super) clock: Duration,
}

impl Budget {
    /// `size`: bytes of the input.
    pub(super) fn of(size: u64) -> Self {
        let cpu_secs = CPU_SECS.saturating_mul(size.div_ceil(USUAL_SIZE).max(1));
        Self { cpu_secs, clock: Duration::from_secs(cpu_secs.saturating_mul(2)) }
    }
}

/// Puts this process under its limits. They cannot be lifted again.
pub(super) fn confine() -> io::Result<()> {
    // If memory runs short, the kernel should kill the worker rather than the daemon. Only a hint, so failure
    // is ignored.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let _ = rustix::thread::set_name(c"audio-worker");
    // If the daemon is killed, the kernel kills its workers, even in the middle of a job.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::thread::set_no_new_privs(true)?;
    let never = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    never(Resource::As, MEMORY)?;
    // A learner's voice is in memory and must not end up in a core dump.
    never(Resource::Core, 0)?;
    never(Resource::Fsize, 0)?;
    never(Resource::Nproc, 0)?;
    renew_cpu(CPU_SECS)?;
    // Last, because opening anything becomes impossible: descriptors already open stay open.
    never(Resource::Nofile, 0)?;
    Ok(())
}

/// Allows another `secs` of CPU time for the next job: the rlimit counts over the whole life of the process.
pub(super) fn renew_cpu(secs: u64) -> io::Result<()> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let current = u64::try_from(used.tv_sec).unwrap_or(0).saturating_add(secs);
    setrlimit(Resource::Cpu, Rlimit { current: Some(current), maximum: None })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_telegram_can_serve_gets_the_plain_budget_and_larger_files_in_proportion() {
        for (size, secs) in [(0, 10), (1, 10), (20 << 20, 10), ((20 << 20) + 1, 20), (200 << 20, 100)] {
            let budget = Budget::of(size);
            assert_eq!((budget.cpu_secs, budget.clock.as_secs()), (secs, 2 * secs), "{size}");
        }
    }
}
