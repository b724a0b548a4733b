//! A small HTTP server for a few pages: GET and HEAD, one request per connection, everything bounded.
//!
//! Must not know what the pages say.

use super::host;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};

/// Connections at once. One more closes the oldest: an answer takes milliseconds, and slow clients must not
/// keep others out.
const CONNECTIONS: usize = 32;
/// Time limit for the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Longest life of a connection.
const DONE_WITHIN: Duration = Duration::from_secs(20);
/// Longest head, bytes.
const HEAD_LIMIT: usize = 16 << 10;
/// Pause after accepting failed, most likely for lack of file descriptors: some connections have to end
/// first.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

pub(crate) struct Page {
    pub status: u16,
    pub kind: &'static str,
    pub body: Vec<u8>,
}

/// Serves until dropped, with all connections. `answer` returns the page of a path, if there is one.
pub(crate) async fn serve<F>(
    listener: TcpListener,
    answer: impl Fn(String) -> F + Clone + Send + Sync + 'static,
) where
    F: Future<Output = Option<Page>> + Send,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut oldest_first: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                while connections.try_join_next().is_some() {}
                oldest_first.retain(|connection| !connection.is_finished());
                if oldest_first.len() >= CONNECTIONS
                    && let Some(oldest) = oldest_first.pop_front()
                {
                    oldest.abort();
                }
                // At once, or when the connection that makes room is gone.
                let Ok(permit) = room.clone().acquire_owned().await else { return };
                let answer = answer.clone();
                oldest_first.push_back(connections.spawn(async move {
                    let _permit = permit;
                    // Errors of a client concern only that client.
                    let _ = tokio::time::timeout(DONE_WITHIN, connection(stream, answer)).await;
                }));
            }
            Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
        }
    }
}

async fn connection<F>(stream: TcpStream, answer: impl Fn(String) -> F + Sync)
where
    F: Future<Output = Option<Page>>,
{
    let service = service_fn(|request: Request<Incoming>| {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default());
        let meant = host::is_ours(host) && host::is_ours(request.uri().authority().map(|name| name.as_str()));
        let page = answer_to(meant, method, path, &answer);
        async move { Ok::<_, Infallible>(respond(page.await)) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_LIMIT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer_to<F>(meant: bool, method: Method, path: String, answer: &impl Fn(String) -> F) -> Page
where
    F: Future<Output = Option<Page>>,
{
    let plain = |status, text: &str| Page { status, kind: "text/plain", body: text.as_bytes().to_vec() };
    if !meant {
        return plain(421, "no such host here: ask by address, or by a name of your private network\n");
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return plain(405, "only GET and HEAD\n");
    }
    answer(path).await.unwrap_or_else(|| plain(404, "there are /metrics, /health, /live and /ready\n"))
}

fn respond(page: Page) -> Response<Full<Bytes>> {
    let Page { status, kind, body } = page;
    let builder = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    let builder = builder.header(header::CACHE_CONTROL, "no-store");
    let builder = if status == 405 { builder.header(header::ALLOW, "GET, HEAD") } else { builder };
    builder.body(Full::new(Bytes::from(body))).unwrap_or_default()
}
