//! The client's side: asks the daemon if one answers, otherwise opens the store itself; requests and answers
//! are the same either way.
//!
//! Must not know how an answer is shown or where the configuration comes from.

use super::execute::{Context, Sink, Stopped, execute};
use super::owner::{Lookout, NoWay, Owner, Ungreeted, connect as connect_to_owner, cut_off, greeted};
use super::protocol::{
    ANSWER_LIMIT, Ask, Greeting, Kind, PROGRAM, StoreId, VERSION, read, refusal, write_json,
};
use super::request::{Item, Refusal, RefusalKind, Request};
use super::shared::Shared;
use super::socket::{NOTE, short_address};
use crate::store::StoreError;
use async_trait::async_trait;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::Instant;

/// Where a service with `RuntimeDirectory=phonicflow-bot` listens.
const USUAL: &str = "/run/phonicflow-bot/admin.sock";
/// A daemon that is starting or stopping holds the store but does not answer, so both ways are tried this
/// often.
const TRIES: u32 = 4;
/// Pause between two attempts. Opening the store also waits for its lock.
const PAUSE: Duration = Duration::from_millis(300);

/// Where to look for the store and its daemon.
#[derive(Debug, Clone)]
pub(crate) struct StoreLocation {
    /// The store's folder (`SESSION_STORAGE_PATH`).
    pub root: PathBuf,
    /// Where the daemon listens according to this configuration.
    pub socket: PathBuf,
}

/// How long an owner that does not answer is waited for: its lease has run out then, unless it is alive, and the store
/// can be taken over.
const OWNER_WITHIN: Duration = Duration::from_secs(9);

/// Opens the store when no daemon on this machine holds it.
pub(crate) type Opener<'a> = &'a (dyn Fn() -> Result<Opened, StoreError> + Sync);

/// What an [`Opener`] has found.
pub(crate) enum Opened {
    Store(Box<Context>),
    /// A shared store, which a daemon on another machine owns.
    Elsewhere(Arc<dyn Lookout>),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Neither the store nor a daemon that holds it can be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The request was refused or failed.
    #[error(transparent)]
    Refused(Refusal),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(StoreError),
    /// The connection was lost before the answer was complete.
    #[error("the daemon's answer broke off ({0}); the log says why")]
    Broken(String),
    /// The answer could not be written to its destination.
    #[error("writing the output: {0}")]
    Output(io::Error),
}

/// Receives an answer piece by piece. Returning an error ends it.
pub(crate) trait Receive: Send {
    fn item(&mut self, item: Item) -> io::Result<()>;

    /// The next bytes of a file.
    fn bytes(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Err(io::Error::other("bytes came that nobody asked for"))
    }
}

impl<F: FnMut(Item) -> io::Result<()> + Send> Receive for F {
    fn item(&mut self, item: Item) -> io::Result<()> {
        self(item)
    }
}

pub(crate) enum AdminClient {
    /// Through the socket of the daemon that holds the store.
    Daemon {
        path: PathBuf,
        root: PathBuf,
        store: StoreId,
        /// The connection that was used to find it, reused for the first request.
        first: Option<UnixStream>,
        /// From its greeting.
        shared: Option<Shared>,
    },
    Store(Box<Context>),
    /// Through the owner of a shared store, on another machine.
    Owner {
        at: Arc<dyn Lookout>,
        /// As above.
        first: Option<Box<Owner>>,
    },
}

/// Result of trying one path.
enum Attempt {
    Answered(UnixStream, Option<Shared>),
    /// No daemon there; why.
    Nobody(String),
    /// A daemon that refuses to talk to us, which the person has to be told.
    Refused(Refusal),
}

impl AdminClient {
    /// Finds the daemon of this store, or opens the store.
    pub(crate) async fn open(at: &StoreLocation, opener: Opener<'_>) -> Result<Self, ClientError> {
        let mut tries = 0;
        let began = Instant::now();
        loop {
            let mut silent = Vec::new();
            // Without a folder there is neither a store nor a daemon of it; the opener reports that.
            if let Ok(store) = StoreId::of(&at.root) {
                for path in at.candidates() {
                    match attempt(&path, &at.root, store).await {
                        Attempt::Answered(stream, shared) => {
                            let root = at.root.clone();
                            return Ok(Self::Daemon { path, root, store, first: Some(stream), shared });
                        }
                        Attempt::Nobody(why) => silent.push((path, why)),
                        // The usual path may belong to the daemon of another store.
                        Attempt::Refused(refusal) if path == Path::new(USUAL) => {
                            silent.push((path, refusal.to_string()));
                        }
                        Attempt::Refused(refusal) => return Err(refused(refusal)),
                    }
                }
            }
            // Blocking is fine: a command has nothing else to do.
            match opener() {
                Ok(Opened::Store(context)) => return Ok(Self::Store(context)),
                Ok(Opened::Elsewhere(at)) => match connect_to_owner(at.as_ref()).await {
                    Ok(owner) => return Ok(Self::Owner { at, first: Some(Box::new(owner)) }),
                    Err(NoWay { passing: true, .. }) if began.elapsed() < OWNER_WITHIN => {
                        tokio::time::sleep(PAUSE).await;
                    }
                    Err(NoWay { refusal, .. }) => return Err(refused(refusal)),
                },
                Err(StoreError::Locked { .. }) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(StoreError::Locked { folder }) => {
                    return Err(ClientError::Unreachable(nobody_answers(&folder, &silent)));
                }
                Err(error) => return Err(ClientError::Store(error)),
            }
        }
    }

    /// Whether a daemon answers, here or elsewhere.
    pub(crate) fn is_daemon(&self) -> bool {
        matches!(self, Self::Daemon { .. } | Self::Owner { .. })
    }

    /// What the one who is asked is to a shared store; `None`: the store is its own.
    pub(crate) fn shared(&self) -> Option<Shared> {
        match self {
            Self::Daemon { shared, .. } => shared.clone(),
            Self::Store(context) => context.host.shared(),
            Self::Owner { at, .. } => at.shared(),
        }
    }

    /// Sends a request and passes the answer on piece by piece.
    pub(crate) async fn ask(
        &mut self,
        request: Request,
        receive: &mut dyn Receive,
    ) -> Result<(), ClientError> {
        match self {
            Self::Store(context) => match execute(context, request, &mut Here(receive)).await {
                Ok(()) => Ok(()),
                Err(Stopped::Refused(refusal)) => Err(refused(refusal)),
                Err(Stopped::Sink(error)) => Err(ClientError::Output(error)),
            },
            Self::Daemon { path, root, store, first, .. } => {
                let mut stream = match first.take() {
                    Some(stream) => stream,
                    None => again(path, root, *store).await?,
                };
                converse(&mut stream, request, receive).await
            }
            Self::Owner { at, first } => {
                let mut owner = match first.take() {
                    Some(owner) => owner,
                    None => {
                        let again = connect_to_owner(at.as_ref()).await;
                        Box::new(again.map_err(|no_way| refused(no_way.refusal))?)
                    }
                };
                let changes = request.changes();
                tokio::select! {
                    answered = converse(&mut owner.link, request, receive) => match answered {
                        Err(ClientError::Broken(why)) => {
                            Err(ClientError::Refused(cut_off(&owner.node, &why, changes)))
                        }
                        answered => answered,
                    },
                    () = at.over(owner.epoch) => Err(ClientError::Refused(cut_off(
                        &owner.node,
                        "it owns the store no longer",
                        changes,
                    ))),
                }
            }
        }
    }

    /// Closes the store, if it was opened here.
    pub(crate) async fn close(self) -> Result<(), ClientError> {
        match self {
            Self::Store(context) => context.store.close().await.map_err(ClientError::Store),
            Self::Daemon { .. } | Self::Owner { .. } => Ok(()),
        }
    }
}

impl StoreLocation {
    /// Paths where this store's daemon may listen: the one it noted in the store's folder, the configured
    /// one, and a service's usual one.
    fn candidates(&self) -> Vec<PathBuf> {
        let noted = std::fs::read(self.root.join(NOTE)).ok().filter(|path| !path.is_empty());
        let noted = noted.map(|path| PathBuf::from(std::ffi::OsString::from_vec(path)));
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in noted.into_iter().chain([self.socket.clone(), PathBuf::from(USUAL)]) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }
}

async fn attempt(path: &Path, root: &Path, store: StoreId) -> Attempt {
    let mut stream = match connect(path).await {
        Ok(stream) => stream,
        Err(error) => {
            return Attempt::Nobody(match error.kind() {
                io::ErrorKind::NotFound => "there is none".to_owned(),
                io::ErrorKind::ConnectionRefused => "left behind, nobody listens".to_owned(),
                io::ErrorKind::PermissionDenied => "you may not open it; try as root or its owner".to_owned(),
                _ => error.to_string(),
            });
        }
    };
    if !is_trusted(&stream, root) {
        return Attempt::Nobody("another user listens there".to_owned());
    }
    match met(&mut stream).await {
        Ok(greeting) if greeting.store == store => Attempt::Answered(stream, greeting.shared),
        Ok(_) => Attempt::Nobody("a daemon with another store answers there".to_owned()),
        Err(ClientError::Refused(refusal)) => Attempt::Refused(refusal),
        Err(error) => Attempt::Nobody(error.to_string()),
    }
}

/// Whether the process that listens belongs to root, to us or to the owner of the store: in a public folder
/// anybody can listen.
fn is_trusted(stream: &UnixStream, root: &Path) -> bool {
    let owner = |path: &Path| std::fs::metadata(path).map(|it| it.uid()).ok();
    stream.peer_cred().is_ok_and(|peer| {
        let uid = Some(peer.uid());
        peer.uid() == 0 || uid == owner(root) || uid == owner(Path::new("/proc/self"))
    })
}

/// Takes paths longer than a socket address.
async fn connect(path: &Path) -> io::Result<UnixStream> {
    let (_folder, address) = short_address(path)?;
    UnixStream::connect(address).await
}

/// Another connection to the daemon found before.
async fn again(path: &Path, root: &Path, store: StoreId) -> Result<UnixStream, ClientError> {
    let gone =
        |why: String| ClientError::Unreachable(format!("the daemon at {} is gone: {why}", path.display()));
    let mut stream = connect(path).await.map_err(|error| gone(error.to_string()))?;
    if !is_trusted(&stream, root) {
        return Err(gone("another user listens there now".to_owned()));
    }
    match met(&mut stream).await {
        Ok(greeting) if greeting.store == store => Ok(stream),
        Ok(_) => Err(gone("another one answers there now".to_owned())),
        Err(error) => Err(error),
    }
}

/// Reads the greeting. A daemon of another version, or one that does not serve us, becomes
/// [`ClientError::Refused`].
async fn met(stream: &mut UnixStream) -> Result<Greeting, ClientError> {
    greeted(stream).await.map_err(|ungreeted| match ungreeted {
        Ungreeted::Version(error) => ClientError::Refused(Refusal::unwelcome(format!(
            "{error}. Use the daemon's own version of phonicflow-bot, or restart the daemon after an upgrade"
        ))),
        Ungreeted::Refused(refusal) => ClientError::Refused(refusal),
        Ungreeted::Silent => ClientError::Unreachable("somebody listens there, but says nothing".to_owned()),
        Ungreeted::Broken(error) => ClientError::Unreachable(error.to_string()),
    })
}

/// One request and its answer.
async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: Request,
    receive: &mut dyn Receive,
) -> Result<(), ClientError> {
    let cut = |error: &dyn std::fmt::Display| ClientError::Broken(error.to_string());
    let ask = Ask { program: PROGRAM.to_owned(), protocol: VERSION, request };
    write_json(stream, Kind::Json, &ask).await.map_err(|error| cut(&error))?;
    stream.flush().await.map_err(|error| cut(&error))?;
    let mut stream = BufReader::with_capacity(64 << 10, stream);
    loop {
        let (kind, payload) = read(&mut stream, ANSWER_LIMIT).await.map_err(|error| cut(&error))?;
        match kind {
            Kind::Json => {
                let item = serde_json::from_slice(&payload).map_err(|error| cut(&error))?;
                receive.item(item).map_err(ClientError::Output)?;
            }
            Kind::Bytes => receive.bytes(&payload).map_err(ClientError::Output)?,
            Kind::End => return Ok(()),
            Kind::Error => return Err(refused(refusal(&payload))),
        }
    }
}

/// Receives an answer within this process.
struct Here<'a>(&'a mut dyn Receive);

#[async_trait]
impl Sink for Here<'_> {
    async fn item(&mut self, item: Item) -> io::Result<()> {
        self.0.item(item)
    }

    async fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.bytes(bytes)
    }
}

fn refused(refusal: Refusal) -> ClientError {
    match refusal.kind {
        RefusalKind::Unwelcome => ClientError::Unreachable(refusal.text),
        RefusalKind::NotFound | RefusalKind::Failed => ClientError::Refused(refusal),
    }
}

fn nobody_answers(folder: &str, silent: &[(PathBuf, String)]) -> String {
    let mut text = format!("the store in {folder} is held by another process, but no daemon answers:");
    for (path, why) in silent {
        text.push_str(&format!("\n  {}: {why}", path.display()));
    }
    text.push_str(
        "\nA daemon that is starting answers in a moment; one without a socket says in its log why. \
         Else stop whatever holds the store: systemctl stop phonicflow-bot",
    );
    text
}
