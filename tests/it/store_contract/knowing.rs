//! Memberships, and what admins were told.

use super::{Bench, T0, at, command, reply, sticker, voice, words};
use phonicflow_bot::domain::alert::QUIET_MS;
use phonicflow_bot::domain::{
    AlertKind, Announced, Announcement, Hidden, Lane, Membership, Outcome, Task, Timestamp, Told, UserId,
    WorkKind,
};
use phonicflow_bot::store::{Counts, Sent, StoreError};

async fn forget(bench: &Bench, update_id: i64, user: i64, now: Timestamp) {
    bench.take(vec![command(update_id, user, user, "help")]).await;
    let claim = bench.get(WorkKind::Local, now).await;
    bench.commit(claim.lease, Outcome { forget: true, ..Outcome::default() }, now).await.unwrap();
}

fn news(to: i64, kind: AlertKind, of: i64, text: &str) -> Announcement {
    Announcement { to: UserId(to), kind, of: at(of), replies: vec![reply(to, text)] }
}

pub async fn a_membership_is_kept_and_goes_with_its_learner(bench: &mut Bench) {
    let user = UserId(1);
    assert_eq!(bench.membership(user).await.unwrap(), None);
    bench.take(vec![voice(1, 1, 1)]).await;
    let claim = bench.get(WorkKind::Tutor, T0).await;
    let said = Membership { member: true, at: at(5) };
    bench.note_membership(claim.lease, said).await.unwrap();
    bench.crash();
    assert_eq!(bench.membership(user).await.unwrap(), Some(said));
    assert_eq!(bench.membership(UserId(2)).await.unwrap(), None);
    let claim = bench.get(WorkKind::Tutor, T0).await;
    let left = Membership { member: false, at: at(6) };
    bench.note_membership(claim.lease, left).await.unwrap();
    assert_eq!(bench.membership(user).await.unwrap(), Some(left));
    // Deleted while Telegram was asked: nothing is kept.
    forget(bench, 2, 1, at(7)).await;
    assert!(matches!(bench.note_membership(claim.lease, said).await, Err(StoreError::Gone)));
    bench.crash();
    assert_eq!(bench.membership(user).await.unwrap(), None);
    assert_eq!(bench.counts().await.unwrap(), Counts::default());
}

pub async fn an_announcement_is_made_once_and_survives(bench: &mut Bench) {
    let letters = AlertKind::DeadLetters;
    assert_eq!(bench.announce(news(7, letters, 1, "one"), at(10)).await.unwrap(), Announced::Told);
    assert!(bench.rang(WorkKind::Delivery));
    bench.crash();
    assert_eq!(bench.told(UserId(7), letters).await.unwrap(), Some(Told { at: at(10), of: at(1) }));
    assert_eq!(bench.announce(news(7, letters, 1, "again"), at(20)).await.unwrap(), Announced::Known);
    let soon = Announced::NotBefore(at(10 + QUIET_MS));
    assert_eq!(bench.announce(news(7, letters, 2, "soon"), at(20)).await.unwrap(), soon);
    // Another admin and another kind have hours of their own.
    assert_eq!(bench.announce(news(8, letters, 2, "other"), at(20)).await.unwrap(), Announced::Told);
    let restored = news(7, AlertKind::StoreRestored, 2, "restored");
    assert_eq!(bench.announce(restored, at(20)).await.unwrap(), Announced::Told);
    bench.crash();
    let first = bench.get(WorkKind::Delivery, at(20)).await;
    assert_eq!((first.job.user, first.job.chat.0, first.job.lane), (UserId(7), 7, Lane::Local));
    assert_eq!(
        (first.job.task, words(&first.outbox[0].reply)),
        (Task::Deliver { update_id: None }, "one".to_owned())
    );
    assert_eq!(first.learner.user, UserId(7), "one who never wrote has no record, and gets none");
    let other = bench.get(WorkKind::Delivery, at(20)).await;
    assert_eq!(words(&other.outbox[0].reply), "other");
    bench.none(WorkKind::Delivery, at(20)).await;
    bench.delivered(first.lease, 0, Sent::Done).await.unwrap();
    let second = bench.get(WorkKind::Delivery, at(20)).await;
    assert_eq!(words(&second.outbox[0].reply), "restored");
    assert_eq!(bench.learner(UserId(7)).await.unwrap(), None);
    let later = at(10 + QUIET_MS);
    assert_eq!(bench.announce(news(7, letters, 2, "two"), later).await.unwrap(), Announced::Told);
}

pub async fn an_alert_goes_with_its_admin(bench: &mut Bench) {
    bench.take(vec![sticker(1, 7, 7)]).await;
    let claim = bench.get(WorkKind::Local, T0).await;
    bench.commit(claim.lease, Outcome::default(), T0).await.unwrap();
    for kind in [AlertKind::TutorDown, AlertKind::DeadLetters] {
        assert_eq!(bench.announce(news(7, kind, 1, "x"), at(1)).await.unwrap(), Announced::Told);
    }
    let back = news(8, AlertKind::TutorBack, 1, "never heard of");
    assert_eq!(bench.announce(back, at(2)).await.unwrap(), Announced::Known);
    for _ in 0..2 {
        let sending = bench.get(WorkKind::Delivery, at(2)).await;
        bench.delivered(sending.lease, 0, Sent::Done).await.unwrap();
    }
    forget(bench, 2, 7, at(3)).await;
    bench.crash();
    assert_eq!(bench.told(UserId(7), AlertKind::TutorDown).await.unwrap(), None);
    assert_eq!(bench.told(UserId(7), AlertKind::DeadLetters).await.unwrap(), None);
    assert_eq!(bench.counts().await.unwrap(), Counts::default());
}

pub async fn menus_and_a_hidden_channel_are_kept(bench: &mut Bench) {
    assert_eq!((bench.menus().await.unwrap(), bench.hidden().await.unwrap()), (Vec::new(), None));
    for user in [7, -17, 8, 7] {
        bench.note_menu(UserId(user), true).await.unwrap();
    }
    let hidden = |since| Some(Hidden { channel: "@school".to_owned(), since: at(since) });
    bench.note_hidden(hidden(1)).await.unwrap();
    bench.note_hidden(hidden(2)).await.unwrap();
    bench.crash();
    let mut menus = bench.menus().await.unwrap();
    menus.sort_unstable();
    assert_eq!(menus, [UserId(-17), UserId(7), UserId(8)]);
    assert_eq!(bench.hidden().await.unwrap(), hidden(2));
    bench.note_menu(UserId(8), false).await.unwrap();
    bench.note_menu(UserId(9), false).await.unwrap();
    bench.note_hidden(None).await.unwrap();
    // Nothing is left of one who is deleted.
    forget(bench, 1, 7, at(3)).await;
    bench.crash();
    assert_eq!((bench.menus().await.unwrap(), bench.hidden().await.unwrap()), (vec![UserId(-17)], None));
}
