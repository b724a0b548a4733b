//! The audio path from outside: every format, damage, hostile input, memory, and the way back to a voice
//! note. Must not know how the audio path is built inside (comparisons with libopus are in
//! `src/audio/golden.rs`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cut;
mod damage;
mod formats;
mod headers;
mod hostile;
mod memory;
mod mp3;
pub mod mutate;
mod names;
mod notes;
mod ogg;
mod positions;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use phonicflow_bot::audio::{AudioError, Limits, Wav, to_wav};

const LIMITS: Limits = Limits { max_seconds: 300 };

fn voice(name: &str) -> Vec<u8> {
    fs::read(folder("voice").join(name)).unwrap()
}

/// A recording in a rare format.
fn kind_file(name: &str) -> Vec<u8> {
    fs::read(folder("kinds").join(name)).unwrap()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Every voice, in the order of their names.
pub fn all_voices() -> Vec<(String, Vec<u8>)> {
    all_in("voice")
}

pub fn all_in(name: &str) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
        })
        .collect();
    all.sort();
    all
}

fn wav(bytes: Vec<u8>) -> Result<Wav, AudioError> {
    to_wav(bytes.into(), LIMITS)
}

/// The samples of a WAV this program wrote, after checking its header to the byte.
fn pcm(wav: &Wav) -> Vec<i16> {
    let data = (wav.samples * 2) as u32;
    let mut header = b"RIFF".to_vec();
    header.extend((data + 36).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    header.extend(16_000u32.to_le_bytes());
    header.extend(32_000u32.to_le_bytes());
    header.extend(b"\x02\0\x10\0data");
    header.extend(data.to_le_bytes());
    assert_eq!(wav.bytes.get(..44), Some(&header[..]));
    assert_eq!(wav.bytes.len() as u64, 44 + wav.samples * 2);
    wav.bytes[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

fn rms(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

/// A 16-bit WAV of one channel, with every header field free to lie.
fn make_wav(channels: u16, rate: u32, data_size: u32, samples: &[i16]) -> Vec<u8> {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(data_size.wrapping_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(2).to_le_bytes());
    bytes.extend((channels * 2).to_le_bytes());
    bytes.extend(b"\x10\0data");
    bytes.extend(data_size.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
    bytes
}

pub fn honest_wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    make_wav(1, rate, samples.len() as u32 * 2, samples)
}

/// Something voice-like and never silent.
pub fn hum(count: usize, rate: u32) -> Vec<i16> {
    (0..count)
        .map(|n| {
            let t = n as f64 / f64::from(rate);
            let beat = 0.6 + 0.4 * (t * 23.0).sin();
            (9_000.0 * beat * ((t * 1_100.0).sin() + 0.5 * (t * 3_170.0).sin())) as i16
        })
        .collect()
}

/// Runs one ignored test of this binary alone in its own process and returns what it wrote.
fn alone(name: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        // A backtrace would map the debug information into the memory that is measured.
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text
}

/// A field of this process's status, in KiB. `None` where there is no such file.
fn status_kib(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().ok()
}
