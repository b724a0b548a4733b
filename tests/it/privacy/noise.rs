//! A run in which names, texts, keys, passwords and ids are planted everywhere; then everything the daemon
//! wrote or answered is searched for them.

use crate::metrics::{get, served_at};
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::LearnerProfile;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::Shape;
use phonicflow_bot::sandbox::tutor_api::{Answer, TutorOptions};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

const ANA: i64 = 7_700_000_011;

/// A proxy that hands every connection on to one place.
async fn proxy(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(mut to) = TcpStream::connect(to).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    at
}

/// What a noisy run left behind.
struct Noise {
    /// Standard error and the rolling file.
    log: String,
    /// `/metrics`, `/health` and what the tutor was told.
    told: String,
    /// What must be nowhere.
    secrets: Vec<String>,
}

async fn noise(format: &str, level: &str, events: bool) -> Noise {
    let options = TutorOptions {
        bot_routes: events,
        keep_bodies: events,
        keep_audio: false,
        api_key: Some("planted-api-key".to_owned()),
        signing_key: Some("planted-private-key".to_owned()),
        ..TutorOptions::default()
    };
    let mut world = World::with_tutor(options).await;
    let proxy = proxy(world.telegram.addr()).await;
    let log_file = world.folder.path().join("bot.log").display().to_string();
    world.set("LOG_FORMAT", format).set("BOT_LOG_FILE", &log_file).set("METRICS_ADDR", "127.0.0.1:0");
    world.set("LOG_LEVEL", &format!("{level},hyper=trace,reqwest=trace,hyper_util=trace,rustls=trace"));
    world.set("TELEGRAM_PROXY", &format!("http://planteduser:planted-password@{proxy}"));
    world.set("BACKEND_API_KEY", "planted-api-key").set("BOT_PRIVATE_KEY", "planted-private-key");
    world.set("BACKEND_TIMEOUT", "2");
    for act in [Act::html(502), Act::Reset, Act::detail(500, "plantedsecret"), Act::ResetAfter] {
        world.telegram.faults().add(On::call("sendMessage"), act.clone());
        world.tutor.faults().add(On::call("POST /process"), act);
    }
    world.telegram.faults().add(On::call("file"), Act::ResetAfter);
    world.telegram.faults().add(On::call("file").nth(2), Act::Shape(Shape::Truncated(10)));
    world.telegram.faults().add(On::call("getFile"), Act::html(504));
    world.telegram.faults().add(
        On::call("sendMessage").nth(6),
        Act::refuse(400, "Bad Request: can't parse entities in \"plantedreply\"", None),
    );
    world.telegram.faults().add(On::call("getUpdates").nth(3), Act::InvalidJson);
    world.tutor.faults().add(On::call("GET /conversation"), Act::detail(500, "plantedsecret"));
    world.tutor.push_answer(Answer::ok(
        json!({"user_transcript": "plantedtranscript", "conversational_response": "plantedreply"}),
    ));
    world.start();
    let addr = served_at(&world).await;
    let ana = world.telegram.learner(LearnerProfile::new(ANA, "Plantedname", "en"));
    ana.text("plantedtext of mine");
    ana.text("/plantedcommand");
    world.telegram.raw_update(json!({"message": {"message_id": "plantedid", "text": "plantedbroken"}}));
    ana.voice(b"plantedaudio that is none".to_vec(), 4);
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "plantedreply").await;
    let (_, _, metrics) = get(addr, "/metrics").await;
    let (_, _, health) = get(addr, "/health").await;
    let mut told = metrics + &health;
    if events {
        let sent = world.tutor.wait_until(PATIENCE, |state| {
            let calls = state.calls().iter().filter(|call| call.name == "POST /bot/metrics");
            let bodies: Vec<String> = calls
                .filter(|call| call.status == Some(200))
                .map(|call| String::from_utf8_lossy(call.body.as_deref().unwrap_or_default()).into_owned())
                .collect();
            let bodies = bodies.concat();
            bodies.contains("\"event\":\"turns\"").then_some(bodies)
        });
        told += &sent.await.unwrap_or_else(|| panic!("the tutor was told nothing; log:\n{}", world.log()));
    }
    world.stop().await;
    let mut log = world.log().to_string();
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let rolling = path.file_name().unwrap().to_string_lossy().starts_with("bot.log");
        if rolling {
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains(Event::MessageTaken.word()), "the rolling file is empty");
            log.push_str(&text);
        }
    }
    let token = world.telegram.token();
    let mut secrets: Vec<String> =
        ["planted", "Planted", "/bot4", "/file/bot", "http://", "%3A"].map(str::to_owned).to_vec();
    secrets.push(token.split(':').nth(1).unwrap().to_owned());
    Noise { log, told, secrets }
}

impl Noise {
    fn holds_no_secret(&self) {
        for planted in &self.secrets {
            for (place, text) in [("log", &self.log), ("numbers", &self.told)] {
                let line = text.lines().find(|line| line.contains(planted.as_str()));
                assert!(line.is_none(), "{planted:?} in the {place}: {line:?}");
            }
        }
        assert!(!self.told.contains(&ANA.to_string()), "a user id among the numbers");
        assert!(!self.told.contains("session"), "a session among the numbers");
    }
}

/// The lines of a log in JSON that were written at work on a message.
fn at_work(log: &str) -> Vec<Value> {
    let lines =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    lines.filter(|line| line["span"]["name"] == "message").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_noisy_run_logs_no_text_no_name_no_secret_no_url_and_no_user_id() {
    let (text, json) = tokio::join!(noise("text", "info", false), noise("json", "info", false));
    for noise in [&text, &json] {
        noise.holds_no_secret();
        let line = noise.log.lines().find(|line| line.contains(&ANA.to_string()));
        assert!(line.is_none(), "a user id in the log: {line:?}");
    }
    let answered = text.log.lines().find(|line| line.contains("message answered")).unwrap();
    assert!(answered.contains("message{update_id=") && answered.contains(" user="), "{answered}");

    let lines = at_work(&json.log);
    let all = json.log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let taken: Vec<i64> = all
        .filter(|line| line["message"] == "message taken")
        .filter_map(|line| line["update_id"].as_i64())
        .collect();
    for words in ["voice handed to the tutor", "message waits", "message answered", "answer is out"] {
        assert!(lines.iter().any(|line| line["message"] == words), "{words:?} outside of a message's span");
    }
    for line in &lines {
        let user = line["span"]["user"].as_str().unwrap();
        assert!(user.len() == 10 && user.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        // The notice that an answer comes later is a row of its own, about an update that was taken.
        assert!(taken.contains(&line["span"]["update_id"].as_i64().unwrap()), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn debug_shows_user_ids_and_nothing_else_and_the_tutor_is_told_numbers_alone() {
    let noise = noise("json", "debug", true).await;
    noise.holds_no_secret();
    let lines = at_work(&noise.log);
    let ana = ANA.to_string();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["span"]["user"].as_str() == Some(&ana)));
}
