//! The listener in the daemon: who may connect, how many at once, how long each may take.
//!
//! A slow or hostile client harms only its own connection: requests are bounded in size and time, answers are
//! sent as fast as the client reads. Must not know what a request means.

mod bind;

pub(crate) use bind::{Listener, NOTE, short_address};

use super::execute::{Context, Sink, Stopped, execute};
use super::protocol::{ASK_LIMIT, Ask, FrameError, Greeting, Kind, read, understand, write};
use super::request::{Item, Refusal};
use crate::logging::Event;
use async_trait::async_trait;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Clients at once.
const AT_ONCE: usize = 16;
/// How long a client may take to send its request.
const ASK_WITHIN: Duration = Duration::from_secs(5);
/// How long a client may stop reading: a person may look at one page in a pager for a while.
const STALLED: Duration = Duration::from_secs(900);
/// Pause after the system refused a connection (no file descriptors left).
const PAUSE: Duration = Duration::from_secs(1);

/// Serves clients for ever. Dropping the future disconnects them.
pub(crate) async fn serve(listener: &Listener, context: Arc<Context>) {
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = clients.join_next() => continue,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "the admin socket could not take a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
            turn_away(
                &stream,
                &Refusal::unwelcome(format!("{AT_ONCE} commands are being answered already; try again")),
            );
            continue;
        };
        let (greeting, owner, context) = (listener.greeting(), listener.owner(), Arc::clone(&context));
        clients.spawn(async move {
            let _seat = seat;
            attend(stream, &greeting, owner, &context).await;
        });
    }
}

/// Tells everybody why nobody is served, for ever.
pub(crate) async fn turn_all_away(listener: &Listener, why: &str) {
    loop {
        match listener.accept().await {
            Ok(stream) => turn_away(&stream, &Refusal::unwelcome(why)),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Sends a refusal without waiting for it to be read.
fn turn_away(stream: &UnixStream, refusal: &Refusal) {
    let Ok(payload) = serde_json::to_vec(refusal) else { return };
    let Ok(length) = u32::try_from(payload.len()) else { return };
    let frame: Vec<u8> = length.to_be_bytes().into_iter().chain([b'!']).chain(payload).collect();
    // The buffer of a new connection is empty, so it fits.
    let _ = stream.try_write(&frame);
}

async fn attend(stream: UnixStream, greeting: &Greeting, owner: u32, context: &Context) {
    let peer = stream.peer_cred().map(|peer| peer.uid());
    let (mut from, to) = stream.into_split();
    let mut answer = Answer { to: BufWriter::with_capacity(64 << 10, to) };
    let refusal = match peer {
        Ok(uid) if uid == owner || uid == 0 => None,
        Ok(uid) => Some(format!("this socket serves user {owner} and root, and you are user {uid}")),
        Err(_) => Some("the system does not tell who you are".to_owned()),
    };
    if let Some(text) = refusal {
        tracing::warn!(
            event = %Event::AdminRefused,
            "a connection to the admin socket by another user was refused"
        );
        return answer.end(Err(Refusal::unwelcome(text))).await;
    }
    let asked = async {
        answer.frame(Kind::Json, &serde_json::to_vec(greeting).map_err(io::Error::from)?).await?;
        answer.to.flush().await?;
        match read(&mut from, ASK_LIMIT).await? {
            (Kind::Json, payload) => understand::<Ask>(&payload),
            _ => Err(FrameError::Garbled("a request is expected")),
        }
    };
    let request = match timeout(ASK_WITHIN, asked).await {
        Ok(Ok(ask)) => ask.request,
        // The client disconnected at once: it only checked whether somebody listens.
        Ok(Err(FrameError::Io(_))) => return,
        Ok(Err(error)) => return answer.end(Err(Refusal::unwelcome(error.to_string()))).await,
        Err(_) => return answer.end(Err(Refusal::unwelcome("no request came"))).await,
    };
    match execute(context, request, &mut answer).await {
        Ok(()) => answer.end(Ok(())).await,
        Err(Stopped::Refused(refusal)) => answer.end(Err(refusal)).await,
        Err(Stopped::Sink(error)) => {
            tracing::debug!(%error, "an admin's command went away before its answer was out")
        }
    }
}

struct Answer {
    to: BufWriter<OwnedWriteHalf>,
}

impl Answer {
    async fn frame(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        let stalled = || io::Error::new(io::ErrorKind::TimedOut, "nothing was read for too long");
        timeout(STALLED, write(&mut self.to, kind, payload)).await.map_err(|_| stalled())?
    }

    /// Sends the last frame. Whether it arrives is up to the client.
    async fn end(mut self, result: Result<(), Refusal>) {
        let farewell = async {
            match result {
                Ok(()) => self.frame(Kind::End, &[]).await?,
                Err(refusal) => self.frame(Kind::Error, &serde_json::to_vec(&refusal)?).await?,
            }
            timeout(STALLED, self.to.flush()).await??;
            self.to.shutdown().await
        };
        let ended: io::Result<()> = farewell.await;
        if let Err(error) = ended {
            tracing::debug!(%error, "an admin's command went away before its answer was out");
        }
    }
}

#[async_trait]
impl Sink for Answer {
    async fn item(&mut self, item: Item) -> io::Result<()> {
        self.frame(Kind::Json, &serde_json::to_vec(&item)?).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        let stalled = || io::Error::new(io::ErrorKind::TimedOut, "nothing was read for too long");
        timeout(STALLED, self.to.flush()).await.map_err(|_| stalled())?
    }

    async fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.frame(Kind::Bytes, bytes).await
    }
}
