//! While the inbox is full: looks through the updates at Telegram for commands and takes nothing else.
//!
//! Must not know how a command is answered.

use super::{BATCH, accept};
use crate::bot::placement;
use crate::daemon::DaemonContext;
use crate::daemon::identity::Identity;
use crate::daemon::shutdown::Stop;
use crate::domain::{ChatId, Incoming, Lane, UserId};
use crate::store::StoreError;
use crate::telegram::from_api;
use std::collections::HashSet;
use std::time::Duration;

/// Rows beyond the inbox's capacity, reserved for commands.
pub(crate) const KEPT_FOR_COMMANDS: usize = 1_000;
/// Pause between two looks.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Messages that have to wait at Telegram.
#[derive(Default)]
struct Held {
    first: Option<i64>,
    chats: HashSet<ChatId>,
    users: HashSet<UserId>,
}

impl Held {
    /// Whether this message may be taken before the waiting ones: not if it has its place in the same
    /// conversation.
    fn lets_pass(&self, message: &Incoming) -> bool {
        let in_turn = !self.chats.contains(&message.chat.id) && !self.users.contains(&message.user);
        message.is_command() && (placement(message).lane != Lane::Conversation || in_turn)
    }

    fn add(&mut self, message: &Incoming) {
        self.first.get_or_insert(message.update_id);
        self.chats.insert(message.chat.id);
        self.users.insert(message.user);
    }
}

/// Takes the commands among the next updates and returns the offset to continue from: nothing is confirmed
/// from the first waiting message on. What was taken will be received again, and recognised by its id.
pub(crate) async fn take_commands(
    daemon: &DaemonContext,
    identity: &mut Identity,
    offset: Option<i64>,
    stop: &mut Stop,
) -> Result<Option<i64>, StoreError> {
    let limit = u32::try_from(BATCH).unwrap_or(1);
    let polled = tokio::select! {
        polled = daemon.telegram.poll(offset, limit) => polled,
        () = stop.raised() => return Ok(offset),
    };
    // Failed polls are reported once polling continues.
    let Ok(batch) = polled else { return Ok(offset) };
    let me = identity.for_batch(daemon, &batch).await;
    let now = daemon.clock.now();
    let mut held = Held::default();
    let mut taken = Vec::new();
    for raw in &batch {
        match from_api::incoming(raw, me, now) {
            Ok(Some(message)) if held.lets_pass(&message) => taken.push(raw.clone()),
            Ok(Some(message)) => held.add(&message),
            Ok(None) | Err(_) => {}
        }
    }
    accept(daemon, me, &taken).await?;
    let after = batch.iter().map(|update| update.id).max().map(|id| id.saturating_add(1));
    Ok(held.first.or(after).or(offset))
}
