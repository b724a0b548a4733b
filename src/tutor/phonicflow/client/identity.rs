//! Whether the server at the tutor's address is a PhonicFlow tutor at all; used by `doctor`. Must not know
//! what is done about it.

use super::{Call, CallError, Client, wire};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Probably a PhonicFlow tutor; its clock in Unix seconds, where it tells.
    Tutor(Option<i64>),
    /// Another server, and what it answers with.
    Other(String),
}

impl Client {
    /// Asks for the root and for a conversation that no tutor knows; its models are not used. Fails if
    /// nothing answers or access is denied.
    pub(crate) async fn identity(&self) -> Result<Identity, CallError> {
        let root = match self.send(Call::get("/".to_owned(), None, self.short())).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return Ok(Identity::Other("nothing".to_owned())),
            Err(CallError::Denied { status }) if !matches!(status, 401 | 403 | 407) => {
                return Ok(Identity::Other(format!("HTTP {status}")));
            }
            Err(error) => return Err(error),
        };
        if wire::object(&root.body).is_none() {
            let kind = root.mime.unwrap_or_else(|| "of no kind".to_owned());
            // Only characters of a media type are shown, because the header is foreign text.
            let kind: String = kind.chars().filter(char::is_ascii_graphic).take(40).collect();
            return Ok(Identity::Other(format!("a page ({kind}), not JSON")));
        }
        let path = format!("/conversation/{}", Uuid::nil());
        let call = Call { absent: &[404, 405, 410, 501], ..Call::get(path, Some(Uuid::nil()), self.short()) };
        if let Ok(Ok(answer)) = self.send(call).await {
            let fields = wire::object(&answer.body).unwrap_or_default();
            let ours = ["history", "conversation_count", "session_id"];
            if !ours.iter().any(|name| fields.contains_key(*name)) {
                return Ok(Identity::Other("JSON that is not the tutor's".to_owned()));
            }
        }
        Ok(Identity::Tutor(root.clock))
    }
}
