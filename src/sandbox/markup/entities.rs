//! What the server makes of entities: those that cannot be together are left out, and it finds some by itself. Rules as in
//! TDLib's `fix_entities` and `find_entities`. It must not know HTML.

use super::{Formatted, utf16_len};
use serde_json::{Value, json};

/// One entity, with its place as numbers.
struct Entity {
    start: usize,
    end: usize,
    value: Value,
}

impl Entity {
    fn of(value: Value) -> Self {
        let number = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0) as usize;
        let (start, length) = (number("offset"), number("length"));
        Self { start, end: start + length, value }
    }

    fn kind(&self) -> &str {
        self.value.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// Emphasis of words: it may be in and around everything else, but not in code.
    fn is_mark(&self) -> bool {
        matches!(self.kind(), "bold" | "italic" | "underline" | "strikethrough" | "spoiler")
    }

    fn is_quote(&self) -> bool {
        self.kind().ends_with("blockquote")
    }

    fn is_code(&self) -> bool {
        matches!(self.kind(), "code" | "pre")
    }

    fn meets(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn moved(&self, start: usize, end: usize) -> Value {
        let mut value = self.value.clone();
        if let Some(map) = value.as_object_mut() {
            map.insert("offset".to_owned(), json!(start));
            map.insert("length".to_owned(), json!(end - start));
        }
        value
    }
}

/// The entities that may be together; the types of the others join `lost`.
pub(super) fn settled(entities: Vec<Value>, lost: &mut Vec<String>) -> Vec<Value> {
    let mut entities: Vec<Entity> = entities.into_iter().map(Entity::of).collect();
    // At one place the outer one comes first; code within a link is the outer one to the server.
    entities
        .sort_by_key(|entity| (entity.start, usize::MAX - entity.end, !entity.is_quote(), !entity.is_code()));
    let (marks, rest): (Vec<_>, Vec<_>) = entities.into_iter().partition(Entity::is_mark);
    let (quotes, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(Entity::is_quote);
    let mut kept = apart(quotes, lost);
    let quoted = kept.len();
    for entity in apart(rest, lost) {
        let quotes = kept.get(..quoted).unwrap_or_default();
        if quotes
            .iter()
            .any(|quote| quote.meets(&entity) && (entity.start < quote.start || entity.end > quote.end))
        {
            lost.push(entity.kind().to_owned());
        } else {
            kept.push(entity);
        }
    }
    let mut values: Vec<Value> = kept.iter().map(|entity| entity.value.clone()).collect();
    let mut merged: Vec<Entity> = Vec::new();
    for mark in marks {
        let same = merged.iter_mut().find(|other| other.kind() == mark.kind() && mark.start <= other.end);
        match same {
            Some(other) => other.end = other.end.max(mark.end),
            None => merged.push(mark),
        }
    }
    for mark in merged {
        let mut from = mark.start;
        for code in kept.iter().filter(|entity| entity.is_code() && entity.meets(&mark)) {
            lost.push(mark.kind().to_owned());
            if code.start > from {
                values.push(mark.moved(from, code.start));
            }
            from = from.max(code.end);
        }
        if from < mark.end {
            values.push(mark.moved(from, mark.end));
        }
    }
    values
}

/// Of entities that may not meet the first ones.
fn apart(entities: Vec<Entity>, lost: &mut Vec<String>) -> Vec<Entity> {
    let mut kept: Vec<Entity> = Vec::new();
    for entity in entities {
        if kept.last().is_some_and(|last| last.meets(&entity)) {
            lost.push(entity.kind().to_owned());
        } else {
            kept.push(entity);
        }
    }
    kept
}

/// Whether the server takes this for the address of a link.
pub(super) fn is_link(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let clean = !url.chars().any(|c| c.is_whitespace() || c.is_control());
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => clean && name.contains('.') && port.parse::<u16>().is_ok(),
        "tg" | "ton" => clean && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')),
        _ => false,
    }
}

/// Trims white space at both ends, as the server does, and moves the entities along. Of those that hold none of the text
/// or only white space the types are in `lost`.
pub(crate) fn trimmed(text: String, entities: Vec<Value>) -> Formatted {
    let head = utf16_len(&text) - utf16_len(text.trim_start());
    let kept = text.trim();
    let units: Vec<u16> = kept.encode_utf16().collect();
    let mut lost = Vec::new();
    let moved = entities.into_iter().map(Entity::of).filter_map(|entity| {
        let start = entity.start.max(head) - head;
        let end = entity.end.saturating_sub(head).min(units.len());
        let words = String::from_utf16_lossy(units.get(start..end).unwrap_or_default());
        if words.trim().is_empty() {
            lost.push(entity.kind().to_owned());
            return None;
        }
        Some(entity.moved(start, end))
    });
    let mut moved: Vec<Value> = moved.collect();
    moved.sort_by_key(|entity| {
        let number = |key: &str| entity.get(key).and_then(Value::as_i64).unwrap_or(0);
        (number("offset"), -number("length"))
    });
    Formatted { text: kept.to_owned(), entities: moved, lost }
}

/// The commands, mentions and tags that the server finds in a text, outside of code and links.
pub(crate) fn found(text: &str, entities: &[Value]) -> Vec<Value> {
    let taken: Vec<Entity> = entities.iter().cloned().map(Entity::of).collect();
    let (mut found, mut offset, mut before) = (Vec::new(), 0, ' ');
    let mut rest = text.chars();
    loop {
        let tail = rest.as_str();
        let Some(c) = rest.next() else { return found };
        let in_word = before.is_alphanumeric() || before == '_';
        let mark = match c {
            '/' if !in_word && !matches!(before, '/' | '<' | '>') => {
                command(rest.as_str()).map(|n| ("bot_command", n))
            }
            '@' if !in_word => mention(rest.as_str()).map(|n| ("mention", n)),
            '#' if !in_word => hashtag(rest.as_str()).map(|n| ("hashtag", n)),
            _ => None,
        };
        if let Some((kind, name)) = mark {
            let length = utf16_len(tail.get(..1 + name).unwrap_or_default());
            let entity = Entity::of(json!({ "type": kind, "offset": offset, "length": length }));
            let covered =
                |other: &Entity| (other.is_code() || other.kind() == "text_link") && other.meets(&entity);
            if !taken.iter().any(covered) {
                found.push(entity.value);
            }
        }
        offset += c.len_utf16();
        before = c;
    }
}

/// The bytes of a command's name at the start, with its `@bot`.
fn command(text: &str) -> Option<usize> {
    let mut length = Some(word(text)).filter(|length| (1..=64).contains(length))?;
    if let Some(suffix) = text.get(length..).and_then(|tail| tail.strip_prefix('@')) {
        length += 1 + Some(word(suffix)).filter(|length| (3..=32).contains(length))?;
    }
    let next = text.get(length..)?.chars().next().unwrap_or(' ');
    (!next.is_alphanumeric() && !matches!(next, '/' | '<' | '>')).then_some(length)
}

fn mention(text: &str) -> Option<usize> {
    let length = Some(word(text)).filter(|length| (2..=32).contains(length))?;
    let next = text.get(length..)?.chars().next().unwrap_or(' ');
    (!next.is_alphanumeric()).then_some(length)
}

fn hashtag(text: &str) -> Option<usize> {
    let is_tag = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\u{b7}' | '\u{200c}');
    let name: String = text.chars().take_while(|c| is_tag(*c)).collect();
    let next = text.get(name.len()..)?.chars().next();
    (name.chars().any(char::is_alphabetic) && next != Some('#')).then_some(name.len())
}

/// Length of the run of ASCII letters, digits and underscores at the start.
fn word(text: &str) -> usize {
    text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
}

#[cfg(test)]
mod tests {
    use super::super::parse_html;
    use super::*;

    #[test]
    fn what_cannot_be_nested_is_lost() {
        for (source, kept, lost) in [
            ("<b>a <i>b</i> <s>c</s></b>", &["bold", "italic", "strikethrough"][..], &[][..]),
            ("<blockquote>a <b>b</b> <code>c</code></blockquote>", &["blockquote", "bold", "code"], &[]),
            ("<blockquote><pre>a</pre></blockquote>", &["blockquote", "pre"], &[]),
            ("<blockquote>a <blockquote>b</blockquote></blockquote>", &["blockquote"], &["blockquote"]),
            ("<b>a <code>b</code> c</b>", &["bold", "code", "bold"], &["bold"]),
            ("<code>a <b>b</b></code>", &["code"], &["bold"]),
            ("<code>a <a href=\"http://e.org\">b</a></code>", &["code"], &["text_link"]),
            ("<a href=\"http://e.org\"><code>b</code> c</a>", &["text_link"], &["code"]),
            ("<a href=\"http://e.org\"><b>b</b> c</a>", &["text_link", "bold"], &[]),
            ("<pre>a <blockquote>b</blockquote></pre>", &["blockquote"], &["pre"]),
            ("a<b></b>", &[], &["b"]),
            ("a<i> </i>", &[], &["italic"]),
            ("<b><b>a</b> b</b>", &["bold"], &[]),
            ("<a href=\"javascript:x\">b</a>", &[], &["text_link"]),
            ("<a href=\"https://host/\">b</a>", &[], &["text_link"]),
            ("<a href=\"tg://user?id=1\">b</a>", &["text_link"], &[]),
        ] {
            let parsed = parse_html(source).unwrap();
            let kinds: Vec<_> =
                parsed.entities.iter().map(|entity| entity["type"].as_str().unwrap()).collect();
            assert_eq!(
                (kinds.as_slice(), parsed.lost.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
                (kept, lost),
                "{source}"
            );
        }
    }

    #[test]
    fn commands_mentions_and_tags_are_found() {
        assert_eq!(
            found("😀 /new@phonicflow_bot, @you a/b x@y / #tag #1 a#b </b> @x /a/b", &[]),
            [
                json!({"type":"bot_command","offset":3,"length":19}),
                json!({"type":"mention","offset":24,"length":4}),
                json!({"type":"hashtag","offset":39,"length":4}),
            ]
        );
        let code = [json!({"type":"code","offset":0,"length":4})];
        assert_eq!(found("/new /old", &code), [json!({"type":"bot_command","offset":5,"length":4})]);
    }
}
