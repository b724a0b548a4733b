//! Times and sizes as a person reads them at a glance. Must not know what is measured.

use crate::domain::Timestamp;

/// A duration (ms) in about three digits.
pub(super) fn took(ms: f64) -> String {
    match ms {
        ..10.0 => format!("{ms:.1} ms"),
        10.0..1_000.0 => format!("{ms:.0} ms"),
        1_000.0..100_000.0 => format!("{:.1} s", ms / 1_000.0),
        _ => format!("{:.0} s", ms / 1_000.0),
    }
}

/// A time span (ms) in its two largest units.
pub(super) fn span(ms: i64) -> String {
    let secs = ms / 1000;
    match secs {
        0..60 => format!("{secs} s"),
        60..3_600 => format!("{} min {} s", secs / 60, secs % 60),
        3_600..86_400 => format!("{} h {} min", secs / 3_600, secs % 3_600 / 60),
        _ => format!("{} d {} h", secs / 86_400, secs % 86_400 / 3_600),
    }
}

pub(super) fn bytes(n: u64) -> String {
    match n {
        0..1_000_000 => format!("{} kB", n / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

/// Time of day in UTC.
pub(super) fn clock(at: Timestamp) -> String {
    let secs = at.secs().rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", secs / 3_600, secs % 3_600 / 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_as_people_say_them() {
        assert_eq!(
            [0, 59_999, 60_000, 3_600_000, 90_000_000].map(span),
            ["0 s", "59 s", "1 min 0 s", "1 h 0 min", "1 d 1 h"]
        );
        assert_eq!([999, 1_500_000, 2_500_000_000].map(bytes), ["0 kB", "1.5 MB", "2.50 GB"]);
        assert_eq!(clock(Timestamp::from_secs(86_399)), "23:59:59");
    }
}
