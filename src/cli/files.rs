//! Files that commands write: for their owner alone, whole or not at all, never over another without being told to.

use super::Failure;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Refuses to write over what is there.
pub fn may_write(path: &Path, force: bool) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_ok() && !force {
        return Err(Failure::Failed(format!("{} exists; add --force to overwrite it", path.display())));
    }
    Ok(())
}

/// Makes a folder for its owner alone, where there is none.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| Failure::Failed(format!("making the folder {}: {error}", path.display())))
}

/// A file on its way: written beside its place, put there when it is whole, removed when it is not.
pub struct Partial {
    path: PathBuf,
    partial: PathBuf,
    file: Option<File>,
}

impl Partial {
    /// Begins it.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".partial");
        let partial = path.with_file_name(name);
        // What an interrupted command has left may have another mode, or be a link to elsewhere.
        let _ = fs::remove_file(&partial);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        Ok(Self { path: path.to_owned(), partial, file: Some(file) })
    }

    /// Where it is being written.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Makes what was written safe, without its name yet.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_all)
    }

    /// Puts it in place.
    pub fn place(mut self) -> io::Result<()> {
        self.sync()?;
        fs::rename(&self.partial, &self.path)?;
        self.file = None;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Writes a whole file.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = Partial::create(path)?;
    file.write_all(bytes)?;
    file.place()
}
