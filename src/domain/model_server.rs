//! What is known of a chat model's server before it is asked. Pure.

/// Which wire a model server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServerKind {
    /// OpenAI's, which nearly everything speaks: Ollama, llama.cpp, vLLM, LiteLLM.
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
    /// As they are written in the configuration.
    pub const NAMES: &'static [&'static str] = &["openai", "anthropic", "gemini", "core"];

    /// By its name in lower case.
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

/// Which of a server's models take pictures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Vision {
    /// Nobody has said; the server will.
    #[default]
    Unknown,
    /// All or none.
    All(bool),
    /// These.
    Of(Vec<String>),
}
