//! Tests of the files of sentences: every language has all of them, the code says all of them, and each fits its place.

use super::{Language, Phrases};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};
use fluent_syntax::parser;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a sentence is made of, by its key.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Made {
    pub variables: BTreeSet<String>,
    /// Whether it has a plural, and whether that says how none is put.
    plural: bool,
    none: bool,
}

impl Made {
    fn read(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                match expression {
                    Expression::Inline(inline) => self.inline(inline),
                    Expression::Select { selector, variants } => {
                        self.inline(selector);
                        for variant in variants {
                            match variant.key {
                                VariantKey::Identifier { name: "one" } => self.plural = true,
                                VariantKey::NumberLiteral { value: "0" } => self.none = true,
                                _ => {}
                            }
                            self.read(&variant.value);
                        }
                    }
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name.to_owned());
            }
            InlineExpression::FunctionReference { arguments, .. } => {
                arguments.positional.iter().for_each(|one| self.inline(one));
            }
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            other => panic!("{other:?} is used nowhere yet"),
        }
    }
}

fn file(language: Language) -> String {
    let path = format!("{}/assets/phrases/{}.ftl", env!("CARGO_MANIFEST_DIR"), language.tag());
    std::fs::read_to_string(path).unwrap()
}

/// The sentences of a language's file. A file that cannot be read to its end, and a key there twice, is an error.
pub(crate) fn sentences(language: Language) -> BTreeMap<String, Made> {
    let text = file(language);
    let mut found = BTreeMap::new();
    let file = parser::parse(text.as_str()).unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
    for entry in file.body {
        if let Entry::Message(message) = entry {
            let mut made = Made::default();
            made.read(&message.value.unwrap_or_else(|| panic!("{} says nothing", message.id.name)));
            for attribute in message.attributes {
                assert!(
                    attribute.id.name == "aliases" && message.id.name.starts_with("command-"),
                    "{language:?}: {}.{} is read by nobody",
                    message.id.name,
                    attribute.id.name
                );
            }
            assert!(found.insert(message.id.name.to_owned(), made).is_none(), "{} twice", message.id.name);
        }
    }
    found
}

/// Every sentence of a language with this in the place of each of its values.
pub(crate) fn all_said(language: Language, value: &str) -> Vec<(String, String)> {
    let said = |(key, made): (String, Made)| {
        let values: Vec<_> = made.variables.iter().map(|name| (name.as_str(), value.into())).collect();
        let text = Phrases(language).text(&key, &values);
        (key, text)
    };
    sentences(language).into_iter().map(said).collect()
}

#[test]
fn every_language_says_the_same_with_the_same_values() {
    let english = sentences(Language::En);
    assert!(english.len() > 150);
    for language in Language::ALL {
        let own = sentences(*language);
        let lacks: Vec<_> = english.keys().filter(|key| !own.contains_key(*key)).collect();
        let extra: Vec<_> = own.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(lacks.is_empty() && extra.is_empty(), "{language:?} lacks {lacks:?} and alone has {extra:?}");
        for (key, made) in &own {
            assert_eq!(made.variables, english[key].variables, "{language:?}: {key}");
            // Fluent counts 0 as `one` in Portuguese, which nobody says.
            assert!(!made.plural || made.none || *language != Language::Pt, "{key} needs [0]");
        }
    }
}

/// What each `phrase!` of the code names: the key, and the values.
fn said_by_the_code() -> Vec<(String, BTreeSet<String>)> {
    let (mut folders, mut said) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            let code = lines.collect::<Vec<_>>().join(" ");
            for call in code.split("phrase!(").skip(1).filter(|call| call.trim().starts_with("self,")) {
                let mut parts = call.splitn(3, '"').skip(1);
                let (key, rest) = (parts.next().unwrap(), parts.next().unwrap());
                let (mut depth, mut values, mut current) = (0, BTreeSet::new(), String::new());
                for c in rest.chars() {
                    match c {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth -= 1,
                        _ => {}
                    }
                    if depth < 0 || depth == 0 && c == ',' {
                        let name = current.split('=').next().unwrap_or_default().trim();
                        values.extend((!name.is_empty()).then(|| name.to_owned()));
                        current.clear();
                        if depth < 0 {
                            break;
                        }
                    } else {
                        current.push(c);
                    }
                }
                said.push((key.to_owned(), values));
            }
        }
    }
    said
}

#[test]
fn the_code_says_every_sentence_and_gives_it_its_values() {
    let english = sentences(Language::En);
    let said = said_by_the_code();
    for (key, values) in &said {
        let made = english.get(key).unwrap_or_else(|| panic!("no file has {key}"));
        assert_eq!(&made.variables, values, "{key}");
    }
    let said: BTreeSet<_> = said.iter().map(|(key, _)| key.as_str()).collect();
    let never = |key: &&String| !key.starts_with("command-") && !said.contains(key.as_str());
    assert_eq!(english.keys().filter(never).collect::<Vec<_>>(), [""; 0], "nobody says these");
    let commands = crate::bot::commands::ALL.iter().map(|command| format!("command-{}", command.name));
    let lines = english.keys().filter(|key| key.starts_with("command-"));
    assert_eq!(commands.collect::<BTreeSet<_>>(), lines.cloned().collect());
}

/// The room there is for a sentence, in characters: Telegram's limits, and what a button on a phone shows.
fn room(key: &str) -> usize {
    match key {
        _ if key.ends_with("-button") => 40,
        _ if key.ends_with("-notice") => 200,
        _ if key.ends_with("-caption") => 1024,
        _ if key.starts_with("command-") => 256,
        "bot-description" => 512,
        "bot-about" => 120,
        _ => 2000,
    }
}

#[test]
fn every_sentence_fits_its_place_in_every_language() {
    for language in Language::ALL {
        for (key, text) in all_said(*language, "twenty characters ok") {
            assert!(
                !text.trim().is_empty() && !text.contains("{$") && !text.contains("{ $"),
                "{key}: {text}"
            );
            assert!(text.chars().count() <= room(&key), "{language:?} {key}: {}", text.chars().count());
        }
    }
}

#[test]
fn what_one_language_lacks_is_said_in_english_and_what_all_lack_by_its_key() {
    assert_eq!(Phrases(Language::Es).text("no-such-sentence", &[]), "no-such-sentence");
    assert_eq!(Language::Es.catalog().text("welcome", Some("aliases"), &[]), None);
    let lame = super::Catalog::read("xx-invalid-", "a = A\nb = { $ }\nc = { $x } C\n");
    assert_eq!(lame.text("a", None, &[]).as_deref(), Some("A"));
    assert_eq!(lame.text("b", None, &[]), None);
    assert_eq!(lame.text("c", None, &[]).as_deref(), Some("{$x} C"));
}

#[test]
fn every_language_has_words_of_its_own() {
    let english = all_said(Language::En, "x");
    for language in Language::ALL.iter().filter(|language| **language != Language::En) {
        for ((key, own), (_, english)) in all_said(*language, "x").into_iter().zip(&english) {
            assert!(own != *english, "{language:?}: {key} is English");
        }
    }
    let help = Phrases(Language::Pt).help(&[vec!["start"], vec!["help"]]).to_plain();
    assert!(help.ends_with("\n\n/help – Os comandos, um por linha"), "{help}");
}

#[test]
fn numbers_choose_their_plural() {
    let says = |language, key, n: u64| Phrases(language).text(key, &[("minutes", n.into())]);
    for (n, en, pt, es) in [
        (0, "0 minutes", "0 minutos", "0 minutos"),
        (1, "1 minute", "1 minuto", "1 minuto"),
        (2, "2 minutes", "2 minutos", "2 minutos"),
    ] {
        assert_eq!(says(Language::En, "length-minutes", n), en);
        assert_eq!(says(Language::Pt, "length-minutes", n), pt);
        assert_eq!(says(Language::Es, "length-minutes", n), es);
    }
}
