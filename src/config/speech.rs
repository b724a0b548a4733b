//! What is configured of the tutor and of the speech servers that the built-in one stands on.
//!
//! Must not know how they are asked.

use super::advice::is_set;
use super::keys::{Key, Kind};
use super::{Config, ConfigError, Setting};
use crate::secret::Secret;

/// `TUTOR`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TutorKind {
    /// The PhonicFlow backend at `BACKEND_URL`.
    #[default]
    PhonicFlow,
    /// Of a speech recogniser, the chat model and, where there is one, a speech synthesiser.
    Builtin,
}

/// A speech server, and what is asked of it.
#[derive(Debug, Clone, Default)]
pub struct SpeechServer {
    /// Without a trailing slash; `None`: there is none.
    pub url: Option<String>,
    pub model: String,
    pub key: Option<Secret>,
}

/// The `STT_*` and `TTS_*` options.
#[derive(Debug, Clone, Default)]
pub struct Speech {
    pub recogniser: SpeechServer,
    pub synthesiser: SpeechServer,
    /// `TTS_VOICE`.
    pub voice: String,
}

pub const OPTIONS: &[Key] = &[
    Key {
        name: "STT_URL",
        default: "",
        kind: Kind::OptionalUrl(|c| &mut c.speech.recogniser.url),
        doc: "Base URL of a server of speech to text that speaks OpenAI's wire, /v1 included, for instance http://localhost:8000/v1 for speaches. TUTOR=builtin needs it; with PhonicFlow it hears drills, which cost a whole turn otherwise.",
    },
    Key {
        name: "STT_MODEL",
        default: "whisper-1",
        kind: Kind::Word(|c| &mut c.speech.recogniser.model),
        doc: "The model that recognises speech, by that server's name; whisper.cpp takes any.",
    },
    Key {
        name: "STT_API_KEY",
        default: "",
        kind: Kind::Secret(|c| &mut c.speech.recogniser.key),
        doc: "Sent to that server as \"Authorization: Bearer\".",
    },
    Key {
        name: "TTS_URL",
        default: "",
        kind: Kind::OptionalUrl(|c| &mut c.speech.synthesiser.url),
        doc: "Base URL of a server of text to speech of that kind, perhaps the same. Without one the built-in tutor answers in text alone.",
    },
    Key {
        name: "TTS_MODEL",
        default: "tts-1",
        kind: Kind::Word(|c| &mut c.speech.synthesiser.model),
        doc: "The model that speaks, by that server's name.",
    },
    Key {
        name: "TTS_VOICE",
        default: "alloy",
        kind: Kind::Word(|c| &mut c.speech.voice),
        doc: "Its voice, by that server's name.",
    },
    Key {
        name: "TTS_API_KEY",
        default: "",
        kind: Kind::Secret(|c| &mut c.speech.synthesiser.key),
        doc: "Sent to that server as \"Authorization: Bearer\".",
    },
];

/// What the built-in tutor cannot do without.
pub(super) fn missing(config: &Config, faults: &[ConfigError]) -> Vec<ConfigError> {
    let mut missing = Vec::new();
    let mut need = |key: &str, given: bool, problem: &str| {
        // What is given and wrong has been reported.
        if !given && !faults.iter().any(|fault| fault.key == key) {
            let problem = format!("is missing: TUTOR=builtin {problem}");
            missing.push(ConfigError { key: key.to_owned(), origin: String::new(), shown: None, problem });
        }
    };
    if config.tutor == TutorKind::Builtin {
        let of_speech =
            "needs a server of speech to text, for instance http://localhost:8000/v1 for speaches";
        need("STT_URL", config.speech.recogniser.url.is_some(), of_speech);
        let of_model = "needs a chat model, for instance http://localhost:11434/v1 for Ollama, or one of [providers.NAME]";
        need("AI_API_URL", config.ai.is_configured(), of_model);
    }
    missing
}

/// Options that are set and change nothing.
pub(super) fn idle(config: &Config, origins: &[Setting]) -> Vec<String> {
    let set = |name: &&&str| is_set(name, origins);
    let (of_the_other, why): (&[&str], _) = match config.tutor {
        TutorKind::Builtin => (&["BACKEND_URL", "BACKEND_API_KEY", "BOT_PRIVATE_KEY"], "TUTOR is builtin"),
        TutorKind::PhonicFlow => (&["TTS_URL"], "only TUTOR=builtin uses it"),
    };
    let mut lines: Vec<String> =
        of_the_other.iter().filter(&set).map(|name| format!("{name} has no effect: {why}")).collect();
    for (url, given, names) in [
        ("STT_URL", &config.speech.recogniser.url, &["STT_MODEL", "STT_API_KEY"][..]),
        ("TTS_URL", &config.speech.synthesiser.url, &["TTS_MODEL", "TTS_VOICE", "TTS_API_KEY"]),
    ] {
        let names = names.iter().filter(|name| given.is_none() && set(name));
        lines.extend(names.map(|name| format!("{name} has no effect without {url}")));
    }
    lines
}
