//! Suggests which known name a mistyped one was meant to be. Pure; must not know what names are used for.

/// Edit distance up to which two names count as the same one mistyped.
const NEAR: usize = 3;

pub(crate) fn nearest(name: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let allowed = NEAR.min(name.chars().count() / 3);
    let mut best: Option<(usize, String)> = None;
    let mut whole: Option<String> = None;
    for known in names {
        let edits = strsim::osa_distance(&name, &known);
        if edits <= allowed && best.as_ref().is_none_or(|(fewest, _)| edits < *fewest) {
            best = Some((edits, known));
        } else if whole.is_none() && name.len() >= 6 && (known.contains(&name) || name.contains(&known)) {
            // For example BOT_TOKEN for TELEGRAM_BOT_TOKEN.
            whole = Some(known);
        }
    }
    best.map(|(_, known)| known).or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_was_meant() {
        let names =
            || ["BOT_RATE_LIMIT", "BOT_RATE_LIMIT_MPM", "TELEGRAM_BOT_TOKEN", "LOG_LEVEL"].map(str::to_owned);
        for (typed, meant) in [
            ("BOT_RATE_LIMT", Some("BOT_RATE_LIMIT")),
            ("bot_rate_limit_mmp", Some("BOT_RATE_LIMIT_MPM")),
            ("BOT_TOKEN", Some("TELEGRAM_BOT_TOKEN")),
            ("LOGLEVEL", Some("LOG_LEVEL")),
            ("SESSION_MANAGER", None),
            ("PATH", None),
        ] {
            assert_eq!(nearest(typed, names()).as_deref(), meant, "{typed}");
        }
    }
}
