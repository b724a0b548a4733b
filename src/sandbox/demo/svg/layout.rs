//! Breaks text with Telegram's entities into lines that fit a bubble. No font is available, so widths are
//! estimated from a common sans-serif, slightly too wide. Must not know how a line is drawn.

use serde_json::Value;

/// Font size that the widths are for, px.
const SIZE: f32 = 15.0;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) underline: bool,
    pub(super) code: bool,
    pub(super) link: bool,
    pub(super) quote: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) style: Style,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    /// Estimated, px.
    pub(super) width: f32,
    /// Part of a quotation.
    pub(super) quote: bool,
}

/// Breaks a text at its line ends and where it is wider than `width` px (`indent` px less in quotations).
/// `entities` as in the Bot API (offsets in UTF-16 code units).
pub(super) fn lines(text: &str, entities: &[Value], width: f32, indent: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::default();
    let mut end = |line: &mut Line, quote: bool| {
        let done = std::mem::replace(line, Line { quote, ..Line::default() });
        lines.push(done);
    };
    if text.is_empty() {
        return Vec::new();
    }
    for word in words(text, entities) {
        let quote = word.first().is_some_and(|(_, style)| style.quote);
        if line.runs.is_empty() {
            line.quote = quote;
        }
        if matches!(word.as_slice(), [('\n', _)]) {
            let quote = line.quote;
            end(&mut line, quote);
            continue;
        }
        let long: f32 = word.iter().map(|(c, style)| advance(*c, *style)).sum();
        let room = width - if quote { indent } else { 0.0 };
        let is_space = matches!(word.as_slice(), [(' ', _)]);
        if line.width + long > room && !line.runs.is_empty() {
            end(&mut line, quote);
            if is_space {
                continue;
            }
        }
        for (c, style) in word {
            // A word wider than the bubble is broken anywhere.
            if line.width + advance(c, style) > room && !line.runs.is_empty() {
                end(&mut line, quote);
            }
            line.width += advance(c, style);
            match line.runs.last_mut().filter(|run| run.style == style) {
                Some(run) => run.text.push(c),
                None => line.runs.push(Run { text: c.to_string(), style }),
            }
        }
    }
    if !line.runs.is_empty() {
        lines.push(line);
    }
    lines
}

/// Words, spaces and line ends, each character with its style.
fn words(text: &str, entities: &[Value]) -> Vec<Vec<(char, Style)>> {
    let spans: Vec<(usize, usize, &str)> = entities.iter().filter_map(span).collect();
    let mut words: Vec<Vec<(char, Style)>> = Vec::new();
    let (mut unit, mut fresh) = (0, true);
    for c in text.chars() {
        let mut style = Style::default();
        for (_, _, kind) in spans.iter().filter(|(from, to, _)| (*from..*to).contains(&unit)) {
            match *kind {
                "bold" => style.bold = true,
                "italic" => style.italic = true,
                "underline" => style.underline = true,
                "code" | "pre" => style.code = true,
                "url" | "text_link" | "mention" | "bot_command" => style.link = true,
                "blockquote" | "expandable_blockquote" => style.quote = true,
                _ => {}
            }
        }
        unit += c.len_utf16();
        let alone = c == ' ' || c == '\n';
        match words.last_mut() {
            Some(word) if !fresh && !alone => word.push((c, style)),
            _ => words.push(vec![(c, style)]),
        }
        fresh = alone;
    }
    words
}

/// An entity as (start, end, type), in UTF-16 code units.
fn span(entity: &Value) -> Option<(usize, usize, &str)> {
    let number = |name| entity.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let from = number("offset")?;
    Some((from, from.checked_add(number("length")?)?, entity.get("type")?.as_str()?))
}

/// Estimated width of a character, px.
fn advance(c: char, style: Style) -> f32 {
    let em = match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.29,
        ' ' | 'f' | 't' | 'I' | '(' | ')' | '[' | ']' | '/' | '"' => 0.35,
        'r' | '-' => 0.41,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.92,
        'A'..='Z' | '&' => 0.70,
        '0'..='9' => 0.60,
        c if (c as u32) < 0x250 => 0.60,
        // Emoji, arrows and other scripts.
        _ => 1.15,
    };
    let em = if style.code { 0.62 } else { em };
    em * SIZE * if style.bold { 1.12 } else { 1.04 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn plain(line: &Line) -> String {
        line.runs.iter().map(|run| run.text.as_str()).collect()
    }

    #[test]
    fn styles_follow_their_entities_over_line_breaks() {
        let text = "🎧 You said\nI buyed two apples";
        let entities = [
            json!({"type": "bold", "offset": 3, "length": 8}),
            json!({"type": "expandable_blockquote", "offset": 12, "length": 18}),
            json!({"type": "underline", "offset": 14, "length": 5}),
        ];
        let lines = lines(text, &entities, 300.0, 12.0);
        assert_eq!(lines.iter().map(plain).collect::<Vec<_>>(), ["🎧 You said", "I buyed two apples"]);
        let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(!first.quote && second.quote);
        assert_eq!(
            first.runs[1],
            Run { text: "You said".into(), style: Style { bold: true, ..Style::default() } }
        );
        assert_eq!(second.runs[1].text, "buyed");
        assert!(second.runs[1].style.underline && second.runs[1].style.quote);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "[a-zA-Zé🎧 \n]{0,400}", at in 0u64..300, length in 0u64..300) {
            let entities = [json!({"type": "blockquote", "offset": at, "length": length}), json!({"type": "bold", "offset": length, "length": at})];
            let lines = lines(&text, &entities, 200.0, 12.0);
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.iter().map(plain).collect::<String>()), letters(&text));
            for line in lines {
                prop_assert!(line.width <= 200.0 + f32::EPSILON, "{line:?}");
            }
        }
    }
}
