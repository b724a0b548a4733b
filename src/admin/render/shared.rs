//! What is said of a shared store: who owns it, who was asked, what it survives. Must not know who asks.

use super::moment;
use crate::admin::shared::{OwnerLook, Part, Shared};
use crate::domain::printable;
use crate::store::server::Survives;
use std::fmt::Write as _;

/// A table below the others.
pub(crate) fn shared_text(shared: &Shared) -> String {
    let mut text = String::from("\nSHARED STORE\n");
    let node = printable::line(&shared.node);
    let owner = shared.owner.as_ref().map_or_else(|| "nobody".to_owned(), owner);
    let since = moment(shared.since);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<28} {value}");
    };
    match shared.role {
        Part::Owner => line("owner", &format!("{owner}, since {since}")),
        Part::Standby => {
            line("owner", &format!("{owner}, whose numbers these are"));
            line("asked through", &format!("{node}, which stands by since {since}"));
        }
        Part::Command if shared.owner.is_none() => line("owner", "nobody: no daemon runs"),
        Part::Command => {
            line("owner", &format!("{owner}, whose numbers these are"));
            line("asked through", "no daemon: none runs on this machine");
        }
    }
    line("what is stored survives", survives(shared.survives));
    text
}

/// One line.
pub(crate) fn shared_line(shared: &Shared) -> String {
    let owner = shared.owner.as_ref().map_or_else(|| "nobody".to_owned(), owner);
    let node = printable::line(&shared.node);
    match shared.role {
        Part::Owner => format!("{owner} owns the shared store"),
        Part::Standby => format!("{owner} owns the shared store; relayed by {node}, which stands by"),
        Part::Command => format!("{owner} owns the shared store; no daemon runs on this machine"),
    }
}

fn owner(owner: &OwnerLook) -> String {
    let (node, addr) = (printable::line(&owner.node), printable::line(&owner.addr));
    if addr.is_empty() { node.into_owned() } else { format!("{node} ({addr})") }
}

fn survives(what: Option<Survives>) -> &'static str {
    match what {
        None => "not known yet",
        Some(Survives::Machine) => "the end of the database's machine, not its loss",
        Some(Survives::TwoMachines) => "the loss of one of the database's machines",
    }
}
