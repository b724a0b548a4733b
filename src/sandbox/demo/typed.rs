//! The interactive conversation: lines from the keyboard become messages, voices and pressed buttons; answers
//! are shown until the bot has nothing left to do. Must not know how they are drawn.

use super::{Demo, TIME_LIMIT};
use crate::sandbox::bot_api::{Post, Pressed};
use anyhow::{Context, Result, bail};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Interval at which to check whether the bot has finished.
const LOOK: Duration = Duration::from_millis(50);
/// Largest voice file accepted, bytes (Bot API "getFile").
const FILE_LIMIT: u64 = 20 << 20;

enum Posted {
    Message,
    Button(Pressed),
}

impl Demo {
    /// Reads lines from the keyboard until they end.
    pub(super) async fn typed(&mut self) -> Result<()> {
        self.screen.line(
            "Type a command such as /start, some text, or the path of a voice file (ogg, mp3, m4a, flac, wav); #1 \
             presses the first button of the last message. End with Ctrl-D.\n",
        );
        let (typed, mut lines) = mpsc::channel::<String>(1);
        // Reading a terminal blocks; this thread may be left waiting when the demo ends.
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
                if typed.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        // A terminal echoes what is typed.
        let keyboard = std::io::stdin().is_terminal();
        loop {
            if keyboard {
                self.screen.prompt();
            }
            let Some(line) = lines.recv().await else { break };
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            match self.post(line, keyboard) {
                Ok(posted) => self.show_answers(&posted).await?,
                Err(error) => self.screen.note(&format!("{error:#}")),
            }
        }
        if keyboard {
            self.screen.line("");
        }
        Ok(())
    }

    /// `seen`: the line is on the screen already.
    fn post(&self, line: &str, seen: bool) -> Result<Posted> {
        let show = |text: &str| {
            if !seen {
                self.screen.learner(text);
            }
        };
        if let Some(number) = line.strip_prefix('#').and_then(|number| number.parse::<usize>().ok()) {
            show(&format!("presses button {number}"));
            return self.press_number(number).map(Posted::Button);
        }
        let path = path_of(line, std::env::var_os("HOME").map(PathBuf::from));
        if path.is_file() {
            if path.metadata()?.len() > FILE_LIMIT {
                bail!("{line}: Telegram hands out files of at most 20 MB");
            }
            let bytes = std::fs::read(&path).with_context(|| format!("reading {line}"))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let extension =
                path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            show(&format!("🎙 {name}, {} bytes", bytes.len()));
            match extension.as_str() {
                "ogg" | "oga" | "opus" => self.learner.voice(bytes, 1),
                _ => self.learner.post(Post::document(bytes, &name, "audio/octet-stream")),
            };
            return Ok(Posted::Message);
        }
        let names_a_file =
            !line.starts_with('/') && !path.display().to_string().contains(' ') && path.extension().is_some();
        if line.starts_with("~/") || names_a_file || line.starts_with('/') && line.matches('/').count() > 1 {
            bail!("{}: no such file", path.display());
        }
        show(line);
        self.learner.text(line);
        Ok(Posted::Message)
    }

    fn press_number(&self, number: usize) -> Result<Pressed> {
        let last = self.telegram.read(|state| {
            let with_buttons =
                state.from_bot(self.learner.chat()).filter(|entry| !entry.buttons().is_empty()).last();
            with_buttons.map(|entry| (entry.message_id, entry.buttons()))
        });
        let Some((message, buttons)) = last else { bail!("there is no message with buttons") };
        let pressed = number
            .checked_sub(1)
            .and_then(|place| buttons.get(place))
            .and_then(|data| self.learner.press(message, data));
        pressed.with_context(|| match buttons.len() {
            1 => "the last message with buttons has one: #1".to_owned(),
            several => format!("the last message with buttons has {several} of them: #1 to #{several}"),
        })
    }

    /// Shows answers until the bot has taken what was posted and has nothing left to do.
    async fn show_answers(&mut self, posted: &Posted) -> Result<()> {
        let chat = self.learner.chat();
        let (began, mut answered) = (Instant::now(), false);
        loop {
            // Asked before looking at the chat, so that whatever was done by then is seen.
            let taken = self.telegram.pending_updates() == 0;
            let done = taken && self.app.store.counts().await?.inbox == 0;
            for entry in self.telegram.read(|state| self.view.news(state, chat, usize::MAX)) {
                self.screen.bot(&entry);
                answered = true;
            }
            if done {
                break;
            }
            if self.daemon.is_finished() {
                bail!("the daemon has ended");
            }
            if began.elapsed() > TIME_LIMIT {
                self.screen.note("no answer yet: it is shown with the next one");
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        if let Posted::Button(pressed) = posted {
            let notice = self.telegram.read(|state| state.press(&pressed.query_id)?.text.clone());
            if let Some(notice) = notice.filter(|notice| !notice.is_empty()) {
                self.screen.note(&format!("( {notice} )"));
                answered = true;
            }
        }
        if !answered {
            self.screen.note("( no answer to this )");
        }
        self.screen.line("");
        Ok(())
    }
}

/// The path in a line, as a terminal writes it when a file is dropped on it, or with `~` for the home folder.
fn path_of(line: &str, home: Option<PathBuf>) -> PathBuf {
    let bare = ['\'', '"'].into_iter().find_map(|quote| line.strip_prefix(quote)?.strip_suffix(quote));
    let text = bare.map_or_else(|| line.replace("\\ ", " "), str::to_owned);
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => Path::new(&text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_as_people_and_terminals_write_them() {
        for (line, expected) in [
            ("mine.ogg", "mine.ogg"),
            ("~/mine.ogg", "/h/ana/mine.ogg"),
            ("~", "/h/ana"),
            ("~ana/mine.ogg", "~ana/mine.ogg"),
            ("'/a b/mine.ogg'", "/a b/mine.ogg"),
            ("\"~/a b.ogg\"", "/h/ana/a b.ogg"),
            ("/a\\ b.ogg", "/a b.ogg"),
        ] {
            assert_eq!(path_of(line, Some("/h/ana".into())), Path::new(expected), "{line}");
        }
        assert_eq!(path_of("~/x", None), Path::new("~/x"));
    }
}
