//! The text of a PDF (ISO 32000-1): its pages' text operators, read in the order they were written. Must not know other kinds.

use super::{DocumentFault, MAX_TEXT, MAX_UNPACKED};
use lopdf::content::{Content, Operation};
use lopdf::{Document, Encoding, LoadOptions, Object};
use std::collections::BTreeMap;

/// A move to the left of this many thousandths of the font's size is a space between two words.
const SPACE: f32 = -180.0;

pub(super) fn text(bytes: &[u8]) -> Result<String, DocumentFault> {
    let options = LoadOptions { max_decompressed_size: Some(MAX_UNPACKED), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword => DocumentFault::Locked,
        _ => DocumentFault::Broken,
    })?;
    if document.is_encrypted() {
        return Err(DocumentFault::Locked);
    }
    let mut text = String::new();
    for page in document.get_pages().into_values() {
        // A page that is damaged does not take the others with it.
        if let Ok(operations) = operations(&document, page) {
            let fonts = document.get_page_fonts(page).unwrap_or_default();
            let encodings = fonts.into_iter().filter_map(|(name, font)| {
                let encoding = font.get_font_encoding_with_limit(&document, MAX_UNPACKED).ok()?;
                Some((name, encoding))
            });
            Page { encodings: encodings.collect(), encoding: None, text: &mut text, line: None }
                .read(&operations);
            text.push_str("\n\n");
        }
        if text.len() >= MAX_TEXT {
            break;
        }
    }
    Ok(text)
}

fn operations(document: &Document, page: (u32, u16)) -> lopdf::Result<Vec<Operation>> {
    let content = document.get_page_content_with_limit(page, MAX_UNPACKED)?;
    Ok(Content::decode(&content)?.operations)
}

/// A page as far as it is read.
struct Page<'a> {
    encodings: BTreeMap<Vec<u8>, Encoding<'a>>,
    /// The name of the font.
    encoding: Option<Vec<u8>>,
    text: &'a mut String,
    /// How high the line is on the page.
    line: Option<f32>,
}

impl Page<'_> {
    fn read(&mut self, operations: &[Operation]) {
        for Operation { operator, operands } in operations {
            match operator.as_str() {
                "Tf" => {
                    self.encoding = operands.first().and_then(|name| name.as_name().ok()).map(<[u8]>::to_vec)
                }
                "Tj" => operands.iter().for_each(|words| self.show(words)),
                "TJ" => operands
                    .iter()
                    .flat_map(|list| list.as_array())
                    .flatten()
                    .for_each(|words| self.show(words)),
                "'" => {
                    self.line_end();
                    operands.iter().for_each(|words| self.show(words));
                }
                "\"" => {
                    self.line_end();
                    operands.iter().skip(2).for_each(|words| self.show(words));
                }
                "T*" => self.line_end(),
                "Td" | "TD" => match number(operands.get(1)) {
                    0.0 => self.space(),
                    _ => self.line_end(),
                },
                // The whole place is given: another height is another line.
                "Tm" => {
                    let height = number(operands.get(5));
                    match self.line.replace(height) {
                        Some(before) if (before - height).abs() < 1.0 => self.space(),
                        _ => self.line_end(),
                    }
                }
                "BT" => self.space(),
                _ => {}
            }
        }
    }

    fn show(&mut self, words: &Object) {
        match words {
            Object::String(bytes, _) => {
                let encoding = self.encoding.as_ref().and_then(|name| self.encodings.get(name));
                let decoded = encoding.and_then(|encoding| Document::decode_text(encoding, bytes).ok());
                self.text.push_str(&decoded.unwrap_or_default());
            }
            Object::Integer(_) | Object::Real(_) if number(Some(words)) < SPACE => self.space(),
            _ => {}
        }
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(char::is_whitespace) {
            self.text.push(' ');
        }
    }

    fn line_end(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

fn number(object: Option<&Object>) -> f32 {
    object.and_then(|object| object.as_float().ok()).unwrap_or_default()
}
