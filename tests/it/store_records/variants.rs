//! Every variant of every enum in a record keeps its number.

use super::*;

/// One record of each variant.
#[expect(clippy::large_enum_variant, reason = "a few, in a test")]
enum Variant {
    Learner(Learner),
    Job(Box<Job>),
    Out(OutMessage),
}

fn variants() -> Vec<Variant> {
    let mut all = Vec::new();
    for language in
        [LanguageChoice::Auto, LanguageChoice::Fixed(Language::En), LanguageChoice::Fixed(Language::Pt)]
    {
        for translation in [Translation::Always, Translation::OnTap, Translation::Never] {
            all.push(Variant::Learner(Learner { language, translation, ..learner() }));
        }
    }
    let kinds = [
        OtherKind::Sticker,
        OtherKind::Picture,
        OtherKind::Location,
        OtherKind::Document,
        OtherKind::Unknown,
    ];
    let waits = [
        WaitReason::TutorDown,
        WaitReason::TutorUncertain,
        WaitReason::TelegramDown,
        WaitReason::Paced,
        WaitReason::GlobalRate,
        WaitReason::Fault,
    ];
    for (other, waiting_for) in kinds.into_iter().cycle().zip(waits) {
        for lane in [Lane::Conversation, Lane::Local] {
            let task = Task::Handle(message(1, 2, 3, Body::Other(other)), Admission::Admitted);
            let mut job = Job { waiting_for: Some(waiting_for), lane, ..job(9, task, Stage::Taken) };
            if waiting_for == WaitReason::TelegramDown {
                (job.tutor_failures, job.download_failures) = (0, 2);
            }
            all.push(Variant::Job(Box::new(job)));
        }
    }
    for part in [SpokenPart::Conversational, SpokenPart::Coaching] {
        let content = Content::Spoken {
            session: uuid(1),
            part,
            caption: Rich::default(),
            keyboard: Keyboard::default(),
        };
        let reply = Reply { content, ..reply(1, "") };
        all.push(Variant::Out(OutMessage::new(0, reply)));
    }
    all
}

#[test]
fn every_variant_of_every_enum_keeps_its_number() {
    let mut all = Vec::new();
    for variant in variants() {
        all.extend(match variant {
            Variant::Learner(sample) => records::encode(&sample).unwrap(),
            Variant::Job(sample) => records::encode(&*sample).unwrap(),
            Variant::Out(sample) => records::encode(&sample).unwrap(),
        });
    }
    assert_eq!(all, fixture_of(3, "variants.bin", &all));
}

/// They lie one behind the other: the next one is as long as it takes to be read as the sample.
#[test]
fn every_variant_of_version_1_opens() {
    fn next<R: Record + PartialEq>(bytes: &[u8], sample: &R) -> Option<usize> {
        (1..=bytes.len())
            .find(|length| records::decode::<R>(&bytes[..*length]).is_ok_and(|read| read == *sample))
    }
    let all = std::fs::read(folder().join("variants.bin")).unwrap();
    let mut rest = all.as_slice();
    for (nth, variant) in variants().into_iter().enumerate() {
        assert_eq!(rest[0], 1);
        let length = match variant {
            Variant::Learner(sample) => next(rest, &sample),
            Variant::Job(sample) => next(rest, &*sample),
            Variant::Out(sample) => next(rest, &sample),
        };
        rest = &rest[length.unwrap_or_else(|| panic!("variant {nth} is not read as it was"))..];
    }
    assert!(rest.is_empty());
}
