//! Answers that are one JSON object: requested by schema, otherwise as JSON, otherwise in words only,
//! whichever the server accepts.
//!
//! Must not know what the object is for.

use super::answer::{End, Step, Usage};
use super::answer_stream::AnswerStream;
use super::ask::{Ask, Message, Role};
use super::error::ModelError;
use super::server::Server;
use crate::waiting::waiting;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// How often a question is asked if the answer is not such an object.
const ROUNDS: usize = 2;

/// What a model answered that was asked for an object.
#[derive(Clone, PartialEq)]
pub enum Completed {
    /// Has every field that the schema requires.
    Object(Value),
    /// It answered otherwise, each time: its last words.
    Words(String),
}

/// Shows no text.
impl fmt::Debug for Completed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(_) => write!(f, "an object"),
            Self::Words(words) => write!(f, "{} bytes of words", words.len()),
        }
    }
}

impl Server {
    /// The answer, and the tokens of all rounds together.
    pub(super) async fn complete(
        self: &Arc<Self>,
        model: &str,
        ask: &Ask,
        schema: &Value,
    ) -> Result<(Completed, Option<Usage>), ModelError> {
        let ask = told(ask, schema);
        let mut spent: Option<Usage> = None;
        let mut words = String::new();
        for _ in 0..ROUNDS {
            let (answer, end) = waiting(self.whole(model, &ask, schema)).await?;
            if let Some(usage) = end.usage {
                let before = spent.unwrap_or_default();
                spent = Some(Usage {
                    input: before.input.saturating_add(usage.input),
                    output: before.output.saturating_add(usage.output),
                });
            }
            if let Some(object) = object(answer.text(), schema) {
                return Ok((Completed::Object(object), spent));
            }
            answer.text().clone_into(&mut words);
        }
        Ok((Completed::Words(words), spent))
    }

    /// One answer, when it is complete.
    async fn whole(
        self: &Arc<Self>,
        model: &str,
        ask: &Ask,
        schema: &Value,
    ) -> Result<(AnswerStream, End), ModelError> {
        let mut answer = self.begin(model, ask, Some(schema)).await?;
        loop {
            if let Step::Ended(end) = answer.next().await? {
                return Ok((answer, end));
            }
        }
    }
}

/// The question with the schema in its instructions: for servers that know no schemas, and for those that
/// insist on the word JSON.
fn told(ask: &Ask, schema: &Value) -> Ask {
    let mut ask = ask.clone();
    let words = format!("Answer with one JSON object of this schema and nothing else:\n{schema}");
    ask.messages.insert(0, Message::new(Role::System, words));
    ask
}

/// Finds an object with every field that the schema requires; code fences and words around it are ignored.
fn object(text: &str, schema: &Value) -> Option<Value> {
    let fits = |value: &Value| {
        let required = schema.get("required").and_then(Value::as_array);
        let mut names = required.into_iter().flatten().filter_map(Value::as_str);
        value.is_object() && names.all(|name| value.get(name).is_some())
    };
    // Words before it may contain a brace, so a few positions are tried.
    text.match_indices('{').take(8).find_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<Value>();
        values.next()?.ok().filter(fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_object_is_found_whatever_stands_around_it() {
        let schema = json!({ "required": ["reply"] });
        let found = Some(json!({ "reply": "Yes {", "corrections": [] }));
        for text in [
            r#"{"reply":"Yes {","corrections":[]}"#,
            "```json\n{\"reply\": \"Yes {\", \"corrections\": []}\n```",
            "Here {it} is: {\"reply\":\"Yes {\",\"corrections\":[]} I hope {it} helps.",
            "{\"other\":1}{\"reply\":\"Yes {\",\"corrections\":[]}",
        ] {
            assert_eq!(object(text, &schema), found, "{text}");
        }
        for text in ["", "no", "{\"reply\":", "[1]", "{\"answer\":1}"] {
            assert_eq!(object(text, &schema), None, "{text}");
        }
    }
}
