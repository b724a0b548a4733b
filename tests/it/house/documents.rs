//! The documents agree with the code: they name every option, command and event, and their links lead somewhere.

use super::{code, root, rust_files, sources};
use phonicflow_bot::logging::Event;
use std::fs;

#[test]
fn the_documents_name_every_option_and_every_command() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let mut options = read("docs/configuration.md");
    let table = phonicflow_bot::config::markdown_table();
    if std::env::var_os("BLESS").is_some() {
        let start = options.find("| key | default | meaning |").unwrap();
        let length = options[start..].find("\n\n").unwrap() + 1;
        options.replace_range(start..start + length, &table);
        fs::write(root().join("docs/configuration.md"), &options).unwrap();
    }
    assert!(
        options.contains(&table),
        "the table of options has changed: BLESS=1 cargo test writes the files made of it"
    );
    let example = fs::read_to_string(root().join(".env.telegram.example")).unwrap();
    for flag in phonicflow_bot::config::flags() {
        let named = options.contains(&format!("`{}`", flag.key));
        assert!(named, "docs/configuration.md does not name {}", flag.key);
        assert!(example.contains(flag.key), ".env.telegram.example does not name {}", flag.key);
    }
    let operating = read("docs/operating.md");
    for command in
        ["run", "demo", "convert", "config", "sessions list", "sessions show", "queue list", "queue retry"]
    {
        assert!(operating.contains(&format!("`{command}")), "docs/operating.md does not name `{command}`");
    }
    let readme = read("README.md");
    let first_screen: String = readme.lines().take(40).collect::<Vec<_>>().join("\n");
    assert!(first_screen.contains("cargo run --release -- demo") && first_screen.contains("cargo test"));
}

/// A link in a document that leads to a file of ours finds it, and its heading.
#[test]
fn the_links_of_the_documents_lead_somewhere() {
    let slug = |heading: &str| {
        let kept =
            heading.to_lowercase().replace(|c: char| !(c.is_alphanumeric() || c == ' ' || c == '-'), "");
        kept.replace(' ', "-")
    };
    let pages = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    for page in pages.chain([root().join("README.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap();
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let linked = fs::read(&file).unwrap_or_else(|_| panic!("{} links to {target}", page.display()));
            let headings = String::from_utf8_lossy(&linked);
            let mut headings = headings.lines().filter(|line| line.starts_with('#'));
            let found = heading.is_empty()
                || headings.any(|line| slug(line.trim_start_matches('#').trim()) == heading);
            assert!(found, "{} links to {target}", page.display());
        }
    }
}

/// What a line of the log is about stands in its field `event`; its wording is nobody's contract.
#[test]
fn the_events_of_the_log_are_documented_and_no_test_reads_its_wording() {
    let operating = fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let logged: String = sources().iter().map(|(_, text)| code(text)).collect();
    for event in Event::ALL {
        assert!(operating.contains(&format!("`{event}`")), "docs/operating.md does not list {event}");
        assert!(logged.contains(&format!("event = %Event::{event:?},")), "nobody logs {event}");
    }
    // `World::log` gives out no text to search, but for what somebody else chose: names and secrets, no sentences.
    for (file, text) in rust_files(&root().join("tests")) {
        for literal in text.split(".holds(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let is_sentence = literal.contains(' ');
            assert!(!is_sentence, "{file} depends on the wording of a log line: {literal:?}");
        }
    }
}
