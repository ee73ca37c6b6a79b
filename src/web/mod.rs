//! The web: console, webhooks, health.
pub mod config;
