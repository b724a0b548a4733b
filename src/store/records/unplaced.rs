//! The place in the queue of rows written by versions that did not store it: it followed from the message.
//!
//! Never changed: these are the commands of those versions, whatever is a command today. Must not know how
//! rows are stored.

use crate::domain::{Admission, Body, Lane, Task, WorkKind};

pub fn work(task: &Task) -> WorkKind {
    match task {
        Task::Handle(incoming, Admission::Admitted) if matches!(incoming.body, Body::Voice(_)) => {
            WorkKind::Tutor
        }
        Task::Handle(..) => WorkKind::Local,
        Task::Deliver { .. } => WorkKind::Delivery,
        Task::Draw { .. } => WorkKind::Model,
    }
}

/// Whether such a row goes before older ones that wait for the tutor.
pub fn leaving(task: &Task, lane: &Lane) -> bool {
    let Task::Handle(incoming, Admission::Admitted) = task else { return false };
    let Body::Command { name, .. } = &incoming.body else { return false };
    *lane == Lane::Conversation && matches!(name.as_str(), "new" | "reset" | "delete")
}
