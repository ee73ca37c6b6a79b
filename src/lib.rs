//! webcared: watches what people say about a brand, judges how urgent it is, keeps the clocks the
//! team promised, and tells the team in time.
#![doc = include_str!("ARCHITECTURE.md")]

pub mod alerting;
pub mod answering;
pub mod app;
pub mod casefile;
pub mod casework;
pub mod catalogue;
pub mod chat;
pub mod checking;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod control;
pub mod deadlines;
pub mod domain;
pub mod folding;
pub mod holidays;
pub mod hooking;
pub mod housekeeping;
pub mod http_client;
pub mod intake;
pub mod outbox;
pub mod people;
pub mod receiving;
pub mod replaying;
pub mod reports;
pub mod running;
pub mod sample;
pub mod settings;
pub mod shutdown;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod triage;
pub mod web;
