//! Until when the owner of a shared store may act, by this machine's clock.
//!
//! Telegram and the tutor cannot refuse a former owner, so it has to stop by itself, and before its lease ends at the
//! server: each renewal is counted from the moment it was asked for, less a margin for what is already on its way. The
//! clock goes on while the process is stopped or the machine sleeps. Must not know who asks, or how the lease is renewed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A lease of ownership at the server.
pub const LEASE: Duration = Duration::from_secs(6);
/// How often it is renewed.
pub const RENEW_EVERY: Duration = Duration::from_secs(2);
/// How long before the end of its lease the owner stops to act.
const MARGIN: Duration = Duration::from_secs(1);

/// Why a tenure has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The lease could not be renewed in time; with what the server said last.
    NotRenewed(String),
    /// Another daemon owns the store.
    Fenced,
    /// It was given back.
    Released,
}

/// Shared by all who act for the owner.
#[derive(Debug)]
pub struct Tenure {
    /// On this machine's clock, ms since its start.
    until: AtomicI64,
    /// The last failure to renew.
    trouble: Mutex<String>,
    ended: watch::Sender<Option<Ended>>,
}

/// A moment at which a renewal was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked(i64);

impl Asked {
    pub fn now() -> Self {
        Self(clock_ms())
    }
}

impl Tenure {
    /// Begins with a take-over that was asked for at `asked`.
    pub fn begin(asked: Asked) -> Self {
        let tenure = Self {
            until: AtomicI64::new(i64::MIN),
            trouble: Mutex::default(),
            ended: watch::Sender::new(None),
        };
        tenure.renewed(asked);
        tenure
    }

    /// The server has acknowledged a renewal that was asked for at `asked`.
    pub fn renewed(&self, asked: Asked) {
        self.until.fetch_max(asked.0 + ms(LEASE) - ms(MARGIN), Ordering::AcqRel);
    }

    /// A renewal failed, and may be tried again.
    pub fn troubled(&self, what: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// Whether the owner may act. To be asked right before something is sent that cannot be fenced.
    pub fn holds(&self) -> bool {
        self.ended.borrow().is_none() && !self.left().is_zero()
    }

    /// How long it still lasts without another renewal; zero: it is over.
    pub fn left(&self) -> Duration {
        if self.ended.borrow().is_some() {
            return Duration::ZERO;
        }
        let left = self.until.load(Ordering::Acquire).saturating_sub(clock_ms());
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// Ends it; what ended it first counts.
    pub fn end(&self, why: Ended) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            if first {
                *ended = Some(why);
            }
            first
        });
    }

    /// Returns when it has ended, and why.
    pub async fn over(&self) -> Ended {
        let mut ended = self.ended.subscribe();
        loop {
            if let Some(why) = ended.borrow_and_update().clone() {
                return why;
            }
            let left = self.left();
            if left.is_zero() {
                let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
                self.end(Ended::NotRenewed(trouble));
                continue;
            }
            tokio::select! {
                _ = ended.changed() => {}
                () = tokio::time::sleep(left) => {}
            }
        }
    }
}

fn ms(of: Duration) -> i64 {
    i64::try_from(of.as_millis()).unwrap_or(i64::MAX)
}

/// Of the machine, which counts while it sleeps.
fn clock_ms() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec.saturating_mul(1_000).saturating_add(now.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_counts_from_when_it_was_asked_for() {
        let tenure = Tenure::begin(Asked::now());
        assert!(tenure.holds() && tenure.left() <= LEASE - MARGIN);
        let late = Tenure::begin(Asked(clock_ms() - ms(LEASE)));
        assert!(!late.holds() && late.left().is_zero());
        late.renewed(Asked::now());
        assert!(late.holds());
        late.renewed(Asked(0));
        assert!(late.holds(), "an answer that comes late takes nothing back");
    }

    #[tokio::test]
    async fn it_ends_once_and_for_its_first_reason() {
        let tenure = Tenure::begin(Asked::now());
        tenure.end(Ended::Fenced);
        tenure.end(Ended::Released);
        assert!(!tenure.holds());
        tenure.renewed(Asked::now());
        assert!(!tenure.holds(), "a renewal does not revive it");
        assert_eq!(tenure.over().await, Ended::Fenced);
        let over = Tenure::begin(Asked(clock_ms() - ms(LEASE)));
        over.troubled("no route".to_owned());
        assert_eq!(over.over().await, Ended::NotRenewed("no route".to_owned()));
    }
}
