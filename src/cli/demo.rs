//! `demo`: the stand-ins at work, and the pictures of it. Must not know what is played.

use super::Failure;
use super::commands::{LEFTOVERS, runtime};
use crate::sandbox::demo::{self, Ended, Pictures};
use crate::secure_fs;
use anyhow::Context;
use std::path::Path;

pub(super) fn run(interactive: bool, svg: Option<&Path>) -> Result<(), Failure> {
    let runtime = runtime()?;
    let ended = runtime.block_on(demo::run(interactive));
    runtime.shutdown_timeout(LEFTOVERS);
    match ended? {
        Ended::Played(chat) => svg.map_or(Ok(()), |file| write_pictures(file, &chat)),
        // 128 + signal number, as shells report it.
        Ended::Signal(number) => Err(Failure::Told(u8::try_from(128 + number).unwrap_or(1))),
    }
}

/// Draws every picture that the bot makes.
pub(super) fn draw(folder: &Path) -> Result<(), Failure> {
    Ok(runtime()?.block_on(demo::pictures::write(folder))?)
}

/// Writes the light picture to `file` and the dark one beside it: `chat.svg` and `chat-dark.svg`.
fn write_pictures(file: &Path, chat: &Pictures) -> Result<(), Failure> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let dark = file.with_file_name(format!("{stem}-dark.svg"));
    for (file, picture) in [(file, &chat.light), (&dark, &chat.dark)] {
        let failed = || format!("writing the picture {}", file.display());
        secure_fs::write(file, picture.as_bytes()).with_context(failed)?;
    }
    Ok(())
}
