//! The chat against a Bot API that keeps its own ledger: what was sent, edited and answered is
//! judged by what the other side holds, never by what we believe. Each test runs on SQLite and, where
//! `WEBCARED_TEST_POSTGRES` names a server, on PostgreSQL.

#![allow(clippy::allow_attributes, missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(clippy::disallowed_methods, clippy::pedantic, reason = "tests read the environment of the runner")]

#[macro_use]
mod world;

mod account;
mod answers;
mod approvals;
mod calls;
mod commands;
#[path = "../it/database.rs"]
mod database;
mod duty;
mod fake;
mod figures;
mod files;
mod front;
mod given;
mod groups;
mod languages;
mod lists;
mod owed;
mod personal;
mod press;
mod private;
mod protocols;
mod rows;
mod send;
mod shift;
mod sources;
mod unknown;
mod whole;
