//! From text to typed value: every check of a single option, and what of a value may be shown.
//!
//! Must not know where a text came from. No error text here repeats the value: the caller shows it, masked.

use super::Config;
use super::keys::{Key, Kind, Unit};
use crate::domain::UserId;
use crate::logging;
use crate::secret::Secret;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest secret or certificate file, bytes.
const FILE_CAP: u64 = 256 << 10;
/// Longest value shown whole, characters.
const SHOWN: usize = 80;

/// Checks `raw` and puts it into `config`. Relative paths start at `folder`.
///
/// # Errors
/// What would be right, in words that follow "must be" or stand alone.
pub fn apply(key: &Key, config: &mut Config, raw: &str, folder: &Path) -> Result<(), String> {
    let raw = raw.trim();
    let wrong = || format!("must be {}", key.expects());
    match &key.kind {
        Kind::Switch(field) => *field(config) = switch(raw).ok_or_else(wrong)?,
        Kind::Time { unit, min, max, field } => {
            *field(config) = time(raw, *unit, *min, *max).ok_or_else(wrong)?
        }
        Kind::Whole { min, max, field } => *field(config) = whole(raw, *min, *max).ok_or_else(wrong)?,
        Kind::Count { min, max, field } => {
            *field(config) =
                whole(raw, *min, *max).and_then(|n| usize::try_from(n).ok()).ok_or_else(wrong)?;
        }
        Kind::BaseUrl(field) => {
            if holds_token(raw) {
                return Err("must be the base URL alone, without a bot token in it".to_owned());
            }
            url(raw, &["http", "https"]).ok_or_else(wrong)?;
            *field(config) = raw.trim_end_matches('/').to_owned();
        }
        Kind::Proxy(field) => {
            url(raw, &["http", "https", "socks5", "socks5h"]).ok_or_else(wrong)?;
            *field(config) = Some(Secret::new(raw));
        }
        Kind::Token(field) => {
            let shaped = raw.split_once(':').is_some_and(|(id, rest)| {
                !id.is_empty()
                    && id.bytes().all(|b| b.is_ascii_digit())
                    && !rest.is_empty()
                    && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            });
            if !shaped {
                return Err(wrong());
            }
            *field(config) = Some(Secret::new(raw));
        }
        Kind::Secret(field) => {
            if !raw.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
                return Err(wrong());
            }
            *field(config) = Some(Secret::new(raw));
        }
        Kind::CaFile(field) => {
            let path = path(raw, folder)?;
            let pem = read_small(&path)?;
            let marker: &[u8] = b"-----BEGIN CERTIFICATE-----";
            if !pem.windows(marker.len()).any(|part| part == marker) {
                return Err(wrong());
            }
            *field(config) = Some(path);
        }
        Kind::Folder(field) => {
            let path = path(raw, folder)?;
            if path.exists() && !path.is_dir() {
                return Err("is a file, but must be a folder".to_owned());
            }
            *field(config) = path;
        }
        Kind::File(field) => {
            let path = path(raw, folder)?;
            if path.is_dir() || raw.ends_with('/') {
                return Err("is a folder, but must be a file".to_owned());
            }
            *field(config) = Some(path);
        }
        Kind::Users(field) => *field(config) = users(raw).ok_or_else(wrong)?,
        Kind::LogFilter(field) => {
            logging::check_filter(raw)?;
            *field(config) = raw.to_owned();
        }
        Kind::Choice(words, set) => {
            let word = raw.to_ascii_lowercase();
            if !words.contains(&word.as_str()) {
                return Err(wrong());
            }
            set(config, &word);
        }
    }
    Ok(())
}

/// What of a value may be shown: nothing of a secret, no user and password of a URL, not the whole of a novel.
pub fn shown(key: &Key, raw: &str) -> String {
    let raw = raw.trim();
    match key.kind {
        _ if key.is_secret() => return "***".to_owned(),
        Kind::Proxy(_) | Kind::BaseUrl(_) => {
            if holds_token(raw) {
                return "***".to_owned();
            }
            if let Some((before, host)) = raw.rsplit_once('@') {
                let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
                // Without a scheme it is not known which part is the password.
                let plain = scheme.bytes().all(|b| b.is_ascii_alphanumeric()) && !scheme.is_empty();
                return if plain { format!("{scheme}://***@{host}") } else { "***".to_owned() };
            }
        }
        _ => {}
    }
    let mut text: String =
        raw.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if raw.chars().count() > SHOWN {
        text.push('…');
    }
    text
}

/// A file that holds one secret.
///
/// # Errors
/// Why it cannot be used, without its content.
pub fn secret_file(file: &Path, folder: &Path) -> Result<String, String> {
    let bytes = read_small(&folder.join(file))?;
    let text = String::from_utf8(bytes).map_err(|_| "the file is not text".to_owned())?;
    let text = text.trim().trim_start_matches('\u{feff}').to_owned();
    if text.is_empty() { Err("the file is empty".to_owned()) } else { Ok(text) }
}

/// Reads a small file whole.
///
/// # Errors
/// Why not, in words that follow the option's name.
pub fn read_small(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read ({error})");
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_CAP + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_CAP {
        return Err(format!("the file is larger than {} KiB", FILE_CAP >> 10));
    }
    Ok(bytes)
}

fn switch(raw: &str) -> Option<bool> {
    match raw.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn time(raw: &str, unit: Unit, min: f64, max: f64) -> Option<Duration> {
    let number: f64 = raw.parse().ok().filter(|number| (min..=max).contains(number))?;
    let seconds = match unit {
        Unit::Seconds => number,
        Unit::Hours => number * 3_600.0,
        Unit::Days => number * 86_400.0,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

fn whole(raw: &str, min: u32, max: u32) -> Option<u32> {
    raw.parse().ok().filter(|number| (min..=max).contains(number))
}

fn users(raw: &str) -> Option<Vec<UserId>> {
    let mut ids = Vec::new();
    for word in raw.split([',', ' ', ';']).map(str::trim).filter(|word| !word.is_empty()) {
        let id: i64 = word.parse().ok().filter(|id| *id > 0)?;
        if !ids.contains(&UserId(id)) {
            ids.push(UserId(id));
        }
    }
    Some(ids)
}

/// A URL of one of these schemes with a host, a sane port and no query.
fn url(raw: &str, schemes: &[&str]) -> Option<()> {
    let (scheme, rest) = raw.split_once("://")?;
    if !schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known))
        || raw.contains(['?', '#', '\\'])
        || raw.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return None;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let address = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match address.strip_prefix('[') {
        Some(six) => {
            let (host, after) = six.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let sane_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    (!host.is_empty() && sane_port).then_some(())
}

/// Whether a URL ends like the Bot API's method URLs, `/bot<token>`.
fn holds_token(raw: &str) -> bool {
    raw.split("/bot").skip(1).any(|rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.starts_with(':') || rest.to_ascii_lowercase().starts_with("%3a")
    })
}

fn path(raw: &str, folder: &Path) -> Result<PathBuf, String> {
    if raw == "~" || raw.starts_with("~/") || raw.contains('$') {
        return Err("must be written out: neither ~ nor $NAME is expanded here".to_owned());
    }
    let path = Path::new(raw);
    Ok(folder.join(path.strip_prefix("./").unwrap_or(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;
    use proptest::prelude::*;

    fn key(name: &str) -> &'static Key {
        keys::all().find(|key| key.name == name).unwrap()
    }

    fn set(name: &str, raw: &str) -> Result<Config, String> {
        let mut config = Config::default();
        apply(key(name), &mut config, raw, Path::new("/nowhere")).map(|()| config)
    }

    proptest! {
        #[test]
        fn no_text_makes_a_check_panic_or_show_a_secret(raw in "\\PC{0,40}|[a-z]{2,6}://[a-z:@/\\[\\]0-9]{0,20}|-?[0-9.e]{1,12}") {
            for key in keys::all() {
                let _ = apply(key, &mut Config::default(), &raw, Path::new("/nowhere"));
                let text = shown(key, &raw);
                prop_assert!(!key.is_secret() || text == "***");
            }
        }

        #[test]
        fn no_password_of_a_url_is_shown(word in "[A-Z]{6}(@[A-Z]{2})?", scheme in "(https?|socks5)?(://)?") {
            for name in ["TELEGRAM_PROXY", "BACKEND_URL", "TELEGRAM_API_URL"] {
                let text = shown(key(name), &format!("{scheme}user:{word}@host:1"));
                prop_assert!(!text.contains(&word), "{}", text);
            }
        }
    }

    #[test]
    fn switches() {
        for (raw, on) in
            [("true", true), ("YES", true), ("1", true), ("on", true), ("Off", false), ("no", false)]
        {
            assert_eq!(set("BOT_RATE_LIMIT", raw).unwrap().bot_rate_limit, on, "{raw}");
        }
        assert_eq!(set("BOT_RATE_LIMIT", "maybe").unwrap_err(), "must be true or false");
    }

    #[test]
    fn times_take_fractions_within_bounds() {
        assert_eq!(set("BACKEND_TIMEOUT", " 0.5 ").unwrap().backend_timeout, Duration::from_millis(500));
        assert_eq!(
            set("SESSION_TIMEOUT_HOURS", "0.001").unwrap().session_timeout,
            Duration::from_millis(3_600)
        );
        assert_eq!(
            set("SESSION_RETENTION_DAYS", "2").unwrap().session_retention,
            Duration::from_secs(172_800)
        );
        for raw in ["0", "51", "-1", "NaN", "inf", "1e99", "30s", "ten", "0x10", "1,5"] {
            let error = set("BOT_POLLING_TIMEOUT", raw).unwrap_err();
            assert_eq!(error, "must be seconds, 1 to 50", "{raw}");
        }
    }

    #[test]
    fn urls() {
        for raw in [
            "http://localhost:8000",
            "https://host/path/",
            "http://[::1]:80",
            "HTTP://10.0.0.1",
            "http://u:p@h",
        ] {
            assert!(set("BACKEND_URL", raw).is_ok(), "{raw}");
        }
        for raw in [
            "localhost:8000",
            "ftp://host",
            "http://",
            "http://:80",
            "http://host:0",
            "http://host:99999",
            "http://host?a=b",
            "http://ho st",
            "http://[::1",
            "http://[x]",
        ] {
            assert!(set("BACKEND_URL", raw).is_err(), "{raw}");
        }
        assert_eq!(set("BACKEND_URL", "http://host/a//").unwrap().backend_url, "http://host/a");
        assert!(set("TELEGRAM_PROXY", "socks5://user:word@host:1080").is_ok());
        assert!(set("TELEGRAM_PROXY", "host:1080").is_err());
        assert!(
            set("TELEGRAM_API_URL", "https://host/bot123:secret")
                .unwrap_err()
                .contains("without a bot token")
        );
    }

    #[test]
    fn tokens() {
        for raw in ["123456:TEST-token", "1:a", " 123:abc_DEF-4\n"] {
            assert!(set("TELEGRAM_BOT_TOKEN", raw).is_ok(), "{raw}");
        }
        for raw in ["abc", "123456:", ":abc", "bot123:abc", "123:ab c", "123:ab:c", "<token>"] {
            assert!(set("TELEGRAM_BOT_TOKEN", raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn user_lists() {
        assert_eq!(set("ALLOWED_USERS", "5, 6,5 ,").unwrap().allowed_users, vec![UserId(5), UserId(6)]);
        for raw in ["five", "5,-6", "@name", "99999999999999999999"] {
            assert!(set("ALLOWED_USERS", raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        for (name, raw, expected) in [
            ("TELEGRAM_BOT_TOKEN", "123:abc", "***"),
            ("BACKEND_API_KEY", "key", "***"),
            ("TELEGRAM_PROXY", "socks5://user:p@ss@host:1080", "socks5://***@host:1080"),
            ("TELEGRAM_PROXY", "user:pass@host", "***"),
            ("BACKEND_URL", "http://u:p@h/x", "http://***@h/x"),
            ("TELEGRAM_API_URL", "http://h/bot12:ab", "***"),
            ("LOG_LEVEL", "in\u{1b}fo", "in\u{fffd}fo"),
        ] {
            assert_eq!(shown(key(name), raw), expected, "{raw}");
        }
        assert_eq!(shown(key("LOG_LEVEL"), &"x".repeat(500)).chars().count(), SHOWN + 1);
    }

    #[test]
    fn paths_start_at_the_working_folder() {
        assert_eq!(
            set("SESSION_STORAGE_PATH", "./data").unwrap().session_storage_path,
            Path::new("/nowhere/data")
        );
        assert_eq!(set("SESSION_STORAGE_PATH", "/x").unwrap().session_storage_path, Path::new("/x"));
        for (name, raw) in
            [("SESSION_STORAGE_PATH", "~/data"), ("BOT_LOG_FILE", "$HOME/x"), ("BOT_LOG_FILE", "x/")]
        {
            assert!(set(name, raw).is_err(), "{raw}");
        }
        assert!(set("BACKEND_CA_FILE", "missing.pem").unwrap_err().contains("cannot be read"));
    }
}
