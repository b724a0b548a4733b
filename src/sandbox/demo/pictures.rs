//! Every picture that the bot draws, of made-up days and of the recorded voices: how each looks with nothing, a little and much
//! to show, in every language. Must not know how a picture is drawn.

use crate::audio_worker::Workers;
use crate::domain::phrases::Phrases;
use crate::domain::{CardTotals, Contour, Contours, Language, ProgressView, Rich, SpokenDay, Week};
use crate::pictures;
use crate::secure_fs;
use anyhow::{Context, Result};
use bytes::Bytes;
use std::path::Path;
use std::time::Instant;

const VOICE: &[u8] = include_bytes!("../../../assets/voice/02-weather.ogg");
const REPLY: &[u8] = include_bytes!("../../../assets/voice/tutor-reply.wav");

/// Saturday, 28 November 2026.
const TODAY: i32 = 20_785;

/// Writes them into this folder, which is made, with the captions under them; prints name, size and the time each took.
pub(crate) async fn write(folder: &Path) -> Result<()> {
    secure_fs::make_folder(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    let workers = Workers::default();
    let heard = |sound: &'static [u8]| workers_contour(&workers, sound);
    let (learner, reply) = (heard(VOICE).await?, heard(REPLY).await?);
    let mut captions = String::new();
    for language in Language::ALL {
        let mut caption =
            |name: &str, words: Rich| captions.push_str(&format!("{name}\n\n{}\n\n\n", words.to_plain()));
        for (name, view) in weeks() {
            let began = Instant::now();
            let png = pictures::progress(&view, *language)?;
            let name = format!("progress-{name}-{}.png", language.tag());
            keep(folder, &name, &png, began)?;
            caption(&name, Phrases(*language).progress_caption(&view));
        }
        for (name, contours) in melodies(&learner, &reply) {
            let began = Instant::now();
            let png = pictures::intonation(&contours, *language)?;
            let name = format!("intonation-{name}-{}.png", language.tag());
            keep(folder, &name, &png, began)?;
            caption(&name, Phrases(*language).intonation_caption(&contours));
        }
    }
    secure_fs::write(&folder.join("captions.txt"), captions.as_bytes()).context("writing the captions")
}

async fn workers_contour(workers: &Workers, sound: &'static [u8]) -> Result<Contour> {
    let place = workers.place().await;
    place.contour(Bytes::from_static(sound).into()).await.context("measuring a voice")
}

fn keep(folder: &Path, name: &str, png: &[u8], began: Instant) -> Result<()> {
    let ms = began.elapsed().as_secs_f64() * 1_000.0;
    let path = folder.join(name);
    secure_fs::write(&path, png).with_context(|| format!("writing {}", path.display()))?;
    println!("{name:<36} {:>4} kB {ms:>6.1} ms", png.len() / 1_000);
    Ok(())
}

fn weeks() -> Vec<(&'static str, ProgressView)> {
    let none = ProgressView { today: TODAY, goal: 5, ..ProgressView::default() };
    let mut one = none.clone();
    one.days[27] = spoken(84, 5);
    one.streak = 0;
    one.weeks[3] = Week { words: 120, corrections: [3, 1, 0, 0] };
    let mut some = none.clone();
    let minutes = [0, 6, 7, 0, 0, 3, 5, 9, 0, 0, 4, 12, 6, 0, 8, 7, 0, 0, 5, 6, 11, 3, 0, 9, 6, 5, 8, 2];
    some.days = minutes.map(|minutes| spoken(minutes * 60 + minutes * 3, 5));
    some.streak = 4;
    some.weeks = [[9, 4, 3, 2], [8, 3, 3, 1], [6, 3, 2, 1], [5, 1, 2, 0]]
        .map(|corrections| Week { words: 260, corrections });
    some.cards = CardTotals { all: 46, due: 7, learnt: 12 };
    let mut full = some.clone();
    full.goal = 20;
    full.days = std::array::from_fn(|day| spoken(60 * (18 + (day as u64 * 7) % 31), 20));
    full.streak = 61;
    full.cards = CardTotals { all: 1_204, due: 38, learnt: 911 };
    let mut much = full.clone();
    much.goal = 0;
    much.days = std::array::from_fn(|day| spoken(3_600 * (1 + day as u64 % 5), 0));
    much.streak = 1_095;
    much.weeks = [40, 52, 61, 33].map(|each| Week { words: 400, corrections: [each, each, each, each] });
    much.cards = CardTotals { all: 20_000, due: 19_998, learnt: 12_345 };
    vec![("none", none), ("one-day", one), ("some", some), ("full", full), ("much", much)]
}

fn spoken(seconds: u64, goal: u64) -> SpokenDay {
    SpokenDay { ms: seconds * 1_000, goal_met: seconds > 0 && seconds >= goal * 60 }
}

fn melodies(learner: &Contour, reply: &Contour) -> Vec<(&'static str, Contours)> {
    let both = Contours { turn: 1, learner: Some(learner.clone()), reply: Some(reply.clone()) };
    let alone = Contours { reply: None, ..both.clone() };
    let whispered = Contour { pitch: vec![Contour::NO_VOICE; learner.pitch.len()], ..learner.clone() };
    let whispered = Contours { turn: 1, learner: Some(whispered), reply: None };
    let wide = |step: i16| if step % 40 < 9 { Contour::NO_VOICE } else { (step % 97 - 48) * 40 };
    let minutes = Contour {
        step_ms: 500,
        pitch: (0..600).map(wide).collect(),
        level: (0..600_u16).map(|step| (step * 37 % 255) as u8).collect(),
    };
    let long = Contours { learner: Some(minutes), ..both.clone() };
    let short = Contour { step_ms: 10, pitch: vec![100; 8], level: vec![200; 8] };
    let short = Contours { turn: 1, learner: Some(short.clone()), reply: Some(short) };
    vec![("both", both), ("alone", alone), ("whispered", whispered), ("long", long), ("short", short)]
}
