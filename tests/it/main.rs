//! The one test binary: the real daemon against strict loopback doubles, and rules of the source code.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod admin;
mod admins;
mod audio;
mod audio_worker;
mod builtin;
mod buttons;
mod choices;
mod commands;
mod config;
mod conversation;
mod conversations;
mod database_checks;
// Part of it is for benches alone.
#[allow(dead_code)]
mod databases;
mod demo;
mod doctor;
mod doors;
mod engines;
mod exporting;
mod faults;
mod first_minute;
mod flood;
mod hostile;
mod house;
mod in_hands;
mod limits;
mod local_api;
mod looking;
#[allow(dead_code)]
mod machines;
mod metrics;
mod moving;
mod pacing;
mod packages;
mod pictures;
mod polling_faults;
mod polling_refusals;
mod power;
mod practice;
mod pressing;
mod privacy;
mod progress;
mod reminders;
mod restart;
mod roles;
mod sealing;
mod senders;
mod sending;
mod service;
mod settings;
mod several_tutors;
mod shared_store;
mod shell;
mod shutdown;
mod skip;
mod spoken_answers;
mod stages;
mod start;
mod store_contract;
mod store_model;
mod store_records;
mod store_server;
mod storm;
mod telegram_faults;
mod text_turn;
mod tools;
mod topics;
mod tutor_as_it_is;
mod tutor_faults;
mod two_machines;
mod under_answer;
mod words_first;
mod world;
