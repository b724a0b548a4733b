//! Points in time and time spans as a person types them. Must not know what they are used for.

use crate::domain::Timestamp;

/// Parses a number followed by `m`, `h`, `d` or `w`; returns milliseconds.
pub(crate) fn span_ms(text: &str) -> Result<i64, String> {
    let wrong = || "give a number with m, h, d or w behind it, such as 7d".to_owned();
    let text = text.trim();
    let unit = match text.chars().last() {
        Some('m') => 60_000_i64,
        Some('h') => 3_600_000,
        Some('d') => 24 * 3_600_000,
        Some('w') => 7 * 24 * 3_600_000,
        _ => return Err(wrong()),
    };
    let number: i64 = text.get(..text.len() - 1).and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
    number.checked_mul(unit).filter(|ms| (0..=i64::MAX / 2).contains(ms)).ok_or_else(wrong)
}

/// A day, a time in RFC 3339, or a span back from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(Timestamp),
    /// Milliseconds before now.
    Ago(i64),
}

impl When {
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ms) => now.plus_ms(-ms),
        }
    }
}

impl std::str::FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ms) = span_ms(text) {
            return Ok(Self::Ago(ms));
        }
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::At(Timestamp(at.as_millisecond())));
        }
        let day: Option<jiff::civil::Date> = text.parse().ok();
        let day = day.and_then(|day| day.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok());
        day.map(|day| Self::At(Timestamp(day.timestamp().as_millisecond()))).ok_or_else(|| {
            "give a day (2026-01-31), a moment (2026-01-31T08:00:00Z) or a span back (7d)".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_moments_and_spans_are_read() {
        let now = Timestamp(1_000_000_000_000);
        for (text, expected) in [
            ("90m", now.plus_ms(-5_400_000)),
            ("7d", now.plus_ms(-604_800_000)),
            ("1970-01-02", Timestamp(86_400_000)),
            ("1970-01-01T01:00:00+01:00", Timestamp(0)),
        ] {
            assert_eq!(text.parse::<When>().unwrap().moment(now), expected, "{text}");
        }
        for text in ["", "d", "7", "-1d", "7é", "yesterday", "99999999999999999d"] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
        assert_eq!(span_ms("0d"), Ok(0));
    }
}
