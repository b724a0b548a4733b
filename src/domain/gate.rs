//! Whether this process may still ask anything of a server that cannot tell a former owner of the store from the present one.
//!
//! Must not know what decides that, or what is asked.

use std::fmt;
use std::sync::Arc;

/// Open unless it was made with a condition. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Gate {
    /// Open while `may` says so; asked before each request.
    pub fn new(may: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(may)))
    }

    pub fn is_open(&self) -> bool {
        self.0.as_ref().is_none_or(|may| may())
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_open() { "open" } else { "shut" })
    }
}
