//! Implements frankenstein's API trait over our own HTTP client: deadlines, body caps, uploads from memory.
//!
//! Owns the form of a Bot API request and answer. Must not know which methods are called or why.

use super::error::TelegramError;
use super::refusal;
use crate::http::{self, HttpError};
use crate::secret::Secret;
use crate::waiting::waiting;
use bytes::Bytes;
use frankenstein::AsyncTelegramApi;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, multipart};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Largest answer of any method but `getUpdates`, bytes.
const ANSWER_CAP: usize = 1024 * 1024;
/// Largest `getUpdates` answer, bytes: a hundred long messages that answer long messages are about 1.5 MB.
const UPDATES_CAP: usize = 4 * 1024 * 1024;
/// Slowest upload that is waited for, bytes per second.
const SLOWEST_UPLOAD: u64 = 16 * 1024;

/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub(super) struct Client {
    http: http::Client,
    /// `{base}/bot{token}`: a secret, because it contains the token.
    methods: Secret,
    /// `{base}/file/bot{token}`.
    files: Secret,
    /// For one whole call, from connecting to the last byte.
    deadline: Duration,
    heard: Heard,
}

/// Number of calls that Telegram answered, whatever the answer. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<AtomicU64>);

impl Heard {
    pub(super) fn so_far(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

impl Client {
    pub(super) fn new(
        http: http::Client,
        api_url: &str,
        token: &Secret,
        deadline: Duration,
        heard: Heard,
    ) -> Self {
        let base = api_url.trim_end_matches('/');
        Self {
            http,
            methods: Secret::new(format!("{base}/bot{}", token.expose())),
            files: Secret::new(format!("{base}/file/bot{}", token.expose())),
            deadline,
            heard,
        }
    }

    /// The same with other connections.
    pub(super) fn with_http(&self, http: http::Client) -> Self {
        Self { http, ..self.clone() }
    }

    /// Calls a method with JSON parameters; returns the unparsed answer.
    pub(super) async fn call(&self, method: &str, body: Option<Vec<u8>>) -> Result<Answer, TelegramError> {
        let mut request = self.http.post(self.method_url(method)).timeout(self.deadline);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let cap = if method == "getUpdates" { UPDATES_CAP } else { ANSWER_CAP };
        self.read(request, cap).await
    }

    async fn read(&self, request: RequestBuilder, cap: usize) -> Result<Answer, TelegramError> {
        let response = waiting(self.http.send(request.build().map_err(HttpError::from)?)).await?;
        Answer::read(response, cap, self.heard.clone()).await
    }

    /// Starts a download; `path` comes from `getFile`. To take in a foreign file is work, not [waiting](crate::waiting).
    pub(super) async fn open(&self, path: &str, deadline: Duration) -> Result<Response, TelegramError> {
        let url = format!("{}/{}", self.files.expose(), escape_path(path));
        let request = self.http.get(url).timeout(deadline).build().map_err(HttpError::from)?;
        Ok(self.http.send(request).await?)
    }

    fn method_url(&self, method: &str) -> String {
        format!("{}/{method}", self.methods.expose())
    }
}

/// Percent-encodes everything but the path's own structure.
fn escape_path(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

/// A complete answer, not yet parsed.
pub(super) struct Answer {
    status: u16,
    retry_after: Option<u64>,
    clock: Option<i64>,
    body: Bytes,
    /// The body was larger than allowed and was not read.
    oversize: bool,
    heard: Heard,
}

impl Answer {
    /// The server's clock, Unix seconds.
    pub(super) fn clock(&self) -> Option<i64> {
        self.clock
    }

    pub(super) fn is_oversize(&self) -> bool {
        self.oversize
    }

    async fn read(response: Response, cap: usize, heard: Heard) -> Result<Self, TelegramError> {
        let status = response.status().as_u16();
        let clock = http::clock_of(&response);
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| refusal::seconds(value.trim()));
        let (body, oversize) = match http::read_capped(response, cap).await {
            Ok(body) => (body, false),
            Err(HttpError::TooLarge(_)) => (Bytes::new(), true),
            // An error status already says that nothing was done.
            Err(_) if status >= 400 => (Bytes::new(), false),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { status, retry_after, clock, body, oversize, heard })
    }

    /// The body of an `ok: true` answer; any other answer becomes an error.
    pub(super) fn accepted(self) -> Result<Bytes, TelegramError> {
        if (200..300).contains(&self.status) {
            if self.oversize {
                return Err(TelegramError::Undecodable { what: "far too large".to_owned() });
            }
            match says(&self.body) {
                Some(false) => {}
                says => {
                    if says.is_some() {
                        self.heard.one_more();
                    }
                    return Ok(self.body);
                }
            }
        }
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(answer) if answer.get("ok") == Some(&Value::Bool(false)) => {
                self.heard.one_more();
                Err(TelegramError::from_answer(self.status, &answer))
            }
            // The answer is a proxy's, so Telegram did nothing.
            _ if self.status == 429 => Err(TelegramError::retry_after(self.retry_after)),
            _ if self.status == 413 => Err(TelegramError::TooLarge { limit: super::UPLOAD_LIMIT }),
            _ => Err(TelegramError::Transient {
                what: format!("status {} from something between us and Telegram", self.status),
            }),
        }
    }

    pub(super) fn decode<T: DeserializeOwned>(self) -> Result<T, TelegramError> {
        let body = self.accepted()?;
        // The parser's own message may quote the body.
        serde_json::from_slice(&body).map_err(|error| TelegramError::Undecodable {
            what: format!("{:?} error at byte {} of {}", error.classify(), error.column(), body.len()),
        })
    }
}

/// Reads only `ok`, so that a large batch is not parsed twice; `None` if the body is not Telegram's.
fn says(body: &[u8]) -> Option<bool> {
    #[derive(serde::Deserialize)]
    struct Head {
        ok: bool,
    }
    if body.len() >= 64 * 1024 {
        return body.starts_with(b"{").then_some(true);
    }
    serde_json::from_slice::<Head>(body).ok().map(|head| head.ok)
}

#[async_trait::async_trait]
impl AsyncTelegramApi for Client {
    type Error = TelegramError;

    async fn request<Params, Output>(
        &self,
        method: &str,
        params: Option<Params>,
    ) -> Result<Output, TelegramError>
    where
        Params: Serialize + Debug + Send,
        Output: DeserializeOwned,
    {
        let body = params.as_ref().map(encode).transpose()?;
        self.call(method, body).await?.decode()
    }

    async fn request_with_form_data<Params, Output>(
        &self,
        _method: &str,
        _params: Params,
        _files: Vec<(&str, PathBuf)>,
    ) -> Result<Output, TelegramError>
    where
        Params: Serialize + Debug + Send,
        Output: DeserializeOwned,
    {
        Err(TelegramError::Setup("files are sent from memory, never from a path".into()))
    }
}

/// A client with one file in memory. frankenstein names files by path; the path's last part becomes the
/// uploaded file's name, the bytes come from here, and the disk is never touched.
pub(super) struct Upload<'a> {
    pub(super) client: &'a Client,
    pub(super) bytes: Bytes,
    pub(super) mime: &'static str,
}

#[async_trait::async_trait]
impl AsyncTelegramApi for Upload<'_> {
    type Error = TelegramError;

    async fn request<Params, Output>(
        &self,
        method: &str,
        params: Option<Params>,
    ) -> Result<Output, TelegramError>
    where
        Params: Serialize + Debug + Send,
        Output: DeserializeOwned,
    {
        self.client.request(method, params).await
    }

    async fn request_with_form_data<Params, Output>(
        &self,
        method: &str,
        params: Params,
        files: Vec<(&str, PathBuf)>,
    ) -> Result<Output, TelegramError>
    where
        Params: Serialize + Debug + Send,
        Output: DeserializeOwned,
    {
        let fields = serde_json::to_value(&params).map_err(|_| unencodable())?;
        let mut form = multipart::Form::new();
        for (name, value) in fields.as_object().into_iter().flatten() {
            if files.iter().any(|(file, _)| file == name) {
                continue;
            }
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            form = form.text(name.clone(), text);
        }
        for (name, path) in files {
            let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
            form = form.part(name.to_owned(), http::memory_part(self.bytes.clone(), file_name, self.mime)?);
        }
        let upload_time = Duration::from_secs(self.bytes.len() as u64 / SLOWEST_UPLOAD);
        let request = self
            .client
            .http
            .post(self.client.method_url(method))
            .timeout(self.client.deadline + upload_time)
            .multipart(form);
        self.client.read(request, ANSWER_CAP).await?.decode()
    }
}

pub(super) fn encode<Params: Serialize>(params: &Params) -> Result<Vec<u8>, TelegramError> {
    serde_json::to_vec(params).map_err(|_| unencodable())
}

pub(super) fn unencodable() -> TelegramError {
    TelegramError::Setup("the request cannot be written as JSON".into())
}
