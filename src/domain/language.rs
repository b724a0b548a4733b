//! The languages the bot speaks. Must not know its sentences.

use super::phrases::Catalog;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Declares the languages by their codes (ISO 639-1, as Telegram clients tell them).
///
/// One more is a line here and the file of its sentences, `assets/phrases/CODE.ftl`. Stored by its place: append, never
/// reorder.
macro_rules! languages {
    ($($name:ident = $code:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Language {
            $($name,)*
        }

        impl Language {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// The words of `DEFAULT_LANGUAGE`.
            pub const CHOICES: &'static [&'static str] = &["auto", $($code,)*];

            /// Its IETF tag.
            pub fn tag(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// Its sentences, read when the first one is said.
            pub(super) fn catalog(self) -> &'static Catalog {
                match self {
                    $(Self::$name => {
                        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
                            Catalog::read($code, include_str!(concat!("../../assets/phrases/", $code, ".ftl")))
                        });
                        &CATALOG
                    })*
                }
            }
        }
    };
}

languages! {
    En = "en",
    Pt = "pt",
    Es = "es",
}

impl Language {
    /// From an IETF tag such as `pt-BR`; `None` for languages the bot does not speak.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.iter().copied().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }
}
