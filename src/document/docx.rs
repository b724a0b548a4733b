//! The text of a Word document (ECMA-376): the words of `word/document.xml` in a ZIP. Must not know other kinds.

use super::{DocumentFault, MAX_TEXT, MAX_UNPACKED};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use std::io::{BufReader, Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// Where the words are.
const BODY: &str = "word/document.xml";

pub(super) fn text(bytes: &[u8]) -> Result<String, DocumentFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| DocumentFault::Broken)?;
    let body = match archive.by_name(BODY) {
        Ok(body) => body,
        Err(ZipError::FileNotFound) => return Err(DocumentFault::Unsupported),
        Err(ZipError::UnsupportedArchive(_)) => return Err(DocumentFault::Locked),
        Err(_) => return Err(DocumentFault::Broken),
    };
    // Unpacked as it is read, so a bomb takes time and no memory; what its limit cuts off is read as far as it goes.
    words(BufReader::new(body.take(MAX_UNPACKED as u64)))
}

fn words(from: impl std::io::BufRead) -> Result<String, DocumentFault> {
    let mut reader = Reader::from_reader(from);
    reader.config_mut().check_end_names = false;
    let (mut text, mut buffer, mut shown) = (String::new(), Vec::new(), false);
    while text.len() < MAX_TEXT {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => shown = tag.name().as_ref() == "w:t",
            Ok(Event::Text(words)) if shown => text.push_str(&words),
            Ok(Event::GeneralRef(name)) if shown => text.extend(character(&name)),
            Ok(Event::Empty(tag)) => match tag.name().as_ref() {
                "w:tab" => text.push('\t'),
                "w:br" | "w:cr" | "w:p" => text.push('\n'),
                _ => {}
            },
            Ok(Event::End(tag)) => {
                shown = false;
                match tag.name().as_ref() {
                    "w:p" => text.push('\n'),
                    "w:tc" => {
                        // The paragraph that ends a cell is none to a reader.
                        text.truncate(text.trim_end_matches('\n').len());
                        text.push('\t');
                    }
                    "w:tr" => text.push('\n'),
                    _ => {}
                }
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(_) if text.trim().is_empty() => return Err(DocumentFault::Broken),
            Err(_) => break,
        }
    }
    Ok(text)
}

/// What a reference stands for (`&amp;`, `&#233;`).
fn character(name: &BytesRef<'_>) -> Option<char> {
    match name.resolve_char_ref() {
        Ok(Some(c)) => Some(c),
        _ => match name.as_ref() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        },
    }
}
