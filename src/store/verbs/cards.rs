//! A learner's cards: changed with a row's outcome, found by the day they are due without a look at the others.
//!
//! Must not know when a card is due again, or why.

use super::days::Today;
use super::person::Person;
use crate::domain::{Card, CardBook, CardChange, MOST_CARDS, NewCard, Review, Timestamp, UserId};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Reader, StoreError, keys};
use std::collections::{BTreeMap, BTreeSet};

/// Largest page, whatever is asked for, so that the thread can serve others.
const PAGE: usize = 1_000;

/// How many cards a learner has, and how many of them are due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CardCounts {
    pub cards: usize,
    pub learnt: usize,
    /// Reviewed before and due.
    pub due: usize,
    /// Never reviewed and due.
    pub new: usize,
}

impl Reader {
    pub async fn card(&self, user: UserId, id: u32) -> Result<Option<Card>, StoreError> {
        self.look(move |state| state.get(&keys::card(user, id))).await
    }

    /// Due on `today` at the latest, the longest due first: those never reviewed (`new`), or the others.
    pub async fn due_cards(
        &self,
        user: UserId,
        new: bool,
        today: i32,
        limit: usize,
    ) -> Result<Vec<Card>, StoreError> {
        self.look(move |state| {
            let due = due(user, new, today);
            let mut found = Vec::new();
            for key in state.list_keys(&due, limit.min(PAGE))? {
                if let Some(id) = keys::due_card(&key) {
                    found.extend(state.get::<Card>(&keys::card(user, id))?);
                }
            }
            Ok(found)
        })
        .await
    }

    pub async fn card_counts(&self, user: UserId, today: i32) -> Result<CardCounts, StoreError> {
        self.look(move |state| {
            let CardBook { cards, learnt, .. } =
                state.learner(user)?.map(|learner| learner.cards).unwrap_or_default();
            let count = |new| state.count(&due(user, new, today));
            Ok(CardCounts {
                cards: cards as usize,
                learnt: learnt as usize,
                due: count(false)?,
                new: count(true)?,
            })
        })
        .await
    }

    /// In the order of their numbers, those after `after`, at most `limit`.
    pub async fn cards(&self, user: UserId, after: u32, limit: usize) -> Result<Vec<Card>, StoreError> {
        self.look(move |state| {
            let range = Range::prefix(keys::cards_of(user)).after(&keys::card(user, after));
            Ok(state.list(&range, limit.min(PAGE))?.into_iter().map(|(_, card)| card).collect())
        })
        .await
    }

    /// The latest first, without the first `skip`, at most `limit`.
    pub async fn latest_cards(
        &self,
        user: UserId,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Card>, StoreError> {
        self.look(move |state| {
            let (mut passed, mut found) = (0, Vec::new());
            state.scan(&Range::prefix(keys::cards_of(user)), true, &mut |_, bytes| {
                if passed < skip {
                    passed += 1;
                } else if found.len() < limit.min(PAGE) {
                    found.push(crate::store::records::decode(bytes)?);
                }
                Ok(found.len() < limit.min(PAGE))
            })?;
            Ok(found)
        })
        .await
    }

    /// Whether this is a card already.
    pub async fn is_card(&self, user: UserId, card: &NewCard) -> Result<bool, StoreError> {
        let (source, back) = card.origin();
        let origin = keys::card_origin(user, (source, &back));
        self.look(move |state| Ok(!state.list_keys(&Range::prefix(origin), 1)?.is_empty())).await
    }
}

fn due(user: UserId, new: bool, today: i32) -> Range {
    Range::prefix(keys::cards_due_of(user, new)).before(keys::cards_due_after(user, new, today))
}

/// The cards that one transaction touches, as they were and as they become.
struct Touched<'a> {
    state: &'a State,
    user: UserId,
    cards: BTreeMap<u32, (Option<Card>, Option<Card>)>,
    /// Of cards added in this transaction.
    origins: BTreeSet<Vec<u8>>,
}

impl Touched<'_> {
    /// A card as it is by now.
    fn get(&mut self, id: u32) -> Result<Option<&mut Card>, StoreError> {
        if !self.cards.contains_key(&id) {
            let card: Option<Card> = self.state.get(&keys::card(self.user, id))?;
            self.cards.insert(id, (card.clone(), card));
        }
        Ok(self.cards.get_mut(&id).and_then(|(_, now)| now.as_mut()))
    }

    fn is_there(&mut self, card: &NewCard) -> Result<bool, StoreError> {
        let (source, back) = card.origin();
        let origin = keys::card_origin(self.user, (source, &back));
        let there = !self.state.list_keys(&Range::prefix(origin.clone()), 1)?.is_empty();
        Ok(there || !self.origins.insert(origin))
    }
}

pub(crate) fn change(
    state: &State,
    tx: &mut Tx,
    person: &mut Person,
    today: &mut Today,
    changes: Vec<CardChange>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let learner = person.learner_mut(now);
    let (user, mut book) = (learner.user, learner.cards);
    let mut touched = Touched { state, user, cards: BTreeMap::new(), origins: BTreeSet::new() };
    let mut count = book.cards;
    for change in changes {
        match change {
            CardChange::Add(new) => {
                if count < MOST_CARDS && !touched.is_there(&new)? {
                    count = count.saturating_add(1);
                    book.last_id = book.last_id.saturating_add(1);
                    let card = Card::new(book.last_id, new, today.date());
                    touched.cards.insert(card.id, (None, Some(card)));
                }
            }
            CardChange::Edit { id, front, back } => {
                if let Some(card) = touched.get(id)? {
                    card.edit(front, back);
                }
            }
            CardChange::Remove(id) => {
                touched.get(id)?;
                if let Some((_, now)) = touched.cards.get_mut(&id)
                    && now.take().is_some()
                {
                    count = count.saturating_sub(1);
                }
            }
            CardChange::Suspend(id, suspended) => {
                if let Some(card) = touched.get(id)? {
                    card.suspended = suspended;
                }
            }
            CardChange::Reviewed(id, review) => reviewed(&mut touched, today, id, review, true)?,
            CardChange::Regraded(id, review) => reviewed(&mut touched, today, id, review, false)?,
            CardChange::Drilled(voice_ms) => today.note(|day, goal| day.note_drill(voice_ms, goal)),
        }
    }
    let book = touched
        .cards
        .values()
        .fold(book, |book, (before, after)| balanced(book, before.as_ref(), after.as_ref()));
    for (id, (before, after)) in &touched.cards {
        if before != after {
            tx.replace(keys::card(user, *id), before.as_ref(), after.as_ref())?;
        }
    }
    person.learner_mut(now).cards = book;
    Ok(())
}

fn reviewed(
    touched: &mut Touched<'_>,
    today: &mut Today,
    id: u32,
    review: Review,
    counts: bool,
) -> Result<(), StoreError> {
    if let Some(card) = touched.get(id)? {
        if counts {
            let first = card.is_new();
            today.note(|day, _| day.note_review(first));
        }
        card.review(review);
    }
    Ok(())
}

/// The numbers after a card has become another one.
fn balanced(mut book: CardBook, before: Option<&Card>, after: Option<&Card>) -> CardBook {
    let step = |count: u32, before: bool, after: bool| match (before, after) {
        (false, true) => count.saturating_add(1),
        (true, false) => count.saturating_sub(1),
        _ => count,
    };
    book.cards = step(book.cards, before.is_some(), after.is_some());
    book.learnt = step(book.learnt, before.is_some_and(Card::is_learnt), after.is_some_and(Card::is_learnt));
    book
}
