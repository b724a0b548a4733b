//! Standing by at a database that follows a script, on a paused clock.

use super::*;
use crate::daemon::clock::Clock;
use crate::daemon::shutdown;
use crate::peer::Identity;
use crate::store::MemoryDisk;
use crate::store::server::{Asked, Candidate as Node};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What the database answers.
#[derive(Clone, Copy)]
enum Says {
    /// Somebody owns the store until then.
    OwnedUntil(Instant),
    Nothing,
    No,
}

struct Scripted {
    says: Mutex<Says>,
    looks: AtomicU32,
    /// Another candidate is faster, so many times.
    faster: AtomicU32,
    released: Arc<AtomicBool>,
}

impl Scripted {
    fn new(says: Says) -> Arc<Self> {
        Arc::new(Self {
            says: Mutex::new(says),
            looks: AtomicU32::new(0),
            faster: AtomicU32::new(0),
            released: Arc::default(),
        })
    }

    fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    fn standing(&self) -> Result<Standing, StoreError> {
        match *self.says.lock().unwrap() {
            Says::OwnedUntil(at) => {
                let now = Instant::now();
                let left = at.saturating_duration_since(now).as_millis() as i64;
                let over = now.saturating_duration_since(at).as_millis() as i64;
                let owner = Node { node: "other".to_owned(), ..Node::default() };
                Ok(Standing { epoch: 4, owner, lease_ms: left - over, ..Standing::default() })
            }
            Says::Nothing => {
                Err(StoreError::Unavailable { place: "db".to_owned(), detail: "no route".to_owned() })
            }
            Says::No => Err(StoreError::Damaged("a wrong password".to_owned())),
        }
    }
}

impl Seat for Scripted {
    fn present(&self) -> Result<Standing, StoreError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.standing()
    }

    fn take_over(&self, _now: Timestamp) -> Result<Option<Taken>, StoreError> {
        let standing = self.standing()?;
        assert!(standing.lease_ms <= 0, "it asked while a lease ran");
        let faster = self.faster.load(Ordering::SeqCst);
        if faster > 0 {
            self.faster.store(faster - 1, Ordering::SeqCst);
            return Ok(None);
        }
        let released = self.released.clone();
        Ok(Some(Taken {
            store: MemoryDisk::default().open()?,
            tenure: Arc::new(Tenure::begin(Asked::now())),
            quiet_ms: Some(1_000),
            standing: Standing { epoch: 5, ..standing },
            release: Box::new(move || released.store(true, Ordering::SeqCst)),
        }))
    }

    fn database(&self) -> Database {
        Database {
            node: "me".to_owned(),
            engine: "postgresql",
            place: "db".to_owned(),
            survives: None,
            caution: None,
            take_overs: 0,
        }
    }
}

fn candidate(shared: &Arc<Scripted>, enabled: bool) -> (Candidate, watch::Receiver<Role>) {
    let clock = Clock::start();
    let standby = Standby {
        database: shared.database(),
        me: Identity::make().unwrap(),
        clock,
        began: clock.now(),
        enabled,
        looked: clock.now(),
        standing: None,
        trouble: None,
    };
    let (role, roles) = watch::channel(Role::Standby(Arc::new(standby.clone())));
    (Candidate::new(shared.clone(), standby, role), roles)
}

fn standby(roles: &watch::Receiver<Role>) -> Arc<Standby> {
    match &*roles.borrow() {
        Role::Standby(standby) => standby.clone(),
        Role::Owner(_) => panic!("an owner"),
    }
}

async fn taken_over(candidate: &mut Candidate) -> Taken {
    let (_signal, mut stop) = shutdown::channel();
    match candidate.stand_by(&mut stop).await.unwrap() {
        Stood::TakenOver(taken) => taken,
        Stood::Stopped => panic!("nobody stopped it"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_store_is_taken_over_at_the_moment_a_lease_ends_and_not_before() {
    for (lease_ms, faster) in [(5_400, 0), (5_999, 0), (0, 0), (3_000, 2)] {
        let ends = Instant::now() + Duration::from_millis(lease_ms);
        let shared = Scripted::new(Says::OwnedUntil(ends));
        shared.faster.store(faster, Ordering::SeqCst);
        let (mut candidate, roles) = candidate(&shared, true);
        let taken = taken_over(&mut candidate).await;
        assert_eq!((taken.standing.epoch, taken.quiet_ms), (5, Some(1_000)));
        let late = Instant::now() - ends;
        assert!(late < Duration::from_millis(200 * u64::from(faster + 1)), "{lease_ms}: {late:?} too late");
        let looks = u64::from(shared.looks.load(Ordering::SeqCst));
        assert!(looks <= lease_ms / 1_000 + 4 + u64::from(faster), "{looks} looks in {lease_ms} ms");
        assert!(standby(&roles).reads());
        assert_eq!(candidate.database().take_overs, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_cannot_be_reached_is_waited_for_and_one_that_refuses_ends_it() {
    let shared = Scripted::new(Says::Nothing);
    let (mut candidate, roles) = candidate(&shared, true);
    let (_signal, mut stop) = shutdown::channel();
    let waited = tokio::time::timeout(90 * SECOND, candidate.stand_by(&mut stop)).await;
    assert!(waited.is_err(), "it did not wait");
    let seen = standby(&roles);
    assert!(!seen.reads() && seen.trouble.as_ref().is_some_and(|why| why.contains("no route")), "{seen:?}");
    assert!(seen.alive().is_ok(), "a database that is gone makes no daemon hang");
    shared.say(Says::OwnedUntil(Instant::now()));
    taken_over(&mut candidate).await;
    shared.say(Says::No);
    let ended = candidate.stand_by(&mut stop).await;
    assert!(matches!(ended, Err(StoreError::Damaged(_))));
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_database_lets_others_go_first_and_who_is_disabled_never_takes_over() {
    let shared = Scripted::new(Says::OwnedUntil(Instant::now()));
    let (mut one, _) = candidate(&shared, true);
    let (mut idle, _) = candidate(&shared, false);
    let (_signal, mut stop) = shutdown::channel();
    let waited = tokio::time::timeout(60 * SECOND, idle.stand_by(&mut stop)).await;
    assert!(waited.is_err(), "a disabled daemon took over");
    one.step_back();
    let began = Instant::now();
    taken_over(&mut one).await;
    assert!(began.elapsed() >= 2 * SECOND, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_goes_and_gives_back_what_it_has_just_taken_over() {
    let shared = Scripted::new(Says::OwnedUntil(Instant::now() + 3_600 * SECOND));
    let (mut waiting, _) = candidate(&shared, true);
    let (signal, mut stop) = shutdown::channel();
    let (stopped, ()) = tokio::join!(waiting.stand_by(&mut stop), async {
        tokio::time::sleep(10 * SECOND).await;
        signal.raise();
    });
    assert!(matches!(stopped.unwrap(), Stood::Stopped));
    assert!(!shared.released.load(Ordering::SeqCst));

    shared.say(Says::OwnedUntil(Instant::now()));
    let stopped = waiting.take_over(&mut stop).await.unwrap();
    assert!(matches!(stopped, Some(Stood::Stopped)));
    assert!(shared.released.load(Ordering::SeqCst), "the others wait for the end of its lease");
}
