//! A learner's place in the queue for the tutor. Must not change anything.

use super::{Queue, Row, Schedule, Standing};
use crate::domain::{Urgency, UserId, WorkKind};

impl Schedule {
    /// A learner's rows for the tutor, and how many of others go before the first of them.
    pub fn place(&self, user: UserId) -> crate::store::Place {
        let tutor_rows = |queue: &Queue| -> Vec<(u64, Row)> {
            let rows = queue.iter().filter_map(|seq| Some((seq, *self.rows.get(&seq)?)));
            rows.filter(|(_, row)| row.kind == WorkKind::Tutor).collect()
        };
        let own = self.users.get(&user).map(tutor_rows).unwrap_or_default();
        let Some((seq, first)) = own.first() else { return crate::store::Place::default() };
        let others = |seq: &u64| self.rows.get(seq).is_some_and(|row| row.user != user);
        let pool = &self.tutor;
        let leased = |until: u64| pool.leased.range(..until).filter(|(_, seq)| others(seq)).count();
        let ready = |until: u64| {
            leased(u64::MAX)
                + pool.ready.range(..(Urgency::First, until)).filter(|(_, seq)| others(seq)).count()
        };
        let parked = pool.parked.range(..(first.not_before, *seq)).filter(|(_, seq)| others(seq)).count();
        let ahead = match first.standing {
            Standing::Leased(token) => leased(token),
            Standing::Ready(_, turn) => ready(turn),
            Standing::Parked => ready(u64::MAX) + parked,
            Standing::Behind => {
                // Older rows of others in a shared chat go first as well, unless counted already.
                let lane = self.chats.get(&(first.chat, first.lane)).map(tutor_rows).unwrap_or_default();
                let older = lane.iter().filter(|(other, row)| {
                    other < seq
                        && row.user != user
                        && matches!(row.standing, Standing::Behind | Standing::Parked)
                });
                ready(u64::MAX) + older.count()
            }
        };
        crate::store::Place { own: own.len(), ahead }
    }
}
