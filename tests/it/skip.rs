//! Tests that cannot run on a machine: they say so at the end, and where they could have run, that is a failure.
//!
//! Each leaves a line for `tests/skipped.rs`, which cargo runs after this binary: it prints what was left out, and fails with
//! `CI=true` for whatever a machine of ours could have done.

use std::io::Write;

/// What a test has not got.
#[derive(Clone, Copy)]
pub enum Lacks {
    /// A program, or to be root: to be had on any machine.
    Means,
    /// Something the kernel or its container does not allow here.
    Leave,
}

/// Says that the test of this name is left out, and why.
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

/// Whether a program is there; else the test is left out.
pub fn has(test: &str, program: &str) -> bool {
    let silent = std::process::Stdio::null;
    let mut command = std::process::Command::new(program);
    let there = command.arg("--version").stdout(silent()).stderr(silent()).status().is_ok();
    if !there {
        skip(test, Lacks::Means, &format!("needs {program}"));
    }
    there
}

/// Whether we are root; else the test is left out.
pub fn is_root(test: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        skip(test, Lacks::Means, "needs root");
    }
    root
}
