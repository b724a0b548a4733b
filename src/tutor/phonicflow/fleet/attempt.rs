//! One attempt at a voice where there are several tutors: settles which of them is asked, and keeps that with the
//! conversation before it is. Must not know how a tutor is asked.

use super::{Fleet, Member};
use crate::domain::{Change, Job, Session, Stage};
use crate::store::StoreError;
use crate::tutor::phonicflow::attempt::PhonicFlowAttempt;
use crate::tutor::{Attempt, SpeechRequest, Spoken, Step, TutorError, Utterance, Verdict, Voice};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::OwnedSemaphorePermit;

pub(super) struct FleetAttempt<'a> {
    fleet: &'a Fleet,
    at: Option<Chosen<'a>>,
}

/// The tutor that was chosen for an attempt, and the attempt there.
pub(super) struct Chosen<'a> {
    pub(super) member: &'a Member,
    attempt: PhonicFlowAttempt<'a>,
    /// Its conversation is new to this tutor, and not to another.
    pub(super) is_new: bool,
    /// What the row submitted elsewhere is not to be found any more.
    moved: bool,
    /// No tutor has anything of the conversation: another does as well.
    pub(super) anywhere: bool,
    room: Option<OwnedSemaphorePermit>,
    _in_hand: InHand,
}

/// A turn in hand of a tutor, counted until it is dropped.
struct InHand(Arc<AtomicUsize>);

impl<'a> Chosen<'a> {
    pub(super) fn new(member: &'a Member) -> Self {
        Self {
            member,
            attempt: PhonicFlowAttempt::new(&member.tutor),
            is_new: false,
            moved: false,
            anywhere: false,
            room: None,
            _in_hand: InHand::of(member),
        }
    }

    pub(super) fn moved(mut self) -> Self {
        self.moved = true;
        self
    }
}

impl InHand {
    fn of(member: &Member) -> Self {
        member.in_hand.fetch_add(1, Ordering::AcqRel);
        Self(member.in_hand.clone())
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<'a> FleetAttempt<'a> {
    pub(super) fn new(fleet: &'a Fleet) -> Self {
        Self { fleet, at: None }
    }
}

#[async_trait]
impl Attempt for FleetAttempt<'_> {
    async fn step(&mut self, voice: &Voice<'_>) -> Result<Step, StoreError> {
        loop {
            let chosen = match self.at.take() {
                Some(chosen) => chosen,
                None => self.fleet.choose(voice).await?,
            };
            let chosen = self.at.insert(chosen);
            // Its history is asked for before a turn is counted there.
            let session = chosen.is_new.then(|| Session { tutor_turns: None, ..voice.session.clone() });
            let job = chosen.moved.then(|| Job { stage: Stage::Taken, ..voice.job.clone() });
            let seen = Voice {
                session: session.as_ref().unwrap_or(voice.session),
                job: job.as_ref().unwrap_or(voice.job),
                ..*voice
            };
            match chosen.attempt.step(&seen).await? {
                Step::Fetch => {
                    // What was submitted in a conversation that was left is not there; today's may be with another tutor.
                    let left = voice.job.stage.conversation().is_some_and(|past| past != voice.session.id);
                    if left && !chosen.moved {
                        self.at = Some(self.fleet.place(voice.session).await.moved());
                        continue;
                    }
                    // Downloaded voices lie in memory: few of them wait.
                    chosen.room = chosen.member.room.clone().acquire_owned().await.ok();
                    return Ok(Step::Fetch);
                }
                Step::Record { stage, mut changes } => {
                    let id = chosen.member.id;
                    self.fleet.note(voice.session.id, id, chosen.is_new);
                    changes.push(Change::TutorChosen(voice.session.id, id));
                    return Ok(Step::Record { stage, changes });
                }
                Step::Settled(Verdict::Wait(setback)) => {
                    let setback = self.fleet.elsewhere(chosen, setback);
                    return Ok(Step::Settled(Verdict::Wait(setback)));
                }
                step => return Ok(step),
            }
        }
    }

    fn fetched(&mut self, utterance: Utterance) {
        if let Some(chosen) = &mut self.at {
            chosen.attempt.fetched(utterance);
        }
    }

    async fn speak(&mut self, speech: &SpeechRequest) -> Option<Result<Option<Spoken>, TutorError>> {
        self.at.as_mut()?.attempt.speak(speech).await
    }
}
