//! Turns the parser's events into spans. Must not know what is harmless.

use super::table::Table;
use crate::domain::rich::{Format, Kind, Quote, Rich};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Deepest indentation of lists: more helps no reader and costs quadratic space.
const DEEPEST: usize = 8;
/// Bullets by depth.
const BULLETS: [&str; 3] = ["• ", "◦ ", "▪ "];
/// Longest name of a language, characters.
const LANGUAGE_LIMIT: usize = 32;
/// Put between `]` and `:` while the text is parsed, because the parser takes `[Waiter]: Good evening!` for the
/// definition of a link and drops it. This noncharacter (Unicode "noncharacters") occurs in no text.
const KEPT: char = '\u{fffe}';

pub(super) fn write(text: &str) -> Rich {
    let text: String = text.chars().filter(|c| *c != KEPT).collect();
    let text = text.replace("]:", &format!("]{KEPT}:"));
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer { source: &text, ..Writer::default() };
    for (event, range) in Parser::new_ext(&text, options).into_offset_iter() {
        writer.take(event, range.start);
    }
    writer.rich
}

/// A link or picture that has begun.
struct Link {
    address: String,
    /// Its text so far.
    words: String,
}

#[derive(Default)]
struct Writer<'a> {
    source: &'a str,
    rich: Rich,
    /// Bytes written.
    length: usize,
    bold: usize,
    italic: usize,
    strike: usize,
    /// Open links and pictures; only the outermost counts.
    links: usize,
    link: Option<Link>,
    /// Open quotes; inner ones become text of the outermost.
    quotes: usize,
    /// Number of the outermost quote, and of the one last written to; 0: none.
    quote: usize,
    quote_written: usize,
    /// Next numbers of the open lists; `None`: bullets.
    lists: Vec<Option<u64>>,
    /// The bullet is written, its text is not.
    fresh_item: bool,
    /// A block that is shown as it is, and where it begins.
    block: Option<(Block, String, usize)>,
    table: Option<Table>,
}

enum Block {
    Code(String),
    Html,
}

impl Writer<'_> {
    fn take(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(tag) => self.start(tag, at),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => self.words(&text),
            Event::Code(text) => self.code(&text),
            Event::SoftBreak | Event::HardBreak => self.words("\n"),
            Event::Rule => {
                self.gap(at);
                self.words("———");
            }
            Event::TaskListMarker(done) => {
                self.words(if done { "☑ " } else { "☐ " });
                self.fresh_item = true;
            }
            // From extensions that are off.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.words(&text);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, at: usize) {
        match tag {
            Tag::Paragraph => self.gap(at),
            Tag::Heading { .. } => {
                self.gap(at);
                self.bold += 1;
            }
            Tag::BlockQuote(_) => {
                if self.quotes == 0 {
                    self.quote += 1;
                }
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => language(&info),
                    CodeBlockKind::Indented => String::new(),
                };
                self.block = Some((Block::Code(language), String::new(), at));
            }
            Tag::HtmlBlock => self.block = Some((Block::Html, String::new(), at)),
            Tag::List(first) => self.lists.push(first),
            Tag::Item => self.item(at),
            Tag::Table(columns) => {
                self.gap(at);
                self.table = Some(Table::new(columns));
            }
            Tag::TableRow | Tag::TableHead => self.table.iter_mut().for_each(Table::row),
            Tag::TableCell => self.table.iter_mut().for_each(Table::cell),
            Tag::Emphasis => self.italic += 1,
            Tag::Strong => self.bold += 1,
            Tag::Strikethrough => self.strike += 1,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links += 1;
                if self.links == 1 {
                    self.link = Some(Link { address: cleaned(&dest_url), words: String::new() });
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Emphasis => self.italic = self.italic.saturating_sub(1),
            TagEnd::Strikethrough => self.strike = self.strike.saturating_sub(1),
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => self.fresh_item = false,
            TagEnd::CodeBlock | TagEnd::HtmlBlock => self.end_block(),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    let (kind, text) = (Kind::Pre(String::new()), table.drawn());
                    self.add(Format { kind, ..self.surroundings() }, text);
                }
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    fn end_block(&mut self) {
        let Some((block, text, at)) = self.block.take() else { return };
        let text = cleaned(text.trim_end_matches('\n'));
        if text.trim().is_empty() {
            return;
        }
        self.gap(at);
        match block {
            Block::Html => self.words(&text),
            Block::Code(language) => {
                // Telegram turns a tab into one space.
                let (kind, text) = (Kind::Pre(language), text.replace('\t', "    "));
                self.add(Format { kind, ..self.surroundings() }, text);
            }
        }
    }

    /// The address is written after the text, unless it is the text.
    fn end_link(&mut self) {
        self.links = self.links.saturating_sub(1);
        if self.links > 0 {
            return;
        }
        let Some(Link { address, words }) = self.link.take() else { return };
        let same =
            ["", "https://", "http://", "mailto:"].iter().any(|scheme| address == format!("{scheme}{words}"));
        if words.trim().is_empty() {
            self.address(address);
        } else if !address.is_empty() && !same {
            self.words(" (");
            self.address(address);
            self.words(")");
        }
    }

    fn address(&mut self, address: String) {
        self.link = Some(Link { address: address.clone(), words: String::new() });
        self.words(&address);
        self.link = None;
    }

    fn item(&mut self, at: usize) {
        self.gap(at);
        let depth = self.lists.len().saturating_sub(1);
        let indent = "  ".repeat(depth.min(DEEPEST));
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                marker
            }
            _ => BULLETS.get(depth).or(BULLETS.last()).copied().unwrap_or_default().to_owned(),
        };
        self.add(self.surroundings(), format!("{indent}{marker}"));
        self.fresh_item = true;
    }

    /// Between blocks stay as many empty lines as there were, two at most; after a bullet none.
    fn gap(&mut self, at: usize) {
        if self.length == 0 || std::mem::take(&mut self.fresh_item) {
            return;
        }
        let before = self.source.get(..at).unwrap_or_default().bytes().rev();
        let between = before.take_while(|b| matches!(b, b'\n' | b'\r' | b' ' | b'\t' | b'>'));
        let lines = between.filter(|b| *b == b'\n').take(2).count();
        // What is between two quotes belongs to neither.
        let within = self.quotes > 0 && self.quote == self.quote_written;
        let quote = if within { Some(Quote::Open) } else { None };
        self.put(Format { quote, ..Format::default() }, "\n".repeat(lines));
    }

    fn words(&mut self, text: &str) {
        if let Some((_, block, _)) = &mut self.block {
            block.push_str(text);
            return;
        }
        let kind = match &self.link {
            Some(link) => Kind::Link(link.address.clone()),
            None => Kind::Words,
        };
        let (bold, italic, strike) = (self.bold > 0, self.italic > 0, self.strike > 0);
        self.add(Format { bold, italic, strike, kind, ..self.surroundings() }, cleaned(text));
    }

    fn code(&mut self, text: &str) {
        self.add(Format { kind: Kind::Code, ..self.surroundings() }, cleaned(text));
    }

    /// The format of plain text here.
    fn surroundings(&self) -> Format {
        Format { quote: (self.quotes > 0).then_some(Quote::Open), ..Format::default() }
    }

    fn add(&mut self, format: Format, text: String) {
        self.fresh_item = false;
        if let Some(link) = &mut self.link {
            link.words.push_str(&text);
        }
        self.quote_written = if self.quotes > 0 { self.quote } else { 0 };
        match &mut self.table {
            Some(table) => table.write(&text),
            None => self.put(format, text),
        }
    }

    fn put(&mut self, format: Format, text: String) {
        self.length += text.len();
        self.rich.add(format, text);
    }
}

/// Removes what Telegram removes, so that lengths agree: control characters, and characters that change the
/// writing direction.
fn cleaned(text: &str) -> String {
    text.chars()
        .filter(|c| {
            *c == '\n' || *c == '\t' || !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}') && *c != KEPT
        })
        .collect()
}

/// The first word after a fence, as Telegram takes it.
fn language(info: &str) -> String {
    let word = info.split([' ', ',', '\t']).next().unwrap_or_default();
    word.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '#' | '.' | '_'))
        .take(LANGUAGE_LIMIT)
        .collect::<String>()
        .to_ascii_lowercase()
}
