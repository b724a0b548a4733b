//! Reads untrusted JSON without insisting on exact types.
//!
//! Must not know what the fields mean. The library's types are not used because one unknown enum value in one
//! field (a new kind of entity, say) would lose a whole message of which three fields are needed.

use serde_json::Value;

/// A whole number, also as text or as a float without a fraction.
pub(super) fn int(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value
        .as_i64()
        .or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 9e15).map(|n| n as i64))
        .or_else(|| value.as_str().filter(|text| text.len() <= 20).and_then(|text| text.trim().parse().ok()))
}

/// A whole number that is not negative.
pub(super) fn size(value: Option<&Value>) -> Option<u64> {
    int(value).and_then(|n| u64::try_from(n).ok())
}

/// A text that is not empty and has at most `limit` bytes.
pub(super) fn text(value: Option<&Value>, limit: usize) -> Option<&str> {
    value?.as_str().filter(|text| !text.is_empty() && text.len() <= limit)
}

pub(super) fn is_true(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool) == Some(true)
}

/// The first `limit` characters.
pub(super) fn clip(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_come_in_many_dresses() {
        for (value, expected) in [
            (json!(5), Some(5)),
            (json!("5"), Some(5)),
            (json!(5.0), Some(5)),
            (json!(-7), Some(-7)),
            (json!(5.5), None),
            (json!(1e300), None),
            (json!(u64::MAX), None),
            (json!("five"), None),
            (json!(null), None),
            (json!([5]), None),
        ] {
            assert_eq!(int(Some(&value)), expected, "{value}");
        }
        assert_eq!(size(Some(&json!(-1))), None);
        assert_eq!(int(None), None);
    }

    #[test]
    fn clipping_keeps_whole_characters() {
        assert_eq!(clip("añb", 2), "añ");
        assert_eq!(clip("😀", 5), "😀");
        assert_eq!(text(Some(&json!("")), 5), None);
        assert_eq!(text(Some(&json!("123456")), 5), None);
    }
}
