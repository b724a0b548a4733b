//! The daemon's clock: the wall clock at the start plus the monotonic time since, so that a jump of the
//! system's clock neither delays nor hurries what waits. Must not know what waits.

use crate::domain::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// What the system's clock shows at the moment, jumps included.
pub(crate) fn wall() -> Timestamp {
    Timestamp(crate::app::millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    wall: Timestamp,
    start: Instant,
}

impl Clock {
    /// Reads the wall clock once.
    pub(crate) fn start() -> Self {
        Self { wall: wall(), start: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.wall.plus_ms(crate::app::millis(self.start.elapsed()))
    }

    /// The monotonic instant of a moment; now at the earliest.
    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        let ahead = at.since_ms(self.now()).min(24 * 3_600_000);
        Instant::now() + std::time::Duration::from_millis(u64::try_from(ahead).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn time_goes_on_by_the_monotonic_clock_alone() {
        let real = Clock::start();
        // As if the wall clock had been right, thirty years ahead or thirty years behind at the start, and
        // had jumped ever since: it is not read again.
        for years in [0_i64, -30, 30] {
            let wall = real.wall.plus_ms(years * 31_536_000_000);
            let Some(start) = Instant::now().checked_sub(Duration::from_secs(1)) else { return };
            let clock = Clock { wall, start };
            let now = clock.now();
            assert!(now.since_ms(wall) >= 1_000 && clock.now() >= now);
            let before = Instant::now();
            let due = clock.instant(now.plus_ms(5_000));
            assert!(due > before && due <= Instant::now() + Duration::from_secs(5));
            assert!(clock.instant(now.plus_ms(-1)) <= Instant::now(), "what is past is due now");
            assert!(clock.instant(Timestamp(i64::MAX)) <= Instant::now() + Duration::from_secs(86_400));
        }
    }
}
