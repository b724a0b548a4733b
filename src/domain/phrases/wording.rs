//! Tests of the tone: what a learner reads is warm, Brazilian where it is Portuguese, and never mentions
//! technical parts.

use super::access::Refusal;
use super::admin::AdminView;
use super::{Phrases, StatusView};
use crate::domain::Language;
use crate::domain::UserId;
use crate::domain::dead_letter::DeadReason;
use crate::domain::expectation::{About, Expectation};
use crate::domain::health::TutorState;
use crate::domain::incoming::OtherKind;
use crate::domain::learner::Level;

const EN: Phrases = Phrases(Language::En);
const PT: Phrases = Phrases(Language::Pt);
const ES: Phrases = Phrases(Language::Es);

/// Everything that a learner may read during a lesson.
fn told_to_learners(phrases: Phrases) -> Vec<String> {
    let kinds = [
        OtherKind::Sticker,
        OtherKind::Picture,
        OtherKind::Location,
        OtherKind::Document,
        OtherKind::Unknown,
    ];
    let refusals = [Refusal::NotAllowed, Refusal::NotMember, Refusal::TryLater, Refusal::Hidden];
    let waiting = |own_waiting, ahead| StatusView {
        session: Some((90, 3)),
        own_waiting,
        ahead,
        tutor: TutorState::Silent,
        rate_left: Some((1, 30)),
        level: Some(Level::Beginner),
        persona: Some("X"),
        model: Some("llama"),
    };
    let rich = [
        phrases.welcome(true),
        phrases.welcome(false),
        phrases.first_task(0),
        phrases.language_menu(),
        phrases.help(&[]),
        phrases.voice_only(),
        phrases.rate_limited(5),
        phrases.too_large(20),
        phrases.too_long(300),
        phrases.no_audio(),
        phrases.not_audio(),
        phrases.unsupported(None),
        phrases.unsupported(Some("AMR")),
        phrases.cut_audio(),
        phrases.file_gone(),
        phrases.picture_too_large(),
        phrases.picture_unknown(),
        phrases.document_too_large(),
        phrases.document_unsupported(),
        phrases.document_empty(),
        phrases.document_locked(),
        phrases.document_broken(),
        phrases.files_out_of_reach(),
        phrases.tutor_refused(),
        phrases.no_speech(),
        phrases.voice_failed(),
        phrases.empty_answer(),
        phrases.later(),
        phrases.given_up(),
        phrases.dropped(),
        phrases.nothing_yet(),
        phrases.fresh(3, false),
        phrases.fresh(3, true),
        phrases.delete_ask(),
        phrases.deleted(),
        phrases.level_menu(None),
        phrases.level_menu(Some(Level::Advanced)),
        phrases.persona_menu("X", &[("X", "")]),
        phrases.model_menu(Some("x"), false, 1, 2),
        phrases.model_menu(None, false, 1, 1),
        phrases.no_such_model("x"),
        phrases.no_chat_model(),
        phrases.coach_what(),
        phrases.not_allowed(Some(UserId(1))),
        phrases.not_allowed(None),
        phrases.members_only(Some("@school"), true),
        phrases.members_only(None, false),
        phrases.members_hint(),
        phrases.no_channel(),
        phrases.joined(),
        phrases.status(&StatusView::default()),
        phrases.status(&waiting(1, 0)),
        phrases.status(&waiting(2, 4)),
        phrases.expectation(Expectation { place: 1, about: None }),
        phrases.expectation(Expectation { place: 1, about: Some(About::Seconds(30)) }),
        phrases.expectation(Expectation { place: 2, about: None }),
        phrases.expectation(Expectation { place: 3, about: Some(About::Minutes(2)) }),
    ];
    let rich = rich
        .into_iter()
        .chain(kinds.map(|kind| phrases.other(kind, true)))
        .chain(kinds.map(|kind| phrases.other(kind, false)));
    rich.chain(refusals.map(|why| phrases.refused(why)))
        .map(|text| text.to_plain())
        .chain(refusals.map(|why| phrases.refused_notice(why)))
        .chain([phrases.models_out_of_reach(), phrases.model_gone_notice(), phrases.chosen_already()])
        .chain([phrases.joined_notice(), phrases.not_joined_notice()])
        .collect()
}

/// Words of ours, and of those who are not at home in the language.
pub(crate) fn of_the_machine(text: &str) -> Vec<&'static str> {
    let of_the_machine = [
        "turno",
        "sessão",
        "sessões",
        "sesión",
        "sesiones",
        "registro",
        "vosotros",
        "usted",
        " log",
        "banco",
        "escreva-me",
        "isto é",
        "administra",
        "não me diz",
        "sua(s)",
        "dentro.",
        "300 s",
        "practising is",
        "practising here",
    ];
    let lower = text.to_lowercase();
    of_the_machine.into_iter().filter(|word| lower.contains(word)).collect()
}

#[test]
fn a_learner_never_reads_of_the_machine() {
    for text in [EN, PT, ES].into_iter().flat_map(told_to_learners) {
        let found = of_the_machine(&text);
        assert!(found.is_empty(), "{found:?} in {text:?}");
    }
}

#[test]
fn a_length_is_said_as_people_say_it() {
    for (secs, en, pt) in [
        (300, "up to 5 minutes.", "até 5 minutos."),
        (60, "up to 1 minute.", "até 1 minuto."),
        (90, "up to 90 seconds.", "até 90 segundos."),
        (3, "up to 3 seconds.", "até 3 segundos."),
        (1, "up to 1 second.", "até 1 segundo."),
    ] {
        assert!(EN.too_long(secs).to_plain().contains(en), "{secs}");
        assert!(PT.too_long(secs).to_plain().contains(pt), "{secs}");
    }
}

#[test]
fn these_sentences_were_chosen_with_care() {
    let admin = |tutor| AdminView { tutor, dead: vec![(DeadReason::Restored, 1)], ..AdminView::default() };
    let (well, gone) =
        (admin(Some((TutorState::Answers, 300_000))), admin(Some((TutorState::Silent, 61_000))));
    let plain = |text: super::Rich| text.to_plain();
    for (text, part) in [
        (plain(PT.help(&[])), "eu te dou dicas"),
        (plain(PT.first_task(0)), "e solte para enviar"),
        (plain(PT.voice_only()), "e solte para enviar"),
        (plain(PT.other(OtherKind::Picture, false)), "descreva em inglês"),
        (plain(PT.not_allowed(None)), "Me chame no privado"),
        (plain(PT.joined()), "Pronto, você entrou!"),
        (PT.refused_notice(Refusal::NotMember), "Isso é só para membros"),
        (plain(PT.refused(Refusal::TryLater)), "Agora não consigo verificar se"),
        (plain(PT.files_out_of_reach()), "O responsável pelo bot precisa corrigir isso"),
        (plain(PT.alert_members_hidden()), "me adicione como administrador"),
        (plain(PT.alert_dead_letters(&[(DeadReason::Fault, 1)], 1)), "novas: 1"),
        (plain(PT.empty_answer()), "não conseguiu responder desta vez"),
        (plain(PT.fresh(3, false)), "mensagens: 3"),
        (plain(PT.status(&StatusView::default())), "Nenhuma mensagem sua na fila"),
        (
            plain(PT.status(&StatusView { own_waiting: 2, ..StatusView::default() })),
            "Suas mensagens na fila: 2",
        ),
        (plain(PT.admin(&well)), "Tutor: responde há 5 min"),
        (plain(PT.admin(&gone)), "Tutor: não responde há 1 min"),
        (plain(PT.admin(&gone)), "quando o banco de dados foi restaurado"),
        (plain(EN.admin(&well)), "Tutor: answering for 5 min"),
        (plain(EN.admin(&gone)), "Tutor: stopped answering 1 min ago"),
        (plain(EN.alert_tutor_down(0, 1)), "The tutor stopped answering."),
        (plain(EN.files_out_of_reach()), "Whoever runs this bot has to mend it."),
        (plain(EN.empty_answer()), "could not answer this one"),
        (plain(EN.members_only(Some("@school"), true)), "This is for members of @school"),
    ] {
        assert!(text.contains(part), "{part:?} in {text:?}");
    }
}
