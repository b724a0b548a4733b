//! The Markdown of a model's words, as far as a lesson has any: bold, italic, code, headings and lists.
//!
//! What is no whole markup stays as it is; whatever comes, it is read once from front to end. Must not know who wrote it.

use super::rich::{Rich, Style};

/// The longest run shown in another style, bytes: a sign left open does not turn a whole lesson bold.
const LONGEST: usize = 600;

/// A sign that opens and closes a run, and how what is between looks; the longer ones first.
const SIGNS: [(&str, Style); 5] = [
    ("**", Style::Bold),
    ("__", Style::Bold),
    ("`", Style::Code),
    ("*", Style::Italic),
    ("_", Style::Italic),
];

/// The text with its markup shown.
pub(crate) fn markdown(text: &str) -> Rich {
    let mut rich = Rich::default();
    for (n, line) in text.trim().split('\n').enumerate() {
        if n > 0 {
            rich = rich.push(Style::Plain, "\n");
        }
        let bare = line.trim_start();
        let heading = bare.trim_start_matches('#');
        let depth = bare.len() - heading.len();
        if (1..=6).contains(&depth) && heading.starts_with(' ') {
            rich = rich.push(Style::Bold, unmarked(heading.trim()));
        } else if let Some(item) = bare.strip_prefix("* ").or_else(|| bare.strip_prefix("- ")) {
            let indent = line.len() - bare.len();
            rich = rich.push(Style::Plain, format!("{}• ", " ".repeat(indent.min(8))));
            rich = inline(rich, item);
        } else {
            rich = inline(rich, line);
        }
    }
    rich
}

/// The words alone, without their signs.
pub fn unmarked(text: &str) -> String {
    inline(Rich::default(), text).to_plain()
}

fn inline(mut rich: Rich, line: &str) -> Rich {
    // Signs that nothing closes any more are not looked for again.
    let mut unclosed = [false; SIGNS.len()];
    let (mut from, mut at) = (0, 0);
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let opens = SIGNS.iter().zip(&mut unclosed).find(|((sign, _), _)| rest.starts_with(sign));
        let Some(((sign, style), unclosed)) = opens else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let inside = rest.get(sign.len()..).unwrap_or_default();
        let end = if *unclosed { None } else { inside.find(sign) };
        *unclosed = end.is_none();
        let before = line.get(..at).unwrap_or_default().chars().next_back();
        let run = end.and_then(|end| inside.get(..end)).filter(|run| {
            let after = inside.get(run.len() + sign.len()..).unwrap_or_default().chars().next();
            // `snake_case` and `2 * 3` are no markup.
            let in_a_word = sign.starts_with('_')
                && (before.is_some_and(char::is_alphanumeric) || after.is_some_and(char::is_alphanumeric));
            !run.is_empty() && run.len() <= LONGEST && run.trim() == *run && !in_a_word
        });
        match run {
            Some(run) => {
                rich = rich.push(Style::Plain, line.get(from..at).unwrap_or_default()).push(*style, run);
                at += 2 * sign.len() + run.len();
                from = at;
            }
            None => at += sign.len(),
        }
    }
    rich.push(Style::Plain, line.get(from..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let rich = markdown(text);
        let mark = |style| match style {
            Style::Bold => "b",
            Style::Italic => "i",
            Style::Code => "c",
            _ => "",
        };
        rich.spans()
            .iter()
            .map(|span| match mark(span.style) {
                "" => span.text.clone(),
                sign => format!("<{sign}>{}</{sign}>", span.text),
            })
            .collect()
    }

    #[test]
    fn what_models_write_is_shown() {
        for (text, expected) in [
            ("Say **went**, not *go*.", "Say <b>went</b>, not <i>go</i>."),
            ("`he goes` and __this__ and _that_", "<c>he goes</c> and <b>this</b> and <i>that</i>"),
            ("## Dicas\n* uma\n- **duas**", "<b>Dicas</b>\n• uma\n• <b>duas</b>"),
            ("2 * 3 * 4 and snake_case_word", "2 * 3 * 4 and snake_case_word"),
            ("**open and ** closed", "**open and ** closed"),
            ("**never closed", "**never closed"),
            ("****", "****"),
            ("#hash **a**\n**b", "#hash <b>a</b>\n**b"),
            ("<b>&amp;</b>", "<b>&amp;</b>"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_words_cost_no_more_than_their_length() {
        for sign in ["*", "**", "_", "`", "*_`", "**a ", "_*"] {
            let text = sign.repeat(400_000 / sign.len());
            assert!(!markdown(&text).spans().is_empty());
        }
    }

    proptest! {
        #[test]
        fn only_signs_are_ever_lost(text in "([a-z *_`#\\n-]{0,60}|\\PC{0,40})") {
            let keep = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(keep(&markdown(&text).to_plain()), keep(&text));
        }
    }
}
