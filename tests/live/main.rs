//! The real program from outside: started, fed, killed, stopped, looked at through a browser. What
//! must be true afterwards is checked against ledgers that the program never touches.
#![allow(clippy::allow_attributes, missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::pedantic,
    reason = "tests run against real processes and real time"
)]

mod agent;
mod audit;
mod axe;
mod bluesky;
mod bluesky_walk;
mod bot;
mod browser;
mod chat_walk;
mod daemon;
#[path = "../it/database.rs"]
mod database;
mod door;
mod keyboard;
mod kill;
mod mail;
mod mastodon;
mod mastodon_walk;
mod metrics;
mod morning;
mod pages;
mod place;
mod private_walk;
mod replays;
mod replicas;
mod rigs;
mod schemathesis;
mod sender;
mod sendonce;
mod shift;
mod sink;
mod states;
mod stops;
mod telemelya;
mod tickets;
mod toot;
mod workday;

use std::time::{Duration, Instant};

/// Asks again and again until there is an answer, for at most so long; real processes take the
/// time they take, and how long is nowhere asserted.
pub async fn wait_for<T, F, Fut>(what: &str, at_most: Duration, mut look: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let found = wait_within(at_most, &mut look).await;
    found.unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// Like [`wait_for`], and nothing if there was no answer in that time.
pub async fn wait_within<T, F, Fut>(at_most: Duration, mut look: F) -> Option<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if begun.elapsed() > at_most {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A program that a test needs. Under CI a missing one fails; elsewhere the test says so and ends.
pub fn tool(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|p| p.is_file());
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "{name} is needed under CI; tests/run installs it"
    );
    if found.is_none() {
        eprintln!("{name} is not installed; what needs it is left out");
    }
    found
}
