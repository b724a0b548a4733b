//! A time of day as people type it. Must not know what it is for.

/// Minutes since midnight, from `19:30`, `19h30`, `1930`, `7:30 pm`, `7pm`, `at 7`; `None` for anything else.
pub fn parse(typed: &str) -> Option<u16> {
    let lower = typed.trim().to_lowercase();
    // "at 7", "às 19:30", "a las 7 p. m.", "19:30 h"
    let said = lower.split_whitespace().filter(|word| !["at", "às", "as", "a", "las", "la"].contains(word));
    let said: String = said.collect::<Vec<_>>().concat();
    let plain = said.replace(['.', ':'], ":").replace('h', ":");
    let plain = plain.trim_end_matches(':');
    let (digits, half) = match plain {
        _ if said.ends_with("am") || said.ends_with("a.m.") || said.ends_with("a.m") => {
            (before_letters(plain), Some(0))
        }
        _ if said.ends_with("pm") || said.ends_with("p.m.") || said.ends_with("p.m") => {
            (before_letters(plain), Some(12))
        }
        _ => (plain, None),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (number(hour)?, number(minute)?),
        Some(_) => return None,
        None if matches!(digits.len(), 3 | 4) => {
            let (hour, minute) = digits.split_at_checked(digits.len() - 2)?;
            (number(hour)?, number(minute)?)
        }
        None => (number(digits)?, 0),
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None if hour == 24 && minute == 0 => 0,
        None => hour,
    };
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn before_letters(text: &str) -> &str {
    let end = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches(':')
}

/// One or two digits.
fn number(text: &str) -> Option<u16> {
    let fits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_in_every_dress() {
        for (typed, hour, minute) in [
            ("19:30", 19, 30),
            (" 19:30 ", 19, 30),
            ("19.30", 19, 30),
            ("19h30", 19, 30),
            ("19h", 19, 0),
            ("19:30h", 19, 30),
            ("1930", 19, 30),
            ("730", 7, 30),
            ("07:05", 7, 5),
            ("7", 7, 0),
            ("0", 0, 0),
            ("24:00", 0, 0),
            ("7:30 pm", 19, 30),
            ("7:30PM", 19, 30),
            ("7pm", 19, 0),
            ("7 p.m.", 19, 0),
            ("7.30 p. m.", 19, 30),
            ("12am", 0, 0),
            ("12 pm", 12, 0),
            ("12:15 a.m.", 0, 15),
            ("at 7", 7, 0),
            ("às 19:30", 19, 30),
            ("as 19h30", 19, 30),
            ("a las 7:30 pm", 19, 30),
        ] {
            assert_eq!(parse(typed), Some(hour * 60 + minute), "{typed}");
        }
        for typed in [
            "", "soon", "25", "19:60", "24:01", "13pm", "0am", "1:2:3", "19:3", "-7", "7:30 xm", "７",
            "12345", "pm", ":30", "at",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(typed in "\\PC{0,30}") {
            let _ = parse(&typed);
        }
    }
}
