//! What is stored about one learner, and the changes it may undergo.
//!
//! Changes are small facts applied inside the store's transaction, because the two lanes of one learner may
//! finish at the same time and neither may overwrite the other's work. Must not know where it is stored.

use super::card::CardBook;
pub use super::choices::{LanguageChoice, Level, Translation};
use super::drill::{Drill, DrillChange};
use super::ids::{Timestamp, TutorId, UserId};
use super::incoming::Chat;
use super::language::Language;
use super::reminder::Reminder;
use super::session::Session;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Everything stored about one learner except finished turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learner {
    pub user: UserId,
    /// When the learner first wrote.
    pub first_seen: Timestamp,
    /// Language of the bot's own sentences.
    pub language: LanguageChoice,
    /// Last language that the Telegram client named.
    pub client_language: Option<String>,
    /// When the Portuguese translation is shown.
    pub translation: Translation,
    /// Whether the reply is also spoken.
    pub voice_reply: bool,
    /// The learner blocked the bot: nothing is sent until the next message.
    pub blocked: bool,
    /// When the last notice of a kind that is sent at most once a minute was sent: about unusable content, or
    /// a refusal.
    pub other_notice_at: Option<Timestamp>,
    /// The open conversation of the private chat.
    pub session: Option<Session>,
    /// When the learner was last told that too many messages wait.
    pub crowded_notice_at: Option<Timestamp>,
    /// Level of English, where known.
    pub level: Option<Level>,
    /// When a conversation of another bot was imported: it counts as last used then, if that is later.
    pub imported_at: Option<Timestamp>,
    /// The chat model's role, by the name of its persona file; `None`: the default.
    pub persona: Option<String>,
    /// The chat model chosen by the learner; `None`: `DEFAULT_MODEL`.
    pub model: Option<String>,
    /// Tokens used on the last day with any.
    pub tokens: DayTokens,
    /// The last missing model that the learner was told of.
    pub told_gone: Option<String>,
    /// The learner was told what underlined words in a transcript mean.
    pub underlining_explained: bool,
    /// IANA name of the time zone; `None`: not asked yet, UTC counts.
    pub zone: Option<String>,
    /// Minutes to speak a day; 0: no goal.
    pub daily_goal: u16,
    /// Whether replies are spoken slower.
    pub slower: bool,
    /// New cards a day; `None`: as many as most learn.
    pub new_cards_per_day: Option<u8>,
    /// Practice aloud.
    pub drill: Drill,
    /// The daily reminder, once one was set.
    pub reminder: Option<Reminder>,
    pub cards: CardBook,
    /// The open conversations of groups and topics, one each.
    pub elsewhere: Vec<Session>,
    /// When the learner was asked to name a city, if the answer is still to come.
    pub place_asked: Option<Timestamp>,
}

/// Most conversations open in groups and topics at once: one more ends the one that was not used for longest.
pub const OPEN_ELSEWHERE: usize = 32;

/// The daily goal of who has not chosen one, minutes: a handful of messages.
pub const DAILY_GOAL: u16 = 5;

/// Tokens of one UTC day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTokens {
    /// Days since 1970-01-01.
    pub day: i64,
    /// Tokens used on that day.
    pub used: u64,
}

impl DayTokens {
    /// Tokens used on the day of `now`.
    pub fn on(self, now: Timestamp) -> u64 {
        if self.day == day_of(now) { self.used } else { 0 }
    }

    /// Adds tokens used at `now`.
    pub fn spend(&mut self, tokens: u64, now: Timestamp) {
        *self = Self { day: day_of(now), used: self.on(now).saturating_add(tokens) };
    }
}

fn day_of(now: Timestamp) -> i64 {
    now.0.div_euclid(DAY_MS)
}

pub const DAY_MS: i64 = 86_400_000;

/// One fact that changes a learner's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Language(LanguageChoice),
    Translation(Translation),
    VoiceReply(bool),
    Blocked(bool),
    /// A notice of a kind that is sent at most once a minute was sent.
    OtherNotice(Timestamp),
    /// By the learner's own account.
    Level(Option<Level>),
    Persona(Option<String>),
    Model(Option<String>),
    /// A chat model answered and used this many tokens.
    TokensSpent(u64, Timestamp),
    /// The learner was told that this model no longer exists.
    ToldGone(String),
    UnderliningExplained,
    /// A conversation begins; the one open in its place is archived (by the store, in the same transaction).
    SessionOpened(Session),
    /// A conversation begins unless one is open in its place, because another lane may have opened one.
    SessionEnsured(Session),
    /// The learner did something in this conversation.
    SessionTouched(Uuid, Timestamp),
    /// An open conversation ends.
    SessionArchived(Uuid, Timestamp),
    /// Turns that the tutor's history is known to hold now (`None`: unknown).
    TutorTurns(Uuid, Option<u32>),
    /// An IANA name; a question for it is answered with that.
    Zone(String),
    /// The learner is asked to name a city, or no longer.
    PlaceAsked(Option<Timestamp>),
    /// Minutes.
    DailyGoal(u16),
    Slower(bool),
    NewCardsPerDay(u8),
    Drill(DrillChange),
    /// The daily reminder at this minute of the local day; `None`: none any more.
    Reminder(Option<u16>),
    /// This one of several tutors is about to be given a turn of this conversation.
    TutorChosen(Uuid, TutorId),
}

impl Learner {
    pub fn new(user: UserId, now: Timestamp) -> Self {
        Self {
            user,
            first_seen: now,
            language: LanguageChoice::Auto,
            client_language: None,
            translation: Translation::Always,
            voice_reply: true,
            blocked: false,
            other_notice_at: None,
            session: None,
            crowded_notice_at: None,
            level: None,
            imported_at: None,
            persona: None,
            model: None,
            tokens: DayTokens::default(),
            told_gone: None,
            underlining_explained: false,
            zone: None,
            daily_goal: DAILY_GOAL,
            slower: false,
            new_cards_per_day: None,
            drill: Drill::default(),
            reminder: None,
            cards: CardBook::default(),
            elsewhere: Vec::new(),
            place_asked: None,
        }
    }

    /// `default`: `DEFAULT_LANGUAGE`, if it names a language.
    pub(crate) fn speaks(&self, default: Option<Language>) -> Language {
        match self.language {
            LanguageChoice::Fixed(language) => language,
            LanguageChoice::Auto => default
                .or_else(|| self.client_language.as_deref().and_then(Language::from_tag))
                .unwrap_or(Language::En),
        }
    }

    /// The conversations that are open, wherever.
    pub fn open_sessions(&self) -> impl Iterator<Item = &Session> {
        self.session.iter().chain(&self.elsewhere)
    }

    pub(crate) fn open_sessions_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.session.iter_mut().chain(&mut self.elsewhere)
    }

    /// The conversation that is open in this chat and topic.
    pub fn session_in(&self, chat: Chat) -> Option<&Session> {
        match Session::place_of(chat) {
            None => self.session.as_ref(),
            place => self.elsewhere.iter().find(|open| open.place == place),
        }
    }

    /// Whether this conversation is open.
    pub(crate) fn is_open(&self, session: Uuid) -> bool {
        self.open_sessions().any(|open| open.id == session)
    }

    /// Whether the learner began anew since something was said in this conversation.
    pub(crate) fn has_left(&self, session: Uuid) -> bool {
        !self.is_open(session)
    }

    /// Start of the idle time and the retention of an open conversation: its last use, or its import.
    pub(crate) fn in_use_since(&self, open: &Session) -> Timestamp {
        let imported = self.imported_at.filter(|_| open.place.is_none());
        imported.map_or(open.last_activity, |imported| imported.max(open.last_activity))
    }

    /// Applies one change. Returns the session that it closed, to be archived.
    pub(crate) fn apply(&mut self, change: Change) -> Option<Session> {
        match change {
            Change::Language(choice) => self.language = choice,
            Change::Translation(choice) => self.translation = choice,
            Change::VoiceReply(on) => self.voice_reply = on,
            Change::Blocked(blocked) => self.blocked = blocked,
            Change::OtherNotice(at) => self.other_notice_at = Some(at),
            Change::Level(level) => self.level = level,
            Change::Persona(persona) => self.persona = persona,
            Change::Model(model) => self.model = model,
            Change::TokensSpent(tokens, at) => self.tokens.spend(tokens, at),
            Change::ToldGone(model) => self.told_gone = Some(model),
            Change::Zone(zone) => (self.zone, self.place_asked) = (Some(zone), None),
            Change::PlaceAsked(at) => self.place_asked = at,
            Change::DailyGoal(minutes) => self.daily_goal = minutes,
            Change::Slower(slower) => self.slower = slower,
            Change::UnderliningExplained => self.underlining_explained = true,
            Change::NewCardsPerDay(count) => self.new_cards_per_day = Some(count),
            Change::Drill(change) => self.drill.apply(change),
            Change::Reminder(Some(minute)) => self.reminder = Some(Reminder::at(minute, self.reminder)),
            Change::Reminder(None) => {
                if let Some(reminder) = &mut self.reminder {
                    (reminder.on, reminder.due) = (false, None);
                }
            }
            Change::SessionOpened(session) => {
                if self.is_open(session.id) {
                    return None;
                }
                let opened = session.created;
                return self.replace(session).map(|old| closed(old, opened));
            }
            Change::SessionEnsured(session) => {
                if !self.open_sessions().any(|open| open.place == session.place) {
                    let opened = session.created;
                    return self.replace(session).map(|old| closed(old, opened));
                }
            }
            Change::SessionTouched(id, at) => {
                if let Some(session) = self.open_sessions_mut().find(|open| open.id == id) {
                    session.last_activity = session.last_activity.max(at);
                }
            }
            Change::TutorChosen(id, tutor) => {
                if let Some(session) = self.open_sessions_mut().find(|open| open.id == id) {
                    session.tutor = Some(tutor);
                }
            }
            Change::SessionArchived(id, at) => {
                let old = match self.elsewhere.iter().position(|open| open.id == id) {
                    Some(place) => Some(self.elsewhere.remove(place)),
                    None => self.session.take_if(|open| open.id == id),
                };
                return old.map(|old| closed(old, at));
            }
            Change::TutorTurns(id, turns) => {
                if let Some(session) = self.open_sessions_mut().find(|open| open.id == id) {
                    session.tutor_turns = turns;
                }
            }
        }
        None
    }

    /// Opens a conversation in its place; the one that has to give way to it.
    fn replace(&mut self, session: Session) -> Option<Session> {
        if session.place.is_none() {
            return self.session.replace(session);
        }
        if let Some(old) = self.elsewhere.iter_mut().find(|open| open.place == session.place) {
            return Some(std::mem::replace(old, session));
        }
        let full = self.elsewhere.len() >= OPEN_ELSEWHERE;
        let unused = self.elsewhere.iter().enumerate().min_by_key(|(_, open)| open.last_activity);
        let unused = unused.map(|(nth, _)| nth).filter(|_| full);
        let old = unused.map(|nth| self.elsewhere.remove(nth));
        self.elsewhere.push(session);
        old
    }
}

fn closed(mut session: Session, at: Timestamp) -> Session {
    session.archived_at = Some(at);
    session
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ChatId, ChatKind};

    fn place(n: i64) -> Chat {
        Chat { id: ChatId(-n), kind: ChatKind::Group, thread: None }
    }

    fn session(n: i64) -> Session {
        let session = Session::open(Uuid::from_u128(n.unsigned_abs().into()), UserId(1), Timestamp(n));
        session.held_in(place(n))
    }

    #[test]
    fn as_many_conversations_are_open_as_there_is_room_for_and_the_one_unused_for_longest_ends() {
        let mut learner = Learner::new(UserId(1), Timestamp(0));
        let room = i64::try_from(OPEN_ELSEWHERE).unwrap();
        for n in 1..=room {
            assert_eq!(learner.apply(Change::SessionOpened(session(n))), None);
        }
        learner.apply(Change::SessionTouched(session(1).id, Timestamp(1_000)));
        let ended = learner.apply(Change::SessionEnsured(session(room + 1))).unwrap();
        assert_eq!((ended.id, ended.archived_at), (session(2).id, Some(Timestamp(room + 1))));
        assert_eq!(learner.open_sessions().count(), OPEN_ELSEWHERE);
        assert!(learner.session_in(place(1)).is_some() && learner.session_in(place(2)).is_none());
        // Where one is open nobody has to give way.
        assert_eq!(learner.apply(Change::SessionEnsured(session(1))), None);
        let another = Session { id: Uuid::max(), ..session(1) };
        assert_eq!(learner.apply(Change::SessionOpened(another)).unwrap().id, session(1).id);
        let ended = learner.apply(Change::SessionArchived(Uuid::max(), Timestamp(5))).unwrap();
        assert_eq!(ended.place, Some(place(1)));
    }
}
