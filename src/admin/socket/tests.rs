//! A standby's socket over a peer's connection: every answer is the owner's, and where there is none it says why.

use super::*;
use crate::admin::client::{AdminClient, ClientError, Opened, Receive, StoreLocation};
use crate::admin::request::{QueueChange, QueueFilter, SessionFilter, Wanted};
use crate::admin::shared::{OwnerLook, Part};
use crate::domain::{Timestamp, UserId};
use crate::peer::{GuestList, Guests, Identity, Listener as PeerListener};
use crate::store::server::{Candidate, Standing};
use crate::store::{Import, MemoryDisk, StoreError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Mutex;
use tempfile::TempDir;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

struct Alone(Option<Shared>);

impl Host for Alone {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn shared(&self) -> Option<Shared> {
        self.0.clone()
    }
}

struct Listed(Vec<Vec<u8>>);

#[async_trait]
impl GuestList for Listed {
    async fn certificates(&self) -> Option<Vec<Vec<u8>>> {
        Some(self.0.clone())
    }
}

/// What a standby knows.
struct Known {
    standing: watch::Sender<Standing>,
    me: Identity,
}

#[async_trait]
impl Lookout for Known {
    async fn standing(&self) -> Result<Standing, StoreError> {
        Ok(self.standing.borrow().clone())
    }

    async fn over(&self, epoch: u64) {
        let _ = self.standing.subscribe().wait_for(|it| it.epoch != epoch || it.lease_ms <= 0).await;
    }

    fn shared(&self) -> Option<Shared> {
        Some(look(Part::Command))
    }

    fn identity(&self) -> &Identity {
        &self.me
    }

    fn place(&self) -> String {
        "db1:5432/bot".to_owned()
    }
}

fn look(role: Part) -> Shared {
    let owner = OwnerLook { node: "bot-a".to_owned(), addr: "10.0.0.1:9470".to_owned() };
    Shared { role, node: "bot-b".to_owned(), since: NOW, owner: Some(owner), survives: None }
}

/// An owner with a peer listener and a standby with a socket. Dropping it ends both.
struct Two {
    known: Arc<Known>,
    owners_desk: watch::Sender<Desk>,
    standbys_desk: watch::Sender<Desk>,
    owners_socket: StoreLocation,
    standbys_socket: StoreLocation,
    peers: JoinSet<()>,
    sockets: JoinSet<()>,
    _folder: TempDir,
}

fn place(root: PathBuf) -> StoreLocation {
    std::fs::create_dir_all(&root).unwrap();
    StoreLocation { socket: root.join("admin.sock"), root }
}

fn here(root: PathBuf) -> Desk {
    Desk::Here(Arc::new(Context {
        store: MemoryDisk::default().open().unwrap(),
        root,
        session_timeout_ms: 1_000,
        session_retention_ms: 1_000_000,
        default_language: None,
        host: Arc::new(Alone(Some(look(Part::Owner)))),
    }))
}

impl Two {
    async fn start() -> Self {
        Self::start_with(attend_peer).await
    }

    /// With another owner than the real one.
    async fn start_with<F>(attend: impl Fn(Link, Desks) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let folder = tempfile::tempdir().unwrap();
        let (owners, standbys) = (place(folder.path().join("a")), place(folder.path().join("b")));
        let (owner, me) = (Identity::make().unwrap(), Identity::make().unwrap());
        let listener = PeerListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &owner).unwrap();
        let standing = Standing {
            epoch: 7,
            owner: Candidate {
                node: "bot-a".to_owned(),
                addr: listener.addr().unwrap().to_string(),
                certificate: owner.certificate().to_vec(),
            },
            lease_ms: 5_000,
            ..Standing::default()
        };
        let guests = Arc::new(Guests::new(Listed(vec![me.certificate().to_vec()])));
        let known = Arc::new(Known { standing: watch::Sender::new(standing), me });
        let owners_desk = watch::Sender::new(here(owners.root.clone()));
        let standby = Desk::Owner { host: Arc::new(Alone(Some(look(Part::Standby)))), owner: known.clone() };
        let standbys_desk = watch::Sender::new(standby);
        let (mut peers, mut sockets) = (JoinSet::new(), JoinSet::new());
        let desks = owners_desk.subscribe();
        peers.spawn(async move {
            let _ = listener.serve(guests, move |link| attend(link, desks.clone())).await;
        });
        for (at, desk) in [(&owners, &owners_desk), (&standbys, &standbys_desk)] {
            let (socket, desks) = (Listener::bind(&at.socket, &at.root).unwrap(), desk.subscribe());
            sockets.spawn(async move { serve(&socket, desks).await });
        }
        Self {
            known,
            owners_desk,
            standbys_desk,
            owners_socket: owners,
            standbys_socket: standbys,
            peers,
            sockets,
            _folder: folder,
        }
    }

    fn stand(&self, change: impl FnOnce(&mut Standing)) {
        self.known.standing.send_modify(change);
    }

    async fn at_the_owner(&self, request: Request) -> Result<Got, ClientError> {
        ask(&mut found(&self.owners_socket).await, request).await
    }

    async fn at_the_standby(&self, request: Request) -> Result<Got, ClientError> {
        ask(&mut found(&self.standbys_socket).await, request).await
    }

    /// As a command on a machine without a daemon.
    async fn asked_elsewhere(&self, request: Request) -> Result<Got, ClientError> {
        let nobody =
            StoreLocation { root: PathBuf::from("/nonexistent"), socket: PathBuf::from("/nonexistent/s") };
        let known = self.known.clone();
        let opener = move || Ok(Opened::Elsewhere(known.clone() as Arc<dyn Lookout>));
        let mut client = AdminClient::open(&nobody, &opener).await?;
        ask(&mut client, request).await
    }

    async fn refusal(&self, request: Request) -> String {
        self.at_the_standby(request).await.unwrap_err().to_string()
    }
}

async fn found(at: &StoreLocation) -> AdminClient {
    AdminClient::open(at, &|| Err(StoreError::Closed)).await.unwrap()
}

#[derive(Debug, Default, PartialEq)]
struct Got {
    items: Vec<String>,
    bytes: Vec<u8>,
}

impl Receive for Got {
    fn item(&mut self, item: Item) -> io::Result<()> {
        self.items.push(serde_json::to_string(&item)?);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

async fn ask(client: &mut AdminClient, request: Request) -> Result<Got, ClientError> {
    let mut got = Got::default();
    client.ask(request, &mut got).await.map(|()| got)
}

fn import(learners: u32) -> Request {
    let one = |n: u32| Import {
        user: UserId(i64::from(n) + 1),
        session: Uuid::from_u128(u128::from(n) + 1),
        created: NOW,
        last_activity: NOW,
        turns: n,
        language: None,
        level: None,
    };
    Request::Import { sessions: (0..learners).map(one).collect(), dry: false }
}

/// One of each kind.
fn questions() -> Vec<Request> {
    let learner = Wanted::User(UserId(3));
    vec![
        Request::Sessions(SessionFilter::default()),
        Request::Session(learner),
        Request::Session(Wanted::User(UserId(999))),
        Request::Queue(QueueFilter::default()),
        Request::Change { number: 77, change: QueueChange::Retry },
        Request::Export(learner),
        Request::Expire { older_than_ms: Some(1), dry: true },
        Request::Stats,
        Request::Backup,
        Request::Watch { pause_ms: 100 },
    ]
}

fn words(answer: Result<Got, ClientError>) -> Result<Got, String> {
    answer.map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn a_standby_answers_as_the_owner_does() {
    let two = Two::start().await;
    let taken = two.at_the_standby(import(400)).await.unwrap();
    assert_eq!(taken.items.len(), 400);
    assert_eq!(two.at_the_owner(Request::Sessions(SessionFilter::default())).await.unwrap().items.len(), 400);
    for question in questions() {
        let expected = words(two.at_the_owner(question.clone()).await);
        assert_eq!(words(two.at_the_standby(question.clone()).await), expected, "{question:?}");
        assert_eq!(words(two.asked_elsewhere(question.clone()).await), expected, "{question:?}");
    }
    let backup = two.at_the_standby(Request::Backup).await.unwrap();
    assert!(backup.bytes.len() > 10_000, "{}", backup.bytes.len());
    assert_eq!(found(&two.standbys_socket).await.shared(), Some(look(Part::Standby)));
    assert_eq!(found(&two.owners_socket).await.shared(), Some(look(Part::Owner)));
}

#[tokio::test]
async fn health_is_that_of_the_daemon_that_was_asked() {
    let two = Two::start().await;
    drop(two.owners_desk.send_replace(two.standbys_desk.borrow().clone()));
    // The host of these tests has none; what counts is that the owner is not asked.
    assert!(two.refusal(Request::Health).await.contains("no daemon runs, so there is no health"));
}

#[tokio::test]
async fn without_an_owner_that_can_be_asked_it_says_who_it_is_or_was() {
    let two = Two::start().await;
    let addr = two.known.standing.borrow().owner.addr.clone();
    let question = || Request::Stats;
    two.stand(|it| it.lease_ms = -12_345);
    let told = two.refusal(question()).await;
    for part in ["nobody owns", "db1:5432/bot", "bot-a", &addr, "12 s ago", "ask again"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    two.stand(|it| it.epoch = 0);
    assert!(two.refusal(question()).await.contains("no daemon has owned"));
    two.stand(|it| (it.epoch, it.lease_ms, it.owner.addr) = (8, 5_000, String::new()));
    let told = two.refusal(question()).await;
    assert!(told.contains("bot-a owns") && told.contains("run the command there"), "{told}");
    two.stand(|it| it.owner.addr = "127.0.0.1:1".to_owned());
    let told = two.refusal(import(1)).await;
    assert!(told.contains("cannot be asked at 127.0.0.1:1") && told.contains("Nothing was done"), "{told}");
    two.stand(|it| (it.owner.addr, it.owner.certificate) = (addr.clone(), vec![1, 2, 3]));
    let told = two.refusal(question()).await;
    assert!(told.contains("whose certificate is not the owner's"), "{told}");
    two.stand(|it| it.moved = Some("postgres at db2".to_owned()));
    assert!(two.refusal(question()).await.contains("were moved to postgres at db2"));
    two.stand(|it| (it.moved, it.owner.node) = (None, "bot\u{1b}[2J".to_owned()));
    assert!(!two.refusal(question()).await.contains('\u{1b}'), "nothing in a name acts on the terminal");
}

#[tokio::test]
async fn whoever_is_no_candidate_is_told_that_it_is_not_known() {
    let two = Two::start().await;
    let stranger = Arc::new(Known {
        standing: watch::Sender::new(two.known.standing.borrow().clone()),
        me: Identity::make().unwrap(),
    });
    let host = Arc::new(Alone(None));
    two.standbys_desk.send_replace(Desk::Owner { host, owner: stranger });
    let told = two.refusal(Request::Stats).await;
    assert!(told.contains("does not see us in the database"), "{told}");
}

#[tokio::test]
async fn an_owner_that_has_stepped_down_answers_no_peer() {
    let two = Two::start().await;
    // The standby has not heard of it yet.
    two.owners_desk.send_replace(two.standbys_desk.borrow().clone());
    let told = two.refusal(Request::Stats).await;
    assert!(told.contains("does not own the store"), "{told}");
}

/// Takes a request and never answers it.
async fn mute(link: Link, desks: Desks, asked: Arc<Semaphore>) {
    let (mut from, to) = tokio::io::split(link);
    let mut answer = Answer::to(to);
    let store = StoreId { device: 0, inode: 0 };
    let greeting = Greeting { program: PROGRAM.to_owned(), protocol: VERSION, store, shared: None };
    answer.frame(Kind::Json, &serde_json::to_vec(&greeting).unwrap()).await.unwrap();
    answer.flush().await.unwrap();
    read(&mut from, ASK_LIMIT).await.unwrap();
    asked.add_permits(1);
    let mut desks = desks;
    replaced(&mut desks).await;
}

#[tokio::test]
async fn what_became_of_a_change_is_not_known_when_the_owner_goes_away_with_it() {
    for (change, advice) in [(true, "it is not known whether"), (false, "ask again")] {
        for how in ["it owns the store no longer", "it closed the connection", "role has changed"] {
            let asked = Arc::new(Semaphore::new(0));
            let signal = asked.clone();
            let mut two = Two::start_with(move |link, desks| mute(link, desks, signal.clone())).await;
            let request = if change { Request::Delete(UserId(1)) } else { Request::Stats };
            let mut client = found(&two.standbys_socket).await;
            let answer = tokio::spawn(async move { ask(&mut client, request).await });
            asked.acquire().await.unwrap().forget();
            match how {
                "it owns the store no longer" => two.stand(|it| it.epoch += 1),
                "it closed the connection" => two.peers.abort_all(),
                _ => drop(two.standbys_desk.send_replace(two.owners_desk.borrow().clone())),
            }
            let told = answer.await.unwrap().unwrap_err();
            assert!(matches!(&told, ClientError::Refused(_)), "{told:?}");
            let told = told.to_string();
            assert!(told.contains(how) && told.contains(advice), "{told}");
        }
    }
}

#[tokio::test]
async fn a_command_elsewhere_hears_it_too() {
    let asked = Arc::new(Semaphore::new(0));
    let signal = asked.clone();
    let two = Arc::new(Two::start_with(move |link, desks| mute(link, desks, signal.clone())).await);
    let client = two.clone();
    let answer = tokio::spawn(async move { client.asked_elsewhere(Request::Delete(UserId(1))).await });
    asked.acquire().await.unwrap().forget();
    two.stand(|it| it.lease_ms = -1);
    let told = answer.await.unwrap().unwrap_err().to_string();
    assert!(told.contains("bot-a") && told.contains("it is not known whether"), "{told}");
}

#[tokio::test]
async fn an_owner_that_dies_is_waited_for_until_somebody_can_take_over() {
    let two = Two::start().await;
    two.stand(|it| it.owner.addr = "127.0.0.1:1".to_owned());
    let nobody =
        StoreLocation { root: PathBuf::from("/nonexistent"), socket: PathBuf::from("/nonexistent/s") };
    let tries = Mutex::new(0);
    let (known, root) = (two.known.clone(), two.owners_socket.root.clone());
    // The third time its lease has run out.
    let opener = move || {
        let mut tries = tries.lock().unwrap();
        *tries += 1;
        match (*tries, here(root.clone())) {
            (3.., Desk::Here(context)) => Ok(Opened::Store(Box::new(Context {
                store: context.store.clone(),
                root: root.clone(),
                session_timeout_ms: 1,
                session_retention_ms: 1,
                default_language: None,
                host: context.host.clone(),
            }))),
            _ => Ok(Opened::Elsewhere(known.clone() as Arc<dyn Lookout>)),
        }
    };
    let client = AdminClient::open(&nobody, &opener).await.unwrap();
    assert!(!client.is_daemon());
    client.close().await.unwrap();
    assert!(!two.sockets.is_empty());
}
