//! Several machines: real daemons that share a store, each with its own folder and its own links to the database, to Telegram
//! and to the tutor, of which there is one for all. Learners write meanwhile ([`Load`]), and `storm::count` judges the end.
//!
//! Each blow is noted with how many messages had been sent by then, as at most one may come twice per chat and blow.

#[path = "machines/database.rs"]
mod database;
#[path = "machines/storm.rs"]
pub mod storm;

pub use database::Database;

use crate::databases::{Proxy, Way};
use crate::storm::engine::Aftermath;
use crate::storm::load::{self, Load, open_calls, tutor_options};
use crate::world::{PATIENCE, World};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{BotApi, BotApiOptions, Distance};
use phonicflow_bot::sandbox::tutor_api::TutorApi;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One daemon and its links.
pub struct Machine {
    pub world: World,
    pub store: Proxy,
    pub telegram: Proxy,
    pub tutor: Proxy,
}

impl Machine {
    /// Its role as `/health` tells; `None`: it does not answer (it is down, or frozen).
    pub async fn role(&self) -> Option<String> {
        Some(self.health().await?["role"].as_str().unwrap_or("none").to_owned())
    }

    pub async fn health(&self) -> Option<Value> {
        let addr: SocketAddr = self.world.log().field(Event::MetricsServed, "addr")?.parse().ok()?;
        let ask = async {
            let mut stream = TcpStream::connect(addr).await.ok()?;
            stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
        };
        tokio::time::timeout(Duration::from_secs(5), ask).await.ok()?
    }

    pub async fn until_role(&self, role: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let now = self.role().await;
            if now.as_deref() == Some(role) {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{now:?}, not {role}:\n{}", self.world.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Bytes it has sent to Telegram and to the tutor so far.
    pub fn said(&self) -> (u64, u64) {
        (self.telegram.passed(Way::There), self.tutor.passed(Way::There))
    }
}

/// How large the load is, and what it is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    pub learners: usize,
    pub seed: u64,
    pub distance: Distance,
}

pub struct Machines {
    pub database: Database,
    pub telegram: BotApi,
    pub tutor: TutorApi,
    pub all: Vec<Machine>,
    pub load: Load,
    blows: Vec<usize>,
    blows_ms: Vec<u64>,
    struck: BTreeMap<String, usize>,
    peak_kb: u64,
}

impl Machines {
    /// Two, not started, and some learners.
    pub async fn two(database: Database) -> Self {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        Self::new(database, Crowd { learners: 12, seed, distance: load::TELEGRAM }).await
    }

    /// Two, started; the first owns the store.
    pub async fn two_started(database: Database) -> Self {
        let mut machines = Self::two(database).await;
        machines.start(0);
        machines.all[0].until_role("owner").await;
        machines.start(1);
        machines.all[1].until_role("standby").await;
        machines
    }

    pub async fn new(database: Database, crowd: Crowd) -> Self {
        let telegram = BotApi::start(BotApiOptions::default()).await.unwrap();
        let tutor = TutorApi::start(tutor_options()).await.unwrap();
        let load = Load::new(&telegram, &tutor, crowd.learners, crowd.seed, crowd.distance).await;
        let mut all = Vec::new();
        for n in 0..2 {
            let mut world = World::between(telegram.clone(), tutor.clone());
            let links = [database.addr(), telegram.addr(), tutor.addr()].map(Proxy::to);
            world.set("STORE_URL", &database.url_at(links[0].addr())).set("STORE_DELETED", "kept");
            world.set("STORE_NODE", &format!("machine-{n}")).set("METRICS_ADDR", "127.0.0.1:0");
            world.set("TELEGRAM_API_URL", &format!("http://{}", links[1].addr()));
            world.set("BACKEND_URL", &format!("http://{}", links[2].addr()));
            for (key, value) in load.settings() {
                world.set(key, &value);
            }
            let [store, telegram, tutor] = links;
            all.push(Machine { world, store, telegram, tutor });
        }
        let (blows, blows_ms, struck, peak_kb) = (Vec::new(), Vec::new(), BTreeMap::new(), 0);
        Self { database, telegram, tutor, all, load, blows, blows_ms, struck, peak_kb }
    }

    pub fn start(&mut self, n: usize) {
        self.all[n].world.start();
    }

    /// Learners send this many messages.
    pub fn write(&mut self, count: usize) {
        self.load.write(count);
    }

    /// Waits for the one that owns the store.
    pub async fn owner(&self) -> usize {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            for (n, machine) in self.all.iter().enumerate() {
                if machine.role().await.as_deref() == Some("owner") {
                    return n;
                }
            }
            assert!(tokio::time::Instant::now() < deadline, "nobody owns the store:\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until one owns the store and the other one knows that it does not: an owner that has just been thawed takes a moment
    /// to notice. Returns the owner.
    pub async fn owner_beside_a_standby(&self) -> usize {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let roles = [self.all[0].role().await, self.all[1].role().await];
            match roles.each_ref().map(Option::as_deref) {
                [Some("owner"), Some("standby")] => return 0,
                [Some("standby"), Some("owner")] => return 1,
                _ => {}
            }
            assert!(tokio::time::Instant::now() < deadline, "{roles:?}:\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn logs(&self) -> String {
        let logs = self.all.iter().enumerate();
        logs.map(|(n, machine)| format!("--- machine {n}\n{}", machine.world.log())).collect()
    }

    /// `kill -9`. Returns the moment, on Telegram's clock.
    pub async fn kill(&mut self, n: usize) -> Blow {
        self.look_before_a_blow(n);
        self.all[n].world.kill();
        self.blow().await
    }

    /// SIGSTOP: it does nothing more, and everybody takes it to be alive.
    pub async fn freeze(&mut self, n: usize) -> Blow {
        self.look_before_a_blow(n);
        self.all[n].world.signal("STOP");
        self.blow().await
    }

    pub fn thaw(&self, n: usize) {
        self.all[n].world.signal("CONT");
    }

    /// SIGTERM, to the end of the process.
    pub async fn stop(&mut self, n: usize) -> Blow {
        self.look_before_a_blow(n);
        let before = self.telegram.read(|state| state.now_ms());
        let status = self.all[n].world.stop().await;
        assert_eq!(status.code(), Some(0), "{}", self.all[n].world.log());
        Blow { at_ms: before, ..self.blow().await }
    }

    /// `kill -9` to the database, which starts again after a pause.
    pub async fn kill_the_database(&mut self, pause: Duration) -> Blow {
        let before = self.telegram.read(|state| state.now_ms());
        self.database.kill_9();
        tokio::time::sleep(pause).await;
        self.database.start();
        Blow { at_ms: before, ..self.blow().await }
    }

    fn look_before_a_blow(&mut self, n: usize) {
        for name in open_calls(&self.telegram, &self.tutor) {
            *self.struck.entry(name).or_default() += 1;
        }
        self.peak_kb = self.peak_kb.max(self.all[n].world.peak_kb());
    }

    /// Notes a blow that has just fallen.
    pub async fn blow(&mut self) -> Blow {
        let at_ms = self.telegram.read(|state| state.now_ms());
        self.load.all_arrived().await;
        let (sent, calls) = self.telegram.read(|state| (state.sent_count(), state.log().calls().len()));
        self.blows.push(sent);
        self.blows_ms.push(at_ms);
        Blow { at_ms, calls }
    }

    /// How long after a blow the first message was sent, milliseconds; `None`: none was.
    pub fn silence_after(&self, blow: Blow) -> Option<u64> {
        self.telegram.read(|state| {
            let mut calls = state.log().calls().get(blow.calls..)?.iter();
            let sent = calls.find(|call| {
                matches!(call.method.as_str(), "sendMessage" | "sendVoice") && call.message_id.is_some()
            });
            Some(sent?.done_ms?.saturating_sub(blow.at_ms))
        })
    }

    /// Waits until everything is answered and nothing is left to do; what is left nevertheless.
    pub async fn nothing_left(&self) -> usize {
        self.load.all_answered().await;
        let mut left = usize::MAX;
        // What was in flight at a blow goes out again after its question is answered, and corrections are drawn when the
        // answers are out.
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while left > 0 && tokio::time::Instant::now() < deadline {
            let owner = self.owner().await;
            self.all[owner].world.settled().await;
            // What shows that it is settled is an answer, too: it has come before the daemon knows it.
            for _ in 0..30 {
                left = self.left(owner).await;
                if left == 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        left
    }

    /// At rest, the daemons stopped: the figures.
    pub async fn at_rest(mut self) -> (Aftermath, Self) {
        let left = self.nothing_left().await;
        for machine in &mut self.all {
            self.peak_kb = self.peak_kb.max(machine.world.peak_kb());
            let status = machine.world.stop().await;
            assert_eq!(status.code(), Some(0), "{}", machine.world.log());
        }
        let after = Aftermath {
            telegram: self.telegram.clone(),
            tutor: self.tutor.clone(),
            questions: self.load.questions.clone(),
            kills: self.blows.clone(),
            killed_ms: self.blows_ms.clone(),
            struck: self.struck.clone(),
            peak_kb: self.peak_kb,
            asked: self.load.asked(),
            left,
            set_back: 0,
        };
        (after, self)
    }

    /// What waits or was given up (a row of the list each), as the owner's commands tell.
    async fn left(&self, owner: usize) -> usize {
        let world = &self.all[owner].world;
        let ask = |arguments: &'static [&str]| {
            let mut command = world.command(arguments);
            tokio::task::spawn_blocking(move || command.output().unwrap().stdout)
        };
        let listed = ask(&["queue", "list", "--json"]).await.unwrap();
        let stats = ask(&["stats", "--json"]).await.unwrap();
        let now = serde_json::from_slice::<Value>(&stats).unwrap_or_default()["now"].take();
        let counts = ["inbox", "delivering"].map(|name| now[name].as_u64());
        // Where there is no answer (a take-over just now), ask again.
        let counts: Option<Vec<u64>> = counts.into_iter().collect();
        let rows = String::from_utf8_lossy(&listed).matches("\"number\"").count();
        counts.map_or(usize::MAX, |counts| rows + counts.iter().sum::<u64>() as usize)
    }
}

/// Something broke.
#[derive(Debug, Clone, Copy)]
pub struct Blow {
    /// Milliseconds on Telegram's clock.
    pub at_ms: u64,
    /// Requests that had reached Telegram when everything sent before had arrived.
    calls: usize,
}
