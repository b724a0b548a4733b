//! How long to wait before the next attempt.
//!
//! Pure: the random number is an argument. Must not know what is attempted.

const SHORTEST_MS: i64 = 1_000;
const LONGEST_MS: i64 = 60_000;

/// The pause in ms after `attempt` failures in a row (0 counts as 1): a random point in the upper half of an
/// interval that doubles from 2 s to 60 s, so that those who failed together do not return together. `jitter`
/// should be in 0..1; the result is between 1 s and 60 s in any case.
pub(crate) fn backoff_ms(attempt: u32, jitter: f64) -> i64 {
    let doublings = attempt.saturating_sub(1).min(16);
    let span = ((2 * SHORTEST_MS) << doublings).min(LONGEST_MS);
    let half = span / 2;
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
    // At most 30,000: exact in f64; the cast rounds towards zero.
    let extra = (half as f64 * jitter) as i64;
    (half + extra).clamp(SHORTEST_MS, LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_until_the_longest() {
        for (attempt, low, high) in [
            (0, 1_000, 2_000),
            (1, 1_000, 2_000),
            (2, 2_000, 4_000),
            (3, 4_000, 8_000),
            (5, 16_000, 32_000),
            (6, 30_000, 60_000),
            (u32::MAX, 30_000, 60_000),
        ] {
            assert_eq!(
                (backoff_ms(attempt, 0.0), backoff_ms(attempt, 1.0)),
                (low, high),
                "attempt {attempt}"
            );
        }
        assert_eq!(backoff_ms(1, f64::NAN), 2_000);
    }

    proptest! {
        #[test]
        fn stays_within_bounds_and_never_shrinks(attempt in 0u32..1_000, jitter in -1.0f64..2.0) {
            let pause = backoff_ms(attempt, jitter);
            prop_assert!((SHORTEST_MS..=LONGEST_MS).contains(&pause));
            prop_assert!(backoff_ms(attempt + 1, jitter) >= pause);
        }

        #[test]
        fn the_next_span_begins_where_this_one_ends(attempt in 1u32..5, a in 0.0f64..1.0, b in 0.0f64..1.0) {
            prop_assert!(backoff_ms(attempt + 1, a) >= backoff_ms(attempt, b));
        }
    }
}
