//! What the sources that speak Mastodon's API share: a status in our form, and how far a list that
//! is read forward was read.
//!
//! Nothing here asks a server; both the tag timelines that need no account and the account connector
//! hand in what they were answered.

pub mod cursor;
pub mod status;

use serde_json::value::RawValue;

/// The parts of an answer that is a list, each as it came; `None` if it is no list.
pub fn list(body: &[u8]) -> Option<Vec<&RawValue>> {
    serde_json::from_slice(body).ok()
}
