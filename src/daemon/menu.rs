//! What Telegram shows of the bot in each language: its descriptions and the command menus, everybody's and the admins'
//! own. A courtesy that may fail.
//!
//! Telegram keeps a menu until told otherwise, so the store remembers who was given one: somebody who is no
//! admin any more loses it at the next start. Must not know what the commands do.

use super::shutdown::Stop;
use crate::app::App;
use crate::bot::commands;
use crate::domain::Language;
use crate::domain::backoff::backoff_ms;
use crate::domain::phrases::Phrases;
use crate::logging::Event;
use crate::store::StoreError;
use crate::telegram::{Retry, TelegramError};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Attempts at one of them.
const ATTEMPTS: u32 = 8;

/// The languages a menu is set in, by Telegram's codes; `""`, in English, is for all others.
fn languages() -> impl Iterator<Item = (&'static str, Language)> {
    let code = |language: Language| if language == Language::En { "" } else { language.tag() };
    Language::ALL.iter().map(move |language| (code(*language), *language))
}

/// Result for one of them.
enum Done {
    /// As it should be.
    Settled,
    /// Telegram refuses it, however often it is asked.
    Refused(TelegramError),
    /// Telegram could not be reached for too long.
    GivenUp,
    /// The shutdown signal came.
    Stopped,
}

/// Sets the menus in each language and removes those of former admins.
pub(crate) async fn announce(app: Arc<App>, mut stop: Stop) {
    if let Err(error) = tell(&app, &mut stop).await {
        // If the store is broken, another loop ends the daemon.
        tracing::warn!(%error, "whose command menu is whose could not be kept");
    }
}

async fn tell(app: &App, stop: &mut Stop) -> Result<(), StoreError> {
    let (store, telegram, admins) = (&app.store, &app.telegram, &app.config.admin_users);
    for (code, language) in languages() {
        let phrases = Phrases(language);
        let (long, short) = (phrases.bot_description(), phrases.bot_about());
        match insist(stop, || telegram.describe(code, &long, &short)).await {
            Done::Refused(error) => tracing::warn!(%error, "the bot's description could not be set"),
            Done::Stopped => return Ok(()),
            Done::Settled | Done::GivenUp => {}
        }
    }
    let menu = list(app, false);
    match insist(stop, || telegram.set_commands(None, &menu)).await {
        Done::Refused(error) => tracing::warn!(%error, "the command menu could not be set"),
        Done::Stopped => return Ok(()),
        Done::Settled | Done::GivenUp => {}
    }
    let given = store.menus().await?;
    let languages: Vec<&str> = languages().map(|(code, _)| code).collect();
    for former in given.iter().filter(|user| !admins.contains(user)) {
        match insist(stop, || telegram.delete_commands(*former, &languages)).await {
            Done::Settled => tracing::info!(
                event = %Event::AdminMenuRemoved,
                "a former admin's command menu is taken away"
            ),
            // There is nothing to remove: the chat is gone, or never existed.
            Done::Refused(error) => tracing::info!(
                event = %Event::AdminMenuUnreachable,
                %error,
                "a former admin's command menu is out of reach"
            ),
            // Tried again at the next start.
            Done::GivenUp => continue,
            Done::Stopped => return Ok(()),
        }
        store.note_menu(*former, false).await?;
    }
    let menu = list(app, true);
    for admin in admins {
        // Stored before it is set, because a menu that nobody remembers would stay for ever.
        if !given.contains(admin) {
            store.note_menu(*admin, true).await?;
        }
        match insist(stop, || telegram.set_commands(Some(*admin), &menu)).await {
            // Most likely this admin never wrote to the bot; the commands work without a menu.
            Done::Refused(error) => tracing::info!(
                event = %Event::AdminMenuRefused,
                %error,
                "an admin's command menu could not be set"
            ),
            Done::Stopped => return Ok(()),
            Done::Settled | Done::GivenUp => {}
        }
    }
    Ok(())
}

/// Commands and descriptions, per language.
fn list(app: &App, admin: bool) -> Vec<(&'static str, Vec<(String, String)>)> {
    let offered = commands::offered(&app.context, admin);
    let of = |language: Language| {
        let phrases = Phrases(language);
        offered.iter().map(|name| ((*name).to_owned(), phrases.command_line(name))).collect()
    };
    languages().map(|(code, language)| (code, of(language))).collect()
}

/// Calls until it succeeds or has failed too often.
async fn insist<F>(stop: &mut Stop, call: impl Fn() -> F) -> Done
where
    F: Future<Output = Result<(), TelegramError>>,
{
    for attempt in 0..ATTEMPTS {
        match call().await {
            Ok(()) => return Done::Settled,
            Err(error) if error.retry() == Retry::No => return Done::Refused(error),
            Err(error) => {
                tracing::warn!(%error, "a command menu or description could not be told to Telegram")
            }
        }
        let pause = u64::try_from(backoff_ms(attempt, fastrand::f64())).unwrap_or(1_000);
        if !stop.sleep(Duration::from_millis(pause)).await {
            return Done::Stopped;
        }
    }
    Done::GivenUp
}
