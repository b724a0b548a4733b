//! The parts of an album become one row, whenever they come.

use super::{Bench, T0, at, message, policy, replies};
use phonicflow_bot::domain::{Body, File, FileKind, Files, Incoming, Task, WorkKind};
use phonicflow_bot::store::Claim;

/// How long an album waits for its next part, ms.
const WAIT: i64 = 1_000;

fn part(update_id: i64, user: i64, chat: i64, album: Option<&str>, caption: &str) -> Incoming {
    let file =
        File { kind: FileKind::Picture, file_id: format!("file-{update_id}"), size: Some(1_000), mime: None };
    let album = album.map(str::to_owned);
    message(
        update_id,
        user,
        chat,
        Body::Files(Files { album, caption: caption.to_owned(), files: vec![file], unaddressed: false }),
    )
}

fn unaddressed(part: Incoming) -> Incoming {
    let Body::Files(files) = part.body else { panic!("files") };
    Incoming { body: Body::Files(Files { unaddressed: true, ..files }), ..part }
}

fn work() -> WorkKind {
    phonicflow_bot::placement_with_model(&part(0, 1, 1, None, "")).work
}

/// Caption and files of a row.
fn held(claim: &Claim) -> (String, Vec<String>) {
    let Task::Handle(Incoming { body: Body::Files(files), .. }, _) = &claim.job.task else { panic!("files") };
    (files.caption.clone(), files.files.iter().map(|file| file.file_id.clone()).collect())
}

fn named(ids: impl IntoIterator<Item = i64>) -> Vec<String> {
    ids.into_iter().map(|id| format!("file-{id}")).collect()
}

pub async fn its_parts_are_one_row_that_waits_for_the_last(bench: &mut Bench) {
    let taken = bench.take(vec![part(1, 1, 1, Some("a"), ""), part(2, 1, 1, Some("a"), "what is it?")]).await;
    assert_eq!(taken[0], taken[1]);
    assert_eq!(bench.due(work(), T0).await, Some(T0.plus_ms(WAIT)));
    // A later part is taken in after a crash as well, and the waiting begins anew. What came before is known.
    bench.crash();
    let later = T0.plus_ms(900);
    let accepted = bench.accept(
        vec![part(2, 1, 1, Some("a"), "again"), part(3, 1, 1, Some("a"), "and?")],
        policy(),
        later,
    );
    let accepted = accepted.await.unwrap();
    assert_eq!((&accepted.repeats[..], &accepted.taken[..]), (&[2][..], &[(3, taken[0])][..]));
    assert_eq!(bench.due(work(), later).await, Some(later.plus_ms(WAIT)));
    bench.crash();
    assert_eq!(bench.due(work(), later).await, Some(later.plus_ms(WAIT)));
    let claim = bench.get(work(), at(5_000)).await;
    assert_eq!(held(&claim), ("what is it?\nand?".to_owned(), named(1..=3)));
    // What comes when it is at work is a question of its own.
    let late = bench.take(vec![part(4, 1, 1, Some("a"), "")]).await;
    assert_ne!(late[0], taken[0]);
    bench.commit(claim.lease, replies(1, 0), at(5_000)).await.unwrap();
    assert_eq!(held(&bench.get(work(), at(6_000)).await).1, named([4]));
}

pub async fn albums_of_others_and_single_pictures_stay_apart(bench: &mut Bench) {
    let taken = bench
        .take(vec![
            part(1, 1, 1, Some("a"), ""),
            part(2, 1, 1, Some("b"), ""),
            part(3, 2, 2, Some("a"), ""),
            part(4, 1, -1, Some("a"), ""),
            part(5, 1, 1, None, ""),
            part(6, 1, 1, None, ""),
            part(7, 1, 1, Some("a"), ""),
        ])
        .await;
    assert_eq!(taken[6], taken[0]);
    let rows: std::collections::BTreeSet<_> = taken.iter().collect();
    assert_eq!(rows.len(), 6);
    // Ten are one album, what is beyond begins the next.
    let many = bench.take((20..35).map(|id| part(id, 3, 3, Some("c"), "")).collect()).await;
    assert!(many[..10].iter().all(|seq| *seq == many[0]) && many[10..].iter().all(|seq| *seq == many[10]));
    assert_ne!(many[0], many[10]);
}

pub async fn in_a_group_its_other_parts_come_along_and_nothing_else(bench: &mut Bench) {
    let stray = unaddressed(part(1, 1, -1, Some("a"), ""));
    let accepted = bench.accept(vec![stray], policy(), T0).await.unwrap();
    assert!(accepted.taken.is_empty());
    assert!(
        bench.learner(phonicflow_bot::domain::UserId(1)).await.unwrap().is_none(),
        "talk among others is not noted"
    );
    let asked = part(2, 1, -1, Some("b"), "what is it?");
    let others = [3, 4].map(|id| unaddressed(part(id, 1, -1, Some("b"), "")));
    let of_another = unaddressed(part(5, 2, -1, Some("b"), ""));
    let accepted =
        bench.accept([vec![asked], others.to_vec(), vec![of_another]].concat(), policy(), T0).await.unwrap();
    assert_eq!(accepted.taken.len(), 3);
    assert_eq!(held(&bench.get(work(), at(5_000)).await).1, named(2..=4));
}
