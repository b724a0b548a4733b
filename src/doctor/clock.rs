//! The clock: compared with Telegram's and the tutor's, and whether this machine synchronises it. Must not
//! know how the other clocks were read.

use super::{Cause, Finding};
use std::path::Path;

const CLOCK: &str = "clock";
/// Difference that is not worth mentioning, seconds.
const TOLERATED: i64 = 30;
/// systemd-timesyncd creates `synchronized` in this folder when it succeeds.
const TIMESYNC: &str = "/run/systemd/timesync";

/// `telegram` and `tutor`: seconds by which their clocks are ahead of ours.
pub(crate) fn check(telegram: Option<i64>, tutor: Option<i64>) -> Vec<Finding> {
    let synced = Path::new(TIMESYNC).exists().then(|| Path::new(TIMESYNC).join("synchronized").exists());
    judge(telegram, tutor, synced)
}

fn judge(telegram: Option<i64>, tutor: Option<i64>, synced: Option<bool>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let off = |ahead: i64| ahead.abs() > TOLERATED;
    let words = |ahead: i64| format!("{} s {}", ahead.abs(), if ahead > 0 { "behind" } else { "ahead of" });
    if let Some(ahead) = telegram.filter(|ahead| off(*ahead)) {
        findings.push(Finding::problem(
            CLOCK,
            Cause::Here,
            format!("this machine's clock is {} Telegram's", words(ahead)),
            "set it: `timedatectl set-ntp true`, then `timedatectl`. Sessions expire and rates count by it",
        ));
    }
    if let Some(ahead) = tutor.filter(|ahead| off(*ahead)) {
        findings.push(Finding::warning(
            CLOCK,
            format!("this machine's clock is {} the tutor's", words(ahead)),
            "set the one that is wrong; a tutor that checks BOT_PRIVATE_KEY's signature refuses old timestamps",
        ));
    }
    if synced == Some(false) {
        findings.push(Finding::warning(
            CLOCK,
            "systemd-timesyncd runs, but has not set the clock yet",
            "wait a minute, then look at `timedatectl timesync-status`; a firewall may block NTP (UDP 123)",
        ));
    }
    if findings.is_empty() {
        let kept = if synced == Some(true) { ", kept in time by NTP" } else { "" };
        let against: Vec<String> = [("Telegram's", telegram), ("the tutor's", tutor)]
            .into_iter()
            .filter_map(|(whose, ahead)| Some(format!("within {} s of {whose}", ahead?.abs().max(1))))
            .collect();
        findings.push(if against.is_empty() {
            Finding::skipped(CLOCK, format!("nobody answered whose clock could be compared{kept}"))
        } else {
            Finding::fine(CLOCK, format!("{}{kept}", against.join(", ")))
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Grade;
    use super::*;

    #[test]
    fn only_more_than_half_a_minute_is_told() {
        let grades = |telegram, tutor, synced| -> Vec<Grade> {
            judge(telegram, tutor, synced).iter().map(|finding| finding.grade).collect()
        };
        assert_eq!(grades(Some(30), Some(-30), None), [Grade::Fine]);
        assert_eq!(grades(Some(31), None, None), [Grade::Problem(Cause::Here)]);
        assert_eq!(grades(Some(-31), Some(31), None), [Grade::Problem(Cause::Here), Grade::Warning]);
        assert_eq!(grades(None, None, None), [Grade::Skipped]);
        assert_eq!(grades(Some(0), None, Some(false)), [Grade::Warning]);
        assert!(judge(Some(90), None, None).iter().all(|finding| finding.found.contains("90 s behind")));
    }
}
