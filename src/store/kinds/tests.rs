//! No kind can be forgotten: each is somebody's or nobody's by declaration, and a store that holds one record of every
//! learner's kind holds none of that learner after a deletion, shows none of it where it is encrypted, and gives all of it
//! away in an export of the learner's data and in a backup.

use super::*;
use crate::domain::data_export::DataExport;
use crate::domain::rate::RateState;
use crate::domain::{
    Admission, AlertKind, Assessment, Body, Card, CardBook, Chat, ChatId, ChatKind, Content, Contour,
    Contours, Day, DeadLetter, DeadReason, Incoming, Job, Keyboard, Learner, Membership, MessageId, NewCard,
    OutMessage, Placement, Reminder, Reply, Rich, Session, Task, Timestamp, Told, Turn, UserId,
};
use crate::secret::KeyMaterial;
use crate::store::records::{self, Menu};
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{MemoryDisk, Store, export, keys};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Its bytes occur nowhere by chance.
const ANA: UserId = UserId(0x0123_4567_89ab_cdef);
const RUI: UserId = UserId(0x7edc_ba98_7654_3210);
const NOW: Timestamp = Timestamp(1_800_000_000_000);
/// In every text of a learner.
const WORDS: &str = "plantedwords";

/// One record of each kind that is a learner's: a new one has to be planted here.
fn planted(user: UserId) -> Vec<(Vec<u8>, Vec<u8>)> {
    let session = |n: u128| Session::open(Uuid::from_u128(n + user.0.unsigned_abs() as u128), user, NOW);
    let open = session(1);
    let archived = Session { archived_at: Some(NOW), ..session(2) };
    let reminder = Reminder { minute: 90, on: true, last_day: None, due: Some(NOW.plus_ms(5)) };
    let learner = Learner {
        session: Some(open.clone()),
        persona: Some(WORDS.to_owned()),
        reminder: Some(reminder),
        cards: CardBook { last_id: 1, cards: 1, learnt: 0 },
        ..Learner::new(user, NOW)
    };
    let assessment = Assessment { transcript: WORDS.to_owned(), ..Assessment::default() };
    let turn = Turn { number: 1, ..Turn::voice(open.id, NOW, 4_000, assessment) };
    let new =
        NewCard { front: WORDS.into(), back: WORDS.into(), why: WORDS.into(), kind: None, source: Some(3) };
    let card = Card::new(1, new, 20_000);
    let day = Day { voice_ms: 4_000, ..Day::on(20_833) };
    let contour = Contour { step_ms: 20, pitch: vec![100], level: vec![9] };
    let contours = Contours { turn: 3, learner: Some(contour), reply: None };
    let told = Told { at: NOW, of: NOW };
    vec![
        (keys::learner(user), records::encode(&learner).unwrap()),
        (keys::archived(user, archived.created, archived.id), records::encode(&archived).unwrap()),
        (keys::turn(user, open.id, 1), records::encode(&turn).unwrap()),
        (keys::card(user, 1), records::encode(&card).unwrap()),
        (keys::day(user, day.day), records::encode(&day).unwrap()),
        (keys::contour(user, 3), records::encode(&contours).unwrap()),
        (keys::rate(user), records::encode(&RateState { tat: NOW, noticed_at: None }).unwrap()),
        (keys::member(user), records::encode(&Membership { member: true, at: NOW }).unwrap()),
        (keys::told(user, AlertKind::TutorDown), records::encode(&told).unwrap()),
        (keys::menu(user), records::encode(&Menu { of: user }).unwrap()),
    ]
}

/// A row and a dead letter, each with a reply still to be sent.
fn rows(state: &mut State, user: UserId) -> Tx {
    let mut tx = Tx::default();
    let chat = Chat { id: ChatId(user.0), kind: ChatKind::Private, thread: None };
    let incoming = Incoming {
        update_id: 5,
        chat,
        user,
        client_language: None,
        message: Some(MessageId(5)),
        date: NOW,
        body: Body::Text(WORDS.to_owned()),
    };
    let content = Content::Text { text: Rich::plain(WORDS), keyboard: Keyboard::default() };
    let reply = OutMessage::new(0, Reply { chat: chat.id, thread: None, answers: None, content });
    for dead in [false, true] {
        let seq = state.new_seq(&mut tx).unwrap();
        let task = Task::Handle(incoming.clone(), Admission::Admitted);
        let job = Job::new(seq, user, chat.id, Placement::IN_TURN, NOW, task);
        if dead {
            let letter = DeadLetter { job, at: NOW, reason: DeadReason::Other, detail: String::new() };
            tx.put(keys::dead(seq), &letter).unwrap();
            tx.put(keys::dead_outbox(seq, 0), &reply).unwrap();
            state.dead.insert(seq, user);
        } else {
            tx.put(keys::inbox(seq), &job).unwrap();
            tx.put(keys::outbox(seq, 0), &reply).unwrap();
            state.schedule.insert(&job);
        }
    }
    tx
}

/// Stores one record of each kind with its index entries, and the rows.
fn plant(state: &mut State, user: UserId) -> Result<(), StoreError> {
    let mut tx = rows(state, user);
    for (key, bytes) in planted(user) {
        for entry in entries(&key, &bytes)? {
            tx.put(entry, &records::IndexEntry)?;
        }
        tx.put_bytes(key, bytes);
    }
    state.apply(tx)
}

/// Keys and values as they lie on the disk.
fn stored(state: &State) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    state
        .scan_raw(&mut |key, value| {
            all.push((key.to_vec(), value.to_vec()));
            Ok(true)
        })
        .unwrap();
    all
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Whether anything stored names this learner or what was planted.
fn traces(pairs: &[(Vec<u8>, Vec<u8>)], user: UserId) -> BTreeSet<char> {
    let in_keys = &keys::of_learner(PERSON, user)[1..];
    let in_values = {
        let mut bytes = Vec::new();
        crate::store::codec::write(&user, &mut bytes).unwrap();
        bytes
    };
    let named = |bytes: &[u8]| holds(bytes, in_keys) || holds(bytes, &in_values);
    let found =
        pairs.iter().filter(|(key, value)| named(key) || named(value) || holds(value, WORDS.as_bytes()));
    found.map(|(key, _)| char::from(key[0])).collect()
}

#[test]
fn every_kind_is_declared_to_be_somebodys_or_nobodys() {
    // Of these nobody is the owner, and each is here for a reason: conversations to be deleted at the tutor name no learner,
    // update ids and migrated groups are nobody's, and single values are the store's own.
    let nobodys = [PURGE, PURGE_DUE, SEEN, MOVED, SINGLE];
    let samples = planted(ANA);
    let indexed: BTreeSet<u8> =
        samples.iter().flat_map(|(key, bytes)| entries(key, bytes).unwrap()).map(|entry| entry[0]).collect();
    let bytes: BTreeSet<u8> = ALL.iter().map(|declared| declared.kind.byte()).collect();
    assert_eq!(bytes.len(), ALL.len(), "a byte is used twice");
    for byte in 0..=u8::MAX {
        let Some(Declared { kind, fields, whose, .. }) = declared(byte) else { continue };
        let name = char::from(byte);
        match whose {
            Whose::Learner { .. } => {
                assert_eq!(fields[0], Field::Hidden(8), "{name}: the learner comes first");
                assert!(samples.iter().any(|(key, _)| key[0] == byte), "{name}: plant a record of it above");
            }
            Whose::Index => assert!(indexed.contains(&byte), "{name}: no record has an entry in this index"),
            Whose::Row => assert!([INBOX, OUTBOX, DEAD, DEAD_OUTBOX].contains(kind), "{name}: has no row"),
            Whose::Nobody => {
                assert!(nobodys.contains(kind), "{name}: whose is it, and why is it kept after /delete?")
            }
        }
    }
}

#[tokio::test]
async fn nothing_of_a_deleted_learner_is_left_whatever_the_kind() {
    for key in [None, Some(KeyMaterial::new(vec![7; 32]))] {
        let store = MemoryDisk::default().open_keyed(key.as_ref()).unwrap();
        store.change(|state| plant(state, RUI)).await.unwrap();
        let before: BTreeSet<Vec<u8>> =
            store.look(|state| Ok(stored(state))).await.unwrap().into_iter().map(|(at, _)| at).collect();
        store.change(|state| plant(state, ANA)).await.unwrap();
        let full = store.look(|state| Ok(stored(state))).await.unwrap();
        if key.is_some() {
            assert_eq!(traces(&full, ANA), BTreeSet::new(), "an encrypted store shows something");
        } else {
            let plain = traces(&full, ANA);
            let missing = ALL.iter().filter(|declared| {
                !matches!(declared.whose, Whose::Nobody) && !plain.contains(&char::from(declared.kind.byte()))
            });
            assert_eq!(missing.count(), 0, "a planted record is not found: {plain:?}");
        }
        let removed = store.forget(ANA, NOW).await.unwrap();
        assert!(
            removed.learner && removed.cards == 1 && removed.turns == 1 && removed.sessions == 2,
            "{removed:?}"
        );
        let left = store.look(|state| Ok(stored(state))).await.unwrap();
        let tutor = [PURGE.byte(), PURGE_DUE.byte()];
        let kept: BTreeSet<Vec<u8>> =
            left.iter().map(|(at, _)| at.clone()).filter(|at| !tutor.contains(&at[0])).collect();
        assert_eq!(kept, before, "deleted too little, or too much");
        if key.is_none() {
            let plain: Vec<(Vec<u8>, Vec<u8>)> = left.into_iter().collect();
            let named =
                |(at, value): &&(Vec<u8>, Vec<u8>)| traces(&[(at.clone(), value.clone())], ANA).len() == 1;
            let words_of_rui =
                |(at, value): &&(Vec<u8>, Vec<u8>)| traces(&[(at.clone(), value.clone())], RUI).is_empty();
            assert_eq!(plain.iter().filter(named).filter(words_of_rui).count(), 0);
        }
        assert!(store.held(ANA, None).await.unwrap().held.is_empty());
    }
}

/// All pages.
async fn all_held(store: &Store, user: UserId) -> Vec<Held> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.held(user, after).await.unwrap();
        all.extend(page.held);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

fn documents(held: impl IntoIterator<Item = Held>) -> (String, String) {
    let mut export = DataExport::default();
    held.into_iter().for_each(|held| export.add(held));
    (export.json(NOW), export.markdown(NOW))
}

#[tokio::test]
async fn an_export_names_every_kind_and_a_backup_holds_it() {
    for key in [None, Some(KeyMaterial::new(vec![7; 32]))] {
        let store = MemoryDisk::default().open_keyed(key.as_ref()).unwrap();
        store.change(|state| plant(state, ANA).and_then(|()| plant(state, RUI))).await.unwrap();
        let held = all_held(&store, ANA).await;
        let pending = held.iter().filter(|held| matches!(held, Held::Pending(_))).count();
        assert_eq!(pending, 2, "a row and a dead letter");
        let empty = documents([]);
        for (at, bytes) in planted(ANA) {
            let Some(Declared { whose: Whose::Learner { shown, .. }, .. }) = declared(at[0]) else {
                panic!()
            };
            let shown = shown(&at, &bytes).unwrap();
            assert!(
                !shown.is_empty() && shown.iter().all(|shown| held.contains(shown)),
                "{}",
                char::from(at[0])
            );
            // A turn is shown in its session.
            let around = held.iter().filter(|held| at[0] == TURN.byte() && matches!(held, Held::Session(_)));
            let around: Vec<Held> = around.cloned().collect();
            let without = if around.is_empty() { empty.clone() } else { documents(around.clone()) };
            let with = documents(around.into_iter().chain(shown));
            let name = char::from(at[0]);
            assert!(with.0 != without.0 && with.1 != without.1, "{name}: neither document names it");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.backup");
        store.export(path.clone(), NOW).await.unwrap();
        let live = store.look(|state| Ok(stored(state))).await.unwrap();
        let mut copied = Vec::new();
        export::read_file(&path, &mut |key, value| {
            copied.push((key.to_vec(), value.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(copied, live);
    }
}

#[tokio::test]
async fn a_long_export_comes_in_pages_and_loses_nothing_between_them() {
    let store = MemoryDisk::default().open().unwrap();
    store
        .change(|state| {
            plant(state, ANA)?;
            let mut tx = Tx::default();
            for id in 2..=2_000 {
                let new = NewCard {
                    front: String::new(),
                    back: format!("{WORDS} {id}"),
                    why: "w".repeat(400),
                    kind: None,
                    source: None,
                };
                tx.put(keys::card(ANA, id), &Card::new(id, new, 20_000))?;
            }
            state.apply(tx)
        })
        .await
        .unwrap();
    let first = store.held(ANA, None).await.unwrap();
    assert!(first.next.is_some() && first.held.len() < 300);
    let held = all_held(&store, ANA).await;
    let ids: BTreeSet<u32> = held
        .iter()
        .filter_map(|held| if let Held::Card(card) = held { Some(card.id) } else { None })
        .collect();
    assert_eq!((ids.len(), ids.last()), (2_000, Some(&2_000)));
    let others = held.iter().filter(|held| !matches!(held, Held::Card(_))).count();
    assert_eq!(
        others,
        planted(ANA).len() - 1 + 1 + 2,
        "each of them once, the open session, a row and a dead letter"
    );
}
