//! An answer as it arrives, piece by piece, until it is complete.
//!
//! It is complete if the server says so, by a finish reason or the stream's own end mark. A stream that just
//! ends, stalls or breaks is an error, however good its text looks. Bounded in time and size. Must not know
//! who reads it.

use super::answer::{End, Step, Usage};
use super::error::{Fault, ModelError, Slow};
use super::server::Permit;
use super::sse::{Decoder, Event, TooLong};
use super::visible::Visible;
use super::wire::{self, Delta};
use crate::domain::ServerKind;
use crate::http::HttpError;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::time::Duration;
use tokio::time::Instant;

/// Longest answer, bytes: several times what any learner reads. A longer one ends here, as at any other
/// limit.
const TEXT_CAP: usize = 128 << 10;
/// Most bytes of a stream, reasoning and JSON included.
const STREAM_CAP: usize = 64 << 20;
/// How long after the end of the text the token counts may arrive.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// Dropping it closes the connection, and a good server then stops.
pub struct AnswerStream {
    kind: ServerKind,
    body: BoxStream<'static, Result<Bytes, HttpError>>,
    shape: Shape,
    decoder: Decoder,
    whole: Vec<u8>,
    received: usize,
    /// Text has arrived. Servers send other things before they have read the question.
    begun: bool,
    text: Visible,
    input: Option<u32>,
    output: Option<u32>,
    /// Complete; `true` if a limit cut it.
    finished: Option<bool>,
    deadline: Instant,
    /// Longest pause between two pieces.
    stall_timeout: Duration,
    /// When the last piece arrived.
    since: Instant,
    permit: Permit,
    over: Option<Result<End, ModelError>>,
}

/// Format of the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Events,
    /// One JSON object: the protocol has no stream, or the server ignores the request for one.
    Whole,
    /// A proxy's page or the like.
    Foreign,
}

impl AnswerStream {
    pub(super) fn new(
        kind: ServerKind,
        response: reqwest::Response,
        deadline: Instant,
        stall_timeout: Duration,
        permit: Permit,
    ) -> Self {
        let mime =
            response.headers().get("content-type").and_then(|mime| mime.to_str().ok()).unwrap_or_default();
        let mime = mime.to_ascii_lowercase();
        let shape = if mime.contains("html") {
            Shape::Foreign
        } else if mime.contains("json") && !mime.contains("ndjson") || kind == ServerKind::Core {
            Shape::Whole
        } else {
            Shape::Events
        };
        let body = response.bytes_stream().map(|piece| piece.map_err(HttpError::from)).boxed();
        let (decoder, whole, received, text) = Default::default();
        let (input, output, finished, over) = Default::default();
        let since = Instant::now();
        Self {
            kind,
            body,
            shape,
            decoder,
            whole,
            received,
            begun: false,
            text,
            input,
            output,
            finished,
            deadline,
            stall_timeout,
            since,
            permit,
            over,
        }
    }

    /// Waits until the answer grows or ends. May be cancelled and called again at any time; after an end or
    /// an error it returns the same again. On an error the answer will never be complete, and what has
    /// arrived of it is no answer.
    pub async fn next(&mut self) -> Result<Step, ModelError> {
        loop {
            if let Some(over) = &self.over {
                return over.clone().map(Step::Ended);
            }
            match self.more().await {
                Ok(false) => {}
                Ok(true) => return Ok(Step::Grew),
                Err(fault) => self.over = Some(Err(self.permit.failed(fault))),
            }
        }
    }

    /// What a learner may see so far; at the end, the whole answer. It may become shorter: if a server does
    /// not send the opening tag of its reasoning, that is recognised only by the closing one.
    pub fn text(&self) -> &str {
        self.text.text()
    }

    /// Token counts so far, if the server counts while it answers.
    pub fn usage(&self) -> Option<Usage> {
        Delta { input: self.input, output: self.output, ..Delta::default() }.usage()
    }

    /// Reads the next piece of the body; returns whether the text has changed. Safe to cancel at its one
    /// await.
    async fn more(&mut self) -> Result<bool, Fault> {
        let limit = match self.finished {
            Some(_) => self.deadline.min(self.since + AFTERWARDS),
            None if self.begun => self.deadline.min(self.since + self.stall_timeout),
            None => self.deadline,
        };
        let before = self.text().len();
        match tokio::time::timeout_at(limit, self.body.next()).await {
            Ok(Some(Ok(bytes))) => self.take(&bytes)?,
            Ok(None) if self.finished.is_none() => self.ended()?,
            // Nothing after the end can spoil the answer.
            _ if self.finished.is_some() => self.complete()?,
            Ok(Some(Err(error))) => return Err(broken(error)),
            Ok(None) => {}
            Err(_) if limit == self.deadline => return Err(Fault::TooSlow(Slow::Answer)),
            Err(_) => return Err(Fault::TooSlow(Slow::Stalled)),
        }
        Ok(self.text().len() != before)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.finished.is_none() {
            self.since = Instant::now();
        }
        self.received = self.received.saturating_add(bytes.len());
        if self.received > STREAM_CAP {
            return Err(Fault::Broken("it does not end".to_owned()));
        }
        match self.shape {
            Shape::Foreign => return Err(Fault::Unreadable("a web page")),
            Shape::Whole => {
                self.whole.extend_from_slice(bytes);
                if self.whole.len() > WHOLE_CAP {
                    return Err(Fault::Unreadable("too large"));
                }
                return Ok(());
            }
            Shape::Events => {}
        }
        self.decoder.push(bytes).map_err(|TooLong| Fault::Unreadable("an event without end"))?;
        self.events()
    }

    fn events(&mut self) -> Result<(), Fault> {
        while let Some(event) = self.decoder.next() {
            self.event(&event)?;
            if self.over.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Result<(), Fault> {
        let delta = match wire::event(self.kind, event) {
            Ok(delta) => delta,
            // As above: the answer was complete.
            Err(_) if self.finished.is_some() => return self.complete(),
            Err(fault) => return Err(fault),
        };
        self.apply(delta)
    }

    fn apply(&mut self, delta: Delta) -> Result<(), Fault> {
        self.begun |= !delta.text.is_empty();
        self.text.push(&delta.text);
        self.input = delta.input.or(self.input);
        self.output = delta.output.or(self.output);
        // The end mark does not say why the answer ends; an earlier finish reason does.
        self.finished = self.finished.or(delta.finish);
        let capped = self.text().len() > TEXT_CAP;
        if capped {
            self.finished = Some(true);
        }
        if delta.last || capped { self.complete() } else { Ok(()) }
    }

    /// The body has ended, and nobody has said that the answer is complete.
    fn ended(&mut self) -> Result<(), Fault> {
        match self.shape {
            Shape::Foreign => return Err(Fault::Unreadable("a web page")),
            Shape::Whole => {
                let whole = std::mem::take(&mut self.whole);
                let value = serde_json::from_slice(&whole).map_err(|_| Fault::Unreadable("no JSON"))?;
                self.apply(wire::read(self.kind, &value)?)?;
            }
            Shape::Events => {
                self.decoder.finish();
                self.events()?;
            }
        }
        match (&self.over, self.finished) {
            (Some(_), _) => Ok(()),
            (None, Some(_)) => self.complete(),
            (None, None) => Err(Fault::Broken("it ended without an end mark".to_owned())),
        }
    }

    fn complete(&mut self) -> Result<(), Fault> {
        self.text.finish();
        if self.text().trim().is_empty() {
            return Err(Fault::Empty);
        }
        self.permit.succeeded();
        let (usage, cut) = (self.usage(), self.finished.unwrap_or(false));
        self.over = Some(Ok(End { usage, cut }));
        Ok(())
    }
}

/// Longest answer in one piece, bytes.
const WHOLE_CAP: usize = 4 << 20;

fn broken(error: HttpError) -> Fault {
    match Fault::from(error) {
        // The request has been sent, whatever the error's text says.
        Fault::NotSent(why) | Fault::Setup(why) => Fault::Broken(why),
        fault => fault,
    }
}
