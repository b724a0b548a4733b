//! Server-sent events out of bytes, in whatever pieces they come.
//!
//! Bounded, and more tolerant than the standard where servers are: the last event may lack its empty line, bytes that are
//! no UTF-8 are replaced, and a bare line of JSON counts as data. Must not know what an event means.

use std::collections::VecDeque;

/// Longest event, bytes.
const EVENT_CAP: usize = 1 << 20;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its `event` field; `error` for llama.cpp's field of that name.
    pub name: String,
    /// Its `data` lines.
    pub data: String,
}

/// An event is longer than any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    after_cr: bool,
    event: Event,
    ready: VecDeque<Event>,
}

impl Decoder {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`TooLong`]: the stream is of no use any more.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (content, ended) = match piece.split_last() {
                Some((b'\n', [])) if self.after_cr => {
                    self.after_cr = false;
                    continue;
                }
                Some((end @ (b'\n' | b'\r'), content)) => {
                    self.after_cr = *end == b'\r';
                    (content, true)
                }
                _ => {
                    self.after_cr = false;
                    (piece, false)
                }
            };
            self.line.extend_from_slice(content);
            if self.line.len() + self.event.data.len() > EVENT_CAP {
                return Err(TooLong);
            }
            if ended {
                self.end_line();
            }
        }
        Ok(())
    }

    /// Nothing follows: what has come is complete.
    pub fn finish(&mut self) {
        self.end_line();
        self.end_event();
    }

    /// The next event that is complete.
    pub fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_start_matches('\u{feff}');
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = match line.split_once(':') {
            _ if line.starts_with('{') => ("data", line),
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match field {
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.event.name),
            "error" => {
                self.end_event();
                self.ready.push_back(Event { name: "error".to_owned(), data: value.to_owned() });
            }
            // Comments (keep-alives), `id`, `retry` and what else there may be.
            _ => {}
        }
    }

    fn end_event(&mut self) {
        let event = std::mem::take(&mut self.event);
        if !event.data.is_empty() {
            self.ready.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut decoder = Decoder::default();
        for piece in pieces {
            decoder.push(piece).unwrap();
        }
        decoder.finish();
        std::iter::from_fn(|| decoder.next()).map(|event| (event.name, event.data)).collect()
    }

    #[test]
    fn reads_what_servers_send() {
        let event = |name: &str, data: &str| (name.to_owned(), data.to_owned());
        for (bytes, events) in [
            ("data: a\n\ndata: b\n\n", vec![event("", "a"), event("", "b")]),
            ("data:a\r\n\r\ndata:b\r\n\r\n", vec![event("", "a"), event("", "b")]),
            ("data: a\rdata: b\r\r", vec![event("", "a\nb")]),
            ("event: e\r\ndata: a\r\ndata: b\r\n\r\n", vec![event("e", "a\nb")]),
            (": keep-alive\n\n: x\ndata: a\nid: 1\nretry: 5\n\n\n\n", vec![event("", "a")]),
            ("event: ping\ndata: {}\n\n", vec![event("ping", "{}")]),
            ("\u{feff}data: a\n\n", vec![event("", "a")]),
            ("data: a\n\ndata: [DONE]", vec![event("", "a"), event("", "[DONE]")]),
            ("error: {\"code\":500}\n\n", vec![event("error", "{\"code\":500}")]),
            ("{\"error\":\"x: y\"}\n", vec![event("", "{\"error\":\"x: y\"}")]),
            ("data\n\nevent: alone\n\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(decoded(&[bytes.as_bytes()]), events, "{bytes:?}");
        }
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(b"data: "), Ok(()));
        let pieces = (0..3).map(|_| decoder.push(&[b'x'; 512 << 10])).collect::<Vec<_>>();
        assert!(pieces.contains(&Err(TooLong)), "{pieces:?}");
        let mut decoder = Decoder::default();
        let line = [b"data: ", [b'x'; 1_000].as_slice(), b"\n"].concat();
        assert!((0..2_000).any(|_| decoder.push(&line).is_err()), "many lines of one event");
    }

    proptest! {
        #[test]
        fn the_cuts_between_pieces_change_nothing(
            words in proptest::collection::vec("[a-zäß😀{}:]{0,6}", 0..8),
            cuts in proptest::collection::vec(1usize..7, 1..80),
            end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
        ) {
            let whole: String = words.iter().map(|word| format!("data: {word}{end}{end}")).collect();
            let (mut pieces, mut rest) = (Vec::new(), whole.as_bytes());
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, left) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = left;
            }
            let expected: Vec<_> =
                words.iter().filter(|word| !word.is_empty()).map(|word| (String::new(), word.clone())).collect();
            prop_assert_eq!(decoded(&pieces), expected);
        }
    }
}
