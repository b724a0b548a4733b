//! Completes a text that was cut anywhere: what is open is closed, what has only begun is left out.
//!
//! A guess for the preview, right for what models write; the parser decides. Must not know spans.

/// A line of only these characters may be the beginning of a list, a heading, a rule or a table.
const BEGINNINGS: &[char] = &['-', '=', '*', '+', '#', '>', '_', '|', ':', ' '];

/// A run of characters that opened something.
struct Opened {
    sign: char,
    count: usize,
    /// Position after it.
    behind: usize,
}

/// The text, with everything closed that is open in its last paragraph.
pub(super) fn completed(text: &str) -> String {
    let mut text = text.trim_end();
    if in_fence(text) {
        return text.trim_end_matches('`').trim_end().to_owned();
    }
    let last_line = text.rfind('\n').map_or(0, |at| at + 1);
    if text.get(last_line..).is_some_and(|line| line.chars().all(|c| BEGINNINGS.contains(&c))) {
        text = text.get(..last_line).unwrap_or_default().trim_end();
    }
    let paragraph = text.rfind("\n\n").map_or(0, |at| at + 2);
    let mut tail = Tail { text, at: paragraph, opened: Vec::new(), brackets: Vec::new() };
    let end = tail.read();
    let Tail { mut opened, .. } = tail;
    let mut whole = match end {
        End::Text => text.to_owned(),
        End::Cut(at) => text.get(..at).unwrap_or_default().trim_end().to_owned(),
        End::HalfLink { bracket, words_end } => {
            let (before, words) = (text.get(..bracket), text.get(bracket + 1..words_end));
            opened.retain(|run| run.behind <= words_end);
            opened.iter_mut().filter(|run| run.behind > bracket).for_each(|run| run.behind -= 1);
            format!("{}{}", before.unwrap_or_default(), words.unwrap_or_default())
        }
    };
    while let Some(Opened { sign, count, behind }) = opened.pop() {
        if behind >= whole.len() {
            // It has no content yet.
            whole.truncate(behind - count);
            whole.truncate(whole.trim_end().len());
        } else {
            whole.extend(std::iter::repeat_n(sign, count));
        }
    }
    whole
}

fn in_fence(text: &str) -> bool {
    let mut fence: Option<(char, usize)> = None;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t', '>']);
        let Some(sign) = line.chars().next().filter(|c| matches!(c, '`' | '~')) else { continue };
        let count = line.chars().take_while(|c| *c == sign).count();
        match fence {
            None if count >= 3 => fence = Some((sign, count)),
            Some((open, least)) if open == sign && count >= least && line.trim_end().len() == count => {
                fence = None
            }
            _ => {}
        }
    }
    fence.is_some()
}

enum End {
    /// Nothing is unfinished.
    Text,
    /// Cut here: what follows has begun and cannot be told yet.
    Cut(usize),
    /// Inside the address of a link.
    HalfLink { bracket: usize, words_end: usize },
}

/// The unread rest of the last paragraph.
struct Tail<'a> {
    text: &'a str,
    at: usize,
    opened: Vec<Opened>,
    brackets: Vec<usize>,
}

impl Tail<'_> {
    fn read(&mut self) -> End {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\\' => {
                    let skipped: usize = self.rest().chars().take(2).map(char::len_utf8).sum();
                    self.at += skipped;
                }
                '`' => self.code(),
                '*' | '_' | '~' => {
                    if let Some(end) = self.emphasis(c) {
                        return end;
                    }
                }
                '[' => {
                    self.brackets.push(self.at);
                    self.at += 1;
                }
                ']' => {
                    if let Some(end) = self.link() {
                        return end;
                    }
                }
                _ => self.at += c.len_utf8(),
            }
        }
        match self.brackets.last() {
            Some(&bracket) if !self.text.get(bracket..).unwrap_or_default().contains('\n') => {
                End::HalfLink { bracket, words_end: self.text.len() }
            }
            _ => End::Text,
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How often `sign` is repeated here.
    fn run(&self, sign: char) -> usize {
        self.rest().len() - self.rest().trim_start_matches(sign).len()
    }

    /// Skips code, which may be unfinished.
    fn code(&mut self) {
        let count = self.run('`');
        let behind = self.at + count;
        let mut at = behind;
        while let Some(next) = self.text.get(at..).and_then(|rest| rest.find('`')) {
            let run = self.text.get(at + next..).unwrap_or_default();
            let length = run.len() - run.trim_start_matches('`').len();
            at += next + length;
            if length == count {
                self.at = at;
                return;
            }
        }
        self.opened.push(Opened { sign: '`', count, behind });
        self.at = self.text.len();
    }

    fn emphasis(&mut self, sign: char) -> Option<End> {
        let count = self.run(sign);
        let before = self.text.get(..self.at).and_then(|text| text.chars().next_back());
        let behind = self.at + count;
        let after = self.text.get(behind..).and_then(|text| text.chars().next());
        let closes = before.is_some_and(|c| !c.is_whitespace());
        let in_word = sign == '_'
            && before.is_some_and(char::is_alphanumeric)
            && after.is_some_and(char::is_alphanumeric);
        let matches = self.opened.last().is_some_and(|run| run.sign == sign && run.count == count);
        if in_word {
        } else if closes && matches {
            self.opened.pop();
        } else if after.is_none() {
            return Some(End::Cut(self.at));
        } else if after.is_some_and(|c| !c.is_whitespace()) {
            self.opened.push(Opened { sign, count, behind });
        }
        self.at = behind;
        None
    }

    /// A closing bracket and the address after it.
    fn link(&mut self) -> Option<End> {
        let words_end = self.at;
        self.at += 1;
        let bracket = self.brackets.pop()?;
        if !self.rest().starts_with('(') {
            return None;
        }
        let line_end = self.rest().find([')', '\n'].as_slice());
        match line_end {
            None => Some(End::HalfLink { bracket, words_end }),
            Some(length) => {
                self.at += length;
                None
            }
        }
    }
}
