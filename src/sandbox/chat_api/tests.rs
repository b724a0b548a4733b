//! What the double itself is held to.
