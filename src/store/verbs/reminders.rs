//! Daily reminders: which are due, and one of them sent, marked and planned anew in one transaction.
//!
//! Must not know the words.

use super::outbox;
use super::person::Person;
use crate::domain::reminder::{self, Due, judge};
use crate::domain::{ChatId, Day, Job, Learner, Placement, Reply, Task, Timestamp, UserId};
use crate::store::engine::Range;
use crate::store::kinds;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Reader, Store, StoreError, keys};

/// A reminder that fell due.
#[derive(Debug, Clone, PartialEq)]
pub struct DueReminder {
    pub due: Timestamp,
    pub learner: Learner,
}

impl Reader {
    /// Those due at `now`, and those planned for a time so late that the clock must have been wrong then; at most `limit`,
    /// and the time of the next one.
    pub async fn reminders(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<DueReminder>, Option<Timestamp>), StoreError> {
        self.look(move |state| reminders(state, now, limit)).await
    }
}

impl Store {
    /// Sends a due reminder, unless there is a reason not to ([`judge`]), and plans the next one. Nothing happens when it was
    /// changed since it was found due.
    pub async fn remind(
        &self,
        user: UserId,
        due: Timestamp,
        replies: Vec<Reply>,
        now: Timestamp,
    ) -> Result<Due, StoreError> {
        self.change(move |state| remind(state, user, due, replies, now)).await
    }
}

fn reminders(
    state: &State,
    now: Timestamp,
    limit: usize,
) -> Result<(Vec<DueReminder>, Option<Timestamp>), StoreError> {
    let all = || Range::prefix(keys::kind(kinds::REMINDER_DUE));
    let mut found = state.list_keys(&all().before(keys::reminders_due_after(now)), limit)?;
    let sane = keys::reminders_due_after(reminder::latest_sane(now));
    let room = limit.saturating_sub(found.len());
    found.extend(state.list_keys(&all().after(&sane), room)?);
    let later = state.list_keys(&all().after(&keys::reminders_due_after(now)), 1)?;
    let mut due = Vec::new();
    for (at, user) in found.iter().filter_map(|key| keys::reminded(key)) {
        due.extend(state.learner(user)?.map(|learner| DueReminder { due: at, learner }));
    }
    Ok((due, later.first().and_then(|key| keys::reminded(key)).map(|(at, _)| at)))
}

fn remind(
    state: &mut State,
    user: UserId,
    due: Timestamp,
    replies: Vec<Reply>,
    now: Timestamp,
) -> Result<Due, StoreError> {
    state.advance(now);
    let mut person = Person::load(state, user)?;
    if !person.exists() {
        return Ok(Due::LeftOut);
    }
    let learner = person.learner_mut(now);
    let date = reminder::date(learner, due);
    let today: Option<Day> = state.get(&keys::day(user, date))?;
    let verdict = judge(learner, due, today.as_ref(), now);
    let zone = learner.zone.clone();
    let Some(reminder) = learner.reminder.as_mut().filter(|reminder| reminder.due == Some(due)) else {
        return Ok(Due::LeftOut);
    };
    if verdict == Due::Sent {
        reminder.last_day = Some(date);
    }
    reminder.plan(now, zone.as_deref());
    let mut tx = Tx::default();
    person.write(&mut tx)?;
    let mut row = None;
    if verdict == Due::Sent && !replies.is_empty() {
        // A private chat has its user's id (Bot API "Chat").
        let chat = state.chat(ChatId(user.0));
        let seq = state.new_seq(&mut tx)?;
        let job = Job::new(seq, user, chat, Placement::OWN_WORDS, now, Task::Deliver { update_id: None });
        outbox::put(state, &mut tx, seq, replies)?;
        tx.put(keys::inbox(seq), &job)?;
        row = Some(job);
    }
    state.apply(tx)?;
    if let Some(job) = row {
        state.schedule.insert(&job);
    }
    Ok(verdict)
}
