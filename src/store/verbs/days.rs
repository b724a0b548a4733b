//! What learners did day by day, on their local dates.
//!
//! Must not know what counts: a [`Day`] does.

use crate::domain::local_day::local_day;
use crate::domain::{DAYS_KEPT, Day, Learner, Timestamp, UserId};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Reader, StoreError, keys};

impl Reader {
    /// The days from `since` on with something on them, in order.
    pub async fn days(&self, user: UserId, since: i32) -> Result<Vec<Day>, StoreError> {
        self.look(move |state| {
            let range = Range::prefix(keys::days_of(user)).after(&keys::day(user, since.saturating_sub(1)));
            Ok(state
                .list(&range, usize::try_from(DAYS_KEPT).unwrap_or_default() + 1)?
                .into_iter()
                .map(|(_, day)| day)
                .collect())
        })
        .await
    }

    pub async fn day(&self, user: UserId, day: i32) -> Result<Option<Day>, StoreError> {
        self.look(move |state| state.get(&keys::day(user, day))).await
    }
}

/// A learner's day within one transaction.
pub(crate) struct Today {
    user: UserId,
    goal: u16,
    before: Option<Day>,
    day: Day,
}

impl Today {
    pub fn load(state: &State, learner: &Learner, now: Timestamp) -> Result<Self, StoreError> {
        let today = local_day(now, learner.zone.as_deref());
        let before: Option<Day> = state.get(&keys::day(learner.user, today))?;
        let day = before.clone().unwrap_or_else(|| Day::on(today));
        Ok(Self { user: learner.user, goal: learner.daily_goal, before, day })
    }

    pub fn date(&self) -> i32 {
        self.day.day
    }

    /// `change` gets the day and the learner's daily goal.
    pub fn note(&mut self, change: impl FnOnce(&mut Day, u16)) {
        change(&mut self.day, self.goal);
    }

    pub fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        let unchanged = match &self.before {
            Some(before) => *before == self.day,
            None => self.day == Day::on(self.day.day),
        };
        if unchanged { Ok(()) } else { tx.put(keys::day(self.user, self.day.day), &self.day) }
    }
}

/// Removes the days of a learner that were kept long enough.
pub(crate) fn drop_old(
    state: &State,
    tx: &mut Tx,
    learner: &Learner,
    now: Timestamp,
) -> Result<(), StoreError> {
    let oldest = local_day(now, learner.zone.as_deref()).saturating_sub(DAYS_KEPT);
    let first_kept = keys::day(learner.user, oldest);
    state.scan(&Range::prefix(keys::days_of(learner.user)), false, &mut |key, _| {
        let old = key < first_kept.as_slice();
        if old {
            tx.delete(key.to_vec());
        }
        Ok(old)
    })
}
