//! Documents read by the workers: sound ones, and those that are made to take a parser down.

use crate::audio::{all_in, mutate};
use crate::world::BINARY;
use lopdf::{Dictionary, Document, Object, Stream};
use phonicflow_bot::audio_worker::{Death, JobError, Workers};
use phonicflow_bot::document::DocumentFault;
use std::io::{Cursor, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Files, or fewer where the machine is slow or busy.
const FILES: u64 = 2_000;
const FOR_SO_LONG: Duration = Duration::from_secs(20);

fn zipped(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
            .unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn word(body: Vec<u8>) -> Vec<u8> {
    zipped([("word/document.xml".to_owned(), body)])
}

/// A PDF of so many pages that share their content.
fn pdf(pages: usize, content: Vec<u8>) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let mut stream = Stream::new(Dictionary::new(), content);
    stream.compress().unwrap();
    let content = document.add_object(stream);
    let root = document.new_object_id();
    let kids: Vec<Object> = (0..pages)
        .map(|_| {
            let page = [("Type", "Page".into()), ("Parent", root.into()), ("Contents", content.into())];
            Object::from(document.add_object(Dictionary::from_iter(page)))
        })
        .collect();
    let count = i64::try_from(kids.len()).unwrap();
    let tree = [("Type", "Pages".into()), ("Kids", kids.into()), ("Count", count.into())];
    document.objects.insert(root, Dictionary::from_iter(tree).into());
    let catalog = document
        .add_object(Dictionary::from_iter([("Type", Object::from("Catalog")), ("Pages", root.into())]));
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// Small files that cost a lot.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &[u8], count: usize| open.repeat(count);
    let raw = |body: Vec<u8>| {
        [b"%PDF-1.7\n1 0 obj\n".to_vec(), body, b"\nendobj\ntrailer <</Root 1 0 R>>\n".to_vec()].concat()
    };
    vec![
        ("forty megabytes of words", word([b"<w:t>".to_vec(), vec![b'a'; 40_000_000]].concat())),
        ("elements in elements", word(nested(b"<w:p>", 4_000_000))),
        (
            "a hundred thousand attributes",
            word([b"<w:p".to_vec(), nested(b" a=\"b\"", 2_000_000), b">".to_vec()].concat()),
        ),
        ("a name without end", word([b"<".to_vec(), vec![b'w'; 40_000_000]].concat())),
        ("entities", word([b"<w:t>".to_vec(), nested(b"&amp;", 4_000_000)].concat())),
        ("ten thousand files", zipped((0..10_000).map(|n| (format!("{n}"), Vec::new())))),
        ("a page that unpacks to more than its limit", pdf(1, nested(b"BT ET\n", 5_000_000))),
        ("a page that unpacks to its limit, often", pdf(2_000, nested(b"(a) Tj\n", 2_000_000))),
        ("arrays in arrays", raw(nested(b"[", 900_000))),
        ("dictionaries in dictionaries", raw(nested(b"<</A", 200_000))),
        ("brackets in brackets", raw(nested(b"(", 900_000))),
        ("arrays in the content", pdf(1, nested(b"[", 5_000_000))),
        ("pages in pages", raw(b"<</Type/Catalog/Pages 1 0 R/Kids[1 0 R 1 0 R]>>".to_vec())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_made_to_waste_resources_end_at_most_their_worker() {
    let workers = Workers::of(BINARY.into());
    let holiday =
        std::fs::read(format!("{}/tests/fixtures/documents/holiday.pdf", env!("CARGO_MANIFEST_DIR")))
            .unwrap();
    for (name, bytes) in bombs() {
        let size = bytes.len();
        let begun = Instant::now();
        let came = workers.place().await.document_text(bytes.into()).await;
        println!("{name}: {size} bytes, {:?}, {:?}", begun.elapsed(), came.as_ref().map(String::len));
        match came {
            Ok(text) => assert!(text.len() <= 1_000_000, "{name}"),
            Err(error) => assert!(error.document_fault().is_some(), "{name}: {error}"),
        }
        // The next one's document is read all the same.
        let text = workers.place().await.document_text(holiday.clone().into()).await.unwrap();
        assert!(text.starts_with("My holiday in Porto."), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_documents_are_read_or_refused() {
    let workers = Arc::new(Workers::of(BINARY.into()));
    let whole = Arc::new(all_in("documents"));
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..4 {
        let (workers, whole) = (workers.clone(), whole.clone());
        tasks.spawn(async move {
            let (mut read, mut refused, mut lost) = (0, 0, 0);
            for n in (lane..FILES).step_by(4).take_while(|_| began.elapsed() < FOR_SO_LONG) {
                let (name, bytes) = mutate::broken(n, &whole);
                match workers.place().await.document_text(bytes.into()).await {
                    Ok(_) => read += 1,
                    Err(JobError::NoText(fault)) => {
                        assert_ne!(fault, DocumentFault::TooLarge);
                        refused += 1;
                    }
                    // The parser could not cope, and its worker is gone with it.
                    Err(JobError::Died(Death::Memory | Death::Crashed)) => lost += 1,
                    Err(error) => panic!("{n}, of {name}: {error}"),
                }
            }
            (read, refused, lost)
        });
    }
    let mut sums = (0, 0, 0);
    while let Some(counts) = tasks.join_next().await {
        let (read, refused, lost) = counts.unwrap();
        sums = (sums.0 + read, sums.1 + refused, sums.2 + lost);
    }
    println!("{} read, {} refused, {} workers lost", sums.0, sums.1, sums.2);
    assert!(sums.0 > 0 && sums.1 > 0, "{sums:?}");
}
