//! The live view in the terminal: draws snapshots as they come, until a key says enough.
//!
//! Alone knows ratatui and the terminal's raw mode. Must not know where snapshots come from.

mod model;
mod view;

use crate::admin::snapshot::Snapshot;
use model::Course;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

/// The counter whose course is drawn.
pub(crate) const DRAWN: &str = "updates_taken";
/// Pause between two looks at keyboard and channel.
const LOOK: Duration = Duration::from_millis(100);

/// What the source of snapshots has to say.
pub(crate) enum News {
    /// The next one.
    Snapshot(Box<Snapshot>),
    /// There will be none for a while, and why.
    Silence(String),
}

/// Shows what comes until `q`, Escape or Ctrl-C, or until the source hangs up; the terminal is put back in any case.
///
/// # Errors
/// The terminal's.
pub(crate) fn show(news: &Receiver<News>) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let shown = follow(&mut terminal, news);
    ratatui::try_restore()?;
    shown
}

fn follow(terminal: &mut DefaultTerminal, news: &Receiver<News>) -> io::Result<()> {
    let mut course = Course::of(DRAWN);
    let mut note: Option<String> = None;
    let mut changed = true;
    loop {
        loop {
            match news.try_recv() {
                Ok(News::Snapshot(snapshot)) => {
                    course.push(*snapshot);
                    note = None;
                }
                Ok(News::Silence(why)) => note = Some(why),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
            changed = true;
        }
        if changed {
            terminal.draw(|frame| view::draw(frame, &course, note.as_deref()))?;
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
