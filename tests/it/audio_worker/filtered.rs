//! The systemd unit's filter of system calls applied to the whole daemon: the workers can still set their
//! limits, and without the one call they need for that they get no recording.

use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use seccompiler::{BpfMap, TargetArch, apply_filter, compile_from_json};
use std::collections::{BTreeMap, BTreeSet};

const UNIT: &str = include_str!("../../../systemd/phonicflow-bot.service");
const SETS: &str = include_str!("../../fixtures/systemd/syscall-sets.txt");

/// The calls in each of systemd's sets, and the sets in them.
fn sets() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut sets: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut name = "";
    for line in SETS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match line.strip_prefix("    ") {
            Some(member) => sets.entry(name).or_default().push(member),
            None => name = line,
        }
    }
    sets
}

fn expand(what: &'static str, sets: &BTreeMap<&str, Vec<&'static str>>, found: &mut BTreeSet<&'static str>) {
    if what.starts_with('@') {
        let members = sets.get(what).unwrap_or_else(|| panic!("no set {what}"));
        members.iter().for_each(|member| expand(member, sets, found));
    } else {
        found.insert(what);
    }
}

/// What the unit allows: its lines in their order, each adding calls or taking them away.
fn allowed() -> BTreeSet<&'static str> {
    let sets = sets();
    let mut allowed = BTreeSet::new();
    for line in UNIT.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let (line, adds) = line.strip_prefix('~').map_or((line, true), |line| (line, false));
        let mut calls = BTreeSet::new();
        line.split_whitespace().for_each(|what| expand(what, &sets, &mut calls));
        match adds {
            true => allowed.extend(calls),
            false => allowed.retain(|call| !calls.contains(call)),
        }
    }
    allowed
}

fn compiled(calls: &[&str], listed: &str, others: &str) -> Option<BpfMap> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).unwrap();
    let calls: Vec<String> = calls.iter().map(|call| format!(r#"{{"syscall": "{call}"}}"#)).collect();
    let json = format!(
        r#"{{"daemon": {{"mismatch_action": {others}, "match_action": {listed}, "filter": [{}]}}}}"#,
        calls.join(",")
    );
    compile_from_json(json.as_bytes(), arch).ok()
}

/// Starts the daemon under a filter: a thread puts it on itself, and its children inherit it.
fn start_under(world: &mut World, filter: &BpfMap) {
    std::thread::scope(|scope| {
        let started = scope.spawn(|| {
            apply_filter(&filter["daemon"]).unwrap();
            world.start();
        });
        started.join().unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_is_answered_under_the_units_filter() {
    let allowed = allowed();
    assert!(!allowed.contains("setpriority") && !allowed.contains("reboot") && allowed.contains("read"));
    let known: Vec<&str> = allowed
        .iter()
        .copied()
        .filter(|call| compiled(&[call], r#""allow""#, r#"{"errno": 1}"#).is_some())
        .collect();
    assert!(known.len() > 200, "{}", known.len());
    let filter = compiled(&known, r#""allow""#, r#"{"errno": 1}"#).unwrap();
    let mut world = World::new().await;
    start_under(&mut world, &filter);
    world.learner(21).voice(voice(), 4);
    world.voice_notes(21, 1).await;
    let workers = super::until(&world, "a worker", |workers| !workers.is_empty()).await;
    assert!(workers[0].read("limits").contains("160000000"), "{}", workers[0].read("limits"));
    assert!(world.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_limits_nothing_is_decoded_and_nothing_is_lost() {
    let filter = compiled(&["prlimit64", "setrlimit"], r#"{"errno": 1}"#, r#""allow""#).unwrap();
    let mut world = World::new().await;
    start_under(&mut world, &filter);
    world.learner(21).voice(voice(), 4);
    world.logged(Event::AudioWorkerFailed).await;
    world.stop().await;
    assert_eq!(world.tutor.turns().len(), 0);
    world.start();
    world.voice_notes(21, 1).await;
}
