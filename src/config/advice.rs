//! Warnings about settings that are allowed but risky, and combinations that are refused. Reads nothing but
//! whether a folder can be read. Must not know where values came from.

use super::{Config, ConfigError, Setting, keys};
use std::net::{IpAddr, Ipv6Addr};

/// One line for each warning.
pub(crate) fn advice(config: &Config) -> Vec<String> {
    let mut lines = Vec::new();
    if in_the_clear(&config.telegram_api_url) {
        lines.push(
            "TELEGRAM_API_URL is http:// and not on a private network: the bot token can be read on the way; use https://"
                .to_owned(),
        );
    }
    let keyed = config.backend_api_key.is_some();
    if keyed && config.backend_urls.iter().any(|url| in_the_clear(url)) {
        lines.push(
            "BACKEND_URL is http:// and not on a private network: BACKEND_API_KEY can be read on the way; use https://"
                .to_owned(),
        );
    }
    let ai = &config.ai;
    let keyed = ai.url.iter().map(|url| ("AI_API_URL".to_owned(), url, &ai.key));
    let more = ai.providers.iter().map(|of| (format!("providers.{}.url", of.name), &of.url, &of.key));
    let speech = [("STT_URL", &config.speech.recogniser), ("TTS_URL", &config.speech.synthesiser)];
    let speech =
        speech.into_iter().filter_map(|(name, of)| Some((name.to_owned(), of.url.as_ref()?, &of.key)));
    for (name, url, key) in keyed.chain(more).chain(speech) {
        if key.is_some() && in_the_clear(url) {
            lines.push(format!(
                "{name} is http:// and not on a private network: its key can be read on the way; use https://"
            ));
        }
    }
    if !ai.is_configured() {
        let of = [
            ("AI_API_KEY", ai.key.is_some()),
            ("DEFAULT_MODEL", ai.default_model.is_some()),
            ("MODELS", !ai.models.is_empty()),
            ("FALLBACK_MODEL", ai.fallback_model.is_some()),
        ];
        for (name, _) in of.iter().filter(|(_, given)| *given) {
            lines.push(format!("{name} has no effect: there is no chat model without AI_API_URL"));
        }
    }
    if config.telegram_api_local
        && let Err(error) = std::fs::read_dir(&config.telegram_api_local_path)
    {
        lines.push(format!(
            "TELEGRAM_API_LOCAL_PATH cannot be read ({}): recordings will not be taken; give the bot's user read access to \
             the folder of the Bot API server, or set TELEGRAM_API_LOCAL=false",
            error.kind()
        ));
    }
    lines
}

/// Metrics on a public address need a second option that says so.
pub(crate) fn public_metrics(config: &Config, origins: &[Setting]) -> Option<ConfigError> {
    let address =
        config.metrics_addr.filter(|address| is_open(address.ip()) && !config.metrics_allow_public)?;
    let origin = origins.iter().find(|setting| setting.name == "METRICS_ADDR");
    Some(ConfigError {
        key: "METRICS_ADDR".to_owned(),
        origin: origin.map(|setting| setting.origin.clone()).unwrap_or_default(),
        shown: Some(address.to_string()),
        problem: "can be reached from outside the private network: use 127.0.0.1 or a private address, \
                  or set METRICS_ALLOW_PUBLIC=true, too"
            .to_owned(),
    })
}

/// Neither loopback nor private; the unspecified address (all interfaces) counts as open.
pub(super) fn is_open(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_open(IpAddr::V4(ip)),
            None => !(ip.is_loopback() || is_local(ip)),
        },
    }
}

/// Whether an option, or its `_FILE` twin, has another value than its default.
pub(super) fn is_set(name: &str, origins: &[Setting]) -> bool {
    let file = format!("{name}_FILE");
    let given = |setting: &&Setting| setting.name == name || setting.name == file;
    let default = keys::all().find(|key| key.name == name).map_or("", |key| key.default);
    let value = origins.iter().find(given).and_then(|setting| setting.value.as_deref());
    value.is_some_and(|value| value != default)
}

/// Unencrypted to a host that, as far as its name tells, is on the public internet.
fn in_the_clear(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case("http") {
        return false;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let address = authority.rsplit('@').next().unwrap_or_default();
    let host = match address.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => address.split(':').next().unwrap_or_default(),
    };
    is_public(host)
}

/// Whether a host is, as far as its name tells, on the public internet.
pub(super) fn is_public(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(ip) => is_open(ip),
        Err(_) => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            let local = ["local", "lan", "home", "internal", "localhost", "test", "arpa"];
            // A name without a dot is resolved on the local network.
            host.rsplit_once('.').is_some_and(|(_, last)| !local.contains(&last))
        }
    }
}

/// Unique local (fc00::/7) or link-local (fe80::/10).
fn is_local(ip: Ipv6Addr) -> bool {
    ip.is_unique_local() || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_out_in_the_open() {
        for (url, open) in [
            ("http://example.com", true),
            ("HTTP://8.8.8.8:80/x", true),
            ("http://[2001:db8::1]:80", true),
            ("https://example.com", false),
            ("http://localhost:8081", false),
            ("http://tutor", false),
            ("http://tutor.lan:8000", false),
            ("http://u:p@192.168.1.5", false),
            ("http://[::1]", false),
            ("http://[fd00::1]", false),
            ("http://127.0.0.1:1", false),
        ] {
            assert_eq!(in_the_clear(url), open, "{url}");
        }
    }
}
