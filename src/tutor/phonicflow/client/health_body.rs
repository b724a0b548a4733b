//! The body of `GET /health`. The tutor answers 200 even when a part of it fails, so the text has to be read.
//!
//! Must not pass on more of it than the names of the parts.

use serde_json::Value;

/// Most parts listed.
const PARTS: usize = 16;
/// Longest name of a part shown, characters.
const NAME: usize = 32;
/// A part is sick if its text contains one of these words, whatever else it says: "error: the model is not
/// available".
const SICK: [&str; 10] = [
    "error",
    "fail",
    "unhealthy",
    "unavailable",
    "not available",
    "unreachable",
    "down",
    "offline",
    "degraded",
    "dead",
];
/// Texts that mean "well" and nothing else.
const WELL: [&str; 9] = ["healthy", "ok", "okay", "up", "alive", "running", "ready", "pass", "available"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HealthBody {
    /// Names of its parts.
    pub parts: Vec<String>,
    /// Names of the sick parts; `status` where only the whole is reported as sick.
    pub sick: Vec<String>,
}

/// `None` when it is no JSON object.
pub(crate) fn health_body(body: &Value) -> Option<HealthBody> {
    let fields = body.as_object()?;
    let mut found = HealthBody::default();
    if let Some(components) = fields.get("components").and_then(Value::as_object) {
        for (name, says) in components.iter().take(PARTS) {
            let name: String = name.chars().filter(|c| !c.is_control()).take(NAME).collect();
            if is_sick(says) {
                found.sick.push(name.clone());
            }
            found.parts.push(name);
        }
    }
    let whole = fields.get("status").is_some_and(|status| match status {
        Value::String(word) => !WELL.contains(&word.trim().to_lowercase().as_str()),
        other => is_sick(other),
    });
    if whole && found.sick.is_empty() {
        found.sick.push("status".to_owned());
    }
    Some(found)
}

fn is_sick(says: &Value) -> bool {
    match says {
        Value::String(words) => {
            let words = words.to_lowercase();
            SICK.iter().any(|sign| words.contains(sign))
        }
        Value::Bool(well) => !well,
        Value::Object(fields) => {
            fields.get("error").is_some_and(|error| !matches!(error, Value::Null | Value::Bool(false)))
                || ["status", "state", "healthy", "ok"]
                    .iter()
                    .filter_map(|name| fields.get(*name))
                    .any(is_sick)
        }
        Value::Array(items) => items.iter().any(is_sick),
        Value::Null | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_part_that_says_error_is_one_whatever_else_it_says() {
        for (body, sick) in [
            (json!({"status": "healthy", "components": {"llm": "available", "stt": "available"}}), vec![]),
            (json!({"status": "ok"}), vec![]),
            (json!({}), vec![]),
            (
                json!({"status": "healthy", "components": {"llm": "error: model 'x' not found, others available"}}),
                vec!["llm"],
            ),
            (json!({"status": "unhealthy"}), vec!["status"]),
            (json!({"status": "degraded", "components": {"llm": "available"}}), vec!["status"]),
            (
                json!({"status": "healthy", "components": {"llm": {"status": "error", "detail": "available"}}}),
                vec!["llm"],
            ),
            (
                json!({"status": "healthy", "components": {"llm": {"error": "refused"}, "tts": true}}),
                vec!["llm"],
            ),
            (json!({"status": "healthy", "components": {"llm": false, "stt": null}}), vec!["llm"]),
            (json!({"status": "healthy", "components": {"llm": "Ollama is NOT AVAILABLE"}}), vec!["llm"]),
            (json!({"status": false}), vec!["status"]),
        ] {
            assert_eq!(
                health_body(&body).map(|found| found.sick),
                Some(sick.into_iter().map(str::to_owned).collect()),
                "{body}"
            );
        }
        assert_eq!(health_body(&json!([])), None);
        let named = health_body(&json!({"components": {"a\u{1b}[31mb": "error"}})).unwrap();
        assert_eq!(named.sick, ["a[31mb"]);
    }
}
