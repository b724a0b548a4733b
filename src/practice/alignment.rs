//! What of one sequence stands opposite what of another: Needleman and Wunsch's global alignment, for words and for sounds.
//!
//! Must not know what is aligned.

/// One column of an alignment; the numbers are places in the two sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// These two stand opposite each other, equal or not.
    Both(usize, usize),
    /// Of the left one alone.
    Left(usize),
    /// Of the right one alone.
    Right(usize),
}

/// A place that has nothing opposite. Two of them are worse than one pair that differs.
const GAP: i32 = -2;

/// The alignment of the highest sum. `score` of a pair: above 0 where they are equal, 0 to -3 where they differ.
///
/// Time and memory grow with the product of the lengths: callers bound them.
pub fn align<T>(left: &[T], right: &[T], score: impl Fn(&T, &T) -> i32) -> Vec<Column> {
    let width = right.len() + 1;
    // The way into each cell, row by row; the first row and the first column are gaps alone.
    let mut ways = Vec::with_capacity((left.len() + 1) * width);
    let mut above: Vec<i32> = (0_i32..).take(width).map(|gaps| gaps * GAP).collect();
    ways.push(Way::Diagonal);
    ways.extend(right.iter().map(|_| Way::Across));
    for one in left {
        let mut row = Vec::with_capacity(width);
        let mut diagonal = above.first().copied().unwrap_or_default();
        let mut before = diagonal + GAP;
        row.push(before);
        ways.push(Way::Down);
        for (other, over) in right.iter().zip(above.iter().copied().skip(1)) {
            let (pair, down, across) = (diagonal + score(one, other), over + GAP, before + GAP);
            let best = pair.max(down).max(across);
            ways.push(match best {
                _ if best == pair => Way::Diagonal,
                _ if best == down => Way::Down,
                _ => Way::Across,
            });
            row.push(best);
            (diagonal, before) = (over, best);
        }
        above = row;
    }
    let (mut down, mut across) = (left.len(), right.len());
    let mut columns = Vec::with_capacity(down.max(across));
    while down + across > 0 {
        match ways.get(down * width + across) {
            Some(Way::Down) => {
                down -= 1;
                columns.push(Column::Left(down));
            }
            Some(Way::Across) => {
                across -= 1;
                columns.push(Column::Right(across));
            }
            Some(Way::Diagonal) | None => {
                (down, across) = (down.saturating_sub(1), across.saturating_sub(1));
                columns.push(Column::Both(down, across));
            }
        }
    }
    columns.reverse();
    columns
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Diagonal,
    Down,
    Across,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(left: &str, right: &str) -> (String, String) {
        let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
        let columns = align(&left, &right, |a, b| if a == b { 3 } else { -1 });
        columns
            .iter()
            .map(|column| match column {
                Column::Both(a, b) => (left[*a], right[*b]),
                Column::Left(a) => (left[*a], '-'),
                Column::Right(b) => ('-', right[*b]),
            })
            .unzip()
    }

    #[test]
    fn the_best_alignment_is_found() {
        for (left, right, expected) in [
            ("", "", ("", "")),
            ("abc", "", ("abc", "---")),
            ("", "ab", ("--", "ab")),
            ("abc", "abc", ("abc", "abc")),
            ("abc", "axc", ("abc", "axc")),
            ("abc", "ac", ("abc", "a-c")),
            ("ac", "abc", ("a-c", "abc")),
            ("gattaca", "gataca", ("gattaca", "ga-taca")),
        ] {
            assert_eq!(drawn(left, right), (expected.0.to_owned(), expected.1.to_owned()), "{left} {right}");
        }
    }

    /// Whatever is aligned, every place of both sides stands in exactly one column, in order.
    #[test]
    fn nothing_is_lost_and_nothing_doubled() {
        for seed in 0..500_u64 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut letters = |most: usize| -> String {
                (0..random.usize(0..=most)).map(|_| random.char('a'..='d')).collect()
            };
            let (left, right) = (letters(12), letters(12));
            let (above, below) = drawn(&left, &right);
            assert_eq!((above.replace('-', ""), below.replace('-', "")), (left, right));
        }
    }
}
