//! The layout of the records that grow with the product: which field has which tag.
//!
//! To add a field: add it to the struct, and a line with the next tag under `since` (its default, or the value after `=`, is what older
//! records get). Tags are never changed or given twice. Must not know where the records lie.

use super::fields::record;
use super::{unplaced, v1, v2};
use crate::domain::drill::Drill;
use crate::domain::{
    Card, CardBook, Contours, DAILY_GOAL, Day, DeadLetter, Job, Language, Learner, OutMessage, Reminder,
    Session, Turn,
};

record! {
    Job = "inbox row", version 3
    always {
        1 seq, 2 user, 3 chat, 4 lane, 5 accepted_at, 6 not_before, 7 task, 8 stage, 9 submissions, 10 waiting_since,
        11 waiting_for, 12 told_late,
    }
    since {
        13 tutor_failures, 14 download_failures, 15 membership_failures, 16 faults, 17 send_failures, 18 deaths,
        19 progress, 20 turn_failures, 21 progress_begun, 22 model_failures, 23 overtook,
        24 work = unplaced::work(&task), 25 leaving = unplaced::leaving(&task, &lane),
        26 in_passing,
    }
    from { 1 v1::JobV1, 2 v2::JobV2 }
}

record! {
    DeadLetter = "dead letter", version 3
    always { 1 job as nested, 2 at, 3 reason }
    since { 4 detail }
    from { 1 v1::DeadLetterV1, 2 v2::DeadLetterV2 }
}

record! {
    OutMessage = "outbox message", version 2
    always { 1 index, 2 reply }
    since { 3 unsure, 4 attempts, 5 words_sent }
    from { 1 v1::OutMessageV1 }
}

record! {
    Learner = "learner", version 2
    always { 1 user, 2 first_seen, 3 language, 4 client_language, 5 translation, 6 voice_reply, 7 blocked }
    since {
        8 other_notice_at, 9 session as optional, 10 crowded_notice_at, 11 level, 12 imported_at, 13 persona, 14 model,
        15 tokens, 16 told_gone, 17 zone, 18 reminder as optional, 19 daily_goal = DAILY_GOAL, 20 slower,
        21 new_cards_per_day, 22 drill as nested, 23 cards as nested, 24 elsewhere as list, 25 underlining_explained, 40 place_asked,
    }
    from { 1 v1::LearnerV1 }
}

record! {
    Session = "session", version 2
    always { 1 id, 2 user, 3 created, 4 last_activity, 5 turns }
    since { 6 tutor_turns, 7 archived_at, 8 text_turns, 9 place, 10 tutor, 11 follows_idle }
    from { 1 v1::SessionV1 }
}

record! {
    Turn = "turn", version 2
    always { 1 session, 2 number, 3 at, 4 voice_ms, 5 assessment }
    since {
        6 kind, 7 model, 8 chat, 9 tokens, 10 corrections, 11 fluency, 12 seq, 13 notes, 14 translated_into = Language::Pt,
        15 to_draw, 16 pressed, 20 of_another,
    }
    from { 1 v1::TurnV1 }
}

record! {
    Drill = "practice", version 1
    always {}
    since { 1 asked, 2 graded, 3 offered, 4 missed }
    from {}
}

record! {
    Reminder = "reminder", version 1
    always { 1 minute, 2 on }
    since { 3 last_day, 4 due }
    from {}
}

record! {
    CardBook = "card book", version 1
    always {}
    since { 1 last_id, 2 cards, 3 learnt }
    from {}
}

record! {
    Card = "card", version 1
    always { 1 id, 2 back, 3 created, 4 due }
    since { 5 front, 6 why, 7 kind, 8 source, 9 memory, 10 reps, 11 lapses, 12 suspended, 13 first_back }
    from {}
}

record! {
    Day = "day", version 1
    always { 1 day }
    since {
        2 voice_ms, 3 words, 4 corrections, 5 turns, 6 texts, 7 drills, 8 reviewed, 9 introduced, 10 goal_met,
    }
    from {}
}

record! {
    Contours = "contours", version 1
    always { 1 turn }
    since { 2 learner, 3 reply }
    from {}
}
