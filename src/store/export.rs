//! The export: all records as one checked stream in one file, beside the store and independent of sled.
//!
//! Owns the format and the way a file becomes an export: written as `….partial`, flushed to the disk, read back, renamed.
//! Must not know what the records hold.
//!
//! ```text
//! magic (8)  version (1)  taken at, ms (8)
//! chunk*     length (4, not 0)  records: key length (4), value length (4), key, value  check (8)
//! end        0 (4)  number of records (8)  digest (32)
//! ```
//!
//! Numbers are big-endian. The digest is SHA-256 over all bytes before it; a check is the first 8 bytes of the digest so
//! far, so no chunk can be changed, left out, repeated or moved. Keys ascend strictly.

use super::{StoreError, keys};
use crate::domain::Timestamp;
use crate::secure_fs;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const MAGIC: [u8; 8] = *b"PFB-EXP\n";
const VERSION: u8 = 1;
/// A chunk is closed once it holds this many bytes.
const CHUNK: usize = 64 << 10;
/// Largest chunk, bytes: the largest record and a chunk that was almost full.
const CHUNK_LIMIT: u32 = 9 << 20;
/// Bytes of a check.
const CHECK: usize = 8;

/// Called for each key and value.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError>;

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// The state is of this moment.
    pub taken_at: Timestamp,
    pub records: u64,
    pub bytes: u64,
}

pub struct Writer<W> {
    to: W,
    digest: Sha256,
    chunk: Vec<u8>,
    exported: Exported,
}

impl<W: Write> Writer<W> {
    pub fn begin(to: W, taken_at: Timestamp) -> io::Result<Self> {
        let exported = Exported { taken_at, records: 0, bytes: 0 };
        let mut writer = Self { to, digest: Sha256::new(), chunk: Vec::with_capacity(2 * CHUNK), exported };
        writer.put(&MAGIC)?;
        writer.put(&[VERSION])?;
        writer.put(&taken_at.0.to_be_bytes())?;
        Ok(writer)
    }

    /// Its key must be greater than the previous one.
    pub fn record(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        self.chunk.extend(length(key)?);
        self.chunk.extend(length(value)?);
        self.chunk.extend(key);
        self.chunk.extend(value);
        self.exported.records += 1;
        if self.chunk.len() >= CHUNK { self.close_chunk() } else { Ok(()) }
    }

    pub fn end(mut self) -> io::Result<(W, Exported)> {
        if !self.chunk.is_empty() {
            self.close_chunk()?;
        }
        self.put(&0_u32.to_be_bytes())?;
        self.put(&self.exported.records.to_be_bytes())?;
        let digest = self.digest.clone().finalize();
        self.put(&digest)?;
        self.to.flush()?;
        Ok((self.to, self.exported))
    }

    fn close_chunk(&mut self) -> io::Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        self.put(&length(&chunk)?)?;
        self.put(&chunk)?;
        let check = self.digest.clone().finalize();
        self.put(check.get(..CHECK).unwrap_or_default())?;
        self.chunk = chunk;
        self.chunk.clear();
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.exported.bytes += bytes.len() as u64;
        self.to.write_all(bytes)
    }
}

fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    let fits = u32::try_from(bytes.len()).ok().filter(|length| *length <= CHUNK_LIMIT);
    fits.map(u32::to_be_bytes).ok_or_else(|| io::Error::other("a record is too large"))
}

fn bad(detail: impl Into<String>) -> StoreError {
    StoreError::Export(detail.into())
}

/// Reads an export record by record. What was visited may be trusted only after this has returned `Ok`.
pub fn read<R: Read>(from: R, visit: Visit<'_>) -> Result<Exported, StoreError> {
    let mut stream = Stream { from, digest: Sha256::new(), bytes: 0 };
    if stream.array::<8>()? != MAGIC {
        return Err(bad("this is no export"));
    }
    match stream.array::<1>()? {
        [VERSION] => {}
        [other] => {
            return Err(bad(format!("version {other} is unknown to this program, which knows {VERSION}")));
        }
    }
    let taken_at = Timestamp(i64::from_be_bytes(stream.array()?));
    let mut records = 0;
    let mut last = Vec::new();
    loop {
        let length = u32::from_be_bytes(stream.array()?);
        if length == 0 {
            break;
        }
        if length > CHUNK_LIMIT {
            return Err(bad("a chunk is too large"));
        }
        let chunk = stream.chunk(length)?;
        stream.check::<CHECK>()?;
        let mut rest = chunk.as_slice();
        while !rest.is_empty() {
            let (key, value) = split(&mut rest).ok_or_else(|| bad("a record is cut short"))?;
            if key <= last.as_slice() || !keys::everything().contains(key) {
                return Err(bad("a key is out of place"));
            }
            last = key.to_vec();
            records += 1;
            visit(key, value)?;
        }
    }
    if u64::from_be_bytes(stream.array()?) != records {
        return Err(bad("records are missing"));
    }
    stream.check::<32>()?;
    if stream.from.read(&mut [0]).map_err(|error| bad(error.to_string()))? != 0 {
        return Err(bad("there is more behind its end"));
    }
    Ok(Exported { taken_at, records, bytes: stream.bytes })
}

/// Splits a record off the front.
fn split<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at_checked(length)?;
        *rest = left;
        Some(taken)
    };
    let number = |bytes: &[u8]| usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok();
    let (key, value) = (number(take(4)?)?, number(take(4)?)?);
    Some((take(key)?, take(value)?))
}

struct Stream<R> {
    from: R,
    digest: Sha256,
    bytes: u64,
}

impl<R: Read> Stream<R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).map_err(cut)?;
        self.took(&bytes);
        Ok(bytes)
    }

    /// Memory grows with what is really there, not with a damaged length.
    fn chunk(&mut self, length: u32) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(u64::from(length)).read_to_end(&mut bytes).map_err(cut)?;
        if read as u64 != u64::from(length) {
            return Err(bad("it ends too early"));
        }
        self.took(&bytes);
        Ok(bytes)
    }

    fn check<const N: usize>(&mut self) -> Result<(), StoreError> {
        let expected = self.digest.clone().finalize();
        let found = self.array::<N>()?;
        if expected.get(..N) == Some(found.as_slice()) { Ok(()) } else { Err(bad("a checksum does not fit")) }
    }

    fn took(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

fn cut(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => bad("it ends too early"),
        _ => bad(error.to_string()),
    }
}

/// A file to restore from, opened only once because the restore may run as a user who is not allowed to open
/// it.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    file: File,
}

impl Source {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = secure_fs::open(path).map_err(|error| bad(error.to_string()))?;
        Ok(Self { path: path.to_owned(), file })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes from the beginning. One reader at a time.
    pub fn reader(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(file)
    }

    pub fn read(&self, visit: Visit<'_>) -> Result<Exported, StoreError> {
        let file = self.reader().map_err(|error| bad(error.to_string()))?;
        read(BufReader::with_capacity(CHUNK, file), visit)
    }
}

pub fn read_file(path: &Path, visit: Visit<'_>) -> Result<Exported, StoreError> {
    Source::open(path)?.read(visit)
}

/// Reads a whole file and checks it.
pub fn verify(path: &Path) -> Result<Exported, StoreError> {
    read_file(path, &mut |_, _| Ok(()))
}

/// Path of an export that is not complete yet.
pub fn partial(path: &Path) -> PathBuf {
    path.with_extension("partial")
}

/// Readable by the store's owner only.
pub fn create(path: &Path) -> io::Result<BufWriter<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

/// Makes a written export durable, reads it back and renames it into place. An invalid one is removed.
pub fn seal(partial: &Path, path: &Path, written: Exported) -> Result<Exported, StoreError> {
    let sealed = flush(partial).map_err(|error| bad(error.to_string())).and_then(|()| {
        let found = verify(partial)?;
        if found != written {
            return Err(bad("it does not read back as it was written"));
        }
        let placed = std::fs::rename(partial, path).and_then(|()| sync_folder_of(path));
        placed.map_err(|error| bad(error.to_string()))
    });
    if sealed.is_err() {
        // It is useless; if it cannot be removed, the next export does it.
        let _ = std::fs::remove_file(partial);
    }
    sealed.map(|()| written)
}

fn flush(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes new names in a file's folder durable.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), flush)
}

/// Makes new names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    flush(folder)
}

#[cfg(test)]
mod tests;
