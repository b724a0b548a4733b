//! Documents as programs write them, and as people who mean no good do.

use super::*;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/documents").join(name),
    )
    .unwrap()
}

/// A ZIP with one file in it.
fn zipped(name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
        .unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

fn word(body: &str) -> Vec<u8> {
    zipped(
        "word/document.xml",
        format!("<?xml version=\"1.0\"?><w:document><w:body>{body}</w:body></w:document>").as_bytes(),
    )
}

#[test]
fn what_word_processors_and_printers_write_is_read() {
    let letter = "A letter to my teacher\n\nDear teacher, I has learned many thing.\nAção, coração: €5 & <ok>\n\none\ttwo\nthree\tfour";
    assert_eq!(text_of(&fixture("letter.docx")).unwrap(), letter);
    let page = "My holiday in Porto.\nYesterday I go to the beach, and it was naïve.\nIt were very hot.\n\nSegunda página: ação, coração, €5, Привет.";
    let text = text_of(&fixture("holiday.pdf")).unwrap();
    assert!(text.starts_with(page), "{text}");
    assert!(text.contains("indeed longer\nthan one line") || text.contains("indeed longer than"), "{text}");
    let text = text_of(&fixture("report.pdf")).unwrap();
    assert!(
        text.contains(
            "A letter to my teacher\nDear teacher, I has learned many thing this week. Dear teacher"
        ),
        "{text}"
    );
    assert!(
        text.contains("week.\nDear teacher") || text.contains("thing\nthis week"),
        "lines are apart: {text}"
    );
    assert!(text.ends_with("Sincerely, Ana ação"), "{text}");
}

#[test]
fn plain_text_is_read_in_whatever_encoding() {
    for (bytes, expected) in [
        (&b"# Hi\r\n\r\n\r\nyou "[..], Ok("# Hi\n\nyou")),
        ("ação 😀".as_bytes(), Ok("ação 😀")),
        ("\u{feff}ação".as_bytes(), Ok("ação")),
        (b"\xff\xfea\0\xe7\0\xe3\0o\0", Ok("ação")),
        (b"\xfe\xff\0a\0\xe7\0\xe3\0o", Ok("ação")),
        (b"a\xe7\xe3o \x93quoted\x94 \x80", Ok("ação “quoted” €")),
        (b"", Err(DocumentFault::Empty)),
        (b" \n\t", Err(DocumentFault::Empty)),
        (b"\x7fELF\x02\x01\x01\0\0\0", Err(DocumentFault::Unsupported)),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", Err(DocumentFault::Unsupported)),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Err(DocumentFault::Unsupported)),
    ] {
        assert_eq!(text_of(bytes).as_deref().map_err(|fault| *fault), expected, "{bytes:?}");
    }
    assert_eq!(text_of(&vec![b'a'; MAX_BYTES + 1]), Err(DocumentFault::TooLarge));
    assert_eq!(text_of(&vec![b'a'; MAX_BYTES]).unwrap().len(), MAX_TEXT);
}

#[test]
fn of_a_word_document_only_its_words_are_text() {
    for (body, expected) in [
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", Ok("a\tb\nc")),
        ("<w:p><w:t xml:space=\"preserve\">a </w:t><w:t>&amp;&#233;&lt;</w:t></w:p>", Ok("a &é<")),
        ("<w:p><w:instrText>PAGE</w:instrText><w:delText>gone</w:delText><w:t>kept</w:t></w:p>", Ok("kept")),
        ("<w:p><w:t>cut", Ok("cut")),
        ("<w:p></w:p>", Err(DocumentFault::Empty)),
    ] {
        assert_eq!(text_of(&word(body)).as_deref().map_err(|fault| *fault), expected, "{body}");
    }
    assert_eq!(text_of(&zipped("word/document.xml", b"<w:p><w:t")), Err(DocumentFault::Broken));
    assert_eq!(text_of(&zipped("xl/workbook.xml", b"<x/>")), Err(DocumentFault::Unsupported));
    assert_eq!(text_of(b"PK\x03\x04 and nothing more"), Err(DocumentFault::Broken));
}

#[test]
fn what_unpacks_to_far_more_than_it_is_takes_no_more_than_its_share() {
    // A hundred million letters in a hundred thousand bytes.
    let bomb = zipped("word/document.xml", &[b"<w:t>".to_vec(), vec![b'a'; 100_000_000]].concat());
    assert!(bomb.len() < MAX_BYTES);
    assert!(text_of(&bomb).is_ok_and(|text| text.len() <= MAX_TEXT) || text_of(&bomb).is_err());
    let nested = "<w:t>a</w:t>".to_owned() + &"<w:x>".repeat(1_000_000);
    assert_eq!(text_of(&word(&nested)).unwrap(), "a");
}

#[test]
fn a_damaged_pdf_is_an_error_and_no_panic() {
    let whole = fixture("holiday.pdf");
    for cut in (0..whole.len()).step_by(whole.len() / 40) {
        let _ = text_of(&whole[..cut]);
        let mut bytes = whole.clone();
        bytes[cut] ^= 0x55;
        let _ = text_of(&bytes);
    }
    assert_eq!(text_of(b"%PDF-1.7 and nothing more"), Err(DocumentFault::Broken));
    assert_eq!(text_of(&fixture("locked.pdf")), Err(DocumentFault::Locked));
    assert_eq!(text_of(&fixture("scan.pdf")), Err(DocumentFault::Empty));
}
