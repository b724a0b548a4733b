//! Whether a request is meant for this server: a web page that has its own name resolve to our address must not read the
//! pages through somebody's browser (DNS rebinding).
//!
//! Such a page comes with its public name as `Host`. An address, `localhost`, a name without a dot (as containers and search
//! domains have them) and names of the endings kept for private networks cannot be its name. Pure.

use std::net::IpAddr;

/// Endings that nobody can register: RFC 6761, 6762, 8375, and `.internal` and `.lan` of private networks.
const PRIVATE: &[&str] = &[".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test"];

/// Whether a `Host` may be answered; one that is not sent at all (HTTP/1.0) is no browser's.
pub fn is_ours(host: Option<&str>) -> bool {
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
