//! Runs last in `cargo test` and lists the tests that could not run on this machine; each has left a line
//! (`tests/it/skip.rs`).
//!
//! With `CI=true` it fails for those that lack only what any machine can have: a program, or being root.

use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let path = format!("{folder}/skipped-{}", std::os::unix::process::parent_id());
    let mut lines: Vec<String> =
        std::fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    // Runs that were cut off have left theirs, too.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("skipped-") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    let (mut told, mut avoidable) = (Vec::new(), 0);
    for line in &lines {
        let mut parts = line.splitn(3, '\t');
        let (kind, test, why) = (parts.next(), parts.next(), parts.next());
        avoidable += usize::from(kind != Some("leave"));
        told.push(format!("{} ({})", test.unwrap_or("?"), why.unwrap_or("?")));
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    if ci && avoidable > 0 {
        println!("\n{avoidable} test(s) were left out that this machine could have run: {}", told.join("; "));
        return ExitCode::FAILURE;
    }
    match told.len() {
        0 => println!("\nno test was left out"),
        count => println!("\n{count} test(s) could not run on this machine: {}", told.join("; ")),
    }
    ExitCode::SUCCESS
}
