//! Numbers, whether written in digits or in words, by their value.
//!
//! Must not know what they count.

use super::words::Spoken;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: [&str; 20] = [
    "",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];
const CURRENCIES: [(char, &str, &str); 3] =
    [('$', "dollar", "dollars"), ('£', "pound", "pounds"), ('€', "euro", "euros")];

/// Digits longer than this are a name (a telephone, an order): they stay what they are.
const MOST_DIGITS: usize = 9;

/// A written word as said, where it holds digits: "$5" as "5 dollars", "10%", "7:30", "1,000".
pub(super) fn written_out(word: &str) -> Vec<String> {
    if !word.contains(|c: char| c.is_ascii_digit()) {
        return vec![word.to_owned()];
    }
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && !"$£€%".contains(c));
    for (sign, one, many) in CURRENCIES {
        if let Some(amount) = word.strip_prefix(sign) {
            let unit = if amount == "1" { one } else { many };
            return written_out(amount).into_iter().chain([unit.to_owned()]).collect();
        }
    }
    if let Some(share) = word.strip_suffix('%') {
        return written_out(share).into_iter().chain(["percent".to_owned()]).collect();
    }
    if let Some((hour, minutes)) = word.split_once(':')
        && let (Ok(hour), Ok(minutes)) = (hour.parse::<u32>(), minutes.parse::<u32>())
    {
        let minutes = Some(minutes).filter(|minutes| *minutes > 0);
        return [hour].into_iter().chain(minutes).map(|number| number.to_string()).collect();
    }
    if let Some((whole, part)) = word.split_once('.')
        && [whole, part].iter().all(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
    {
        let digits = part.chars().map(String::from);
        return [whole.to_owned(), "point".to_owned()].into_iter().chain(digits).collect();
    }
    vec![word.replace(',', "")]
}

/// What one word says of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// 0 to 9.
    Unit(u64),
    /// 10 to 19.
    Teen(u64),
    Tens(u64),
    Digits(u64),
    /// "hundred", "thousand", "million".
    Times(u64),
    /// The last part of an ordinal.
    Nth(u64),
    DigitsNth(u64),
}

fn part_of(word: &str) -> Option<Part> {
    let numbered = |table: &[&str]| {
        let place = table.iter().position(|known| !known.is_empty() && *known == word)?;
        u64::try_from(place).ok()
    };
    if let Some(small) = numbered(&SMALL) {
        return Some(if small < 10 { Part::Unit(small) } else { Part::Teen(small) });
    }
    if let Some(tens) = numbered(&TENS) {
        return Some(Part::Tens(tens * 10));
    }
    if let Some(nth) = numbered(&ORDINALS) {
        return Some(Part::Nth(nth));
    }
    if let Some(tens) = word.strip_suffix("ieth").map(|stem| format!("{stem}y")) {
        let place = TENS.iter().position(|known| *known == tens)?;
        return u64::try_from(place).ok().map(|tens| Part::Nth(tens * 10));
    }
    match word {
        "hundred" => return Some(Part::Times(100)),
        "thousand" => return Some(Part::Times(1000)),
        "million" => return Some(Part::Times(1_000_000)),
        _ => {}
    }
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let value = digits.parse().ok().filter(|_| digits.len() <= MOST_DIGITS)?;
    match word.get(digits.len()..)? {
        "" => Some(Part::Digits(value)),
        "st" | "nd" | "rd" | "th" => Some(Part::DigitsNth(value)),
        _ => None,
    }
}

/// A number as it is read so far.
#[derive(Debug, Clone, Copy, Default)]
struct Number {
    /// Thousands and millions that are complete.
    whole: u64,
    /// What is below the next of them.
    below: u64,
    /// How the part below was built: what may follow depends on it.
    last: Option<Part>,
    nth: bool,
    /// Parts of it; a lone "hundred" is no number.
    parts: usize,
}

impl Number {
    /// With one more part; `None`: it belongs to the next number.
    fn with(self, part: Part) -> Option<Self> {
        if self.nth {
            return None;
        }
        let Self { whole, below, last, parts, .. } = self;
        let next = |below, nth| Some(Self { whole, below, last: Some(part), nth, parts: parts + 1 });
        match (last, part) {
            (None, Part::Times(_)) => None,
            (None, Part::Unit(n) | Part::Teen(n) | Part::Tens(n) | Part::Digits(n)) => next(n, false),
            (None, Part::Nth(n) | Part::DigitsNth(n)) => next(n, true),
            (Some(Part::Tens(_)), Part::Unit(n @ 1..)) => next(below + n, false),
            (Some(Part::Tens(_)), Part::Nth(n @ 1..10)) => next(below + n, true),
            (Some(Part::Times(_)), Part::Unit(n) | Part::Teen(n) | Part::Tens(n)) => next(below + n, false),
            (Some(Part::Times(_)), Part::Nth(n)) => next(below + n, true),
            // As of a year or a price: nineteen ninety, twenty twenty-six, 10:30.
            (
                Some(Part::Teen(_) | Part::Tens(_) | Part::Unit(_) | Part::Digits(_)),
                Part::Teen(n) | Part::Tens(n) | Part::Digits(n @ 10..100),
            ) if (10..100).contains(&below) && whole == 0 => next(below * 100 + n, false),
            (Some(Part::Times(_)), Part::Times(_)) if below == 0 => None,
            (Some(_), Part::Times(100)) if (1..100).contains(&below) => next(below * 100, false),
            (Some(_), Part::Times(times @ 1000..)) if (1..1000).contains(&below) => Some(Self {
                whole: whole + below * times,
                below: 0,
                last: Some(part),
                nth: false,
                parts: parts + 1,
            }),
            _ => None,
        }
    }

    fn name(self) -> String {
        let value = self.whole + self.below;
        let of = |table: &[&str], place: u64| {
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            table.get(place).filter(|name| !name.is_empty()).map(|name| (*name).to_owned())
        };
        if self.nth {
            return of(&ORDINALS, value).unwrap_or_else(|| format!("{value}th"));
        }
        let tens = if value.is_multiple_of(10) { of(&TENS, value / 10) } else { None };
        // Small ones stay words, so that it is known how they sound.
        of(&SMALL, value).or(tens).unwrap_or_else(|| value.to_string())
    }
}

/// Joins the words of each number: "one hundred and five" to one word, 105.
pub(super) fn joined(words: Vec<Spoken>) -> Vec<Spoken> {
    let mut result: Vec<Spoken> = Vec::with_capacity(words.len());
    let mut open: Option<(Number, (usize, usize))> = None;
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let next = words.peek().and_then(|next| part_of(&next.text));
        let part = match word.text.as_str() {
            "a" if matches!(next, Some(Part::Times(_))) => Some(Part::Unit(1)),
            "and" => match open {
                Some((Number { last: Some(Part::Times(_)), .. }, _))
                    if next.is_some_and(|part| !matches!(part, Part::Times(_) | Part::Digits(_))) =>
                {
                    continue;
                }
                _ => None,
            },
            text => part_of(text),
        };
        if let (Some((number, from)), Some(part)) = (open, part)
            && let Some(longer) = number.with(part)
        {
            open = Some((longer, (from.0, word.from.1)));
            continue;
        }
        close(open.take(), &mut result);
        match part.and_then(|part| Number::default().with(part)) {
            Some(number) => open = Some((number, word.from)),
            None => result.push(word),
        }
    }
    close(open, &mut result);
    result
}

fn close(open: Option<(Number, (usize, usize))>, result: &mut Vec<Spoken>) {
    if let Some((number, from)) = open {
        result.push(Spoken::new(number.name(), from));
    }
}

#[cfg(test)]
mod tests {
    use super::super::contractions::Split;
    use super::super::words::spoken;

    fn said(phrase: &str) -> String {
        let words = spoken(phrase, Split::All);
        words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_number_is_one_word_however_it_is_written() {
        for (phrase, expected) in [
            ("0", "zero"),
            ("seven", "seven"),
            ("20", "twenty"),
            ("twenty-one", "21"),
            ("twenty one", "21"),
            ("one hundred and five", "105"),
            ("a hundred", "100"),
            ("two hundred", "200"),
            ("1,000", "1000"),
            ("a thousand", "1000"),
            ("two thousand and five", "2005"),
            ("one thousand nine hundred ninety", "1990"),
            ("nineteen ninety", "1990"),
            ("twenty twenty-six", "2026"),
            ("fifteen hundred", "1500"),
            ("three hundred thousand", "300000"),
            ("two million five hundred thousand", "2500000"),
            ("ten thirty", "1030"),
            ("10:30", "1030"),
            ("7:00", "seven"),
            ("first", "first"),
            ("1st", "first"),
            ("twenty-first", "21th"),
            ("the twentieth", "the 20th"),
            ("20th", "20th"),
            ("three or four", "three or four"),
            ("one two three", "one two three"),
            ("one and two", "one and two"),
            ("a hundred and a half", "100 and a half"),
            ("hundreds", "hundreds"),
            ("a dog", "a dog"),
            ("hundred", "hundred"),
            ("$1", "one dollar"),
            ("3.5", "three point five"),
            ("2.25", "two point two five"),
            ("b2b", "b2b"),
            ("99999999999999999999", "99999999999999999999"),
            (
                "nine million nine hundred thousand thousand million million",
                "9900000 thousand million million",
            ),
        ] {
            assert_eq!(said(phrase), expected, "{phrase}");
        }
    }

    #[test]
    fn it_knows_the_written_words_it_came_from() {
        let words = spoken("I have one hundred and five dogs", Split::All);
        let places: Vec<_> = words.iter().map(|word| word.from).collect();
        assert_eq!(places, [(0, 0), (1, 1), (2, 5), (6, 6)]);
    }
}
