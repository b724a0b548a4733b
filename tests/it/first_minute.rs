//! The first minute: the welcome and its buttons, the language, and what a stranger sees before.

use crate::pressing::{labels, notice, press, says};
use crate::world::{PATIENCE, World};
use phonicflow_bot::sandbox::bot_api::LearnerProfile;

#[tokio::test(flavor = "multi_thread")]
async fn the_welcome_is_three_lines_and_a_tap_changes_its_language_or_gives_a_task() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.text("/start");
    let hello = world.answer_with(ana.chat(), "Welcome to PhonicFlow").await;
    assert_eq!(hello.text.lines().filter(|line| !line.is_empty()).count(), 3, "{}", hello.text);
    assert!(hello.text.contains("/delete") && !hello.text.contains("write to me"), "{}", hello.text);
    // By one tap, in place; the same tap again changes nothing.
    press(&ana, &hello, "Español");
    let spanish = says(&world, &hello, "bienvenida").await;
    assert_eq!(labels(&spanish), ["English", "Português", "✓ Español", "🎯 Primera tarea"]);
    for _ in 0..2 {
        let again = press(&ana, &hello, "Español");
        assert_eq!(notice(&world, &again).await, "Esa ya es tu elección.");
    }
    press(&ana, &spanish, "Primera tarea");
    let task = says(&world, &spanish, "ayer").await;
    assert!(task.text.contains("suelta para enviar"), "{}", task.text);
    press(&ana, &task, "Otra tarea");
    let other = says(&world, &task, "Preséntate").await;
    assert!(!other.text.contains("ayer"), "{}", other.text);
    // It is kept.
    ana.text("/new");
    world.answer_with(ana.chat(), "Conversación nueva").await;
    ana.text("hola");
    world.answer_with(ana.chat(), "Yo escucho mensajes de voz").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_the_clients_until_chosen_by_link_word_or_button() {
    let world = World::started().await;
    for (id, client, hello) in [
        (21, Some("es-MX"), "bienvenida"),
        (22, Some("pt-br"), "Boas-vindas"),
        (23, Some("fr"), "Welcome"),
        (24, None, "Welcome"),
    ] {
        let learner = world.telegram.learner(LearnerProfile {
            language_code: client.map(str::to_owned),
            ..LearnerProfile::new(id, "Li", "")
        });
        learner.text("/start");
        world.answer_with(learner.chat(), hello).await;
    }
    let ana = world.learner(11);
    ana.text("/start pt");
    world.answer_with(ana.chat(), "Boas-vindas ao PhonicFlow").await;
    // By the name of another language.
    ana.text("/lenguaje");
    let menu = world.answer_with(ana.chat(), "Em qual idioma").await;
    assert!(labels(&menu).contains(&"✓ Português".to_owned()));
    press(&ana, &menu, "English");
    let english = says(&world, &menu, "Which language").await;
    assert!(labels(&english).contains(&"✓ English".to_owned()));
    assert_eq!(notice(&world, &press(&ana, &menu, "English")).await, "That is your choice already.");
    ana.text("/idioma ES");
    world.answer_with(ana.chat(), "En qué idioma").await;
    ana.text("/ayda");
    world.answer_with(ana.chat(), "¿Quisiste decir /ayuda?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_read_about_the_bot_in_each_language_and_it_is_set_only_when_it_changed() {
    let mut world = World::started().await;
    for (language, long, short) in [
        ("", "Press Start", "Practise speaking"),
        ("pt", "Toque em Iniciar", "Pratique inglês"),
        ("es", "Toca Iniciar", "Practica inglés"),
    ] {
        let told = world.telegram.wait_until(PATIENCE, |state| {
            let about = |field| state.profile(field, language).map(str::to_owned);
            Some((about("description")?, about("short_description")?))
        });
        let (description, about) = told.await.unwrap();
        assert!(description.contains(long) && about.contains(short), "{description} {about}");
    }
    // The menus come after the descriptions, in each language.
    for starts in 1..=2 {
        let menus = world
            .telegram
            .wait_until(PATIENCE, |state| (state.log().count("setMyCommands") >= 3 * starts).then_some(()));
        assert!(menus.await.is_some());
        if starts == 1 {
            world.stop().await;
            world.start();
        }
    }
    assert_eq!(world.telegram.calls("setMyDescription").len(), 3);
    assert_eq!(world.telegram.calls("setMyShortDescription").len(), 3);
}
