//! Keys and values under the seal.

use super::*;
