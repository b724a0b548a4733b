//! Checks of single options, by table and by property.

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
    for (raw, on) in [("true", true), ("YES", true), ("1", true), ("on", true), ("Off", false), ("no", false)]
    {
        assert_eq!(set("BOT_RATE_LIMIT", raw).unwrap().bot_rate_limit, on, "{raw}");
    }
    assert_eq!(set("BOT_RATE_LIMIT", "maybe").unwrap_err(), "must be true or false");
}

#[test]
fn times_take_fractions_within_bounds() {
    assert_eq!(set("BACKEND_TIMEOUT", " 0.5 ").unwrap().backend_timeout, Duration::from_millis(500));
    assert_eq!(set("SESSION_TIMEOUT_HOURS", "0.001").unwrap().session_timeout, Duration::from_millis(3_600));
    assert_eq!(set("SESSION_RETENTION_DAYS", "2").unwrap().session_retention, Duration::from_secs(172_800));
    for raw in ["0", "51", "-1", "NaN", "inf", "1e99", "30s", "ten", "0x10", "1,5"] {
        let error = set("BOT_POLLING_TIMEOUT", raw).unwrap_err();
        assert_eq!(error, "must be seconds, 1 to 50", "{raw}");
    }
}

#[test]
fn urls() {
    for raw in
        ["http://localhost:8000", "https://host/path/", "http://[::1]:80", "HTTP://10.0.0.1", "http://u:p@h"]
    {
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
    assert_eq!(set("BACKEND_URL", "http://host/a//").unwrap().backend_urls, ["http://host/a"]);
    assert!(set("TELEGRAM_PROXY", "socks5://user:word@host:1080").is_ok());
    assert!(set("TELEGRAM_PROXY", "host:1080").is_err());
    assert!(
        set("TELEGRAM_API_URL", "https://host/bot123:secret").unwrap_err().contains("without a bot token")
    );
}

#[test]
fn several_tutors() {
    let urls = |raw: &str| set("BACKEND_URL", raw).map(|config| config.backend_urls);
    let both = vec!["http://a:1".to_owned(), "https://b/x".to_owned()];
    for raw in ["http://a:1,https://b/x", " http://a:1/ , https://b/x/ ,", "http://a:1,,https://b/x"] {
        assert_eq!(urls(raw), Ok(both.clone()), "{raw}");
    }
    for raw in
        ["http://a http://b", "http://a;http://b", "http://a,b", ",", "http://a,ftp://b", "http://a,http://"]
    {
        assert!(urls(raw).unwrap_err().starts_with("must be URLs"), "{raw}");
    }
    for raw in ["http://a:1,http://b,http://A:1/", "http://b,http://x,https://u:p@b"] {
        assert!(urls(raw).unwrap_err().contains("number 3 is number 1 again"), "{raw}");
    }
    let many = (0..33).map(|n| format!("http://h{n}")).collect::<Vec<_>>().join(",");
    assert!(urls(&many).unwrap_err().contains("more than 32"));
    assert_eq!(shown(key("BACKEND_URL"), "http://u:p,w@a,http://v:q@b"), "http://***@b");
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
fn addresses() {
    for (raw, address) in [
        ("127.0.0.1:9464", "127.0.0.1:9464"),
        ("9464", "127.0.0.1:9464"),
        (":9464", "127.0.0.1:9464"),
        ("localhost:1", "127.0.0.1:1"),
        ("[::1]:9464", "[::1]:9464"),
    ] {
        assert_eq!(set("METRICS_ADDR", raw).unwrap().metrics_addr, address.parse().ok(), "{raw}");
    }
    for raw in ["host:1", "127.0.0.1", "127.0.0.1:99999", "::1"] {
        assert!(set("METRICS_ADDR", raw).is_err(), "{raw}");
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
