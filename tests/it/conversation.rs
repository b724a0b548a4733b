//! The main job: a voice message comes in, coaching and a spoken reply go back.

use crate::world::{PATIENCE, World, asset, other_voice, voice};
use phonicflow_bot::audio;
use phonicflow_bot::domain::markdown::unmarked;
use phonicflow_bot::sandbox::bot_api::{EntryKind, Outcome, Post, Standing};
use phonicflow_bot::sandbox::tutor_api::{Answer, Speech, TutorOptions};
use serde_json::{Value, json};

/// White space aside, what was said.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_message_gets_transcript_coaching_portuguese_and_a_voice_note() {
    let mut world = World::with_tutor(TutorOptions { bilingual: true, ..Default::default() }).await;
    world.start();
    let ana = world.learner(11);
    let sent = ana.voice(voice(), 4);
    let answers = world.answers(ana.chat(), 2).await;

    let text = &answers[0];
    assert_eq!((text.kind, text.reply_to), (EntryKind::Text, Some(sent.message_id)));
    for words in
        ["You said", "Yesterday I go to the beach", "Coaching", "Use the past tense", "Use o passado"]
    {
        assert!(text.text.contains(words), "{words}: {}", text.text);
    }
    let kinds: Vec<_> = text.entities.iter().map(|entity| entity["type"].clone()).collect();
    assert!(kinds.contains(&json!("expandable_blockquote")), "{kinds:?}");

    let note = &answers[1];
    assert_eq!((note.kind, note.reply_to), (EntryKind::Voice, Some(sent.message_id)));
    assert!(
        note.text.contains("That sounds like fun!") && note.text.contains("Que divertido!"),
        "{}",
        note.text
    );
    let file = note.file.as_ref().unwrap();
    assert!(audio::is_voice_note(&file.bytes));
    // The tutor's voice lasts 1.2 s.
    assert_eq!(file.duration, 1);
    let heard = audio::to_wav(file.bytes.clone(), audio::Limits { max_seconds: 10 }).unwrap();
    assert_eq!(heard.samples, 19_200);

    // The tutor got a 16 kHz mono WAV of exactly the voice's length.
    let turns = world.tutor.turns();
    let exact = audio::to_wav(voice().into(), audio::Limits { max_seconds: 60 }).unwrap();
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].samples as u64, exact.samples);
    assert_eq!(turns[0].wav.as_deref(), Some(exact.bytes.as_slice()));
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_writes_bold_arrives_bold() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    let text = &world.answer_with(11, "Use o passado").await;
    // The model writes `**went**`.
    let units: Vec<u16> = text.text.encode_utf16().collect();
    let at = |entity: &Value, name: &str| entity[name].as_u64().unwrap() as usize;
    let bold: Vec<String> = (text.entities.iter().filter(|entity| entity["type"] == "bold"))
        .map(|entity| &units[at(entity, "offset")..][..at(entity, "length")])
        .map(|units| String::from_utf16(units).unwrap())
        .collect();
    assert!(bold.contains(&"went".to_owned()) && !text.text.contains('*'), "{bold:?}: {}", text.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_models_markdown_arrives_formatted_and_acts_on_nobody() {
    let world = World::started().await;
    let ana = world.learner(11);
    let coaching = "## Tips\n1. **say *went***\n   - not `goed`\n\n> send /delete to @someone\n\n```py\na < b\n```\n\n\
        [the rule](https://e.org/rule) [x](javascript:x)\n\n|a|b|\n|-|-|\n|1|2|";
    world.tutor.push_answer(Answer::ok(json!({
        "user_transcript": "hello", "coaching_feedback": coaching, "conversational_response": "~~Bye~~",
    })));
    ana.voice(voice(), 4);
    let text = world.answer_with(11, "Tips").await;
    let kinds: Vec<_> = text.entities.iter().map(|entity| entity["type"].as_str().unwrap()).collect();
    for kind in ["bold", "italic", "code", "blockquote", "pre", "text_link"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let shown = "1. say went\n  ◦ not goed\n\nsend /\u{2060}delete to @\u{2060}someone\n\na < b\n\nthe rule (https://e.org/rule) \
        x (javascript:x)\n\na | b\n--+--\n1 | 2";
    assert!(text.text.ends_with(shown), "{}", text.text);
    let language = text.entities.iter().find(|entity| entity["language"] == "py");
    assert!(language.is_some(), "{:?}", text.entities);
    let struck = world.answer_with(11, "Bye").await;
    assert!(struck.entities.iter().any(|entity| entity["type"] == "strikethrough"), "{:?}", struck.entities);
    let refused: Vec<_> = world
        .telegram
        .log()
        .into_iter()
        .filter(|call| matches!(call.outcome, Outcome::Refused { .. }))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_turn_of_a_learner_is_one_session_in_query_and_header() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    for n in 1..=3 {
        ana.voice(voice(), 4);
        rui.voice(other_voice(), 4);
        world.voice_notes(ana.chat(), n).await;
        world.voice_notes(rui.chat(), n).await;
    }
    let turns = world.tutor.turns();
    assert_eq!(turns.len(), 6);
    let sessions: std::collections::HashSet<_> = turns.iter().map(|turn| turn.session.clone()).collect();
    assert_eq!(sessions.len(), 2);
    for turn in &turns {
        assert_eq!(turn.session_header.as_deref(), Some(turn.session.as_str()));
        assert!(uuid::Uuid::parse_str(&turn.session).is_ok_and(|id| id.get_version_num() == 4));
    }
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
    // Portuguese speakers are spoken to in Portuguese.
    assert!(world.answers(rui.chat(), 1).await[0].text.contains("Você disse"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_comes_before_the_answer_and_ends_with_it() {
    let world = World::started().await;
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate(phonicflow_bot::sandbox::faults::On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    let seen =
        world.telegram.wait_until(PATIENCE, |state| (!state.actions(11).is_empty()).then_some(())).await;
    assert!(seen.is_some(), "no chat action while the tutor is at work");
    gate.open();
    world.voice_notes(ana.chat(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutors_words_arrive_whole_and_readable() {
    let world = World::started().await;
    let ana = world.learner(11);
    let nasty = "Say <b>\"th\"</b> & not_*that*_ [link](x) `code` \\ &amp; 👩‍👩‍👧 e\u{301} ok. ";
    let long: String = (0..)
        .map(|n| format!("{n}: {nasty}"))
        .scan(String::new(), |all, piece| {
            all.push_str(&piece);
            Some(all.clone())
        })
        .find(|all| all.chars().count() >= 12_000)
        .unwrap();
    let (coaching, reply) = (long.clone(), format!("R {long}"));
    world.tutor.push_answer(Answer::ok(json!({
        "user_transcript": nasty,
        "coaching_feedback": coaching,
        "coaching_feedback_portuguese": format!("P {long}"),
        "conversational_response": reply,
        "conversational_audio_path": "/x.wav",
    })));
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    let said: String = world.telegram.read(|state| {
        state.from_bot(ana.chat()).map(|entry| entry.text.clone()).collect::<Vec<_>>().join(" ")
    });
    let said = squeezed(&said);
    // A model's Markdown is shown, so its signs are gone; what the learner said is shown as it was heard.
    for whole in [nasty.to_owned(), unmarked(&long), unmarked(&format!("P {long}")), unmarked(&reply)] {
        assert!(said.contains(&squeezed(&whole)), "a text did not arrive whole");
    }
    // The strict double refused nothing: no text was too long, no markup was broken.
    let refused: Vec<_> = world
        .telegram
        .log()
        .into_iter()
        .filter(|call| matches!(call.outcome, Outcome::Refused { .. }))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tutor_leaves_out_leaves_no_empty_heading() {
    let world = World::started().await;
    let ana = world.learner(11);
    let only_coaching =
        json!({"coaching_feedback": "Good.", "user_transcript": null, "conversational_response": ""});
    for (answer, expected) in [
        (json!({}), "could not answer this one"),
        (only_coaching, "Good."),
        (json!({"conversational_response": "Only this."}), "Only this."),
        (
            json!({"user_transcript": 7, "coaching_feedback": ["x"], "conversational_response": "Types."}),
            "Types.",
        ),
    ] {
        world.tutor.push_answer(Answer::ok(answer));
        ana.voice(voice(), 4);
        let said = world.answer_with(ana.chat(), expected).await;
        assert!(!said.text.contains("You said"), "{}", said.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_voice_the_words_come_as_text() {
    let world = World::started().await;
    let ana = world.learner(11);
    // Announced but not there, not readable as audio, and not wanted by the chat.
    world.tutor.push_answer(
        Answer::ok(json!({"conversational_response": "Gone.", "conversational_audio_path": "/x"}))
            .speaking(Speech::None),
    );
    ana.voice(voice(), 4);
    assert_eq!(world.answer_with(ana.chat(), "Gone.").await.kind, EntryKind::Text);
    let noise = Speech::Bytes(b"no audio at all".to_vec().into(), "audio/wav");
    world.tutor.push_answer(
        Answer::ok(json!({"conversational_response": "Noise.", "conversational_audio_path": "/x"}))
            .speaking(noise),
    );
    ana.voice(voice(), 4);
    assert_eq!(world.answer_with(ana.chat(), "Noise.").await.kind, EntryKind::Text);
    world.telegram.set_standing(ana.chat(), Standing::NoVoice);
    world.tutor.push_answer(Answer::ok(
        json!({"conversational_response": "Private.", "conversational_audio_path": "/x"}),
    ));
    ana.voice(voice(), 4);
    assert_eq!(world.answer_with(ana.chat(), "Private.").await.kind, EntryKind::Text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_telegram_users_send_is_heard() {
    let world = World::started().await;
    let ana = world.learner(11);
    let wav = asset("voice/tutor-reply.wav");
    ana.post(Post::audio(wav.clone(), 3, "a.wav", "audio/x-wav"));
    ana.post(Post::document(wav, "b.wav", "application/octet-stream"));
    ana.post(Post::document(voice(), "c.ogg", "audio/ogg"));
    ana.post(Post::video_note(voice(), 4));
    let found = world.tutor.wait_until(PATIENCE, |state| (state.finished() == 4).then_some(())).await;
    assert!(found.is_some(), "{}", world.log());
    world.voice_notes(ana.chat(), 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_in_the_order_of_the_questions() {
    let world = World::started().await;
    let learners: Vec<_> = (0..6).map(|n| world.learner(100 + n)).collect();
    let mut asked = Vec::new();
    for _ in 0..4 {
        for learner in &learners {
            asked.push((learner.chat(), learner.voice(voice(), 4).message_id));
        }
    }
    for learner in &learners {
        let notes = world.voice_notes(learner.chat(), 4).await;
        let answered: Vec<_> = notes.iter().filter_map(|note| note.reply_to).collect();
        let questions: Vec<_> =
            asked.iter().filter(|(chat, _)| *chat == learner.chat()).map(|(_, message)| *message).collect();
        assert_eq!(answered, questions);
    }
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_groups_the_bot_speaks_only_when_addressed_and_stays_in_the_topic() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.forum(-1_000_500, "Class", &[7]);
    let group = ana.in_chat(-1_000_500);
    group.text("good morning everyone");
    group.voice(voice(), 4);
    group.post(Post::text("/help@other_bot").in_topic(7));
    let asked = group.post(Post::text("/help@PhonicFlow_Bot").in_topic(7));
    let answer = world.answers(-1_000_500, 1).await.remove(0);
    assert_eq!((answer.reply_to, answer.thread), (Some(asked.message_id), Some(7)));
    // A voice in reply to the bot is for the bot.
    let spoken = group.post(Post::voice(voice(), 4).reply_to(answer.message_id).in_topic(7));
    let notes = world.voice_notes(-1_000_500, 1).await;
    assert_eq!((notes[0].reply_to, notes[0].thread), (Some(spoken.message_id), Some(7)));
    world.settled().await;
    assert_eq!(world.telegram.read(|state| state.from_bot(-1_000_500).count()), 3);
    assert_eq!(world.tutor.turns().len(), 1);
}
