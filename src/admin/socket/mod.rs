//! The listener in the daemon: who may connect, how many at once, how long each may take, and whether this daemon answers
//! or hands on to the owner of a shared store.
//!
//! A slow or hostile client harms only its own connection: requests are bounded in size and time, answers are
//! sent as fast as the client reads. Must not know what a request means.

mod bind;
mod relay;
#[cfg(test)]
mod tests;

pub(crate) use bind::{Listener, NOTE, short_address};

use super::execute::{Context, Host, Sink, Stopped, execute, health};
use super::owner::{Lookout, cut_off};
use super::protocol::{
    ASK_LIMIT, Ask, FrameError, Greeting, Kind, PROGRAM, StoreId, VERSION, read, understand, write,
};
use super::request::{Item, Refusal, Request};
use super::shared::Shared;
use crate::logging::Event;
use crate::peer::Link;
use async_trait::async_trait;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, watch};
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

/// Who answers a request.
#[derive(Clone)]
pub(crate) enum Desk {
    /// This process holds the store.
    Here(Arc<Context>),
    /// It stands by: the owner answers, and this process what is about itself.
    Owner { host: Arc<dyn Host>, owner: Arc<dyn Lookout> },
}

impl Desk {
    fn host(&self) -> &dyn Host {
        match self {
            Self::Here(context) => context.host.as_ref(),
            Self::Owner { host, .. } => host.as_ref(),
        }
    }
}

/// Changes as a whole with the role of the daemon.
pub(crate) type Desks = watch::Receiver<Desk>;

/// Serves clients for ever. Dropping the future disconnects them.
pub(crate) async fn serve(listener: &Listener, desks: Desks) {
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
        let (store, owner, desks) = (listener.store(), listener.owner(), desks.clone());
        clients.spawn(async move {
            let _seat = seat;
            admit(stream, store, owner, desks).await;
        });
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

/// Lets in the daemon's own user and root.
async fn admit(stream: UnixStream, store: StoreId, owner: u32, desks: Desks) {
    let peer = stream.peer_cred().map(|peer| peer.uid());
    let (from, to) = stream.into_split();
    let answer = Answer::to(to);
    let refusal = match peer {
        Ok(uid) if uid == owner || uid == 0 => return attend(from, answer, store, desks, Whence::Here).await,
        Ok(uid) => format!("this socket serves user {owner} and root, and you are user {uid}"),
        Err(_) => "the system does not tell who you are".to_owned(),
    };
    tracing::warn!(
        event = %Event::AdminRefused,
        "a connection to the admin socket by another user was refused"
    );
    answer.end(Err(Refusal::unwelcome(refusal))).await
}

/// Serves a daemon, or a command, of another machine: what it may ask is the same.
pub(crate) async fn attend_peer(link: Link, desks: Desks) {
    let (from, to) = tokio::io::split(link);
    // The folder of the store here means nothing there.
    let store = StoreId { device: 0, inode: 0 };
    attend(from, Answer::to(to), store, desks, Whence::Peer).await;
}

/// Where a client is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whence {
    Here,
    /// On another machine. It takes this daemon for the owner.
    Peer,
}

async fn attend<R, W>(mut from: R, mut answer: Answer<W>, store: StoreId, mut desks: Desks, whence: Whence)
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    // Handed on once, never in a circle.
    let no_owner = |desk: &Desk| whence == Whence::Peer && matches!(desk, Desk::Owner { .. });
    let greeted = desks.borrow_and_update().clone();
    let shared = greeted.host().shared();
    if no_owner(&greeted) {
        return answer.end(Err(not_the_owner(shared))).await;
    }
    // Nothing of a role is kept until somebody makes up their mind.
    drop(greeted);
    let greeting = Greeting { program: PROGRAM.to_owned(), protocol: VERSION, store, shared };
    let asked = async {
        answer.frame(Kind::Json, &serde_json::to_vec(&greeting).map_err(io::Error::from)?).await?;
        answer.to.flush().await?;
        match read(&mut from, ASK_LIMIT).await? {
            (Kind::Json, payload) => Ok((understand::<Ask>(&payload)?.request, payload)),
            _ => Err(FrameError::Garbled("a request is expected")),
        }
    };
    let (request, payload) = match timeout(ASK_WITHIN, asked).await {
        Ok(Ok(asked)) => asked,
        // The client disconnected at once: it only checked whether somebody listens.
        Ok(Err(FrameError::Io(_))) => return,
        Ok(Err(error)) => return answer.end(Err(Refusal::unwelcome(error.to_string()))).await,
        Err(_) => return answer.end(Err(Refusal::unwelcome("no request came"))).await,
    };
    let desk = desks.borrow_and_update().clone();
    if no_owner(&desk) {
        return answer.end(Err(not_the_owner(desk.host().shared()))).await;
    }
    let changes = request.changes();
    let answered = tokio::select! {
        answered = answer_at(&desk, request, &payload, &mut answer) => answered,
        () = replaced(&mut desks) => Err(Stopped::Refused(cut_off("this daemon", "its role has changed", changes))),
    };
    // Nothing of a term outlives it, whatever the client does.
    drop(desk);
    match answered {
        Ok(()) => answer.end(Ok(())).await,
        Err(Stopped::Refused(refusal)) => answer.end(Err(refusal)).await,
        Err(Stopped::Sink(error)) => {
            tracing::debug!(%error, "an admin's command went away before its answer was out")
        }
    }
}

async fn answer_at<W: AsyncWrite + Send + Unpin>(
    desk: &Desk,
    request: Request,
    payload: &[u8],
    answer: &mut Answer<W>,
) -> Result<(), Stopped> {
    match (desk, &request) {
        (Desk::Here(context), _) => execute(context, request, answer).await,
        // How this daemon is, no other can tell.
        (Desk::Owner { host, .. }, Request::Health) => health(host.as_ref(), answer).await,
        (Desk::Owner { owner, .. }, _) => {
            relay::relay(owner.as_ref(), payload, request.changes(), answer).await
        }
    }
}

/// Returns when another desk is in charge.
async fn replaced(desks: &mut Desks) {
    if desks.changed().await.is_err() {
        // The daemon ends, and this task with it.
        std::future::pending::<()>().await;
    }
}

fn not_the_owner(shared: Option<Shared>) -> Refusal {
    let node = shared.map_or_else(|| "this daemon".to_owned(), |shared| shared.node);
    Refusal::unwelcome(format!("{node} does not own the store"))
}

struct Answer<W> {
    to: BufWriter<W>,
    /// A frame was begun and not finished, so nothing more can be said.
    broken: bool,
}

impl<W: AsyncWrite + Send + Unpin> Answer<W> {
    fn to(to: W) -> Self {
        Self { to: BufWriter::with_capacity(64 << 10, to), broken: false }
    }

    async fn frame(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the answer broke off in the middle of a frame"));
        }
        let stalled = || io::Error::new(io::ErrorKind::TimedOut, "nothing was read for too long");
        self.broken = true;
        timeout(STALLED, write(&mut self.to, kind, payload)).await.map_err(|_| stalled())??;
        self.broken = false;
        Ok(())
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
impl<W: AsyncWrite + Send + Unpin> Sink for Answer<W> {
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
