//! Tests of the tone: what a learner reads is warm, Brazilian where it is Portuguese, and never mentions
//! technical parts.

use super::access::Refusal;
use super::admin::AdminView;
use super::tests::all_said;
use super::{Phrases, StatusView};
use crate::domain::Language;
use crate::domain::dead_letter::DeadReason;
use crate::domain::health::TutorState;
use crate::domain::incoming::OtherKind;

const EN: Phrases = Phrases(Language::En);
const PT: Phrases = Phrases(Language::Pt);

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
        "session",
        "queue",
        "turns",
        "practising is",
        "practising here",
    ];
    let lower = text.to_lowercase();
    of_the_machine.into_iter().filter(|word| lower.contains(word)).collect()
}

/// Sentences that only those read who run the bot.
fn is_for_admins(key: &str) -> bool {
    ["admin-", "alert-", "dead-", "wait-", "command-admin"].iter().any(|prefix| key.starts_with(prefix))
}

#[test]
fn a_learner_never_reads_of_the_machine() {
    for language in Language::ALL {
        let told = all_said(*language, "x").into_iter().filter(|(key, _)| !is_for_admins(key));
        let bad: Vec<_> = told.filter(|(_, text)| !of_the_machine(text).is_empty()).collect();
        assert!(bad.is_empty(), "{language:?}: {bad:?}");
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
