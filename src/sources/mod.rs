//! Sources: where posts come from.
pub mod config;
