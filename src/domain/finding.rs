//! A finding of `doctor`: what was checked, the result, and what to do about it. Must not know how anything is
//! checked or printed.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grade {
    Fine,
    /// Could not be checked, for the reason given.
    Skipped,
    /// Works, but should be looked at.
    Warning,
    /// Does not work, or soon will not.
    Problem(Cause),
}

/// The kind of problem decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The configuration, token included.
    Configuration,
    /// Something on this machine.
    Here,
    /// Telegram or the tutor cannot be reached.
    Unreachable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Short name of the check.
    pub check: &'static str,
    pub grade: Grade,
    pub found: String,
    /// What to do; may have several lines.
    pub advice: Option<String>,
}

impl Finding {
    pub(crate) fn fine(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, grade: Grade::Fine, found: found.into(), advice: None }
    }

    pub(crate) fn skipped(check: &'static str, why: impl Into<String>) -> Self {
        Self { check, grade: Grade::Skipped, found: why.into(), advice: None }
    }

    pub(crate) fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, grade: Grade::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    pub(crate) fn problem(
        check: &'static str,
        cause: Cause,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { check, grade: Grade::Problem(cause), found: found.into(), advice: Some(advice.into()) }
    }
}
