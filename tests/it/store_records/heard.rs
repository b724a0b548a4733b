//! A row whose voice the built-in tutor has heard.

use super::*;

#[test]
fn what_was_heard_is_kept_with_its_row() {
    let word = |text: &str, start_ms, confidence| SpokenWord {
        text: text.to_owned(),
        start_ms,
        end_ms: start_ms + 250,
        confidence,
    };
    let transcript = Transcript {
        text: "I goed, yes.".to_owned(),
        words: vec![word("I", 100, Some(0.75)), word("goed,", 400, Some(0.25)), word("yes.", 900, None)],
        no_speech: Some(0.125),
        avg_logprob: Some(-0.5),
    };
    let heard = |transcript| {
        let stage = Stage::Heard { transcript, voice_ms: 4_321 };
        let waiting_for = Some(WaitReason::RecogniserDown);
        let mut job = Job::new(
            9,
            UserId(2),
            ChatId(3),
            Placement::TUTOR_TURN,
            T0,
            Task::Handle(voice(1, 2, 3), Admission::Admitted),
        );
        (job.stage, job.waiting_for) = (stage, waiting_for);
        job
    };
    holds("job-heard", &heard(transcript));
    holds("job-heard-words-alone", &heard(Transcript { text: "Yes.".to_owned(), ..Transcript::default() }));
}
