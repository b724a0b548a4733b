//! TELEGRAM_PROXY: does anything listen there. Whether the proxy lets us through shows in Telegram's answer.
//! Must not know what is behind the proxy.

use super::{Cause, CheckResult, Finding, Patient};
use tokio::net::TcpStream;

const PROXY: &str = "proxy";

/// Nothing is reported where no proxy is configured.
pub(crate) async fn check(patient: &Patient) -> CheckResult {
    let Some(proxy) = &patient.config().telegram_proxy else { return CheckResult::default() };
    let Some((host, port)) = address(proxy.expose()) else {
        return vec![Finding::skipped(PROXY, "its address cannot be read")].into();
    };
    let place = format!("{host}:{port}");
    match TcpStream::connect((host, port)).await {
        Ok(_) => vec![Finding::fine(PROXY, format!("somebody listens at {place}"))].into(),
        Err(error) => vec![Finding::problem(
            PROXY,
            Cause::Unreachable,
            format!("cannot be reached at {place}: {error}"),
            "is it running, and is TELEGRAM_PROXY right?",
        )]
        .into(),
    }
}

/// Host and port of a proxy URL, without credentials.
fn address(url: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit('@').next()?;
    let usual = match scheme.to_ascii_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        _ => 1080,
    };
    let (host, port) = match place.strip_prefix('[').and_then(|six| six.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    Some((host, port.map_or(Some(usual), |port| port.parse().ok())?))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn reads_the_address_and_no_password() {
        for (url, expected) in [
            ("socks5://10.0.0.1", Some(("10.0.0.1", 1080))),
            ("socks5h://user:pass@proxy.lan:9050/", Some(("proxy.lan", 9050))),
            ("http://proxy", Some(("proxy", 80))),
            ("https://[fd00::1]:8443", Some(("fd00::1", 8443))),
            ("https://[fd00::1]", Some(("fd00::1", 443))),
            ("http://proxy:none", None),
            ("proxy:1", None),
        ] {
            assert_eq!(address(url), expected, "{url}");
        }
    }
}
