//! Personas: who the chat model is for a learner. One Markdown file each: a head of names, an empty line, the system prompt.
//!
//! ```text
//! name: Friend
//! name.pt: Amigo
//! about: Easy talk about your day
//! about.pt: Conversa leve sobre o seu dia
//!
//! You are a friend of somebody learning English. The learner's level: {level}. ...
//! ```
//!
//! Must not know where the files lie, or how a model is asked.

use super::language::Language;
use super::learner::Level;
use super::phrases::Phrases;
use std::fmt;

/// Longest file, bytes: a prompt goes along with every question.
pub const FILE_LIMIT: usize = 16 << 10;
/// Most personas: they are offered as buttons.
pub const MOST: usize = 30;
/// Longest name of a file, bytes.
const ID_LIMIT: usize = 32;
/// Longest name shown, characters: it is a button.
const NAME_LIMIT: usize = 40;
/// Longest line about it, characters.
const ABOUT_LIMIT: usize = 120;

/// One persona.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// The name of its file, by which a learner's choice is kept.
    pub id: String,
    name: Texts,
    about: Texts,
    prompt: String,
}

/// A text and its translations, of which the last one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Texts(Vec<(Language, String)>);

impl Texts {
    fn of(&self, language: Language) -> &str {
        self.own(language).or_else(|| self.own(Language::En)).unwrap_or_default()
    }

    fn own(&self, language: Language) -> Option<&str> {
        let mut latest = self.0.iter().rev();
        latest.find_map(|(known, text)| (*known == language).then_some(text.as_str()))
    }
}

/// Why a file is no persona.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonaFault {
    /// 1-based; `None`: the file as a whole.
    line: Option<usize>,
    what: String,
}

impl fmt::Display for PersonaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => write!(f, "{}", self.what),
        }
    }
}

fn fault(line: impl Into<Option<usize>>, what: impl Into<String>) -> PersonaFault {
    PersonaFault { line: line.into(), what: what.into() }
}

impl Persona {
    /// Reads a file; `id` is its name without the ending.
    pub fn parse(id: &str, text: &str) -> Result<Self, PersonaFault> {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if id.is_empty() || id.len() > ID_LIMIT || !id.bytes().all(letters) {
            return Err(fault(None, format!("its name must be 1 to {ID_LIMIT} of a-z, 0-9 and -")));
        }
        if text.len() > FILE_LIMIT {
            return Err(fault(None, format!("must not be longer than {FILE_LIMIT} bytes")));
        }
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let (mut name, mut about) = (Texts::default(), Texts::default());
        let mut lines = (1..).zip(text.lines());
        for (number, line) in lines.by_ref().take_while(|(_, line)| !line.trim().is_empty()) {
            let (key, value) = line.split_once(':').ok_or_else(|| {
                fault(number, "must be `name: …` or the like, or empty where the prompt begins")
            })?;
            let (texts, limit) = match key.trim().split('.').next() {
                Some("name") => (&mut name, NAME_LIMIT),
                Some("about") => (&mut about, ABOUT_LIMIT),
                _ => return Err(fault(number, "knows only name, name.pt, about and about.pt")),
            };
            let language = match key.trim().split_once('.') {
                None => Language::En,
                Some((_, code)) => Language::ALL
                    .iter()
                    .copied()
                    .find(|language| language.tag() == code)
                    .ok_or_else(|| fault(number, "is in no language of the bot, such as .en or .pt"))?,
            };
            let value = value.trim();
            if value.is_empty() || value.chars().count() > limit || value.chars().any(char::is_control) {
                return Err(fault(number, format!("must say something in at most {limit} characters")));
            }
            texts.0.push((language, value.to_owned()));
        }
        if name.own(Language::En).is_none() {
            return Err(fault(None, "must begin with a line `name: …`"));
        }
        let prompt: Vec<&str> = lines
            .map(|(number, line)| match unknown_placeholder(line) {
                Some(word) => {
                    Err(fault(number, format!("knows no {{{word}}}, only {{level}} and {{language}}")))
                }
                None => Ok(line),
            })
            .collect::<Result<_, _>>()?;
        let prompt = prompt.join("\n").trim().to_owned();
        if prompt.is_empty() {
            return Err(fault(None, "must have a prompt after the first empty line"));
        }
        Ok(Self { id: id.to_owned(), name, about, prompt })
    }

    /// What learners call it.
    pub fn name(&self, language: Language) -> &str {
        self.name.of(language)
    }

    /// What it is good for, in one line; may be empty.
    pub fn about(&self, language: Language) -> &str {
        self.about.of(language)
    }

    /// The system prompt for a learner of this level, who is to be given explanations in this language.
    pub fn prompt(&self, level: Option<Level>, language: Language) -> String {
        let (level, language) = (level_words(level), language_words(language));
        self.prompt.replace("{level}", level).replace("{language}", &language)
    }
}

/// A learner's level, as models are told.
pub fn level_words(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Beginner) => "beginner (CEFR A1 to A2)",
        Some(Level::Intermediate) => "intermediate (CEFR B1 to B2)",
        Some(Level::Advanced) => "advanced (CEFR C1 to C2)",
        None => "not known; go by how the learner writes, and begin simply",
    }
}

/// A language, as models are told.
pub fn language_words(language: Language) -> String {
    Phrases(language).language_for_models()
}

/// A word in braces that looks like a placeholder and is none.
fn unknown_placeholder(line: &str) -> Option<&str> {
    let words = line.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word);
    let mut meant = words.filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
    meant.find(|word| !matches!(*word, "level" | "language"))
}

/// All there are; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personas(Vec<Persona>);

/// Those that come with the program, the one of a new learner first.
macro_rules! included {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("../../assets/personas/", $id, ".md")))),*]
    };
}

const INCLUDED: &[(&str, &str)] = included!["friend", "examiner", "interviewer", "traveller", "storyteller"];

impl Default for Personas {
    fn default() -> Self {
        // That each of them can be read is tested.
        Self(INCLUDED.iter().filter_map(|(id, text)| Persona::parse(id, text).ok()).collect())
    }
}

impl Personas {
    /// Puts one in the place of that of the same name, or after the others.
    pub fn put(&mut self, persona: Persona) -> Result<(), PersonaFault> {
        let full = self.0.len() >= MOST;
        match self.0.iter_mut().find(|known| known.id == persona.id) {
            Some(known) => *known = persona,
            None if full => return Err(fault(None, format!("is one too many: there may be {MOST} of them"))),
            None => self.0.push(persona),
        }
        Ok(())
    }

    /// In the order in which they are offered.
    pub fn iter(&self) -> impl Iterator<Item = &Persona> {
        self.0.iter()
    }

    /// The learner's choice; the first where there is none, or where it is no more.
    pub fn of(&self, chosen: Option<&str>) -> Option<&Persona> {
        self.0.iter().find(|persona| Some(persona.id.as_str()) == chosen).or(self.0.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_come_along_are_whole_in_every_language_and_use_both_placeholders() {
        let all = Personas::default();
        assert_eq!(all.0.len(), INCLUDED.len());
        for persona in all.iter() {
            for texts in [&persona.name, &persona.about] {
                let whole = Language::ALL.iter().all(|language| texts.own(*language).is_some());
                assert!(
                    whole && texts.own(Language::En) != texts.own(Language::Pt),
                    "{}: {texts:?}",
                    persona.id
                );
            }
            assert!(
                persona.prompt.contains("{level}") && persona.prompt.contains("{language}"),
                "{}",
                persona.id
            );
            let told = persona.prompt(Some(Level::Beginner), Language::Pt);
            assert!(
                told.contains("A1 to A2") && told.contains("Brazilian Portuguese") && !told.contains('{')
            );
            let told = told.to_lowercase();
            assert!(told.contains("one question") && told.contains("mistakes"), "{}", persona.id);
        }
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/personas")).unwrap();
        assert_eq!(folder.count(), INCLUDED.len(), "a file that is not included");
    }

    #[test]
    fn a_file_is_read_or_its_fault_is_told_by_line() {
        let whole = "\u{feff}name: Pirate\r\nabout: Arr\r\nname.pt: Pirata\r\n\r\nYou are {a pirate} with {level}.\r\n\r\nArr.\r\n";
        let pirate = Persona::parse("pirate", whole).unwrap();
        assert_eq!((pirate.name(Language::Pt), pirate.about(Language::Pt)), ("Pirata", "Arr"));
        let told = pirate.prompt(None, Language::En);
        assert!(
            told.starts_with("You are {a pirate} with not known;") && told.ends_with(".\n\nArr."),
            "{told}"
        );
        let long = format!("name: {}\n\nx", "x".repeat(41));
        let huge = format!("name: x\n\n{}", "x".repeat(FILE_LIMIT));
        for (id, text, says) in [
            ("pirate", "", "must begin with a line `name"),
            ("pirate", "about: x\n\nyou", "must begin with a line `name"),
            ("pirate", "name: x", "must have a prompt"),
            ("pirate", "name: x\n\n \n", "must have a prompt"),
            ("pirate", "name: x\nYou are a pirate.", "line 2: must be"),
            ("pirate", "name: x\nlevel: y\n\nz", "line 2: knows only"),
            ("pirate", "name.fr: x\n\nz", "line 1: is in no language"),
            ("pirate", "name:  \n\nz", "line 1: must say something"),
            ("pirate", &long, "line 1: must say something"),
            ("pirate", "name: x\n\nyou\nare {name}", "line 4: knows no {name}"),
            ("pirate", &huge, "must not be longer"),
            ("Pi/rate", "name: x\n\ny", "its name must be"),
            ("", "name: x\n\ny", "its name must be"),
        ] {
            let told = Persona::parse(id, text).unwrap_err().to_string();
            assert!(told.contains(says), "{text:?}: {told}");
        }
    }

    #[test]
    fn a_choice_that_is_no_more_falls_back_to_the_first() {
        let mut all = Personas::default();
        let friend = Persona::parse("friend", "name: Buddy\n\nBe nice.").unwrap();
        all.put(friend.clone()).unwrap();
        assert_eq!((all.of(None), all.of(Some("gone"))), (Some(&friend), Some(&friend)));
        all.put(Persona::parse("pirate", "name: Pirate\n\nArr.").unwrap()).unwrap();
        assert_eq!(all.of(Some("pirate")).map(|found| found.name(Language::Pt)), Some("Pirate"));
        assert_eq!(all.iter().count(), INCLUDED.len() + 1);
        for n in 0..MOST {
            let more = Persona::parse(&format!("p{n}"), "name: P\n\nX").unwrap();
            assert_eq!(all.put(more).is_ok(), INCLUDED.len() + 1 + n < MOST);
        }
    }
}
