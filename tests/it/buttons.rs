//! Every button of every message, pressed twice by its owner and by somebody else.
//!
//! A conversation in steps brings up whatever has buttons; after each step all that are new are pressed. A kind of button that
//! no step brings up fails the test: add the step that does.

use crate::pressing::notice;
use crate::reminders::remind;
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, Learner, Outcome};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatModel, ChatOptions};
use phonicflow_bot::sandbox::speech_api::{self, SpeechOptions};
use phonicflow_bot::sandbox::tutor_api::{Answer, TutorOptions};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// Pressed when all others have been.
const LAST: &[&str] = &["del"];
/// How many buttons of one kind are pressed: a language more, or a model, proves nothing more.
fn enough(kind: &str) -> usize {
    // Each opens something else.
    if kind == "set" { usize::MAX } else { 2 }
}

/// What the bot is sent in one step.
enum Say {
    Text(&'static str),
    Voice,
    /// A voice in which the tutor hears this.
    Heard(&'static str),
    /// Cards, until a list of them has pages.
    Cards,
    /// A button that leads to others.
    Tap(&'static str),
}
use Say::{Cards, Heard, Tap, Text, Voice};

const STEPS: &[&[Say]] = &[
    &[Text("/subscribe")],
    &[Text("/start")],
    // Before the settings are changed by which some buttons are not offered.
    &[Voice, Voice, Voice, Voice],
    &[Text("/history")],
    &[Text("/language")],
    &[Text("/level")],
    &[Text("/persona")],
    &[Text("/models")],
    &[Text("/settings")],
    &[Text("/settings"), Tap("set:z:11")],
    &[Text("/remind")],
    &[Text("/language pt"), Text("/settings"), Tap("set:t:11"), Tap("trn:t:11"), Voice],
    &[Text("/card We went by ship."), Text("/practice"), Heard("We went by sheep.")],
    &[Text("/card The ship is late."), Text("/practice"), Heard("The sheep is late.")],
    &[Text("/card I am agree → I agree"), Text("/practice")],
    &[Cards, Text("/cards")],
];

/// The kinds declared in the sources, by their prefixes.
fn declared() -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bot");
    let (mut folders, mut found) = (vec![root], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let prefixes = text.lines().filter_map(|line| line.trim().strip_prefix("prefix: \""));
            found.extend(
                prefixes.filter_map(|rest| rest.split_once('"')).map(|(prefix, _)| prefix.to_owned()),
            );
        }
    }
    found
}

fn kind(data: &str) -> &str {
    data.split(':').next().unwrap()
}

/// A text without its times of day, which go on by themselves.
fn timeless(text: &str) -> String {
    text.split_inclusive(|c: char| !c.is_ascii_digit() && c != ':')
        .map(|word| {
            let time = word.len() >= 5 && word.is_char_boundary(5) && word.as_bytes().get(2) == Some(&b':');
            if time { word.get(5..).unwrap_or_default() } else { word }
        })
        .collect()
}

struct Presser<'a> {
    world: &'a World,
    ana: Learner,
    /// Whatever was pressed.
    done: BTreeSet<String>,
}

impl Presser<'_> {
    /// The bot's side of the chat: what is shown, and what can be tapped.
    fn shown(&self) -> Vec<(i64, String, Vec<String>)> {
        let one = |entry: &ChatEntry| (entry.message_id, timeless(&entry.text), entry.buttons());
        self.world.telegram.read(|state| state.from_bot(self.ana.chat()).map(one).collect())
    }

    /// Waits until nothing is left to do for anybody.
    async fn at_rest(&self) {
        let waits = async {
            loop {
                let listed = self.world.command(&["queue", "list", "--json"]).output().unwrap();
                assert!(listed.status.success(), "{listed:?}");
                if listed.stdout.is_empty() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let over = tokio::time::timeout(PATIENCE, waits).await;
        assert!(over.is_ok(), "never at rest; log:\n{}", self.world.log());
    }

    /// One press, its answer, and the chat when all is done that it brings.
    async fn press(&self, user: i64, message: i64, data: &str) -> (String, Vec<(i64, String, Vec<String>)>) {
        let pressed = self.world.telegram.claim_press(self.ana.chat(), user, message, data);
        let told = notice(self.world, &pressed).await;
        self.at_rest().await;
        (told, self.shown())
    }

    /// Presses the newest button with this data.
    async fn tap(&self, data: &str) {
        let all = self.shown();
        let newest = all.iter().rev().find(|(_, _, buttons)| buttons.iter().any(|own| own == data));
        let (message, ..) = newest.unwrap_or_else(|| panic!("no {data} in {all:?}"));
        self.press(self.ana.user(), *message, data).await;
    }

    /// A button that was not pressed yet, with its message.
    fn next(&self, last: bool) -> Option<(i64, String)> {
        let all = self.shown();
        let each = all.iter().flat_map(|(id, _, buttons)| buttons.iter().map(|data| (*id, data.clone())));
        let of_its_kind = |data: &str| self.done.iter().filter(|known| kind(known) == kind(data)).count();
        let fresh = each.filter(|(_, data)| {
            !self.done.contains(data)
                && LAST.contains(&kind(data)) == last
                && of_its_kind(data) < enough(kind(data))
        });
        // Kinds that were not pressed at all first: a press may take others away.
        fresh.min_by_key(|(_, data)| of_its_kind(data))
    }

    /// Presses what can be pressed; whether there was anything.
    async fn press_all(&mut self, last: bool) -> bool {
        let mut any = false;
        while let Some((message, data)) = self.next(last) {
            any = true;
            let before = self.shown();
            for _ in 0..2 {
                let (told, after) = self.press(66, message, &data).await;
                assert!(told.contains("somebody else"), "{data}: {told:?}");
                assert_eq!(after, before, "{data}: somebody else's press changes something");
            }
            let (_, once) = self.press(self.ana.user(), message, &data).await;
            let (_, twice) = self.press(self.ana.user(), message, &data).await;
            assert_eq!(twice, once, "{data}: pressed twice it does something twice");
            self.done.insert(data);
        }
        any
    }

    /// One step, again and again while it brings up something new: a press may have put other buttons in the place of some.
    async fn step(&mut self, step: &[Say], last: bool) {
        loop {
            for say in step {
                match say {
                    Text(words) => {
                        self.ana.text(words);
                    }
                    Voice => {
                        self.ana.voice(voice(), 4);
                    }
                    Heard(words) => {
                        self.world.tutor.push_answer(Answer::texts(words, "Coaching.", "A reply."));
                        self.ana.voice(voice(), 4);
                    }
                    Cards => {
                        for n in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"] {
                            self.ana.text(&format!("/card My number is {n}."));
                        }
                    }
                    Tap(data) => self.tap(data).await,
                }
                self.at_rest().await;
            }
            if !self.press_all(last).await {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_button_is_answered_does_its_work_once_and_is_nobody_elses() {
    let mut world = World::with_tutor(TutorOptions { bilingual: true, ..TutorOptions::default() }).await;
    let models = (1..=12).map(|n| ChatModel::new(&format!("model-{n:02}"))).collect();
    let chat = world.chat(ChatOptions { models, ..ChatOptions::default() }).await;
    world.telegram.channel(-1001, "school");
    for member in [11, 999_999] {
        world.telegram.set_member(-1001, member, "member");
    }
    let ana = world.learner(11);
    remind(&world, 11, 5, Vec::new()).await;
    world.set("REQUIRED_CHANNEL", "@school").set("BOT_RATE_LIMIT", "false").start();
    world.answer_with(ana.chat(), "Time to practise").await;
    ana.text("/help");
    world.answer_with(ana.chat(), "/settings").await;
    let mut presser = Presser { world: &world, ana: ana.clone(), done: BTreeSet::new() };
    // While an answer grows.
    let (answer, gate) = ChatAnswer::held_before(2, "One two three four.");
    chat.push_answer(answer);
    ana.text("count");
    let grows = world.telegram.wait_until(PATIENCE, |state| {
        let mut all = state.from_bot(ana.chat());
        all.find_map(|entry| {
            Some((entry.message_id, entry.buttons().into_iter().find(|data| kind(data) == "stop")?))
        })
    });
    let (message, stop) = grows.await.expect("a growing answer");
    for (user, words) in [(66, "somebody else"), (11, ""), (11, "")] {
        let pressed = world.telegram.claim_press(ana.chat(), user, message, &stop);
        assert!(notice(&world, &pressed).await.contains(words), "{words}");
    }
    gate.open();
    presser.at_rest().await;
    presser.done.insert(stop);
    for step in STEPS {
        presser.step(step, false).await;
    }
    presser.step(&[Text("/delete")], true).await;
    // Corrections, which the built-in tutor finds.
    let mut builtin = World::new().await;
    let chat = builtin.chat(ChatOptions::default()).await;
    let speech = builtin.speech(SpeechOptions::default()).await;
    let wrong =
        json!({ "said": "I go there", "better": "I went there", "why": "It is over.", "kind": "grammar" });
    let judged = json!({ "coaching": "Mind the past.", "reply": "With whom?", "corrections": [wrong] });
    chat.script(move |_| ChatAnswer::words(&judged.to_string()));
    builtin.set("TUTOR", "builtin").start();
    speech.push_heard(speech_api::Heard::says("Yesterday I go there."));
    let ana = builtin.learner(11);
    ana.voice(voice(), 4);
    builtin.answer_with(ana.chat(), "Mind the past.").await;
    let mut presser = Presser { world: &builtin, ana, done: presser.done };
    presser.at_rest().await;
    presser.press_all(false).await;
    let pressed: BTreeSet<String> = presser.done.iter().map(|data| kind(data).to_owned()).collect();
    assert_eq!(pressed, declared(), "every kind of button is brought up by a step");
    let refused = world.telegram.log().into_iter().find(|call| {
        matches!(&call.outcome, Outcome::Refused { description, .. } if !description.contains("is not modified"))
    });
    assert!(refused.is_none(), "{refused:?}");
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}
