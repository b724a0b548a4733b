//! The engine against a plain map: whatever is unwritten, on its way or at the server, reads see what was applied.

use super::*;
use crate::store::server::mark::Mark;
use crate::store::server::testkit::{FakeServer, Fault};
use crate::store::server::{Asked, Ended};
use uuid::Uuid;

struct World {
    server: FakeServer,
    tenure: Arc<Tenure>,
    commits: Arc<Mutex<Commits>>,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let tenure = Arc::new(Tenure::begin(Asked::now()));
    let server = FakeServer::owned(&tenure);
    let mark = Arc::new(Mutex::new(Mark::open(folder.path()).unwrap()));
    let commits = Commits::new(Arc::new(server.clone()), Arc::clone(&tenure), mark, (Uuid::nil(), 1, 0));
    World { server, tenure, commits: Arc::new(Mutex::new(commits)), _folder: folder }
}

impl World {
    fn open(&self) -> ServerEngine {
        let reads = Reads::new(Arc::new(self.server.clone()), Arc::clone(&self.tenure));
        ServerEngine::open(reads, Arc::clone(&self.commits)).unwrap()
    }
}

fn listed(engine: &ServerEngine, span: &Span, backwards: bool, most: usize) -> Pairs {
    let mut found = Pairs::new();
    if most > 0 {
        let mut visit = |key: &[u8], value: &[u8]| {
            found.push((key.to_vec(), value.to_vec()));
            Ok(found.len() < most)
        };
        engine.scan(span, backwards, &mut visit).unwrap();
    }
    found
}

/// A key of a hot or a cold kind; neighbours of both.
fn key(random: &mut fastrand::Rng) -> Vec<u8> {
    vec![*random.choice(b"0abefijklmoprtuxz").unwrap(), random.u8(..24)]
}

#[test]
fn reads_see_what_was_applied_wherever_it_is() {
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let world = world();
        let mut engine = world.open();
        // A group arrives just before or just after a page is read.
        let (mut flush, mut when) = (engine.flusher(), random.fork());
        let around = move || {
            if when.bool() {
                flush.flush().unwrap();
            }
        };
        world.server.shared().around_page = Some(Box::new(around));
        let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for _ in 0..400 {
            match random.u8(..10) {
                0..=4 => {
                    let mut batch = Batch::default();
                    for _ in 0..random.usize(1..12) {
                        let key = key(&mut random);
                        match random.u8(..3) {
                            0 => {
                                model.remove(&key);
                                batch.delete(key);
                            }
                            _ => {
                                let value = vec![random.u8(..); 3];
                                model.insert(key.clone(), value.clone());
                                batch.put(key, value);
                            }
                        }
                    }
                    engine.apply(batch).unwrap();
                }
                5 => engine.flush().unwrap(),
                6 if random.u8(..8) == 0 => {
                    engine.flush().unwrap();
                    world.server.shared().around_page = None;
                    engine = world.open();
                    let (mut flush, mut when) = (engine.flusher(), random.fork());
                    let around = move || {
                        if when.bool() {
                            flush.flush().unwrap();
                        }
                    };
                    world.server.shared().around_page = Some(Box::new(around));
                }
                6 | 7 => {
                    let key = key(&mut random);
                    assert_eq!(engine.get(&key).unwrap(), model.get(&key).cloned(), "seed {seed}");
                }
                _ => {
                    let (one, two) = (key(&mut random), key(&mut random));
                    let span = Span { start: one.clone().min(two.clone()), end: one.max(two) };
                    let backwards = random.bool();
                    let most = if random.bool() { usize::MAX } else { random.usize(..40) };
                    let within = model.range(span.start.clone()..span.end.clone());
                    let within = within.map(|(key, value)| (key.clone(), value.clone()));
                    let expected: Pairs = match backwards {
                        true => within.rev().take(most).collect(),
                        false => within.take(most).collect(),
                    };
                    assert_eq!(listed(&engine, &span, backwards, most), expected, "seed {seed}: {span:?}");
                }
            }
        }
        world.server.shared().around_page = None;
        engine.flush().unwrap();
        assert_eq!(world.server.shared().visible.records, model, "seed {seed}");
    }
}

#[test]
fn what_is_unwritten_is_known_also_when_the_cache_has_forgotten_it() {
    let world = world();
    let mut engine = world.open();
    engine
        .apply({
            let mut batch = Batch::default();
            batch.put(b"t".to_vec(), b"latest".to_vec());
            batch
        })
        .unwrap();
    for n in 0..6_000_u16 {
        let mut batch = Batch::default();
        batch.put([b"t".as_slice(), &n.to_be_bytes()].concat(), vec![0; 4_000]);
        engine.apply(batch).unwrap();
    }
    assert_eq!(engine.cache.borrow_mut().get(b"t"), None, "more was applied than it holds");
    assert_eq!(engine.get(b"t").unwrap(), Some(b"latest".to_vec()));
}

#[test]
fn a_scan_of_more_than_a_page_misses_nothing() {
    let world = world();
    let mut engine = world.open();
    let mut batch = Batch::default();
    for n in 0..2_000_u16 {
        batch.put([b"t".as_slice(), &n.to_be_bytes()].concat(), n.to_be_bytes().to_vec());
        batch.put([b"i".as_slice(), &n.to_be_bytes()].concat(), n.to_be_bytes().to_vec());
    }
    engine.apply(batch).unwrap();
    engine.flush().unwrap();
    for engine in [&engine, &world.open()] {
        for backwards in [false, true] {
            let all = listed(engine, &keys::everything(), backwards, usize::MAX);
            assert_eq!(all.len(), 4_000);
            assert!(all.is_sorted_by(|one, two| (one.0 < two.0) != backwards));
        }
    }
}

#[test]
fn a_span_is_cut_where_cold_and_hot_kinds_meet() {
    let all = parts(&keys::everything());
    assert_eq!(all.first().unwrap().0.start, keys::everything().start);
    assert_eq!(all.last().unwrap().0.end, keys::everything().end);
    for (one, two) in all.iter().zip(all.iter().skip(1)) {
        assert_eq!(one.0.end, two.0.start);
    }
    for declared in kinds::ALL {
        let kind = Span::prefix([declared.kind.byte()]);
        assert_eq!(parts(&kind), [(kind, declared.large)]);
    }
    assert!(parts(&Span { start: b"t1".to_vec(), end: b"t1".to_vec() }).is_empty());
}

#[test]
fn a_broken_read_is_repeated_while_the_owner_may_act_and_said_after_that() {
    let world = world();
    let engine = world.open();
    world.server.shared().script.extend([Fault::LostBefore, Fault::LostAfter]);
    assert_eq!(engine.get(b"t").unwrap(), None);
    world.tenure.end(Ended::Released);
    world.server.shared().script.push_back(Fault::LostBefore);
    assert!(matches!(engine.get(b"r"), Err(StoreError::Unavailable { .. })));
}
