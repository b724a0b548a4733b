//! Telegram's HTML parse mode, as strict as the server: text in, plain text and entities out, or the server's
//! error. Must not know about messages.

mod entities;

pub(crate) use entities::{found, trimmed};

use serde_json::{Value, json};

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Formatted {
    /// Without markup, trimmed at both ends.
    pub text: String,
    /// Offsets in UTF-16 code units; ordered by start, longer ones first.
    pub entities: Vec<Value>,
    /// What was asked for and the server leaves out without a word, as types of entities: what cannot be nested, is empty
    /// or a link that leads nowhere.
    pub lost: Vec<String>,
}

/// Length in UTF-16 code units, as Telegram counts.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

const TAGS: &[&str] = &[
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "span",
    "pre",
    "code",
    "blockquote",
];

struct Open {
    tag: String,
    argument: String,
    /// Byte offset in the plain text.
    start: usize,
    /// The same in UTF-16 code units.
    offset: usize,
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    out: String,
    units: usize,
    open: Vec<Open>,
    entities: Vec<Value>,
    lost: Vec<String>,
}

/// Parses HTML markup. `Err` is what follows «can't parse entities: ».
pub(crate) fn parse_html(source: &str) -> Result<Formatted, String> {
    let mut parser = Parser {
        source,
        at: 0,
        out: String::new(),
        units: 0,
        open: Vec::new(),
        entities: Vec::new(),
        lost: Vec::new(),
    };
    while let Some(c) = parser.peek() {
        match c {
            '&' => {
                let c = parser.entity().unwrap_or('&');
                parser.push(c);
            }
            '<' if parser.source.as_bytes().get(parser.at + 1) == Some(&b'/') => parser.end_tag()?,
            '<' => parser.start_tag()?,
            other => {
                parser.at += other.len_utf8();
                parser.push(other);
            }
        }
    }
    if let Some(open) = parser.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    for entity in &mut parser.entities {
        // A language only counts inside `pre`.
        if let Some(map) = entity.as_object_mut().filter(|map| map.get("type") == Some(&json!("code"))) {
            map.remove("language");
        }
    }
    let nested = entities::settled(parser.entities, &mut parser.lost);
    let mut trimmed = trimmed(parser.out, nested);
    trimmed.lost.splice(0..0, parser.lost);
    Ok(trimmed)
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, c: char) {
        self.out.push(c);
        self.units += c.len_utf16();
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let taken: String = self.rest().chars().take_while(|c| keep(*c)).collect();
        self.at += taken.len();
        taken
    }

    fn skip_space(&mut self) {
        let _ = self.take_while(|c| c.is_ascii_whitespace());
    }

    /// Reads `&…;` at the cursor. Always advances: past the entity, or past a bare ampersand (`None`).
    fn entity(&mut self) -> Option<char> {
        let begin = self.at;
        self.at += 1;
        let decoded = if self.rest().starts_with('#') {
            self.at += 1;
            let radix = if self.rest().starts_with('x') { 16 } else { 10 };
            if radix == 16 {
                self.at += 1;
            }
            let digits = self.take_while(|c| c.is_digit(radix));
            u32::from_str_radix(&digits, radix).ok().filter(|n| *n != 0).and_then(char::from_u32)
        } else {
            match self.take_while(|c| c.is_ascii_alphabetic()).as_str() {
                "lt" => Some('<'),
                "gt" => Some('>'),
                "amp" => Some('&'),
                "quot" => Some('"'),
                _ => None,
            }
        };
        if decoded.is_none() {
            self.at = begin + 1;
        } else if self.rest().starts_with(';') {
            self.at += 1;
        }
        decoded
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        let tag = self.take_while(|c| !c.is_ascii_whitespace() && c != '>').to_ascii_lowercase();
        let unclosed = || format!("Unclosed start tag at byte offset {begin}");
        if self.peek().is_none() {
            return Err(unclosed());
        }
        if !TAGS.contains(&tag.as_str()) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = String::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(unclosed()),
                Some('>') => break,
                Some(_) => {}
            }
            let name =
                self.take_while(|c| !c.is_ascii_whitespace() && !matches!(c, '=' | '>' | '/' | '"' | '\''));
            let name = name.to_ascii_lowercase();
            if name.is_empty() {
                return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
            }
            self.skip_space();
            if self.peek() != Some('=') {
                if tag == "blockquote" && name == "expandable" {
                    argument = "expandable".to_owned();
                    continue;
                }
                return Err(format!(
                    "Expected equal sign in declaration of an attribute of the tag \"{tag}\" at byte offset {begin}"
                ));
            }
            self.at += 1;
            self.skip_space();
            let value = self.attribute_value().ok_or_else(unclosed)??;
            match (tag.as_str(), name.as_str()) {
                ("a", "href") | ("tg-emoji", "emoji-id") => argument = value,
                ("code", "class") => {
                    argument = value.strip_prefix("language-").unwrap_or_default().to_owned()
                }
                ("span", "class") if value == "tg-spoiler" => argument = "spoiler".to_owned(),
                ("blockquote", "expandable") => argument = "expandable".to_owned(),
                _ => {}
            }
        }
        self.at += 1;
        if tag == "span" && argument != "spoiler" {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        self.open.push(Open { tag, argument, start: self.out.len(), offset: self.units });
        Ok(())
    }

    /// `None`: the text ends inside. `Some(Err)`: a broken unquoted value.
    fn attribute_value(&mut self) -> Option<Result<String, String>> {
        let begin = self.at;
        let quote = self.peek()?;
        if quote != '"' && quote != '\'' {
            let token = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
            let next = self.peek()?;
            if !next.is_ascii_whitespace() && next != '>' {
                return Some(Err(format!("Unexpected end of name token at byte offset {begin}")));
            }
            return Some(Ok(token.to_ascii_lowercase()));
        }
        self.at += 1;
        let mut value = String::new();
        loop {
            match self.peek()? {
                c if c == quote => break,
                '&' => value.push(self.entity().unwrap_or('&')),
                c => {
                    self.at += c.len_utf8();
                    value.push(c);
                }
            }
        }
        self.at += 1;
        self.peek()?;
        Some(Ok(value))
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        self.at += 2;
        let tag = self.take_while(|c| !c.is_ascii_whitespace() && c != '>').to_ascii_lowercase();
        self.skip_space();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !tag.is_empty() && tag != open.tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{tag}>\"",
                open.tag
            ));
        }
        if self.units > open.offset {
            self.close(open);
        } else {
            self.lost.push(open.tag);
        }
        Ok(())
    }

    fn close(&mut self, open: Open) {
        let (offset, length) = (open.offset, self.units - open.offset);
        let mut extra = None;
        let kind = match open.tag.as_str() {
            "b" | "strong" => "bold",
            "i" | "em" => "italic",
            "u" | "ins" => "underline",
            "s" | "strike" | "del" => "strikethrough",
            "span" | "tg-spoiler" => "spoiler",
            "blockquote" if open.argument.is_empty() => "blockquote",
            "blockquote" => "expandable_blockquote",
            "tg-emoji" => {
                extra = Some(("custom_emoji_id", open.argument));
                "custom_emoji"
            }
            "a" => {
                let shown = self.out.get(open.start..).unwrap_or_default().to_owned();
                let url = if open.argument.is_empty() { shown } else { open.argument };
                // A link that is none is dropped without complaint, as the server does.
                if !entities::is_link(&url) {
                    self.lost.push("text_link".to_owned());
                    return;
                }
                extra = Some(("url", url));
                "text_link"
            }
            "pre" => {
                // `<pre><code class="language-x">` around the same text is one entity.
                let same = |entity: &Value| {
                    entity.get("type") == Some(&json!("code"))
                        && entity.get("offset") == Some(&json!(offset))
                        && entity.get("length") == Some(&json!(length))
                };
                if self.entities.last().is_some_and(same) {
                    let inner = self.entities.pop();
                    let language = inner.as_ref().and_then(|e| e.get("language")).and_then(Value::as_str);
                    extra = language.map(|language| ("language", language.to_owned()));
                }
                "pre"
            }
            _ => {
                // Kept until an enclosing `pre` takes it; see above.
                extra = (!open.argument.is_empty()).then_some(("language", open.argument));
                "code"
            }
        };
        let mut entity = json!({ "type": kind, "offset": offset, "length": length });
        if let (Some((key, value)), Some(map)) = (extra, entity.as_object_mut()) {
            map.insert(key.to_owned(), Value::String(value));
        }
        self.entities.push(entity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(source: &str) -> String {
        parse_html(source).unwrap().text
    }

    #[test]
    fn entities_are_decoded_and_bare_ampersands_stay() {
        assert_eq!(
            plain("a &lt;b&gt; &amp; &quot;c&quot; &#65;&#x42; & &nope; &"),
            "a <b> & \"c\" AB & &nope; &"
        );
        assert_eq!(plain("1 > 0"), "1 > 0");
    }

    #[test]
    fn offsets_count_utf16() {
        let parsed = parse_html("😀 <b>x😀</b> <a href=\"http://e.org/?a=1&amp;b\">l</a>").unwrap();
        assert_eq!(parsed.entities[0], json!({"type":"bold","offset":3,"length":3}));
        assert_eq!(
            parsed.entities[1],
            json!({"type":"text_link","offset":7,"length":1,"url":"http://e.org/?a=1&b"})
        );
    }

    #[test]
    fn nesting_blocks_and_trimming() {
        let parsed = parse_html("\n <blockquote expandable><b>q</b> r</blockquote> \n").unwrap();
        assert_eq!(parsed.text, "q r");
        assert_eq!(parsed.entities[0], json!({"type":"expandable_blockquote","offset":0,"length":3}));
        assert_eq!(parsed.entities[1], json!({"type":"bold","offset":0,"length":1}));
        let code = parse_html("<pre><code class=\"language-rust\">fn</code></pre>").unwrap();
        assert_eq!(code.entities, [json!({"type":"pre","offset":0,"length":2,"language":"rust"})]);
        assert_eq!(parse_html("<span class=\"tg-spoiler\">s</span>").unwrap().entities[0]["type"], "spoiler");
    }

    #[test]
    fn the_servers_complaints() {
        for (source, why) in [
            ("a <x>", "Unsupported start tag \"x\" at byte offset 2"),
            ("<br/>", "Unsupported start tag \"br/\" at byte offset 0"),
            ("é<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("a < b", "Unsupported start tag \"\" at byte offset 2"),
            ("a <b", "Unclosed start tag at byte offset 2"),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
            ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
            (
                "<a href>x</a>",
                "Expected equal sign in declaration of an attribute of the tag \"a\" at byte offset 0",
            ),
        ] {
            assert_eq!(parse_html(source), Err(why.to_owned()), "{source}");
        }
    }
}
