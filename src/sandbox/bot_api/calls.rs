//! The log of every request, in order. Must not know what the requests mean.

use std::collections::HashMap;

use serde_json::Value;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not answered yet: a long poll, or held at a gate.
    Pending,
    /// It took effect.
    Ok,
    /// It was refused.
    Refused { code: u16, description: String },
    /// An injected fault ended it before it took effect.
    Fault,
    /// The client went away before it took effect.
    ClientGone,
}

#[derive(Debug, Clone)]
pub struct Call {
    /// Ms since the double was started, on arrival.
    pub at_ms: u64,
    /// The same when the outcome was known.
    pub done_ms: Option<u64>,
    /// The method's name, or `file` for a download.
    pub method: String,
    /// By name; an upload shows as `{file_name, content_type, size}`.
    pub params: Value,
    pub outcome: Outcome,
    /// The message that it created.
    pub message_id: Option<i64>,
}

impl Call {
    pub fn is_ok(&self) -> bool {
        self.outcome == Outcome::Ok
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.params.get(name)?.as_i64()
    }

    pub fn str(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }
}

/// With an index by method.
#[derive(Debug, Default)]
pub struct Log {
    calls: Vec<Call>,
    by_method: HashMap<String, Vec<usize>>,
}

impl Log {
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    pub fn of(&self, method: &str) -> impl DoubleEndedIterator<Item = &Call> {
        let indices = self.by_method.get(method).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(|index| self.calls.get(*index))
    }

    pub fn count(&self, method: &str) -> usize {
        self.by_method.get(method).map_or(0, Vec::len)
    }

    pub(super) fn begin(&mut self, at_ms: u64, method: &str, params: Value) -> usize {
        let index = self.calls.len();
        let method = method.to_owned();
        self.by_method.entry(method.clone()).or_default().push(index);
        let outcome = Outcome::Pending;
        self.calls.push(Call { at_ms, done_ms: None, method, params, outcome, message_id: None });
        index
    }

    pub(super) fn end(&mut self, index: usize, now_ms: u64, outcome: Outcome, message_id: Option<i64>) {
        if let Some(call) = self.calls.get_mut(index).filter(|call| call.outcome == Outcome::Pending) {
            call.done_ms = Some(now_ms);
            call.outcome = outcome;
            call.message_id = message_id;
        }
    }
}
