//! Secrets: from files and credentials, and never shown.

use super::*;

#[test]
fn the_token_from_a_file_or_a_credential() {
    let scene = Scene::new()
        .without_token()
        .file("token", "\u{feff}123:from-file\n")
        .env("TELEGRAM_BOT_TOKEN_FILE", "token");
    let loaded = scene.loaded();
    assert_eq!(loaded.config.telegram_bot_token.as_ref().unwrap().expose(), "123:from-file");
    assert_eq!(origin(&loaded, "TELEGRAM_BOT_TOKEN_FILE"), "environment");

    let scene = Scene::new().without_token().file("telegram-bot-token", "123:from-systemd\n");
    let folder = scene.folder.path().to_str().unwrap().to_owned();
    let scene = scene.env("CREDENTIALS_DIRECTORY", &folder);
    let loaded = scene.loaded();
    assert_eq!(loaded.config.telegram_bot_token.as_ref().unwrap().expose(), "123:from-systemd");
    assert!(origin(&loaded, "TELEGRAM_BOT_TOKEN").contains("telegram-bot-token"));

    let scene = scene.env("TELEGRAM_BOT_TOKEN", "123:given");
    assert_eq!(scene.loaded().config.telegram_bot_token.unwrap().expose(), "123:given");
}

#[test]
fn secret_files_that_cannot_be_used() {
    for (content, part) in
        [(None, "cannot be read"), (Some(&b" \n"[..]), "empty"), (Some(&b"\xff"[..]), "not text")]
    {
        let mut scene = Scene::new().env("BACKEND_API_KEY_FILE", "key");
        if let Some(content) = content {
            scene = scene.file("key", content);
        }
        let faults = scene.faults();
        assert!(
            faults.len() == 1 && faults[0].contains(part) && faults[0].contains("BACKEND_API_KEY_FILE"),
            "{faults:?}"
        );
    }
    let scene = Scene::new().file("key", "k").env("TELEGRAM_BOT_TOKEN_FILE", "key");
    let faults = scene.faults();
    assert!(faults.len() == 1 && faults[0].contains("both set"), "{faults:?}");
}

#[test]
fn a_token_is_asked_for_only_where_it_is_needed() {
    let mut scene = Scene::new().without_token();
    assert_eq!(scene.faults().len(), 1);
    scene = scene.env("TELEGRAM_BOT_ENABLED", "no");
    assert!(!scene.loaded().config.telegram_bot_enabled);
    scene = scene.env("TELEGRAM_BOT_ENABLED", "yes");
    scene.inputs.require_token = false;
    assert!(scene.loaded().config.telegram_bot_token.is_none());
}

#[test]
fn nothing_shows_a_secret() {
    let secrets = ["123456:TEST-token", "api-secret", "signing-secret", "proxy-secret"];
    let scene = Scene::new()
        .env("BACKEND_API_KEY", secrets[1])
        .env("BOT_PRIVATE_KEY", secrets[2])
        .env("TELEGRAM_PROXY", "socks5://user:proxy-secret@host:1080");
    let loaded = scene.loaded();
    let shown = [config::render(&loaded, false), config::render(&loaded, true), format!("{loaded:?}")];
    for secret in secrets {
        assert!(shown.iter().all(|text| !text.contains(secret)), "{secret}");
    }
    // Nor do complaints: about a bad value, a mistyped key, a broken line, a broken TOML file.
    let bad = Scene::new()
        .env("TELEGRAM_BOT_TOKEN", "bot123:hidden")
        .env("TELEGRAM_PROXY", "user:hidden@host")
        .env("TELEGRAM_API_URL", "https://host/bot1:hidden")
        .env("BACKEND_API_KEY", "hidd\u{e9}n hidden")
        .file(".env.telegram", "TELEGRAM_BOT_TOKN=hidden\nhidden\n")
        .file("config.toml", "backend_api_key = \"hidden\n");
    let text = bad.load().unwrap_err().to_string();
    assert!(!text.contains("hidden"), "{text}");
    assert_eq!(bad.faults().len(), 7, "{text}");
}
