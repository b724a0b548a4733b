//! A small HTTP/1.1 server on loopback that can misbehave on purpose: owns listening, connections and the
//! forms an answer may take on the wire. Must not know what a double answers.

use std::{
    convert::Infallible,
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    Stream, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{HeaderMap, body::Frame, header, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

/// Largest request body a double reads, bytes.
const BODY_CAP: usize = 64 * 1024 * 1024;

/// A request, read completely.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: String,
    /// Still percent-encoded.
    pub path: String,
    /// What follows `?`, still percent-encoded; may be empty.
    pub query: String,
    pub headers: HeaderMap,
    /// The body, at most 64 MB.
    pub body: Bytes,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// How the body of an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// At once, with the right length.
    Whole,
    /// In pieces of `chunk` bytes, one every `every`.
    Drip { chunk: usize, every: Duration },
    /// The full length is announced, this many bytes are sent, then the connection breaks.
    Truncated(usize),
    /// The full length is announced, this many bytes are sent, then nothing more.
    Stalls(usize),
    /// The body, then spaces for ever.
    Endless,
    /// This `Content-Length`, whatever the length of the body.
    Claims(u64),
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub body: Bytes,
    pub shape: Shape,
    /// `Retry-After`, seconds.
    pub retry_after: Option<u64>,
    /// Seconds by which the clock in `Date` is ahead of ours.
    pub clock_ahead: i64,
}

impl Reply {
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let (content_type, body) = (content_type.to_owned(), body.into());
        Self { status, content_type, body, shape: Shape::Whole, retry_after: None, clock_ahead: 0 }
    }

    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }
}

#[derive(Debug)]
pub(crate) enum Served {
    Reply(Reply),
    /// Status 200, and a body that is made while it is sent.
    Stream(Pieces),
    /// The connection is closed without an answer.
    Drop {
        /// `true`: TCP reset; `false`: an orderly close.
        rst: bool,
    },
}

/// A body that is made while it is sent. An error in it breaks the connection; dropped before its end, the client has gone.
pub(crate) struct Pieces {
    pub content_type: &'static str,
    pub body: BoxStream<'static, io::Result<Bytes>>,
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type)
    }
}

/// Called by the server for each request. The future is dropped when the client disconnects.
pub(crate) trait Handler: Send + Sync + 'static {
    fn serve(self: Arc<Self>, request: Request) -> BoxFuture<'static, Served>;
}

/// Dropping it stops it.
pub(crate) struct Server {
    addr: SocketAddr,
    handler: Arc<dyn Handler>,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Port 0: any free one.
    pub(crate) async fn start(addr: SocketAddr, handler: Arc<dyn Handler>) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let running = Mutex::new(Some(launch(listener, handler.clone())));
        Ok(Self { addr, handler, running })
    }

    /// The address also while paused.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the listener and resets every connection; returns once the port refuses connections.
    pub(crate) async fn pause(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { stop, task }) = running {
            let _ = stop.send(());
            let _ = task.await;
        }
    }

    /// Listens again on the same port, unless it already does.
    pub(crate) async fn resume(&self) -> io::Result<()> {
        if self.running.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(self.addr).await?;
        let running = launch(listener, self.handler.clone());
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() {
            running.task.abort();
        }
    }
}

fn launch(listener: TcpListener, handler: Arc<dyn Handler>) -> Running {
    let (stop, stopped) = oneshot::channel();
    Running { stop, task: tokio::spawn(accept_loop(listener, handler, stopped)) }
}

async fn accept_loop(listener: TcpListener, handler: Arc<dyn Handler>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    let killed = Arc::new(AtomicBool::new(false));
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, handler.clone(), killed.clone()));
                }
                // Most likely out of file descriptors: let some connections end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    killed.store(true, Ordering::Release);
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, handler: Arc<dyn Handler>, killed: Arc<AtomicBool>) {
    let _ = stream.set_nodelay(true);
    let rst = Arc::new(AtomicBool::new(false));
    let wire = Wire { stream, rst: rst.clone(), killed };
    let service = service_fn(move |request| {
        let (handler, rst) = (handler.clone(), rst.clone());
        async move {
            let Some(request) = read(request).await else { return Err(Dropped) };
            match handler.serve(request).await {
                Served::Reply(reply) => respond(reply),
                Served::Stream(pieces) => stream_out(pieces),
                Served::Drop { rst: reset } => {
                    rst.store(reset, Ordering::Release);
                    Err(Dropped)
                }
            }
        }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(wire), service).await;
}

/// Tells hyper to abandon the connection.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
struct Dropped;

async fn read(request: hyper::Request<hyper::body::Incoming>) -> Option<Request> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_CAP).collect().await.ok()?.to_bytes();
    Some(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    })
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

fn stream_out(pieces: Pieces) -> Result<hyper::Response<Body>, Dropped> {
    let builder = hyper::Response::builder().header(header::CONTENT_TYPE, pieces.content_type);
    builder
        .body(StreamBody::new(pieces.body.map(|piece| piece.map(Frame::data))).boxed_unsync())
        .map_err(|_| Dropped)
}

fn respond(reply: Reply) -> Result<hyper::Response<Body>, Dropped> {
    let Reply { status, content_type, body, shape, retry_after, clock_ahead } = reply;
    let mut builder = hyper::Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    if let Some(seconds) = retry_after {
        builder = builder.header(header::RETRY_AFTER, seconds);
    }
    // Without this header hyper adds the true time.
    if clock_ahead != 0 {
        let there = jiff::Timestamp::now().as_second().saturating_add(clock_ahead);
        let there = jiff::Timestamp::from_second(there).map_err(|_| Dropped)?;
        builder = builder.header(header::DATE, there.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    }
    // A stream has no length of its own, so hyper trusts the header, right or wrong.
    let length = match shape {
        Shape::Whole | Shape::Endless => None,
        Shape::Drip { .. } | Shape::Truncated(_) | Shape::Stalls(_) => Some(body.len() as u64),
        Shape::Claims(length) => Some(length),
    };
    if let Some(length) = length {
        builder = builder.header(header::CONTENT_LENGTH, length);
    }
    builder.body(shaped(body, shape)).map_err(|_| Dropped)
}

fn shaped(body: Bytes, shape: Shape) -> Body {
    let piece = |bytes: Bytes| Ok::<_, io::Error>(Frame::data(bytes));
    match shape {
        Shape::Whole => Full::new(body).map_err(|never: Infallible| match never {}).boxed_unsync(),
        Shape::Claims(_) => {
            let first = stream::once(async move { piece(body) });
            StreamBody::new(first.chain(breath()).boxed()).boxed_unsync()
        }
        Shape::Truncated(keep) => {
            let kept = body.slice(..keep.min(body.len()));
            let broken = stream::once(async { Err(io::Error::other("truncated on purpose")) });
            let first = stream::once(async move { piece(kept) });
            StreamBody::new(first.chain(breath()).chain(broken).boxed()).boxed_unsync()
        }
        Shape::Stalls(keep) => {
            let kept = body.slice(..keep.min(body.len()));
            let first = stream::once(async move { piece(kept) });
            StreamBody::new(first.chain(stream::pending()).boxed()).boxed_unsync()
        }
        Shape::Endless => {
            let blank = Bytes::from(vec![b' '; 16 * 1024]);
            let rest = stream::repeat_with(move || piece(blank.clone()));
            let first = stream::once(async move { piece(body) });
            StreamBody::new(first.chain(rest).boxed()).boxed_unsync()
        }
        Shape::Drip { chunk, every } => {
            let drops = stream::unfold(body, move |mut rest| async move {
                if rest.is_empty() {
                    return None;
                }
                tokio::time::sleep(every).await;
                let next = rest.split_to(chunk.clamp(1, rest.len()));
                Some((piece(next), rest))
            });
            StreamBody::new(drops.boxed()).boxed_unsync()
        }
    }
}

/// Pending once, so that hyper sends what it has before the body ends too early.
fn breath() -> impl Stream<Item = Result<Frame<Bytes>, io::Error>> {
    stream::once(async {
        tokio::task::yield_now().await;
        Ok(Frame::data(Bytes::new()))
    })
}

/// A TCP stream that can end with a reset instead of an orderly close.
struct Wire {
    stream: TcpStream,
    rst: Arc<AtomicBool>,
    killed: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.rst.load(Ordering::Acquire) || self.killed.load(Ordering::Acquire) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
