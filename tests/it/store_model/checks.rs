//! What must hold after every step and at the end.

use super::model::Row;
use super::{Op, Run};
use phonicflow_bot::domain::{Job, Stage, Timestamp, WorkKind};

impl Run {
    /// Everything that can be seen from outside is as the model has it.
    pub async fn compare(&mut self) {
        let seen = |row: &Row| {
            (
                row.seq,
                row.user,
                row.chat,
                row.lane,
                row.kind,
                row.due,
                row.attempts,
                row.submissions,
                row.submitted,
                row.told,
            )
        };
        let row = |job: &Job| {
            let submitted = matches!(job.stage, Stage::Submitted { .. });
            let (kind, due) = (job.work, job.not_before);
            (
                job.seq,
                job.user.0,
                job.chat.0,
                job.lane,
                kind,
                due,
                job.failures(),
                job.submissions,
                submitted,
                job.told_late,
            )
        };
        let jobs = self.bench.jobs(None, 10_000).await.unwrap();
        self.model.rows.sort_by_key(|row| row.seq);
        assert_eq!(
            jobs.iter().map(row).collect::<Vec<_>>(),
            self.model.rows.iter().map(seen).collect::<Vec<_>>()
        );
        let letters = self.bench.dead_letters(None, 10_000).await.unwrap();
        self.model.dead.sort_by_key(|row| row.seq);
        let dead: Vec<u64> = self.model.dead.iter().map(|row| row.seq).collect();
        assert_eq!(letters.iter().map(|letter| letter.job.seq).collect::<Vec<_>>(), dead);
        let counts = self.bench.counts().await.unwrap();
        let leased = self.model.rows.iter().filter(|row| row.lease.is_some()).count();
        let delivering = self.model.rows.iter().filter(|row| row.kind == WorkKind::Delivery).count();
        assert_eq!(
            (counts.inbox, counts.delivering, counts.leased, counts.dead),
            (self.model.rows.len(), delivering, leased, dead.len())
        );
    }

    /// What a claim that finds nothing has to tell.
    pub fn next_due(&self, kind: WorkKind) -> Option<Timestamp> {
        let heads = &self.model.claimable(Timestamp(i64::MAX)) - &self.model.claimable(self.model.clock);
        let parked = self.model.rows.iter().filter(|row| row.kind == kind && heads.contains(&row.seq));
        parked.map(|row| row.due).min()
    }

    /// Nothing acknowledged may be stuck or lost: all that is left can be brought to its end.
    pub async fn drain(&mut self) {
        self.step(Op::Crash).await;
        self.leases.clear();
        while !self.model.rows.is_empty() {
            self.now = self.now.plus_ms(1000);
            let before = self.leases.len();
            for kind in 0..4 {
                self.step(Op::Claim(kind)).await;
            }
            assert!(self.leases.len() > before, "stuck: {:?}", self.model.rows);
            while let Some(claim) = self.leases.last().cloned() {
                if claim.job.work == WorkKind::Delivery {
                    for _ in &claim.outbox {
                        self.step(Op::Delivered(0, 0, 0)).await;
                    }
                } else {
                    self.step(Op::Commit(0, 1)).await;
                }
                self.leases.pop();
            }
        }
    }
}
