//! One of the tutor's servers, as its last calls show it: does it answer, and do all calls fail for different
//! voices. Must not know what it is asked.

use crate::domain::Timestamp;
use crate::tutor::streak::{Blame, Streak};
use crate::tutor::{Part, Reach};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use uuid::Uuid;

pub(super) struct Server {
    name: &'static str,
    record: Mutex<Record>,
    news: Arc<Notify>,
}

#[derive(Default)]
struct Record {
    reach: Reach,
    streak: Streak,
}

impl Record {
    fn reach(&self) -> Reach {
        match (self.reach, self.streak.tutors_fault()) {
            (Reach::No { .. }, _) | (_, None) => self.reach,
            (_, Some((since, failures))) => Reach::Failing { since, failures },
        }
    }

    fn is_there(&mut self, now: Timestamp) {
        if !matches!(self.reach, Reach::Yes { .. }) {
            self.reach = Reach::Yes { since: now };
        }
    }
}

impl Server {
    pub(super) fn new(name: &'static str, news: Arc<Notify>) -> Self {
        Self { name, record: Mutex::default(), news }
    }

    pub(super) fn reach(&self) -> Reach {
        self.lock().reach()
    }

    pub(super) fn part(&self) -> Part {
        Part { name: self.name.to_owned(), reach: self.reach() }
    }

    /// It did what it was asked.
    pub(super) fn answered(&self, now: Timestamp) {
        self.note(|record| {
            record.is_there(now);
            record.streak.succeeded();
        });
    }

    /// It did not. `at_fault`: the server, rather than what it was asked.
    pub(super) fn erred(&self, at_fault: bool, now: Timestamp) {
        self.note(|record| match record.reach {
            _ if !at_fault => record.is_there(now),
            Reach::No { since, failures } => {
                record.reach = Reach::No { since, failures: failures.saturating_add(1) };
            }
            _ => record.reach = Reach::No { since: now, failures: 1 },
        });
    }

    /// It is there, and fails on this voice; whether on others, too, is found out.
    pub(super) fn failed_on(&self, session: Uuid, voice: u64, now: Timestamp) {
        self.note(|record| {
            record.is_there(now);
            record.streak.failed(session, voice, Blame::Unknown, now);
        });
    }

    /// Somebody asked whether it is there.
    pub(super) fn knocked(&self, there: bool, now: Timestamp) {
        if there { self.note(|record| record.is_there(now)) } else { self.erred(true, now) }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(&mut Record)) {
        let mut record = self.lock();
        let before = record.reach();
        change(&mut record);
        let turned = record.reach() != before;
        drop(record);
        if turned {
            self.news.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_down_failing_or_back() {
        let server = Server::new("ears", Arc::default());
        let at = |secs| Timestamp::from_secs(secs);
        assert_eq!(server.reach(), Reach::Unknown);
        server.erred(true, at(1));
        server.erred(true, at(2));
        assert_eq!(server.reach(), Reach::No { since: at(1), failures: 2 });
        server.knocked(true, at(3));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) });
        server.erred(false, at(4));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) }, "one recording it does not take");
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        server.failed_on(one, 7, at(5));
        server.failed_on(one, 7, at(6));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) }, "one voice may be at fault");
        server.failed_on(two, 8, at(7));
        assert_eq!(server.reach(), Reach::Failing { since: at(5), failures: 3 });
        server.answered(at(8));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) });
    }
}
