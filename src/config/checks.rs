//! From text to typed value: the check of each single option, and how much of a value may be shown.
//!
//! Must not know where a text came from. No error text here repeats the value: the caller shows it, masked.

use super::Config;
use super::keys::{Key, Kind, Unit};
use super::shared_store::is_node;
use super::store_url::StoreUrl;
use crate::domain::{ChannelName, Persona, Personas, TutorId, UserId};
use crate::logging;
use crate::secret::{KeyMaterial, Secret};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest secret or certificate file, bytes.
const FILE_CAP: u64 = 256 << 10;
/// Shortest key for the store, bytes: anything shorter is a password rather than a key.
pub(crate) const KEY_LEAST: usize = 24;
/// Longest value shown whole, characters.
const SHOWN: usize = 80;

/// Checks `raw` and puts it into `config`; relative paths start at `folder`. The error says what would be
/// right, in words that follow "must be" or stand alone.
pub(crate) fn apply(key: &Key, config: &mut Config, raw: &str, folder: &Path) -> Result<(), String> {
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
        Kind::Number { min, max, field } => {
            let number = raw.parse().ok().filter(|number| (*min..=*max).contains(number));
            *field(config) = number.ok_or_else(wrong)?;
        }
        Kind::BaseUrl(_) | Kind::BaseUrls(_) | Kind::OptionalUrl(_) if holds_token(raw) => {
            return Err("must be the base URL alone, without a bot token in it".to_owned());
        }
        Kind::BaseUrls(field) => *field(config) = base_urls(raw, &wrong())?,
        Kind::BaseUrl(field) => *field(config) = base_url(raw).ok_or_else(wrong)?,
        Kind::OptionalUrl(field) => *field(config) = Some(base_url(raw).ok_or_else(wrong)?),
        Kind::Word(field) => {
            *field(config) = Some(raw.to_owned()).filter(|name| is_model_name(name)).ok_or_else(wrong)?
        }
        Kind::Name(field) => {
            *field(config) = Some(raw.to_owned()).filter(|name| is_model_name(name));
            field(config).as_ref().ok_or_else(wrong)?;
        }
        Kind::Names(field) => *field(config) = names(raw).ok_or_else(wrong)?,
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
        Kind::Database(field) => *field(config) = Some(StoreUrl::parse(raw)?),
        Kind::Node(field) => {
            *field(config) = Some(raw.to_owned()).filter(|name| is_node(name));
            field(config).as_ref().ok_or_else(wrong)?;
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
        Kind::Personas(field) => personas(&path(raw, folder)?, field(config))?,
        Kind::File(field) => {
            let path = path(raw, folder)?;
            if path.is_dir() || raw.ends_with('/') {
                return Err("is a folder, but must be a file".to_owned());
            }
            *field(config) = Some(path);
        }
        Kind::KeyFile(field) => *field(config) = Some(key_file(&path(raw, folder)?)?),
        Kind::Address(field) => *field(config) = Some(address(raw).ok_or_else(wrong)?),
        Kind::Channel(field) => *field(config) = Some(ChannelName::parse(raw).ok_or_else(wrong)?),
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

/// Reads the persona files of a folder, in the order of their names.
fn personas(folder: &Path, into: &mut Personas) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|ending| ending == "md") {
            files.push(path);
        }
    }
    files.sort();
    let mut faults = Vec::new();
    for file in &files {
        let id = file.file_stem().unwrap_or_default().to_string_lossy();
        let mut read = || -> Result<(), String> {
            let text = String::from_utf8(read_small(file)?).map_err(|_| "is not UTF-8 text".to_owned())?;
            let persona = Persona::parse(&id, &text).map_err(|fault| fault.to_string())?;
            into.put(persona).map_err(|fault| fault.to_string())
        };
        faults.extend(read().err().map(|fault| format!("{id}.md: {fault}")));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// How a value may be shown: secrets not at all, URLs without user and password, long texts cut.
pub(crate) fn shown(key: &Key, raw: &str) -> String {
    let raw = raw.trim();
    match key.kind {
        _ if key.is_secret() => return "***".to_owned(),
        Kind::Proxy(_) | Kind::BaseUrl(_) | Kind::BaseUrls(_) | Kind::OptionalUrl(_) => {
            return shown_url(raw);
        }
        _ => {}
    }
    shortened(raw)
}

/// Of a URL: no user, no password, no token of Telegram's.
pub fn shown_url(raw: &str) -> String {
    if holds_token(raw) {
        return "***".to_owned();
    }
    if let Some((before, host)) = raw.rsplit_once('@') {
        let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
        // Without a scheme it is not known which part is the password.
        let plain = scheme.bytes().all(|b| b.is_ascii_alphanumeric()) && !scheme.is_empty();
        return if plain { format!("{scheme}://***@{host}") } else { "***".to_owned() };
    }
    shortened(raw)
}

fn shortened(raw: &str) -> String {
    let mut text: String =
        raw.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if raw.chars().count() > SHOWN {
        text.push('…');
    }
    text
}

/// Reads a file that holds one secret. The error never contains its content.
pub(crate) fn secret_file(file: &Path, folder: &Path) -> Result<String, String> {
    let bytes = read_small(&folder.join(file))?;
    let text = String::from_utf8(bytes).map_err(|_| "the file is not text".to_owned())?;
    let text = text.trim().trim_start_matches('\u{feff}').to_owned();
    if text.is_empty() { Err("the file is empty".to_owned()) } else { Ok(text) }
}

/// The error follows the option's name in a sentence.
pub(crate) fn read_small(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read ({error})");
    read_capped(std::fs::File::open(path).map_err(unreadable)?)
}

/// As [`read_small`], for a file that is open.
pub(crate) fn read_capped(file: std::fs::File) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read ({error})");
    let mut bytes = Vec::new();
    file.take(FILE_CAP + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_CAP {
        return Err(format!("the file is larger than {} KiB", FILE_CAP >> 10));
    }
    Ok(bytes)
}

/// Reads a key file: random bytes, or their hexadecimal or base64 text; a final line end does not count. The
/// error follows the file's name in a sentence.
pub(crate) fn key_file(path: &Path) -> Result<KeyMaterial, String> {
    let mut bytes = read_small(path)?;
    if bytes.ends_with(b"\n") {
        bytes.pop();
    }
    if bytes.ends_with(b"\r") {
        bytes.pop();
    }
    if bytes.len() < KEY_LEAST {
        return Err(format!(
            "the file holds fewer than {KEY_LEAST} bytes; make one with: openssl rand -hex 32"
        ));
    }
    Ok(KeyMaterial::new(bytes))
}

fn address(raw: &str) -> Option<SocketAddr> {
    let loopback = |port: &str| Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().ok()?)));
    match raw.strip_prefix("localhost:").or_else(|| raw.strip_prefix(':')) {
        Some(port) => loopback(port),
        None => raw.parse().ok().or_else(|| loopback(raw)),
    }
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

/// Longest name of a model, bytes.
const NAME_CAP: usize = 200;
/// Most models in a list.
const NAMES_CAP: usize = 200;

/// Whether a server may know a model by this name.
pub fn is_model_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_CAP && !name.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// A list of models' names, comma separated.
pub fn names(raw: &str) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in raw.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !is_model_name(name) || names.len() == NAMES_CAP {
            return None;
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Some(names)
}

/// Most tutors.
const URLS_CAP: usize = 32;

/// Base URLs of different servers, comma separated.
fn base_urls(raw: &str, wrong: &str) -> Result<Vec<String>, String> {
    let mut urls: Vec<String> = Vec::new();
    for part in raw.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let url = base_url(part).ok_or_else(|| wrong.to_owned())?;
        let same = |known: &String| TutorId::of_address(known) == TutorId::of_address(&url);
        if let Some(at) = urls.iter().position(same) {
            return Err(format!(
                "names one server twice: number {} is number {} again",
                urls.len() + 1,
                at + 1
            ));
        }
        urls.push(url);
    }
    match urls.len() {
        0 => Err(wrong.to_owned()),
        1..=URLS_CAP => Ok(urls),
        _ => Err(format!("names more than {URLS_CAP} servers")),
    }
}

/// A base URL without its last slash.
pub fn base_url(raw: &str) -> Option<String> {
    url(raw, &["http", "https"])?;
    Some(raw.trim_end_matches('/').to_owned())
}

/// Accepts a URL of one of these schemes with a host, a valid port and no query.
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

/// Whether a URL ends in `/bot<token>`, as the Bot API's method URLs do.
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
mod tests;
