//! The settings of feeds.

use serde::Deserialize;

/// `source.feed`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedConfig {
    /// The feeds, as web addresses: RSS, Atom or JSON Feed.
    pub urls: Vec<String>,
    /// How often to look, in seconds; a feed that asks for more is left alone for longer.
    pub every_seconds: i64,
    /// The word by which its items are listed and promises tell channels apart.
    pub platform: String,
    /// What its items are: `post`, `comment` or `review`.
    pub kind: String,
    /// How old an item may be on the first look, in days; what is older is passed over.
    pub first_days: i64,
    /// How much of a feed is read, in bytes.
    pub bytes_max: usize,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            every_seconds: 600,
            platform: "feed".to_owned(),
            kind: "post".to_owned(),
            first_days: 7,
            bytes_max: 2 * 1024 * 1024,
        }
    }
}
