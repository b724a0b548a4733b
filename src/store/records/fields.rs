//! A payload of tagged fields: each is its tag (one byte), its length and its value.
//!
//! So a record gains a field by one line and no copy of its struct: older records lack the tag and get the field's
//! default, or what its line says follows from the fields before it. A field that has that value is not written, so an older program still reads what does not use the new one;
//! one that holds a tag it does not know it refuses as [newer](crate::store::StoreError::Newer): to leave it out would be
//! to lose it at the next write. A tag is never used again for something else; a field whose type changes gets a new
//! tag and is read from both. Must not know any record.

use super::Unreadable;
use crate::store::codec;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A record written field by field.
pub trait Tagged: Sized {
    fn put(&self, to: &mut Vec<u8>) -> Result<(), String>;

    fn take(from: Fields<'_>) -> Result<Self, Unreadable>;
}

pub struct Fields<'a>(BTreeMap<u8, &'a [u8]>);

impl<'a> Fields<'a> {
    pub fn split(mut payload: &'a [u8]) -> Result<Self, Unreadable> {
        let mut found = BTreeMap::new();
        while let Some((&tag, rest)) = payload.split_first() {
            let (length, rest): (u64, &[u8]) = codec::read_front(rest)?;
            let cut = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
            let (value, rest) = cut.ok_or_else(|| format!("field {tag} is cut short"))?;
            if found.insert(tag, value).is_some() {
                return Err(format!("field {tag} is there twice").into());
            }
            payload = rest;
        }
        Ok(Self(found))
    }

    pub fn bytes(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.0.remove(&tag)
    }

    /// Checks that no fields are left; `known` is the highest tag there is.
    pub fn end(self, known: u8) -> Result<(), Unreadable> {
        match self.0.into_keys().next() {
            Some(tag) => Err(Unreadable::NewerField { tag, known }),
            None => Ok(()),
        }
    }
}

pub(crate) fn put_bytes(tag: u8, value: &[u8], to: &mut Vec<u8>) -> Result<(), String> {
    to.push(tag);
    codec::write(&(value.len() as u64), to)?;
    to.extend_from_slice(value);
    Ok(())
}

/// Whether a field need not be written: a record without it is read as this value.
pub(crate) fn is_implied<T: PartialEq>(value: &T, implied: T) -> bool {
    *value == implied
}

/// The error of a required field that is missing.
pub fn missing(tag: u8) -> Unreadable {
    format!("field {tag} is missing").into()
}

/// Values as serde writes them.
pub mod plain {
    use super::*;

    pub fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        codec::write(value, &mut bytes)?;
        Ok(bytes)
    }

    pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
        Ok(codec::read(bytes)?)
    }
}

/// A record within a record, itself written field by field.
pub mod nested {
    use super::*;

    pub fn write<T: Tagged>(value: &T) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        value.put(&mut bytes)?;
        Ok(bytes)
    }

    pub fn read<T: Tagged>(bytes: &[u8]) -> Result<T, Unreadable> {
        T::take(Fields::split(bytes)?)
    }
}

/// An optional record within a record.
pub mod optional {
    use super::*;

    /// Empty for `None`.
    pub fn write<T: Tagged>(value: &Option<T>) -> Result<Vec<u8>, String> {
        value.as_ref().map_or(Ok(Vec::new()), nested::write)
    }

    /// `None` if empty.
    pub fn read<T: Tagged>(bytes: &[u8]) -> Result<Option<T>, Unreadable> {
        if bytes.is_empty() { Ok(None) } else { nested::read(bytes).map(Some) }
    }
}

/// Records within a record, one behind the other.
pub mod list {
    use super::*;

    pub fn write<T: Tagged>(values: &[T]) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for value in values {
            let one = nested::write(value)?;
            codec::write(&(one.len() as u64), &mut bytes)?;
            bytes.extend_from_slice(&one);
        }
        Ok(bytes)
    }

    pub fn read<T: Tagged>(mut bytes: &[u8]) -> Result<Vec<T>, Unreadable> {
        let mut values = Vec::new();
        while !bytes.is_empty() {
            let (length, rest): (u64, &[u8]) = codec::read_front(bytes)?;
            let cut = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
            let (one, rest) = cut.ok_or_else(|| "a list is cut short".to_owned())?;
            values.push(nested::read(one)?);
            bytes = rest;
        }
        Ok(values)
    }
}

/// Declares a record: its name, its version, the fields it always has and those that came later (`= value`: what a record
/// without it means, else the default), and the structs its older versions are read into. Every field of the struct must be named, or it does not compile.
macro_rules! record {
    (
        $record:ident = $kind:literal, version $version:literal
        always { $($tag:literal $name:ident $(as $via:ident)?),* $(,)? }
        since { $($later_tag:literal $later:ident $(as $later_via:ident)? $(= $implied:expr)?),* $(,)? }
        from { $($old_version:literal $old:ty),* $(,)? }
    ) => {
        impl $crate::store::records::fields::Tagged for $record {
            #[allow(clippy::needless_borrow, reason = "an implied value names fields, which are references only here")]
            fn put(&self, to: &mut Vec<u8>) -> Result<(), String> {
                let Self { $($name,)* $($later,)* } = self;
                $($crate::store::records::fields::put_bytes($tag, &record!(@call write $name $($via)?)?, to)?;)*
                $(if !$crate::store::records::fields::is_implied($later, record!(@implied $($implied)?)) {
                    let value = record!(@call write $later $($later_via)?)?;
                    $crate::store::records::fields::put_bytes($later_tag, &value, to)?;
                })*
                Ok(())
            }

            fn take(
                mut from: $crate::store::records::fields::Fields<'_>,
            ) -> Result<Self, $crate::store::records::Unreadable> {
                $(let $name = {
                    let bytes = from.bytes($tag);
                    let bytes = bytes.ok_or_else(|| $crate::store::records::fields::missing($tag))?;
                    record!(@call read bytes $($via)?)?
                };)*
                $(let $later = match from.bytes($later_tag) {
                    Some(bytes) => record!(@call read bytes $($later_via)?)?,
                    None => record!(@implied $($implied)?),
                };)*
                let known = [$($tag,)* $($later_tag,)*].into_iter().max().unwrap_or_default();
                from.end(known)?;
                Ok(Self { $($name,)* $($later,)* })
            }
        }

        impl $crate::store::records::Record for $record {
            const KIND: &'static str = $kind;
            const VERSION: u8 = $version;

            fn write(&self, to: &mut Vec<u8>) -> Result<(), String> {
                $crate::store::records::fields::Tagged::put(self, to)
            }

            fn read(payload: &[u8]) -> Result<Self, $crate::store::records::Unreadable> {
                $crate::store::records::fields::nested::read(payload)
            }

            fn upgrade(version: u8, payload: &[u8]) -> Result<Self, String> {
                let _ = payload;
                match version {
                    $($old_version => $crate::store::codec::read(payload).map(|old: $old| old.into()),)*
                    other => Err($crate::store::records::unknown::<Self>(other)),
                }
            }
        }
    };
    (@implied) => { Default::default() };
    (@implied $implied:expr) => { $implied };
    (@call $verb:ident $value:ident) => { $crate::store::records::fields::plain::$verb($value) };
    (@call $verb:ident $value:ident $via:ident) => { $crate::store::records::fields::$via::$verb($value) };
}

pub(super) use record;
