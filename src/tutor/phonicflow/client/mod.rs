//! The PhonicFlow tutor's HTTP API: one client, one method per call.
//!
//! Makes each call once, bounded in time and size, and classifies the result. Must not know when to call
//! again, what a learner is told, or how many calls may run at a time (the caller never runs two of one
//! session).

mod answers;
mod call_record;
mod error;
mod health_body;
mod identity;
mod signing;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use answers::{History, Past};
pub(super) use error::{CallError, Refusal};
pub(super) use identity::Identity;

use crate::domain::{Assessment, Gate, SpokenPart, Timestamp};
use crate::http::{self, ClientOptions, HttpError, Shared};
use crate::secret::Secret;
use crate::tolerant_json;
use crate::tutor::clock::{Clock, wall_clock};
use crate::tutor::{Reach, Spoken};
use crate::waiting::waiting;
use bytes::Bytes;
use call_record::{CallRecord, next_reach};
use health_body::HealthBody;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;
use wire::HistoryBody;

/// Longest JSON answer, bytes.
const TEXT_CAP: usize = 4 << 20;
/// Longest spoken answer, bytes: over ten minutes of 24 kHz mono WAV.
const AUDIO_CAP: usize = 32 << 20;
/// Bytes read of a refusal, to classify it.
const REFUSAL_CAP: usize = 64 << 10;
/// Deadline of calls that do not use the tutor's models.
const SHORT: Duration = Duration::from_secs(15);
/// Longest pause accepted from the tutor, seconds.
const LONGEST_RETRY_AFTER: u32 = 3_600;

/// Where the tutor is, and how it is called.
#[derive(Debug, Clone)]
pub(crate) struct PhonicFlowOptions {
    /// `http` or `https`, perhaps with a path; a trailing slash makes no difference.
    pub base_url: String,
    /// That, as it may be shown.
    pub place: String,
    /// Deadline of one `/process` call, answer included.
    pub timeout: Duration,
    /// Turns it may work on at once.
    pub at_once: usize,
    /// Sent as `Authorization: Bearer`.
    pub api_key: Option<Secret>,
    /// `BOT_PRIVATE_KEY`: signs every request.
    pub private_key: Option<Secret>,
    pub gate: Gate,
    /// PEM of a private certificate authority.
    pub extra_ca_pem: Option<Vec<u8>>,
}

pub(crate) struct Client {
    client: Shared,
    base: String,
    timeout: Duration,
    api_key: Option<Secret>,
    private_key: Option<Secret>,
    book: Mutex<CallRecord>,
    clock: Clock,
    /// Notified when the tutor comes, goes, or fails again.
    news: Arc<Notify>,
    /// It has shown a history since the start.
    keeps_history: AtomicBool,
}

/// One request, ready to be signed and sent.
struct Call<'a> {
    method: &'static str,
    /// After the base URL, with query.
    path: String,
    session: Option<Uuid>,
    body: Option<(String, Bytes)>,
    deadline: Duration,
    cap: usize,
    /// Statuses that mean "there is none" for this call.
    absent: &'a [u16],
}

/// The answer had one of [`Call::absent`]'s statuses.
struct Absent {
    /// The path itself is unknown to the server, rather than what it names.
    of_the_router: bool,
}

/// An answer with a success status.
struct Answer {
    body: Bytes,
    mime: Option<String>,
    /// The tutor's clock, Unix seconds.
    clock: Option<i64>,
}

impl Client {
    /// Connects to nothing yet. Fails when the URL, a key or the certificates cannot be used.
    pub(crate) fn new(options: PhonicFlowOptions, news: Arc<Notify>) -> Result<Client, CallError> {
        let client = http::client(&ClientOptions {
            extra_ca_pem: options.extra_ca_pem,
            gate: options.gate,
            ..ClientOptions::default()
        })?;
        let base = options.base_url.trim().trim_end_matches('/').to_owned();
        // What could fail to build fails here, at start-up. The errors of the URL parser name no URL.
        let mut trial = client.get(&base);
        if let Some(key) = &options.api_key {
            trial = trial.bearer_auth(key.expose());
        }
        let trial = trial.build().map_err(|_| {
            CallError::Setup("BACKEND_URL is no URL, or BACKEND_API_KEY no header text".to_owned())
        })?;
        if !matches!(trial.url().scheme(), "http" | "https") || trial.url().query().is_some() {
            return Err(CallError::Setup("BACKEND_URL must be http or https, without a query".to_owned()));
        }
        Ok(Client {
            client: Arc::new(client),
            base,
            timeout: options.timeout,
            api_key: options.api_key,
            private_key: options.private_key,
            book: Mutex::new(CallRecord::default()),
            clock: Clock::start(),
            news,
            keeps_history: AtomicBool::new(false),
        })
    }

    /// `POST /process`: has a WAV recognised, coached and answered. Not idempotent: after
    /// [`CallError::Uncertain`], [`CallError::TooMuch`] or [`CallError::Failed`] look at the history
    /// first. `voice` identifies the recording over repeated attempts.
    pub(crate) async fn process(
        &self,
        session: Uuid,
        voice: u64,
        wav: Bytes,
    ) -> Result<Assessment, CallError> {
        let call = Call {
            method: "POST",
            path: format!("/process?session_id={session}"),
            session: Some(session),
            body: Some(wire::multipart_wav(&wav)),
            deadline: self.timeout,
            cap: TEXT_CAP,
            absent: &[],
        };
        // The body holds its own copy. A turn takes long, and memory is bounded.
        drop(wav);
        let sent = self.send(call).await;
        match &sent {
            Ok(Ok(_)) => self.note(|book, _| book.turns.succeeded()),
            Err(CallError::Failed { blame, .. }) => {
                self.note(|book, now| book.turns.failed(session, voice, *blame, now));
            }
            _ => {}
        }
        let answer = sent?.map_err(|_| unreadable())?;
        wire::assessment(&answer.body).ok_or_else(unreadable)
    }

    /// `GET /conversation`: what the tutor remembers. Safe to repeat.
    pub(crate) async fn history(&self, session: Uuid) -> Result<Past, CallError> {
        let call = Call::get(format!("/conversation/{session}"), Some(session), self.short());
        let past = match self.send(Call { absent: &[404, 405, 410, 501], ..call }).await {
            Ok(Ok(answer)) => match wire::history(&answer.body) {
                Some(HistoryBody::Kept(history)) => Past::Kept(history),
                Some(HistoryBody::NotOffered) => Past::NotOffered,
                None => Past::Broken,
            },
            Ok(Err(Absent { of_the_router: false })) => Past::Unknown,
            Ok(Err(Absent { of_the_router: true })) => Past::NotOffered,
            Err(CallError::Failed { .. } | CallError::TooMuch(_)) => Past::Broken,
            Err(error) => return Err(error),
        };
        match past {
            Past::Kept(_) => self.keeps_history.store(true, Ordering::Relaxed),
            // It has shown a history before, so it does keep them: this conversation is unknown to it.
            Past::NotOffered if self.keeps_history.load(Ordering::Relaxed) => return Ok(Past::Unknown),
            Past::NotOffered | Past::Unknown | Past::Broken => {}
        }
        Ok(past)
    }

    /// Makes the tutor forget a conversation; one that it does not know counts as forgotten. Safe to repeat.
    pub(crate) async fn forget(&self, session: Uuid) -> Result<(), CallError> {
        let call = Call::get(format!("/conversation/{session}"), Some(session), self.short());
        self.send(Call { method: "DELETE", absent: &[404, 410], ..call }).await.map(drop)
    }

    /// The spoken answer of the conversation's latest turn; `None` when there is none. Safe to repeat until
    /// the next turn of this conversation begins.
    pub(crate) async fn spoken(&self, session: Uuid, part: SpokenPart) -> Result<Option<Spoken>, CallError> {
        let kind = match part {
            SpokenPart::Conversational => "conversational",
            SpokenPart::Coaching => "coaching",
        };
        let call = Call::get(format!("/audio/{session}?audio_type={kind}"), Some(session), self.timeout);
        let Ok(Answer { body, mime, .. }) =
            self.send(Call { cap: AUDIO_CAP, absent: &[400, 404, 410, 422], ..call }).await?
        else {
            return Ok(None);
        };
        let words = mime
            .as_deref()
            .is_some_and(|mime| mime.starts_with("text/") || mime.starts_with("application/json"));
        Ok((!body.is_empty() && !words).then(|| Spoken { recordings: vec![body] }))
    }

    /// `GET /`: whether the tutor is alive, and its clock in Unix seconds, where it tells.
    pub(crate) async fn root(&self) -> Result<Option<i64>, CallError> {
        let answer = self.send(Call::get("/".to_owned(), None, self.short())).await?;
        Ok(answer.ok().and_then(|answer| answer.clock))
    }

    /// `GET /health`; `None` when the answer is not a tutor's. The tutor runs its language model for it, so
    /// it is meant for `doctor`, never for regular checks.
    pub(crate) async fn health(&self) -> Result<Option<HealthBody>, CallError> {
        let answer = self.send(Call::get("/health".to_owned(), None, self.timeout)).await?;
        Ok(answer
            .ok()
            .and_then(|answer| tolerant_json::json(&answer.body))
            .and_then(|body| health_body::health_body(&body)))
    }

    /// `POST /bot/metrics` with a batch of events (JSON); `false` when the tutor does not have that path.
    pub(crate) async fn take_metrics(&self, events: Bytes) -> Result<bool, CallError> {
        let call = Call {
            method: "POST",
            body: Some(("application/json".to_owned(), events)),
            absent: &[404, 405, 410, 501],
            ..Call::get("/bot/metrics".to_owned(), None, self.short())
        };
        Ok(self.send(call).await?.is_ok())
    }

    /// Judged by the last calls; asks nothing.
    pub(crate) fn reachable(&self) -> Reach {
        self.book().reach()
    }

    fn book(&self) -> MutexGuard<'_, CallRecord> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records how a call ended, and notifies listeners if that changes [`Self::reachable`].
    fn note(&self, change: impl FnOnce(&mut CallRecord, Timestamp)) {
        let now = self.clock.now();
        let mut book = self.book();
        let before = book.reach();
        change(&mut book, now);
        let turned = book.reach() != before;
        drop(book);
        if turned {
            self.news.notify_one();
        }
    }

    fn short(&self) -> Duration {
        self.timeout.min(SHORT)
    }

    /// Sends a call within its deadline and records whether the tutor was reachable.
    async fn send(&self, call: Call<'_>) -> Result<Result<Answer, Absent>, CallError> {
        let (deadline, decisive) = (call.deadline, call.path.starts_with("/process"));
        // The deadline also covers an answer that arrives byte by byte for ever.
        let result = tokio::time::timeout(deadline, self.exchange(call))
            .await
            .unwrap_or_else(|_| Err(HttpError::TimedOut.into()));
        self.note(|book, now| book.reach = next_reach(book.reach, result.as_ref().err(), decisive, now));
        result
    }

    async fn exchange(&self, call: Call<'_>) -> Result<Result<Answer, Absent>, CallError> {
        let url = format!("{}{}", self.base, call.path);
        let mut builder = match call.method {
            "POST" => self.client.post(url),
            "DELETE" => self.client.delete(url),
            _ => self.client.get(url),
        };
        // The tutor might close a kept connection just as the request goes out, and then nobody knows whether
        // it was read. A new connection costs nothing compared with a turn, and a failure before it is
        // established means "not sent" for certain.
        builder = builder.header("connection", "close");
        if let Some(session) = call.session {
            builder = builder.header("session_id", session.to_string());
        }
        if let Some(key) = &self.api_key {
            builder = builder.bearer_auth(key.expose());
        }
        let (kind, body) = call.body.unwrap_or_default();
        if !kind.is_empty() {
            builder = builder.header("content-type", kind).body(body.clone());
        }
        let mut request = builder.build().map_err(HttpError::from)?;
        if let Some(key) = &self.private_key {
            let url = request.url();
            let path =
                url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
            // The tutor compares it with its own clock.
            let timestamp = wall_clock().secs();
            let signature = signing::signature(key.expose().as_bytes(), timestamp, call.method, &path, &body)
                .and_then(|signature| signature.parse().ok())
                .ok_or_else(|| CallError::Setup("BOT_PRIVATE_KEY cannot be used".to_owned()))?;
            request.headers_mut().insert("x-bot-timestamp", timestamp.into());
            request.headers_mut().insert("x-bot-signature", signature);
        }
        drop(body);

        let response = waiting(self.client.send(request)).await?;
        let status = response.status();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(|text| text.trim().to_ascii_lowercase())
        };
        let (mime, retry_after) = (header("content-type"), header("retry-after"));
        let clock = http::clock_of(&response);
        if status.is_success() {
            let body = http::read_capped(response, call.cap).await?;
            return Ok(Ok(Answer { body, mime, clock }));
        }
        let status = status.as_u16();
        if call.absent.contains(&status) {
            let words = http::read_capped(response, REFUSAL_CAP).await.unwrap_or_default();
            return Ok(Err(Absent { of_the_router: status != 404 || wire::is_of_the_router(&words) }));
        }
        let words = match status {
            400 | 422 | 500..=508 => http::read_capped(response, REFUSAL_CAP).await.unwrap_or_default(),
            _ => Bytes::new(),
        };
        let wait = retry_after.and_then(|text| pause(&text));
        Err(CallError::from_status(status, wait, wire::refusal(&words), wire::blame(&words)))
    }
}

impl Call<'_> {
    fn get(path: String, session: Option<Uuid>, deadline: Duration) -> Self {
        Call { method: "GET", path, session, body: None, deadline, cap: TEXT_CAP, absent: &[] }
    }
}

fn unreadable() -> CallError {
    CallError::Uncertain("an answer that is not the tutor's".to_owned())
}

/// `Retry-After` in seconds. The form with a date is ignored; our own backoff applies.
fn pause(text: &str) -> Option<u32> {
    let secs = text.parse::<u64>().ok()?;
    Some(u32::try_from(secs).map_or(LONGEST_RETRY_AFTER, |secs| secs.min(LONGEST_RETRY_AFTER)))
}
