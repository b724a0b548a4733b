//! What to do after a failed attempt. Pure, so that the caller may keep the state of a question wherever it
//! is durable; must not know who asked.

use super::ask::ModelName;
use super::error::{Fault, ModelError, Retry};

/// Attempts at one question that the same model may spoil in a way that waiting does not repair.
const SPOILT: u32 = 2;

/// State of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried<'a> {
    /// The model that just failed.
    pub model: &'a ModelName,
    /// How often this question was asked, including this attempt.
    pub attempts: u32,
    /// The context was halved already.
    pub halved: bool,
    /// Models that may answer instead, best first ([`Models::stand_ins`](super::Models::stand_ins)).
    pub stand_ins: &'a [ModelName],
    /// Another model has been asked in this round already; a round ends with a wait.
    pub stood_in: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Ask the same model with half of the context, at once.
    Halve,
    /// Ask this model instead, at once.
    StandIn {
        model: ModelName,
        /// The learner's own model does not exist any more: tell the learner once, and change it.
        gone: bool,
    },
    /// The message waits, as a voice waits for a tutor that is down, and then starts with the learner's model
    /// again.
    Wait {
        /// Seconds the server asked for; otherwise the caller's own backoff.
        secs: Option<u32>,
        /// Only a person can correct it, so there is no hurry.
        slowly: bool,
    },
    /// This question will not be answered.
    GiveUp,
}

pub fn next(error: &ModelError, tried: &Tried<'_>) -> Next {
    let other = || tried.stand_ins.iter().find(|model| *model != tried.model).filter(|_| !tried.stood_in);
    let retry = error.retry();
    let wait = match retry {
        Retry::LessContext if !tried.halved => return Next::Halve,
        Retry::Never | Retry::LessContext => return Next::GiveUp,
        Retry::Later if matches!(error.fault, Fault::Empty) && tried.attempts > SPOILT => {
            return Next::GiveUp;
        }
        Retry::After(secs) => Next::Wait { secs: Some(secs), slowly: false },
        Retry::Later => Next::Wait { secs: None, slowly: false },
        Retry::OtherModel | Retry::Slowly => Next::Wait { secs: None, slowly: true },
    };
    other().map_or(wait, |model| Next::StandIn { model: model.clone(), gone: retry == Retry::OtherModel })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Slow;

    #[test]
    fn each_fault_leads_on() {
        let (own, other) = (ModelName::new("own"), ModelName::new("other"));
        let stand_in = |gone| Next::StandIn { model: other.clone(), gone };
        let wait = |secs| Next::Wait { secs, slowly: false };
        let slowly = Next::Wait { secs: None, slowly: true };
        for (fault, with_other, alone) in [
            (Fault::NotSent(String::new()), stand_in(false), wait(None)),
            (Fault::Failed { status: 500 }, stand_in(false), wait(None)),
            (Fault::Broken(String::new()), stand_in(false), wait(None)),
            (Fault::TooSlow(Slow::Stalled), stand_in(false), wait(None)),
            (Fault::Busy { status: 429, retry_after: Some(7) }, stand_in(false), wait(Some(7))),
            (Fault::Resting { secs: 30 }, stand_in(false), wait(Some(30))),
            (Fault::Gone { status: 404 }, stand_in(true), slowly.clone()),
            (Fault::Denied { status: 401 }, stand_in(false), slowly),
            (Fault::ContextTooLong, Next::Halve, Next::Halve),
            (Fault::Refused { status: 400 }, Next::GiveUp, Next::GiveUp),
            (Fault::Blind, Next::GiveUp, Next::GiveUp),
        ] {
            let error = ModelError { server: "ai".into(), fault };
            let both = [own.clone(), other.clone()];
            let tried =
                |stand_ins, stood_in| Tried { model: &own, attempts: 1, halved: false, stand_ins, stood_in };
            assert_eq!(next(&error, &tried(&both, false)), with_other, "{error}");
            assert_eq!(next(&error, &tried(&both[..1], false)), alone, "{error}, nobody else");
            assert_eq!(next(&error, &tried(&both, true)), alone, "{error}, the other was asked already");
        }
    }

    #[test]
    fn what_does_not_help_twice_is_given_up() {
        let own = ModelName::new("own");
        let tried =
            |attempts, halved| Tried { model: &own, attempts, halved, stand_ins: &[], stood_in: false };
        let error = |fault| ModelError { server: "ai".into(), fault };
        assert_eq!(next(&error(Fault::ContextTooLong), &tried(2, true)), Next::GiveUp);
        assert_eq!(next(&error(Fault::Empty), &tried(2, false)), Next::Wait { secs: None, slowly: false });
        assert_eq!(next(&error(Fault::Empty), &tried(3, false)), Next::GiveUp);
    }
}
