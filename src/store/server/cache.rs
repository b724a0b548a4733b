//! Records lately read from the server, and that some are not there: bounded in bytes.
//!
//! Two generations: what is asked for moves to the young one, and when that is half of everything the old one goes. Must not
//! know what a record holds, or when one changes.

use std::collections::HashMap;

/// Keys and values together.
const MOST_BYTES: usize = 16 << 20;
/// What a table needs for an entry beside its bytes.
const ENTRY: usize = 96;

type Generation = HashMap<Vec<u8>, Option<Vec<u8>>>;

#[derive(Debug, Default)]
pub struct Cache {
    young: Generation,
    old: Generation,
    /// Of the young one.
    bytes: usize,
}

impl Cache {
    /// The outer `None`: it is not known here.
    pub fn get(&mut self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.put(key, value.clone());
        Some(value)
    }

    /// `None`: it is known not to be there.
    pub fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.old.remove(&key);
        let size =
            |key: &[u8], value: &Option<Vec<u8>>| ENTRY + key.len() + value.as_ref().map_or(0, Vec::len);
        if let Some(before) = self.young.remove(&key) {
            self.bytes = self.bytes.saturating_sub(size(&key, &before));
        }
        self.bytes += size(&key, &value);
        self.young.insert(key, value);
        if self.bytes >= MOST_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_within_its_bounds_and_keeps_what_is_asked_for() {
        let mut cache = Cache::default();
        cache.put(b"often".to_vec(), Some(b"asked for".to_vec()));
        cache.put(b"never there".to_vec(), None);
        for n in 0..20_000_u32 {
            cache.put(n.to_be_bytes().to_vec(), Some(vec![0; 4_000]));
            assert!(cache.get(b"often").is_some(), "after {n}");
            if n == 100 {
                assert_eq!(cache.get(b"never there"), Some(None));
            }
        }
        let held = cache.young.len() + cache.old.len();
        assert!(held > 1_000 && held * 4_000 <= MOST_BYTES, "{held} entries");
        assert_eq!(cache.get(b"never there"), None);
    }

    #[test]
    fn the_latest_value_counts_whichever_generation_the_earlier_is_in() {
        let mut cache = Cache::default();
        cache.put(b"k".to_vec(), Some(b"1".to_vec()));
        for n in 0..2_500_u32 {
            cache.put(n.to_be_bytes().to_vec(), Some(vec![0; 4_000]));
        }
        assert!(cache.old.contains_key(&b"k"[..]), "one more generation");
        cache.put(b"k".to_vec(), None);
        assert_eq!(cache.get(b"k"), Some(None));
    }
}
