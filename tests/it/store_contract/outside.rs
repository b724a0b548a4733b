//! What can be seen of a store without its verbs: its records, its exports, and who may open it.

use super::{Bench, T0, at, command, policy, replies, voice};
use crate::sealing::{fill, told};
use phonicflow_bot::domain::rate::PerMinute;
use phonicflow_bot::domain::{Assessment, Body, Change, Outcome, Session, Turn, UserId, WorkKind};
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::{AcceptPolicy, KeyTrouble, MemoryDisk, Sent, StoreError, export};
use uuid::Uuid;

pub async fn a_store_opens_with_its_own_key_alone(bench: &mut Bench) {
    fill(bench).await;
    let before = told(bench).await;
    bench.close().await.unwrap();
    let other = KeyMaterial::new(b"another key for tests, just as useless".to_vec());
    let found = match bench.is_sealed() {
        true => vec![(None, KeyTrouble::Missing), (Some(&other), KeyTrouble::Wrong)],
        false => vec![(Some(&other), KeyTrouble::NotEncrypted)],
    };
    for (key, trouble) in found {
        match bench.home.open_with(key) {
            Err(StoreError::Key(found)) => assert_eq!(found, trouble),
            other => panic!("{:?}", other.err()),
        }
    }
    bench.crash();
    assert_eq!(told(bench).await, before);
}

pub async fn an_export_holds_all_of_it_for_any_engine(bench: &mut Bench) {
    fill(bench).await;
    let before = told(bench).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.export");
    let exported = bench.export(path.clone(), at(10)).await.unwrap();
    let mut records = Vec::new();
    let read = export::read_file(&path, &mut |key, value| {
        records.push((key.to_vec(), value.to_vec()));
        Ok(())
    });
    assert_eq!(read.unwrap(), exported);
    let again = MemoryDisk::holding(records).open_keyed(bench.home.key.as_ref()).unwrap();
    assert_eq!(told(&again).await, before);
}

pub async fn of_a_deleted_learner_no_record_is_left(bench: &mut Bench) {
    let user = 0x0123_4567_89ab_cdef;
    let policy = AcceptPolicy { per_user: Some(PerMinute(9)), global: None, ..policy() };
    let said = super::message(1, user, user, Body::Text("my secret".to_owned()));
    bench.accept(vec![said, voice(2, user, user)], policy, T0).await.unwrap();
    bench.accept(vec![command(3, user, -5, "status")], policy, T0).await.unwrap();
    let claim = bench.get(WorkKind::Model, T0).await;
    let session = Session::open(Uuid::max(), UserId(user), T0);
    let changes = vec![Change::SessionOpened(session), Change::SessionArchived(Uuid::max(), T0)];
    let assessment = Assessment { transcript: "my secret".to_owned(), ..Assessment::default() };
    let turn = Turn { number: 0, ..Turn::voice(Uuid::max(), T0, 1, assessment) };
    bench.commit(claim.lease, Outcome { changes, turn: Some(turn), ..replies(user, 1) }, T0).await.unwrap();
    let about = |bench: &Bench| {
        // The id as it stands in keys (sign flipped) and, zigzagged, in records; and the words.
        let traces = [
            (user.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec(),
            (user.cast_unsigned() << 1).to_le_bytes().to_vec(),
            b"my secret".to_vec(),
        ];
        let found = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let record = [key.as_slice(), value].concat();
            traces.iter().any(|trace| record.windows(trace.len()).any(|part| part == trace))
        };
        bench.home.records().iter().filter(|record| found(record)).count()
    };
    let records = bench.home.records().len();
    // Nothing of it can be read where the store is encrypted; sled has its records in files, which other tests look into.
    match records > 0 && !bench.is_sealed() {
        true => assert!(about(bench) >= 5, "the traces are found where they are: {}", about(bench)),
        false => assert_eq!(about(bench), 0),
    }
    let claim = bench.get(WorkKind::Local, T0).await;
    bench.commit(claim.lease, Outcome { forget: true, ..replies(-5, 1) }, T0).await.unwrap();
    let claim = bench.get(WorkKind::Delivery, T0).await;
    bench.delivered(claim.lease, 0, Sent::Done).await.unwrap();
    assert_eq!(about(bench), 0);
    assert!(bench.home.records().len() < records || records == 0, "as many records as before");
}

pub async fn who_waits_for_a_commit_shares_the_next_one(bench: &mut Bench) {
    let before = bench.home.commits();
    let accepts = (0..200).map(|id| bench.accept(vec![voice(id, id, id)], policy(), T0));
    futures_util::future::try_join_all(accepts).await.unwrap();
    if let (Some(before), Some(after)) = (before, bench.home.commits()) {
        assert!(after > before && after - before < 100, "{} commits for 200 writes", after - before);
    }
}
