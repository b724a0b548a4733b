//! Values to bytes and back. Alone knows bincode.
//!
//! Must not know what the values mean or where the bytes go.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest record, bytes: a damaged length field must not lead to an unbounded allocation.
pub(crate) const RECORD_LIMIT: usize = 8 << 20;

const CONFIG: Configuration<LittleEndian, Varint, Limit<RECORD_LIMIT>> =
    config::standard().with_limit::<RECORD_LIMIT>();

/// Appends the value to `bytes`. The error does not contain the value.
pub fn write<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> Result<(), String> {
    let before = bytes.len();
    bincode::serde::encode_into_std_write(value, bytes, CONFIG).map_err(|error| error.to_string())?;
    // A value that could not be read back must not be written.
    match bytes.len() - before {
        length if length <= RECORD_LIMIT => Ok(()),
        length => Err(format!("{length} bytes are more than the limit of {RECORD_LIMIT}")),
    }
}

/// Reads a value that takes up all of `bytes`. The error does not contain the content.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let (value, used) =
        bincode::serde::decode_from_slice(bytes, CONFIG).map_err(|error| error.to_string())?;
    match bytes.len() - used {
        0 => Ok(value),
        surplus => Err(format!("{surplus} bytes too many")),
    }
}

/// Reads a value from the front of `bytes` and returns the rest.
pub(crate) fn read_front<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), String> {
    let (value, used) =
        bincode::serde::decode_from_slice(bytes, CONFIG).map_err(|error| error.to_string())?;
    let rest = bytes.get(used..).ok_or("it ends too early")?;
    Ok((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote_and_nothing_less_or_more() {
        let mut bytes = Vec::new();
        write(&(7u64, "seven".to_owned()), &mut bytes).unwrap();
        assert_eq!(read::<(u64, String)>(&bytes), Ok((7, "seven".to_owned())));
        assert!(read::<(u64, String)>(&bytes[..bytes.len() - 1]).is_err());
        bytes.push(0);
        assert_eq!(read::<(u64, String)>(&bytes), Err("1 bytes too many".to_owned()));
    }

    #[test]
    fn a_damaged_length_does_not_allocate() {
        // A string that claims to be 2^62 bytes long.
        let bytes = [253, 0, 0, 0, 0, 0, 0, 0, 0x40];
        assert!(read::<String>(&bytes).is_err());
    }

    #[test]
    fn what_is_too_large_to_read_is_not_written() {
        assert!(write(&"x".repeat(RECORD_LIMIT), &mut Vec::new()).is_err());
    }
}
