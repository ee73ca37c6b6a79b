//! What the sources that speak Mastodon's API share: a status in our form, and how far a list that
//! is read forward was read.
//!
//! Nothing here asks a server; both the tag timelines that need no account and the account connector
//! hand in what they were answered.

pub mod cursor;
pub mod lenient;
pub mod links;
pub mod status;

use crate::domain::time::Timestamp;
use serde_json::value::RawValue;

/// Where to go on behind a page of statuses that came newest first; `None` where it is empty, or all of
/// it is older than `from`. Statuses come in the order of their ids, which follow their times but for
/// those that arrived late; so the youngest of a page decides.
pub fn further(page: &[status::Status], from: Timestamp) -> Option<String> {
    let youngest = page.iter().filter_map(status::Status::claimed).max()?;
    let last = page.iter().min_by(|a, b| cursor::order(&a.id).cmp(&cursor::order(&b.id)))?;
    (youngest >= from).then(|| last.id.clone())
}

/// The parts of an answer that is a list, each as it came; `None` if it is no list.
pub fn list(body: &[u8]) -> Option<Vec<&RawValue>> {
    serde_json::from_slice(body).ok()
}
