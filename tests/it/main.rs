//! Integration tests on the public surface of the library, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes, missing_docs)]

mod flow;
mod harness;
mod store;
