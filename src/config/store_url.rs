//! The URL of a shared store: which database, where, and whether the way to it is encrypted.
//!
//! It holds a password, so no error text here repeats any part of it, and what is shown of it is host, port and
//! database alone. Must not know how a database is spoken to: what can only be found out by connecting is not
//! checked here.

use crate::secret::Secret;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// What stands behind `STORE_URL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreEngine {
    Postgres,
    Redis,
}

/// A checked `STORE_URL`. `Display` shows `host:port/database`, without user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUrl {
    whole: Secret,
    engine: StoreEngine,
    /// With the port; an absolute path is the folder of a socket. At least one.
    hosts: Vec<(String, u16)>,
    database: String,
    encrypted: bool,
}

/// What PostgreSQL's URLs may say behind the `?`, and what of it has a fixed set of values; an empty set: any.
/// Nothing else, as a parameter that is ignored (`sslrootcert`) may be one that somebody relies on.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("application_name", &[]),
    ("channel_binding", &["disable", "prefer", "require"]),
    ("connect_timeout", NUMBER),
    ("dbname", &[]),
    ("host", &[]),
    ("hostaddr", &[]),
    ("keepalives", NUMBER),
    ("keepalives_idle", NUMBER),
    ("keepalives_interval", NUMBER),
    ("keepalives_retries", NUMBER),
    ("load_balance_hosts", &["disable", "random"]),
    ("options", &[]),
    ("password", &[]),
    ("port", &[]),
    // "prefer" and "allow" would fall back to a connection that is not encrypted without a word.
    ("sslmode", &["disable", "require", "verify-ca", "verify-full"]),
    ("sslnegotiation", &["postgres", "direct"]),
    // A server that only reads is of no use.
    ("target_session_attrs", &["any", "read-write"]),
    ("tcp_user_timeout", NUMBER),
    ("user", &[]),
];
/// Stands for a whole number in [`PARAMETERS`].
const NUMBER: &[&str] = &["a whole number"];

const SHAPE: &str =
    "must be postgres://USER:PASSWORD@HOST:PORT/DATABASE or rediss://USER:PASSWORD@HOST:PORT/NUMBER";
const ESCAPES: &str = "in a user's name, a password or a folder write / : @ ? # % and spaces as % and two hexadecimal \
                       digits, for instance %40 for @";

impl StoreUrl {
    /// The error follows the option's name in a sentence.
    pub(crate) fn parse(raw: &str) -> Result<Self, String> {
        let (scheme, rest) = raw.split_once("://").ok_or(SHAPE)?;
        let scheme = scheme.to_ascii_lowercase();
        if !["postgres", "postgresql", "redis", "rediss"].contains(&scheme.as_str()) {
            return Err(SHAPE.to_owned());
        }
        if !raw.bytes().all(|b| b.is_ascii_graphic()) || raw.contains(['#', '\\']) || !well_escaped(raw) {
            return Err(format!("has a character that is not allowed in a URL: {ESCAPES}"));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.matches('@').count() > 1 || path.contains(['@', '/', ':']) || query.contains('@') {
            return Err(format!("cannot be taken apart: {ESCAPES}"));
        }
        let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        let parts = Parts { hosts, path, query };
        let whole = Secret::new(raw);
        match scheme.as_str() {
            "redis" | "rediss" => parts.redis(whole, scheme == "rediss"),
            _ => parts.postgres(whole),
        }
    }

    /// With user and password, only for the code that connects.
    pub fn expose(&self) -> &str {
        self.whole.expose()
    }

    pub fn engine(&self) -> StoreEngine {
        self.engine
    }

    /// Whether the connection is made by TLS. Without a word about it: unless it stays on this machine.
    pub fn encrypted(&self) -> bool {
        self.encrypted
    }

    /// Names or addresses; no folders of sockets.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|(host, _)| host.as_str()).filter(|host| !host.starts_with('/'))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (host, port)) in self.hosts.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match host.contains(':') {
                true => write!(f, "{comma}[{host}]:{port}")?,
                false => write!(f, "{comma}{host}:{port}")?,
            }
        }
        write!(f, "/{}", self.database)
    }
}

/// A URL without scheme and user.
struct Parts<'a> {
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
}

impl Parts<'_> {
    fn postgres(&self, whole: Secret) -> Result<StoreUrl, String> {
        let mut hosts = Vec::new();
        for host in self.hosts.split(',').filter(|_| !self.hosts.is_empty()) {
            hosts.push(host_and_port(host, 5432)?);
        }
        let mut database = decoded(self.path)?;
        let (mut more, mut ports, mut tls) = (Vec::new(), Vec::new(), None);
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = parameter(pair)?;
            match name {
                "host" | "hostaddr" => more.extend(value.split(',').map(str::to_owned)),
                "port" => {
                    for port in value.split(',') {
                        ports.push(
                            port.parse().ok().filter(|port| *port > 0).ok_or("has a port that is none")?,
                        );
                    }
                }
                "dbname" => database = value,
                "sslmode" => tls = Some(value != "disable"),
                _ => {}
            }
        }
        if !ports.is_empty() && (!hosts.is_empty() || !matches!(ports.len(), 1) && ports.len() != more.len())
        {
            return Err("must have each port right behind its host, or as many ports as hosts".to_owned());
        }
        for (at, host) in more.into_iter().enumerate() {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            hosts.push((is_host(&host).then_some(host).ok_or(SHAPE)?, port));
        }
        if hosts.is_empty() {
            return Err(
                "names no host: put one before the database, or ?host=/run/postgresql behind it for the \
                        socket in that folder"
                    .to_owned(),
            );
        }
        if database.is_empty() {
            return Err("names no database: put /DATABASE behind the host".to_owned());
        }
        let here = hosts.iter().all(|(host, _)| stays_here(host));
        Ok(StoreUrl {
            whole,
            engine: StoreEngine::Postgres,
            hosts,
            database,
            encrypted: tls.unwrap_or(!here),
        })
    }

    fn redis(&self, whole: Secret, encrypted: bool) -> Result<StoreUrl, String> {
        if self.hosts.contains(',') {
            return Err(
                "names several hosts, which Redis has no rule for: name the one that leads".to_owned()
            );
        }
        if !self.query.is_empty() {
            return Err("has parameters behind a ?, and Redis takes none".to_owned());
        }
        if self.hosts.is_empty() {
            return Err(SHAPE.to_owned());
        }
        let hosts = vec![host_and_port(self.hosts, 6379)?];
        let number = if self.path.is_empty() { "0" } else { self.path };
        if !number.parse::<u16>().is_ok_and(|number| number.to_string() == self.path || self.path.is_empty())
        {
            return Err("must name Redis' database by its number, as in redis://HOST/0".to_owned());
        }
        Ok(StoreUrl { whole, engine: StoreEngine::Redis, hosts, database: number.to_owned(), encrypted })
    }
}

/// One parameter of the query, known and with a value that may be.
fn parameter(pair: &str) -> Result<(&'static str, String), String> {
    let unknown = || {
        let known: Vec<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
        let known = known.join(", ");
        format!(
            "has a parameter behind the ? that is not known here (a certificate authority goes into STORE_CA_FILE); known are {known}"
        )
    };
    let (name, value) = pair.split_once('=').ok_or_else(unknown)?;
    let (name, values) = PARAMETERS.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
    let value = decoded(value)?;
    let fits = match *values {
        [] => !value.is_empty(),
        NUMBER => value.parse::<u32>().is_ok(),
        values => values.contains(&value.as_str()),
    };
    if fits { Ok((name, value)) } else { Err(format!("has a {name} that is not {}", one_of(values))) }
}

fn one_of(values: &[&str]) -> String {
    if values.is_empty() { "a value".to_owned() } else { values.join(" or ") }
}

fn host_and_port(raw: &str, default: u16) -> Result<(String, u16), String> {
    let (host, port) = match raw.strip_prefix('[') {
        Some(six) => {
            let (host, after) = six.split_once(']').ok_or(SHAPE)?;
            host.parse::<Ipv6Addr>().map_err(|_| "has an IPv6 address that is none")?;
            let port = if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or(SHAPE)?) };
            (host.to_owned(), port)
        }
        None => {
            let (host, port) = raw.split_once(':').map_or((raw, None), |(host, port)| (host, Some(port)));
            (decoded(host)?, port)
        }
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port > 0),
        None => Some(default),
    };
    let port = port.ok_or_else(|| format!("has a port that is none; {ESCAPES}"))?;
    if is_host(&host) { Ok((host, port)) } else { Err(SHAPE.to_owned()) }
}

/// A name, an address or, beginning with a slash, the folder of a socket.
fn is_host(host: &str) -> bool {
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    host.starts_with('/') || host.parse::<IpAddr>().is_ok() || !host.is_empty() && host.bytes().all(name)
}

/// Whether what is sent to this host stays on this machine.
fn stays_here(host: &str) -> bool {
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn well_escaped(raw: &str) -> bool {
    let hex = |part: &str| part.get(..2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
    raw.split('%').skip(1).all(hex)
}

/// Of a text that is [`well_escaped`].
fn decoded(raw: &str) -> Result<String, String> {
    let mut parts = raw.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (two, rest) = part.split_at_checked(2).ok_or(ESCAPES)?;
        bytes.push(u8::from_str_radix(two, 16).map_err(|_| ESCAPES)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 where it is written with %".to_owned())?;
    if text.chars().any(char::is_control) { Err("holds a control character".to_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
