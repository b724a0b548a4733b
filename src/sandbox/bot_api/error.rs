//! A refusal in the Bot API's words. Must not know which method refuses.

use serde_json::{Value, json};

use super::super::http::Reply;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    /// `error_code`, also the HTTP status.
    pub code: u16,
    /// `description`, with Telegram's prefix.
    pub description: String,
    /// `parameters`: `retry_after` or `migrate_to_chat_id`.
    pub parameters: Option<Value>,
}

impl ApiError {
    pub(crate) fn bad(why: impl AsRef<str>) -> Self {
        Self { code: 400, description: format!("Bad Request: {}", why.as_ref()), parameters: None }
    }

    pub(crate) fn unauthorized() -> Self {
        Self { code: 401, description: "Unauthorized".to_owned(), parameters: None }
    }

    pub(crate) fn forbidden(why: &str) -> Self {
        Self { code: 403, description: format!("Forbidden: {why}"), parameters: None }
    }

    pub(crate) fn not_found() -> Self {
        Self { code: 404, description: "Not Found".to_owned(), parameters: None }
    }

    /// 404 of a server that accepts the token but does not know the method.
    pub(crate) fn no_method() -> Self {
        Self { code: 404, description: "Not Found: method not found".to_owned(), parameters: None }
    }

    pub(crate) fn conflict(why: &str) -> Self {
        Self { code: 409, description: format!("Conflict: {why}"), parameters: None }
    }

    pub(crate) fn too_many(retry_after: u64) -> Self {
        Self {
            code: 429,
            description: format!("Too Many Requests: retry after {retry_after}"),
            parameters: Some(json!({ "retry_after": retry_after })),
        }
    }

    /// 400 with the new id of a migrated chat.
    pub(crate) fn migrated(to: i64) -> Self {
        let parameters = Some(json!({ "migrate_to_chat_id": to }));
        Self { parameters, ..Self::bad("group chat was upgraded to a supergroup chat") }
    }

    pub(crate) fn reply(&self) -> Reply {
        let mut body = json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let (Some(parameters), Some(map)) = (&self.parameters, body.as_object_mut()) {
            map.insert("parameters".to_owned(), parameters.clone());
        }
        Reply::json(self.code, &body)
    }
}
