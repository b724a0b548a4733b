//! The live view in the terminal: draws snapshots as they arrive, until a key ends it.
//!
//! Alone knows ratatui and the terminal's raw mode. Must not know where snapshots come from.

mod model;
mod units;
mod view;

use crate::admin::render;
use crate::admin::shared::Shared;
use crate::admin::snapshot::Snapshot;
use model::Trend;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

/// The counter drawn as a graph.
pub(crate) const DRAWN: &str = "updates_taken";
/// Interval at which the keyboard and the channel are checked.
const LOOK: Duration = Duration::from_millis(100);

/// A message from the source of snapshots.
pub(crate) enum News {
    Snapshot(Box<Snapshot>),
    /// Who answers from now on, where the store is a shared one.
    From(Option<Shared>),
    /// No snapshots for a while, and why.
    Silence(String),
}

/// Draws until `q`, Escape or Ctrl-C, or until the source hangs up. The terminal is restored in any case.
pub(crate) fn show(news: &Receiver<News>) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let shown = follow(&mut terminal, news);
    ratatui::try_restore()?;
    shown
}

fn follow(terminal: &mut DefaultTerminal, news: &Receiver<News>) -> io::Result<()> {
    let mut trend = Trend::of(DRAWN);
    let mut note: Option<String> = None;
    let mut shared: Option<String> = None;
    let mut changed = true;
    loop {
        loop {
            match news.try_recv() {
                Ok(News::Snapshot(snapshot)) => {
                    trend.push(*snapshot);
                    note = None;
                }
                Ok(News::From(from)) => shared = from.as_ref().map(render::shared_line),
                Ok(News::Silence(why)) => note = Some(why),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
            changed = true;
        }
        if changed {
            terminal.draw(|frame| view::draw(frame, &trend, note.as_deref(), shared.as_deref()))?;
            changed = false;
        }
        if event::poll(LOOK)? {
            match event::read()? {
                Event::Key(key) if key.kind == KeyEventKind::Press && ends(key.code, key.modifiers) => {
                    return Ok(());
                }
                Event::Resize(..) => changed = true,
                _ => {}
            }
        }
    }
}

fn ends(code: KeyCode, modifiers: KeyModifiers) -> bool {
    match code {
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => true,
        KeyCode::Char('c') => modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}
