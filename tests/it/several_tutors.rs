//! Several PhonicFlow tutors: a conversation stays where its history is, through restarts and crashes and
//! however the list is edited; new ones go to who is free and up; none holds up the learners of another.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, Gate, On};
use phonicflow_bot::sandbox::tutor_api::{TutorApi, TutorOptions, TutorState};
use std::cell::Cell;

const PROCESS: &str = "POST /process";

/// A second tutor beside the world's.
struct Two {
    world: World,
    other: TutorApi,
}

impl Two {
    async fn new() -> Self {
        let other = TutorApi::start(TutorOptions::default()).await.unwrap();
        let mut two = Self { world: World::new().await, other };
        two.list(&[&two.world.tutor.clone(), &two.other.clone()]);
        two
    }

    async fn started() -> Self {
        let mut two = Self::new().await;
        two.world.start();
        two
    }

    fn list(&mut self, tutors: &[&TutorApi]) {
        let urls: Vec<String> = tutors.iter().map(|tutor| tutor.base_url()).collect();
        self.world.set("BACKEND_URL", &urls.join(","));
    }

    /// A turn of this learner, to its end.
    async fn turn(&self, learner: i64) {
        let before = self.notes(learner);
        self.world.learner(learner).voice(voice(), 4);
        self.world.voice_notes(learner, before + 1).await;
    }

    fn notes(&self, learner: i64) -> usize {
        use phonicflow_bot::sandbox::bot_api::EntryKind;
        self.world
            .telegram
            .read(|state| state.from_bot(learner).filter(|said| said.kind == EntryKind::Voice).count())
    }

    /// Two learners, each with a turn: 1 at the world's tutor, 2 at the other.
    async fn with_two_learners() -> Self {
        let two = Self::started().await;
        two.turn(1).await;
        two.turn(2).await;
        assert_eq!(two.turns(), [1, 1], "idle tutors take turns");
        two
    }

    /// Turns handed in at each.
    fn turns(&self) -> [usize; 2] {
        [&self.world.tutor, &self.other].map(|tutor| tutor.count(PROCESS))
    }

    /// One look of `top`.
    async fn top(&self) -> serde_json::Value {
        let mut command = self.world.command(&["top", "--json", "--count", "1"]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    async fn restarted(&mut self) {
        assert!(self.world.stop().await.success());
        self.world.start();
    }

    fn nothing_violated(&self) {
        for tutor in [&self.world.tutor, &self.other] {
            assert!(tutor.violations().is_empty(), "{:?}", tutor.violations());
        }
    }
}

/// Holds the next turn at a tutor.
fn hold(tutor: &TutorApi) -> Gate {
    tutor.faults().gate(On::call(PROCESS))
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_shared_out_and_stay_where_they_are_however_the_list_changes() {
    let mut two = Two::with_two_learners().await;
    let sessions = |tutor: &TutorApi| {
        let mut known: Vec<String> = tutor.turns().into_iter().map(|turn| turn.session).collect();
        known.dedup();
        known
    };
    let before = [sessions(&two.world.tutor), sessions(&two.other)];
    two.turn(2).await;
    two.turn(2).await;
    // Another order, and another way to write the same address.
    let (one, other) = (two.world.tutor.base_url(), two.other.base_url());
    two.world.set("BACKEND_URL", &format!(" {other}/ ,{one}"));
    two.restarted().await;
    for learner in [2, 1, 2, 1] {
        two.turn(learner).await;
    }
    assert_eq!([sessions(&two.world.tutor), sessions(&two.other)], before);
    two.nothing_violated();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_under_way_at_a_crash_is_looked_for_where_it_was_handed_in() {
    let mut two = Two::with_two_learners().await;
    // The other one answers, and the answer never arrives.
    let gate = two.other.faults().gate_after(On::call(PROCESS));
    two.world.learner(2).voice(voice(), 4);
    gate.reached(1).await;
    two.world.kill();
    let (one, other) = (two.world.tutor.clone(), two.other.clone());
    two.list(&[&other, &one]);
    two.world.start();
    two.world.voice_notes(2, 2).await;
    two.world.settled().await;
    assert_eq!(two.turns(), [1, 2], "it was found, and not handed in again");
    assert_eq!((one.count("GET /conversation"), two.notes(2)), (0, 2));
    two.nothing_violated();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_down_gets_nobody_new_and_keeps_its_own() {
    let mut two = Two::new().await;
    two.other.stop().await;
    two.world.set("ADMIN_USERS", "900").start();
    two.world.learner(900).text("/help");
    two.world.answers(900, 1).await;
    for learner in 1..=4 {
        two.turn(learner).await;
    }
    assert_eq!(two.turns(), [4, 0]);
    let told_late = |two: &Two, learner| two.world.telegram.read(|state| state.from_bot(learner).count());
    // Nobody was told to wait.
    assert_eq!([1, 2, 3, 4].map(|learner| told_late(&two, learner)), [told_late(&two, 1); 4]);
    // It is found when it is back, without being asked by anybody's conversation.
    two.other.resume().await.unwrap();
    let back = two.other.wait_until(PATIENCE, |state: &TutorState| (state.count(PROCESS) > 0).then_some(()));
    let last = Cell::new(0);
    let learners = async {
        for learner in 5.. {
            last.set(learner);
            two.turn(learner).await;
        }
    };
    tokio::select! {
        back = back => assert!(back.is_some()),
        () = learners => unreachable!(),
    }
    // Its own wait for it while the first is up.
    two.world.settled().await;
    let newcomer = two.other.turns()[0].session.clone();
    let learner = last.get();
    two.world.voice_notes(learner, 1).await;
    two.other.stop().await;
    let before = two.turns();
    two.world.learner(learner).voice(voice(), 4);
    two.world.logged(Event::AttemptFailed).await;
    two.turn(1).await;
    assert_eq!(two.notes(learner), 1, "it waits");
    let name = two.other.base_url().trim_start_matches("http://").to_owned();
    let top = two.top().await;
    let silent = serde_json::json!({ "name": name, "state": "silent" });
    assert!(top["tutor"]["parts"].as_array().unwrap().contains(&silent), "{top}");
    assert_eq!(top["tutor"]["state"], "answering");
    // Each learner is told of the tutor that has the conversation, the admins of the one that is missing.
    two.world.learner(learner).text("/status");
    two.world.answer_with(learner, "not reachable").await;
    two.world.learner(1).text("/status");
    two.world.answer_with(1, "Tutor: reachable").await;
    let alert = two.world.answer_with(900, "A part of the tutor does not answer").await;
    assert!(alert.text.contains(&name), "{}", alert.text);
    two.other.resume().await.unwrap();
    two.world.voice_notes(learner, 2).await;
    assert_eq!(two.turns()[0], before[0] + 1);
    assert_eq!(two.other.turns().last().unwrap().session, newcomer);
    two.nothing_violated();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_conversations_go_to_the_least_busy_and_each_works_on_one_turn_at_once() {
    let two = Two::started().await;
    let (one, other) = (hold(&two.world.tutor), hold(&two.other));
    // One each.
    two.world.learner(1).voice(voice(), 4);
    two.world.learner(2).voice(voice(), 4);
    one.reached(1).await;
    other.reached(1).await;
    // Two more wait: one for each, and neither gets a second turn meanwhile.
    two.world.learner(3).voice(voice(), 4);
    two.world.learner(4).voice(voice(), 4);
    two.world.settled().await;
    assert_eq!(two.turns(), [1, 1], "BACKEND_CONCURRENCY counts for each");
    // The first is done with both of its own, while the other still stands: the next ones are its as well.
    one.open();
    let done = |state: &TutorState| (state.finished() == 2).then_some(());
    assert!(two.world.tutor.wait_until(PATIENCE, done).await.is_some(), "{}", two.world.log());
    for learner in 5..=7 {
        two.turn(learner).await;
    }
    assert_eq!(two.turns(), [5, 1]);
    other.open();
    for learner in 1..=4 {
        two.world.voice_notes(learner, 1).await;
    }
    assert_eq!(two.turns(), [5, 2]);
    two.nothing_violated();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_does_not_hold_up_the_learners_of_the_other() {
    let mut two = Two::new().await;
    // Ten conversations from the time when there was one tutor.
    let (one, other) = (two.world.tutor.clone(), two.other.clone());
    two.list(&[&one]);
    two.world.start();
    for learner in 1..=10 {
        two.turn(learner).await;
    }
    assert!(two.world.stop().await.success());
    // It is not even the first of the list.
    two.list(&[&other, &one]);
    two.world.start();
    let gate = hold(&one);
    for learner in 1..=10 {
        two.world.learner(learner).voice(voice(), 4);
    }
    gate.reached(1).await;
    for learner in 11..=13 {
        two.turn(learner).await;
    }
    assert_eq!(two.turns(), [11, 3]);
    gate.open();
    for learner in 1..=10 {
        two.world.voice_notes(learner, 2).await;
    }
    assert_eq!(two.turns(), [20, 3], "they stayed with the tutor that knows them");
    two.nothing_violated();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_forgotten_is_forgotten_where_it_is_known() {
    let mut two = Two::with_two_learners().await;
    let gone_from = async |two: &Two, tutor: &TutorApi, session: &str| {
        let gone = |state: &TutorState| (!state.knows(session)).then_some(());
        assert!(tutor.wait_until(PATIENCE, gone).await.is_some(), "{}", two.world.log());
    };
    for (learner, tutor) in [(1, two.world.tutor.clone()), (2, two.other.clone())] {
        let session = tutor.turns()[0].session.clone();
        two.world.learner(learner).text("/new");
        gone_from(&two, &tutor, &session).await;
        assert_eq!(
            tutor.read(|state| state.forgotten().to_vec()),
            [session],
            "and of nothing else is it asked"
        );
    }
    // After a restart, and with the other one down, what one knows is forgotten all the same.
    two.turn(1).await;
    let at_first = two.world.tutor.count(PROCESS) == 2;
    let (one, other) = (two.world.tutor.clone(), two.other.clone());
    let (its, rest) = if at_first { (one, other) } else { (other, one) };
    let session = its.turns()[1].session.clone();
    two.restarted().await;
    rest.stop().await;
    two.world.learner(1).text("/new");
    gone_from(&two, &its, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_whose_tutor_is_gone_from_the_list_goes_on_with_another() {
    let mut two = Two::with_two_learners().await;
    let (one, other) = (two.world.tutor.clone(), two.other.clone());
    let third = TutorApi::start(TutorOptions::default()).await.unwrap();
    two.list(&[&one, &third]);
    other.stop().await;
    two.restarted().await;
    for learner in [1, 2] {
        two.turn(learner).await;
    }
    assert_eq!(other.count(PROCESS), 1, "learner 2 is answered by those that are listed");
    assert_eq!(one.count(PROCESS) + third.count(PROCESS), 3);
    let sessions: Vec<String> =
        third.turns().into_iter().chain(one.turns()).map(|turn| turn.session).collect();
    assert!(sessions.contains(&other.turns()[0].session), "the conversation is the same for us");
    two.nothing_violated();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_named_to_whoever_looks() {
    let mut two = Two::new().await;
    two.other.faults().add(On::call("GET /health").always(), Act::detail(500, "sick"));
    let (one, other) = (two.world.tutor.base_url(), two.other.base_url());
    let doctor = |world: &World| {
        let mut command = world.command(&["doctor"]);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let said = doctor(&two.world);
    assert!(
        said.contains(&format!("{one} answers in")) && said.contains(&format!("{other} answers in")),
        "{said}"
    );
    assert!(said.contains("not well (HTTP 500)"), "{said}");
    two.world.set("BACKEND_URL", &format!("{one},{other},{one}/"));
    let said = doctor(&two.world);
    assert!(said.contains("number 3 is number 1 again"), "{said}");
}
