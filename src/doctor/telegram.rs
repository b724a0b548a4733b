//! Telegram: does it answer and accept the token, is a webhook set, may the bot see who is in the required
//! channel. Takes no updates; must not know how requests are made.

use super::{Cause, CheckResult, Finding, Patient, now};
use crate::app;
use crate::domain::{ChannelName, Gate, UserId};
use crate::telegram::{Telegram, TelegramError};

const TOKEN: &str = "token";
const WEBHOOK: &str = "webhook";
const CHANNEL: &str = "channel";
/// Waiting updates that suggest that nobody fetches them.
const MANY: u64 = 50;

pub(crate) async fn check(patient: &Patient) -> CheckResult {
    if patient.at_fault(&["TELEGRAM_", "BOT_TIMEOUT"]) {
        return skipped("the configuration has to be right first").into();
    }
    let Some(token) = patient.config().telegram_bot_token.clone() else {
        let mut findings = skipped("there is no token");
        findings.retain(|finding| finding.check != TOKEN);
        findings.insert(
            0,
            Finding::problem(
                TOKEN,
                Cause::Configuration,
                "no bot token is set",
                "ask @BotFather for one (/newbot) and put it, alone, into the file that TELEGRAM_BOT_TOKEN_FILE names,\n\
                 for a systemd service /etc/phonicflow-bot/token (owner root, mode 0600)",
            ),
        );
        return findings.into();
    };
    let telegram = match app::telegram_of(patient.config(), token, &Gate::default()) {
        Ok(telegram) => telegram,
        Err(error) => {
            let advice = "look at TELEGRAM_API_URL and TELEGRAM_PROXY";
            return vec![Finding::problem(TOKEN, Cause::Configuration, format!("{error:#}"), advice)].into();
        }
    };
    let asked = std::time::Instant::now();
    match telegram.greeting().await {
        Ok(greeting) => {
            let took = asked.elapsed();
            // The date is half a round trip old, which does not matter at a precision of seconds.
            let clock = greeting.clock.map(|there| there - now());
            let found = format!(
                "Telegram knows it as @{}, answered in {} ms",
                greeting.me.username,
                took.as_millis()
            );
            let mut findings = vec![Finding::fine(TOKEN, found), webhook(&telegram).await];
            if let Some(name) = &patient.config().required_channel {
                findings.push(channel(&telegram, name, greeting.me.id).await);
            }
            CheckResult { findings, clock, ..CheckResult::default() }
        }
        Err(error) => {
            vec![refused(patient, &error), Finding::skipped(WEBHOOK, "Telegram did not say who the bot is")]
                .into()
        }
    }
}

fn skipped(why: &str) -> Vec<Finding> {
    vec![Finding::skipped(TOKEN, why), Finding::skipped(WEBHOOK, why)]
}

fn refused(patient: &Patient, error: &TelegramError) -> Finding {
    match error {
        TelegramError::Unauthorized => Finding::problem(
            TOKEN,
            Cause::Configuration,
            "Telegram does not accept the bot token",
            "compare it with what @BotFather shows under /mybots; after /revoke only the new one counts.\n\
             With a server of your own, check TELEGRAM_API_URL, too",
        ),
        TelegramError::Server { fault, what } => Finding::problem(
            TOKEN,
            Cause::Configuration,
            format!("the Bot API server says \"{what}\""),
            fault.advice(),
        ),
        TelegramError::RetryAfter { .. } => {
            Finding::warning(TOKEN, error.to_string(), "nothing: ask again after that time")
        }
        error => Finding::problem(TOKEN, Cause::Unreachable, error.to_string(), network_advice(patient)),
    }
}

fn network_advice(patient: &Patient) -> &'static str {
    if patient.config().telegram_proxy.is_some() {
        "look at the proxy below: does it run, does it let you through to the Bot API?"
    } else if patient.config().telegram_api_url == crate::config::keys::TELEGRAM_PUBLIC_API {
        "try `curl -sS https://api.telegram.org` on this machine. Where it does not answer: DNS, a firewall, or a network\n\
         that blocks Telegram; then set TELEGRAM_PROXY"
    } else {
        "is the server at TELEGRAM_API_URL up, and is the address right?"
    }
}

/// Whether Telegram tells this bot who is in the required channel.
async fn channel(telegram: &Telegram, name: &ChannelName, bot: UserId) -> Finding {
    let advice = "check the name in REQUIRED_CHANNEL, and make the bot an administrator of that channel. Until then nobody may\n\
         practise who is not known to be a member";
    match telegram.runs(name, bot).await {
        Ok(true) => {
            Finding::fine(CHANNEL, "the bot is an administrator of REQUIRED_CHANNEL and sees its members")
        }
        Ok(false) => Finding::problem(
            CHANNEL,
            Cause::Configuration,
            "the bot is no administrator of REQUIRED_CHANNEL: Telegram does not surely tell it who is a member",
            advice,
        ),
        Err(error) if error.hides_members() => Finding::problem(
            CHANNEL,
            Cause::Configuration,
            format!("Telegram does not tell who is in REQUIRED_CHANNEL: {error}"),
            advice,
        ),
        Err(error) => Finding::problem(CHANNEL, Cause::Unreachable, error.to_string(), "ask again"),
    }
}

async fn webhook(telegram: &Telegram) -> Finding {
    match telegram.webhook().await {
        Ok(webhook) => match webhook.host {
            Some(host) => {
                let error =
                    webhook.last_error.map_or_else(String::new, |words| format!("; its last error: {words}"));
                Finding::warning(
                    WEBHOOK,
                    format!("a webhook to {host} is set, {} updates wait{error}", webhook.pending),
                    "polling does not work beside a webhook; the daemon removes it when it starts. If another program set it,\n\
                     that one uses the same token: give it its own",
                )
            }
            None if webhook.pending >= MANY => Finding::warning(
                WEBHOOK,
                format!("none is set; {} updates wait to be taken", webhook.pending),
                "is the daemon running, and does its log say that it polls?",
            ),
            None => Finding::fine(WEBHOOK, format!("none is set, {} updates wait", webhook.pending)),
        },
        Err(error) => Finding::problem(WEBHOOK, Cause::Unreachable, error.to_string(), "ask again"),
    }
}
