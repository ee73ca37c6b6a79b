//! The chat against a Bot API that keeps its own ledger: what was sent, edited and answered is
//! judged by what the other side holds, never by what we believe.
#![allow(clippy::allow_attributes, missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]
#![allow(clippy::disallowed_methods, clippy::pedantic, reason = "tests")]

mod fake;
mod figures;
mod press;
mod send;
mod whole;
mod world;
