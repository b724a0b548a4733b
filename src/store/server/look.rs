//! What can be told of a shared store by somebody who neither owns it nor stands by. Must not know what is to be done
//! about it.

use super::{Area, Mark, RemoteError, Seen, Server, Standing, Survives, told};
use crate::secret::KeyMaterial;
use crate::store::engine::Span;
use crate::store::seal::{Header, KeyTrouble};
use crate::store::{StoreError, keys};
use std::path::Path;
use std::time::{Duration, Instant};

/// A shared store, as it was found.
#[derive(Debug)]
pub struct Looked {
    /// Name and version of the server.
    pub version: String,
    /// How long one question took.
    pub answers_in: Duration,
    pub standing: Standing,
    /// Latest first, the owner not left out.
    pub candidates: Vec<Seen>,
    /// Why no daemon would work with its settings, in words, instead of what they survive.
    pub survives: Result<Survives, String>,
    /// Why a daemon of this machine would refuse it, in words that follow "the database at …".
    pub objection: Option<String>,
    /// What is wrong with the configured key.
    pub key: Option<KeyTrouble>,
}

/// Looks at a shared store; `folder` is this machine's of the store. Makes nothing but the empty tables of a database that
/// has none. Blocks as a connection does.
pub fn look(server: &dyn Server, folder: &Path, key: Option<&KeyMaterial>) -> Result<Looked, StoreError> {
    let refused = |error| told(server.place(), error);
    let mut remote = server.connect().map_err(refused)?;
    let asked = Instant::now();
    let standing = remote.standing().map_err(refused)?;
    let answers_in = asked.elapsed();
    let survives = match remote.survives() {
        Ok(survives) => Ok(survives),
        Err(RemoteError::Refused(why)) => Err(why),
        Err(lost) => return Err(refused(lost)),
    };
    let header = remote.get(Area::Current, &keys::seal()).map_err(refused)?;
    let key = match header {
        Some(header) => match Header::read(&header)?.unlock(key) {
            Ok(_) => None,
            Err(StoreError::Key(why)) => Some(why),
            Err(other) => return Err(other),
        },
        None => {
            let every = Span { start: Vec::new(), end: vec![0xff] };
            let first = remote.page(Area::Current, &every, false, 1).map_err(refused)?;
            (key.is_some() && !first.is_empty()).then_some(KeyTrouble::NotEncrypted)
        }
    };
    Ok(Looked {
        version: remote.version().map_err(refused)?,
        answers_in,
        objection: Mark::look(folder).ok().and_then(|mark| mark.objection(&standing)),
        candidates: remote.candidates().map_err(refused)?,
        standing,
        survives,
        key,
    })
}
