//! What a learner chooses by buttons: level, persona, model. Pressed twice, by somebody else, and where there is nothing to
//! choose.

use crate::pressing::{edits, labels, notice, press, says};
use crate::world::{PATIENCE, World};
use phonicflow_bot::sandbox::chat_api::{ChatModel, ChatOptions};

/// A server of so many models, and a daemon that knows it.
async fn world_of_models(count: usize) -> (World, phonicflow_bot::sandbox::chat_api::ChatApi) {
    let mut world = World::new().await;
    let models = (1..=count).map(|n| ChatModel::new(&format!("model-{n:02}"))).collect();
    let chat = world.chat(ChatOptions { models, ..ChatOptions::default() }).await;
    world.start();
    (world, chat)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_is_chosen_in_place_once_and_stays() {
    let mut world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    for (learner, asks, label, chosen, already) in [
        (
            &ana,
            "How well do you speak English?",
            "Intermediate",
            "Your level: Intermediate",
            "your choice already",
        ),
        (&rui, "Como é o seu inglês?", "Intermediário", "Seu nível: Intermediário", "já é a sua escolha"),
    ] {
        learner.text("/level");
        let menu = world.answer_with(learner.chat(), asks).await;
        assert!(menu.buttons().len() == 4 && !menu.text.contains("\n"), "{}", menu.text);
        let before = edits(&world);
        let first = press(learner, &menu, label);
        assert_eq!(notice(&world, &first).await, "");
        let menu = says(&world, &menu, chosen).await;
        assert!(
            labels(&menu)[1].starts_with('✓') && !labels(&menu)[0].starts_with('✓'),
            "{:?}",
            labels(&menu)
        );
        let again = press(learner, &menu, label);
        assert!(notice(&world, &again).await.contains(already));
        assert_eq!(edits(&world), before + 1, "pressed twice, done once");
    }
    // It outlives a conversation and a restart, is shown and exported, and ends with the learner's data.
    ana.text("/new");
    world.answer_with(ana.chat(), "fresh conversation").await;
    world.kill();
    world.start();
    ana.text("/status");
    world.answer_with(ana.chat(), "Level: Intermediate").await;
    let shown = world.command(&["sessions", "show", "11", "--json"]).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("intermediate"), "{shown:?}");
    ana.text("/delete");
    let asked = world.answer_with(ana.chat(), "Delete everything").await;
    press(&ana, &asked, "Delete everything");
    says(&world, &asked, "deleted").await;
    let before = world.telegram.read(|state| state.from_bot(ana.chat()).count());
    ana.text("/level B2");
    let menu = &world.answers(ana.chat(), before + 1).await[before];
    assert!(menu.text.contains("Your level: Intermediate"), "typed along: {}", menu.text);
    ana.text("/level");
    world.answers(ana.chat(), before + 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_learner_has_no_level() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.text("/level advanced");
    world.answer_with(ana.chat(), "Your level: Advanced").await;
    ana.text("/delete");
    let asked = world.answer_with(ana.chat(), "Delete everything").await;
    press(&ana, &asked, "Delete everything");
    says(&world, &asked, "deleted").await;
    let before = world.telegram.read(|state| state.from_bot(ana.chat()).count());
    ana.text("/level");
    let menu = &world.answers(ana.chat(), before + 1).await[before];
    assert!(!menu.text.contains("Your level"), "{}", menu.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_nobody_chooses_for_another() {
    let (world, _chat) = world_of_models(3).await;
    world.telegram.group(-500, "class");
    let (ana, rui) = (world.learner(11).in_chat(-500), world.brazilian(12).in_chat(-500));
    for (command, asks, label) in [
        ("/level", "How well do you speak", "Advanced"),
        ("/persona", "Who shall I be", "Strict examiner"),
        ("/models", "Who answers when you write", "model-02"),
        ("/switch", "Who answers when you write", "model-03"),
    ] {
        let before = world.telegram.read(|state| state.from_bot(-500).count());
        ana.text(&format!("{command}@phonicflow_bot"));
        let menu = world.answers(-500, before + 1).await[before].clone();
        assert!(menu.text.contains(asks), "{command}: {}", menu.text);
        let unchanged = edits(&world);
        let told = notice(&world, &press(&rui, &menu, label)).await;
        assert_eq!(told, "Este botão é para outra pessoa.", "{command}");
        world.settled().await;
        assert_eq!(edits(&world), unchanged, "{command}");
        press(&ana, &menu, label);
        let chosen = world.telegram.wait_until(PATIENCE, |state| {
            let mut all = state.from_bot(-500);
            let now = all.find(|known| known.message_id == menu.message_id).cloned()?;
            labels(&now).iter().any(|now| now.starts_with('✓') && now.contains(label)).then_some(())
        });
        assert!(chosen.await.is_some(), "{command}: the one who asked may");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persona_is_chosen_in_place_from_files_that_a_folder_may_replace_and_add_to() {
    let mut world = World::new().await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    std::fs::write(folder.join("pirate.md"), "name: Pirate\nname.pt: Pirata\nabout: Arr\n\nArr, {level}!\n")
        .unwrap();
    std::fs::write(folder.join("friend.md"), "name: Buddy\n\nYou are a buddy.\n").unwrap();
    std::fs::write(folder.join("notes.txt"), "no persona").unwrap();
    world.set("PERSONAS_PATH", &folder.display().to_string());
    let _chat = world.chat(ChatOptions::default()).await;
    world.start();
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    for (learner, now, label, chosen, already) in [
        (&ana, "Now: Buddy", "Pirate", "Now: Pirate", "your choice already"),
        (&rui, "Agora: Buddy", "Pirata", "Agora: Pirata", "já é a sua escolha"),
        (&ana, "Now: Pirate", "Job interviewer", "Now: Job interviewer", "your choice already"),
    ] {
        let before = world.telegram.read(|state| state.from_bot(learner.chat()).count());
        learner.text("/persona");
        let menu = world.answers(learner.chat(), before + 1).await[before].clone();
        assert!(menu.text.contains(now), "{}", menu.text);
        assert_eq!(menu.buttons().len(), 7, "{:?}", labels(&menu));
        let edited = edits(&world);
        assert_eq!(notice(&world, &press(learner, &menu, label)).await, "");
        let menu = says(&world, &menu, chosen).await;
        assert!(notice(&world, &press(learner, &menu, label)).await.contains(already));
        assert_eq!(edits(&world), edited + 1);
    }
    world.kill();
    world.start();
    ana.text("/status");
    world.answer_with(ana.chat(), "I am: Job interviewer").await;
    rui.text("/status");
    world.answer_with(rui.chat(), "eu sou: Pirata").await;
    // A persona that is no more is out of date on its button, and nobody's choice.
    let old = world.telegram.read(|state| state.from_bot(rui.chat()).next().cloned()).unwrap();
    std::fs::remove_file(folder.join("pirate.md")).unwrap();
    world.kill();
    world.start();
    assert_eq!(notice(&world, &press(&rui, &old, "Pirata")).await, "Este botão expirou.");
    rui.text("/status");
    world.answer_with(rui.chat(), "eu sou: Buddy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_chosen_in_pages_and_the_choice_is_kept() {
    let (mut world, chat) = world_of_models(19).await;
    for (learner, command, page, chosen, already, gone, unknown) in [
        (
            world.learner(11),
            "/models",
            "page 1 of 3",
            "(page 2 of 3): model-10",
            "your choice already",
            "no longer there",
            "I know no model mistral",
        ),
        (
            world.brazilian(12),
            "/switch",
            "página 1 de 3",
            "(página 2 de 3): model-10",
            "já é a sua escolha",
            "não está mais disponível",
            "Não conheço nenhum modelo mistral",
        ),
    ] {
        learner.text(command);
        let first = world.answer_with(learner.chat(), page).await;
        assert!(
            first.text.contains("model-01"),
            "the first one answers until another is chosen: {}",
            first.text
        );
        assert_eq!(labels(&first).last().map(String::as_str), Some("»"));
        assert!(labels(&first)[0].starts_with('✓') && labels(&first).len() == 9);
        press(&learner, &first, "»");
        let second = says(&world, &first, "2").await;
        assert_eq!(labels(&second).len(), 10, "eight, back and on: {:?}", labels(&second));
        let before = edits(&world);
        assert_eq!(notice(&world, &press(&learner, &second, "model-10")).await, "");
        let second = says(&world, &second, chosen).await;
        assert!(labels(&second)[1] == "✓ model-10", "{:?}", labels(&second));
        assert!(notice(&world, &press(&learner, &second, "model-10")).await.contains(already));
        assert_eq!(edits(&world), before + 1);
        // Kept over a crash.
        world.kill();
        world.start();
        let count = world.telegram.read(|state| state.from_bot(learner.chat()).count());
        learner.text("/switch");
        let kept = &world.answers(learner.chat(), count + 1).await[count];
        assert!(kept.text.contains(chosen), "{}", kept.text);
        // By name, by a part of it that only one has, and by a name that none has.
        for (typed, says) in [("MODEL-19", "model-19"), ("-07", "model-07"), ("mistral", unknown)] {
            let count = world.telegram.read(|state| state.from_bot(learner.chat()).count());
            learner.text(&format!("/switch {typed}"));
            let told = &world.answers(learner.chat(), count + 1).await[count];
            assert!(told.text.contains(says) && !told.buttons().is_empty(), "{typed}: {}", told.text);
        }
        // A model that the server has no more: its old button says so and shows those there are.
        let kept = kept.clone();
        chat.configure(|options| options.models.retain(|model| model.id != "model-12"));
        world.kill();
        world.start();
        let told = notice(&world, &press(&learner, &kept, "model-12")).await;
        assert!(told.contains(gone), "{told}");
        chat.configure(|options| options.models.insert(11, ChatModel::new("model-12")));
        world.kill();
        world.start();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lists_nothing_is_a_kind_line_and_a_choice_that_is_gone_is_told() {
    let (world, chat) = world_of_models(2).await;
    let ana = world.learner(11);
    chat.stop().await;
    ana.text("/models");
    world.answer_with(ana.chat(), "cannot look up the models").await;
    chat.resume().await.unwrap();
    ana.text("/switch model-02");
    let menu = world.answer_with(ana.chat(), "model-02").await;
    assert!(labels(&menu)[1].starts_with('✓'));
    ana.text("/status");
    world.answer_with(ana.chat(), "Model of your choice: model-02").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_chat_model_is_set_up_there_is_nothing_to_choose_and_nothing_in_the_menus() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    for command in ["/persona", "/models", "/switch", "/switch model-02"] {
        for (learner, words) in [(&ana, "Here we talk by voice"), (&rui, "Aqui a gente conversa por voz")] {
            let before = world.telegram.read(|state| state.from_bot(learner.chat()).count());
            learner.text(command);
            let told = &world.answers(learner.chat(), before + 1).await[before];
            assert!(told.text.starts_with(words) && told.buttons().is_empty(), "{command}: {}", told.text);
        }
    }
    ana.text("/help");
    let help = world.answer_with(ana.chat(), "/status –").await;
    assert!(
        help.text.contains("/level –")
            && ["/persona", "/models", "/switch"].iter().all(|name| !help.text.contains(name))
    );
    assert_eq!(offered(&world, "pt", "level").await, (true, false));
    // A claimed press of a button that belongs to a chat model is out of date.
    let pressed = world.telegram.claim_press(ana.chat(), 11, help.message_id, "mod:1:11");
    assert_eq!(notice(&world, &pressed).await, "This button is out of date.");

    let (world, _chat) = world_of_models(1).await;
    assert_eq!(offered(&world, "", "switch").await, (true, true));
    assert_eq!(offered(&world, "pt", "models").await, (true, true));
}

/// Whether a command is in a language's menu, and whether `/persona` is.
async fn offered(world: &World, language: &str, command: &str) -> (bool, bool) {
    let menu = world
        .telegram
        .wait_until(PATIENCE, |state| state.commands(language).map(|commands| commands.to_string()))
        .await
        .unwrap_or_default();
    let has = |name: &str| menu.contains(&format!("\"command\":\"{name}\""));
    (has(command), has("persona"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_is_who_answers_and_how() {
    let (world, chat) = world_of_models(3).await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    let system = |place: usize| chat.questions()[place].messages[0].1.clone();
    rui.text("Hello!");
    world.answers(rui.chat(), 1).await;
    assert_eq!(chat.questions()[0].model, "model-01");
    assert!(system(0).contains("curious friend") && system(0).contains("explanations: Brazilian Portuguese"));
    for command in ["/level A1", "/switch model-03", "/persona"] {
        let before = world.telegram.read(|state| state.from_bot(ana.chat()).count());
        ana.text(command);
        world.answers(ana.chat(), before + 1).await;
    }
    let menu = world.answer_with(ana.chat(), "Who shall I be").await;
    press(&ana, &menu, "Story teller");
    says(&world, &menu, "Now: Story teller").await;
    ana.text("Hello!");
    world.answers(ana.chat(), 4).await;
    assert_eq!(chat.questions()[1].model, "model-03");
    assert!(system(1).contains("make up a story") && system(1).contains("level: beginner"), "{}", system(1));
    assert!(!system(1).contains('{') && system(1).contains("English"));
}
