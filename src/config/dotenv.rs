//! The `.env.telegram` format: `KEY=VALUE` lines as shells and Docker write them.
//!
//! Must not know which keys exist. Errors name a line, never its content.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Without quotes.
    pub value: String,
    /// Counted from 1.
    pub line: usize,
}

/// Line number and what is wrong with it.
pub(crate) type BadLine = (usize, &'static str);

#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// The last assignment of a key wins.
    pub values: BTreeMap<String, Assignment>,
    /// In order of lines.
    pub bad: Vec<BadLine>,
    /// Keys assigned more than once, with the later line.
    pub repeated: Vec<(String, usize)>,
}

/// Takes `export `, single and double quotes (the latter with `
///
/// \t \" \\ \$`), comments after white space, CRLF and a byte order mark. Nothing is expanded.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match assignment(line) {
            Ok((key, value)) => {
                let entry = Assignment { value, line: number };
                if parsed.values.insert(key.to_owned(), entry).is_some() {
                    parsed.repeated.push((key.to_owned(), number));
                }
            }
            Err(why) => parsed.bad.push((number, why)),
        }
    }
    parsed
}

fn assignment(line: &str) -> Result<(&str, String), &'static str> {
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let (key, rest) = line.split_once('=').ok_or("must be KEY=VALUE or a comment")?;
    let key = key.trim_end();
    let fits = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !key.is_empty();
    if !fits {
        return Err("must begin with a key of letters, digits and _");
    }
    Ok((key, value(rest.trim_start())?))
}

fn value(rest: &str) -> Result<String, &'static str> {
    let mut chars = rest.chars();
    let quote = match chars.next() {
        Some(quote @ ('"' | '\'')) => quote,
        _ => {
            // `#` begins a comment only after white space, because a value may contain it.
            let end = rest
                .char_indices()
                .scan(' ', |before, (at, c)| Some((std::mem::replace(before, c), at, c)))
                .find(|(before, _, c)| *c == '#' && before.is_whitespace())
                .map_or(rest.len(), |(_, at, _)| at);
            return Ok(rest.get(..end).unwrap_or_default().trim_end().to_owned());
        }
    };
    let mut value = String::new();
    loop {
        match chars.next() {
            None => return Err("has a quote that is not closed"),
            Some(c) if c == quote => break,
            Some('\\') if quote == '"' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some(c @ ('"' | '\\' | '$' | '`')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => return Err("has a quote that is not closed"),
            },
            Some(c) => value.push(c),
        }
    }
    let after = chars.as_str().trim();
    if after.is_empty() || after.starts_with('#') {
        Ok(value)
    } else {
        Err("has text after the closing quote")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shapes_people_write() {
        let text = "\u{feff}# comment\r\nA=1\r\n  B = two words # note\nexport C='single # $x'\n\
            D=\"say \\\"hi\\\"\\n\\$x\" # note\nE=\nF=a#b\nG='' \nexportH=9\nI=#empty\n";
        let parsed = parse(text);
        assert_eq!(parsed.bad, vec![]);
        let got: Vec<(&str, &str, usize)> =
            parsed.values.iter().map(|(key, a)| (key.as_str(), a.value.as_str(), a.line)).collect();
        let expected = vec![
            ("A", "1", 2),
            ("B", "two words", 3),
            ("C", "single # $x", 4),
            ("D", "say \"hi\"\n$x", 5),
            ("E", "", 6),
            ("F", "a#b", 7),
            ("G", "", 8),
            ("I", "", 10),
            ("exportH", "9", 9),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn bad_lines_are_all_named_and_the_last_value_wins() {
        let parsed = parse("A=1\nnonsense\nB='open\nC=\"x\" y\n=4\nA-B=1\nA=2\n");
        assert_eq!(parsed.bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), vec![2, 3, 4, 5, 6]);
        assert_eq!(parsed.values["A"].value, "2");
        assert_eq!(parsed.repeated, vec![("A".to_owned(), 7)]);
    }

    proptest! {
        #[test]
        fn quoted_values_come_back(value in "[^'\r\n]{0,40}") {
            let parsed = parse(&format!("K='{value}'"));
            prop_assert_eq!(&parsed.values["K"].value, &value);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}|([A-Z]=[\"'\\\\# a-z]{0,8}\n){0,5}") {
            let _ = parse(&text);
        }
    }
}
