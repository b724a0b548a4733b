//! What a learner gets of a voice that was answered, whichever tutor answered it: the messages with their buttons, and the turn
//! to keep. Must not know tutors.

use crate::bot::HandlerContext;
use crate::bot::under_answer::{self, Offer};
use crate::domain::lesson::{self, Answer};
use crate::domain::speech::SpokenWord;
use crate::domain::{Change, Incoming, Outcome, Turn};
use crate::store::Claim;

/// `words`: those of the transcript, where the tutor knows them.
pub(crate) fn answered(
    context: &HandlerContext,
    incoming: &Incoming,
    claim: &Claim,
    turn: Turn,
    words: &[SpokenWord],
) -> Outcome {
    let (learner, seq) = (&claim.learner, claim.job.seq);
    let phrases = context.phrases(learner);
    // What somebody else said is nothing this learner has to practise.
    let has_coaching = !turn.assessment.coaching.trim().is_empty();
    let to_draw = turn.to_draw && has_coaching && !turn.of_another && context.models.is_some();
    let turn = Turn { seq, chat: Some(incoming.chat), to_draw, ..turn };
    let keyboards = under_answer::keyboards(&Offer { context, learner, phrases, turn: &turn }, incoming);
    let language = learner.speaks(context.rules.default_language);
    let composed = lesson::compose(
        incoming,
        learner,
        language,
        Answer { turn: &turn, words, under_words: keyboards.words, under_voice: keyboards.voice },
    );
    let changes = composed.explained.then_some(Change::UnderliningExplained).into_iter().collect();
    let turn = (!turn.assessment.is_empty()).then_some(turn);
    Outcome { changes, turn, replies: composed.replies, ..Outcome::default() }
}
