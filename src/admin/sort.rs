//! Sorts `sessions list` in another order than the store's.
//!
//! Done by the client, so that no request uses much of the daemon's memory: about 80 bytes a session, and
//! with a limit at most twice that many sessions at once. Pure; must not know the store.

use super::request::SessionRow;
use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// By user id, oldest session first: the order in an unencrypted store.
    User,
    Created,
    Activity,
    Turns,
}

#[derive(Debug)]
pub(crate) struct Sorter {
    key: Key,
    reverse: bool,
    limit: usize,
    rows: Vec<SessionRow>,
}

impl Sorter {
    pub(crate) fn new(key: Key, reverse: bool, limit: Option<u64>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        Self { key, reverse, limit, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: SessionRow) {
        self.rows.push(row);
        if self.rows.len() >= self.limit.saturating_mul(2).max(1_024) {
            self.trim_to_limit();
        }
    }

    pub(crate) fn end(mut self) -> Vec<SessionRow> {
        self.trim_to_limit();
        self.rows
    }

    fn trim_to_limit(&mut self) {
        let (key, reverse) = (self.key, self.reverse);
        self.rows.sort_unstable_by(|a, b| {
            let order = compare(key, a, b);
            if reverse { order.reverse() } else { order }
        });
        self.rows.truncate(self.limit);
    }
}

fn compare(key: Key, a: &SessionRow, b: &SessionRow) -> Ordering {
    let (a, b) = (&a.session, &b.session);
    let by_key = match key {
        Key::User => Ordering::Equal,
        Key::Created => a.created.cmp(&b.created),
        Key::Activity => a.last_activity.cmp(&b.last_activity),
        Key::Turns => a.turns.cmp(&b.turns),
    };
    // No two rows are equal, so the order is the same every time.
    by_key.then_with(|| (a.user, a.created, a.id).cmp(&(b.user, b.created, b.id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Session, SessionState, Timestamp, UserId};
    use uuid::Uuid;

    fn row(n: i64) -> SessionRow {
        let scattered = (n * 7_919) % 5_003;
        let mut session = Session::open(Uuid::from_u128(n as u128), UserId(scattered), Timestamp(-n));
        session.turns = (scattered % 10) as u32;
        SessionRow { session, state: SessionState::Active }
    }

    #[test]
    fn the_first_of_many_are_those_of_all_sorted() {
        for key in [Key::User, Key::Created, Key::Activity, Key::Turns] {
            for reverse in [false, true] {
                let sorted = |limit| {
                    let mut sorter = Sorter::new(key, reverse, limit);
                    (0..5_000).for_each(|n| sorter.add(row(n)));
                    sorter.end()
                };
                let all = sorted(None);
                assert_eq!(all.len(), 5_000);
                assert_eq!(sorted(Some(7)), all[..7]);
                assert!(sorted(Some(0)).is_empty());
            }
        }
    }
}
