//! A forum of Discourse.

mod config;

pub use config::DiscourseConfig;
