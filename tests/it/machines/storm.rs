//! The storm of two machines: blows of every kind in random order under load, and what came of it.

use super::{Blow, Crowd, Database, Machines};
use crate::storm::count::{Count, count};
use crate::storm::load::{Cue, TELEGRAM};
use phonicflow_bot::sandbox::bot_api::State;
use std::collections::BTreeMap;
use std::time::Duration;

/// How large a storm, and which one.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub learners: usize,
    pub messages: usize,
    pub take_overs: usize,
    pub database_kills: usize,
    /// Everything random comes from it; what the system's scheduler adds does not.
    pub seed: u64,
}

/// What befalls the machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// `kill -9` of the owner.
    Killed,
    /// SIGSTOP of the owner, and SIGCONT when another one owns the store.
    Frozen,
    /// SIGTERM of the owner.
    Stopped,
    /// The owner cannot reach the database.
    Unreachable,
    /// The owner hears nothing from the database; what it has sent arrives late.
    Silent,
    /// `kill -9` of the database, which is back within the lease or after it.
    DatabaseKilled,
}

impl Kind {
    /// Of those that make another daemon the owner.
    fn take_over(rng: &mut fastrand::Rng) -> Self {
        match rng.u8(0..10) {
            0..5 => Self::Killed,
            5..7 => Self::Frozen,
            7 => Self::Stopped,
            8 => Self::Unreachable,
            _ => Self::Silent,
        }
    }
}

/// What came of it.
pub struct Verdict {
    pub count: Count,
    /// How long nothing was sent after a blow, milliseconds, by its kind; in order of length. Only of blows after which
    /// something was sent before the next one fell.
    silences: BTreeMap<Kind, Vec<u64>>,
    /// Polls that another poll ended.
    conflicts: usize,
    /// Of these, the most there may be: a frozen owner's poll is still open when the next owner polls.
    frozen: usize,
    pub logs: String,
}

impl Verdict {
    pub fn holds(&self) -> bool {
        self.count.holds() && self.conflicts <= self.frozen
    }

    pub fn table(&self) -> String {
        let mut table = self.count.table();
        let frozen = self.frozen;
        table.push_str(&format!("  {:<28} {}, {frozen} owners were frozen\n", "409s", self.conflicts));
        for (kind, silences) in &self.silences {
            let (times, longest) = (silences.len(), silences.last().copied().unwrap_or(0));
            let median = silences.get(times / 2).copied().unwrap_or(0);
            let what = format!("first message, {kind:?}");
            table.push_str(&format!("  {what:<28} {times} times, p50 {median} ms, longest {longest} ms\n"));
        }
        table
    }
}

/// Runs a storm to its end.
pub async fn run(database: Database, plan: Plan) -> Verdict {
    let crowd = Crowd { learners: plan.learners, seed: plan.seed, distance: TELEGRAM };
    let mut machines = Machines::new(database, crowd).await;
    let mut kinds = vec![Kind::DatabaseKilled; plan.database_kills];
    kinds.extend((0..plan.take_overs).map(|_| Kind::take_over(&mut machines.load.rng)));
    machines.load.rng.shuffle(&mut kinds);
    machines.start(0);
    machines.start(1);
    let mut blows: Vec<(Kind, Blow)> = Vec::new();
    machines.write(plan.messages / 3);
    for (round, kind) in kinds.iter().copied().enumerate() {
        let owner = machines.owner_beside_a_standby().await;
        let part = (plan.messages - machines.load.questions.len()) / (kinds.len() - round);
        machines.write(part / 2);
        // Every third blow falls in the first moments of an owner.
        if round % 3 == 2 {
            tokio::time::sleep(Duration::from_millis(machines.load.rng.u64(0..200))).await;
        } else {
            let cue = Cue::random(&mut machines.load.rng);
            cue.wait(&machines.telegram, &machines.tutor, machines.load.due).await;
        }
        // At some blows the standby is not there either, for a moment.
        if machines.load.rng.u8(0..10) == 0 {
            machines.all[1 - owner].world.kill();
            machines.start(1 - owner);
        }
        let blow = machines.strike(kind, owner, part - part / 2).await;
        blows.push((kind, blow));
        // After every other blow something is sent before the next one falls, so that its silence has a length.
        if machines.load.rng.bool() {
            Cue::Sent(1).wait(&machines.telegram, &machines.tutor, machines.load.due).await;
        }
    }
    machines.write(plan.messages - machines.load.questions.len());
    let (after, machines) = machines.at_rest().await;
    let mut silences: BTreeMap<Kind, Vec<u64>> = BTreeMap::new();
    let next = blows.iter().skip(1).map(|(_, blow)| blow.at_ms).chain([u64::MAX]);
    for ((kind, blow), next_ms) in blows.iter().zip(next) {
        // Where the next one fell before anything was sent, the silence is that one's.
        let silence = machines.silence_after(*blow).filter(|ms| blow.at_ms.saturating_add(*ms) < next_ms);
        silences.entry(*kind).or_default().extend(silence);
    }
    silences.values_mut().for_each(|of_kind| of_kind.sort_unstable());
    let frozen = kinds.iter().filter(|kind| **kind == Kind::Frozen).count();
    let conflicts = machines.telegram.read(State::conflicts);
    Verdict { count: count(&after), silences, conflicts, frozen, logs: machines.logs() }
}

impl Machines {
    /// One blow; learners send this many messages while nobody listens.
    async fn strike(&mut self, kind: Kind, owner: usize, messages: usize) -> Blow {
        let other = 1 - owner;
        match kind {
            Kind::Killed => {
                let blow = self.kill(owner).await;
                self.write(messages);
                // Back before its lease has run out, or after.
                if self.load.rng.bool() {
                    self.all[other].until_role("owner").await;
                }
                self.start(owner);
                blow
            }
            Kind::Frozen => {
                let blow = self.freeze(owner).await;
                self.write(messages);
                self.all[other].until_role("owner").await;
                self.thaw(owner);
                blow
            }
            Kind::Stopped => {
                self.write(messages);
                let blow = self.stop(owner).await;
                self.start(owner);
                blow
            }
            Kind::Unreachable | Kind::Silent => {
                let at_ms = self.telegram.read(State::now_ms);
                let store = &self.all[owner].store;
                if kind == Kind::Silent {
                    store.freeze()
                } else {
                    store.refuse()
                }
                self.write(messages);
                self.all[other].until_role("owner").await;
                self.all[owner].store.heal();
                Blow { at_ms, ..self.blow().await }
            }
            Kind::DatabaseKilled => {
                self.write(messages);
                let rng = &mut self.load.rng;
                let pause = if rng.u8(0..4) == 0 { rng.u64(6_000..9_000) } else { rng.u64(0..2_000) };
                self.kill_the_database(Duration::from_millis(pause)).await
            }
        }
    }
}
