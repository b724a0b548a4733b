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
    /// Since when it is there and takes no work (its key, its model, too much of it), and how often it said so.
    refuses: Option<(Timestamp, u32)>,
    streak: Streak,
}

/// What a failed call says of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It does not answer.
    Away,
    /// It is there, and takes no work.
    Refuses,
    /// Nothing: the call itself was at fault.
    None,
}

impl Record {
    fn reach(&self) -> Reach {
        match (self.reach, self.refuses.or_else(|| self.streak.tutors_fault())) {
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
            record.refuses = None;
            record.streak.succeeded();
        });
    }

    /// It did not.
    pub(super) fn erred(&self, trouble: Trouble, now: Timestamp) {
        self.note(|record| match (trouble, record.reach) {
            (Trouble::Away, Reach::No { since, failures }) => {
                record.reach = Reach::No { since, failures: failures.saturating_add(1) };
            }
            (Trouble::Away, _) => record.reach = Reach::No { since: now, failures: 1 },
            (Trouble::Refuses, _) => {
                record.is_there(now);
                let (since, failures) = record.refuses.unwrap_or((now, 0));
                record.refuses = Some((since, failures.saturating_add(1)));
            }
            (Trouble::None, _) => record.is_there(now),
        });
    }

    /// It is there, and fails on this voice; whether on others, too, is found out.
    pub(super) fn failed_on(&self, session: Uuid, voice: u64, now: Timestamp) {
        self.note(|record| {
            record.is_there(now);
            record.streak.failed(session, voice, Blame::Unknown, now);
        });
    }

    /// Somebody asked whether it is there; that it takes work again, only work shows.
    pub(super) fn knocked(&self, there: bool, now: Timestamp) {
        self.erred(if there { Trouble::None } else { Trouble::Away }, now);
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
        server.erred(Trouble::Away, at(1));
        server.erred(Trouble::Away, at(2));
        assert_eq!(server.reach(), Reach::No { since: at(1), failures: 2 });
        server.knocked(true, at(3));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) });
        server.erred(Trouble::None, at(4));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) }, "one recording it does not take");
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        server.failed_on(one, 7, at(5));
        server.failed_on(one, 7, at(6));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) }, "one voice may be at fault");
        server.failed_on(two, 8, at(7));
        assert_eq!(server.reach(), Reach::Failing { since: at(5), failures: 3 });
        server.answered(at(8));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) });
        server.erred(Trouble::Refuses, at(9));
        server.knocked(true, at(10));
        assert_eq!(server.reach(), Reach::Failing { since: at(9), failures: 1 }, "there, and of no use");
        server.answered(at(11));
        assert_eq!(server.reach(), Reach::Yes { since: at(3) });
    }
}
