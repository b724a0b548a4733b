//! One voice taken through a tutor by hand, with the time of each part, so that models can be compared. Nothing is
//! stored, and the tutor is told to forget it. Must not know how the result is shown.

use super::{Answered, SpeechRequest, Spoken, Step, Tutor, TutorError, Utterance, Verdict, Voice};
use crate::domain::stats::{Step as Stopwatch, Tally};
use crate::domain::{
    Admission, Body, Chat, ChatId, ChatKind, Incoming, Job, Learner, Placement, Recording, Session,
    SpokenPart, Task, Timestamp, UserId,
};
use crate::store::StoreError;
use crate::telemetry::Telemetry;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What came of it.
pub(crate) struct Trial {
    pub outcome: Outcome,
    /// Parts and how long they took, ms.
    pub times: Vec<(&'static str, f64)>,
    /// All of it.
    pub took: Duration,
}

pub(crate) enum Outcome {
    Answered {
        answered: Box<Answered>,
        /// The spoken reply, that there is none, or why it could not be had.
        spoken: Result<Option<Spoken>, TutorError>,
    },
    NoSpeech,
    /// A message would wait, for this reason.
    Waits(String),
    /// A message would be given up, for this reason.
    GivenUp(String),
}

/// `learner`: who speaks; its settings count. `telemetry`: the tutor's, fresh.
pub(crate) async fn try_voice(
    tutor: &dyn Tutor,
    telemetry: &Telemetry,
    mut learner: Learner,
    utterance: Utterance,
    now: Timestamp,
) -> Result<Trial, StoreError> {
    let begun = Instant::now();
    let session = Session::open(Uuid::new_v4(), learner.user, now);
    learner.session = Some(session.clone());
    let incoming = voice_of(learner.user, now);
    let task = Task::Handle(incoming.clone(), Admission::Admitted);
    let mut job = Job::new(1, learner.user, incoming.chat.id, Placement::TUTOR_TURN, now, task);
    let clock = move || now.plus_ms(i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX));
    let mut attempt = tutor.attempt();
    let verdict = loop {
        let voice = Voice {
            job: &job,
            incoming: &incoming,
            learner: &learner,
            session: &session,
            opening: &[],
            now: &clock,
        };
        match attempt.step(&voice).await? {
            Step::Record { stage, .. } => job.stage = stage,
            Step::AtWork => {}
            Step::Fetch => attempt.fetched(utterance.clone()),
            Step::Settled(verdict) => break verdict,
        }
    };
    let outcome = match verdict {
        Verdict::Answered(answered) => {
            let words = answered.turn.assessment.reply.clone();
            let wanted = SpeechRequest {
                user: learner.user,
                session: session.id,
                part: SpokenPart::Conversational,
                words,
            };
            let spoken = match attempt.speak(&wanted).await {
                Some(spoken) => spoken,
                None => tutor.speak(&wanted).await,
            };
            Outcome::Answered { answered, spoken }
        }
        Verdict::NoSpeech { .. } => Outcome::NoSpeech,
        Verdict::Wait(setback) => Outcome::Waits(setback.what),
        Verdict::TokensUsedUp => Outcome::Waits("the day's tokens are used up".to_owned()),
        Verdict::GiveUp { what, .. } => Outcome::GivenUp(what),
    };
    let took = begun.elapsed();
    drop(attempt);
    if let Err(error) = tutor.forget(session.id).await {
        tracing::warn!(%error, "the tutor could not forget this conversation");
    }
    Ok(Trial { outcome, times: times(&telemetry.tally()), took })
}

fn times(tally: &Tally) -> Vec<(&'static str, f64)> {
    let of = |step: &Stopwatch| {
        let latency = tally.latency(*step)?;
        Some((step.name(), latency.mean_ms() * latency.count as f64))
    };
    [Stopwatch::Tutor, Stopwatch::Hear, Stopwatch::Judge, Stopwatch::Speech].iter().filter_map(of).collect()
}

fn voice_of(user: UserId, now: Timestamp) -> Incoming {
    let recording =
        Recording { file_id: String::new(), size: None, duration_secs: None, mime: None, extension: None };
    Incoming {
        update_id: 1,
        chat: Chat { id: ChatId(user.0), kind: ChatKind::Private, thread: None },
        user,
        client_language: None,
        message: None,
        date: now,
        body: Body::Voice(recording),
    }
}
