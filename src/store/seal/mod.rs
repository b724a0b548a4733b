//! Encryption at rest: how an encrypted store keeps each pair of key and value on disk.
//!
//! ```text
//! key    kind  fields in order, each hidden one (see `kinds::fields`) as HMAC-SHA256(hash key, kind, place, field), 16 bytes
//! value  nonce (24)  XChaCha20-Poly1305(hidden fields in order, value) with the key on the disk as associated data  tag (16)
//! ```
//!
//! This keeps the order of a learner's records, of the queue and of due dates, and a listing can recover the plain keys. A
//! record that was changed, moved to another key or exchanged with another cannot be decrypted. Two learners would share
//! a hash once in 2^128 pairs, and even then the hidden fields tell them apart. Must not know records, or where the bytes are stored.

mod header;

pub use header::Header;

use super::StoreError;
use super::engine::{Batch, Range};
use super::kinds::{self, Field};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of a keyed hash in a key.
const HASH: usize = 16;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Why store and key do not fit. Nothing is changed, moved or restored then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    /// There is no key for an encrypted store.
    #[error(
        "the store is encrypted and no key is configured. Name its key file by STORE_KEY_FILE, or hand it over as the \
         systemd credential store-key (LoadCredential=store-key:FILE). Without that key nothing in it can be read"
    )]
    Missing,
    /// Another key.
    #[error(
        "the store is encrypted with another key than the configured one (STORE_KEY_FILE, or the systemd credential \
         store-key). Configure the key it was encrypted with; after `store rekey` that is the new one"
    )]
    Wrong,
    /// There is a key for a store that is not encrypted.
    #[error(
        "a key is configured (STORE_KEY_FILE, or the systemd credential store-key), but the store is not encrypted. \
         Encrypt it with the daemon stopped: `phonicflow-bot store encrypt`; or take the key out of the configuration"
    )]
    NotEncrypted,
}

/// Encrypts and decrypts. Its `Debug` shows no key.
pub struct Seal {
    cipher: XChaCha20Poly1305,
    /// Initialised with the key, cloned for each field.
    hash: Hmac<Sha256>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(***)")
    }
}

/// The error of a record that was changed or moved.
fn broken(detail: &str) -> StoreError {
    StoreError::Corrupt { kind: "sealed", detail: detail.to_owned() }
}

fn misfit() -> StoreError {
    broken("a key has a form that is unknown to this program")
}

impl Seal {
    fn new(cipher_key: &[u8; 32], hash_key: &[u8; 32]) -> Result<Self, StoreError> {
        let hash = Hmac::new_from_slice(hash_key).map_err(|_| broken("its key cannot be used"))?;
        Ok(Self { cipher: XChaCha20Poly1305::new(&(*cipher_key).into()), hash })
    }

    /// A stored key, or the beginning of one that ends after a field.
    pub fn key(&self, key: &[u8]) -> Result<Vec<u8>, StoreError> {
        let Some((kind, mut rest)) = key.split_first() else { return Ok(Vec::new()) };
        let mut sealed = Vec::with_capacity(key.len() + 2 * HASH);
        sealed.push(*kind);
        for (place, field) in (0_u8..).zip(kinds::fields(*kind).ok_or_else(misfit)?) {
            if rest.is_empty() {
                break;
            }
            let (Field::Open(length) | Field::Hidden(length)) = field;
            let (field_bytes, left) = rest.split_at_checked(*length).ok_or_else(misfit)?;
            rest = left;
            match field {
                Field::Open(_) => sealed.extend(field_bytes),
                Field::Hidden(_) => sealed.extend(self.hashed(*kind, place, field_bytes)),
            }
        }
        if rest.is_empty() { Ok(sealed) } else { Err(misfit()) }
    }

    /// The same id has another hash in every kind and position, so that kinds cannot be linked.
    fn hashed(&self, kind: u8, place: u8, field: &[u8]) -> impl Iterator<Item = u8> + use<> {
        let mut hash = self.hash.clone();
        hash.update(&[kind, place]);
        hash.update(field);
        hash.finalize().into_bytes().into_iter().take(HASH)
    }

    /// An exclusive bound of a range with this prefix. Hashes have no order, so what a bound adds to the prefix must end
    /// before one.
    fn bound(&self, prefix: &[u8], bound: &[u8]) -> Result<Vec<u8>, StoreError> {
        let sealed = self.key(bound)?;
        let shared = if bound.starts_with(prefix) { prefix } else { &[] };
        let added = sealed.strip_prefix(self.key(shared)?.as_slice());
        let has_order = added.is_some() && added == bound.strip_prefix(shared);
        if has_order { Ok(sealed) } else { Err(broken("a range was asked for that has no order")) }
    }

    pub fn range(&self, range: &Range) -> Result<Range, StoreError> {
        range.translate(|part| self.key(part), |prefix, bound| self.bound(prefix, bound))
    }

    pub fn seal(&self, key: &[u8], value: &[u8]) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let at = self.key(key)?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| StoreError::Io {
            action: "draw random bytes",
            source: std::io::Error::other(error.to_string()),
        })?;
        let mut sealed = Vec::with_capacity(NONCE + key.len() + value.len() + TAG);
        sealed.extend(nonce);
        sealed.extend(hidden(key));
        sealed.extend(value);
        let secret = sealed.get_mut(NONCE..).unwrap_or_default();
        let tag = self.cipher.encrypt_inout_detached(&XNonce::from(nonce), &at, secret.into());
        sealed.extend(tag.map_err(|_| broken("a record is too large"))?);
        Ok((at, sealed))
    }

    pub fn open(&self, at: &[u8], sealed: &[u8]) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let short = || broken("a record is cut short");
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or_else(short)?;
        let (secret, tag) = rest.split_last_chunk::<TAG>().ok_or_else(short)?;
        let mut secret = secret.to_vec();
        self.cipher
            .decrypt_inout_detached(&XNonce::from(*nonce), at, secret.as_mut_slice().into(), &Tag::from(*tag))
            .map_err(|_| broken("a record was changed, or moved to another key"))?;
        restore(at, secret).ok_or_else(short)
    }

    pub fn batch(&self, batch: Batch) -> Result<Batch, StoreError> {
        let mut sealed = Batch::default();
        for (key, value) in batch {
            match value {
                None => sealed.delete(self.key(&key)?),
                Some(value) => {
                    let (key, value) = self.seal(&key, &value)?;
                    sealed.put(key, value);
                }
            }
        }
        Ok(sealed)
    }
}

/// The hidden fields of a key, in order.
fn hidden(key: &[u8]) -> impl Iterator<Item = u8> {
    let (kind, mut rest) = key.split_first().unwrap_or((&0, &[]));
    let fields = kinds::fields(*kind).unwrap_or_default().iter();
    let taken = fields.map_while(move |field| {
        let (Field::Open(length) | Field::Hidden(length)) = field;
        let (bytes, left) = rest.split_at_checked(*length)?;
        rest = left;
        Some(if matches!(field, Field::Hidden(_)) { bytes } else { &[] })
    });
    taken.flatten().copied()
}

/// The plain key of a stored one, whose hidden fields precede the value.
fn restore(at: &[u8], mut secret: Vec<u8>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (kind, mut rest) = at.split_first()?;
    let mut key = Vec::with_capacity(at.len());
    key.push(*kind);
    let mut used = 0;
    for field in kinds::fields(*kind)? {
        if rest.is_empty() {
            break;
        }
        match field {
            Field::Open(length) => key.extend(take(&mut rest, *length)?),
            Field::Hidden(length) => {
                take(&mut rest, HASH)?;
                key.extend(secret.get(used..used + length)?);
                used += length;
            }
        }
    }
    secret.drain(..used);
    rest.is_empty().then_some((key, secret))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests;
