//! The one factory of HTTP clients: deadlines, size caps, a gate that every request passes, and errors that contain no URL.
//!
//! No other module names reqwest's builder. Must not know Telegram or the tutor.

use crate::domain::{Gate, printable};
use crate::secret::Secret;
use crate::waiting::waiting;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::{IntoUrl, RequestBuilder};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Whether the other side may have acted on a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It never got the request: sending again is safe.
    NotSent,
    /// It may have got it: sending again may double the effect.
    Unknown,
}

/// A request that brought no usable answer. Contains no URL and no body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// No connection (refused, DNS, TLS, proxy, timeout while connecting).
    #[error("no connection: {0}")]
    Connect(String),
    /// The deadline passed; the request may have been sent.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke; the request may have been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is larger than this many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// No client can be built from these settings.
    #[error("{0}")]
    Setup(String),
}

impl HttpError {
    pub(crate) fn fate(&self) -> Fate {
        match self {
            Self::Connect(_) | Self::Setup(_) => Fate::NotSent,
            Self::TimedOut | Self::Broken(_) | Self::TooLarge(_) => Fate::Unknown,
        }
    }
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_builder() {
            Self::Setup(root_cause(&error))
        } else if error.is_connect() {
            Self::Connect(root_cause(&error))
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken(root_cause(&error))
        }
    }
}

/// The innermost cause says most ("connection refused") and, unlike the outer ones, never contains a URL. It
/// may quote the other side (names in a certificate).
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    printable::line(&cause.to_string()).into_owned()
}

#[derive(Debug, Clone, Default)]
pub(crate) struct ClientOptions {
    /// Proxy URL (http, https, socks5, socks5h); may hold a password.
    pub proxy: Option<Secret>,
    /// PEM of certificate authorities trusted in addition to the system's.
    pub extra_ca_pem: Option<Vec<u8>>,
    /// What each request passes right before it is handed to a connection.
    pub gate: Gate,
    /// Longest silence between two pieces of an answer; `None`: only the per-request deadline counts.
    pub read_timeout: Option<Duration>,
}

/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    connections: reqwest::Client,
    gate: Gate,
}

impl Client {
    pub(crate) fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.connections.get(url)
    }

    pub(crate) fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.connections.post(url)
    }

    pub(crate) fn delete(&self, url: impl IntoUrl) -> RequestBuilder {
        self.connections.delete(url)
    }

    /// Sends a request, unless the gate is shut: then it is certain that it was not sent.
    ///
    /// The gate is asked again whenever there is something to do, because a connection may take its time to be made, and
    /// a process may be stopped at any moment and go on much later.
    pub(crate) async fn send(&self, request: reqwest::Request) -> Result<reqwest::Response, HttpError> {
        let mut sending = pin!(self.connections.execute(request));
        let mut begun = false;
        poll_fn(|context| {
            if !self.gate.is_open() {
                let why = "another daemon may own the store by now".to_owned();
                return Poll::Ready(Err(if begun {
                    HttpError::Broken(why)
                } else {
                    HttpError::Connect(why)
                }));
            }
            begun = true;
            sending.as_mut().poll(context).map_err(HttpError::from)
        })
        .await
    }
}

/// Builds a client. It follows no redirects (they could carry a token elsewhere) and ignores proxies of the
/// environment.
pub(crate) fn client(options: &ClientOptions) -> Result<Client, HttpError> {
    // A second installation fails, which only means that the first one happened.
    let _ = rustls::crypto::CryptoProvider::install_default(rustls::crypto::ring::default_provider());
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("phonicflow-bot/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(25))
        // Enough for one second of sending at full rate: opening a connection takes several round trips.
        .pool_max_idle_per_host(128)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        .no_proxy();
    if let Some(silence) = options.read_timeout {
        builder = builder.read_timeout(silence);
    }
    if let Some(proxy) = &options.proxy {
        let scheme = proxy.expose().split("://").next().unwrap_or_default();
        if !["http", "https", "socks5", "socks5h"].contains(&scheme) {
            return Err(HttpError::Setup("the proxy URL is not one of http, https, socks5, socks5h".into()));
        }
        let proxy = reqwest::Proxy::all(proxy.expose()).map_err(|_| {
            HttpError::Setup("the proxy URL is not one of http, https, socks5, socks5h".into())
        })?;
        builder = builder.proxy(proxy);
    }
    if let Some(pem) = &options.extra_ca_pem {
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|_| HttpError::Setup("the CA file holds no PEM certificate".into()))?;
        if certificates.is_empty() {
            return Err(HttpError::Setup("the CA file holds no PEM certificate".into()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(Client { connections: builder.build()?, gate: options.gate.clone() })
}

/// Reads a body of at most `cap` bytes. As soon as more arrives it stops with [`HttpError::TooLarge`].
pub(crate) async fn read_capped(response: reqwest::Response, cap: usize) -> Result<Bytes, HttpError> {
    if response.content_length().is_some_and(|length| length > cap as u64) {
        return Err(HttpError::TooLarge(cap));
    }
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0);
    let mut body = BytesMut::with_capacity(announced.min(cap));
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = waiting(chunks.next()).await {
        let chunk = chunk?;
        if body.len() + chunk.len() > cap {
            return Err(HttpError::TooLarge(cap));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The server's clock, from the `Date` header: Unix seconds.
pub(crate) fn clock_of(response: &reqwest::Response) -> Option<i64> {
    let date = response.headers().get(reqwest::header::DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second())
}

/// `Retry-After` in seconds, rounded up, at most `longest`; a date is compared with the server's own clock.
pub(crate) fn retry_after(response: &reqwest::Response, longest: u32) -> Option<u32> {
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::trim);
    let secs = match (header("retry-after-ms"), header("retry-after")) {
        (Some(ms), _) if ms.parse::<u64>().is_ok() => ms.parse::<u64>().ok()?.div_ceil(1_000),
        (_, Some(text)) => match text.parse::<f64>() {
            // The cast saturates.
            Ok(secs) => secs.max(0.0).ceil() as u64,
            Err(_) => {
                let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second();
                u64::try_from(at - clock_of(response)?).ok()?
            }
        },
        _ => return None,
    };
    Some(u32::try_from(secs).unwrap_or(u32::MAX).min(longest))
}

/// Status and body (at most `cap` bytes) of a plain `GET`.
pub(crate) async fn get(url: &str, deadline: Duration, cap: usize) -> Result<(u16, Bytes), HttpError> {
    let client = client(&ClientOptions::default())?;
    let response = client.send(client.get(url).timeout(deadline).build()?).await?;
    let status = response.status().as_u16();
    Ok((status, read_capped(response, cap).await?))
}

/// A multipart part held in memory.
pub(crate) fn memory_part(
    bytes: Bytes,
    file_name: &str,
    mime: &str,
) -> Result<reqwest::multipart::Part, HttpError> {
    let length = bytes.len() as u64;
    Ok(reqwest::multipart::Part::stream_with_length(bytes, length)
        .file_name(file_name.to_owned())
        .mime_str(mime)?)
}

pub(crate) type Shared = Arc<Client>;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    /// Sends one request through a gate that is open so many times it is asked; returns the error, and what of the
    /// request arrived (`None`: not even a connection).
    async fn sent(open: u32) -> (HttpError, Option<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = AtomicU32::new(0);
        let gate = Gate::new(move || asked.fetch_add(1, Ordering::Relaxed) < open);
        let client = client(&ClientOptions { gate, ..ClientOptions::default() }).unwrap();
        let request = client.get(url).timeout(Duration::from_millis(200)).build().unwrap();
        let error = client.send(request).await.unwrap_err();
        drop(client);
        let accepted = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        let Ok(Ok((mut stream, _))) = accepted else { return (error, None) };
        let mut bytes = Vec::new();
        let _ = tokio::time::timeout(Duration::from_millis(50), stream.read_to_end(&mut bytes)).await;
        (error, Some(bytes.len()))
    }

    #[tokio::test]
    async fn a_request_goes_out_while_its_gate_is_open_and_not_when_the_connection_came_too_late() {
        let (error, arrived) = sent(u32::MAX).await;
        assert!(arrived.is_some_and(|bytes| bytes > 0), "{error}");
        assert_eq!(error, HttpError::TimedOut);
        let (error, arrived) = sent(0).await;
        assert_eq!((error.fate(), arrived), (Fate::NotSent, None), "{error}");
        let (error, arrived) = sent(1).await;
        assert!(arrived.is_none_or(|bytes| bytes == 0), "{arrived:?}");
        assert!(matches!(error, HttpError::Broken(_)), "{error}");
    }
}
