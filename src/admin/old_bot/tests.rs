//! Tests of every plausible shape of the old file and of what may be wrong in it.

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const ID: &str = "6f1c9a44-2b1e-4c57-9f2e-1d1f0a3b5c7d";

fn taken(text: &str) -> Import {
    let found = read(text.as_bytes(), Zone::default(), NOW).unwrap();
    assert_eq!(found.problems, [], "{text}");
    found.sessions.into_iter().next().unwrap()
}

#[test]
fn every_plausible_shape_is_read() {
    let at = 1_700_000_000_500;
    for text in [
        format!(
            r#"{{"11":{{"session_id":"{ID}","created_at":"2023-11-14T22:13:20.5","last_activity":"2023-11-14T22:13:20.5Z"}}}}"#
        ),
        format!(
            r#"{{"11":{{"session_id":"{ID}","created":1700000000.5,"last_active":"2023-11-14 22:13:20.500"}}}}"#
        ),
        format!(
            r#"{{"sessions":{{"11":{{"session_id":"{ID}","created_at":"2023-11-14T19:13:20.5-03:00","message_count":4,"username":"x"}}}}}}"#
        ),
        format!(
            r#"[{{"telegram_user_id":11,"session_id":"{ID}","created_at":1700000000500,"updated_at":null}}]"#
        ),
        format!(
            r#"{{"version":2,"sessions":[{{"chat_id":"11","conversation_id":"{ID}","created_at":"1700000000.5"}}],"saved":[1]}}"#
        ),
    ] {
        let import = taken(&text);
        assert_eq!((import.user, import.session.to_string().as_str()), (UserId(11), ID), "{text}");
        assert_eq!((import.created.0, import.last_activity.0), (at, at), "{text}");
    }
    assert_eq!(taken(&format!(r#"{{"11":"{ID}"}}"#)).created, NOW);
    assert_eq!(
        taken(&format!(r#"{{"11":{{"session_id":"{ID}","language_code":"pt-br"}}}}"#)).language.as_deref(),
        Some("pt-br")
    );
    assert_eq!(taken(&format!(r#"{{"11":{{"session_id":"{ID}","last_activity":9e9}}}}"#)).last_activity, NOW);
}

#[test]
fn what_the_old_bot_wrote_is_read_by_its_clock() {
    let text = format!(
        r#"{{"11":{{"session_id":"{ID}","created_at":"2023-11-14T19:00:00.250000",
           "last_activity":"2023-11-14T19:13:20.500000","conversation_turns":3,"state":"active"}}}}"#
    );
    let found = read(text.as_bytes(), "-03:00".parse().unwrap(), NOW).unwrap();
    assert_eq!(found.sessions[0].last_activity.0, 1_700_000_000_500);
    assert_eq!("+05:30".parse::<Zone>().unwrap().seconds, 19_800);
    assert!(["", "3", "+15", "-03:60", "+-1", "é"].iter().all(|text| text.parse::<Zone>().is_err()));
}

#[test]
fn bad_rows_are_told_by_place_and_reason_and_never_by_content() {
    let text = format!(
        r#"{{"Ana Secret":{{"session_id":"{ID}"}},"12":{{"session_id":"not one"}},"13":[1],"14":{{}},
           "15":{{"session_id":"{ID}","created_at":"yesterday"}},"-16":{{"session_id":"{ID}"}},"17":{{"session_id":"{ID}"}}}}"#
    );
    let found = read(text.as_bytes(), Zone::default(), NOW).unwrap();
    assert_eq!(found.sessions.iter().map(|row| row.user.0).collect::<Vec<_>>(), [17]);
    let told: Vec<String> = found.problems.iter().map(|it| format!("{}: {}", it.place, it.why)).collect();
    for expected in [
        "key 12: its session id is no UUID",
        "key 13: it is neither an object nor a session id",
        "key 14: it names no session",
        "key 15: a date in it cannot be read",
        "key -16: it names no Telegram user id",
        "a key that is no number: it names no Telegram user id",
    ] {
        assert!(told.iter().any(|it| it == expected), "{expected}: {told:?}");
    }
    assert!(!told.concat().contains("Secret") && told.len() == 6);
    assert!(
        ["3", "{", "{\"sessions\":3}", "{} x", ""].iter().all(|text| read(
            text.as_bytes(),
            Zone::default(),
            NOW
        )
        .is_err())
    );
}

#[test]
fn of_two_sessions_of_a_learner_the_one_used_last_is_taken() {
    let other = "11111111-2222-4333-8444-555555555555";
    let text = format!(
        r#"[{{"user_id":1,"session_id":"{ID}","last_activity":100}},{{"user_id":1,"session_id":"{other}","last_activity":200}}]"#
    );
    let found = read(text.as_bytes(), Zone::default(), NOW).unwrap();
    assert_eq!((found.sessions.len(), found.problems.len()), (1, 1));
    assert_eq!(found.sessions[0].session.to_string(), other);
}

#[test]
fn turns_and_level_come_along_and_a_level_that_is_none_is_told() {
    for (fields, turns, level) in [
        (r#""conversation_turns":7,"english_level":"Intermediate""#, 7, Some(Level::Intermediate)),
        (r#""turns":"many","preferences":{"english_level":"C1","language":"pt"}"#, 0, Some(Level::Advanced)),
        (r#""conversation_turns":-1,"english_level":null,"level":"a2""#, 0, Some(Level::Beginner)),
        (r#""conversation_turns":99999999999"#, 0, None),
    ] {
        let import = taken(&format!(r#"{{"11":{{"session_id":"{ID}",{fields}}}}}"#));
        assert_eq!((import.turns, import.level), (turns, level), "{fields}");
    }
    let text = format!(r#"{{"11":{{"session_id":"{ID}","english_level":"\u001b[31mSecret"}}}}"#);
    let found = read(text.as_bytes(), Zone::default(), NOW).unwrap();
    assert_eq!((found.sessions.len(), found.sessions[0].level, found.problems.len()), (1, None, 0));
    assert_eq!((found.remarks.len(), found.remarks[0].place.as_str()), (1, "key 11"));
    assert!(!found.remarks[0].why.contains("Secret"));
}
