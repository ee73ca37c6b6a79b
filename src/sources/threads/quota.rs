//! How many replies and posts the platform still takes of the account today.

use super::Threads;
use super::client::Failed;
use crate::domain::time::Span;
use crate::sources::meta::graph::Share;
use crate::sources::meta::read::list;
use serde_json::Value;

/// What is allowed where the platform does not say.
const REPLIES: i64 = 1_000;
const POSTS: i64 = 250;
const DAY: i64 = 86_400;

/// What is used of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// How many were made.
    pub made: i64,
    /// How many may be made.
    pub of: i64,
    /// Within which time.
    pub within: Span,
}

impl Used {
    fn read(limits: &Value, (made, config): (&str, &str), of: i64) -> Option<Self> {
        let made = limits[made].as_i64()?;
        let told = |key: &str| limits[config][key].as_i64().filter(|n| *n > 0);
        let within = Span::seconds(told("quota_duration").unwrap_or(DAY).min(31 * DAY));
        Some(Self { made, of: told("quota_total").unwrap_or(of), within })
    }

    /// Whether nothing is left.
    pub const fn is_up(&self) -> bool {
        self.made >= self.of
    }

    /// In words, such as `12 of 1000`.
    pub fn words(&self) -> String {
        format!("{} of {}", self.made, self.of)
    }
}

/// What is used of replies and posts, as far as the platform tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Replies.
    pub replies: Option<Used>,
    /// Posts.
    pub posts: Option<Used>,
}

impl Quota {
    /// Reads an answer.
    pub fn of(value: &Value) -> Self {
        let Some(limits) = list(&value["data"]).next() else { return Self::default() };
        Self {
            replies: Used::read(limits, ("reply_quota_usage", "reply_config"), REPLIES),
            posts: Used::read(limits, ("quota_usage", "config"), POSTS),
        }
    }
}

impl Threads {
    /// What is used today.
    pub(super) async fn quota(&self, within: Span) -> Result<Quota, Failed> {
        let query = [("fields", "quota_usage,config,reply_quota_usage,reply_config")];
        let path = [self.me.id.as_str(), "threads_publishing_limit"];
        Ok(Quota::of(&self.client.get(Share::Answering, &path, &query, within).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_used_is_read_and_what_is_not_told_is_unknown() {
        let quota = Quota::of(&json!({ "data": [{ "quota_usage": 4, "reply_quota_usage": 1_000,
            "reply_config": { "quota_total": 1_000, "quota_duration": 86_400 } }] }));
        let replies = quota.replies.unwrap();
        assert!(replies.is_up() && replies.within == Span::hours(24));
        let posts = quota.posts.unwrap();
        assert_eq!((posts.words(), posts.is_up()), ("4 of 250".to_owned(), false));
        for none in [json!({}), json!({ "data": [] }), json!({ "data": [{ "quota_usage": "x" }] })] {
            assert_eq!(Quota::of(&none), Quota::default(), "{none}");
        }
    }
}
