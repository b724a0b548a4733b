//! Who answers the admin's commands, in each role of this daemon.
//!
//! Must not know where commands come in, or what is asked.

use super::role::{Database, Role, Roles, Standby};
use super::{DaemonContext, health};
use crate::admin::execute::{Context, Host};
use crate::admin::owner::Lookout;
use crate::admin::shared::{OwnerLook, Part, Shared};
use crate::admin::socket::{Desk, Desks};
use crate::app::millis;
use crate::domain::Timestamp;
use crate::domain::health::Health;
use crate::peer::Identity;
use crate::store::StoreError;
use crate::store::server::{Candidate, Standing};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a command waits for the first answer of the database after the start.
const FIRST_LOOK_WITHIN: Duration = Duration::from_secs(5);

/// The desk of the role now, and what keeps it up with the role: a future to be run beside.
pub(super) fn desks(mut roles: Roles) -> (Desks, impl Future<Output = ()>) {
    let mut role = roles.borrow_and_update().clone();
    let (sender, desks) = watch::channel(of(&role, &roles));
    let follow = async move {
        loop {
            role.left(&mut roles).await;
            let now = roles.borrow_and_update().clone();
            if now.goes_on_in(&role) {
                // The daemon ends; who is being answered now is answered to the end.
                return sender.closed().await;
            }
            // Who is being answered is cut off with the role: nothing of a term may outlive it.
            sender.send_replace(of(&now, &roles));
            role = now;
        }
    };
    (desks, follow)
}

fn of(role: &Role, roles: &Roles) -> Desk {
    match role {
        Role::Owner(daemon) => {
            let config = &daemon.app.config;
            Desk::Here(Arc::new(Context {
                store: daemon.app.store.clone(),
                root: config.session_storage_path.clone(),
                session_timeout_ms: millis(config.session_timeout),
                session_retention_ms: millis(config.session_retention),
                default_language: config.default_language,
                host: daemon.clone(),
            }))
        }
        Role::Standby(first) => {
            let desk = Arc::new(StandbyDesk {
                first: first.clone(),
                since: first.clock.now(),
                roles: roles.clone(),
            });
            Desk::Owner { host: desk.clone(), owner: desk }
        }
    }
}

/// What an owner of a shared store says of itself.
pub(super) fn shared_of(daemon: &DaemonContext) -> Option<Shared> {
    let ownership = daemon.ownership.as_ref()?;
    Some(shared(Part::Owner, daemon.began, &ownership.database, Some(&ownership.standing.owner)))
}

fn shared(role: Part, since: Timestamp, database: &Database, owner: Option<&Candidate>) -> Shared {
    Shared {
        role,
        node: database.node.clone(),
        since,
        owner: owner.map(|owner| OwnerLook { node: owner.node.clone(), addr: owner.addr.clone() }),
        survives: database.survives,
    }
}

/// A standby's: the owner answers.
struct StandbyDesk {
    /// As it was when the daemon began to stand by.
    first: Arc<Standby>,
    since: Timestamp,
    roles: Roles,
}

impl StandbyDesk {
    fn now(&self) -> Arc<Standby> {
        match &*self.roles.borrow() {
            Role::Standby(standby) => standby.clone(),
            // Another desk is in charge in a moment.
            Role::Owner(_) => self.first.clone(),
        }
    }
}

#[async_trait]
impl Host for StandbyDesk {
    fn now(&self) -> Timestamp {
        self.first.clock.now()
    }

    fn shared(&self) -> Option<Shared> {
        let standby = self.now();
        let owner = standby.standing.as_ref().filter(|_| standby.lease_ms() > 0).map(|it| &it.owner);
        Some(shared(Part::Standby, self.since, &standby.database, owner))
    }

    async fn health(&self) -> Option<Health> {
        Some(health::of_standby(&self.now()))
    }
}

#[async_trait]
impl Lookout for StandbyDesk {
    async fn standing(&self) -> Result<Standing, StoreError> {
        let has_looked = |role: &Role| match role {
            Role::Owner(_) => true,
            Role::Standby(standby) => standby.standing.is_some() || standby.trouble.is_some(),
        };
        let _ = timeout(FIRST_LOOK_WITHIN, self.roles.clone().wait_for(has_looked)).await;
        if matches!(&*self.roles.borrow(), Role::Owner(_)) {
            // Another desk is in charge in a moment, and whoever asks this one is told so.
            std::future::pending::<()>().await;
        }
        let standby = self.now();
        let left = i64::try_from(standby.lease_ms()).unwrap_or(i64::MAX);
        match (&standby.standing, &standby.trouble) {
            // Without the database the owner goes on as long as its lease lasts.
            (Some(standing), Some(_)) if left > 0 => Ok(Standing { lease_ms: left, ..standing.clone() }),
            (_, Some(trouble)) => {
                Err(StoreError::Unavailable { place: self.place(), detail: trouble.clone() })
            }
            (Some(standing), None) => Ok(standing.clone()),
            (None, None) => Err(StoreError::Unavailable {
                place: self.place(),
                detail: "it has not answered since this daemon was started".to_owned(),
            }),
        }
    }

    async fn over(&self, epoch: u64) {
        let is_over = |role: &Role| match role {
            Role::Owner(_) => true,
            // A look that fails says nothing about the owner.
            Role::Standby(standby) => {
                standby.standing.as_ref().is_some_and(|it| it.epoch != epoch || it.lease_ms <= 0)
            }
        };
        let _ = self.roles.clone().wait_for(is_over).await;
    }

    fn shared(&self) -> Option<Shared> {
        Host::shared(self)
    }

    fn identity(&self) -> &Identity {
        &self.first.me
    }

    fn place(&self) -> String {
        self.first.database.place.clone()
    }
}
