//! What a refusal means: every server words it differently.
//!
//! The text is looked at and dropped, because some servers repeat the question in it. Must not know what is
//! done about it.

use crate::model::error::Fault;
use serde_json::Value;

/// A status other than success, with what came with it.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// HTTP status, or the code that stands for one inside a stream.
    pub status: u16,
    /// `Retry-After`, seconds.
    pub retry_after: Option<u32>,
    /// The body, in lower case.
    pub words: &'a str,
    /// The question contained pictures.
    pub images: bool,
}

/// Phrases for a context that is too long: OpenAI, vLLM, llama.cpp, Ollama, LiteLLM, Anthropic and Gemini.
const TOO_LONG: &[&str] = &[
    "context length",
    "context_length",
    "context window",
    "context_window",
    "context size",
    "context_size",
    "maximum context",
    "prompt is too long",
    "input is too long",
    "input length",
    "reduce the length",
    "token count",
    "too many tokens",
    "maximum number of tokens",
];

/// Phrases for a model that does not exist.
const NO_MODEL: &[&str] = &[
    "model_not_found",
    "not found",
    "not_found",
    "does not exist",
    "doesn't exist",
    "invalid model",
    "unknown model",
    "no such model",
    "not a valid model",
    "model is not available",
    "has been deprecated",
    "has been decommissioned",
    "decommissioned",
    "not supported for",
    "no longer available",
];

/// Phrases for a model that accepts no pictures.
const NO_PICTURES: &[&str] =
    &["image", "picture", "vision", "multimodal", "multi-modal", "modalit", "mmproj"];

pub fn fault(refusal: &Refusal<'_>) -> Fault {
    let Refusal { status, retry_after, words, images } = *refusal;
    let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
    let gone = words.contains("model") && says(NO_MODEL);
    match status {
        429 if says(&["insufficient_quota", "exceeded your current quota"]) && retry_after.is_none() => {
            Fault::Denied { status }
        }
        429 | 503 | 529 => Fault::Busy { status, retry_after },
        401 | 402 | 407 => Fault::Denied { status },
        _ if says(TOO_LONG) => Fault::ContextTooLong,
        _ if images && says(NO_PICTURES) => Fault::Blind,
        403 | 404 if gone && !words.trim_start().starts_with('<') => Fault::Gone { status },
        410 => Fault::Gone { status },
        400 | 422 if gone => Fault::Gone { status },
        413 if !images => Fault::ContextTooLong,
        400 | 413 | 415 | 422 => Fault::Refused { status },
        408 | 500..=599 => Fault::Failed { status },
        _ => Fault::Denied { status },
    }
}

/// Classifies the error object of a stream that began with status 200.
pub fn in_stream(error: &Value) -> Fault {
    let inner = error.get("error").filter(|inner| inner.is_object()).unwrap_or(error);
    let words = inner.to_string().to_lowercase();
    let number = |name: &str| {
        let value = inner.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let code = ["code", "status", "status_code", "http_status"].iter().find_map(|name| number(name));
    let named = |any: &[&str]| any.iter().any(|name| words.contains(name));
    let status = match code.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code))
    {
        Some(code) => code,
        None if named(&["overloaded", "unavailable"]) => 529,
        None if named(&["rate_limit", "rate limit", "resource_exhausted"]) => 429,
        None if named(&["authentication", "permission_error"]) => 401,
        None if named(&["invalid_request", "not_found", "badrequest"]) => 400,
        None => 500,
    };
    let retry_after =
        number("retry_after").map(|secs| u32::try_from(secs).unwrap_or(u32::MAX).min(super::LONGEST_WAIT));
    fault(&Refusal { status, retry_after, words: &words, images: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sorted(status: u16, words: &str) -> Fault {
        fault(&Refusal { status, retry_after: None, words: &words.to_lowercase(), images: false })
    }

    #[test]
    fn a_context_too_long_is_known_in_all_its_wordings() {
        for (status, words) in [
            (
                400,
                r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#,
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 2048 tokens. However, you requested 3000 tokens (2488 in the messages, 512 in the completion).","type":"BadRequestError","param":null,"code":400}"#,
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            ),
            (500, r#"{"error":"input length exceeds maximum context length"}"#),
            (413, "payload too large"),
        ] {
            assert_eq!(sorted(status, words), Fault::ContextTooLong, "{words}");
        }
    }

    #[test]
    fn a_model_that_is_gone_is_told_from_a_wrong_address() {
        for (status, words) in [
            (
                404,
                r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            ),
            (
                404,
                r#"{"error":{"message":"model \"llama9\" not found, try pulling it first","type":"api_error","param":null,"code":null}}"#,
            ),
            (
                400,
                r#"{"error":{"message":"{'error': 'Invalid model name passed in model=x. Call `/v1/models`'}","type":"None","code":"400"}}"#,
            ),
            (404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#),
            (
                404,
                r#"{"error":{"code":404,"message":"models/gemini-0 is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}}"#,
            ),
            (410, ""),
        ] {
            assert_eq!(sorted(status, words), Fault::Gone { status }, "{words}");
        }
        for (status, words) in [
            (404, r#"{"detail":"Not Found"}"#),
            (404, "404 page not found"),
            (404, "<html><title>404 Not Found</title>model</html>"),
            (403, "Forbidden"),
            (301, ""),
            (405, ""),
        ] {
            assert_eq!(sorted(status, words), Fault::Denied { status }, "{words}");
        }
    }

    #[test]
    fn the_others_by_their_status() {
        assert_eq!(sorted(429, "too many tokens"), Fault::Busy { status: 429, retry_after: None });
        assert_eq!(sorted(429, r#"{"error":{"code":"insufficient_quota"}}"#), Fault::Denied { status: 429 });
        assert_eq!(sorted(503, "Loading model"), Fault::Busy { status: 503, retry_after: None });
        assert_eq!(sorted(502, "<html>"), Fault::Failed { status: 502 });
        assert_eq!(sorted(400, "bad"), Fault::Refused { status: 400 });
        let picture =
            Refusal { status: 500, retry_after: None, words: "image input is not supported", images: true };
        assert_eq!(fault(&picture), Fault::Blind);
        assert_eq!(fault(&Refusal { images: false, ..picture }), Fault::Failed { status: 500 });
    }

    #[test]
    fn errors_inside_of_a_stream_are_sorted_alike() {
        let busy = |status, retry_after| Fault::Busy { status, retry_after };
        for (error, fault) in [
            (json!({ "message": "x", "code": 500 }), Fault::Failed { status: 500 }),
            (json!({ "message": "x", "code": "429", "retry_after": 7 }), busy(429, Some(7))),
            (json!({ "message": "Rate limit reached", "type": "rate_limit_error" }), busy(429, None)),
            (json!({ "type": "overloaded_error", "message": "Overloaded" }), busy(529, None)),
            (json!({ "type": "error", "error": { "type": "overloaded_error" } }), busy(529, None)),
            (json!({ "message": "maximum context length is 10", "code": 400 }), Fault::ContextTooLong),
            (json!("something broke"), Fault::Failed { status: 500 }),
            (json!({}), Fault::Failed { status: 500 }),
            (json!({ "code": 7 }), Fault::Failed { status: 500 }),
        ] {
            assert_eq!(in_stream(&error), fault, "{error}");
        }
    }
}
