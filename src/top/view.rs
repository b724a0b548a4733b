//! A snapshot and its course, drawn.
//!
//! Alone lays out widgets. Must not know where snapshots come from or how keys are read.

use super::model::{Course, Rate};
use crate::admin::snapshot::{LogLine, Share, Snapshot, TutorSign};
use crate::domain::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, ListItem, Paragraph, Row, Sparkline, Table};

/// Smallest terminal that shows all of it, columns and rows.
const LEAST: (u16, u16) = (60, 20);

const WELL: Style = Style::new().fg(Color::Green);
const UNWELL: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const WORTH_A_LOOK: Style = Style::new().fg(Color::Yellow);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);

/// Draws everything; `note` tells of a connection that was lost.
pub fn draw(frame: &mut Frame<'_>, course: &Course, note: Option<&str>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("This needs {} columns and {} rows.", LEAST.0, LEAST.1);
        return frame.render_widget(Paragraph::new(text), area);
    }
    let Some(now) = course.latest() else {
        let text = note.unwrap_or("Waiting for the daemon's first numbers …");
        return frame.render_widget(Paragraph::new(text), area);
    };
    let rates = course.rates();
    let rate_rows = u16::try_from(rates.len()).unwrap_or(10) + 3;
    let [head, state, numbers, log] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(6),
        Constraint::Length(rate_rows.min(area.height.saturating_sub(12))),
        Constraint::Min(4),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(heading(now, note)), head);
    let [polling, tutor, queue] = Layout::horizontal([Constraint::Ratio(1, 3); 3]).areas(state);
    frame.render_widget(boxed("Polling", polling_lines(now)), polling);
    frame.render_widget(boxed("Tutor", tutor_lines(now)), tutor);
    frame.render_widget(boxed("Queue", queue_lines(now)), queue);
    let [table, bars] = Layout::horizontal([Constraint::Length(42), Constraint::Min(10)]).areas(numbers);
    frame.render_widget(rate_table(&rates), table);
    draw_bars(frame, course, bars);
    frame.render_widget(recent(&now.recent, log), log);
}

fn heading(now: &Snapshot, note: Option<&str>) -> Line<'static> {
    let state = match (note, now.troubles.first()) {
        (Some(note), _) => Span::styled(note.to_owned(), UNWELL),
        (None, Some(trouble)) => Span::styled(trouble.clone(), UNWELL),
        (None, None) => Span::styled("well", WELL),
    };
    Line::from(vec![
        Span::styled(format!("phonicflow-bot {}", now.version), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(format!("  up {}  ", span(now.at.since_ms(now.started)))),
        state,
        Span::styled("  q quits", FAINT),
    ])
}

fn polling_lines(now: &Snapshot) -> Vec<Line<'static>> {
    let last = match now.last_poll {
        None => Line::styled("no poll answered yet", WORTH_A_LOOK),
        Some(at) => Line::raw(format!("last answer {} ago", span(now.at.since_ms(at)))),
    };
    let busy = now.workers.iter().map(|(kind, share)| Line::raw(format!("{kind:<9} {}", of(*share))));
    std::iter::once(last).chain(busy).collect()
}

fn tutor_lines(now: &Snapshot) -> Vec<Line<'static>> {
    let since = |at: Timestamp| span(now.at.since_ms(at));
    let sign = match now.tutor {
        TutorSign::Unknown => Line::styled("not asked yet", FAINT),
        TutorSign::Answers(at) => Line::styled(format!("answering for {}", since(at)), WELL),
        TutorSign::Failing(at, _) => Line::styled(format!("cannot answer for {}", since(at)), UNWELL),
        TutorSign::Silent(at, _) => Line::styled(format!("silent for {}", since(at)), UNWELL),
    };
    let mut lines = vec![sign, Line::raw(format!("turns at once {}", of(now.slots)))];
    match now.tutor {
        TutorSign::Silent(_, failures) => lines.push(Line::raw(format!("{failures} failed calls in a row"))),
        TutorSign::Failing(_, failures) => lines.push(Line::raw(format!("{failures} failed turns in a row"))),
        TutorSign::Unknown | TutorSign::Answers(_) => {}
    }
    lines.push(Line::raw(format!("store {}", bytes(now.store_bytes))));
    lines
}

fn queue_lines(now: &Snapshot) -> Vec<Line<'static>> {
    let queue = now.queue;
    let full = queue.inbox * 10 >= queue.capacity.max(1) * 8;
    let dead = if queue.dead > 0 { WORTH_A_LOOK } else { Style::new() };
    vec![
        Line::styled(
            format!("inbox {} of {}", queue.inbox, queue.capacity),
            if full { UNWELL } else { Style::new() },
        ),
        Line::raw(format!("being worked on {}", queue.leased)),
        Line::raw(format!("being sent {}", queue.delivering)),
        Line::styled(format!("given up {}", queue.dead), dead),
    ]
}

fn rate_table(rates: &[Rate]) -> Table<'static> {
    let rows = rates.iter().map(|rate| {
        Row::new([rate.name.clone(), format!("{:>11}", rate.last_minute), format!("{:>11}", rate.total)])
    });
    let widths = [Constraint::Min(14), Constraint::Length(11), Constraint::Length(11)];
    Table::new(rows, widths)
        .header(Row::new(["", "last minute", "since start"]).style(FAINT))
        .block(Block::bordered().title("Counts"))
}

fn draw_bars(frame: &mut Frame<'_>, course: &Course, area: Rect) {
    let bars = course.bars(usize::from(area.width.saturating_sub(2)));
    let title = format!("Messages taken, {} s a bar", course.bar_secs());
    let block = Block::bordered().title(title);
    frame.render_widget(Sparkline::default().data(&bars).style(WELL).block(block), area);
}

fn recent(lines: &[LogLine], area: Rect) -> List<'static> {
    let room = usize::from(area.height.saturating_sub(2));
    let skip = lines.len().saturating_sub(room);
    let items = lines.iter().skip(skip).map(|line| {
        let style = if line.error { UNWELL } else { WORTH_A_LOOK };
        let text = Line::from(vec![
            Span::styled(format!("{} ", clock(line.at)), FAINT),
            Span::styled(line.text.clone(), style),
        ]);
        ListItem::new(text)
    });
    let title =
        if lines.is_empty() { "No warnings and no errors" } else { "Recent warnings and errors (UTC)" };
    List::new(items.collect::<Vec<_>>()).block(Block::bordered().title(title))
}

fn boxed(title: &'static str, lines: Vec<Line<'static>>) -> Paragraph<'static> {
    Paragraph::new(lines).block(Block::bordered().title(title))
}

fn of(share: Share) -> String {
    format!("{} of {}", share.used, share.of)
}

/// A span of time in its two largest units.
fn span(ms: i64) -> String {
    let secs = ms / 1000;
    match secs {
        0..60 => format!("{secs} s"),
        60..3_600 => format!("{} min {} s", secs / 60, secs % 60),
        3_600..86_400 => format!("{} h {} min", secs / 3_600, secs % 3_600 / 60),
        _ => format!("{} d {} h", secs / 86_400, secs % 86_400 / 3_600),
    }
}

fn bytes(n: u64) -> String {
    match n {
        0..1_000_000 => format!("{} kB", n / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

/// Time of day in UTC.
fn clock(at: Timestamp) -> String {
    let secs = at.secs().rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", secs / 3_600, secs % 3_600 / 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::snapshot::Queue;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn screen(course: &Course, note: Option<&str>, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, course, note)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (0..height).map(|y| row(y) + "\n").collect()
    }

    fn busy() -> Course {
        let mut course = Course::of("taken");
        for (secs, taken) in [(0, 0), (2, 3), (4, 9)] {
            course.push(Snapshot {
                at: Timestamp::from_secs(100_000 + secs),
                version: "1.2.3".into(),
                started: Timestamp::from_secs(88_000),
                last_poll: Some(Timestamp::from_secs(99_998)),
                tutor: TutorSign::Silent(Timestamp::from_secs(99_900), 7),
                slots: Share { used: 1, of: 2 },
                queue: Queue { inbox: 4_500, capacity: 5_000, delivering: 3, leased: 5, dead: 2 },
                workers: vec![("tutor".into(), Share { used: 2, of: 4 })],
                totals: vec![("taken".into(), taken), ("answered".into(), 1)],
                store_bytes: 12_345_678,
                troubles: vec!["the tutor is silent".into()],
                recent: vec![LogLine {
                    at: Timestamp::from_secs(99_999),
                    error: true,
                    text: "message given up".into(),
                }],
            });
        }
        course
    }

    #[test]
    fn everything_that_matters_is_on_an_ordinary_screen() {
        let screen = screen(&busy(), None, 80, 24);
        for part in [
            "phonicflow-bot 1.2.3",
            "up 3 h 20 min",
            "the tutor is silent",
            "last answer 6 s ago",
            "silent for 1 min 44 s",
            "7 failed calls in a row",
            "turns at once 1 of 2",
            "inbox 4500 of 5000",
            "given up 2",
            "store 12.3 MB",
            "tutor     2 of 4",
            "taken",
            "message given up",
            "q quits",
        ] {
            assert!(screen.contains(part), "{part} in\n{screen}");
        }
    }

    #[test]
    fn a_lost_connection_is_said_and_a_small_terminal_too() {
        assert!(screen(&busy(), Some("the daemon does not answer"), 80, 24).contains("does not answer"));
        assert!(screen(&busy(), None, 40, 10).contains("60 columns"));
        assert!(screen(&Course::of("taken"), None, 80, 24).contains("Waiting"));
    }

    #[test]
    fn no_size_of_the_terminal_makes_it_panic() {
        for (width, height) in [(1, 1), (60, 20), (61, 21), (80, 12), (300, 100), (60, 200), (500, 20)] {
            let _ = screen(&busy(), None, width, height);
        }
    }

    #[test]
    fn times_and_sizes_as_people_say_them() {
        assert_eq!(
            [0, 59_999, 60_000, 3_600_000, 90_000_000].map(span),
            ["0 s", "59 s", "1 min 0 s", "1 h 0 min", "1 d 1 h"]
        );
        assert_eq!([999, 1_500_000, 2_500_000_000].map(bytes), ["0 kB", "1.5 MB", "2.50 GB"]);
        assert_eq!(clock(Timestamp::from_secs(86_399)), "23:59:59");
    }
}
