//! What the audio path, the melody of a voice and the pictures cost: CPU milliseconds per run and how many times faster than real time, next to
//! programs a user would otherwise run, if they are installed. `cargo bench --bench audio`. Prints, judges
//! nothing. Must not know how the audio path is built inside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::fs;
use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Stdio};

use ogg::writing::PacketWriteEndInfo::{EndPage, EndStream, NormalPacket};
use ogg::{PacketReader, PacketWriter};
use phonicflow_bot::audio::{Limits, to_contour, to_slower_note, to_voice_note, to_wav};
use phonicflow_bot::domain::{Contours, Language, ProgressView, SpokenDay, Week};
use phonicflow_bot::pictures::{intonation, progress};

const LIMITS: Limits = Limits { max_seconds: 600 };
const RUNS: u32 = 20;

fn main() {
    // `cargo test --benches` and `cargo bench -- --list` only check that it starts.
    if std::env::args().any(|arg| arg == "--list" || arg == "--test") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    println!("{:<44}{:>12}{:>14}{:>10}", "", "CPU ms/run", "x real time", "ratio");
    for (name, title) in
        [("01-market", "SILK 16 kbit/s"), ("02-weather", "hybrid 32 kbit/s"), ("03-travel", "CELT 64 kbit/s")]
    {
        let source = fs::read(asset(&format!("{name}.ogg"))).unwrap();
        for seconds in [5, 60] {
            let voice = repeat(&source, seconds);
            let path = folder.path().join(format!("{name}-{seconds}.ogg"));
            fs::write(&path, &voice).unwrap();
            println!("{title}, {seconds} s, to 16 kHz WAV");
            let voice = bytes::Bytes::from(voice);
            let ours = here(|| to_wav(voice.clone(), LIMITS).unwrap().samples);
            line("  phonicflow-bot", ours, seconds, None);
            let path = path.to_str().unwrap();
            let rivals: [(&str, &[&str]); 2] = [
                ("opusdec", &["--quiet", "--no-dither", "--rate", "16000", path, "-"]),
                (
                    "ffmpeg",
                    &[
                        "-v", "error", "-c:a", "libopus", "-i", path, "-ar", "16000", "-ac", "1", "-f",
                        "wav", "-",
                    ],
                ),
            ];
            versus(&rivals, ours, seconds);
        }
    }
    for seconds in [5, 60] {
        let wav = speech(seconds);
        let path = folder.path().join(format!("reply-{seconds}.wav"));
        fs::write(&path, &wav).unwrap();
        println!("24 kHz WAV, {seconds} s, to voice note");
        let wav = bytes::Bytes::from(wav);
        let ours = here(|| to_voice_note(wav.clone()).unwrap().bytes.len());
        line("  phonicflow-bot", ours, seconds, None);
        let path = path.to_str().unwrap();
        let rivals: [(&str, &[&str]); 2] = [
            (
                "opusenc",
                &["--quiet", "--bitrate", "24", "--comp", "9", "--set-ctl-int", "4000=2048", path, "-"],
            ),
            (
                "ffmpeg",
                &[
                    "-v",
                    "error",
                    "-i",
                    path,
                    "-c:a",
                    "libopus",
                    "-application",
                    "voip",
                    "-b:a",
                    "24k",
                    "-compression_level",
                    "9",
                    "-f",
                    "ogg",
                    "-",
                ],
            ),
        ];
        versus(&rivals, ours, seconds);
        println!("24 kHz WAV, {seconds} s, to voice note at 0.8 of the speed");
        line("  phonicflow-bot", here(|| to_slower_note(wav.clone()).unwrap().bytes.len()), seconds, None);
        println!("24 kHz WAV, {seconds} s, its melody");
        line("  phonicflow-bot", here(|| to_contour(wav.clone()).unwrap().pitch.len()), seconds, None);
    }
    println!("pictures, of 1200 x 800 px");
    let contours = Contours {
        turn: 1,
        learner: to_contour(speech(5).into()).ok(),
        reply: to_contour(speech(4).into()).ok(),
    };
    println!("{:<44}{:>12.2}", "  intonation", here(|| intonation(&contours, Language::En).unwrap().len()));
    let days = [SpokenDay { ms: 400_000, goal_met: true }; 28];
    let weeks = [Week { words: 250, corrections: [6, 3, 2, 1] }; 4];
    let view = ProgressView { today: 20_785, goal: 5, days, weeks, ..ProgressView::default() };
    println!("{:<44}{:>12.2}", "  progress", here(|| progress(&view, Language::En).unwrap().len()));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not told here"));
}

fn asset(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/voice").join(name)
}

/// CPU ms of one call on this thread, after one call to warm up.
fn here<T>(mut work: impl FnMut() -> T) -> f64 {
    black_box(work());
    let before = thread_cpu_ms();
    for _ in 0..RUNS {
        black_box(work());
    }
    (thread_cpu_ms() - before) / f64::from(RUNS)
}

/// CPU time of this thread as counted by the kernel; 0 where it does not tell.
fn thread_cpu_ms() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or_default() / 1e6
}

/// CPU time of all children that have ended, in the kernel's ticks of 10 ms.
fn children_cpu_ms() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or_default();
    (ticks(13) + ticks(14)) * 10.0
}

/// Runs those of `rivals` that are installed; their start-up counts, because a user pays for it too.
fn versus(rivals: &[(&str, &[&str])], ours: f64, seconds: u64) {
    for (program, arguments) in rivals {
        let run =
            || Command::new(program).args(*arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !run().is_ok_and(|status| status.success()) {
            println!("  {program}: not installed or not able, skipped");
            continue;
        }
        let before = children_cpu_ms();
        for _ in 0..RUNS {
            let _ = run();
        }
        let theirs = (children_cpu_ms() - before) / f64::from(RUNS);
        line(&format!("  {program}"), theirs, seconds, Some(ours / theirs));
    }
}

fn line(name: &str, ms: f64, seconds: u64, ratio: Option<f64>) {
    let ratio = ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
    println!("{name:<44}{ms:>12.2}{:>14.0}{ratio:>10}", seconds as f64 * 1000.0 / ms);
}

/// A voice message of exactly this length, made from a short one's packets.
fn repeat(source: &[u8], seconds: u64) -> Vec<u8> {
    let mut reader = PacketReader::new(Cursor::new(source));
    let mut packets = Vec::new();
    while let Ok(Some(packet)) = reader.read_packet() {
        packets.push(packet.data);
    }
    let mut writer = PacketWriter::new(Vec::new());
    let wanted = seconds * 50;
    for head in &packets[..2] {
        writer.write_packet(head.clone(), 1, EndPage, 0).unwrap();
    }
    for (index, packet) in (1..=wanted).zip(packets[2..].iter().cycle()) {
        let end = if index == wanted {
            EndStream
        } else if index % 50 == 0 {
            EndPage
        } else {
            NormalPacket
        };
        writer.write_packet(packet.clone(), 1, end, index * 960).unwrap();
    }
    writer.into_inner()
}

/// Speech as the tutor sends it, repeated to this length: 24 kHz mono 16-bit WAV.
fn speech(seconds: u64) -> Vec<u8> {
    let source = fs::read(asset("tutor-reply.wav")).unwrap();
    let length = u32::try_from(seconds * 48_000).unwrap();
    let mut wav = source[..44].to_vec();
    wav[4..8].copy_from_slice(&(length + 36).to_le_bytes());
    wav[40..44].copy_from_slice(&length.to_le_bytes());
    wav.extend(source[44..].iter().cycle().take(length as usize));
    wav
}
