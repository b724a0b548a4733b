//! The records that the fixtures hold. Never changed: a fixture is compared with them.

use super::*;

pub(super) fn uuid(n: u8) -> Uuid {
    Uuid::from_bytes([n; 16])
}

pub(super) fn session(n: u8, archived_at: Option<Timestamp>) -> Session {
    Session {
        turns: 3,
        tutor_turns: Some(4),
        archived_at,
        last_activity: at(5),
        ..Session::open(uuid(n), UserId(-17), T0)
    }
}

pub(super) fn learner() -> Learner {
    Learner {
        language: LanguageChoice::Fixed(Language::Pt),
        client_language: Some("pt-BR".to_owned()),
        translation: Translation::OnTap,
        voice_reply: false,
        blocked: true,
        other_notice_at: Some(at(7)),
        session: Some(session(1, None)),
        ..Learner::new(UserId(-17), T0)
    }
}

/// A row as programs before version 3 could write it: one count for everything that failed.
pub(super) fn job(seq: u64, task: Task, stage: Stage) -> Job {
    let delivers = matches!(task, Task::Deliver { .. });
    let chat = ChatId(-1_001_234_567_890);
    // All they kept of it was the lane; the rest followed from the message.
    let (work, leaving) = match &task {
        Task::Deliver { .. } => (WorkKind::Delivery, false),
        Task::Draw { .. } => (WorkKind::Model, false),
        Task::Handle(incoming, Admission::Admitted) => match &incoming.body {
            Body::Voice(_) => (WorkKind::Tutor, false),
            Body::Command { name, .. } => (WorkKind::Local, name != "help"),
            _ => (WorkKind::Local, false),
        },
        Task::Handle(..) => (WorkKind::Local, false),
    };
    let placement = Placement { lane: Lane::Conversation, work, leaving };
    Job {
        not_before: at(9),
        stage,
        submissions: 1,
        waiting_since: Some(at(1)),
        waiting_for: Some(WaitReason::TutorUncertain),
        told_late: true,
        tutor_failures: if delivers { 0 } else { 2 },
        send_failures: if delivers { 2 } else { 0 },
        ..Job::new(seq, UserId(-17), chat, placement, T0, task)
    }
}

/// A row that uses every field there is.
pub(super) fn job_of_version_3() -> Job {
    Job {
        download_failures: 3,
        membership_failures: 4,
        faults: 5,
        send_failures: 6,
        deaths: 1,
        progress: Some(MessageId(77)),
        ..jobs().swap_remove(0).1
    }
}

pub(super) fn submitted() -> Stage {
    Stage::Submitted { session: uuid(2), baseline: 5, at: T0, uncertain_since: Some(at(3)), voice_ms: 4321 }
}

/// Rows of every kind of body, admission and stage.
pub(super) fn jobs() -> Vec<(&'static str, Job)> {
    let admitted = |incoming| Task::Handle(incoming, Admission::Admitted);
    let mut full = voice(77, -17, -1_001_234_567_890);
    full.chat.thread = Some(12);
    full.client_language = Some("en".to_owned());
    let callback = Body::Callback { id: "query".to_owned(), data: "page:2".to_owned() };
    let limited = Task::Handle(sticker(80, 1, 1), Admission::RateLimited { wait_secs: 30 });
    vec![
        ("job-voice", job(1, admitted(full), submitted())),
        ("job-command", job(2, admitted(command(78, 1, 1, "help")), Stage::Taken)),
        ("job-text", job(3, admitted(message(79, 1, 1, Body::Text("olá".to_owned()))), Stage::Taken)),
        ("job-limited", job(4, limited, Stage::Taken)),
        ("job-callback", job(5, admitted(message(81, 1, 1, callback)), Stage::Taken)),
        ("job-blocked", job(6, admitted(message(82, 1, 1, Body::Blocked(true))), Stage::Taken)),
        ("job-deliver", job(7, Task::Deliver { update_id: None }, Stage::Answered)),
    ]
}

pub(super) fn outbox() -> Vec<(&'static str, OutMessage)> {
    let text = Rich::plain("plain").push(Style::Bold, "bold").push(Style::Italic, "i").push(Style::Code, "c");
    let text = text.push(Style::Quote, "quote");
    let keyboard = Keyboard::row(&[("Next", "page:2")]);
    let contents = [
        ("out-text", Content::Text { text: text.clone(), keyboard: keyboard.clone() }),
        ("out-edit", Content::Edit { message: MessageId(4), text: text.clone(), keyboard }),
        (
            "out-spoken",
            Content::Spoken {
                session: uuid(3),
                part: SpokenPart::Coaching,
                caption: text,
                keyboard: Keyboard::default(),
            },
        ),
        ("out-callback", Content::CallbackAnswer { callback: "query".to_owned(), text: "ok".to_owned() }),
    ];
    let message = |(index, (name, content))| {
        let reply = Reply { content, thread: Some(12), answers: Some(MessageId(3)), ..reply(-5, "") };
        (name, OutMessage { unsure: 1, attempts: 2, ..OutMessage::new(index, reply) })
    };
    (0..).zip(contents).map(message).collect()
}

pub(super) fn turn() -> Turn {
    let assessment = Assessment {
        transcript: "I goes".to_owned(),
        coaching: "I go".to_owned(),
        coaching_translated: "Eu vou".to_owned(),
        reply: "Where?".to_owned(),
        reply_translated: "Onde?".to_owned(),
        coaching_audio: true,
        reply_audio: false,
    };
    Turn { number: 3, ..Turn::voice(uuid(1), at(4), 5000, assessment) }
}

pub(super) fn letter() -> DeadLetter {
    let (_, job) = jobs().swap_remove(0);
    let (reason, detail) = (DeadReason::Other, "the tutor did not answer".to_owned());
    DeadLetter { job: Job { seq: 40, ..job }, at: at(60), reason, detail }
}

pub(super) const PURGE: Purge = Purge { session: Uuid::max(), not_before: T0, attempts: 3 };

pub(super) fn drill() -> Drill {
    let asked = |row, item| Asked { row, chat: ChatId(-5), thread: Some(3), item, active_at: at(7) };
    let memory = Memory { stability: 2.5, difficulty: 5.0, reviewed: Some(20_000) };
    Drill {
        asked: vec![
            asked(300, Item::Card(12)),
            asked(301, Item::Words("sit seat".to_owned())),
            asked(302, Item::Nothing),
        ],
        graded: Some(Graded {
            row: 300,
            card: 12,
            grade: Grade::Hard,
            before: Review { memory, due: 20_002, reps: 3, lapses: 1 },
            day: 20_003,
            heard: "I agree".to_owned(),
            voice_ms: 1_500,
            missed: vec!["ship".to_owned()],
        }),
        offered: Some("sit seat".to_owned()),
        missed: vec![Missed { word: "ship".to_owned(), times: 3 }],
    }
}

/// Formats that older programs did not know.
pub(super) fn formatted() -> Rich {
    let words = Format { bold: true, italic: true, strike: true, ..Format::default() };
    let link = Format { kind: Kind::Link("https://e.org/".to_owned()), ..Format::default() };
    let code = Format { kind: Kind::Pre("rust".to_owned()), ..Format::default() };
    let quoted = |quote| Format { bold: true, quote: Some(quote), ..Format::default() };
    let rich = Rich::plain("plain").push(words, "all").push(link, "link").push(code, "code");
    rich.push(quoted(Quote::Open), "open").push(quoted(Quote::Folded), "folded")
}
