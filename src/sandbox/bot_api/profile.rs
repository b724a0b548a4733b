//! The methods about what Telegram tells strangers of the bot, per language.

use super::error::ApiError;
use super::known;
use super::params::Params;
use super::send::Done;
use super::state::State;
use crate::sandbox::markup::utf16_len;
use serde_json::{Value, json};

impl State {
    /// An empty text removes it.
    pub(super) fn set_profile(&mut self, field: &'static str, limit: usize, params: &Params) -> Done {
        let language = known::language(params)?;
        let text = params.str(field).unwrap_or_default().to_owned();
        if utf16_len(&text) > limit {
            return Err(ApiError::bad(format!("{field} is too long (double)")));
        }
        self.profile.insert((field, language), text);
        Ok((Value::Bool(true), None))
    }

    /// A language without a text of its own has that of all others.
    pub(super) fn get_profile(&self, field: &'static str, params: &Params) -> Done {
        let language = known::language(params)?;
        let text = self.profile(field, &language).or_else(|| self.profile(field, "")).unwrap_or_default();
        Ok((json!({ field: text }), None))
    }

    /// The `description` or `short_description` set for a language (`""`: for all others).
    pub fn profile(&self, field: &'static str, language: &str) -> Option<&str> {
        self.profile.get(&(field, language.to_owned())).map(String::as_str)
    }
}
