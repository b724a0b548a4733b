//! The findings together: how they are printed and which exit code they add up to.
//!
//! Pure. Must not know how anything is checked.

pub(crate) use crate::domain::finding::{Cause, Finding, Grade};

use serde_json::{Value, json};
use std::fmt::Write;

/// All findings, in the order of the checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report(
    /// At least one per check.
    pub Vec<Finding>,
);

impl Report {
    fn count(&self, wanted: impl Fn(Grade) -> bool) -> usize {
        self.0.iter().filter(|finding| wanted(finding.grade)).count()
    }

    /// 0 without a problem; 2 if the configuration has one; else 1 if this machine has one; else 3 (Telegram
    /// or the tutor cannot be reached).
    pub(crate) fn exit_code(&self) -> u8 {
        let has = |cause| self.count(|grade| grade == Grade::Problem(cause)) > 0;
        if has(Cause::Configuration) {
            2
        } else if has(Cause::Here) {
            1
        } else if has(Cause::Unreachable) {
            3
        } else {
            0
        }
    }

    pub(crate) fn summary(&self) -> String {
        let several = |count: usize, what: &str| match count {
            0 => format!("no {what}s"),
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let problems = self.count(|grade| matches!(grade, Grade::Problem(_)));
        let warnings = self.count(|grade| grade == Grade::Warning);
        format!("{}, {}", several(problems, "problem"), several(warnings, "warning"))
    }

    pub(crate) fn text(&self) -> String {
        let width = self.0.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
        let mut text = String::new();
        for finding in &self.0 {
            let mut lines = finding.found.lines();
            let first = lines.next().unwrap_or_default();
            let _ = writeln!(text, "{:7}  {:width$}  {first}", word(finding.grade), finding.check);
            let advice = finding.advice.as_deref().unwrap_or_default().lines();
            for (place, line) in lines.map(|line| (1, line)).chain(advice.enumerate()) {
                let arrow = if place == 0 { "-> " } else { "   " };
                let _ = writeln!(text, "{:7}  {:width$}  {arrow}{line}", "", "");
            }
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    /// One JSON object.
    pub(crate) fn json(&self) -> Value {
        let findings: Vec<Value> = self
            .0
            .iter()
            .map(|finding| {
                json!({
                    "check": finding.check,
                    "state": word(finding.grade),
                    "found": finding.found,
                    "advice": finding.advice,
                })
            })
            .collect();
        json!({
            "findings": findings,
            "problems": self.count(|grade| matches!(grade, Grade::Problem(_))),
            "warnings": self.count(|grade| grade == Grade::Warning),
        })
    }
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Fine => "ok",
        Grade::Skipped => "skipped",
        Grade::Warning => "warning",
        Grade::Problem(_) => "problem",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_that_can_be_mended_here_decides_the_exit_code() {
        let problem = |cause| Finding::problem("x", cause, "", "");
        for (findings, code) in [
            (vec![], 0),
            (vec![Finding::fine("x", ""), Finding::skipped("x", ""), Finding::warning("x", "", "")], 0),
            (vec![problem(Cause::Unreachable)], 3),
            (vec![problem(Cause::Unreachable), problem(Cause::Here)], 1),
            (vec![problem(Cause::Here), problem(Cause::Configuration), problem(Cause::Unreachable)], 2),
        ] {
            assert_eq!(Report(findings.clone()).exit_code(), code, "{findings:?}");
        }
    }

    #[test]
    fn lines_stand_in_columns() {
        let report = Report(vec![
            Finding::fine("token", "@bot"),
            Finding::problem("store", Cause::Here, "damaged\nmore", "do this\nthen that"),
        ]);
        let expected = "ok       token  @bot\nproblem  store  damaged\n                   more\n                -> do this\n                   then that\n\n1 problem, no warnings\n";
        assert_eq!(report.text(), expected);
        assert_eq!(report.json()["findings"][1]["state"], "problem");
    }
}
