//! Who answers the admin's commands, in each role of this daemon.
//!
//! Must not know where commands come in, or what is asked.

use super::role::{Role, Roles};
use crate::admin::execute::Context;
use crate::admin::socket::{Desk, Desks};
use crate::app::millis;
use std::sync::Arc;
use tokio::sync::watch;

/// The desk of the role now, and what keeps it up with the role: a future to be run beside.
pub(super) fn desks(mut roles: Roles) -> (Desks, impl Future<Output = ()>) {
    let role = roles.borrow_and_update().clone();
    let (sender, desks) = watch::channel(of(&role));
    let follow = async move {
        while roles.changed().await.is_ok() {
            let role = roles.borrow_and_update().clone();
            sender.send_replace(of(&role));
        }
        // The daemon ends; who is being answered now is answered to the end.
        sender.closed().await;
    };
    (desks, follow)
}

fn of(role: &Role) -> Desk {
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
    }
}
