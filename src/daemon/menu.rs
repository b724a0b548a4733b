//! The command menu: everybody's, and the admins' own. A courtesy that may fail.

use super::shutdown::Stop;
use crate::app::App;
use crate::domain::UserId;
use crate::domain::backoff::backoff_ms;
use crate::domain::learner::Language;
use crate::domain::phrases::{Phrases, offered};
use crate::telegram::Retry;
use std::sync::Arc;
use std::time::Duration;

/// Attempts at one menu.
const ATTEMPTS: u32 = 8;

/// Tells Telegram the commands, per language.
pub async fn announce(app: Arc<App>, mut stop: Stop) {
    if !set(&app, None, &mut stop).await {
        return;
    }
    for admin in &app.config.admin_users {
        if !set(&app, Some(*admin), &mut stop).await {
            return;
        }
    }
}

/// Sets one menu. True: on to the next.
async fn set(app: &App, admin: Option<UserId>, stop: &mut Stop) -> bool {
    let names = offered(app.config.required_channel.is_some(), admin.is_some());
    let list = |language: Language| {
        let phrases = Phrases(language);
        names.iter().map(|name| ((*name).to_owned(), phrases.command(name))).collect::<Vec<_>>()
    };
    let commands = [("", list(Language::En)), ("pt", list(Language::Pt))];
    for attempt in 0..ATTEMPTS {
        match app.telegram.set_commands(admin, &commands).await {
            Ok(()) => return true,
            // Most likely never wrote to the bot; the command works without a menu.
            Err(error) if admin.is_some() && error.retry() == Retry::No => {
                tracing::info!(%error, "an admin's command menu could not be set");
                return true;
            }
            Err(error) => tracing::warn!(%error, "the command menu could not be set"),
        }
        let pause = u64::try_from(backoff_ms(attempt, fastrand::f64())).unwrap_or(1_000);
        if !stop.sleep(Duration::from_millis(pause)).await {
            return false;
        }
    }
    true
}
