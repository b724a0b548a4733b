//! Several PhonicFlow tutors: which of them a conversation belongs to.
//!
//! A conversation stays with the tutor that holds its history, known by its address and so wherever it stands
//! in the list; a new one goes to the tutor with the fewest turns in hand of those that answer. Must not know
//! how a tutor is asked.

mod attempt;

use super::{PhonicFlow, PhonicFlowOptions};
use crate::domain::{RecordedTurn, Session, Setback, Stage, Transcript, TutorId, UserId};
use crate::store::StoreError;
use crate::tutor::{
    Attempt, Part, Reach, Slots, SpeechRequest, Spoken, Surroundings, Tutor, TutorError, Utterance, Voice,
};
use async_trait::async_trait;
use attempt::{Chosen, FleetAttempt};
use bytes::Bytes;
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Voices downloaded and decoded in advance for each tutor.
const PREPARED_AHEAD: usize = 2;
/// Voices in hand for each tutor that wait without being downloaded: so many learners of a tutor that stands
/// still do not hold up those of the others.
const WAITING_ROOM: usize = 32;
/// Most conversations whose tutor is kept in memory.
const KNOWN: usize = 10_000;
/// Pause before a new conversation that its tutor did not take is offered to another, ms.
const ELSEWHERE_MS: i64 = 100;
/// How often a tutor that is down is asked whether it is back, while there is work.
const KNOCK_EVERY: Duration = Duration::from_secs(10);

pub(crate) struct Fleet {
    first: Member,
    others: Vec<Member>,
    /// Counts new conversations, which are given in turn to those that are equally free. Locked while one is given, so
    /// that two at once do not go to the same.
    given: Mutex<usize>,
    /// The tutors of conversations of this run, where only one can know them.
    known: Mutex<BTreeMap<Uuid, TutorId>>,
    surroundings: Surroundings,
}

struct Member {
    id: TutorId,
    /// For admins.
    name: String,
    tutor: Arc<PhonicFlow>,
    /// When it was last asked whether it is back.
    knocked: Mutex<Option<Instant>>,
    /// Turns in hand, those that wait for a slot included.
    in_hand: Arc<AtomicUsize>,
    /// A permit for each voice that may lie in memory for it.
    room: Arc<Semaphore>,
}

impl Member {
    fn new(options: PhonicFlowOptions, surroundings: &Surroundings) -> Result<Self, TutorError> {
        let id = TutorId::of_address(&options.base_url);
        // Names appear in logs and metrics, which hold no URLs.
        let name = options
            .place
            .rsplit_once("://")
            .map_or("", |(_, rest)| rest)
            .trim_start_matches("***@")
            .to_owned();
        let room = Arc::new(Semaphore::new(options.at_once + PREPARED_AHEAD));
        let tutor = Arc::new(PhonicFlow::new(options, surroundings.clone())?);
        Ok(Self { id, name, tutor, knocked: Mutex::default(), in_hand: Arc::default(), room })
    }

    fn is_down(&self) -> bool {
        matches!(self.tutor.reach(), Reach::No { .. })
    }

    fn is_well(&self) -> bool {
        matches!(self.tutor.reach(), Reach::Yes { .. } | Reach::Unknown)
    }

    /// Troubles first, then turns in hand.
    fn burden(&self) -> (u8, usize) {
        let trouble = u8::from(!self.is_well()) + u8::from(self.is_down());
        (trouble, self.in_hand.load(Ordering::Acquire))
    }
}

impl Fleet {
    /// Connects to nothing yet.
    pub(in crate::tutor) fn new(
        first: PhonicFlowOptions,
        others: Vec<PhonicFlowOptions>,
        surroundings: Surroundings,
    ) -> Result<Self, TutorError> {
        let member = |options| Member::new(options, &surroundings);
        let (first, others) = (member(first)?, others.into_iter().map(member).collect::<Result<_, _>>()?);
        let (given, known) = Default::default();
        Ok(Self { first, others, given, known, surroundings })
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = &Member> + Clone {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn listed(&self, id: TutorId) -> Option<&Member> {
        self.all().find(|member| member.id == id)
    }

    /// The one that answers and has the fewest turns in hand, in turn where several do; now it has one more.
    fn least_busy(&self) -> Chosen<'_> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        *given = given.wrapping_add(1);
        let least = self.all().map(Member::burden).min();
        let equal: Vec<&Member> = self.all().filter(|member| Some(member.burden()) == least).collect();
        let turn = given.wrapping_sub(1).checked_rem(equal.len()).unwrap_or(0);
        Chosen::new(equal.get(turn).copied().unwrap_or(&self.first))
    }

    /// The tutor with this conversation; `None`: it may as well be given to another.
    async fn home(&self, session: &Session) -> Option<&Member> {
        let kept = session.tutor_turns != Some(0);
        match session.tutor {
            Some(id) => self.listed(id).filter(|member| kept || member.is_well()),
            None if kept => Some(self.search(session.id).await),
            None => None,
        }
    }

    /// Of a conversation from before there were several tutors: whoever remembers most of it, else the first.
    async fn search(&self, session: Uuid) -> &Member {
        let histories = join_all(self.all().map(|member| member.tutor.history(session))).await;
        let turns = histories.into_iter().map(|history| history.map_or(0, |turns| turns.len()));
        let mut found = (0, &self.first);
        for (turns, member) in turns.zip(self.all()) {
            if turns > found.0 {
                found = (turns, member);
            }
        }
        found.1
    }

    /// Settles who is asked: where a voice was submitted already, else where its conversation belongs.
    async fn choose(&self, voice: &Voice<'_>) -> Result<Chosen<'_>, StoreError> {
        self.look_for_the_lost();
        let Some(submitted) = voice.job.stage.conversation() else {
            return Ok(self.place(voice.session).await);
        };
        let stored = if voice.session.id == submitted {
            voice.session.tutor
        } else {
            let session = self.surroundings.reader.session(voice.job.user, submitted).await?;
            session.and_then(|session| session.tutor)
        };
        let member = match stored {
            Some(id) => self.listed(id),
            None => Some(self.search(submitted).await),
        };
        Ok(match member {
            Some(member) => Chosen::new(member),
            None => self.place(voice.session).await.moved(),
        })
    }

    /// Where a conversation goes on.
    async fn place(&self, session: &Session) -> Chosen<'_> {
        if let Some(member) = self.home(session).await {
            return Chosen::new(member);
        }
        let mut chosen = self.least_busy();
        chosen.anywhere = session.tutor_turns == Some(0);
        // What another tutor knows of it is unknown here; or it is the same tutor under another address.
        chosen.is_new = session.tutor.is_some();
        chosen
    }

    /// Asks those that are down whether they are back: perhaps no conversation is theirs, so that nothing else
    /// would.
    fn look_for_the_lost(&self) {
        for member in self.all().filter(|member| member.is_down()) {
            let mut knocked = member.knocked.lock().unwrap_or_else(PoisonError::into_inner);
            if knocked.is_none_or(|at| at.elapsed() >= KNOCK_EVERY) {
                *knocked = Some(Instant::now());
                let tutor = member.tutor.clone();
                tokio::spawn(async move { tutor.knock().await });
            }
        }
    }

    /// A conversation that is nowhere yet does not wait for a tutor that is down while another is up.
    fn elsewhere(&self, chosen: &Chosen<'_>, setback: Setback) -> Setback {
        let free = chosen.anywhere && setback.stage == Stage::Taken && chosen.member.is_down();
        if free && self.all().any(|member| !member.is_down()) {
            return Setback { pause_ms: ELSEWHERE_MS, tell: false, ..setback };
        }
        setback
    }

    /// The tutors that may know a conversation: its own, or all where that is not known.
    async fn may_know(&self, session: Uuid, user: Option<UserId>) -> Vec<&Member> {
        let mut id = self.known().get(&session).copied();
        if let (None, Some(user)) = (id, user) {
            let stored = self.surroundings.reader.session(user, session).await.ok().flatten();
            id = stored.and_then(|session| session.tutor);
        }
        match id.and_then(|id| self.listed(id)) {
            Some(member) => vec![member],
            None => self.all().collect(),
        }
    }

    /// A turn of this conversation is about to be handed over. `is_new`: another tutor may know it as well.
    fn note(&self, session: Uuid, id: TutorId, is_new: bool) {
        let mut known = self.known();
        if known.len() >= KNOWN {
            known.clear();
        }
        if is_new {
            known.remove(&session);
        } else {
            known.insert(session, id);
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Uuid, TutorId>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Tutor for Fleet {
    fn attempt(&self) -> Box<dyn Attempt + '_> {
        Box::new(FleetAttempt::new(self))
    }

    async fn transcribe(
        &self,
        row: u64,
        session: Uuid,
        utterance: Utterance,
    ) -> Result<Transcript, TutorError> {
        let chosen = self.least_busy();
        chosen.member.tutor.transcribe(row, session, utterance).await
    }

    fn transcribes_in_passing(&self) -> bool {
        self.first.tutor.transcribes_in_passing()
    }

    async fn speak(&self, speech: &SpeechRequest) -> Result<Option<Spoken>, TutorError> {
        let mut answer = Ok(None);
        for member in self.may_know(speech.session, Some(speech.user)).await {
            answer = member.tutor.speak(speech).await;
            if matches!(answer, Ok(Some(_))) {
                break;
            }
        }
        answer
    }

    async fn forget(&self, session: Uuid) -> Result<(), TutorError> {
        let members = self.may_know(session, None).await;
        let forgotten = join_all(members.iter().map(|member| member.tutor.forget(session))).await;
        forgotten.into_iter().collect()
    }

    async fn history(&self, session: Uuid) -> Option<Vec<RecordedTurn>> {
        let members = self.may_know(session, None).await;
        let recalled = join_all(members.iter().map(|member| member.tutor.history(session))).await;
        recalled.into_iter().flatten().max_by_key(Vec::len)
    }

    /// As of the best of them: as long as one answers, there is a tutor.
    fn reach(&self) -> Reach {
        let rank = |reach: &Reach| match reach {
            Reach::Yes { .. } => 0,
            Reach::Unknown => 1,
            Reach::Failing { .. } => 2,
            Reach::No { .. } => 3,
        };
        self.all().map(|member| member.tutor.reach()).min_by_key(rank).unwrap_or_default()
    }

    fn reach_in(&self, session: &Session) -> Reach {
        let kept = session.tutor.filter(|_| session.tutor_turns != Some(0));
        kept.and_then(|id| self.listed(id)).map_or_else(|| self.reach(), |member| member.tutor.reach())
    }

    fn parts(&self) -> Vec<Part> {
        let part = |member: &Member| Part { name: member.name.clone(), reach: member.tutor.reach() };
        self.all().map(part).collect()
    }

    async fn knock(&self) -> Result<(), TutorError> {
        let knocked = join_all(self.all().map(|member| member.tutor.knock())).await;
        knocked.into_iter().reduce(|one, other| if one.is_ok() { one } else { other }).unwrap_or(Ok(()))
    }

    fn longest_turn(&self) -> Duration {
        self.all().map(|member| member.tutor.longest_turn()).max().unwrap_or_default()
    }

    fn speaks_latest_only(&self) -> bool {
        true
    }

    fn remembers(&self) -> bool {
        true
    }

    fn slots(&self) -> Slots {
        let slots = self.all().map(|member| member.tutor.slots());
        slots.fold(Slots { used: 0, of: 0 }, |all, one| Slots {
            used: all.used + one.used,
            of: all.of + one.of,
        })
    }

    fn in_hand(&self) -> usize {
        self.slots().of + WAITING_ROOM * self.all().count()
    }

    async fn take_metrics(&self, events: Bytes) -> Result<bool, TutorError> {
        let up = self.all().filter(|member| !member.is_down());
        let taken = join_all(up.map(|member| member.tutor.take_metrics(events.clone()))).await;
        taken.into_iter().try_fold(false, |any, taken| Ok(any | taken?))
    }
}
