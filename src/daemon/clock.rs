//! The daemon's clock: wall time at the start, carried on by the monotonic clock, so that a jump of the system's clock
//! neither delays nor hurries what waits.

use crate::domain::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Tells the time. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: Timestamp,
    start: Instant,
}

impl Clock {
    /// Reads the wall clock once.
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { wall: Timestamp(crate::app::millis(wall)), start: Instant::now() }
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        self.wall.plus_ms(crate::app::millis(self.start.elapsed()))
    }

    /// The monotonic instant of a moment; now at the earliest.
    pub fn instant(&self, at: Timestamp) -> Instant {
        let ahead = at.since_ms(self.now()).min(24 * 3_600_000);
        Instant::now() + std::time::Duration::from_millis(u64::try_from(ahead).unwrap_or(0))
    }
}
