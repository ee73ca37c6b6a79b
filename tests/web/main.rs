//! The web server as browsers and senders meet it: a real socket, a real database, a clock that stands.
#![allow(clippy::allow_attributes, missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]
#![allow(clippy::disallowed_methods, clippy::pedantic, dead_code, reason = "tests; the house is shared")]

mod about;
mod account;
mod answers;
mod api;
mod api_doors;
mod api_known;
mod authenticator;
mod back_door;
mod beside;
mod brands;
mod collecting;
mod conditional;
mod cursors;
mod customer;
mod desk;
mod doors;
mod duty;
mod enclosed;
mod ending;
mod fake;
mod files;
mod front_door;
mod given;
#[path = "../it/harness.rs"]
mod harness;
mod hostile;
mod identity;
mod identity_groups;
mod incidents;
mod keys;
mod known;
mod languages;
mod looked;
mod members;
mod office_pages;
mod pages;
mod parts;
mod passkeys;
mod planner;
mod policies;
mod privacy;
mod private;
mod programs;
mod promises;
mod proofs;
mod protocols;
mod quality;
mod quotes;
mod reports;
mod rights;
mod safety;
mod server;
mod shift;
mod site;
mod spending;
mod tickets;
mod translation;
mod typing;
mod voice;
mod wall;
mod walls;
mod work;
mod written;
