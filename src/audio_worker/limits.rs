//! What a worker may not exceed, set by itself before it reads a foreign byte. Alone calls `setrlimit` and `prctl`.
//!
//! A process that can open no descriptor reaches no file and no network; one without memory or CPU time left ends. Must not
//! know what the worker does.

use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use std::io;
use std::time::Duration;

/// Address space, bytes: the program itself (some 20 MB of it), and what a recording makes it allocate.
const MEMORY: u64 = 160_000_000;
/// CPU time for up to [`USUAL_SIZE`] of input, seconds; real recordings take a hundredth of it.
const CPU_SECS: u64 = 10;
/// What Telegram serves at most, bytes. Only `convert` and a Bot API server of one's own go beyond.
const USUAL_SIZE: u64 = 20 << 20;

/// What one job may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// CPU time, seconds: the worker's own limit.
    pub(super) cpu_secs: u64,
    /// By the clock: the daemon's patience.
    pub(super) clock: Duration,
}

impl Budget {
    /// For an input of so many bytes.
    pub(super) fn of(size: u64) -> Self {
        let cpu_secs = CPU_SECS.saturating_mul(size.div_ceil(USUAL_SIZE).max(1));
        Self { cpu_secs, clock: Duration::from_secs(cpu_secs.saturating_mul(2)) }
    }
}

/// Puts this process under its limits, for good.
pub(super) fn confine() -> io::Result<()> {
    // Where memory runs out all the same, the system ends the worker rather than the daemon. A hint: nothing depends on it.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let _ = rustix::thread::set_name(c"audio-worker");
    // A daemon that is killed takes its workers along, also from the middle of their work.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::thread::set_no_new_privs(true)?;
    let never = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    never(Resource::As, MEMORY)?;
    // A learner's voice is in memory: it must not get into a core dump.
    never(Resource::Core, 0)?;
    never(Resource::Fsize, 0)?;
    never(Resource::Nproc, 0)?;
    renew_cpu(CPU_SECS)?;
    // Last: those that are open stay open, and there are no others.
    never(Resource::Nofile, 0)?;
    Ok(())
}

/// Gives the next job its own CPU time: the limit counts the whole life of the process.
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
