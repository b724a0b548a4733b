//! A learner's cards as a file that Anki imports.
//!
//! Comma separated, with the header lines of Anki's text import (<https://docs.ankiweb.net/importing/text-files.html>); the
//! first column names each note, so that importing a later file again changes notes and doubles none. Pure.

use crate::domain::card::Card;
use std::fmt::Write as _;

pub(crate) fn cards(cards: &[Card]) -> String {
    let mut text = String::from(
        "#separator:Comma\n#html:false\n#guid column:1\n#tags column:4\n#columns:Id,Front,Back,Tags\n",
    );
    for card in cards {
        // Anki leaves out notes whose first field is empty.
        let front = if card.front.is_empty() { &card.back } else { &card.front };
        let back = match card.why.is_empty() {
            true => card.back.clone(),
            false => format!("{}\n\n{}", card.back, card.why),
        };
        let kind = card.kind.map_or("phrase", |kind| kind.name()).replace(' ', "-");
        let id = format!("phonicflow-{}-{}", card.created, card.id);
        let _ = writeln!(text, "{id},{},{},phonicflow {kind}", quoted(front), quoted(&back));
    }
    text
}

/// As RFC 4180 wants it.
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CorrectionKind, NewCard};

    #[test]
    fn what_a_card_says_cannot_break_its_line() {
        let new = NewCard {
            front: "He say \"no\", \n#deck:x".into(),
            back: "He says \"no\"".into(),
            why: "third person".into(),
            kind: Some(CorrectionKind::WordChoice),
            source: Some(3),
        };
        let phrase = NewCard {
            front: String::new(),
            back: "ship".into(),
            why: String::new(),
            kind: None,
            source: None,
        };
        let text = cards(&[Card::new(1, new, 20_000), Card::new(2, phrase, 20_001)]);
        let (head, rows) = text.split_once("Tags\n").unwrap();
        assert!(head.starts_with("#separator:Comma\n"), "{head}");
        assert_eq!(
            rows,
            "phonicflow-20000-1,\"He say \"\"no\"\", \n#deck:x\",\"He says \"\"no\"\"\n\nthird person\",phonicflow word-choice\n\
             phonicflow-20001-2,\"ship\",\"ship\",phonicflow phrase\n"
        );
    }
}
