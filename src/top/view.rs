//! Draws a snapshot and the graph.
//!
//! Alone lays out widgets. Must not know where snapshots come from or how keys are read.

use super::model::Trend;
use super::units::{bytes, clock, span, took};
use crate::admin::snapshot::{Counted, LogLine, Share, Snapshot, Timed, TutorState};
use crate::domain::health::TutorState as PartState;
use crate::domain::stats::Step;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Row, Sparkline, Table, Wrap};

/// Smallest usable terminal: columns, rows.
const LEAST: (u16, u16) = (60, 20);
/// Rows of the boxes at the top.
const BOXES: u16 = 5;
/// Columns of the counters.
const COUNTS: u16 = 37;
/// Columns needed to show latencies beside the counters.
const LATENCIES: u16 = 36;
/// Rows from which on there is room for the graph.
const TALL: u16 = 32;

/// The workers that stand in the line of the models.
const TEXTS: &str = "texts";

const WELL: Style = Style::new().fg(Color::Green);
const UNWELL: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const WORTH_A_LOOK: Style = Style::new().fg(Color::Yellow);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);

/// `note` tells of a lost connection, `shared` of who owns a shared store.
pub(crate) fn draw(frame: &mut Frame<'_>, trend: &Trend, note: Option<&str>, shared: Option<&str>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("This needs {} columns and {} rows.", LEAST.0, LEAST.1);
        return frame.render_widget(Paragraph::new(text), area);
    }
    let Some(now) = trend.latest() else {
        let text = note.unwrap_or("Waiting for the daemon's first numbers …");
        return frame.render_widget(Paragraph::new(text), area);
    };
    // Room for all that may ever be shown, so that nothing jumps.
    let rows = u16::try_from(now.counts.len().max(Step::ALL.len())).unwrap_or(10) + 2;
    let bars = if area.height >= TALL { 7 } else { 0 };
    let models = u16::from(!now.models.is_empty());
    let [head, state, model_area, numbers, trend_area, log] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(BOXES),
        Constraint::Length(models),
        Constraint::Length(rows.min(area.height.saturating_sub(2 + BOXES + 4))),
        Constraint::Length(bars),
        Constraint::Min(3),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(heading(now, note, shared, area.width)), head);
    let [polling, tutor, queue] = Layout::horizontal([Constraint::Ratio(1, 3); 3]).spacing(1).areas(state);
    frame.render_widget(boxed("Polling and workers", polling_lines(now)), polling);
    frame.render_widget(boxed("Tutor", tutor_lines(now)), tutor);
    frame.render_widget(boxed("Queue", queue_lines(now)), queue);
    frame.render_widget(model_line(now), model_area);
    if area.width >= COUNTS + 2 + LATENCIES {
        let [counts, latencies] =
            Layout::horizontal([Constraint::Length(COUNTS), Constraint::Min(LATENCIES)])
                .spacing(2)
                .areas(numbers);
        frame.render_widget(count_table(&now.counts), counts);
        frame.render_widget(latency_table(&now.latencies), latencies);
    } else {
        frame.render_widget(count_table(&now.counts), numbers);
    }
    if bars > 0 {
        draw_bars(frame, trend, trend_area);
    }
    frame.render_widget(recent(&now.recent), log);
}

/// Name and version, and the state of health on a line of its own, because that may be long.
fn heading(now: &Snapshot, note: Option<&str>, shared: Option<&str>, width: u16) -> Vec<Line<'static>> {
    let state = match note {
        Some(note) => Span::styled(note.to_owned(), UNWELL),
        None if now.troubles.is_empty() => Span::styled("well", WELL),
        None => Span::styled(now.troubles.join("; "), UNWELL),
    };
    let state =
        Line::from_iter([state].into_iter().chain(shared.map(|it| Span::styled(format!("  {it}"), FAINT))));
    let name = format!("phonicflow-bot {}  up {}", now.version, span(now.at.since_ms(now.started)));
    let quits = "q quits";
    let room = usize::from(width).saturating_sub(name.chars().count() + quits.len());
    let first = Line::from(vec![
        Span::styled(name, Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(" ".repeat(room)),
        Span::styled(quits, FAINT),
    ]);
    vec![first, state]
}

fn polling_lines(now: &Snapshot) -> Vec<Line<'static>> {
    let last = match now.last_poll {
        None => Line::styled("no poll answered yet", WORTH_A_LOOK),
        Some(at) => Line::raw(format!("last answer {} ago", span(now.at.since_ms(at)))),
    };
    let busy =
        now.workers.iter().filter(|work| work.name != TEXTS).map(|work| {
            Line::raw(format!("{:<9} {}", work.name, of(Share { used: work.used, of: work.of })))
        });
    std::iter::once(last).chain(busy).collect()
}

fn tutor_lines(now: &Snapshot) -> Vec<Line<'static>> {
    let since = now.tutor.since.map_or_else(String::new, |at| span(now.at.since_ms(at)));
    let sign = match now.tutor.state {
        TutorState::Unknown => Line::styled("not asked yet", FAINT),
        TutorState::Answering => Line::styled(format!("answering for {since}"), WELL),
        TutorState::Failing => Line::styled(format!("cannot answer for {since}"), UNWELL),
        TutorState::Silent => Line::styled(format!("silent for {since}"), UNWELL),
    };
    let mut lines = vec![sign, Line::raw(format!("turns at once {}", of(now.slots)))];
    if now.tutor.failed_calls > 0 {
        let what = if now.tutor.state == TutorState::Failing { "turns" } else { "calls" };
        lines.push(Line::raw(format!("{} failed {what} in a row", now.tutor.failed_calls)));
    }
    let ailing = now.tutor.parts.iter().filter_map(|part| match part.state {
        PartState::Silent => Some(format!("{}: silent", part.name)),
        PartState::Failing => Some(format!("{}: fails", part.name)),
        PartState::Unknown | PartState::Answers => None,
    });
    lines.extend(ailing.map(|line| Line::styled(line, UNWELL)));
    lines.push(Line::raw(format!("store {}", bytes(now.store_bytes))));
    lines
}

/// The servers of the chat models; those left alone first, because the line may be cut off.
fn model_line(now: &Snapshot) -> Line<'static> {
    let mut parts = vec![Span::styled("Models ", FAINT)];
    let (resting, asked): (Vec<_>, Vec<_>) =
        now.models.iter().partition(|server| server.resting_secs.is_some());
    for server in resting.into_iter().chain(asked) {
        parts.push(match server.resting_secs {
            Some(secs) => Span::styled(format!(" {} left alone for {secs} s ", server.name), UNWELL),
            None => Span::styled(format!(" {} in use ", server.name), WELL),
        });
    }
    if let Some(work) = now.workers.iter().find(|work| work.name == TEXTS) {
        parts.insert(1, Span::raw(format!(" texts {} ", of(Share { used: work.used, of: work.of }))));
    }
    Line::from(parts)
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

fn count_table(counts: &[Counted]) -> Table<'static> {
    let rows = counts.iter().map(|one| {
        Row::new([one.name.replace('_', " "), format!("{:>8}", one.last_minute), format!("{:>9}", one.total)])
    });
    let widths = [Constraint::Length(17), Constraint::Length(8), Constraint::Length(9)];
    Table::new(rows, widths)
        .header(Row::new(["", "last min", "  started"]).style(FAINT))
        .block(ruled("Counts"))
}

fn latency_table(latencies: &[Timed]) -> Table<'static> {
    let rows = latencies.iter().map(|one| {
        Row::new([
            one.stage.clone(),
            format!("{:>6}", one.count),
            format!("{:>8}", took(one.p50_ms)),
            format!("{:>8}", took(one.p95_ms)),
        ])
    });
    let widths =
        [Constraint::Length(11), Constraint::Length(6), Constraint::Length(8), Constraint::Length(8)];
    let title = if latencies.is_empty() { "No turn in the last minute" } else { "Latencies, last minute" };
    let header = if latencies.is_empty() { ["", "", "", ""] } else { ["", " times", "  median", "     p95"] };
    Table::new(rows, widths).header(Row::new(header).style(FAINT)).block(ruled(title))
}

fn draw_bars(frame: &mut Frame<'_>, trend: &Trend, area: Rect) {
    let bars = trend.bars(usize::from(area.width));
    let block = ruled(format!("Messages taken, {} s a bar", trend.bar_secs()));
    frame.render_widget(Sparkline::default().data(&bars).style(WELL).block(block), area);
}

/// Newest first, so that the oldest are cut off; long lines wrap.
fn recent(lines: &[LogLine]) -> Paragraph<'static> {
    let lines: Vec<Line<'static>> = lines
        .iter()
        .rev()
        .map(|line| {
            let style = if line.error { UNWELL } else { WORTH_A_LOOK };
            Line::from(vec![
                Span::styled(format!("{} ", clock(line.at)), FAINT),
                Span::styled(line.text.clone(), style),
            ])
        })
        .collect();
    let title = if lines.is_empty() {
        "No warnings and no errors"
    } else {
        "Warnings and errors, newest first (UTC)"
    };
    Paragraph::new(lines).wrap(Wrap { trim: false }).block(ruled(title))
}

fn boxed(title: &'static str, lines: Vec<Line<'static>>) -> Paragraph<'static> {
    Paragraph::new(lines).block(ruled(title))
}

/// A rule with a title: full frames would take a fifth of a small screen.
fn ruled(title: impl Into<String>) -> Block<'static> {
    Block::new().borders(Borders::TOP).title(format!("{} ", title.into()))
}

fn of(share: Share) -> String {
    format!("{} of {}", share.used, share.of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::snapshot::{ModelServer, Queue, TutorLook, Work};
    use crate::domain::Timestamp;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn screen(trend: &Trend, note: Option<&str>, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let shared = note.is_none().then_some("bot-a owns the shared store");
        terminal.draw(|frame| draw(frame, trend, note, shared)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (0..height).map(|y| row(y) + "\n").collect()
    }

    const COUNTED: [&str; 10] = [
        "updates_taken",
        "turns",
        "messages_sent",
        "turn_retries",
        "send_retries",
        "send_throttled",
        "ambiguous_sends",
        "updates_repeated",
        "dead_letters",
        "failures",
    ];

    fn busy() -> Trend {
        let mut trend = Trend::of("updates_taken");
        for (secs, taken) in [(0, 0), (2, 3), (4, 9)] {
            trend.push(Snapshot {
                at: Timestamp::from_secs(100_000 + secs),
                version: "1.2.3".into(),
                started: Timestamp::from_secs(88_000),
                last_poll: Some(Timestamp::from_secs(99_998)),
                tutor: TutorLook {
                    state: TutorState::Silent,
                    since: Some(Timestamp::from_secs(99_900)),
                    failed_calls: 7,
                    parts: Vec::new(),
                },
                slots: Share { used: 1, of: 2 },
                queue: Queue { inbox: 4_500, capacity: 5_000, delivering: 3, leased: 5, dead: 2 },
                workers: ["voices", "commands", "sending"]
                    .map(|name| Work { name: name.into(), used: 2, of: 4 })
                    .into(),
                counts: COUNTED
                    .map(|name| Counted { name: name.into(), last_minute: 41, total: taken })
                    .into(),
                models: Vec::new(),
                latencies: Step::ALL
                    .iter()
                    .map(|step| Timed { stage: step.name().into(), count: 7, p50_ms: 9.26, p95_ms: 12_345.0 })
                    .collect(),
                store_bytes: 12_345_678,
                troubles: vec!["the tutor is silent".into()],
                recent: vec![
                    LogLine { at: Timestamp::from_secs(99_998), error: false, text: "an older one".into() },
                    LogLine {
                        at: Timestamp::from_secs(99_999),
                        error: true,
                        text: format!(
                            "message given up: {} to the end",
                            "it is kept as a dead letter ".repeat(3)
                        ),
                    },
                ],
            });
        }
        trend
    }

    #[test]
    fn everything_that_matters_is_on_an_ordinary_screen() {
        let screen = screen(&busy(), None, 80, 24);
        for part in [
            "phonicflow-bot 1.2.3",
            "bot-a owns the shared store",
            "up 3 h 20 min",
            "the tutor is silent",
            "last answer 6 s ago",
            "silent for 1 min 44 s",
            "7 failed calls in a row",
            "turns at once 1 of 2",
            "inbox 4500 of 5000",
            "given up 2",
            "store 12.3 MB",
            "voices    2 of 4",
            "sending   2 of 4",
            "updates taken           41         9",
            "dead letters            41         9",
            "failures                41         9",
            "queue            7   9.3 ms   12.3 s",
            "turn             7   9.3 ms   12.3 s",
            "message given up",
            "to the end",
            "an older one",
            "q quits",
        ] {
            assert!(screen.contains(part), "{part} in\n{screen}");
        }
    }

    #[test]
    fn the_models_servers_have_a_line_when_there_are_any() {
        let mut now = busy().latest().unwrap().clone();
        assert!(!screen(&busy(), None, 80, 24).contains("Models"));
        now.workers.push(Work { name: TEXTS.into(), used: 1, of: 3 });
        now.models = vec![
            ModelServer { name: "ai".into(), resting_secs: None },
            ModelServer { name: "far".into(), resting_secs: Some(20) },
        ];
        let mut trend = Trend::of("updates_taken");
        trend.push(now);
        let screen = screen(&trend, None, 80, 24);
        for part in [
            "Models  texts 1 of 3  far left alone for 20 s  ai in use",
            "sending   2 of 4",
            "first_token      7   9.3 ms   12.3 s",
            "text_turn        7   9.3 ms   12.3 s",
            "failures                41         9",
            "message given up",
        ] {
            assert!(screen.contains(part), "{part} in\n{screen}");
        }
    }

    #[test]
    fn a_lost_connection_is_said_and_a_small_terminal_too() {
        assert!(screen(&busy(), Some("the daemon does not answer"), 80, 24).contains("does not answer"));
        assert!(screen(&busy(), None, 40, 10).contains("60 columns"));
        assert!(screen(&Trend::of("updates_taken"), None, 80, 24).contains("Waiting"));
    }

    #[test]
    fn no_size_of_the_terminal_makes_it_panic() {
        for (width, height) in
            [(1, 1), (60, 20), (61, 21), (80, 12), (110, 34), (300, 100), (60, 200), (500, 20)]
        {
            let _ = screen(&busy(), None, width, height);
        }
    }
}
