//! What Telegram tells strangers about the bot: its description and the line on its profile, per language.
//!
//! Must not know what they say.

use super::{Telegram, TelegramError};
use frankenstein::methods::{
    GetMyDescriptionParams, GetMyShortDescriptionParams, SetMyDescriptionParams, SetMyShortDescriptionParams,
};

impl Telegram {
    /// Sets those that read otherwise so far: Telegram limits how often they may be set. `language`: `""` is for all that
    /// have none of their own. `long`: 512 characters at most, `short`: 120.
    pub(crate) async fn describe(
        &self,
        language: &str,
        long: &str,
        short: &str,
    ) -> Result<(), TelegramError> {
        let code = Some(language.to_owned()).filter(|code| !code.is_empty());
        let asked = GetMyDescriptionParams::builder().maybe_language_code(code.clone()).build();
        let now = self.ask("getMyDescription", &asked).await?;
        if now.get("description").and_then(|text| text.as_str()) != Some(long) {
            let told = SetMyDescriptionParams::builder().description(long).maybe_language_code(code.clone());
            self.ask("setMyDescription", &told.build()).await?;
        }
        let asked = GetMyShortDescriptionParams::builder().maybe_language_code(code.clone()).build();
        let now = self.ask("getMyShortDescription", &asked).await?;
        if now.get("short_description").and_then(|text| text.as_str()) != Some(short) {
            let told = SetMyShortDescriptionParams::builder().short_description(short);
            self.ask("setMyShortDescription", &told.maybe_language_code(code).build()).await?;
        }
        Ok(())
    }
}
