//! The question before something is lost: y or N on a terminal, `--yes` where nobody can answer. Must not
//! know what is lost.

use super::Failure;
use std::io::{self, IsTerminal, Write};

/// Fails when there is no terminal and no `--yes`.
pub(crate) fn confirmed(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Config(format!("{question} Add --yes to do it without being asked")));
    }
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    match (read, answer.trim().to_ascii_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(()),
        _ => Err(Failure::Failed("nothing was changed".to_owned())),
    }
}
