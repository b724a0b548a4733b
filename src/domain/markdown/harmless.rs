//! Makes a model's text inactive: a command in it is no command, and no link hides where it leads.
//!
//! Owns what Telegram would make of plain text by itself. Must not know Markdown.

use crate::domain::rich::{Format, Kind, Rich, Span};

/// Word joiner (U+2060): takes no space and ends a word, so that nothing after a `/`, an `@` or a `#` can be
/// tapped.
const JOINER: char = '\u{2060}';
/// At the end of an address these usually belong to the sentence.
const PUNCTUATION: &[char] = &['.', ',', ':', ';', '!', '?', '\'', '*', '_', '~', '…', '”', '’', '»'];

/// The text with its link targets visible and its commands disarmed.
pub(super) fn harmless(text: Rich) -> Rich {
    let spans: Vec<Span> = text.spans().iter().flat_map(with_links).collect();
    // Telegram looks for nothing in text that has a format of its own.
    let disarmed = disarmed_where(&spans, |kind| *kind == Kind::Words);
    spans.iter().zip(disarmed).map(|(span, text)| Span { format: span.format.clone(), text }).collect()
}

/// The text for where no format can be sent; what only its format kept from being a command is disarmed.
pub(crate) fn bare(text: &Rich) -> String {
    disarmed_where(text.spans(), |kind| *kind != Kind::Words).collect()
}

/// The texts of the spans, with those of some kinds disarmed.
fn disarmed_where(spans: &[Span], which: impl Fn(&Kind) -> bool) -> impl Iterator<Item = String> {
    let mut before = None;
    spans.iter().enumerate().map(move |(n, span)| {
        let next = spans.get(n + 1).and_then(|span| span.text.chars().next());
        let before = std::mem::replace(&mut before, span.text.chars().next_back());
        if which(&span.format.kind) { disarmed(&span.text, before, next) } else { span.text.clone() }
    })
}

/// `before` and `next`: the characters around the text.
fn disarmed(text: &str, before: Option<char>, next: Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut before, mut rest) = (before, text.chars());
    while let Some(c) = rest.next() {
        out.push(c);
        let in_word = before.is_some_and(|c| c == '_' || c < '\u{300}' && c.is_alphanumeric());
        let begins = rest.clone().next().or(next);
        let taps = match c {
            // After a `<`, Telegram too takes it for the end of an HTML tag.
            '/' => before != Some('<') && begins.is_some_and(is_name),
            '@' => begins.is_some_and(is_name),
            '#' => begins.is_some_and(|c| {
                c.is_alphanumeric() || matches!(c, '_' | '\u{b7}' | '\u{200c}' | '\u{d80}'..='\u{dff}')
            }),
            '$' => begins.is_some_and(|c| c.is_ascii_uppercase()),
            _ => false,
        };
        if taps && !in_word {
            out.push(JOINER);
        }
        before = Some(c);
    }
    out
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A span without unsafe links, in which bare addresses become links. (Telegram would do that anyway, and
/// looks for nothing else inside a link.)
fn with_links(span: &Span) -> Vec<Span> {
    let words = Format { kind: Kind::Words, ..span.format.clone() };
    match &span.format.kind {
        Kind::Link(address) if !is_web_address(address) => {
            vec![Span { format: words, text: span.text.clone() }]
        }
        Kind::Words => {
            let mut found = Vec::new();
            let (mut from, mut at) = (0, 0);
            while let Some((begin, end)) = next_address(&span.text, at) {
                at = end;
                let Some(address) = span.text.get(begin..end).filter(|found| is_web_address(found)) else {
                    continue;
                };
                let before = span.text.get(from..begin).unwrap_or_default().to_owned();
                let kind = Kind::Link(address.to_owned());
                found.push(Span { format: words.clone(), text: before });
                found.push(Span { format: Format { kind, ..words.clone() }, text: address.to_owned() });
                from = end;
            }
            found.push(Span { format: words, text: span.text.get(from..).unwrap_or_default().to_owned() });
            found
        }
        _ => vec![span.clone()],
    }
}

/// The next bare address from `at` on, valid or not. Never empty.
fn next_address(text: &str, mut at: usize) -> Option<(usize, usize)> {
    loop {
        let colon = at + text.get(at..)?.find("://")?;
        at = colon + 3;
        let scheme = ["https", "http"].iter().find_map(|scheme| {
            let begin = colon.checked_sub(scheme.len())?;
            let is = text.get(begin..colon)?.eq_ignore_ascii_case(scheme);
            let in_word = text.get(..begin)?.chars().next_back().is_some_and(char::is_alphanumeric);
            (is && !in_word).then_some(begin)
        });
        let Some(begin) = scheme else { continue };
        let rest = text.get(at..)?;
        let length = rest.find(|c: char| !is_of_address(c));
        let mut address = rest.get(..length.unwrap_or(rest.len()))?;
        let (mut opened, mut closed) = (address.matches('(').count(), address.matches(')').count());
        loop {
            // A closing bracket belongs to the address if the opening one does.
            address = match address.chars().next_back() {
                Some(c) if PUNCTUATION.contains(&c) => address.strip_suffix(c)?,
                Some(c @ (')' | ']' | '}')) if c != ')' || closed > opened => {
                    closed -= usize::from(c == ')');
                    address.strip_suffix(c)?
                }
                Some('(') => {
                    opened -= 1;
                    address.strip_suffix('(')?
                }
                _ => break,
            };
        }
        return Some((begin, at + address.len()));
    }
}

/// Whether a link leads to a web page at a host with a plain name.
fn is_web_address(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = host.split_once(':').unwrap_or((host, "0"));
    let plain =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && host.contains('.')
        && host.split('.').all(plain)
        && port.parse::<u16>().is_ok()
        && rest.chars().all(is_of_address)
}

fn is_of_address(c: char) -> bool {
    c.is_alphanumeric() || c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>')
}
