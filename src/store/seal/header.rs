//! The header of an encrypted store: how it is encrypted, and whether a key is the right one. It is
//! stored in plain.
//!
//! ```text
//! version (1)  algorithm (1)  salt (32)  check (16)  sum (8)
//! ```
//!
//! Keys are derived as HKDF-SHA256 (RFC 5869) does, with the salt and one label each; the check is one of these keys. The
//! sum is the beginning of SHA-256 over everything before it, so that a damaged header does not look like a wrong key. Must
//! not know what is encrypted.

use super::{KeyTrouble, Seal, StoreError};
use crate::secret::KeyMaterial;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// XChaCha20-Poly1305 for values, HMAC-SHA256 for keys.
const ALGORITHM: u8 = 1;
const SALT: usize = 32;
const CHECK: usize = 16;
const SUM: usize = 8;

/// Stored before all records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    salt: [u8; SALT],
    check: [u8; CHECK],
}

impl Header {
    /// A new header, and keys derived from `key`.
    pub fn new(key: &KeyMaterial) -> Result<(Self, Seal), StoreError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|error| StoreError::Io {
            action: "draw random bytes",
            source: std::io::Error::other(error.to_string()),
        })?;
        let keys = Keys::derive(key, &salt)?;
        Ok((Self { salt, check: keys.check()? }, keys.seal()?))
    }

    /// `Corrupt` when the bytes are damaged or of an unknown version.
    pub fn read(bytes: &[u8]) -> Result<Self, StoreError> {
        let corrupt =
            |detail: &str| StoreError::Corrupt { kind: "encryption header", detail: detail.to_owned() };
        let (body, sum) = bytes.split_last_chunk::<SUM>().ok_or_else(|| corrupt("it is cut short"))?;
        if summed(body) != *sum {
            return Err(corrupt("its checksum does not fit"));
        }
        match body.split_first_chunk::<2>() {
            Some(([VERSION, ALGORITHM], rest)) => {
                let (salt, check) =
                    rest.split_first_chunk::<SALT>().ok_or_else(|| corrupt("it is cut short"))?;
                let check = check.try_into().map_err(|_| corrupt("its length is wrong"))?;
                Ok(Self { salt: *salt, check })
            }
            Some(([version, _], _)) => {
                Err(StoreError::Newer { kind: "encryption header", version: *version, known: VERSION })
            }
            None => Err(corrupt("it is cut short")),
        }
    }

    pub fn write(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, ALGORITHM];
        bytes.extend(self.salt);
        bytes.extend(self.check);
        bytes.extend(summed(&bytes));
        bytes
    }

    /// The cipher for the records, if this is the right key.
    pub(crate) fn unlock(&self, key: Option<&KeyMaterial>) -> Result<Seal, StoreError> {
        let keys = Keys::derive(key.ok_or(KeyTrouble::Missing)?, &self.salt)?;
        if keys.check()? == self.check { keys.seal() } else { Err(KeyTrouble::Wrong.into()) }
    }
}

fn summed(body: &[u8]) -> [u8; SUM] {
    let digest: [u8; 32] = Sha256::digest(body).into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// HKDF's pseudo-random key, from which the others are expanded.
struct Keys(Zeroizing<[u8; 32]>);

impl Keys {
    fn derive(key: &KeyMaterial, salt: &[u8]) -> Result<Self, StoreError> {
        mac(salt, &[key.expose()]).map(Self)
    }

    /// One block of HKDF's output is enough for each.
    fn expand(&self, label: &str) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        mac(self.0.as_slice(), &[b"phonicflow-bot store 1 ", label.as_bytes(), &[1]])
    }

    fn check(&self) -> Result<[u8; CHECK], StoreError> {
        Ok(self.expand("check")?.first_chunk().copied().unwrap_or_default())
    }

    fn seal(&self) -> Result<Seal, StoreError> {
        Seal::new(&*self.expand("values")?, &*self.expand("keys")?)
    }
}

fn mac(key: &[u8], message: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| super::broken("its key cannot be used"))?;
    message.iter().for_each(|part| mac.update(part));
    Ok(Zeroizing::new(mac.finalize().into_bytes().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> KeyMaterial {
        KeyMaterial::new(text.as_bytes().to_vec())
    }

    #[test]
    fn the_right_key_opens_and_the_others_are_told_apart() {
        let (header, _) = Header::new(&key("one")).unwrap();
        let read = Header::read(&header.write()).unwrap();
        assert_eq!(read, header);
        assert!(read.unlock(Some(&key("one"))).is_ok());
        let wrong = read.unlock(Some(&key("two"))).unwrap_err();
        assert!(matches!(wrong, StoreError::Key(KeyTrouble::Wrong)));
        assert!(matches!(read.unlock(None).unwrap_err(), StoreError::Key(KeyTrouble::Missing)));
    }

    #[test]
    fn a_damaged_header_is_no_wrong_key() {
        let bytes = Header::new(&key("one")).unwrap().0.write();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(matches!(Header::read(&changed), Err(StoreError::Corrupt { .. })), "byte {at}");
            }
            assert!(Header::read(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn keys_are_derived_as_hkdf_does() {
        // RFC 5869, appendix A.1: the pseudo-random key.
        let salt: Vec<u8> = (0..=0x0c).collect();
        let keys = Keys::derive(&KeyMaterial::new(vec![0x0b; 22]), &salt).unwrap();
        assert_eq!(keys.0[..4], [0x07, 0x77, 0x09, 0x36]);
        assert_eq!(keys.0[28..], [0xd7, 0xc2, 0xb3, 0xe5]);
    }
}
