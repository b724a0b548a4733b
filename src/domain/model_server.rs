//! What is configured about a chat model's server. Pure; must not know how it is asked.

/// The protocol that a model server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServerKind {
    /// OpenAI's, which most servers speak: Ollama, llama.cpp, vLLM, LiteLLM.
    #[default]
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Google's `generateContent`.
    Gemini,
    /// One request, one JSON answer, no stream.
    Core,
}

impl ServerKind {
    pub const NAMES: &'static [&'static str] = &["openai", "anthropic", "gemini", "core"];

    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "openai" => Some(Self::OpenAi),
            "anthropic" => Some(Self::Anthropic),
            "gemini" => Some(Self::Gemini),
            "core" => Some(Self::Core),
            _ => None,
        }
    }
}

/// Which of a server's models accept pictures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Vision {
    /// Not configured; the server will tell.
    #[default]
    Unknown,
    /// All or none.
    All(bool),
    Of(Vec<String>),
}
