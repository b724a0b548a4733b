//! The client's side: asks the daemon where one answers, else opens the store itself. The same words, the same answers.
//!
//! Must not know how an answer is shown or where the configuration comes from.

use super::execute::{Context, Sink, Stopped, execute};
use super::protocol::{
    ANSWER_LIMIT, Ask, FrameError, GREETING_LIMIT, Greeting, Kind, PROGRAM, StoreId, VERSION, read, refusal,
    understand, write_json,
};
use super::request::{Item, Refusal, RefusalKind, Request};
use super::socket::{NOTE, short_address};
use crate::store::{Store, StoreError};
use async_trait::async_trait;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Where a service with `RuntimeDirectory=phonicflow-bot` listens.
const USUAL: &str = "/run/phonicflow-bot/admin.sock";
/// How long a daemon may take to greet.
const GREETED_WITHIN: Duration = Duration::from_secs(10);
/// A daemon that is starting or stopping holds the store while it does not answer: how often both are tried.
const TRIES: u32 = 4;
/// Pause between two tries; opening the store waits for its lock as well.
const PAUSE: Duration = Duration::from_millis(300);

/// Where to look.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    /// The store's folder (`SESSION_STORAGE_PATH`).
    pub root: PathBuf,
    /// Where the daemon listens by this configuration.
    pub socket: PathBuf,
}

/// Opens what no daemon holds.
pub type Opener<'a> = &'a (dyn Fn() -> Result<Context, StoreError> + Sync);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Neither the store nor a daemon that has it.
    #[error("{0}")]
    Unreachable(String),
    /// What was asked was refused, or did not work.
    #[error(transparent)]
    Refused(Refusal),
    /// The store does not open.
    #[error(transparent)]
    Store(StoreError),
    /// The answer could not be written where it was to go.
    #[error("writing the output: {0}")]
    Output(io::Error),
}

/// What takes an answer. An error ends it.
pub trait Receive: Send {
    /// One item.
    ///
    /// # Errors
    /// Of the output.
    fn item(&mut self, item: Item) -> io::Result<()>;

    /// The next bytes of a file.
    ///
    /// # Errors
    /// Of the output.
    fn bytes(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Err(io::Error::other("bytes came that nobody asked for"))
    }
}

impl<F: FnMut(Item) -> io::Result<()> + Send> Receive for F {
    fn item(&mut self, item: Item) -> io::Result<()> {
        self(item)
    }
}

/// A way to the store.
pub enum AdminClient {
    /// Over the socket of the daemon that has it.
    Daemon {
        /// Where it listens.
        path: PathBuf,
        /// The folder of the store it has to have.
        root: PathBuf,
        /// That store.
        store: StoreId,
        /// The connection by which it was found, for the first request.
        first: Option<UnixStream>,
    },
    /// Opened here.
    Store(Box<Context>),
}

/// What came of a try at one path.
enum Knock {
    Answered(UnixStream),
    /// Nobody is there.
    Nobody(String),
    /// Somebody is there who must be heard.
    Refused(Refusal),
}

impl AdminClient {
    /// Finds the daemon of this store, or opens the store.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] where the store is held and no daemon answers, or one that does not talk to us;
    /// [`ClientError::Store`] where it does not open.
    pub async fn open(at: &Whereabouts, opener: Opener<'_>) -> Result<Self, ClientError> {
        let mut tries = 0;
        loop {
            let mut silent = Vec::new();
            // Without a folder there is no store and no daemon of it; the opener says so.
            if let Ok(store) = StoreId::of(&at.root) {
                for path in at.candidates() {
                    match knock(&path, &at.root, store).await {
                        Knock::Answered(stream) => {
                            let root = at.root.clone();
                            return Ok(Self::Daemon { path, root, store, first: Some(stream) });
                        }
                        Knock::Nobody(why) => silent.push((path, why)),
                        // There it may be another store's.
                        Knock::Refused(refusal) if path == Path::new(USUAL) => {
                            silent.push((path, refusal.to_string()));
                        }
                        Knock::Refused(refusal) => return Err(refused(refusal)),
                    }
                }
            }
            // Blocks, as everything of a command that has only this to do may.
            match opener() {
                Ok(context) => return Ok(Self::Store(Box::new(context))),
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

    /// Whether a daemon answers.
    pub fn is_daemon(&self) -> bool {
        matches!(self, Self::Daemon { .. })
    }

    /// Asks and hands the answer over piece by piece.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn ask(&mut self, request: Request, receive: &mut dyn Receive) -> Result<(), ClientError> {
        match self {
            Self::Store(context) => match execute(context, request, &mut Here(receive)).await {
                Ok(()) => Ok(()),
                Err(Stopped::Refused(refusal)) => Err(refused(refusal)),
                Err(Stopped::Sink(error)) => Err(ClientError::Output(error)),
            },
            Self::Daemon { path, root, store, first } => {
                let mut stream = match first.take() {
                    Some(stream) => stream,
                    None => again(path, root, *store).await?,
                };
                converse(&mut stream, request, receive).await
            }
        }
    }

    /// Closes the store, where it was opened here.
    ///
    /// # Errors
    /// The store's.
    pub async fn close(self) -> Result<(), ClientError> {
        match self {
            Self::Store(context) => context.store.close().await.map_err(ClientError::Store),
            Self::Daemon { .. } => Ok(()),
        }
    }

    /// The store, where it was opened here.
    pub fn store(&self) -> Option<&Store> {
        match self {
            Self::Store(context) => Some(&context.store),
            Self::Daemon { .. } => None,
        }
    }
}

impl Whereabouts {
    /// Where a daemon of this store may listen: where it has noted, where it would by this configuration, where a
    /// service usually does.
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

/// Tries one path.
async fn knock(path: &Path, root: &Path, store: StoreId) -> Knock {
    let mut stream = match connect(path).await {
        Ok(stream) => stream,
        Err(error) => {
            return Knock::Nobody(match error.kind() {
                io::ErrorKind::NotFound => "there is none".to_owned(),
                io::ErrorKind::ConnectionRefused => "left behind, nobody listens".to_owned(),
                io::ErrorKind::PermissionDenied => "you may not open it; try as root or its owner".to_owned(),
                _ => error.to_string(),
            });
        }
    };
    if !is_trusted(&stream, root) {
        return Knock::Nobody("another user listens there".to_owned());
    }
    match greeted(&mut stream).await {
        Ok(greeting) if greeting.store == store => Knock::Answered(stream),
        Ok(_) => Knock::Nobody("a daemon with another store answers there".to_owned()),
        Err(ClientError::Refused(refusal)) => Knock::Refused(refusal),
        Err(error) => Knock::Nobody(error.to_string()),
    }
}

/// Whoever listens must be root, ourselves or the owner of the store: anybody can listen in a public folder.
fn is_trusted(stream: &UnixStream, root: &Path) -> bool {
    let owner = |path: &Path| std::fs::metadata(path).map(|it| it.uid()).ok();
    stream.peer_cred().is_ok_and(|peer| {
        let uid = Some(peer.uid());
        peer.uid() == 0 || uid == owner(root) || uid == owner(Path::new("/proc/self"))
    })
}

/// Connects to a path of any length.
async fn connect(path: &Path) -> io::Result<UnixStream> {
    let (_folder, address) = short_address(path)?;
    UnixStream::connect(address).await
}

/// A further connection to the daemon found before.
async fn again(path: &Path, root: &Path, store: StoreId) -> Result<UnixStream, ClientError> {
    let gone =
        |why: String| ClientError::Unreachable(format!("the daemon at {} is gone: {why}", path.display()));
    let mut stream = connect(path).await.map_err(|error| gone(error.to_string()))?;
    if !is_trusted(&stream, root) {
        return Err(gone("another user listens there now".to_owned()));
    }
    match greeted(&mut stream).await {
        Ok(greeting) if greeting.store == store => Ok(stream),
        Ok(_) => Err(gone("another one answers there now".to_owned())),
        Err(error) => Err(error),
    }
}

/// Reads the greeting. A daemon of another version, or one that does not serve us, is told by [`ClientError::Refused`].
async fn greeted(stream: &mut (impl AsyncRead + Unpin)) -> Result<Greeting, ClientError> {
    let unclear = |error: FrameError| match error {
        FrameError::Version { .. } => ClientError::Refused(Refusal::unwelcome(format!(
            "{error}. Use the daemon's own version of phonicflow-bot, or restart the daemon after an upgrade"
        ))),
        other => ClientError::Unreachable(other.to_string()),
    };
    match timeout(GREETED_WITHIN, read(stream, GREETING_LIMIT)).await {
        Err(_) => Err(ClientError::Unreachable("somebody listens there, but says nothing".to_owned())),
        Ok(Err(error)) => Err(unclear(error)),
        Ok(Ok((Kind::Error, payload))) => Err(ClientError::Refused(refusal(&payload))),
        Ok(Ok((_, payload))) => understand(&payload).map_err(unclear),
    }
}

/// One request and its answer.
async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: Request,
    receive: &mut dyn Receive,
) -> Result<(), ClientError> {
    let cut = |error: &dyn std::fmt::Display| {
        ClientError::Refused(Refusal::failed(format!(
            "the daemon's answer broke off ({error}); the log says why"
        )))
    };
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

/// An answer that needs no way.
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
