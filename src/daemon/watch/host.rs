//! Checks the `Host` header against DNS rebinding: a web page whose own name resolves to our address must not
//! read these pages through somebody's browser.
//!
//! Such a page sends its public name as `Host`. An IP address, `localhost`, a name without a dot (containers,
//! search domains) and names under endings reserved for private networks cannot be such a name. Pure; must
//! not know the pages.

use std::net::IpAddr;

/// Endings that nobody can register: RFC 6761, 6762, 8375, and `.internal` and `.lan` of private networks.
const PRIVATE: &[&str] = &[".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test"];

/// Whether a request with this `Host` may be answered. A request without one (HTTP/1.0) comes from no
/// browser.
pub(crate) fn is_ours(host: Option<&str>) -> bool {
    let Some(host) = host.map(str::trim) else { return true };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.parse::<IpAddr>().is_ok()
        || (!name.is_empty() && !name.contains('.'))
        || PRIVATE.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_name_is_nobody_s_way_to_a_private_page() {
        for host in [
            "127.0.0.1:9464",
            "10.0.0.5",
            "[::1]:9464",
            "[fd00::1]",
            "localhost",
            "LocalHost:1",
            "bot:9464",
            "bot.lan",
            "bot.local.",
            "a.home.arpa",
            "bot.internal:80",
        ] {
            assert!(is_ours(Some(host)), "{host}");
        }
        assert!(is_ours(None));
        for host in [
            "evil.example",
            "evil.example:9464",
            "127.0.0.1.evil.example",
            "local.example",
            "",
            ":80",
            "1.2.3",
            "lan.evil.com.",
        ] {
            assert!(!is_ours(Some(host)), "{host}");
        }
    }
}
