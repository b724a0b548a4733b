//! Tests that cannot run on a machine: they are listed at the end, and where they could have run, that is a
//! failure.
//!
//! Each leaves a line for `tests/skipped.rs`, which cargo runs after this binary: it prints what was skipped,
//! and with `CI=true` fails for whatever any machine could have done.

use std::io::Write;

/// Why a test cannot run.
#[derive(Clone, Copy)]
pub enum Lacks {
    /// A program is missing, or root is needed: possible on any machine.
    Means,
    /// The kernel or the container does not allow it here.
    Leave,
}

/// Records that the test of this name is skipped, and why.
pub fn skip(test: &str, lacks: Lacks, why: &str) {
    let kind = match lacks {
        Lacks::Means => "means",
        Lacks::Leave => "leave",
    };
    // By the run of cargo they belong to.
    let path = format!("{}/skipped-{}", env!("CARGO_TARGET_TMPDIR"), std::os::unix::process::parent_id());
    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{kind}\t{test}\t{why}\n").as_bytes()).unwrap();
    println!("skipped: {test}: {why}");
}

/// Whether a program is installed; if not, the test is skipped.
pub fn has(test: &str, program: &str) -> bool {
    let silent = std::process::Stdio::null;
    let mut command = std::process::Command::new(program);
    let there = command.arg("--version").stdout(silent()).stderr(silent()).status().is_ok();
    if !there {
        skip(test, Lacks::Means, &format!("needs {program}"));
    }
    there
}

/// Whether we are root; if not, the test is skipped.
pub fn is_root(test: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        skip(test, Lacks::Means, "needs root");
    }
    root
}

/// Whether PostgreSQL is installed; if not, the test is skipped.
pub fn has_postgres(test: &str) -> bool {
    let there = crate::databases::postgres::is_installed();
    if !there {
        skip(test, Lacks::Means, "needs PostgreSQL");
    }
    there
}

/// Whether Redis is installed; if not, the test is skipped.
pub fn has_redis(test: &str) -> bool {
    let there = crate::databases::redis::is_installed();
    if !there {
        skip(test, Lacks::Means, "needs redis-server");
    }
    there
}
