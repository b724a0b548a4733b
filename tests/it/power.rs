//! Power cuts and damaged stores: what was acknowledged is on the disk, and what the disk loses all the same
//! is noticed, moved aside and restored from the newest good export.

use std::path::Path;

#[path = "power/cuts.rs"]
mod cuts;
#[path = "power/damage.rs"]
mod damage;
#[path = "power/exports.rs"]
mod exports;
#[path = "power/files.rs"]
mod files;

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Cuts a database's file in the middle of what was written to it (most of a small one is padding).
pub fn cut_in_half(db: &Path) {
    let bytes = std::fs::read(db).unwrap();
    let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    std::fs::write(db, &bytes[..written[written.len() / 2]]).unwrap();
}

/// A small generator, so that what a seed did can be done again.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}
