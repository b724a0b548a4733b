//! Which known name a mistyped one was meant to be. Pure.

/// Edits that make no other word of a name.
const NEAR: usize = 3;

/// The nearest of `names` where one is near enough to be meant.
pub fn nearest(name: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let allowed = NEAR.min(name.chars().count() / 3);
    let mut best: Option<(usize, String)> = None;
    let mut whole: Option<String> = None;
    for known in names {
        let edits = distance(&name, &known);
        if edits <= allowed && best.as_ref().is_none_or(|(fewest, _)| edits < *fewest) {
            best = Some((edits, known));
        } else if whole.is_none() && name.len() >= 6 && (known.contains(&name) || name.contains(&known)) {
            // BOT_TOKEN was surely meant to be TELEGRAM_BOT_TOKEN.
            whole = Some(known);
        }
    }
    best.map(|(_, known)| known).or(whole)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string
/// alignment).
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut edits = (cell(&above, j) + usize::from(x != y))
                .min(cell(&above, j + 1).saturating_add(1))
                .min(cell(&row, j).saturating_add(1));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                edits = edits.min(cell(&before, j - 1).saturating_add(1));
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_edits() {
        for (a, b, edits) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("", "ab", 2),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
            ("LIMT", "LIMIT", 1),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }

    #[test]
    fn names_what_was_meant() {
        let names =
            || ["BOT_RATE_LIMIT", "BOT_RATE_LIMIT_MPM", "TELEGRAM_BOT_TOKEN", "LOG_LEVEL"].map(str::to_owned);
        for (typed, meant) in [
            ("BOT_RATE_LIMT", Some("BOT_RATE_LIMIT")),
            ("bot_rate_limit_mmp", Some("BOT_RATE_LIMIT_MPM")),
            ("BOT_TOKEN", Some("TELEGRAM_BOT_TOKEN")),
            ("LOGLEVEL", Some("LOG_LEVEL")),
            ("SESSION_MANAGER", None),
            ("PATH", None),
        ] {
            assert_eq!(nearest(typed, names()).as_deref(), meant, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn is_a_distance(a in "[A-C]{0,8}", b in "[A-C]{0,8}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            prop_assert!(distance(&a, &b) <= a.len().max(b.len()));
        }
    }
}
