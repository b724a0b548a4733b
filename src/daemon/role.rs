//! What this process is to its store, for those parts of it that are there in every role.
//!
//! Must not know how a role is come by.

use super::DaemonContext;
use super::clock::Clock;
use crate::domain::Timestamp;
use crate::peer::Identity;
use crate::store::server::{Standing, Survives, Tenure};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A candidate that has not looked at the database for so long hangs: looking takes seconds at most, whatever the database
/// does.
const HANGS_AFTER: Duration = Duration::from_secs(120);

/// Changes only as a whole, and everybody sees the same one.
#[derive(Clone)]
pub enum Role {
    /// It waits to take a shared store over. Replaced at each look at the database, about every second.
    Standby(Arc<Standby>),
    /// It polls, works and sends. An embedded store is always its daemon's own.
    Owner(Arc<DaemonContext>),
}

/// Where the role is read, and waited for.
pub type Roles = watch::Receiver<Role>;

/// A shared store's database, as it is told to people.
#[derive(Debug, Clone)]
pub struct Database {
    /// This daemon's own name among those that share it.
    pub node: String,
    pub engine: &'static str,
    /// Host, port and name; no user, no password.
    pub place: String,
    /// What acknowledged writes survive; `None`: it could not be asked yet.
    pub survives: Option<Survives>,
    /// What whoever runs it should know.
    pub caution: Option<&'static str>,
    /// How often this process has become the owner.
    pub take_overs: u64,
}

/// A daemon that stands by.
#[derive(Debug, Clone)]
pub struct Standby {
    pub database: Database,
    /// By which the owner knows it.
    pub me: Identity,
    pub clock: Clock,
    /// When the process began.
    pub began: Timestamp,
    /// `TELEGRAM_BOT_ENABLED`; without it, the store is never taken over.
    pub enabled: bool,
    /// When it last looked at the database, or tried to.
    pub looked: Timestamp,
    /// How things stood at the last look that succeeded; `None`: none has yet.
    pub standing: Option<Standing>,
    /// Why the last look failed; `None`: it did not.
    pub trouble: Option<String>,
}

/// What an owner of a shared store has beside what every owner has.
#[derive(Debug)]
pub struct Ownership {
    pub database: Database,
    pub tenure: Arc<Tenure>,
    /// How things stood when it took over.
    pub standing: Standing,
    /// For how long at least the former owner has done nothing, ms; `None`: there was none.
    pub quiet_ms: Option<u64>,
    /// When the process began.
    pub process_began: Timestamp,
}

impl Role {
    /// Whether it is a role of the same kind, and, of an owner, the same term.
    pub fn goes_on_in(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Standby(_), Self::Standby(_)) => true,
            (Self::Owner(one), Self::Owner(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Returns once the role is another, or nobody is left to change it.
    pub async fn left(&self, roles: &mut Roles) {
        let _ = roles.wait_for(|now| !self.goes_on_in(now)).await;
    }
}

impl Standby {
    /// Whether the database was read at the last look.
    pub fn reads(&self) -> bool {
        self.standing.is_some() && self.trouble.is_none()
    }

    /// Left of the owner's lease by now, ms; 0: nobody owns the store.
    pub fn lease_ms(&self) -> u64 {
        let lease = self.standing.as_ref().map_or(0, |standing| standing.lease_ms);
        let since = self.clock.now().since_ms(self.looked);
        u64::try_from(lease.saturating_sub(since)).unwrap_or(0)
    }

    /// The error says what hangs.
    pub fn alive(&self) -> Result<(), &'static str> {
        let silence = self.clock.now().since_ms(self.looked);
        if silence > crate::app::millis(HANGS_AFTER) {
            return Err("the database has not been looked at for too long");
        }
        Ok(())
    }
}
