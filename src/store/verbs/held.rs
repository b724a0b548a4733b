//! Everything held about one learner, piece by piece: all kinds that are declared a learner's, and the learner's rows.
//!
//! Must not know what the kinds are, or who asks.

use crate::domain::data_export::{Held, Pending};
use crate::domain::{DeadLetter, Job, UserId};
use crate::store::engine::Range;
use crate::store::kinds::{self, Declared, Kind, Of, Whose};
use crate::store::state::State;
use crate::store::{Purge, Reader, StoreError, keys};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A page ends after this many records or bytes, so that the thread can serve others.
const PIECES: usize = 256;
const BYTES: usize = 256 << 10;

/// Continue after `next` until there is none.
#[derive(Debug, Default)]
pub(crate) struct HeldPage {
    pub held: Vec<Held>,
    /// Length of these as stored.
    pub bytes: usize,
    pub next: Option<Vec<u8>>,
}

impl Reader {
    /// In the order in which kinds are declared, a session before its turns.
    pub(crate) async fn held(&self, user: UserId, after: Option<Vec<u8>>) -> Result<HeldPage, StoreError> {
        self.look(move |state| {
            let mut walk = Walk { state, user, after: after.unwrap_or_default(), page: HeldPage::default() };
            walk.all()?;
            Ok(walk.page)
        })
        .await
    }
}

struct Walk<'a> {
    state: &'a State,
    user: UserId,
    /// The last key of the page before.
    after: Vec<u8>,
    page: HeldPage,
}

impl Walk<'_> {
    fn all(&mut self) -> Result<(), StoreError> {
        let begun = self.after.first().copied();
        let first = kinds::ALL.iter().position(|declared| Some(declared.kind.byte()) == begun);
        for Declared { kind, whose, .. } in kinds::ALL.iter().skip(first.unwrap_or(0)) {
            match whose {
                Whose::Learner { shown, .. } => self.collection(*kind, *shown)?,
                Whose::Row => self.rows(*kind)?,
                Whose::Index | Whose::Nobody => {}
            }
            if self.page.next.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn collection(&mut self, kind: Kind, shown: Of<Held>) -> Result<(), StoreError> {
        let mut range = Range::prefix(keys::of_learner(kind, self.user));
        if self.after.first() == Some(&kind.byte()) {
            range = range.after(&self.after);
        }
        let state = self.state;
        state.scan(&range, false, &mut |key, bytes| {
            for held in shown(key, bytes)? {
                let session = if let Held::Session(session) = &held { Some(session.id) } else { None };
                self.page.held.push(held);
                self.purge(session)?;
            }
            Ok(self.goes_on(key, bytes.len()))
        })
    }

    /// Notes how much the page holds; whether it goes on after this key.
    fn goes_on(&mut self, key: &[u8], bytes: usize) -> bool {
        self.page.bytes += bytes;
        if self.page.bytes >= BYTES || self.page.held.len() >= PIECES {
            self.page.next = Some(key.to_vec());
        }
        self.page.next.is_none()
    }

    /// Rows and dead letters; what they have left to send comes with them.
    fn rows(&mut self, kind: Kind) -> Result<(), StoreError> {
        let (dead, seqs): (bool, BTreeSet<u64>) = match kind {
            kinds::INBOX => (false, self.state.schedule.rows_of_user(self.user, u64::MAX)),
            kinds::DEAD => (true, self.state.dead_of(self.user)),
            _ => return Ok(()),
        };
        let begun = self.after.first() == Some(&kind.byte());
        let after = keys::seq(&self.after).filter(|_| begun);
        for seq in seqs.into_iter().filter(|seq| Some(*seq) > after) {
            let (key, outbox) = match dead {
                false => (keys::inbox(seq), keys::outbox_of(seq)),
                true => (keys::dead(seq), keys::dead_outbox_of(seq)),
            };
            let (job, given_up) = match dead {
                false => (self.state.get::<Job>(&key)?, None),
                true => match self.state.get::<DeadLetter>(&key)? {
                    Some(letter) => (Some(letter.job), Some((letter.at, letter.reason.with(&letter.detail)))),
                    None => (None, None),
                },
            };
            let Some(job) = job else { continue };
            let left = self.state.list(&Range::prefix(outbox), usize::MAX)?;
            let replies = left.into_iter().map(|(_, message)| message).collect();
            let session = job.stage.conversation();
            self.page.held.push(Held::Pending(Box::new(Pending::new(job, given_up, replies))));
            self.purge(session)?;
            if !self.goes_on(&key, BYTES / 16) {
                break;
            }
        }
        Ok(())
    }

    /// Whether the tutor still has to forget a conversation.
    fn purge(&mut self, session: Option<Uuid>) -> Result<(), StoreError> {
        if let Some(session) = session
            && self.state.get::<Purge>(&keys::purge(session))?.is_some()
        {
            self.page.held.push(Held::Purge(session));
        }
        Ok(())
    }
}
