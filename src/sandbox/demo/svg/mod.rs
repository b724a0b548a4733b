//! Draws the chat as a phone shows it, as an SVG picture, light or dark; the same chat gives the same bytes.
//! Must not know where messages come from; `layout` breaks text into lines.

mod layout;

use crate::sandbox::bot_api::{ChatEntry, EntryKind};
use layout::{Line, lines};
use serde_json::Value;
use std::fmt::Write;

/// Greatest height of the picture, px: what comes after it is left out.
const HEIGHT: f32 = 1_230.0;
/// Width of the picture, px.
const WIDTH: f32 = 420.0;
/// Space around the bubbles, px.
const MARGIN: f32 = 12.0;
/// Widest bubble, px.
const BUBBLE: f32 = 330.0;
/// Space between a bubble's edge and its text, px.
const PADDING: f32 = 11.0;
/// Line height, px.
const LINE: f32 = 19.0;
/// Height of the bar with the bot's name, px.
const HEADER: f32 = 52.0;
/// Height of a voice note inside its bubble, px.
const NOTE: f32 = 40.0;
/// Height of the strip that shows which message is answered, px.
const QUOTED: f32 = 38.0;
/// Height of a button, px.
const BUTTON: f32 = 34.0;
/// Indent of quoted text, px.
const INDENT: f32 = 12.0;
/// Bars of a voice note's waveform.
const BARS: u32 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

struct Palette {
    ground: &'static str,
    header: &'static str,
    theirs: &'static str,
    own: &'static str,
    ink: &'static str,
    faint: &'static str,
    accent: &'static str,
    tint: &'static str,
    button: &'static str,
}

impl Theme {
    fn palette(self) -> Palette {
        match self {
            Self::Light => Palette {
                ground: "#dfe7ee",
                header: "#ffffff",
                theirs: "#ffffff",
                own: "#e2f7cb",
                ink: "#14171a",
                faint: "#5f6b76",
                accent: "#1b72b8",
                tint: "#e8f1f9",
                button: "#c9d6e1",
            },
            Self::Dark => Palette {
                ground: "#0e1621",
                header: "#17212b",
                theirs: "#182533",
                own: "#2b5278",
                ink: "#f2f5f7",
                faint: "#a3b1bf",
                accent: "#6ab7f0",
                tint: "#1f3347",
                button: "#22384c",
            },
        }
    }
}

/// Draws a screenful from the beginning of a chat, under the bot's name. Deleted messages and service
/// messages are left out.
pub(crate) fn draw(title: &str, entries: &[ChatEntry], theme: Theme) -> String {
    let mut picture = Picture { colours: theme.palette(), body: String::new(), y: HEADER + MARGIN };
    for entry in entries.iter().filter(|entry| !entry.deleted && entry.kind != EntryKind::Service) {
        let (drawn, y) = (picture.body.len(), picture.y);
        picture.message(entry, entries);
        if picture.y > HEIGHT && drawn > 0 {
            picture.body.truncate(drawn);
            picture.y = y;
            break;
        }
    }
    picture.finish(title)
}

struct Picture {
    colours: Palette,
    body: String,
    /// Top of the next bubble, px.
    y: f32,
}

impl Picture {
    fn push(&mut self, svg: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(svg);
    }

    fn rect(&mut self, at: (f32, f32), size: (f32, f32), radius: f32, fill: &str) {
        let ((x, y), (w, h)) = (at, size);
        self.push(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"{radius}\" fill=\"{fill}\"/>\n"
        ));
    }

    fn message(&mut self, entry: &ChatEntry, all: &[ChatEntry]) {
        let mut text = lines(&entry.text, &entry.entities, BUBBLE - 2.0 * PADDING, INDENT);
        let file = match entry.kind {
            EntryKind::Photo => Some("🖼 picture"),
            EntryKind::Document => {
                entry.file.as_ref().map(|file| file.file_name.as_deref().unwrap_or("document"))
            }
            _ => None,
        };
        if let Some(file) = file {
            text.splice(..0, lines(file, &[], BUBBLE - 2.0 * PADDING, INDENT));
        }
        let is_note = entry.kind == EntryKind::Voice;
        let answered = entry
            .reply_to
            .filter(|_| entry.from_bot)
            .and_then(|id| all.iter().find(|other| other.message_id == id));
        let widest = text.iter().map(|line| line.width + if line.quote { INDENT } else { 0.0 });
        let fixed = match (is_note, answered) {
            (true, _) => 236.0,
            (false, Some(_)) => 150.0,
            (false, None) => 40.0,
        };
        let inner = widest.fold(fixed, f32::max).min(BUBBLE - 2.0 * PADDING);
        let width = inner + 2.0 * PADDING;
        let mut height = 2.0 * 8.0 + text.len() as f32 * LINE;
        height += if is_note { NOTE } else { 0.0 } + if answered.is_some() { QUOTED + 4.0 } else { 0.0 };
        let x = if entry.from_bot { MARGIN } else { WIDTH - MARGIN - width };
        let fill = if entry.from_bot { self.colours.theirs } else { self.colours.own };
        self.rect((x, self.y), (width, height), 14.0, fill);
        let mut y = self.y + 8.0;
        if let Some(answered) = answered {
            self.quoted((x + PADDING, y), inner, answered);
            y += QUOTED + 4.0;
        }
        if is_note {
            self.note((x + PADDING, y), entry);
            y += NOTE;
        }
        self.text((x + PADDING, y), inner, &text);
        self.y += height + 4.0;
        self.buttons((x, width), entry);
        self.y += 6.0;
    }

    /// The strip that shows which message is answered.
    fn quoted(&mut self, at: (f32, f32), width: f32, answered: &ChatEntry) {
        let (x, y) = at;
        let (tint, accent) = (self.colours.tint, self.colours.accent);
        self.rect((x, y), (width, QUOTED - 2.0), 5.0, tint);
        self.rect((x, y), (3.0, QUOTED - 2.0), 1.5, accent);
        let what = match answered.kind {
            EntryKind::Voice => "Voice message".to_owned(),
            _ => answered.text.chars().take(24).collect(),
        };
        let (name, ink) = ("You", self.colours.ink);
        self.push(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\" font-weight=\"600\" fill=\"{accent}\">{name}</text>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\" fill=\"{ink}\">{}</text>\n",
            x + 10.0,
            y + 15.0,
            x + 10.0,
            y + 30.0,
            escaped(&what)
        ));
    }

    /// A voice note: button, waveform and length. The waveform is decoration; it measures nothing.
    fn note(&mut self, at: (f32, f32), entry: &ChatEntry) {
        let (x, y) = at;
        let (accent, faint, ground) = (self.colours.accent, self.colours.faint, self.colours.theirs);
        let (cx, cy) = (x + 17.0, y + 18.0);
        self.push(format_args!(
            "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"17\" fill=\"{accent}\"/>\n\
             <path d=\"M{:.1} {:.1}l11 6.5l-11 6.5z\" fill=\"{ground}\"/>\n",
            cx - 4.0,
            cy - 6.5
        ));
        let mut state = u32::try_from(entry.message_id).unwrap_or(1).wrapping_mul(2_654_435_761);
        for bar in 0..BARS {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let height = 4.0 + (state >> 24) as f32 / 256.0 * 17.0;
            self.rect((x + 44.0 + bar as f32 * 5.0, cy - height / 2.0), (3.0, height), 1.5, accent);
        }
        let seconds = entry.file.as_ref().map_or(0, |file| file.duration);
        self.push(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\" fill=\"{faint}\">{}:{:02}</text>\n",
            x + 44.0 + BARS as f32 * 5.0 + 8.0,
            cy + 4.0,
            seconds / 60,
            seconds % 60
        ));
    }

    fn text(&mut self, at: (f32, f32), width: f32, text: &[Line]) {
        let (x, top) = at;
        let (tint, accent, ink) = (self.colours.tint, self.colours.accent, self.colours.ink);
        let mut row = 0;
        while let Some(line) = text.get(row) {
            if !line.quote {
                row += 1;
                continue;
            }
            let rows = text.iter().skip(row).take_while(|line| line.quote).count();
            let y = top + row as f32 * LINE;
            self.rect((x, y), (width, rows as f32 * LINE + 2.0), 5.0, tint);
            self.rect((x, y), (3.0, rows as f32 * LINE + 2.0), 1.5, accent);
            row += rows;
        }
        for (row, line) in text.iter().enumerate() {
            let (left, baseline) =
                (x + if line.quote { INDENT } else { 0.0 }, top + row as f32 * LINE + 14.5);
            self.push(format_args!(
                "<text x=\"{left:.1}\" y=\"{baseline:.1}\" fill=\"{ink}\" xml:space=\"preserve\">"
            ));
            for run in &line.runs {
                let style = run.style;
                let mut attributes = String::new();
                if style.bold {
                    attributes.push_str(" font-weight=\"600\"");
                }
                if style.italic {
                    attributes.push_str(" font-style=\"italic\"");
                }
                if style.underline {
                    attributes.push_str(" text-decoration=\"underline\"");
                }
                if style.code {
                    attributes.push_str(" font-family=\"ui-monospace, monospace\"");
                }
                if style.link {
                    attributes.push_str(" fill=\"");
                    attributes.push_str(accent);
                    attributes.push('"');
                }
                self.push(format_args!("<tspan{attributes}>{}</tspan>", escaped(&run.text)));
            }
            self.push(format_args!("</text>\n"));
        }
    }

    fn buttons(&mut self, place: (f32, f32), entry: &ChatEntry) {
        let (x, width) = place;
        let width = width.max(220.0);
        let (fill, ink) = (self.colours.button, self.colours.ink);
        for row in labels(entry).iter().filter(|row| !row.is_empty()) {
            let each = (width - (row.len() - 1) as f32 * 4.0) / row.len() as f32;
            for (place, label) in row.iter().enumerate() {
                let left = x + place as f32 * (each + 4.0);
                self.rect((left, self.y), (each, BUTTON), 8.0, fill);
                self.push(format_args!(
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"14\" fill=\"{ink}\">{}</text>\n",
                    left + each / 2.0,
                    self.y + 22.0,
                    escaped(label)
                ));
            }
            self.y += BUTTON + 4.0;
        }
    }

    fn finish(self, title: &str) -> String {
        let (height, colours) = (self.y + MARGIN, self.colours);
        let (ground, header, ink, accent, faint) =
            (colours.ground, colours.header, colours.ink, colours.accent, colours.faint);
        let title = escaped(title);
        let initial = escaped(&title.chars().next().map(String::from).unwrap_or_default());
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
             font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif\" font-size=\"15\" role=\"img\">\n\
             <title>A chat with {title}</title>\n\
             <rect width=\"100%\" height=\"100%\" rx=\"18\" fill=\"{ground}\"/>\n\
             <path d=\"M0 18a18 18 0 0 1 18-18h{:.0}a18 18 0 0 1 18 18v{:.0}h-{WIDTH}z\" fill=\"{header}\"/>\n\
             <circle cx=\"32\" cy=\"26\" r=\"17\" fill=\"{accent}\"/>\n\
             <text x=\"32\" y=\"32\" text-anchor=\"middle\" font-weight=\"600\" fill=\"{header}\">{initial}</text>\n\
             <text x=\"60\" y=\"24\" font-weight=\"600\" fill=\"{ink}\">{title}</text>\n\
             <text x=\"60\" y=\"41\" font-size=\"12\" fill=\"{faint}\">bot</text>\n\
             {}</svg>\n",
            WIDTH - 36.0,
            HEADER - 18.0,
            self.body
        )
    }
}

fn labels(entry: &ChatEntry) -> Vec<Vec<String>> {
    let rows = entry.keyboard.as_ref().and_then(|keyboard| keyboard.get("inline_keyboard"));
    let label = |button: &Value| button.get("text").and_then(Value::as_str).map(str::to_owned);
    let rows = rows.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_array);
    rows.map(|row| row.iter().filter_map(label).collect()).collect()
}

/// Escapes text for XML and leaves out characters that XML forbids.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
