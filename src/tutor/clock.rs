//! The moments by which a tutor is judged. Derived from both clocks, so that a jump of the wall clock does not
//! distort how long a server has been away.

use crate::domain::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(super) struct Clock {
    wall: Timestamp,
    start: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { wall: wall_clock(), start: Instant::now() }
    }

    /// The start's wall clock plus the monotonic time since.
    pub(super) fn now(&self) -> Timestamp {
        self.wall.plus_ms(ms(self.start.elapsed()))
    }
}

pub(super) fn wall_clock() -> Timestamp {
    Timestamp(ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}

fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
