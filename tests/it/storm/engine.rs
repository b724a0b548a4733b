//! The crash storm itself: learners write, the daemon is killed at random moments and started again, until
//! everything is answered. Must not judge the result: `count` does.

use super::load::{Cue, Load, Question, open_calls, tutor_options};
use crate::world::{PATIENCE, World};
use phonicflow_bot::sandbox::bot_api::{BotApi, Distance};
use phonicflow_bot::sandbox::tutor_api::TutorApi;
use std::collections::BTreeMap;
use std::time::Duration;

/// How large a storm, and which one.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub learners: usize,
    pub messages: usize,
    pub kills: usize,
    /// Everything random comes from it; what the system's scheduler adds does not.
    pub seed: u64,
    /// How far away Telegram is.
    pub distance: Distance,
}

/// The world after the storm, at rest, its daemons stopped.
pub struct Aftermath {
    pub telegram: BotApi,
    pub tutor: TutorApi,
    pub questions: Vec<Question>,
    /// How many messages the bot had sent by each start after a kill.
    pub kills: Vec<usize>,
    /// The moments of the kills, milliseconds on Telegram's clock.
    pub killed_ms: Vec<u64>,
    /// At how many kills a call of this name was open.
    pub struck: BTreeMap<String, usize>,
    /// Highest resident memory of any of the daemons, kilobytes.
    pub peak_kb: u64,
    /// Questions that came to the chat model.
    pub asked: usize,
    /// Rows left in the store at the end: inbox, outbox, leases, dead letters.
    pub left: usize,
    /// Databases that did not open after a kill, and were set back to an export.
    pub set_back: usize,
}

/// The storm under way.
struct Storm {
    load: Load,
    world: World,
    kills: Vec<usize>,
    killed_ms: Vec<u64>,
    struck: BTreeMap<String, usize>,
    peak_kb: u64,
}

/// Runs a storm to its end.
pub async fn run(plan: Plan) -> Aftermath {
    let mut world = World::with_tutor(tutor_options()).await;
    let load = Load::new(&world.telegram, &world.tutor, plan.learners, plan.seed, plan.distance).await;
    for (key, value) in load.settings() {
        world.set(key, &value);
    }
    let mut storm =
        Storm { load, world, kills: Vec::new(), killed_ms: Vec::new(), struck: BTreeMap::new(), peak_kb: 0 };
    storm.world.start();
    // A crowd at first, so that there is always something left to break; then a trickle.
    storm.load.write(plan.messages / 3);
    for round in 0..plan.kills {
        let rest = plan.messages - storm.load.questions.len();
        storm.load.write(rest / (plan.kills - round) / 2);
        // Every other kill strikes in the first moments of a start.
        if round % 2 == 1 {
            tokio::time::sleep(Duration::from_millis(storm.load.rng.u64(0..100))).await;
        } else {
            let cue = Cue::random(&mut storm.load.rng);
            cue.wait(&storm.world.telegram, &storm.world.tutor, storm.load.due).await;
        }
        storm.kill().await;
        // Some of it while nobody listens.
        let rest = plan.messages - storm.load.questions.len();
        storm.load.write(rest / (plan.kills - round));
        storm.kills.push(storm.world.telegram.read(|state| state.sent_count()));
        storm.world.start();
    }
    storm.load.all_answered().await;
    storm.rest().await
}

impl Storm {
    async fn kill(&mut self) {
        let open = open_calls(&self.world.telegram, &self.world.tutor);
        self.peak_kb = self.peak_kb.max(self.world.peak_kb());
        self.world.kill();
        self.killed_ms.push(self.world.telegram.read(|state| state.now_ms()));
        self.load.all_arrived().await;
        for name in open {
            *self.struck.entry(name).or_default() += 1;
        }
    }

    /// Corrections are drawn when the answers are out, in nobody's way: that takes as long as it takes.
    async fn drawn(&self) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let mut list = self.world.command(&["queue", "list", "--json"]);
            let listed = tokio::task::spawn_blocking(move || list.output().unwrap()).await.unwrap();
            if !String::from_utf8_lossy(&listed.stdout).contains("\"number\"") {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "corrections are still drawn");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Brings the daemon to rest and looks what is left in its store.
    async fn rest(mut self) -> Aftermath {
        let mut left = usize::MAX;
        // A message that was in flight at a kill goes out again after its question is answered: let it.
        for _ in 0..5 {
            self.world.settled().await;
            self.drawn().await;
            self.peak_kb = self.peak_kb.max(self.world.peak_kb());
            let status = self.world.stop().await;
            assert_eq!(status.code(), Some(0), "{}", self.world.log());
            left = super::count::left_in_store(&self.world).await;
            if left == 0 {
                break;
            }
            self.world.start();
        }
        let Self { world, load, kills, killed_ms, struck, peak_kb } = self;
        let (telegram, tutor) = (world.telegram.clone(), world.tutor.clone());
        let (asked, set_back) = (load.asked(), super::count::set_back(&world));
        let questions = load.questions;
        Aftermath { telegram, tutor, questions, kills, killed_ms, struck, peak_kb, left, asked, set_back }
    }
}
