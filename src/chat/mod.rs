//! The chat of the team.
pub mod config;
